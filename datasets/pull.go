package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// githubRaw is where files of a commit lie.
const githubRaw = "https://raw.githubusercontent.com"

// partSuffix marks a file that is being fetched. What it has is kept for the next try.
const partSuffix = ".part"

// maxArchive bounds an archive that members are taken from, in bytes.
const maxArchive = 256 << 20

// A Puller fetches pinned files into a data folder. The zero value works. Proxies are taken from the environment ($HTTPS_PROXY) when
// Client is nil.
type Puller struct {
	Bases    []string      // mirrors of raw.githubusercontent.com, tried in order: BASE/owner/name/commit/path; nil = GitHub itself
	Client   *http.Client  // nil = one with sensible timeouts
	Stall    time.Duration // without a byte for so long, a connection is given up; 0 = 30 s
	Attempts int           // for each base; 0 = 4
	Pause    time.Duration // before the second attempt, doubled with each; 0 = 1 s
	// Progress is told of each file before and after it is fetched; nil = nobody.
	Progress func(f PinnedFile, state string)
}

func (p Puller) withDefaults() Puller {
	if len(p.Bases) == 0 {
		p.Bases = []string{githubRaw}
	}
	if p.Stall == 0 {
		p.Stall = 30 * time.Second
	}
	if p.Attempts == 0 {
		p.Attempts = 4
	}
	if p.Pause == 0 {
		p.Pause = time.Second
	}
	if p.Client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = p.Stall
		p.Client = &http.Client{Transport: t}
	}
	client := *p.Client
	client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != "https" {
			return fmt.Errorf("redirected to %s, which is no HTTPS", r.URL)
		}
		if len(via) >= 5 {
			return errors.New("redirected too often")
		}
		return nil
	}
	p.Client = &client
	if p.Progress == nil {
		p.Progress = func(PinnedFile, string) {}
	}
	return p
}

// Validate checks the mirrors: only HTTPS is spoken.
func (p Puller) Validate() error {
	for _, b := range p.Bases {
		if u, err := url.Parse(b); err != nil || u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("datasets: mirror %q: want an address that begins with https://", b)
		}
	}
	return nil
}

// errPulling says that another process fetches into the data folder.
var errPulling = errors.New("another pull is working on it")

// A permanentError does not go away by trying again.
type permanentError struct{ error }

// Pull fetches the files of a set that the data folder does not have yet. A file that was fetched in part goes on where it ended; what is
// there is replaced only by a whole file with the right checksum, in one step.
func (p Puller) Pull(ctx context.Context, set PinnedSet, dir string) error {
	if err := p.Validate(); err != nil {
		return err
	}
	p = p.withDefaults()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("datasets: data folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("datasets: data folder: %w", err)
	}
	defer root.Close()
	// Two pulls would write into the same parts.
	unlock, err := lockPull(dir)
	if err != nil {
		return fmt.Errorf("datasets: data folder %s: %w", dir, err)
	}
	defer unlock()
	archives := map[string]*os.File{}
	defer func() {
		for _, f := range archives {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	for _, f := range set.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("datasets: %s: leads out of the data folder", f.Path)
		}
		if state, err := f.Check(dir); err == nil && state == StateGood {
			p.Progress(f, "have")
			continue
		}
		p.Progress(f, "fetch")
		if err := root.MkdirAll(filepath.FromSlash(path.Dir(f.Path)), 0o755); err != nil {
			return fmt.Errorf("datasets: %s: %w", f.Path, err)
		}
		if f.Archive != "" {
			err = p.member(ctx, set, f, root, archives)
		} else {
			err = p.file(ctx, set, f, root)
		}
		if err != nil {
			return fmt.Errorf("datasets: %s: %w", f.Path, err)
		}
		p.Progress(f, "done")
	}
	return nil
}

