package cpu

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// attendShapes are the heads of real models.
var attendShapes = []struct {
	name                string
	heads, kvHeads, dim int
}{
	{"135M", 9, 3, 64},
	{"0.5B", 14, 2, 64},
	{"270M", 4, 1, 256},
}

// BenchmarkAttend is attention alone, over enough layers that keys and values come from memory: one row (decode) or 512 (prefill)
// behind depth positions.
func BenchmarkAttend(b *testing.B) {
	const rows, most, layers = 512, 4096 + 512, 12
	for _, level := range Levels() {
		if level <= Generic {
			continue
		}
		for _, s := range attendShapes {
			for _, typ := range []tensor.Type{tensor.F16, tensor.Q8_0} {
				for _, threads := range []int{1, 2} {
					back := open(b, Options{Level: level, Threads: threads})
					width := (s.heads + 2*s.kvHeads) * s.dim
					qkv, err := back.NewBuffer("qkv", rows, width)
					if err != nil {
						b.Fatal(err)
					}
					dst, err := back.NewBuffer("dst", rows, s.heads*s.dim)
					if err != nil {
						b.Fatal(err)
					}
					kv, err := back.NewKV(models.KVShape{Pages: most / models.PageSize, Layers: layers, KVHeads: s.kvHeads, HeadDim: s.dim, Type: typ})
					if err != nil {
						b.Fatal(err)
					}
					pages := make([]int32, most/models.PageSize)
					for i := range pages {
						pages[i] = int32(i)
					}
					a := &models.Attention{Heads: s.heads, KVHeads: s.kvHeads, HeadDim: s.dim, Scale: 0.125}
					r := rand.New(rand.NewPCG(25, 0))
					for i := range qkv.(*buffer).data {
						qkv.(*buffer).data[i] = float32(r.NormFloat64())
					}
					for pos := 0; pos < most; pos += rows {
						for a.Layer = range layers {
							back.StoreKV(kv, qkv, []models.Span{{N: rows, Pos: pos, Pages: pages}}, a)
						}
					}
					for _, depth := range []int{512, 4096} {
						for _, n := range []int{1, rows} {
							name := fmt.Sprintf("cpu=%v/model=%s/kv=%s/threads=%d/depth=%d/n=%d", level, s.name, strings.ToLower(typ.String()), threads, depth, n)
							b.Run(name, func(b *testing.B) {
								spans := []models.Span{{N: n, Pos: depth, Pages: pages}}
								for b.Loop() {
									for a.Layer = range layers {
										back.Attend(dst, qkv, kv, spans, a)
									}
								}
								if err := back.Read(nil, dst, 0); err != nil {
									b.Fatal(err)
								}
								macs := 2 * s.heads * s.dim * n * (2*depth + n + 1) / 2 * layers
								bytes := layers * (depth + n) * 2 * s.kvHeads * typ.RowBytes(s.dim)
								seconds := b.Elapsed().Seconds() / float64(b.N)
								b.ReportMetric(float64(macs)/seconds/1e9, "GMAC/s")
								b.ReportMetric(float64(bytes)/seconds/1e9, "GB/s")
							})
						}
					}
				}
			}
		}
	}
}
