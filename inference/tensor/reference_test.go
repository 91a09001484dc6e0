package tensor_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/safetensors"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// quants is quants.json with the tensors it describes.
type quants struct {
	Quantize struct {
		Input string
		Types []string
	}
	Types map[string]struct {
		ID            tensor.Type `json:"type_id"`
		BlockElements int         `json:"block_elements"`
		BlockBytes    int         `json:"block_bytes"`
		Rows          int
		Elements      int    `json:"elements_per_row"`
		Sum           string `json:"sha256_of_floats"`
	}
	file *safetensors.File
}

func readQuants(t *testing.T) *quants {
	t.Helper()
	dir := golden.Shared(t, "fixtures")
	raw, err := os.ReadFile(filepath.Join(dir, "quants.json"))
	if err != nil {
		t.Fatal(err)
	}
	q := &quants{}
	if err := json.Unmarshal(raw, q); err != nil {
		t.Fatal(err)
	}
	if q.file, err = safetensors.Open(filepath.Join(dir, "quants.safetensors")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.file.Close() })
	return q
}

func (q *quants) tensor(t *testing.T, name string) tensor.Tensor {
	t.Helper()
	x, ok := q.file.Tensor(name)
	if !ok {
		t.Fatalf("quants.safetensors has no %s", name)
	}
	return x
}

func (q *quants) floats(t *testing.T, name string) []float32 {
	t.Helper()
	v, err := q.tensor(t, name).Floats()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestDequantizeReference compares every readable type with what ggml makes of random blocks.
func TestDequantizeReference(t *testing.T) {
	q := readQuants(t)
	for _, typ := range tensor.All() {
		if !typ.Known() || typ == tensor.F32 {
			continue
		}
		t.Run(typ.String(), func(t *testing.T) {
			want, ok := q.Types[typ.String()]
			if !ok {
				t.Fatal("the reference has no such type")
			}
			if want.ID != typ || want.BlockElements != typ.BlockElems() || want.BlockBytes != typ.BlockBytes() {
				t.Errorf("id %d, %d elements in %d bytes; want %d, %d, %d",
					typ, typ.BlockElems(), typ.BlockBytes(), want.ID, want.BlockElements, want.BlockBytes)
			}
			floats := q.floats(t, typ.String()+".floats")
			got := make([]float32, want.Rows*want.Elements)
			if err := tensor.Dequantize(typ, got, q.tensor(t, typ.String()+".blocks").Data); err != nil {
				t.Fatal(err)
			}
			for i, w := range floats {
				w, g := float64(w), float64(got[i])
				same := math.Float64bits(w) == math.Float64bits(g)
				near := math.Abs(g-w) <= 1e-6*math.Abs(w)
				if exact := typ == tensor.F16 || typ == tensor.BF16; !same && (exact || !near) {
					t.Fatalf("element %d is %g, want %g", i, g, w)
				}
			}
			sum := sha256.New()
			if err := binary.Write(sum, binary.LittleEndian, got); err != nil {
				t.Fatal(err)
			}
			if s := hex.EncodeToString(sum.Sum(nil)); s != want.Sum {
				t.Errorf("values are near the reference but their bits are not the same: sha256 %s, want %s", s, want.Sum)
			}
		})
	}
}

// TestQuantizeReference compares every type that can be written with the blocks that ggml makes.
func TestQuantizeReference(t *testing.T) {
	q := readQuants(t)
	if len(q.Quantize.Types) != 7 {
		t.Errorf("the reference has %d types, want 7", len(q.Quantize.Types))
	}
	input := q.floats(t, q.Quantize.Input)
	for _, name := range q.Quantize.Types {
		t.Run(name, func(t *testing.T) {
			typ := q.Types[name].ID
			want := q.tensor(t, "quantize."+name).Data
			got := make([]byte, typ.RowBytes(len(input)))
			if err := tensor.Quantize(typ, got, input); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				i := 0
				for i < min(len(got), len(want)) && got[i] == want[i] {
					i++
				}
				t.Errorf("byte %d of %d differs (block %d)", i, len(want), i/typ.BlockBytes())
			}
		})
	}
}
