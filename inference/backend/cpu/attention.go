package cpu

import (
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// piece is a run of rows of one span.
type piece struct {
	span   int
	row, n int // within the span
}

// pieces cuts spans into runs of at most per rows, into the slice that list holds.
func pieces(list []piece, spans []models.Span, per int) []piece {
	list = list[:0]
	for i, s := range spans {
		for r := 0; r < s.N; r += per {
			list = append(list, piece{i, r, min(per, s.N-r)})
		}
	}
	return list
}

// checkAttention finds every error that a caller of StoreKV or Attend can make, and returns the number of rows. It sets the
// positions of the rows.
func (b *Backend) checkAttention(qkv *buffer, s *kvStore, spans []models.Span, a *models.Attention) (rows int, ok bool) {
	if b.err != nil {
		return 0, false
	}
	if a.Heads <= 0 || a.KVHeads <= 0 || a.Heads%a.KVHeads != 0 || a.KVHeads != s.heads || a.HeadDim != s.headDim ||
		a.Layer < 0 || a.Layer >= s.layers || a.Window < 0 {
		b.fail("attention of layer %d, %d heads over %d of %d, window %d does not suit storage of %d layers, %d heads of %d",
			a.Layer, a.Heads, a.KVHeads, a.HeadDim, a.Window, s.layers, s.heads, s.headDim)
		return 0, false
	}
	if a.Rope != nil && 2*len(a.Rope.InvFreq) != a.HeadDim {
		b.fail("%d rope frequencies for heads of %d", len(a.Rope.InvFreq), a.HeadDim)
	}
	width := (a.Heads + 2*a.KVHeads) * a.HeadDim
	if a.Bias != nil && a.Bias.Len() != width {
		b.fail("bias of %d values for qkv rows of %d", a.Bias.Len(), width)
	}
	for _, v := range []models.Vector{a.QNorm, a.KNorm} {
		if v != nil && v.Len() != a.HeadDim {
			b.fail("norm of %d values for heads of %d", v.Len(), a.HeadDim)
		}
	}
	b.wide(qkv, width, "attention")
	for i := range spans {
		if b.err != nil {
			break
		}
		b.checkSpan(i, &spans[i], qkv, s)
		rows += spans[i].N
	}
	return rows, b.err == nil
}

// checkSpan finds the errors in span i and sets the positions of its rows.
func (b *Backend) checkSpan(i int, p *models.Span, qkv *buffer, s *kvStore) {
	stored := p.Pos // positions that the pages must hold
	if p.Parents == nil {
		stored += p.N
	}
	if p.Row < 0 || p.N < 0 || p.Pos < 0 || p.Row > qkv.rows-p.N || stored < p.Pos || stored > len(p.Pages)*models.PageSize {
		b.fail("span %d (row %d, %d rows, position %d, %d pages) does not suit a buffer of %d rows",
			i, p.Row, p.N, p.Pos, len(p.Pages), qkv.rows)
		return
	}
	for _, page := range p.Pages[:(stored+models.PageSize-1)/models.PageSize] {
		if page < 0 || int(page) >= s.pages {
			b.fail("span %d: page %d of %d", i, page, s.pages)
			return
		}
	}
	if p.Parents != nil && len(p.Parents) != p.N {
		b.fail("span %d: a tree of %d rows has %d parents", i, p.N, len(p.Parents))
		return
	}
	if len(b.positions) < qkv.rows {
		b.positions = make([]int, qkv.rows)
	}
	positions := b.positions[p.Row : p.Row+p.N]
	for r := range positions {
		positions[r] = p.Pos + r
	}
	for r, parent := range p.Parents {
		switch {
		case parent < -1 || int(parent) >= r:
			b.fail("span %d: row %d of a tree has parent %d", i, r, parent)
			return
		case parent < 0:
			positions[r] = p.Pos
		default:
			positions[r] = positions[parent] + 1
		}
	}
}

// storeJob finishes qkv rows and stores their keys and values.
type storeJob struct {
	b     *Backend
	kv    *kvStore
	qkv   *buffer
	spans []models.Span
	a     *models.Attention
	rope  *ropeTable
	list  []piece
}

// StoreKV finishes the qkv rows in place (bias, head norms, rope) and writes keys and values of all spans but trees into kv.
func (b *Backend) StoreKV(kv models.KV, qkv models.Buffer, spans []models.Span, a *models.Attention) {
	s, q := kv.(*kvStore), qkv.(*buffer)
	rows, ok := b.checkAttention(q, s, spans, a)
	if !ok || rows == 0 {
		return
	}
	q.quantized = 0
	j := &b.jobs.store
	*j = storeJob{b: b, kv: s, qkv: q, spans: spans, a: a, list: j.list}
	if a.Rope != nil {
		for _, p := range spans {
			if p.N > 0 {
				j.rope = b.ropeFor(a.Rope, p.Pos, slices.Max(b.positions[p.Row:p.Row+p.N])+1)
			}
		}
	}
	chunks, per := b.rowChunks(rows)
	j.list = pieces(j.list, spans, per)
	if chunks == 1 {
		for c := range j.list {
			j.run(c, 0)
		}
		return
	}
	b.pool.run(len(j.list), j)
}

func (j *storeJob) run(chunk, _ int) {
	p := j.list[chunk]
	s := &j.spans[p.span]
	for i := p.row; i < p.row+p.n; i++ {
		j.row(s, i)
	}
	if p.row+p.n < s.N || s.Parents != nil {
		return
	}
	end := s.Pos + s.N
	if slot := end % models.PageSize; slot > 0 {
		for h := range j.kv.heads {
			j.kv.clearAfter(j.kv.block(s.Pages[end/models.PageSize], j.a.Layer, h), slot)
		}
	}
}

func (j *storeJob) row(s *models.Span, i int) {
	a, d, pos := j.a, j.a.HeadDim, j.b.positions[s.Row+i]
	row := j.qkv.row(s.Row + i)
	if a.Bias != nil {
		for c, v := range a.Bias.(*vector).data {
			row[c] += v
		}
	}
	for h := range a.Heads + a.KVHeads {
		x := row[h*d : (h+1)*d]
		norm := a.QNorm
		if h >= a.Heads {
			norm = a.KNorm
		}
		if norm != nil {
			j.norm(x, norm.(*vector).data)
		}
		if j.rope != nil {
			j.rotate(x, pos)
		}
	}
	j.kv.clamp(row[a.Heads*d:])
	if s.Parents != nil {
		return
	}
	page, slot := s.Pages[pos/models.PageSize], pos%models.PageSize
	for h := range a.KVHeads {
		key, value := headOf(row, a, h)
		j.kv.put(j.b.k, j.kv.block(page, a.Layer, h), slot, key, value)
	}
}

// headOf is the key and the value of a qkv row for one head.
func headOf(row []float32, a *models.Attention, head int) (key, value []float32) {
	d := a.HeadDim
	return row[(a.Heads+head)*d:][:d], row[(a.Heads+a.KVHeads+head)*d:][:d]
}

func (j *storeJob) norm(x, w []float32) {
	if k := j.b.k; k != nil {
		k.rmsNorm(x, x, w, j.a.NormEps)
	} else {
		refRMSNorm(x, x, w, j.a.NormEps)
	}
}

func (j *storeJob) rotate(x []float32, pos int) {
	cos, sin := j.rope.at(pos)
	switch k := j.b.k; {
	case k == nil:
		refRope(x, cos, sin, j.a.Rope.Interleaved)
	case j.a.Rope.Interleaved:
		k.ropeInterleaved(x, cos, sin)
	default:
		k.ropeHalf(x, cos, sin)
	}
}

// Attend sets dst to the attention of the finished queries over the cached keys and values of their sequence.
func (b *Backend) Attend(dst, qkv models.Buffer, kv models.KV, spans []models.Span, a *models.Attention) {
	d, q, s := dst.(*buffer), qkv.(*buffer), kv.(*kvStore)
	d.quantized = 0
	rows, ok := b.checkAttention(q, s, spans, a)
	if !ok || rows == 0 || !b.wide(d, a.Heads*a.HeadDim, "attention") {
		return
	}
	for _, p := range spans {
		if !b.ready(d, p.Row+p.N) {
			return
		}
	}
	if b.k == nil {
		b.refAttend(d, q, s, spans, a)
	} else {
		b.fastAttend(d, q, s, spans, a)
	}
}

// visible is the first key and the number of keys that a query at pos sees.
func visible(pos, window int) (first, n int) {
	if window > 0 {
		first = max(0, pos-window+1)
	}
	return first, pos + 1 - first
}
