package cpu

import (
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
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

// attendTile is a chunk at work: the queries of the rows of a piece, with their state.
type attendTile struct {
	*attendJob
	s         *models.Span
	positions []int // of the rows
	head      int

	q, out, scores, sums, tops, factors []float32 // see run
}

func (j *attendJob) run(chunk, worker int) {
	// Last pieces first: they see the most keys, and short ones at the end even out the workers.
	p, head := j.list[len(j.list)-1-chunk/j.a.KVHeads], chunk%j.a.KVHeads
	s := &j.spans[p.span]
	a, d, group := j.a, j.a.HeadDim, j.a.Heads/j.a.KVHeads
	n := p.n * group // queries

	w := &j.b.workers[worker]
	t := attendTile{attendJob: j, s: s, head: head}
	t.positions = j.b.positions[s.Row+p.row:][:p.n]
	t.q = j.b.floats(&w.a, n*d)                    // [n][d]
	t.out = j.b.floats(&w.b, n*d)                  // [n][d]
	t.scores = j.b.floats(&w.c, n*models.PageSize) // [n][PageSize]
	stats := j.b.floats(&w.d, n*(lanes+2))         // of the softmax: sums [n][lanes], largest scores [n], factors [n]
	t.sums, t.tops, t.factors = stats[:n*lanes], stats[n*lanes:][:n], stats[n*(lanes+1):]
	for i := range p.n {
		copy(t.q[i*group*d:(i+1)*group*d], j.qkv.row(s.Row + p.row + i)[head*group*d:])
	}
	clear(t.out)
	clear(t.sums)
	for i := range t.tops {
		t.tops[i] = float32(math.Inf(-1))
	}

	first, _ := visible(slices.Min(t.positions), a.Window)
	last := slices.Max(t.positions)
	shared := last/models.PageSize + 1 // pages that the rows see alike
	if s.Parents != nil {
		shared = s.Pos / models.PageSize
	}
	for page := first / models.PageSize; page < shared; page++ {
		t.attend(j.kv.block(s.Pages[page], a.Layer, head), page, 0, p.n)
	}
	if s.Parents != nil {
		t.branches(&w.branch, p, last)
	}
	for i := range n {
		j.b.k.scale(t.out[i*d:(i+1)*d], 1/sumLanes((*[lanes]float32)(t.sums[i*lanes:])))
	}
	for i := range p.n {
		copy(j.dst.row(s.Row + p.row + i)[head*group*d:], t.out[i*group*d:(i+1)*group*d])
	}
}

// branches does the pages from the end of the trunk on, row by row.
func (t *attendTile) branches(b *branch, p piece, last int) {
	trunk := t.s.Pos / models.PageSize
	b.start(t.b, t.kv, t.s, t.a.Layer, t.head, last)
	for i, pos := range t.positions {
		b.follow(t.b, t.kv, t.s, t.qkv, t.a, t.head, p.row+i)
		first, _ := visible(pos, t.a.Window)
		for page := max(trunk, first/models.PageSize); page <= pos/models.PageSize; page++ {
			t.attend(b.block(t.kv, t.s, page), page, i, i+1)
		}
	}
}

// attend does one page for the queries of rows [from, to).
func (t *attendTile) attend(block []byte, page, from, to int) {
	a, d, group, k := t.a, t.a.HeadDim, t.a.Heads/t.a.KVHeads, t.b.k
	n, q := (to-from)*group, from*group
	keys, values := block[:t.kv.side], block[t.kv.side:]
	scores, out := t.scores[q*models.PageSize:][:n*models.PageSize], t.out[q*d:][:n*d]
	if t.kv.typ == tensor.F16 {
		k.qkF16(scores, t.q[q*d:], d, n, halvesIn(keys), d, a.Scale)
	} else {
		k.qkF32(scores, t.q[q*d:], d, n, floatsIn(keys), d, a.Scale)
	}
	for i, pos := range t.positions[from:to] {
		mask(scores[i*group*models.PageSize:][:group*models.PageSize], page*models.PageSize, pos, a.Window)
	}
	k.softmax(scores, t.tops[q:], t.sums[q*lanes:], t.factors[q:], n)
	if t.kv.typ == tensor.F16 {
		k.pvF16(out, d, scores, t.factors[q:], n, halvesIn(values), d)
	} else {
		k.pvF32(out, d, scores, t.factors[q:], n, floatsIn(values), d)
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
