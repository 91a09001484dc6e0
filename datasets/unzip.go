package datasets

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds on what an archive unpacks to.
const (
	maxMembers      = 10_000
	maxUnzipped     = 4 << 30 // bytes of all members
	maxRatio        = 200     // unpacked to packed bytes of a member beyond the first megabyte
	unzipTempPrefix = ".unzip-"
)

// Unzip unpacks a zip file, such as those of the CLUE benchmark, into a folder of its name below the data folder dir, and returns the paths
// of its files there. Archives that unpack to more than they should, or lead out of the folder, through links either, are refused
// before anything is written. A folder that is there already is an error: nothing is overwritten.
func Unzip(archive, dir string) (paths []string, err error) {
	fail := func(err error) ([]string, error) { return nil, fmt.Errorf("datasets: %s: %w", archive, err) }
	f, err := os.Open(archive)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	defer f.Close()
	z, err := openZip(f)
	if err != nil {
		return fail(err)
	}
	files, err := checkMembers(z)
	if err != nil {
		return fail(err)
	}
	name := strings.TrimSuffix(filepath.Base(archive), filepath.Ext(archive))
	if name == "" || !filepath.IsLocal(name) {
		return fail(fmt.Errorf("%q is no name for a folder", name))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	if _, err := root.Lstat(name); err == nil {
		return fail(fmt.Errorf("%s is there already", filepath.Join(dir, name)))
	}
	temp := unzipTempPrefix + name
	if err := errors.Join(root.RemoveAll(temp), root.Mkdir(temp, 0o755)); err != nil {
		return fail(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, root.RemoveAll(temp))
		}
	}()
	// Archives that hold one folder of their own name give that folder's content.
	strip := name + "/"
	for _, m := range files {
		if !strings.HasPrefix(m.Name, strip) {
			strip = ""
		}
	}
	for _, m := range files {
		to := path.Join(temp, strings.TrimPrefix(m.Name, strip))
		if err := root.MkdirAll(filepath.FromSlash(path.Dir(to)), 0o755); err != nil {
			return fail(err)
		}
		if err := unpack(m, root, filepath.FromSlash(to)); err != nil {
			return fail(fmt.Errorf("%s: %w", m.Name, err))
		}
		paths = append(paths, path.Join(name, strings.TrimPrefix(m.Name, strip)))
	}
	if err := root.Rename(temp, name); err != nil {
		return fail(err)
	}
	return paths, nil
}

func openZip(f *os.File) (*zip.Reader, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, st.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	return z, nil
}

// checkMembers lists the files of an archive, if all of it is harmless.
func checkMembers(z *zip.Reader) ([]*zip.File, error) {
	var files []*zip.File
	var total uint64
	seen := map[string]bool{}
	if len(z.File) > maxMembers {
		return nil, fmt.Errorf("%d members, at most %d are unpacked", len(z.File), maxMembers)
	}
	for _, m := range z.File {
		name := strings.TrimSuffix(m.Name, "/")
		if strings.Contains(name, `\`) || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("member %s leads out of the folder", quoteShort(m.Name))
		}
		mode := m.Mode()
		if mode.IsDir() {
			continue
		}
		if !mode.IsRegular() {
			return nil, fmt.Errorf("member %s is no file", quoteShort(m.Name))
		}
		if seen[path.Clean(name)] {
			return nil, fmt.Errorf("member %s is there twice", quoteShort(m.Name))
		}
		seen[path.Clean(name)] = true
		if m.UncompressedSize64 > MaxFile || m.UncompressedSize64 > 1<<20 && m.UncompressedSize64/maxRatio > m.CompressedSize64 {
			return nil, fmt.Errorf("member %s unpacks from %d to %d bytes", quoteShort(m.Name), m.CompressedSize64, m.UncompressedSize64)
		}
		if total += m.UncompressedSize64; total > maxUnzipped {
			return nil, fmt.Errorf("unpacks to more than %d bytes", uint64(maxUnzipped))
		}
		files = append(files, m)
	}
	if len(files) == 0 {
		return nil, errors.New("an archive without files")
	}
	return files, nil
}

// unpack writes a member; one that has more bytes than it says is an error.
func unpack(m *zip.File, root *os.Root, to string) error {
	r, err := m.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, int64(m.UncompressedSize64)+1))
	if err == nil && uint64(n) != m.UncompressedSize64 {
		err = fmt.Errorf("unpacks to %d bytes or more, and says %d", n, m.UncompressedSize64)
	}
	return errors.Join(err, f.Close())
}

// extractMember writes one file of an archive, once its content is what it should be.
func extractMember(archive *os.File, f PinnedFile, root *os.Root) error {
	z, err := openZip(archive)
	if err != nil {
		return err
	}
	for _, m := range z.File {
		if m.Name != f.Source {
			continue
		}
		if m.UncompressedSize64 != uint64(f.Bytes) {
			return fmt.Errorf("%s in %s has %d bytes, want %d", f.Source, f.Archive, m.UncompressedSize64, f.Bytes)
		}
		r, err := m.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		raw, err := io.ReadAll(io.LimitReader(r, f.Bytes+1))
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != f.SHA256 {
			return fmt.Errorf("%s in %s has the SHA-256 %x, want %s", f.Source, f.Archive, sum, f.SHA256)
		}
		return replaceFile(root, filepath.FromSlash(f.Path), raw)
	}
	return fmt.Errorf("%s has no member %s", f.Archive, f.Source)
}

// replaceFile writes a file in one step.
func replaceFile(root *os.Root, name string, content []byte) error {
	temp := name + partSuffix
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(content))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}
