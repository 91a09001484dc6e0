package backendtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// attentionCase is one shape of attention. The spans are batches, one after the other.
type attentionCase struct {
	name                string
	heads, kvHeads, dim int
	bias, norms         bool
	rope                bool
	interleaved         bool
	window              int
	typ                 tensor.Type
	pages               int // of storage; 0 = 8
}

var attentionCases = []attentionCase{
	{name: "plain", heads: 2, kvHeads: 2, dim: 32, typ: tensor.F32},
	{name: "half rope", heads: 4, kvHeads: 2, dim: 64, rope: true, typ: tensor.F32},
	{name: "interleaved rope", heads: 9, kvHeads: 3, dim: 64, rope: true, interleaved: true, typ: tensor.F16},
	{name: "bias", heads: 14, kvHeads: 2, dim: 64, bias: true, rope: true, typ: tensor.F16},
	{name: "norms and window", heads: 4, kvHeads: 1, dim: 256, norms: true, rope: true, window: 20, typ: tensor.F16},
	{name: "window of one", heads: 2, kvHeads: 1, dim: 32, window: 1, typ: tensor.F32},
	{name: "small heads", heads: 4, kvHeads: 2, dim: 8, bias: true, norms: true, rope: true, window: 40, typ: tensor.F32},
	{name: "odd heads", heads: 3, kvHeads: 1, dim: 80, rope: true, typ: tensor.F16},
	{name: "q8_0", heads: 14, kvHeads: 2, dim: 64, bias: true, rope: true, typ: tensor.Q8_0},
	{name: "q8_0, norms and window", heads: 3, kvHeads: 1, dim: 96, norms: true, rope: true, interleaved: true, window: 20, typ: tensor.Q8_0},
}

// attentionBatches are three sequences that grow over several batches: whole pages, single steps, pages that interleave.
var attentionBatches = [][]models.Span{
	{{Row: 0, N: 37, Pos: 0, Pages: []int32{3, 0, 7}}, {Row: 37, N: 3, Pos: 0, Pages: []int32{5, 1}}},
	{{Row: 4, N: 1, Pos: 3, Pages: []int32{5, 1}}, {Row: 0, N: 4, Pos: 37, Pages: []int32{3, 0, 7}}, {Row: 5, N: 33, Pos: 0, Pages: []int32{4, 2}}},
	{{Row: 0, N: 30, Pos: 41, Pages: []int32{3, 0, 7}}, {Row: 30, N: 1, Pos: 33, Pages: []int32{4, 2}}, {Row: 31, N: 40, Pos: 4, Pages: []int32{5, 1}}},
	{{Row: 0, N: 1, Pos: 71, Pages: []int32{3, 0, 7}}, {Row: 1, N: 1, Pos: 44, Pages: []int32{5, 1}}},
}

func testAttention(t *testing.T, s Suite) {
	for i, c := range attentionCases {
		t.Run(c.name, func(t *testing.T) {
			got, gotQKV := c.run(s.open(t, 2), newRandom(uint64(i)))
			want, wantQKV := c.run(reference(t), newRandom(uint64(i)))
			tolerance := s.cached(c.typ)
			for b := range want {
				near(t, fmt.Sprintf("batch %d: qkv", b), gotQKV[b], wantQKV[b], fine)
				near(t, fmt.Sprintf("batch %d: attention", b), got[b], want[b], tolerance)
			}
		})
	}
}

// cached is the accepted error of attention with keys and values of a type. Back ends round them alike, up to one unit where their
// float32 values differ, and may round queries to int8 where keys are.
func (s Suite) cached(typ tensor.Type) float64 {
	switch typ {
	case tensor.F16:
		return 1e-4
	case tensor.Q8_0:
		return max(s.Tolerance, 1e-3)
	}
	return fine
}

// run stores and attends all batches in layer 1 of 2 and returns the outputs and the finished qkv rows.
func (c attentionCase) run(b bench, r random) (out, qkv [][]float32) {
	a, kv := c.describe(b, r)
	for _, spans := range attentionBatches {
		n := 0
		for _, s := range spans {
			n = max(n, s.Row+s.N)
		}
		width := (c.heads + 2*c.kvHeads) * c.dim
		rows := b.load(r.normal(n*width, 1), width)
		dst := b.buffer(n, c.heads*c.dim)
		b.ops.StoreKV(kv, rows, spans, a)
		b.ops.Attend(dst, rows, kv, spans, a)
		out, qkv = append(out, b.read(dst, n)), append(qkv, b.read(rows, n))
	}
	return out, qkv
}