// address is where a mirror has a file.
func (set PinnedSet) address(base, source string) string {
	parts := strings.Split(source, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.TrimSuffix(base, "/") + "/" + set.Repo + "/" + set.Commit + "/" + strings.Join(parts, "/")
}

// try calls fetch for every mirror until it succeeds, several times each.
func (p Puller) try(ctx context.Context, set PinnedSet, source string, fetch func(address string) error) error {
	var last error
	for _, base := range p.Bases {
		pause := p.Pause
		for attempt := range p.Attempts {
			if attempt > 0 {
				select {
				case <-time.After(pause):
				case <-ctx.Done():
				}
				pause *= 2
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			address := set.address(base, source)
			err := fetch(address)
			if err == nil {
				return nil
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			last = fmt.Errorf("%s: %w", address, err)
			if permanent := (permanentError{}); errors.As(err, &permanent) {
				break
			}
		}
	}
	return last
}

// file fetches a file whose length and checksum are known.
func (p Puller) file(ctx context.Context, set PinnedSet, f PinnedFile, root *os.Root) error {
	name := filepath.FromSlash(f.Path)
	return p.try(ctx, set, f.Source, func(address string) error {
		part, err := root.OpenFile(name+partSuffix, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return permanentError{err}
		}
		defer part.Close()
		sum := sha256.New()
		have, err := io.Copy(sum, io.LimitReader(part, f.Bytes+1))
		if err != nil {
			return permanentError{err}
		}
		if have > f.Bytes {
			have = 0
		}
		if have < f.Bytes {
			if err := p.body(ctx, address, have, f.Bytes, part, sum); err != nil {
				return err
			}
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
			if err := errors.Join(part.Close(), root.Remove(name+partSuffix)); err != nil {
				return permanentError{err}
			}
			// What was kept from before may be what is wrong: then the next try, which begins anew, is right.
			err := fmt.Errorf("the content has the SHA-256 %s, want %s", got, f.SHA256)
			if have > 0 {
				return err
			}
			return permanentError{err}
		}
		if err := errors.Join(part.Sync(), part.Close(), root.Rename(name+partSuffix, name)); err != nil {
			return permanentError{err}
		}
		return nil
	})
}

// body appends what a server has from byte have on, up to size bytes in all. sum has hashed the first have bytes of part.
func (p Puller) body(ctx context.Context, address string, have, size int64, part *os.File, sum hash.Hash) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return permanentError{err}
	}
	r.Header.Set("Accept-Encoding", "identity") // nothing is unpacked on the way
	if have > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	stalled := time.AfterFunc(p.Stall, func() { cancel(fmt.Errorf("no data for %s", p.Stall)) })
	defer stalled.Stop()
	resp, err := p.Client.Do(r)
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusPartialContent && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case resp.StatusCode == http.StatusOK: // the server knows no ranges
		have = 0
		sum.Reset()
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable, resp.StatusCode == http.StatusPartialContent:
		return errors.Join(errors.New("the server has another part of the file than was asked for"), part.Truncate(0))
	default:
		return refused(resp)
	}
	if n := resp.ContentLength; n >= 0 && have+n != size {
		return permanentError{fmt.Errorf("the server has %d bytes, want %d", have+n, size)}
	}
	if err := errors.Join(part.Truncate(have), seek(part, have)); err != nil {
		return permanentError{err}
	}
	n, err := io.Copy(io.MultiWriter(part, sum), io.LimitReader(watched{resp.Body, stalled, p.Stall}, size-have+1))
	switch {
	case err != nil:
		return cause(ctx, err)
	case have+n > size:
		return errors.Join(permanentError{fmt.Errorf("more than %d bytes", size)}, part.Truncate(0))
	case have+n < size:
		return fmt.Errorf("the connection ended after %d of %d bytes", have+n, size)
	}
	return nil
}

// refused is the error of an answer without the file; a busy server may have it later.
func refused(resp *http.Response) error {
	err := errors.New(resp.Status)
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout {
		return err
	}
	return permanentError{err}
}

func seek(f *os.File, to int64) error {
	_, err := f.Seek(to, io.SeekStart)
	return err
}

// cause is why a request was given up, if that is known better than err.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil && !errors.Is(c, context.Canceled) {
		return c
	}
	return err
}

// watched puts off the end of a connection with every byte.
type watched struct {
	r     io.Reader
	timer *time.Timer
	after time.Duration
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if n > 0 {
		w.timer.Reset(w.after)
	}
	return n, err
}

// member fetches a file that lies in an archive. Archives are kept for the other members until the set is fetched.
func (p Puller) member(ctx context.Context, set PinnedSet, f PinnedFile, root *os.Root, archives map[string]*os.File) error {
	archive := archives[f.Archive]
	if archive != nil {
		if err := extractMember(archive, f, root); err == nil {
			return nil
		} // another mirror may have what this one lacks
	} else {
		temp, err := os.CreateTemp("", "llama4-eval-*.zip")
		if err != nil {
			return err
		}
		archives[f.Archive], archive = temp, temp
	}
	return p.try(ctx, set, f.Archive, func(address string) error {
		if err := p.whole(ctx, address, archive); err != nil {
			return err
		}
		if err := extractMember(archive, f, root); err != nil {
			return permanentError{err}
		}
		return nil
	})
}

// whole fetches a file of unknown length.
func (p Puller) whole(ctx context.Context, address string, to *os.File) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return permanentError{err}
	}
	stalled := time.AfterFunc(p.Stall, func() { cancel(fmt.Errorf("no data for %s", p.Stall)) })
	defer stalled.Stop()
	resp, err := p.Client.Do(r)
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refused(resp)
	}
	if err := errors.Join(to.Truncate(0), seek(to, 0)); err != nil {
		return permanentError{err}
	}
	n, err := io.Copy(to, io.LimitReader(watched{resp.Body, stalled, p.Stall}, maxArchive+1))
	switch {
	case err != nil:
		return cause(ctx, err)
	case n > maxArchive:
		return permanentError{fmt.Errorf("an archive of more than %d bytes", maxArchive)}
	}
	return nil
}
