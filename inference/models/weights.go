package models

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// names are the tensor names of one checkpoint, in the spelling of its layout.
type names struct {
	embed, finalNorm, output string
	layer                    func(i int, part string) string // part is the GGUF name without "blk.N."
}

// ggufNames are the names of every GGUF decoder.
func ggufNames() names {
	return names{
		embed: "token_embd.weight", finalNorm: "output_norm.weight", output: "output.weight",
		layer: func(i int, part string) string { return "blk." + strconv.Itoa(i) + "." + part },
	}
}

// hfNames are the names of a Hugging Face folder: prefix is "model." or what a multimodal repository has in its place,
// parts maps GGUF parts to the names used there.
func hfNames(prefix, output string, parts map[string]string) names {
	return names{
		embed: prefix + "embed_tokens.weight", finalNorm: prefix + "norm.weight", output: output,
		layer: func(i int, part string) string { return prefix + "layers." + strconv.Itoa(i) + "." + parts[part] },
	}
}

// tied says whether the embedding is also the output matrix: it is when config.json says so or the file has no other.
func (n names) tied(h *hyper, def bool) bool {
	if h.ckpt.Format == HF && h.boolOr(keyTied, def) {
		return true
	}
	_, ok := h.ckpt.Tensor(n.output)
	return !ok
}

// binder looks tensors up, checks their shapes and hands them to the back end. It keeps the first error.
type binder struct {
	ckpt Checkpoint
	ops  Ops
	err  error
}

func (b *binder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("models: "+format, args...)
	}
}

// tensor finds a tensor of exactly this shape.
func (b *binder) tensor(name string, shape ...int) tensor.Tensor {
	if b.err != nil {
		return tensor.Tensor{}
	}
	t, ok := b.ckpt.Tensor(name)
	if !ok {
		b.fail("tensor %q is missing", name)
		return t
	}
	if !equalShape(t.Shape, shape) {
		b.fail("tensor %q has shape %v, want %v", name, t.Shape, shape)
		return t
	}
	if !t.Type.Known() {
		b.fail("tensor %q is of %s, which cannot be read", name, t.Type)
		return t
	}
	width := t.Width()
	if width%t.Type.BlockElems() != 0 {
		b.fail("tensor %q has rows of %d elements, not whole blocks of %s (%d)", name, width, t.Type, t.Type.BlockElems())
		return t
	}
	if want := t.Rows() * t.Type.RowBytes(width); len(t.Data) != want {
		b.fail("tensor %q has %d bytes, want %d", name, len(t.Data), want)
	}
	return t
}

func equalShape(got, want []int) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] != want[i] {
			return false
		}
	}
	return true
}

// part is one tensor of a stacked matrix or vector.
type part struct {
	name string
	rows int
}

// matrix binds parts, each [rows][width], stacked in order. name is used by the back end's ledger and messages.
func (b *binder) matrix(name string, width int, parts ...part) Matrix {
	ts := make([]tensor.Tensor, len(parts))
	for i, p := range parts {
		ts[i] = b.tensor(p.name, p.rows, width)
	}
	if b.err != nil {
		return nil
	}
	m, err := b.ops.NewMatrix(name, ts...)
	if err != nil {
		b.fail("tensor %q: %w", parts[0].name, err)
		return nil
	}
	return m
}

// vector binds parts, each [rows], concatenated, with add added to every value.
func (b *binder) vector(name string, add float32, parts ...part) Vector {
	ts := make([]tensor.Tensor, len(parts))
	for i, p := range parts {
		ts[i] = b.tensor(p.name, p.rows)
	}
	if b.err != nil {
		return nil
	}
	v, err := b.ops.NewVector(name, add, ts...)
	if err != nil {
		b.fail("tensor %q: %w", parts[0].name, err)
		return nil
	}
	return v
}

// buffer makes a buffer for activations.
func (b *binder) buffer(name string, rows, width int) Buffer {
	if b.err != nil {
		return nil
	}
	x, err := b.ops.NewBuffer(name, rows, width)
	if err != nil {
		b.fail("buffer %s [%d][%d]: %w", name, rows, width, err)
		return nil
	}
	return x
}

// absent refuses tensors that belong to a network other than the one implemented here: leaving them out would give
// plausible but wrong numbers. Any other extra tensor is ignored.
func (b *binder) absent(why string, names ...string) {
	for _, n := range names {
		if _, ok := b.ckpt.Tensor(n); ok {
			b.fail("tensor %q: %s is not supported", n, why)
		}
	}
}

// floats reads a small vector of n F32 values that the model needs itself.
func (b *binder) floats(name string, n int) []float32 {
	t := b.tensor(name, n)
	if b.err != nil {
		return nil
	}
	if t.Type != tensor.F32 {
		b.fail("tensor %q is of type %s, want F32", name, t.Type)
		return nil
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return v
}

// absentParts is absent for the parts of a layer; at gives their full names.
func (b *binder) absentParts(at func(string) string, parts absentParts) {
	for _, p := range slices.Sorted(maps.Keys(parts)) {
		b.absent(parts[p], at(p))
	}
}

// inverseRoot is the usual scale of attention, n^-0.5.
func inverseRoot(n int) float32 { return float32(1 / math.Sqrt(float64(n))) }
