package inference

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

var smallRequest = ScoreRequest{Context: tokenizer.Text("abcdefgh"), Continuations: []string{"ij", "kl"}}

// changes are what can happen to a file that is in use.
var changes = []struct {
	name   string
	change func(path string) error
	lost   bool // the file that was opened is not what it was
}{
	{"truncated", func(path string) error { return os.Truncate(path, 8192) }, true},
	{"truncated to nothing", func(path string) error { return os.Truncate(path, 0) }, true},
	{"overwritten in place", func(path string) error {
		time.Sleep(20 * time.Millisecond) // file systems may keep time in steps of some milliseconds
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[len(b)-100] ^= 1
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(b)
		return errors.Join(err, f.Close())
	}, true},
	{"replaced", func(path string) error {
		return errors.Join(os.WriteFile(path+".new", []byte("another model"), 0o600), os.Rename(path+".new", path))
	}, false},
	{"removed", os.Remove, false},
}

// isLost checks that err is one clear message about the file.
func isLost(t *testing.T, err error, path string) {
	t.Helper()
	var lost *FileError
	if !errors.As(err, &lost) || lost.Path != path || !strings.Contains(err.Error(), "was truncated or changed while it was in use") {
		t.Errorf("got %v", err)
	}
}

// TestFileChangesDuringUse changes the file of a loaded model. Requests after it get the right result, or the error.
func TestFileChangesDuringUse(t *testing.T) {
	for _, level := range []string{"reference", "auto"} {
		for _, c := range changes {
			t.Run(level+"/"+c.name, func(t *testing.T) {
				path := smallModel(t, 512)
				e := load(t, path, Options{CPU: level, Threads: 2})
				want, err := e.Score(t.Context(), smallRequest)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.change(path); err != nil {
					t.Fatal(err)
				}
				for range 2 { // the error stays
					got, err := e.Score(t.Context(), smallRequest)
					if c.lost {
						isLost(t, err, path)
						continue
					}
					if d := cmp.Diff(want, got, cmpopts.IgnoreFields(ScoreResult{}, "Usage")); err != nil || d != "" {
						t.Errorf("%v (-before +after):\n%s", err, d)
					}
				}
			})
		}
	}
}

// TestFileChangesDuringLoad changes the file when the back end asks for a tensor in the middle of it.
func TestFileChangesDuringLoad(t *testing.T) {
	for _, level := range []string{"reference", "auto"} {
		for _, change := range changes {
			t.Run(level+"/"+change.name, func(t *testing.T) {
				path := smallModel(t, 512)
				c, err := OpenCheckpoint(path)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				tensors, asked := c.Tensor, false
				c.Tensor = func(name string) (tensor.Tensor, bool) {
					if name == "blk.1.ffn_gate.weight" {
						asked = true
						if err := change.change(path); err != nil {
							t.Error(err)
						}
					}
					return tensors(name)
				}
				e, err := LoadCheckpoint(t.Context(), c, Options{CPU: level, Threads: 2})
				if !asked {
					t.Fatal("the tensor was not asked for")
				}
				if change.lost {
					isLost(t, err, path)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
