package datasets

import (
	_ "embed"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A PinnedSet is a published set at one commit of its repository.
type PinnedSet struct {
	Set     string       `json:"set"`    // name, and folder below a data folder
	Repo    string       `json:"repo"`   // owner and name on GitHub
	Commit  string       `json:"commit"` // full hash
	License string       `json:"license"`
	Pull    bool         `json:"pull"` // the license allows use, so that it can be fetched by name; others are only checked
	Files   []PinnedFile `json:"files"`
}

// A PinnedFile is a file of a set, whose content is known.
type PinnedFile struct {
	Path    string `json:"path"`    // below a data folder, forward slashes
	Source  string `json:"source"`  // in the repository, or in the archive
	Archive string `json:"archive"` // zip file of the repository that Source is in; "" = none
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"` // hexadecimal
}

//go:embed manifest.json
var manifestJSON []byte

var pinned = sync.OnceValue(func() []PinnedSet {
	var list []PinnedSet
	if err := json.Unmarshal(manifestJSON, &list); err != nil {
		panic("datasets: manifest.json: " + err.Error()) // it is part of the program, and a test reads it
	}
	return list
})

// Pinned lists the sets whose files are known, by name. A set may come from several repositories.
func Pinned() []PinnedSet { return pinned() }

// DefaultFolder is where sets are fetched to when no folder is named: $LLAMA4_EVAL_DATA, or a folder in the user's cache.
func DefaultFolder() (string, error) {
	if dir := os.Getenv("LLAMA4_EVAL_DATA"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "llama4-eval", "data"), nil
}

// A State says how a file of a data folder compares with the one that is pinned.
type State string

// The states.
const (
	StateGood    State = "good"
	StateChanged State = "changed" // it is there with another content
	StateAbsent  State = "absent"
)

// Check compares the file of a data folder with f. A file that cannot be read is an error.
func (f PinnedFile) Check(dir string) (State, error) {
	raw, file, err := ReadFile(dir, f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return StateAbsent, nil
	case err != nil:
		return StateChanged, err
	case file.SHA256 != f.SHA256 || int64(len(raw)) != f.Bytes:
		return StateChanged, nil
	}
	return StateGood, nil
}
