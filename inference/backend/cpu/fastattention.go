package cpu

import (
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// attendJob is attention by blocks of keys: a block is a page, at the same place of the sequence for every query, and goes
// through an online softmax. A key that a query must not see has weight zero exactly, so a query gets the same bits whichever
// queries pass with it. The softmax begins anew with every segment, and the results of segments are merged in ascending order: where
// there are few queries, segments are chunks of their own, so that all threads have work. Otherwise a chunk is one piece of a span and
// one key head, with all query heads that read it.
type attendJob struct {
	b        *Backend
	dst, qkv *buffer
	kv       *kvStore
	spans    []models.Span
	a        *models.Attention
	list     []piece

	segments int       // chunks of a piece and head; 0: they are not chunks
	parts    []float32 // results of segments [piece][head][segment]; see part
}

const (
	// attendQueries is the number of queries (positions times heads of a group) that should pass over the keys together: their state
	// stays in the second-level cache, and a page is widened once for them.
	attendQueries = 96
	// segmentPages is the number of pages in a segment. Results depend on it.
	segmentPages = 16
)

func (b *Backend) fastAttend(dst, qkv *buffer, kv *kvStore, spans []models.Span, a *models.Attention) {
	j := &b.jobs.attend
	per := b.positionsTogether(a.Heads / a.KVHeads)
	*j = attendJob{b: b, dst: dst, qkv: qkv, kv: kv, spans: spans, a: a, list: pieces(j.list, spans, per), parts: j.parts}
	chunks := len(j.list) * a.KVHeads
	if b.pool.threads > 1 && chunks < 4*b.pool.threads {
		j.split()
	}
	b.pool.run(chunks*max(1, j.segments), j)
	if j.segments > 0 {
		b.jobs.merge = mergeJob{j}
		b.pool.run(chunks, &b.jobs.merge)
	}
}

// positionsTogether is how many positions pass over the keys together, of group queries each: a number that leaves no queries over for a
// smaller kernel, if there is one.
func (b *Backend) positionsTogether(group int) int {
	most := max(1, attendQueries/group)
	for n := most; n > most/2; n-- {
		if n*group%b.k.denseRows == 0 {
			return n
		}
	}
	return most
}

// split makes chunks of segments if some span has more than one, and if there is no tree: those have many rows anyway.
func (j *attendJob) split() {
	longest := 0
	for _, s := range j.spans {
		if s.Parents != nil {
			return
		}
		longest = max(longest, s.Pos+s.N)
	}
	if longest <= segmentPages*models.PageSize {
		return
	}
	j.segments = (longest-1)/(segmentPages*models.PageSize) + 1
	j.parts = j.b.floats(&j.parts, len(j.list)*j.a.KVHeads*j.segments*j.partSize())
}

// partial is the state of the softmax of some queries after some keys.
type partial struct {
	out  []float32 // [n][headDim], values times weights
	sums []float32 // [n][lanes], of weights
	tops []float32 // [n], largest scores
}

// partSize is the room for a partial of any piece.
func (j *attendJob) partSize() int {
	group := j.a.Heads / j.a.KVHeads
	return max(attendQueries, group) * (j.a.HeadDim + lanes + 1)
}

// newPartial lays out a partial of n queries.
func newPartial(mem []float32, n, d int) partial {
	return partial{mem[:n*d], mem[n*d:][:n*lanes], mem[n*(d+lanes):][:n]}
}

// part is the result of one segment. piece is an index of list.
func (j *attendJob) part(piece, head, segment int) partial {
	n := j.list[piece].n * j.a.Heads / j.a.KVHeads
	return newPartial(j.parts[((piece*j.a.KVHeads+head)*j.segments+segment)*j.partSize():], n, j.a.HeadDim)
}

// reset forgets all keys of queries [from, to).
func (p *partial) reset(from, to, d int) {
	clear(p.out[from*d : to*d])
	clear(p.sums[from*lanes : to*lanes])
	for i := from; i < to; i++ {
		p.tops[i] = float32(math.Inf(-1))
	}
}

// attendTile is a chunk at work: the queries of the rows of a piece, with their state.
type attendTile struct {
	*attendJob
	s               *models.Span
	positions       []int // of the rows
	head, group, d  int
	q, scores, wide []float32 // queries [n][d], scores [n][PageSize], a page of keys or values as float32
	partial                   // of the segment

	quantized                  *acts // for Q8_0: the queries of rows [quantizedFrom, quantizedTo)
	quantizedFrom, quantizedTo int

	total  []float32 // [n][d], as out, of the segments before this one
	sums1  []float32 // [n], sums of their weights
	tops1  []float32 // [n], their largest scores
	c, f   []float32 // [n], factors
	merged bool      // there are segments before this one
}

// tile prepares a chunk.
func (j *attendJob) tile(p piece, head, worker int) attendTile {
	s, d, group := &j.spans[p.span], j.a.HeadDim, j.a.Heads/j.a.KVHeads
	n := p.n * group // queries
	w := &j.b.workers[worker]
	t := attendTile{attendJob: j, s: s, head: head, group: group, d: d, positions: j.b.positions[s.Row+p.row:][:p.n]}
	t.q = j.b.floats(&w.a, n*d)
	t.partial = newPartial(j.b.floats(&w.b, n*(d+lanes+1)), n, d)
	t.scores = j.b.floats(&w.c, n*models.PageSize)
	rest := j.b.floats(&w.d, n*(d+4))
	t.total, t.sums1, t.tops1, t.c, t.f = rest[:n*d], rest[n*d:][:n], rest[n*(d+1):][:n], rest[n*(d+2):][:n], rest[n*(d+3):][:n]
	t.wide = j.b.floats(&w.e, models.PageSize*d)
	for i := range p.n {
		copy(t.q[i*group*d:(i+1)*group*d], j.qkv.row(s.Row + p.row + i)[head*group*d:])
	}
	if j.kv.typ == tensor.Q8_0 {
		j.b.k.scale(t.q, j.a.Scale) // products of codes have no scale of their own
		t.quantized = j.b.queries(w, n, d)
	}
	return t
}

func (j *attendJob) run(chunk, worker int) {
	parts := j.a.KVHeads * max(1, j.segments)
	// Last pieces first: they see the most keys, and short ones at the end even out the workers.
	piece := len(j.list) - 1 - chunk/parts
	p, head, segment := j.list[piece], chunk%parts%j.a.KVHeads, chunk%parts/j.a.KVHeads
	t := j.tile(p, head, worker)
	first, _ := visible(slices.Min(t.positions), j.a.Window)
	last := slices.Max(t.positions)
	from, shared := first/models.PageSize, last/models.PageSize+1 // pages that the rows see alike
	if j.segments > 0 {
		from, shared = max(from, segment*segmentPages), min(shared, (segment+1)*segmentPages)
		t.partial = j.part(piece, head, segment)
	}
	if t.s.Parents != nil {
		shared = t.s.Pos / models.PageSize
	}
	t.reset(0, p.n*t.group, t.d)
	for page := from; page < shared; page++ {
		if page%segmentPages == 0 && page > from {
			t.merge(0, p.n)
		}
		t.attend(j.kv.block(t.s.Pages[page], j.a.Layer, head), page, 0, p.n)
	}
	if j.segments > 0 {
		return
	}
	if t.s.Parents != nil {
		t.branches(&j.b.workers[worker].branch, p, from, last)
	}
	t.finish(p)
}

// branches does the pages from the end of the trunk on, row by row. The rows have seen the pages between from and there.
func (t *attendTile) branches(b *branch, p piece, from, last int) {
	trunk := t.s.Pos / models.PageSize
	b.start(t.b, t.kv, t.s, t.a.Layer, t.head, last)
	for i, pos := range t.positions {
		b.follow(t.b, t.kv, t.s, t.qkv, t.a, t.head, p.row+i)
		first, _ := visible(pos, t.a.Window)
		for page := max(trunk, first/models.PageSize); page <= pos/models.PageSize; page++ {
			if page%segmentPages == 0 && page > from {
				t.merge(i, i+1)
			}
			t.attend(b.block(t.kv, t.s, page), page, i, i+1)
		}
	}
}

// attend does one page for the queries of rows [from, to).
func (t *attendTile) attend(block []byte, page, from, to int) {
	n, q, d, k := (to-from)*t.group, from*t.group, t.d, t.b.k
	scores, out, factors := t.scores[q*models.PageSize:][:n*models.PageSize], t.out[q*d:][:n*d], t.c[q:]
	keys, values := block[:t.kv.side], block[t.kv.side:]
	if t.kv.typ == tensor.Q8_0 {
		t.scoresQ8(scores, keys, from, to)
	} else if half, wide := t.floats(keys, n); half != nil {
		k.qkF16(scores, t.q[q*d:], d, n, half, d, t.a.Scale)
	} else {
		k.qkF32(scores, t.q[q*d:], d, n, wide, d, t.a.Scale)
	}
	for i, pos := range t.positions[from:to] {
		mask(scores[i*t.group*models.PageSize:][:t.group*models.PageSize], page*models.PageSize, pos, t.a.Window)
	}
	k.softmax(scores, t.tops[q:], t.sums[q*lanes:], factors, n)
	if half, wide := t.floats(values, n); half != nil {
		k.pvF16(out, d, scores, factors, n, half, d)
	} else {
		k.pvF32(out, d, scores, factors, n, wide, d)
	}
}

// floats returns keys or values of a page as the kernels for n queries take them fastest: float16 values, which more than one pass of a
// kernel would widen again and again, are widened here.
func (t *attendTile) floats(side []byte, n int) (half []uint16, wide []float32) {
	switch {
	case t.kv.typ == tensor.F32:
		return nil, floatsIn(side)
	case t.kv.typ == tensor.Q8_0:
		t.b.k.fromQ8(t.wide, side)
		return nil, t.wide
	case n <= t.b.k.denseRows:
		return halvesIn(side), nil
	}
	t.b.k.fromHalf(t.wide, halvesIn(side))
	return nil, t.wide
}

// merge adds the segment to those before it, and begins another, for the queries of rows [from, to).
func (t *attendTile) merge(from, to int) {
	if !t.merged {
		t.merged = true
		for i := range t.tops1 {
			t.tops1[i] = float32(math.Inf(-1))
		}
	}
	for i := from * t.group; i < to*t.group; i++ {
		t.add(i, &t.partial)
	}
	t.reset(from*t.group, to*t.group, t.d)
}

// add adds the results p of a segment for query i to those of the segments before it.
func (t *attendTile) add(i int, p *partial) {
	minusInf := float32(math.Inf(-1))
	if p.tops[i] == minusInf {
		return // it has seen none of the keys
	}
	total, part := t.total[i*t.d:(i+1)*t.d], p.out[i*t.d:(i+1)*t.d]
	sum := sumLanes((*[lanes]float32)(p.sums[i*lanes:]))
	if t.tops1[i] == minusInf {
		copy(total, part)
		t.sums1[i], t.tops1[i] = sum, p.tops[i]
		return
	}
	top := max(t.tops1[i], p.tops[i])
	c, f := float32(1), float32(1) // e^0
	if t.tops1[i] < top {
		c = exp32(t.tops1[i] - top)
	} else {
		f = exp32(p.tops[i] - top)
	}
	t.c[i], t.f[i] = c, f
	t.b.k.merge(total, part, t.c[i:i+1], t.f[i:i+1])
	t.sums1[i], t.tops1[i] = float32(t.sums1[i]*c)+float32(sum*f), top
}

// finish writes the results of a piece.
func (t *attendTile) finish(p piece) {
	n := p.n * t.group
	out := t.out
	if t.merged {
		t.merge(0, p.n)
		out = t.total
	} else {
		for i := range n {
			t.sums1[i] = sumLanes((*[lanes]float32)(t.sums[i*lanes:]))
		}
	}
	for i := range n {
		t.b.k.scale(out[i*t.d:(i+1)*t.d], 1/t.sums1[i])
	}
	for i := range p.n {
		copy(t.dst.row(t.s.Row + p.row + i)[t.head*t.group*t.d:], out[i*t.group*t.d:(i+1)*t.group*t.d])
	}
}

// mergeJob merges the segments of a job. A chunk is one piece and key head.
type mergeJob struct{ *attendJob }

func (j *mergeJob) run(chunk, worker int) {
	piece, head := chunk/j.a.KVHeads, chunk%j.a.KVHeads
	p := j.list[piece]
	t := j.tile(p, head, worker)
	t.reset(0, p.n*t.group, t.d)
	t.merge(0, p.n)
	for segment := range j.segments {
		part := j.part(piece, head, segment)
		for i := range p.n * t.group {
			t.add(i, &part)
		}
	}
	t.finish(p)
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
