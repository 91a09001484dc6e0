package cpu

import (
	"math"
	"slices"

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
	rows    []int // without repetitions
	a       *acts // of rows, if w is packed
	targets []int32
	of      []int       // of[i] is the row that targets[i] is a token of, as an index of rows
	first   int         // the tile of chunk 0
	tiles   []tileStats // [chunk][row]
	all     []tileStats // [row], of the tiles before first
	logits  []float32   // of the targets
}

const (
	scoreTile = 512 // rows of the vocabulary in a tile
	scoreRows = 512 // different batch rows that are scored together
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
	b.jobs.score.b = b
	for len(rows) > 0 {
		n := b.jobs.score.batch(rows)
		b.jobs.score.score(dst[:n], m, s, targets[:n])
		dst, rows, targets = dst[n:], rows[n:], targets[n:]
	}
	return b.err
}

// batch takes up to scoreRows rows, each with all its neighboring repetitions: the labels of a choice all follow one row. It returns
// how many entries of rows those are.
func (j *scoreJob) batch(rows []int) int {
	j.rows, j.of = j.rows[:0], j.of[:0]
	for i, r := range rows {
		if i == 0 || r != rows[i-1] {
			if len(j.rows) == scoreRows {
				break
			}
			j.rows = append(j.rows, r)
		}
		j.of = append(j.of, len(j.rows)-1)
	}
	return len(j.of)
}

// score is Score for the rows of a batch. The tiles are computed some at a time, so that memory stays bounded.
func (j *scoreJob) score(dst []models.Scored, m *matrix, src *buffer, targets []int32) {
	j.w, j.src, j.targets, j.a = m, src, targets, nil
	if j.b.packed(m); m.packed != nil {
		j.a = j.b.gather(src, j.rows, m.packed.forms())
	}
	n, tiles := len(j.rows), (m.rows+scoreTile-1)/scoreTile
	wave := min(tiles, 8*j.b.pool.threads)
	j.tiles = slices.Grow(j.tiles[:0], wave*n)[:wave*n]
	j.logits = j.b.floats(&j.logits, len(targets))
	j.all = j.all[:0]
	for range n {
		j.all = append(j.all, tileStats{top: float32(math.Inf(-1))})
	}
	for j.first = 0; j.first < tiles; j.first += wave {
		count := min(wave, tiles-j.first)
		j.b.pool.run(count, j)
		for c := range count {
			for i := range j.all {
				j.all[i].merge(j.tiles[c*n+i])
			}
		}
	}
	for i, r := range j.of {
		t := j.all[r]
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
	}
	for i, t := range j.targets {
		if t := int(t) - from; t >= 0 && t < size {
			j.logits[i] = logits[j.of[i]*scoreTile+t]
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
