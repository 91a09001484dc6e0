package cpu

import (
	"math"

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

func (j *refAttendJob) run(chunk, worker int) {
	p, head := j.list[chunk/j.a.KVHeads], chunk%j.a.KVHeads
	s := &j.spans[p.span]
	a, d, group := j.a, j.a.HeadDim, j.a.Heads/j.a.KVHeads
	n := p.n * group // queries
	from, _ := visible(s.Pos+p.row, a.Window)
	page0 := from / models.PageSize
	pages := s.Pages[page0 : (s.Pos+p.row+p.n-1)/models.PageSize+1]
	keys := len(pages) * models.PageSize

	w := &j.b.workers[worker]
	scores := j.b.floats(&w.a, (n+refBatch)*keys) // [n][keys]; the rows beyond n take what the last tile has too much
	block := j.b.floats(&w.b, max(d*models.PageSize, refRows*d))
	out := j.b.doubles(&w.f, n*d) // [n][d]
	query := func(i int) []float32 {
		i = min(i, n-1)
		row := j.qkv.row(s.Row + p.row + i/group)
		return row[(head*group+i%group)*d:][:d]
	}

	for i, page := range pages {
		j.kv.swapped(block, page, a.Layer, head, 0)
		for q := 0; q < n; q += refBatch {
			dst := scores[q*keys+i*models.PageSize:]
			for c := 0; c < models.PageSize; c += 2 {
				t := dot4x2(query(q), query(q+1), query(q+2), query(q+3), block[c*d:], block[(c+1)*d:])
				for r := range refBatch {
					dst[r*keys+c], dst[r*keys+c+1] = t[2*r], t[2*r+1]
				}
			}
		}
	}
	for i := range n {
		first, visible := visible(s.Pos+p.row+i/group, a.Window)
		refSoftmax(scores[i*keys:(i+1)*keys], first-page0*models.PageSize, visible, a.Scale)
	}
	clear(out)
	for i, page := range pages {
		j.kv.swapped(block, page, a.Layer, head, 1)
		weights := func(q int) []float32 {
			return scores[q*keys+i*models.PageSize:][:models.PageSize]
		}
		for q := 0; q < n; q += refBatch {
			for c := 0; c < d; c += 2 {
				c1 := min(c+1, d-1)
				t := dot4x2(weights(q), weights(q+1), weights(q+2), weights(q+3), block[c*models.PageSize:], block[c1*models.PageSize:])
				for r := range min(refBatch, n-q) {
					out[(q+r)*d+c] += float64(t[2*r])
					if c1 > c {
						out[(q+r)*d+c1] += float64(t[2*r+1])
					}
				}
			}
		}
	}
	for i := range n {
		dst := j.dst.row(s.Row + p.row + i/group)[(head*group+i%group)*d:]
		for c, v := range out[i*d : (i+1)*d] {
			dst[c] = float32(v)
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
