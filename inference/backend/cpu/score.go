package cpu

import (
	"math"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// tileStats is what Score keeps of one row of one tile of the vocabulary.
type tileStats struct {
	top   float32 // the largest logit
	index int32   // where it is, the lowest on ties
	sum   float64 // of exp(logit-top)
}

// scoreJob computes tileStats of a run of vocabulary tiles; a chunk is a tile.
type scoreJob struct {
	b       *Backend
	w       *matrix
	src     *buffer
	rows    []int
	a       *acts // of rows, if w is packed
	targets []int32
	first   int         // the tile of chunk 0
	tiles   []tileStats // [chunk][row]
	logits  []float32   // of the targets, by row
}

const (
	scoreTile = 512 // rows of the vocabulary in a tile
	scoreRows = 512 // batch rows that are scored together
)

// Score computes the log-softmax of w*src[rows[i]] at targets[i] and the arg max. The vocabulary goes by in tiles at absolute
// places; their sums are put together in ascending order, in float64.
func (b *Backend) Score(dst []models.Scored, w models.Matrix, src models.Buffer, rows []int, targets []int32) error {
	m, s := w.(*matrix), src.(*buffer)
	if len(dst) < len(rows) || len(targets) < len(rows) {
		b.fail("scoring %d rows with %d targets into %d results", len(rows), len(targets), len(dst))
	}
	if !b.checkRows(m, s, rows) {
		return b.err
	}
	for _, t := range targets[:len(rows)] {
		if t < 0 || int(t) >= m.rows {
			b.fail("target %d of %d", t, m.rows)
			return b.err
		}
	}
	for at := 0; at < len(rows); at += scoreRows {
		end := min(at+scoreRows, len(rows))
		b.score(dst[at:end], m, s, rows[at:end], targets[at:end])
	}
	return b.err
}

// score is Score for up to scoreRows rows. The tiles are computed some at a time, so that memory stays bounded.
func (b *Backend) score(dst []models.Scored, m *matrix, src *buffer, rows []int, targets []int32) {
	j := &b.jobs.score
	*j = scoreJob{b: b, w: m, src: src, rows: rows, targets: targets, tiles: j.tiles, logits: j.logits}
	if b.packed(m); m.packed != nil {
		j.a = b.gather(src, rows, m.packed.forms())
	}
	n, tiles := len(rows), (m.rows+scoreTile-1)/scoreTile
	wave := min(tiles, 8*b.pool.threads)
	if len(j.tiles) < wave*n {
		j.tiles = make([]tileStats, wave*n)
	}
	j.logits = b.floats(&j.logits, n)
	all := make([]tileStats, n)
	for i := range all {
		all[i].top = float32(math.Inf(-1))
	}
	for ; j.first < tiles; j.first += wave {
		count := min(wave, tiles-j.first)
		b.pool.run(count, j)
		for c := range count {
			for i := range all {
				all[i].merge(j.tiles[c*n+i])
			}
		}
	}
	for i, t := range all {
		dst[i] = models.Scored{LogProb: float64(j.logits[i]) - float64(t.top) - math.Log(t.sum), Top: t.index}
	}
}

// merge adds the statistics of a later tile.
func (t *tileStats) merge(u tileStats) {
	if u.top > t.top {
		if t.sum > 0 {
			t.sum *= math.Exp(float64(t.top) - float64(u.top))
		}
		t.top, t.index = u.top, u.index
		t.sum += u.sum
		return
	}
	if u.sum > 0 || u.sum != u.sum {
		t.sum += u.sum * math.Exp(float64(u.top)-float64(t.top))
	}
}

func (j *scoreJob) run(chunk, worker int) {
	w := &j.b.workers[worker]
	from := (j.first + chunk) * scoreTile
	size := min(scoreTile, j.w.rows-from)
	n := len(j.rows)
	logits := j.b.floats(&w.c, n*scoreTile) // [n][scoreTile]
	j.products(w, logits, from, size)
	for i := range n {
		row := logits[i*scoreTile:][:size]
		j.tiles[chunk*n+i] = j.stats(row, int32(from))
		if t := int(j.targets[i]) - from; t >= 0 && t < size {
			j.logits[i] = row[t]
		}
	}
}

// products computes one tile of logits.
func (j *scoreJob) products(w *worker, logits []float32, from, size int) {
	if j.a != nil {
		for t := range j.a.tiles() {
			j.b.k.gemm(j.w.packed, j.a, t, from/groupRows, (size+groupRows-1)/groupRows, logits[t*maxTile*scoreTile:], scoreTile)
		}
		return
	}
	p := refJob{b: j.b, w: j.w, src: j.src, rows: j.rows, n: len(j.rows), stride: scoreTile}
	for r := 0; r < size; r += refRows {
		p.group(w, from+r, logits[r:])
	}
}

// stats reduces the logits of one row and tile.
func (j *scoreJob) stats(x []float32, first int32) tileStats {
	if j.a != nil {
		top, index, sum := j.b.k.logits(x)
		return tileStats{top, first + int32(index), float64(sum)}
	}
	t := tileStats{top: x[0], index: first}
	for i, v := range x {
		if v > t.top {
			t.top, t.index = v, first+int32(i)
		}
	}
	for _, v := range x {
		t.sum += math.Exp(float64(v) - float64(t.top))
	}
	return t
}
