package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Splits, best first: what rows are scored on when several files of a set are there.
const (
	SplitDev        = "dev"         // the official development or validation split
	SplitFewshotDev = "fewshot-dev" // FewCLUE's small development splits
	SplitTestPublic = "test_public" // FewCLUE's labelled test split
	SplitTrial      = "trial"       // any other labelled file
	SplitTrain      = "train"       // likewise
	SplitTest       = "test"        // without labels in most sets: the last resort
)

// MaxFile is the most that [ReadFile] reads, in bytes.
const MaxFile = 512 << 20

func rank(split string) int {
	switch split {
	case SplitDev:
		return 0
	case SplitFewshotDev:
		return 1
	case SplitTestPublic:
		return 2
	case SplitTest:
		return 4
	}
	return 3
}

// Found is a candidate whose files are there.
type Found struct {
	Candidate Candidate
	Dir       string     // data folder
	Paths     []string   // the files below Dir, forward slashes
	Train     [][]string // sets of training files below Dir that are there, best first
}

// Find returns the candidates whose files are all there, best first: by split (official development, few-shot development, public
// test, other labelled files, unlabelled test), then in the order of candidates, then of dirs.
//
// A data folder may also be the folder that holds the files itself: where the last names of its path are the first names of a
// candidate, the rest is looked for ("fewclue/tnews" finds "fewclue/tnews/dev_0.json" as "dev_0.json"). A data folder that does
// not exist is an error, so that a slip of the pen does not turn into other data.
//
// A * in the name of a folder stands for any folder; of several, the last by name is taken, which is what the revisions of a Hub snapshot
// come down to when there is but one. A * in the name of a file stands for all files that fit, in order: the shards of a split.
func Find(dirs []string, candidates []Candidate) ([]Found, error) {
	var out []Found
	roots := make([]*os.Root, len(dirs))
	for i, dir := range dirs {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, fmt.Errorf("datasets: data folder: %w", err)
		}
		defer root.Close()
		roots[i] = root
	}
	for _, c := range candidates {
		for i, dir := range dirs {
			for _, strip := range prefixes(dir, c.Paths) {
				paths, ok := present(roots[i], c.Paths, strip)
				if !ok {
					continue
				}
				f := Found{Candidate: c, Dir: dir, Paths: paths}
				for _, t := range c.Train {
					if paths, ok := present(roots[i], t, strip); ok {
						f.Train = append(f.Train, paths)
					}
				}
				out = append(out, f)
				break
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Found) int { return rank(a.Candidate.Split) - rank(b.Candidate.Split) })
	return out, nil
}

// prefixes lists how many leading names of the paths may be left out below dir, 0 first.
func prefixes(dir string, paths []string) []int {
	out := []int{0}
	abs, err := filepath.Abs(dir)
	if err != nil || len(paths) == 0 {
		return out
	}
	have := strings.Split(filepath.ToSlash(abs), "/")
	want := strings.Split(paths[0], "/")
	for n := 1; n < len(want) && n <= len(have); n++ {
		if slices.Equal(have[len(have)-n:], want[:n]) {
			out = append(out, n)
		}
	}
	return out
}

// present returns paths without their first strip names, if all of them are files below root.
func present(root *os.Root, paths []string, strip int) ([]string, bool) {
	var out []string
	for _, p := range paths {
		names := strings.Split(p, "/")
		if len(names) <= strip {
			return nil, false
		}
		p = path.Join(names[strip:]...)
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			return nil, false
		}
		found := []string{p}
		if strings.Contains(p, "*") {
			found = expand(root, p)
		}
		for _, f := range found {
			st, err := root.Stat(filepath.FromSlash(f))
			if err != nil || !st.Mode().IsRegular() {
				return nil, false
			}
		}
		if len(found) == 0 {
			return nil, false
		}
		out = append(out, found...)
	}
	return out, len(out) > 0
}

// maxShards bounds the files of a pattern.
const maxShards = 1000

// expand lists the files that fit a pattern: all of the last folder that has any.
func expand(root *os.Root, pattern string) []string {
	all, err := fs.Glob(root.FS(), pattern)
	if err != nil || len(all) == 0 || len(all) > maxShards {
		return nil
	}
	slices.Sort(all)
	dir := path.Dir(all[len(all)-1])
	return slices.DeleteFunc(all, func(p string) bool { return path.Dir(p) != dir })
}

// A File says which bytes were read.
type File struct {
	Path   string // below the data folder, forward slashes
	SHA256 string // of the content, hexadecimal
	Bytes  int64
}

// ReadFile reads the file at path below the data folder dir, at most [MaxFile] bytes. A path that leads outside dir, through
// links either, is an error.
func ReadFile(dir, path string) ([]byte, File, error) {
	return readFile(dir, path, MaxFile)
}

func readFile(dir, path string, most int64) ([]byte, File, error) {
	full := filepath.Join(dir, filepath.FromSlash(path))
	fail := func(err error) ([]byte, File, error) {
		// The cause repeats the path in its own words.
		if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, File{}, fmt.Errorf("datasets: %s: %w", full, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(path))
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	st, err := f.Stat()
	switch {
	case err != nil:
		return fail(err)
	case !st.Mode().IsRegular():
		return fail(errors.New("not a file"))
	case st.Size() > most:
		return fail(fmt.Errorf("%d bytes, at most %d are read", st.Size(), most))
	}
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return fail(err)
	}
	if int64(len(raw)) > most {
		return fail(fmt.Errorf("more than %d bytes", most))
	}
	sum := sha256.Sum256(raw)
	return raw, File{Path: path, SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(raw))}, nil
}
