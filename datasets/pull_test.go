package datasets

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPinned(t *testing.T) {
	hash, commit := regexp.MustCompile(`^[0-9a-f]{64}$`), regexp.MustCompile(`^[0-9a-f]{40}$`)
	paths := map[string]bool{}
	last := ""
	for _, s := range Pinned() {
		if s.Set < last || !commit.MatchString(s.Commit) || strings.Count(s.Repo, "/") != 1 || s.License == "" || len(s.Files) == 0 {
			t.Errorf("set %s is incomplete or out of order", s.Set)
		}
		last = s.Set
		if s.Pull == (s.License == "none stated") {
			t.Errorf("%s: license %q, and fetched by name: %v", s.Set, s.License, s.Pull)
		}
		for _, f := range s.Files {
			if !strings.HasPrefix(f.Path, s.Set+"/") || !filepath.IsLocal(f.Path) || paths[f.Path] || !hash.MatchString(f.SHA256) || f.Bytes <= 0 || f.Source == "" {
				t.Errorf("file %q", f.Path)
			}
			paths[f.Path] = true
		}
	}
}

// The files at hand are those that are pinned.
func TestPinnedAgainstMaterial(t *testing.T) {
	shared := os.Getenv("LLAMA4_EVAL_SHARED")
	if shared == "" {
		t.Skip("LLAMA4_EVAL_SHARED is not set")
	}
	for _, s := range Pinned() {
		for _, f := range s.Files {
			if state, err := f.Check(filepath.Join(shared, "data")); err != nil || state != StateGood {
				t.Errorf("%s: %s, %v", f.Path, state, err)
			}
		}
	}
}

// A server misbehaves in the way that a test asks for, once for each request of a file that is listed.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	files  map[string][]byte
	faults map[string][]string // by path: what happens to the next requests
	log    []string
}

