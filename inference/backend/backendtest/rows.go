package backendtest

import (
	"fmt"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

func testEmbed(t *testing.T, s Suite) {
	r := newRandom(1)
	for _, typ := range readable() {
		t.Run(typ.String(), func(t *testing.T) {
			width := max(24, 2*typ.BlockElems())
			w := r.weights("w", typ, 5, width)
			more := r.weights("more", typ, 3, width)
			tokens := []int32{7, 0, 4, 5, 4}
			run := func(b bench) []float32 {
				f := b.buffer(6, width)
				b.ops.Embed(f, b.matrix(w, more), tokens, 2.5)
				return b.read(f, len(tokens))
			}
			near(t, "rows", run(s.open(t, 2)), run(reference(t)), 1e-6)
		})
	}
}

func testNorms(t *testing.T, s Suite) {
	r := newRandom(2)
	for _, width := range []int{1, 8, 31, 64, 576, 1000} {
		for _, n := range []int{1, 2, 9} {
			x, y, w := r.normal(n*width, 3), r.normal(n*width, 1), r.normal(width, 1)
			run := func(b bench) (norm, sum, self []float32) {
				src, dst, v := b.load(x, width), b.load(y, width), b.vector(w)
				out := b.buffer(n, width)
				b.ops.RMSNorm(out, src, n, v, 1e-6)
				b.ops.RMSNormAdd(dst, src, n, v, 1e-5)
				norm, sum = b.read(out, n), b.read(dst, n)
				b.ops.RMSNorm(src, src, n, v, 1e-6)
				return norm, sum, b.read(src, n)
			}
			norm, sum, self := run(s.open(t, 2))
			wantNorm, wantSum, _ := run(reference(t))
			what := fmt.Sprintf("%d rows of %d", n, width)
			near(t, what+": RMSNorm", norm, wantNorm, fine)
			near(t, what+": RMSNormAdd", sum, wantSum, fine)
			if different(norm, self) > 0 {
				t.Errorf("%s: RMSNorm in place differs", what)
			}
		}
	}
	t.Run("add to weights", func(t *testing.T) {
		x := r.normal(64, 1)
		run := func(b bench) []float32 {
			v, err := b.ops.NewVector("w", 1, floats("a", x[:24], 24), floats("b", x[24:], 40))
			if err != nil {
				t.Fatal(err)
			}
			if v.Len() != 64 {
				t.Fatalf("vector of %d values", v.Len())
			}
			f := b.load(x, 64)
			b.ops.RMSNorm(f, f, 1, v, 1e-6)
			return b.read(f, 1)
		}
		near(t, "norm", run(s.open(t, 1)), run(reference(t)), fine)
	})
	t.Run("bf16 weights", func(t *testing.T) {
		w := floats("w", r.normal(32, 1), 32)
		half := w
		half.Type, half.Data = tensor.BF16, make([]byte, 64)
		values, err := w.Floats()
		if err != nil {
			t.Fatal(err)
		}
		if err := tensor.Quantize(tensor.BF16, half.Data, values); err != nil {
			t.Fatal(err)
		}
		x := r.normal(32, 1)
		run := func(b bench) []float32 {
			v, err := b.ops.NewVector("w", 0, half)
			if err != nil {
				t.Fatal(err)
			}
			f := b.load(x, 32)
			b.ops.RMSNorm(f, f, 1, v, 1e-6)
			return b.read(f, 1)
		}
		near(t, "norm", run(s.open(t, 1)), run(reference(t)), fine)
	})
}
