package parity

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// ggufExpectation is the expected.json of a folder of GGUF files.
type ggufExpectation struct {
	Files map[string]struct {
		Sequence []int32 `json:"sequence"`
		RMS      float64 `json:"rms_diff_reference_vs_llamacpp"` // of the logits: what llama.cpp's rounding costs
		Max      float64 `json:"max_diff_reference_vs_llamacpp"`
		File     string  `json:"file"` // of a further check of another file
	} `json:"files"`
}

// How much farther from the float32 values than llama.cpp a build may be that rounds activations as it does.
const (
	rmsFactor = 1.2
	maxFactor = 1.5
)

// checkGGUFFolder checks every file that expected.json names.
func checkGGUFFolder(ctx context.Context, r *run, dir string) error {
	var want ggufExpectation
	if err := readJSON(filepath.Join(dir, "expected.json"), &want); err != nil {
		r.fail(label(dir), err)
		return nil
	}
	var names []string
	for n := range want.Files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if err := checkGGUF(ctx, r, dir, n, want); err != nil {
			return err
		}
	}
	return nil
}

// checkGGUFFile checks one file against the expected.json beside it.
func checkGGUFFile(ctx context.Context, r *run, path string) error {
	dir, name := filepath.Split(path)
	if !exists(dir, "expected.json") {
		r.skip(label(path), "no expected.json beside it")
		return nil
	}
	var want ggufExpectation
	if err := readJSON(filepath.Join(dir, "expected.json"), &want); err != nil {
		r.fail(label(path), err)
		return nil
	}
	if _, ok := want.Files[name]; !ok {
		r.skip(label(path), "expected.json has no values for it")
		return nil
	}
	return checkGGUF(ctx, r, dir, name, want)
}

// checkGGUF compares the logits of one file with a float32 forward pass over its dequantized weights.
func checkGGUF(ctx context.Context, r *run, dir, name string, all ggufExpectation) error {
	want := all.Files[name]
	title := label(filepath.Join(dir, name)) + ": logits"
	if want.File != "" {
		// A further check of a file, named apart because it needs other tokens.
		r.skip(title, "a long sequence on %s is not supported by this build", want.File)
		return nil
	}
	ref, err := openReference(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		r.fail(title, err)
		return nil
	}
	defer ref.file.Close()
	s, err := r.open(filepath.Join(dir, name), len(want.Sequence))
	if errors.Is(err, models.ErrUnsupported) {
		r.skip(title, "%v", err)
		return nil
	}
	if err != nil {
		r.fail(title, err)
		return nil
	}
	defer s.close()
	logits, err := ref.floats(name + ".logits")
	if err != nil {
		r.fail(title, err)
		return nil
	}
	got, err := s.logits(ctx, want.Sequence, batchRows)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.fail(title, err)
		return nil
	}
	d := compare(got, logits)
	if !s.roundsMore(r.kvType) {
		r.within(title, d.worst, logitTolerance, fmt.Sprintf("%d positions", len(want.Sequence)))
		return nil
	}
	// Files of float32 weights lose nothing in llama.cpp; a 16-bit cache may lose a little here.
	r.within(title+", rms", d.rms, max(rmsFactor*want.RMS, halfTolerance/4), fmt.Sprintf("llama.cpp %.2g", want.RMS))
	r.within(title+", max", d.max, max(maxFactor*want.Max, halfTolerance), fmt.Sprintf("llama.cpp %.2g", want.Max))
	return nil
}
