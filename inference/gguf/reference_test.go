package gguf_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/gguf"
)

// TestFixtures reads every reference file and compares type, shape and dequantised values of every tensor.
func TestFixtures(t *testing.T) {
	dir := filepath.Join(golden.Shared(t, "fixtures"), "gguf")
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected struct {
		Files map[string]struct {
			Tensors map[string][3]json.RawMessage // type, shape, sha256 of the values
		}
	}
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.gguf"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s (%v)", dir, err)
	}
	compared := 0
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := gguf.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			want := expected.Files[filepath.Base(path)].Tensors
			if len(want) != 0 && len(want) != len(f.Tensors()) {
				t.Errorf("%d tensors, want %d", len(f.Tensors()), len(want))
			}
			for _, in := range f.Tensors() {
				x, ok := f.Tensor(in.Name)
				if !ok {
					t.Fatalf("%s is listed but not found", in.Name)
				}
				values, err := x.Floats()
				if err != nil {
					t.Fatal(err)
				}
				w, ok := want[in.Name]
				if !ok {
					continue
				}
				var wantType, wantSum string
				var wantShape []int
				for i, v := range []any{&wantType, &wantShape, &wantSum} {
					if err := json.Unmarshal(w[i], v); err != nil {
						t.Fatal(err)
					}
				}
				sum := sha256.New()
				if err := binary.Write(sum, binary.LittleEndian, values); err != nil {
					t.Fatal(err)
				}
				got := []any{x.Type.String(), x.Shape, hex.EncodeToString(sum.Sum(nil))}
				if diff := cmp.Diff([]any{wantType, wantShape, wantSum}, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", in.Name, diff)
				}
				compared++
			}
		})
	}
	if compared == 0 {
		t.Error("nothing was compared")
	}
	t.Logf("%d tensors compared", compared)
}

// TestRealModels opens the models that are on this machine and converts one row of every tensor.
func TestRealModels(t *testing.T) {
	for name, want := range map[string]struct {
		arch            string
		tensors, tokens int
	}{
		"smollm2-135m-instruct-q4_1.gguf":         {"llama", 272, 49152},
		"gemma-3-270m-q4_k_m.gguf":                {"gemma3", 236, 262144},
		"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf": {"qwen2", 291, 151936},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := gguf.Open(golden.Model(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			arch, _, err := gguf.String(f, "general.architecture")
			if err != nil || arch != want.arch || len(f.Tensors()) != want.tensors {
				t.Errorf("architecture %q with %d tensors (%v), want %q with %d", arch, len(f.Tensors()), err, want.arch, want.tensors)
			}
			tokens, _, err := gguf.Strings(f, "tokenizer.ggml.tokens")
			if err != nil || len(tokens) != want.tokens {
				t.Errorf("%d tokens (%v), want %d", len(tokens), err, want.tokens)
			}
			types, _, err := gguf.Numbers[int32](f, "tokenizer.ggml.token_type")
			if err != nil || len(types) != want.tokens {
				t.Errorf("%d token types (%v), want %d", len(types), err, want.tokens)
			}
			for _, in := range f.Tensors() {
				x, _ := f.Tensor(in.Name)
				row := x
				row.Shape, row.Data = []int{x.Width()}, x.Row(x.Rows()-1)
				values, err := row.Floats()
				if err != nil {
					t.Fatal(err)
				}
				if i := slices.IndexFunc(values, func(v float32) bool { return v-v != 0 || math.Abs(float64(v)) > 1e4 }); i >= 0 {
					t.Errorf("%s: element %d of the last row is %v", in.Name, i, values[i])
				}
			}
		})
	}
}
