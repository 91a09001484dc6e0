package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestRefProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{1, 8, 31, 128, 129, 896, 4864} {
		w := make([]float32, refRows*width)
		var x [refBatch][]float32
		for i := range w {
			w[i] = float32(rng.NormFloat64())
		}
		for i := range x {
			x[i] = make([]float32, width)
			for c := range x[i] {
				x[i][c] = float32(rng.NormFloat64())
			}
		}
		var whole refTile
		refProducts(&whole, &x, refBatch, w, width)
		for i := range refBatch {
			var one refTile
			refProducts(&one, &[refBatch][]float32{x[i]}, 1, w, width)
			if one[0] != whole[i] {
				t.Errorf("width %d, row %d: alone %v, in a tile %v", width, i, one[0], whole[i])
			}
			for r := range refRows {
				var want, size float64
				for c, v := range x[i] {
					want += float64(v) * float64(w[r*width+c])
					size += math.Abs(float64(v) * float64(w[r*width+c]))
				}
				if d := math.Abs(float64(whole[i][r]) - want); d > 1e-6*size {
					t.Errorf("width %d, row %d, weight row %d: off by %g of %g", width, i, r, d, want)
				}
			}
		}
	}
}

func BenchmarkRefProducts(b *testing.B) {
	const width = 896
	w := make([]float32, refRows*width)
	var x [refBatch][]float32
	for i := range x {
		x[i] = make([]float32, width)
	}
	for _, n := range []int{1, refBatch} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			var out refTile
			for b.Loop() {
				refProducts(&out, &x, n, w, width)
			}
			b.ReportMetric(float64(n*refRows*width)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}
