package cpu

import (
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// refAttendJob is the reference attention: softmax in float64 over all visible keys of a query at once. A chunk is one piece
// of a span and one key head, with all query heads that read it.
type refAttendJob struct {
	b        *Backend
	dst, qkv *buffer
	kv       *kvStore
	spans    []models.Span
	a        *models.Attention
	list     []piece
}

// refQueries is the number of positions that share one pass over the keys.
const refQueries = 16

func (b *Backend) refAttend(dst, qkv *buffer, kv *kvStore, spans []models.Span, a *models.Attention) {
	j := &b.jobs.refAtt
	*j = refAttendJob{b: b, dst: dst, qkv: qkv, kv: kv, spans: spans, a: a, list: pieces(j.list, spans, refQueries)}
	b.pool.run(len(j.list)*a.KVHeads, j)
}

// refTileJob is a chunk at work: the queries of the rows of a piece.
type refTileJob struct {
	*refAttendJob
	s         *models.Span
	p         piece
	positions []int // of the rows
	head      int
	keys      int       // columns of scores; column 0 is the first key of page first
	first     int       // the first page
	scores    []float32 // [n][keys]; the rows beyond n take what the last tile has too much
	block     []float32 // keys or values of a page
	out       []float64 // [n][d]
}

func (j *refAttendJob) run(chunk, worker int) {
	p, head := j.list[chunk/j.a.KVHeads], chunk%j.a.KVHeads
	s := &j.spans[p.span]
	a, d, group := j.a, j.a.HeadDim, j.a.Heads/j.a.KVHeads
	n := p.n * group // queries

	t := refTileJob{refAttendJob: j, s: s, p: p, head: head, positions: j.b.positions[s.Row+p.row:][:p.n]}
	from, _ := visible(slices.Min(t.positions), a.Window)
	t.first = from / models.PageSize
	t.keys = (slices.Max(t.positions)/models.PageSize + 1 - t.first) * models.PageSize
	w := &j.b.workers[worker]
	t.scores = j.b.floats(&w.a, (n+refBatch)*t.keys)
	t.block = j.b.floats(&w.b, max(d*models.PageSize, refRows*d))
	t.out = j.b.doubles(&w.f, n*d)

	t.pages(&w.branch, 0)
	for i := range n {
		first, visible := visible(t.positions[i/group], a.Window)
		refSoftmax(t.scores[i*t.keys:(i+1)*t.keys], first-t.first*models.PageSize, visible, a.Scale)
	}
	clear(t.out)
	t.pages(&w.branch, 1)
	for i := range n {
		dst := j.dst.row(s.Row + p.row + i/group)[(head*group+i%group)*d:]
		for c, v := range t.out[i*d : (i+1)*d] {
			dst[c] = float32(v)
		}
	}
}

// pages multiplies the queries with all keys (which = 0), or the weights with all values (1).
func (t *refTileJob) pages(b *branch, which int) {
	shared := t.first + t.keys/models.PageSize // pages that the rows see alike
	if t.s.Parents != nil {
		shared = t.s.Pos / models.PageSize
	}
	for page := t.first; page < shared; page++ {
		t.page(t.kv.block(t.s.Pages[page], t.a.Layer, t.head), page, which, 0, t.p.n)
	}
	if t.s.Parents == nil {
		return
	}
	b.start(t.b, t.kv, t.s, t.a.Layer, t.head, slices.Max(t.positions))
	for i, pos := range t.positions {
		b.follow(t.b, t.kv, t.s, t.qkv, t.a, t.head, t.p.row+i)
		for page := max(t.first, shared); page <= pos/models.PageSize; page++ {
			t.page(b.block(t.kv, t.s, page), page, which, i, i+1)
		}
	}
}

// page does one page for the queries of rows [from, to).
func (t *refTileJob) page(block []byte, page, which, from, to int) {
	group := t.a.Heads / t.a.KVHeads
	t.kv.swapped(t.block, block, which)
	column := (page - t.first) * models.PageSize
	for q := from * group; q < to*group; q += refBatch {
		if which == 0 {
			t.multiplyKeys(q, column)
		} else {
			t.multiplyValues(q, min(refBatch, to*group-q), column)
		}
	}
}

// query is query i of the piece, or the last one.
func (t *refTileJob) query(i int) []float32 {
	d, group := t.a.HeadDim, t.a.Heads/t.a.KVHeads
	i = min(i, t.p.n*group-1)
	return t.qkv.row(t.s.Row + t.p.row + i/group)[(t.head*group+i%group)*d:][:d]
}

// multiplyKeys sets the scores of refBatch queries.
func (t *refTileJob) multiplyKeys(q, column int) {
	d := t.a.HeadDim
	dst := t.scores[q*t.keys+column:]
	for c := 0; c < models.PageSize; c += 2 {
		v := dot4x2(t.query(q), t.query(q+1), t.query(q+2), t.query(q+3), t.block[c*d:], t.block[(c+1)*d:])
		for r := range refBatch {
			dst[r*t.keys+c], dst[r*t.keys+c+1] = v[2*r], v[2*r+1]
		}
	}
}

// multiplyValues adds to the results of n queries.
func (t *refTileJob) multiplyValues(q, n, column int) {
	d := t.a.HeadDim
	weights := func(i int) []float32 { return t.scores[i*t.keys+column:][:models.PageSize] }
	for c := 0; c < d; c += 2 {
		c1 := min(c+1, d-1)
		v := dot4x2(weights(q), weights(q+1), weights(q+2), weights(q+3), t.block[c*models.PageSize:], t.block[c1*models.PageSize:])
		for r := range n {
			t.out[(q+r)*d+c] += float64(v[2*r])
			if c1 > c {
				t.out[(q+r)*d+c1] += float64(v[2*r+1])
			}
		}
	}
}

// refSoftmax turns scores [first, first+n) into weights that add up to 1, and all others into 0.
func refSoftmax(s []float32, first, n int, scale float32) {
	clear(s[:first])
	clear(s[first+n:])
	s = s[first : first+n]
	top := float32(math.Inf(-1))
	for i := range s {
		s[i] *= scale
		top = max(top, s[i])
	}
	var sum float64
	for _, v := range s {
		sum += math.Exp(float64(v) - float64(top))
	}
	for i, v := range s {
		s[i] = float32(math.Exp(float64(v)-float64(top)) / sum)
	}
}