func (c attentionCase) describe(b bench, r random) (*models.Attention, models.KV) {
	a := &models.Attention{
		Layer: 1, Heads: c.heads, KVHeads: c.kvHeads, HeadDim: c.dim, NormEps: 1e-6,
		Scale: float32(1 / math.Sqrt(float64(c.dim))), Window: c.window,
	}
	if c.bias {
		a.Bias = b.vector(r.normal((c.heads+2*c.kvHeads)*c.dim, 1))
	}
	if c.norms {
		a.QNorm, a.KNorm = b.vector(r.normal(c.dim, 1)), b.vector(r.normal(c.dim, 1))
	}
	if c.rope {
		a.Rope = &models.Rope{Interleaved: c.interleaved, InvFreq: inverseFrequencies(c.dim)}
	}
	pages := max(c.pages, 8)
	kv, err := b.ops.NewKV(models.KVShape{Pages: pages, Layers: 2, KVHeads: c.kvHeads, HeadDim: c.dim, Type: c.typ})
	if err != nil {
		b.t.Fatal(err)
	}
	if kv.Pages() != pages || kv.Bytes() <= 0 {
		b.t.Errorf("storage of %d pages, %d bytes", kv.Pages(), kv.Bytes())
	}
	return a, kv
}

func inverseFrequencies(dim int) []float32 {
	f := make([]float32, dim/2)
	for j := range f {
		f[j] = float32(math.Pow(10000, -2*float64(j)/float64(dim)))
	}
	return f
}

// testCopyPage continues one sequence twice from a copied page.
func testCopyPage(t *testing.T, s Suite) {
	for _, typ := range []tensor.Type{tensor.F16, tensor.F32, tensor.Q8_0} {
		c := attentionCase{heads: 4, kvHeads: 2, dim: 32, rope: true, typ: typ}
		b, r := s.open(t, 2), newRandom(9)
		a, kv := c.describe(b, r)
		const width = 8 * 32
		first, next := b.load(r.normal(40*width, 1), width), r.normal(width, 1)
		other := b.load(r.normal(width, 1), width)
		b.ops.StoreKV(kv, first, []models.Span{{N: 40, Pages: []int32{0, 1}}}, a)
		b.ops.CopyPage(kv, 6, 1)
		step := func(f models.Buffer, page int32) []float32 {
			spans := []models.Span{{N: 1, Pos: 40, Pages: []int32{0, page}}}
			dst := b.buffer(1, 4*32)
			b.ops.StoreKV(kv, f, spans, a)
			b.ops.Attend(dst, f, kv, spans, a)
			return b.read(dst, 1)
		}
		want := step(b.load(next, width), 1)
		strange := step(other, 1)
		if got := step(b.load(next, width), 6); different(got, want) > 0 {
			t.Errorf("%v: the copy differs from the page", typ)
		}
		if different(strange, want) == 0 {
			t.Errorf("%v: another input gives the same values", typ)
		}
	}
}

// testCacheTypes bounds what the rounding of keys and values costs, and checks that there is one.
func testCacheTypes(t *testing.T, s Suite) {
	for _, typ := range []tensor.Type{tensor.F16, tensor.Q8_0} {
		c := attentionCase{heads: 6, kvHeads: 2, dim: 64, rope: true, typ: tensor.F32}
		want, _ := c.run(reference(t), newRandom(22))
		c.typ = typ
		got, _ := c.run(s.open(t, 2), newRandom(22))
		for b := range want {
			near(t, fmt.Sprintf("%v, batch %d: attention", typ, b), got[b], want[b], map[tensor.Type]float64{tensor.F16: 5e-4, tensor.Q8_0: 0.015}[typ])
			if d := different(got[b], want[b]); d < len(want[b])/2 {
				t.Errorf("%v, batch %d: only %d of %d values differ from those of F32", typ, b, d, len(want[b]))
			}
		}
	}
}
