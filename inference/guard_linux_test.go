package inference

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llama4-eval/llama4-eval/inference/gguf/gguftest"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// smallModel writes a model of some dozen pages with random weights, whose tokens are the ASCII letters and some signs.
func smallModel(t *testing.T) string {
	t.Helper()
	const hidden, ffn, layers = 64, 96, 2
	b := gguftest.New("llama")
	for key, v := range map[string]uint32{"block_count": layers, "context_length": 512, "embedding_length": hidden, "feed_forward_length": ffn, "attention.head_count": 2} {
		b.Set("llama."+key, v)
	}
	b.Set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	var tokens []string
	for c := '!'; c <= '~'; c++ {
		tokens = append(tokens, string(c))
	}
	b.Set("tokenizer.ggml.model", "gpt2")
	b.Set("tokenizer.ggml.pre", "qwen2")
	b.Set("tokenizer.ggml.tokens", tokens)
	b.Set("tokenizer.ggml.merges", []string{})
	b.Set("tokenizer.ggml.eos_token_id", uint32(0))
	rng := rand.New(rand.NewPCG(5, 6))
	weights := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(rng.NormFloat64() * 0.2)
		}
		b.Quantized(name, tensor.F32, shape, values...)
	}
	weights("token_embd.weight", len(tokens), hidden)
	for _, block := range []string{"blk.0.", "blk.1."} {
		weights(block+"attn_norm.weight", hidden)
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			weights(block+name+".weight", hidden, hidden)
		}
		weights(block+"ffn_norm.weight", hidden)
		weights(block+"ffn_gate.weight", ffn, hidden)
		weights(block+"ffn_up.weight", ffn, hidden)
		weights(block+"ffn_down.weight", hidden, ffn)
	}
	weights("output_norm.weight", hidden)
	return b.WriteFile(t, "small.gguf")
}

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
				path := smallModel(t)
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
				path := smallModel(t)
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
