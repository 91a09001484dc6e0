package parity

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// blockTolerance is for dequantized values, relative above 1; F16 and BF16 have to be exact.
const blockTolerance = 1e-6

// quantExpectation is quants.json.
type quantExpectation struct {
	Types map[string]struct {
		ID uint32 `json:"type_id"`
	} `json:"types"`
	Quantize struct {
		Input string   `json:"input"`
		Types []string `json:"types"`
	} `json:"quantize"`
}

// checkQuants compares dequantized values with quants.safetensors beside path, and quantized bytes.
func checkQuants(_ context.Context, r *run, path string) error {
	var want quantExpectation
	if err := readJSON(path, &want); err != nil {
		r.fail(label(path), err)
		return nil
	}
	ref, err := openReference(filepath.Join(filepath.Dir(path), "quants.safetensors"))
	if err != nil {
		r.fail(label(path), err)
		return nil
	}
	defer ref.file.Close()
	var names []string
	for n := range want.Types {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		checkDequantize(r, ref, n, tensor.Type(want.Types[n].ID))
	}
	for _, n := range want.Quantize.Types {
		checkQuantize(r, ref, want.Quantize.Input, n, tensor.Type(want.Types[n].ID))
	}
	return nil
}

func checkDequantize(r *run, ref reference, name string, t tensor.Type) {
	title := "quants: " + name + " to float32"
	if !t.Known() {
		r.skip(title, "type %d is not supported by this build", t)
		return
	}
	if t.String() != name {
		r.fail(title, fmt.Errorf("type %d is %s here", t, t))
		return
	}
	blocks, ok := ref.file.Tensor(name + ".blocks")
	want, err := ref.floats(name + ".floats")
	if err != nil || !ok {
		r.fail(title, fmt.Errorf("parity: %s: tensors of %s are missing", ref.path, name))
		return
	}
	got := make([]float32, len(want))
	if err := tensor.Dequantize(t, got, blocks.Data); err != nil {
		r.fail(title, err)
		return
	}
	if t == tensor.F16 || t == tensor.BF16 {
		wrong, first := 0, ""
		for i := range got {
			if got[i] != want[i] {
				if wrong == 0 {
					first = fmt.Sprintf("value %d is %g, want %g", i, got[i], want[i])
				}
				wrong++
			}
		}
		r.equal(title, len(got), wrong, first)
		return
	}
	r.within(title, compare(got, want).worst, blockTolerance, fmt.Sprintf("%d values", len(got)))
}

func checkQuantize(r *run, ref reference, input, name string, t tensor.Type) {
	title := "quants: float32 to " + name
	values, err := ref.floats(input)
	if err != nil {
		r.fail(title, err)
		return
	}
	want, ok := ref.file.Tensor("quantize." + name)
	if !ok {
		r.fail(title, fmt.Errorf("parity: %s: tensor quantize.%s is missing", ref.path, name))
		return
	}
	got := make([]byte, len(want.Data))
	if err := tensor.Quantize(t, got, values); err != nil {
		r.fail(title, err)
		return
	}
	wrong, first := 0, ""
	if !bytes.Equal(got, want.Data) {
		for i := range got {
			if got[i] != want.Data[i] {
				if wrong == 0 {
					first = fmt.Sprintf("byte %d is %#02x, want %#02x", i, got[i], want.Data[i])
				}
				wrong++
			}
		}
	}
	r.equal(title, len(got), wrong, first)
}
