package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Names inside a run folder.
const (
	manifestName = "manifest.json"
	resultsName  = "results.json"
	samplesName  = "samples"
	lockName     = ".lock"
	tempSuffix   = ".tmp"
)

// identityLen is how much of the identity is in the name of a run folder, in hexadecimal digits. The manifest has all of it.
const identityLen = 12

// A folder is an open, locked run folder.
type folder struct {
	dir      string
	id       string // its name
	manifest *manifest
	resumed  bool
	unlock   func()
}

// openFolder goes on with the newest unfinished run of m's identity below out, or makes a new folder and writes m into it.
func openFolder(out string, resume bool, m *manifest) (*folder, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("runner: output folder: %w", err)
	}
	if resume {
		f, err := resumeFolder(out, m)
		if f != nil || err != nil {
			return f, err
		}
	}
	return newFolder(out, m)
}

// resumeFolder returns nil when no unfinished run asks the same.
func resumeFolder(out string, m *manifest) (*folder, error) {
	entries, err := os.ReadDir(out)
	if err != nil {
		return nil, fmt.Errorf("runner: output folder: %w", err)
	}
	// Names begin with the time, so the last one is the newest.
	slices.Reverse(entries)
	for _, e := range entries {
		if !e.IsDir() || !strings.Contains(e.Name(), "-"+m.Identity[:identityLen]) {
			continue
		}
		dir := filepath.Join(out, e.Name())
		old, err := readManifest(filepath.Join(dir, manifestName))
		if errors.Is(err, fs.ErrNotExist) {
			continue // killed before the first byte was written
		}
		if err != nil {
			return nil, err
		}
		if old.Identity != m.Identity || exists(filepath.Join(dir, resultsName)) {
			continue
		}
		unlock, err := lock(filepath.Join(dir, lockName))
		if err != nil {
			return nil, fmt.Errorf("runner: run folder %s: %w", dir, err)
		}
		if exists(filepath.Join(dir, resultsName)) { // finished while we looked
			unlock()
			continue
		}
		if err := old.agrees(m); err != nil {
			unlock()
			return nil, fmt.Errorf("runner: run folder %s: %w (start anew with resume %q)", dir, err, ResumeNever)
		}
		return &folder{dir: dir, id: e.Name(), manifest: old, resumed: true, unlock: unlock}, nil
	}
	return nil, nil
}

func newFolder(out string, m *manifest) (*folder, error) {
	base := runID(m)
	for i := 1; ; i++ {
		id := base
		if i > 1 { // a run of the same identity began within the same second
			id = fmt.Sprintf("%s-%d", base, i)
		}
		dir := filepath.Join(out, id)
		if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) && i < 1000 {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("runner: run folder: %w", err)
		}
		unlock, err := lock(filepath.Join(dir, lockName))
		if err != nil {
			return nil, fmt.Errorf("runner: run folder %s: %w", dir, err)
		}
		m.RunID = id
		f := &folder{dir: dir, id: id, manifest: m, unlock: unlock}
		if err := f.begin(); err != nil {
			unlock()
			return nil, err
		}
		return f, nil
	}
}

func (f *folder) begin() error {
	if err := os.Mkdir(filepath.Join(f.dir, samplesName), 0o755); err != nil {
		return fmt.Errorf("runner: run folder: %w", err)
	}
	b, err := json.MarshalIndent(f.manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("runner: manifest: %w", err)
	}
	if err := writeAtomic(filepath.Join(f.dir, manifestName), append(b, '\n')); err != nil {
		return err
	}
	return syncDir(filepath.Dir(f.dir))
}

// close gives the folder free for other processes. A finished folder keeps no lock file.
func (f *folder) close() {
	if exists(filepath.Join(f.dir, resultsName)) {
		os.Remove(filepath.Join(f.dir, lockName))
	}
	f.unlock()
}

func (f *folder) samplesPath(task string) string { return samplesPath(f.dir, task) }

func samplesPath(dir, task string) string {
	return filepath.Join(dir, samplesName, fileName(task)+".jsonl")
}

// runID is the name of a run folder: time, model, quantization, identity.
func runID(m *manifest) string {
	model := strings.TrimSuffix(fileName(m.Model.Name), ".gguf")
	quant := fileName(m.Model.Quant)
	if quant == "" {
		quant = "unknown"
	}
	// Files are often named after their quantization; once is enough.
	if cut := len(model) - len(quant); cut > 1 && strings.EqualFold(model[cut:], quant) && strings.ContainsRune("-._", rune(model[cut-1])) {
		model = model[:cut-1]
	}
	const longest = 80 // bytes of the model's name; some file systems take 255 in all
	if r := []rune(model); len(r) > longest/4 && len(model) > longest {
		for len(string(r)) > longest {
			r = r[:len(r)-1]
		}
		model = string(r)
	}
	started, err := time.Parse(time.RFC3339, m.Started)
	if err != nil {
		started = time.Time{}
	}
	return fmt.Sprintf("%s-%s-%s-%s", started.UTC().Format("20060102T150405Z"), model, quant, m.Identity[:identityLen])
}

// fileName makes a name that every file system takes: letters, digits, dot, minus and underscore; others become "_".
func fileName(name string) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	if strings.Trim(s, ".") == "" {
		return strings.Repeat("_", len(s))
	}
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeAtomic replaces a file in one step: readers see the old content or the new one, also after a power failure.
func writeAtomic(path string, content []byte) (err error) {
	temp := path + tempSuffix
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(temp)
		}
	}()
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return fmt.Errorf("runner: writing %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}
