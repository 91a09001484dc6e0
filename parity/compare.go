package parity

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/llama4-eval/llama4-eval/inference/safetensors"
)

// The tolerances of values computed in float32 from the same weights: |got-want| <= tolerance * max(1, |want|).
const (
	logitTolerance   = 2e-4
	hiddenTolerance  = 2e-4
	logProbTolerance = 1e-3
)

// deviation compares values with wanted ones.
type deviation struct {
	worst float64 // |got-want| / max(1, |want|)
	max   float64 // |got-want|
	rms   float64 // of got-want
	n     int
}

// compare compares two lists of values. Lists of different lengths, or a NaN, deviate infinitely.
func compare[T float32 | float64](got, want []T) deviation {
	if len(got) != len(want) || len(want) == 0 {
		return deviation{math.Inf(1), math.Inf(1), math.Inf(1), len(want)}
	}
	var d deviation
	var squares float64
	for i := range got {
		e := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(e) {
			e = math.Inf(1)
		}
		d.max = max(d.max, e)
		d.worst = max(d.worst, e/max(1, math.Abs(float64(want[i]))))
		squares += e * e
	}
	d.n, d.rms = len(got), math.Sqrt(squares/float64(len(got)))
	return d
}

// maxReference bounds the size of a JSON file of reference values, in bytes.
const maxReference = 256 << 20

// readJSON reads a JSON file of reference values.
func readJSON(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxReference+1))
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	if len(raw) > maxReference {
		return fmt.Errorf("parity: %s: more than %d bytes", path, maxReference)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("parity: %s: %w", path, err)
	}
	return nil
}

// A reference is an open file of expected tensors.
type reference struct {
	path string
	file *safetensors.File
}

func openReference(path string) (reference, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return reference{}, fmt.Errorf("parity: %w", err)
	}
	return reference{path, f}, nil
}

func (r reference) has(name string) bool {
	_, ok := r.file.Tensor(name)
	return ok
}

// floats reads a tensor.
func (r reference) floats(name string) ([]float32, error) {
	t, ok := r.file.Tensor(name)
	if !ok {
		return nil, fmt.Errorf("parity: %s: tensor %q is missing", r.path, name)
	}
	var v []float32
	err := r.file.Guard(func() (err error) {
		v, err = t.Floats()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("parity: %s: %w", r.path, err)
	}
	return v, nil
}