func newServer(t *testing.T, files map[string][]byte) *server {
	s := &server{files: files, faults: map[string][]string{}}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	raw, ok := s.files[r.URL.Path]
	fault := ""
	if list := s.faults[r.URL.Path]; len(list) > 0 {
		fault, s.faults[r.URL.Path] = list[0], list[1:]
	}
	s.log = append(s.log, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch fault {
	case "cut": // the connection ends in the middle
		w.Header().Set("Content-Length", fmt.Sprint(len(raw)))
		w.Write(raw[:len(raw)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "stall":
		w.Header().Set("Content-Length", fmt.Sprint(len(raw)))
		w.Write(raw[:len(raw)/3])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "corrupt":
		changed := bytes.Clone(raw)
		changed[0] ^= 1
		w.Write(changed)
	case "short":
		w.Header().Set("Content-Length", fmt.Sprint(len(raw)-1))
		w.Write(raw[:len(raw)-1])
	case "endless":
		for range 100 {
			if _, err := w.Write(raw); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	case "busy":
		http.Error(w, "busy", http.StatusServiceUnavailable)
	case "too many":
		http.Error(w, "later", http.StatusTooManyRequests)
	case "page": // of a portal, where the file should be
		fmt.Fprint(w, "<html></html>")
	case "no ranges":
		w.Write(raw)
	case "plain":
		http.Redirect(w, r, "http://"+r.Host+r.URL.Path, http.StatusFound)
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
	}
}

func pinnedFile(path, source string, raw []byte) PinnedFile {
	sum := sha256.Sum256(raw)
	return PinnedFile{Path: path, Source: source, Bytes: int64(len(raw)), SHA256: hex.EncodeToString(sum[:])}
}

func TestPull(t *testing.T) {
	raw := []byte(strings.Repeat("一行数据\n", 3000))
	const at = "/o/r/c/d/文 件.json"
	for _, tc := range []struct {
		name   string
		faults []string
		before string // of the part that an earlier call has left: a number of bytes, or "wrong"
		want   []string
		says   string // error; "" = it works
	}{
		{"all well", nil, "", []string{at}, ""},
		{"cut twice", []string{"cut", "cut"}, "", []string{at, at + " bytes=19500-", at + " bytes=19500-"}, ""},
		{"cut, then no ranges", []string{"cut", "no ranges"}, "", []string{at, at + " bytes=19500-"}, ""},
		{"stalled", []string{"stall"}, "", []string{at, at + " bytes=13000-"}, ""},
		{"busy", []string{"busy", "busy"}, "", []string{at, at, at}, ""},
		{"goes on from before", nil, "100", []string{at + " bytes=100-"}, ""},
		{"whole part from before", nil, "39000", nil, ""},
		{"wrong part from before", nil, "wrong", []string{at + " bytes=5-", at}, ""},
		{"corrupt", []string{"corrupt"}, "", []string{at}, "the content has the SHA-256"},
		{"short", []string{"short"}, "", []string{at}, "the server has 38999 bytes, want 39000"},
		{"endless", []string{"endless"}, "", []string{at}, "more than 39000 bytes"},
		{"leaves HTTPS", []string{"plain", "plain", "plain", "plain"}, "", []string{at, at, at, at}, "which is no HTTPS"},
		{"cut for ever", []string{"cut", "stall", "busy", "busy"}, "", []string{at, at + " bytes=19500-", at + " bytes=13000-", at + " bytes=13000-"}, "503"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t, map[string][]byte{at: raw})
			s.faults[at] = tc.faults
			dir := t.TempDir()
			set := PinnedSet{Set: "x", Repo: "o/r", Commit: "c", Files: []PinnedFile{pinnedFile("x/文件.json", "d/文 件.json", raw)}}
			path := filepath.Join(dir, "x", "文件.json")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			switch tc.before {
			case "":
			case "wrong":
				os.WriteFile(path+partSuffix, []byte("wrong"), 0o644)
			default:
				var n int
				fmt.Sscan(tc.before, &n)
				os.WriteFile(path+partSuffix, raw[:n], 0o644)
			}
			p := Puller{Bases: []string{s.URL}, Client: s.Client(), Stall: 200 * time.Millisecond, Pause: time.Millisecond}
			err := p.Pull(t.Context(), set, dir)
			got, rerr := os.ReadFile(path)
			if tc.says == "" {
				if err != nil || rerr != nil || !bytes.Equal(got, raw) {
					t.Errorf("%d bytes, errors %v, %v", len(got), err, rerr)
				}
				if _, err := os.Stat(path + partSuffix); err == nil {
					t.Error("the part is still there")
				}
			} else if err == nil || !strings.Contains(err.Error(), tc.says) || rerr == nil {
				t.Errorf("error %v, want it to say %q; the file is there: %v", err, tc.says, rerr == nil)
			}
			if d := cmp.Diff(tc.want, s.log); d != "" && tc.name != "cut for ever" {
				t.Errorf("requests (-want +got):\n%s", d)
			}
			if tc.says == "" { // nothing is fetched twice
				n := len(s.log)
				if err := p.Pull(t.Context(), set, dir); err != nil || len(s.log) != n {
					t.Errorf("again: %d more requests, %v", len(s.log)-n, err)
				}
			}
		})
	}
}

func TestPullFromMirrors(t *testing.T) {
	raw := []byte("数据\n")
	good, bad := newServer(t, map[string][]byte{"/o/r/c/a": raw}), newServer(t, map[string][]byte{"/o/r/c/a": []byte("数锯\n")})
	set := PinnedSet{Set: "x", Repo: "o/r", Commit: "c", Files: []PinnedFile{pinnedFile("x/a", "a", raw)}}
	pool := good.Client()
	pool.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(bad.Certificate())
	p := Puller{Bases: []string{bad.URL + "/none", bad.URL, good.URL + "/"}, Client: pool, Pause: time.Millisecond}
	dir := t.TempDir()
	if err := p.Pull(t.Context(), set, dir); err != nil {
		t.Fatal(err)
	}
	if state, err := set.Files[0].Check(dir); state != StateGood || err != nil {
		t.Errorf("%s, %v", state, err)
	}
	p.Bases = []string{"http://example.org"}
	if err := p.Pull(t.Context(), set, dir); err == nil || !strings.Contains(err.Error(), "https://") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.Bases = []string{good.URL}
	if err := p.Pull(ctx, set, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// A link in the data folder leads nowhere.
	out, inside := t.TempDir(), t.TempDir()
	if err := os.Symlink(out, filepath.Join(inside, "x")); err != nil {
		t.Skip(err)
	}
	if err := p.Pull(t.Context(), set, inside); err == nil {
		t.Error("a link out of the data folder is followed")
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("written outside: %v", left)
	}
}

// zipped makes an archive; a name that begins with "link " is a symbolic link.
func zipped(t *testing.T, members ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for i := 0; i < len(members); i += 2 {
		h := &zip.FileHeader{Name: members[i], Method: zip.Deflate}
		if link, ok := strings.CutPrefix(members[i], "link "); ok {
			h.Name = link
			h.SetMode(os.ModeSymlink | 0o777)
		}
		m, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestPullMember(t *testing.T) {
	raw := []byte("成员\n")
	archive := zipped(t, "a/b.txt", string(raw), "a/c.txt", "c")
	s := newServer(t, map[string][]byte{"/o/r/c/all.zip": archive})
	s.faults["/o/r/c/all.zip"] = []string{"cut"}
	f, g := pinnedFile("x/b.txt", "a/b.txt", raw), pinnedFile("x/c.txt", "a/c.txt", []byte("c"))
	f.Archive, g.Archive = "all.zip", "all.zip"
	set := PinnedSet{Set: "x", Repo: "o/r", Commit: "c", Files: []PinnedFile{f, g}}
	p := Puller{Bases: []string{s.URL}, Client: s.Client(), Pause: time.Millisecond}
	dir := t.TempDir()
	if err := p.Pull(t.Context(), set, dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range set.Files {
		if state, err := f.Check(dir); state != StateGood || err != nil {
			t.Errorf("%s: %s, %v", f.Path, state, err)
		}
	}
	if len(s.log) != 2 {
		t.Errorf("requests %q, want the archive once more after it was cut", s.log)
	}
	set.Files[0].SHA256 = strings.Repeat("0", 64)
	if err := p.Pull(t.Context(), set, t.TempDir()); err == nil || !strings.Contains(err.Error(), "has the SHA-256") {
		t.Errorf("error %v", err)
	}
}

// A mirror that answers with a page, or with another archive, keeps nobody from asking the next one; a busy one is asked again.
func TestPullMemberFromMirrors(t *testing.T) {
	raw := []byte("成员\n")
	const at = "/o/r/c/all.zip"
	bad := newServer(t, map[string][]byte{at: zipped(t, "a/b.txt", string(raw), "a/c.txt", "x")})
	good := newServer(t, map[string][]byte{at: zipped(t, "a/b.txt", string(raw), "a/c.txt", "c")})
	f, g := pinnedFile("x/b.txt", "a/b.txt", raw), pinnedFile("x/c.txt", "a/c.txt", []byte("c"))
	f.Archive, g.Archive = "all.zip", "all.zip"
	set := PinnedSet{Set: "x", Repo: "o/r", Commit: "c", Files: []PinnedFile{f, g}}
	client := good.Client()
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(bad.Certificate())
	p := Puller{Bases: []string{bad.URL, good.URL}, Client: client, Pause: time.Millisecond}
	for _, tc := range []struct {
		name      string
		bad, good []string
		asked     int // requests to the good one
	}{
		{"page", []string{"page", "page"}, nil, 1},
		{"member that differs", nil, nil, 1},
		{"busy", []string{"page", "page"}, []string{"too many", "too many"}, 3},
	} {
		dir := t.TempDir()
		bad.faults[at], good.faults[at], good.log = tc.bad, tc.good, nil
		if err := p.Pull(t.Context(), set, dir); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		for _, f := range set.Files {
			if state, err := f.Check(dir); state != StateGood || err != nil {
				t.Errorf("%s: %s: %s, %v", tc.name, f.Path, state, err)
			}
		}
		if len(good.log) != tc.asked {
			t.Errorf("%s: %d requests to the good mirror, want %d", tc.name, len(good.log), tc.asked)
		}
	}
}

func TestPullTwice(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lockPull(dir)
	if err != nil {
		t.Fatal(err)
	}
	set := PinnedSet{Set: "x", Repo: "o/r", Commit: "c"}
	if err := (Puller{}).Pull(t.Context(), set, dir); !errors.Is(err, errPulling) {
		t.Errorf("error %v beside another pull", err)
	}
	unlock()
	if err := (Puller{}).Pull(t.Context(), set, dir); err != nil {
		t.Errorf("error %v after it", err)
	}
}

func TestUnzip(t *testing.T) {
	put := func(name string, raw []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dir := t.TempDir()
	paths, err := Unzip(put("tnews_public.zip", zipped(t, "dev.json", "{}", "sub/train.json", "{}")), dir)
	if d := cmp.Diff([]string{"tnews_public/dev.json", "tnews_public/sub/train.json"}, paths); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	// A folder of the archive's name is not made twice.
	paths, err = Unzip(put("cmnli_public.zip", zipped(t, "cmnli_public/", "", "cmnli_public/dev.json", "{}")), dir)
	if d := cmp.Diff([]string{"cmnli_public/dev.json"}, paths); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	bomb := zipped(t, "zeros", strings.Repeat("\x00", 8<<20))
	lie := bytes.Clone(zipped(t, "a", "ten bytes."))
	for i := range len(lie) - 4 { // both places that say 10 say 5
		if bytes.Equal(lie[i:i+4], []byte{10, 0, 0, 0}) {
			lie[i] = 5
		}
	}
	for _, tc := range []struct {
		name string
		raw  []byte
		says string
	}{
		{"escape.zip", zipped(t, "../out", "x"), "leads out"},
		{"absolute.zip", zipped(t, "/etc/x", "x"), "leads out"},
		{"backslash.zip", zipped(t, `..\out`, "x"), "leads out"},
		{"link.zip", zipped(t, "link a", "/etc"), "is no file"},
		{"twice.zip", zipped(t, "a", "x", "./a", "y"), ""},
		{"bomb.zip", bomb, "unpacks from"},
		{"lie.zip", lie, ""},
		{"empty.zip", zipped(t), "without files"},
		{"cut.zip", bomb[:len(bomb)/2], "not a valid zip"},
		{"tnews_public.zip", zipped(t, "dev.json", "{}"), "there already"},
	} {
		before, _ := os.ReadDir(dir)
		if _, err := Unzip(put(tc.name, tc.raw), dir); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: error %v, want it to say %q", tc.name, err, tc.says)
		}
		after, _ := os.ReadDir(dir)
		if len(before) != len(after) {
			t.Errorf("%s leaves something behind: %v", tc.name, after)
		}
	}
}

func FuzzUnzip(f *testing.F) {
	var t testing.T
	f.Add(zipped(&t, "dev.json", "{}", "a/b", "x"))
	f.Add(zipped(&t, "../out", "x"))
	f.Add(zipped(&t, "link a", "/etc"))
	base := f.TempDir()
	n := 0
	f.Fuzz(func(t *testing.T, raw []byte) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		archive := filepath.Join(base, "a.zip")
		if err := os.WriteFile(archive, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		paths, err := Unzip(archive, filepath.Join(dir, "in"))
		if left, _ := os.ReadDir(dir); len(left) > 1 {
			t.Fatalf("written outside: %v", left)
		}
		if err == nil && len(paths) == 0 {
			t.Fatal("no files and no error")
		}
		os.RemoveAll(dir)
	})
}

// Sets lie in layouts of other tools: shards of Parquet in a Hub snapshot, a checkout of FewCLUE.
func TestFindInLayouts(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []string{
		"datasets--clue--clue/snapshots/aaa/tnews/validation-00000-of-00001.parquet",
		"datasets--clue--clue/snapshots/bbb/tnews/validation-00000-of-00002.parquet",
		"datasets--clue--clue/snapshots/bbb/tnews/validation-00001-of-00002.parquet",
		"datasets--clue--clue/snapshots/bbb/tnews/train-00000-of-00001.parquet",
		"datasets--clue--clue/snapshots/bbb/cluewsc2020/validation-00000-of-00001.parquet",
		"FewCLUE/datasets/csl/dev_few_all.json",
		"afqmc_public/dev.json",
	} {
		full := filepath.Join(dir, p)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		task  string
		paths []string
		train int
	}{
		{"tnews", []string{
			"datasets--clue--clue/snapshots/bbb/tnews/validation-00000-of-00002.parquet",
			"datasets--clue--clue/snapshots/bbb/tnews/validation-00001-of-00002.parquet",
		}, 1},
		{"cluewsc", []string{"datasets--clue--clue/snapshots/bbb/cluewsc2020/validation-00000-of-00001.parquet"}, 0},
		{"csl", []string{"FewCLUE/datasets/csl/dev_few_all.json"}, 0},
		{"afqmc", []string{"afqmc_public/dev.json"}, 0},
	} {
		found, err := Find([]string{dir}, CLUE(tc.task))
		if err != nil || len(found) == 0 || !slices.Equal(found[0].Paths, tc.paths) || len(found[0].Train) != tc.train {
			t.Errorf("%s: %+v, %v", tc.task, found, err)
		}
	}
	// The snapshot itself as the data folder.
	found, err := Find([]string{filepath.Join(dir, "datasets--clue--clue/snapshots/bbb")}, CLUE("tnews"))
	if err != nil || len(found) != 1 || found[0].Paths[0] != "tnews/validation-00000-of-00002.parquet" {
		t.Errorf("%+v, %v", found, err)
	}
}
