package backendtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// tolerance is the accepted error of products with weights of a type.
func (s Suite) tolerance(t tensor.Type) float64 {
	if plain(t) {
		return fine
	}
	return s.Tolerance
}

func testProducts(t *testing.T, s Suite) {
	r := newRandom(3)
	for _, typ := range readable() {
		t.Run(typ.String(), func(t *testing.T) {
			b, ref := s.open(t, 2), reference(t)
			block := max(32, typ.BlockElems())
			for _, c := range []struct{ rows, more, width, n int }{
				{1, 0, block, 30}, {32, 0, 2 * block, 1}, {31, 0, block, 2}, {65, 0, 3 * block, 7}, {64, 33, block, 13}, {20, 45, block, 6}, {320, 0, block, 40},
			} {
				parts := []tensor.Tensor{r.weights("w", typ, c.rows, c.width)}
				if c.more > 0 {
					parts = append(parts, r.weights("more", typ, c.more, c.width))
				}
				x, y := r.normal(c.n*c.width, 1), r.normal(c.n*(c.rows+c.more), 1)
				run := func(b bench) (set, sum []float32) {
					w := b.matrix(parts...)
					if w.Rows() != c.rows+c.more || w.Width() != c.width {
						t.Fatalf("matrix is [%d][%d]", w.Rows(), w.Width())
					}
					src, out, dst := b.load(x, c.width), b.buffer(c.n+1, w.Rows()), b.load(y, w.Rows())
					b.ops.MatMul(out, w, src, c.n)
					b.ops.MatMulAdd(dst, w, src, c.n)
					return b.read(out, c.n), b.read(dst, c.n)
				}
				set, sum := run(b)
				wantSet, wantSum := run(ref)
				what := fmt.Sprintf("[%d+%d][%d], %d rows", c.rows, c.more, c.width, c.n)
				near(t, what+": MatMul", set, wantSet, s.tolerance(typ))
				near(t, what+": MatMulAdd", sum, wantSum, s.tolerance(typ))
			}
		})
	}
	t.Run("mixed types", func(t *testing.T) {
		for _, rows := range []int{64, 40} {
			parts := []tensor.Tensor{
				r.weights("q", tensor.Q5_0, rows, 64), r.weights("k", tensor.Q8_0, 32, 64), r.weights("v", tensor.F16, 32, 64),
			}
			x := r.normal(5*64, 1)
			run := func(b bench) []float32 {
				out := b.buffer(5, rows+64)
				b.ops.MatMul(out, b.matrix(parts...), b.load(x, 64), 5)
				return b.read(out, 5)
			}
			near(t, fmt.Sprintf("q of %d rows", rows), run(s.open(t, 2)), run(reference(t)), s.Tolerance)
		}
	})
	t.Run("odd widths", func(t *testing.T) {
		for _, width := range []int{1, 8, 40} {
			w, x := r.weights("w", tensor.F32, 13, width), r.normal(6*width, 1)
			run := func(b bench) []float32 {
				out := b.buffer(6, 13)
				b.ops.MatMul(out, b.matrix(w), b.load(x, width), 6)
				return b.read(out, 6)
			}
			near(t, fmt.Sprint(width), run(s.open(t, 2)), run(reference(t)), fine)
		}
	})
	t.Run("changed input", func(t *testing.T) {
		// A copy of the input that a back end keeps must follow the values.
		w, x, y := r.weights("w", tensor.Q8_0, 32, 64), r.normal(3*64, 1), r.normal(3*64, 1)
		run := func(b bench) []float32 {
			m, src, out := b.matrix(w), b.load(x, 64), b.buffer(3, 32)
			b.ops.MatMul(out, m, src, 2)
			b.ops.MatMul(out, m, src, 3)
			b.write(src, y)
			b.ops.MatMul(out, m, src, 3)
			return b.read(out, 3)
		}
		near(t, "product", run(s.open(t, 1)), run(reference(t)), s.Tolerance)
	})
}

func testGate(t *testing.T, s Suite) {
	r := newRandom(4)
	for _, act := range []models.Activation{models.SiLU, models.GELUTanh} {
		for _, typ := range []tensor.Type{tensor.F32, tensor.Q8_0, tensor.Q4_1} {
			for _, n := range []int{1, 2, 7, 30} {
				gate, up := r.weights("gate", typ, 100, 64), r.weights("up", typ, 100, 64)
				x := r.normal(n*64, 2)
				run := func(b bench) []float32 {
					out := b.buffer(n, 100)
					b.ops.GateUp(out, b.matrix(gate), b.matrix(up), b.load(x, 64), n, act)
					return b.read(out, n)
				}
				// The error of both products adds up, and the gate can amplify it.
				near(t, fmt.Sprintf("activation %d, %v, %d rows", act, typ, n), run(s.open(t, 2)), run(reference(t)), 2*s.tolerance(typ))
			}
		}
	}
}

