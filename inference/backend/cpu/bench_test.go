package cpu

import (
	"fmt"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// benchLayer is one layer with the sizes of a model, weights of one type.
type benchLayer struct {
	b                                *Backend
	attention                        models.Attention
	qkv, o, gate, up, down           models.Matrix
	norm                             models.Vector
	x, normed, rows, attended, gated models.Buffer
	kv                               models.KV
	macs                             int // multiply-adds of the weights for a row
}

// benchShapes are the sizes of layers of real models.
var benchShapes = []struct {
	name                             string
	hidden, heads, kvHeads, dim, ffn int
}{
	{"135M", 576, 9, 3, 64, 1536},
	{"0.5B", 896, 14, 2, 64, 4864},
	{"1B", 2048, 32, 8, 64, 8192},
}

const benchRows, benchPages = 512, 64

func newBenchLayer(tb testing.TB, o Options, shape int, typ tensor.Type) *benchLayer {
	s := benchShapes[shape]
	l := &benchLayer{b: open(tb, o)}
	l.attention = models.Attention{Heads: s.heads, KVHeads: s.kvHeads, HeadDim: s.dim, Scale: 0.125, Rope: &models.Rope{InvFreq: make([]float32, s.dim/2)}}
	must := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	matrix := func(rows, width int) models.Matrix {
		values := make([]float32, rows*width)
		for i := range values {
			values[i] = float32(i*7919%1000)/1000 - 0.5
		}
		t := tensor.Tensor{Name: "w", Type: typ, Shape: []int{rows, width}, Data: make([]byte, rows*typ.RowBytes(width))}
		must(tensor.Quantize(typ, t.Data, values))
		m, err := l.b.NewMatrix("w", t)
		must(err)
		l.macs += rows * width
		return m
	}
	buffer := func(width int) models.Buffer {
		f, err := l.b.NewBuffer("f", benchRows, width)
		must(err)
		return f
	}
	heads := s.heads * s.dim
	all := heads + 2*s.kvHeads*s.dim
	l.qkv, l.o = matrix(all, s.hidden), matrix(s.hidden, heads)
	l.gate, l.up, l.down = matrix(s.ffn, s.hidden), matrix(s.ffn, s.hidden), matrix(s.hidden, s.ffn)
	l.x, l.normed, l.rows, l.attended, l.gated = buffer(s.hidden), buffer(s.hidden), buffer(all), buffer(heads), buffer(s.ffn)
	var err error
	l.norm, err = l.b.NewVector("norm", 1, zeros(s.hidden))
	must(err)
	l.kv, err = l.b.NewKV(models.KVShape{Pages: benchPages, Layers: 1, KVHeads: s.kvHeads, HeadDim: s.dim, Type: tensor.F16})
	must(err)
	return l
}

// forward runs the layer on n rows that start at position pos.
func (l *benchLayer) forward(pos, n int) {
	pages := make([]int32, benchPages)
	for i := range pages {
		pages[i] = int32(i)
	}
	spans := []models.Span{{N: n, Pos: pos, Pages: pages}}
	l.b.RMSNorm(l.normed, l.x, n, l.norm, 1e-5)
	l.b.MatMul(l.rows, l.qkv, l.normed, n)
	l.b.StoreKV(l.kv, l.rows, spans, &l.attention)
	l.b.Attend(l.attended, l.rows, l.kv, spans, &l.attention)
	l.b.MatMulAdd(l.x, l.o, l.attended, n)
	l.b.RMSNorm(l.normed, l.x, n, l.norm, 1e-5)
	l.b.GateUp(l.gated, l.gate, l.up, l.normed, n, models.SiLU)
	l.b.MatMulAdd(l.x, l.down, l.gated, n)
}

// BenchmarkLayer reports multiply-adds of the weights a second: prefill of 512 rows, decoding of one row after 512 positions.
func BenchmarkLayer(b *testing.B) {
	for _, level := range Levels() {
		for shape, s := range benchShapes {
			for _, typ := range []tensor.Type{tensor.Q8_0, tensor.Q4_1} {
				if level <= Generic && (shape > 0 || typ != tensor.Q8_0) {
					continue // seconds each, and nobody waits for them
				}
				for _, threads := range []int{1, 2} {
					for _, n := range []int{benchRows, 1} {
						b.Run(fmt.Sprintf("cpu=%v/model=%s/type=%v/threads=%d/n=%d", level, s.name, typ, threads, n), func(b *testing.B) {
							l := newBenchLayer(b, Options{Level: level, Threads: threads}, shape, typ)
							l.forward(0, benchRows)
							for b.Loop() {
								l.forward((benchRows-n)%benchRows, n)
							}
							b.ReportMetric(float64(n*l.macs)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
							if err := l.b.Read(make([]float32, benchRows*l.x.Width()), l.x, 1); err != nil {
								b.Fatal(err)
							}
						})
					}
				}
			}
		}
	}
}

// BenchmarkScore reports rows of a vocabulary of 49,152 a second.
func BenchmarkScore(b *testing.B) {
	for _, level := range Levels() {
		for _, n := range []int{1, 64} {
			if level == Generic {
				continue
			}
			b.Run(fmt.Sprintf("cpu=%v/n=%d", level, n), func(b *testing.B) {
				back := open(b, Options{Level: level})
				const vocab, width = 49152, 576
				t := tensor.Tensor{Name: "w", Type: tensor.Q8_0, Shape: []int{vocab, width}}
				t.Data = make([]byte, vocab*t.Type.RowBytes(width))
				w, err := back.NewMatrix("w", t)
				if err != nil {
					b.Fatal(err)
				}
				f, err := back.NewBuffer("f", n, width)
				if err != nil {
					b.Fatal(err)
				}
				rows, targets, dst := make([]int, n), make([]int32, n), make([]models.Scored, n)
				for i := range rows {
					rows[i] = i
				}
				for b.Loop() {
					if err := back.Score(dst, w, f, rows, targets); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
