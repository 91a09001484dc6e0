package cpu

import (
	"math"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// ropeTable holds the cosines and sines of one rotary embedding, a page of positions at a time, made when first needed.
// pages[i] is [PageSize][2][HeadDim/2]: cosines, then sines.
type ropeTable struct {
	rope  *models.Rope
	pages [][]float32
}

// ropeFor finds the table of r and makes sure that it covers positions [from, to).
func (b *Backend) ropeFor(r *models.Rope, from, to int) *ropeTable {
	t := b.ropes[r]
	if t == nil {
		t = &ropeTable{rope: r}
		b.ropes[r] = t
	}
	for p := from / models.PageSize; p <= (to-1)/models.PageSize; p++ {
		for len(t.pages) <= p {
			t.pages = append(t.pages, nil)
		}
		if t.pages[p] == nil {
			t.pages[p] = ropePage(r, p)
			b.count(Scratch, int64(4*len(t.pages[p])))
		}
	}
	return t
}

// ropePage computes one page. The angle is rounded to float32, as the reference implementations have it, its cosine is not
// rounded before the end.
func ropePage(r *models.Rope, page int) []float32 {
	half := len(r.InvFreq)
	out := make([]float32, models.PageSize*2*half)
	for i := range models.PageSize {
		row := out[i*2*half:]
		for j, f := range r.InvFreq {
			sin, cos := math.Sincos(float64(float32(page*models.PageSize+i) * f))
			row[j], row[half+j] = float32(cos), float32(sin)
		}
	}
	return out
}

// at is the cosines and sines of a position.
func (t *ropeTable) at(pos int) (cos, sin []float32) {
	half := len(t.rope.InvFreq)
	row := t.pages[pos/models.PageSize][pos%models.PageSize*2*half:][:2*half]
	return row[:half], row[half:]
}
