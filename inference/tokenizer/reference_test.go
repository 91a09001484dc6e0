package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/gguf"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// sharedFile returns a path in the folder of reference values, or skips the test.
func sharedFile(t *testing.T, elem ...string) string {
	t.Helper()
	dir := os.Getenv("LLAMA4_EVAL_SHARED")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			up := filepath.Dir(root)
			if up == root {
				t.Fatal("no go.mod above the test")
			}
			root = up
		}
		dir = filepath.Join(root, "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("reference values are absent: %v", err)
	}
	return path
}

// modelFile returns the path of a real model, or skips the test.
func modelFile(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("LLAMA4_EVAL_MODELS")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Skipf("no home folder: %v", err)
		}
		dir = filepath.Join(home, ".cache", "llama4-eval", "models")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("model is absent: %v", err)
	}
	return path
}

func fromGGUFFile(t *testing.T, path string) *tokenizer.Tokenizer {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tok, err := tokenizer.FromGGUF(f.Meta)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

const (
	smollm2 = "smollm2-135m-instruct-q4_1.gguf"
	gemma3  = "gemma-3-270m-q4_k_m.gguf"
	qwen    = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
)

type tokenizeCase struct {
	Model  string  `json:"model"`
	Metric string  `json:"metric"`
	Text   string  `json:"text"`
	IDs    []int32 `json:"ids"`
}

func readCases(t *testing.T, path string) (cases []tokenizeCase) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c tokenizeCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if c.Metric == "tokenize" {
			cases = append(cases, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return cases
}

// TestRealModels compares with the ids that llama.cpp gives for 342 texts and each of three real models.
func TestRealModels(t *testing.T) {
	for _, m := range []struct{ name, file string }{{"smollm2", smollm2}, {"gemma3", gemma3}, {"qwen", qwen}} {
		t.Run(m.name, func(t *testing.T) {
			cases := readCases(t, sharedFile(t, "fixtures", "real-models", m.name+"-tokens.jsonl"))
			if len(cases) != 342 {
				t.Fatalf("%d cases, want 342", len(cases))
			}
			tok := fromGGUFFile(t, modelFile(t, m.file))
			failed := 0
			for i, c := range cases {
				got := tok.Encode(c.Text)
				if diff := cmp.Diff(c.IDs, got); diff != "" && len(c.IDs)+len(got) > 0 {
					if failed++; failed <= 5 {
						t.Errorf("case %d, text %q (-want +got):\n%s", i, c.Text, diff)
					}
				}
			}
			if failed > 0 {
				t.Errorf("%d of %d texts differ", failed, len(cases))
			}
		})
	}
}