func testLogits(t *testing.T, s Suite) {
	r := newRandom(5)
	for _, typ := range []tensor.Type{tensor.F32, tensor.F16, tensor.Q8_0, tensor.Q6_K} {
		for _, vocab := range []int{7, 1025, 5000} {
			width := max(64, typ.BlockElems())
			w, x := r.weights("w", typ, vocab, width), r.normal(9*width, 1)
			rows := []int{8, 0, 3, 3}
			run := func(b bench) []float32 {
				dst := make([]float32, len(rows)*vocab)
				if err := b.ops.Logits(dst, b.matrix(w), b.load(x, width), rows); err != nil {
					t.Fatal(err)
				}
				return dst
			}
			near(t, fmt.Sprintf("%v, %d", typ, vocab), run(s.open(t, 2)), run(reference(t)), s.tolerance(typ))
		}
	}
}

// testScore compares Score with the back end's own logits: how good those are is another test.
func testScore(t *testing.T, s Suite) {
	r := newRandom(6)
	for _, typ := range []tensor.Type{tensor.F32, tensor.Q8_0} {
		for _, vocab := range []int{1, 33, 512, 1025, 9000} {
			const width, n = 64, 14
			b := s.open(t, 2)
			w, src := b.matrix(r.weights("w", typ, vocab, width)), b.load(r.normal(10*width, 4), width)
			rows, targets := make([]int, n), make([]int32, n)
			for i := range rows {
				rows[i], targets[i] = r.IntN(10), r.Int32N(int32(vocab))
			}
			logits, got := make([]float32, n*vocab), make([]models.Scored, n)
			if err := b.ops.Logits(logits, w, src, rows); err != nil {
				t.Fatal(err)
			}
			if err := b.ops.Score(got, w, src, rows, targets); err != nil {
				t.Fatal(err)
			}
			for i, g := range got {
				want := logSoftmax(logits[i*vocab:(i+1)*vocab], targets[i])
				if d := math.Abs(g.LogProb - want.LogProb); !(d <= 1e-5*(1+math.Abs(want.LogProb))) || g.Top != want.Top {
					t.Errorf("%v, vocabulary %d, row %d, target %d: %v, want %v", typ, vocab, rows[i], targets[i], g, want)
				}
			}
		}
	}
}

// testRepeatedRows checks that rows that are asked for again, next to each other or not, get the same bits as alone.
func testRepeatedRows(t *testing.T, s Suite) {
	const width, vocab, n = 64, 1300, 700
	r := newRandom(20)
	for _, typ := range []tensor.Type{tensor.F32, tensor.Q8_0} {
		b := s.open(t, 2)
		w, src := b.matrix(r.weights("w", typ, vocab, width)), b.load(r.normal(n*width, 4), width)
		var rows []int
		var targets []int32
		for i := range n { // more than a batch, and repetitions across its end
			for range 1 + i%3 {
				rows, targets = append(rows, i), append(targets, r.Int32N(vocab))
			}
		}
		rows, targets = append(rows, 5, 0, 5), append(targets, 7, 8, 9)
		got, want := make([]models.Scored, len(rows)), make([]models.Scored, 1)
		if err := b.ops.Score(got, w, src, rows, targets); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if i%7 != 0 && i < len(rows)-3 && (row < 508 || row > 516) {
				continue
			}
			if err := b.ops.Score(want, w, src, rows[i:i+1], targets[i:i+1]); err != nil {
				t.Fatal(err)
			}
			if got[i] != want[0] {
				t.Errorf("%v: entry %d (row %d, target %d): %v, alone %v", typ, i, row, targets[i], got[i], want[0])
			}
		}
	}
}

func logSoftmax(x []float32, target int32) models.Scored {
	top := 0
	for i, v := range x {
		if v > x[top] {
			top = i
		}
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(float64(v) - float64(x[top]))
	}
	return models.Scored{LogProb: float64(x[target]) - float64(x[top]) - math.Log(sum), Top: int32(top)}
}

// testTies checks that the lowest of equal tokens is the most probable one, wherever they are.
func testTies(t *testing.T, s Suite) {
	const vocab, width = 3000, 32
	for _, equal := range [][]int{{0, 1}, {5, 2999}, {511, 512}, {600, 1300, 2100}} {
		values := make([]float32, vocab*width)
		for i := range values {
			values[i] = -0.5
		}
		for _, token := range equal {
			for c := range width {
				values[token*width+c] = 0.25
			}
		}
		x := make([]float32, width)
		for i := range x {
			x[i] = 1
		}
		b := s.open(t, 2)
		got := make([]models.Scored, 1)
		if err := b.ops.Score(got, b.matrix(floats("w", values, vocab, width)), b.load(x, width), []int{0}, []int32{0}); err != nil {
			t.Fatal(err)
		}
		if int(got[0].Top) != equal[0] {
			t.Errorf("tokens %v are equal: top is %d", equal, got[0].Top)
		}
	}
}
