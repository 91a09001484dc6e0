package cpu

import (
	"math"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// attendJob is attention by blocks of keys: a block is a page, at the same place of the sequence for every query, and goes
// through an online softmax. A key that a query must not see has weight zero exactly, so a query gets the same bits whichever
// queries pass with it. A chunk is one piece of a span and one key head, with all query heads that read it.
type attendJob struct {
	b        *Backend
	dst, qkv *buffer
	kv       *kvStore
	spans    []models.Span
	a        *models.Attention
	list     []piece
}

// attendQueries is the number of queries (positions times heads of a group) that should pass over the keys together.
const attendQueries = 24

func (b *Backend) fastAttend(dst, qkv *buffer, kv *kvStore, spans []models.Span, a *models.Attention) {
	j := &b.jobs.attend
	per := max(1, attendQueries/(a.Heads/a.KVHeads))
	*j = attendJob{b: b, dst: dst, qkv: qkv, kv: kv, spans: spans, a: a, list: pieces(j.list, spans, per)}
	b.pool.run(len(j.list)*a.KVHeads, j)
}

func (j *attendJob) run(chunk, worker int) {
	// Last pieces first: they see the most keys, and short ones at the end even out the workers.
	p, head := j.list[len(j.list)-1-chunk/j.a.KVHeads], chunk%j.a.KVHeads
	s := &j.spans[p.span]
	a, d, group := j.a, j.a.HeadDim, j.a.Heads/j.a.KVHeads
	n := p.n * group // queries
	pos := s.Pos + p.row

	w := &j.b.workers[worker]
	q := j.b.floats(&w.a, n*d)                    // [n][d]
	out := j.b.floats(&w.b, n*d)                  // [n][d]
	scores := j.b.floats(&w.c, n*models.PageSize) // [n][PageSize]
	stats := j.b.floats(&w.d, n*(lanes+2))        // of the softmax: sums [n][lanes], largest scores [n], factors [n]
	sums, tops, factors := stats[:n*lanes], stats[n*lanes:][:n], stats[n*(lanes+1):]
	for i := range p.n {
		copy(q[i*group*d:(i+1)*group*d], j.qkv.row(s.Row + p.row + i)[head*group*d:])
	}
	clear(out)
	clear(sums)
	for i := range tops {
		tops[i] = float32(math.Inf(-1))
	}

	k := j.b.k
	from, _ := visible(pos, a.Window)
	for page := from / models.PageSize; page <= (pos+p.n-1)/models.PageSize; page++ {
		at := j.kv.keys(s.Pages[page], a.Layer, head)
		v := at + j.kv.block()
		if j.kv.half != nil {
			k.qkF16(scores, q, d, n, j.kv.half[at:v], d, a.Scale)
		} else {
			k.qkF32(scores, q, d, n, j.kv.float[at:v], d, a.Scale)
		}
		for i := range p.n {
			mask(scores[i*group*models.PageSize:][:group*models.PageSize], page*models.PageSize, pos+i, a.Window)
		}
		k.softmax(scores, tops, sums, factors, n)
		if j.kv.half != nil {
			k.pvF16(out, d, scores, factors, n, j.kv.half[v:v+j.kv.block()], d)
		} else {
			k.pvF32(out, d, scores, factors, n, j.kv.float[v:v+j.kv.block()], d)
		}
	}
	for i := range n {
		k.scale(out[i*d:(i+1)*d], 1/sumLanes((*[lanes]float32)(sums[i*lanes:])))
	}
	for i := range p.n {
		copy(j.dst.row(s.Row + p.row + i)[head*group*d:], out[i*group*d:(i+1)*group*d])
	}
}

// mask makes the scores of keys that the query at pos must not see -Inf. s is rows of the keys of one page, which begins at
// position first.
func mask(s []float32, first, pos, window int) {
	from, n := visible(pos, window)
	low, high := max(0, from-first), min(models.PageSize, from+n-first)
	if low == 0 && high == models.PageSize {
		return
	}
	minusInf := float32(math.Inf(-1))
	for ; len(s) > 0; s = s[models.PageSize:] {
		for c := range s[:models.PageSize] {
			if c < low || c >= high {
				s[c] = minusInf
			}
		}
	}
}
