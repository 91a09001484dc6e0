package cpu

import (
	"math"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// epilogue is what becomes of a product.
type epilogue int

const (
	assign   epilogue = iota
	add               // to what is there
	gateSiLU          // product with the first matrix goes through SiLU and is multiplied by that with the second
	gateGELU          // likewise through GELU
)

// refJob is a product on the float32 path. A chunk is a range of weight rows; each of them is dequantized once and then
// used for all batch rows.
type refJob struct {
	b       *Backend
	w, up   *matrix // up only for gateSiLU and gateGELU
	src     *buffer
	rows    []int // of src; nil means the first n
	n       int
	dst     []float32 // [n][stride], column r is row r of w
	stride  int
	then    epilogue
	perTask int // weight rows a chunk, a multiple of refRows
}

// startRef computes a product: how the rows are split matters for speed only.
func (b *Backend) startRef(j refJob) {
	groups := (j.w.rows + refRows - 1) / refRows
	chunks := min(groups, 8*b.pool.threads)
	if j.n <= fewRows {
		chunks = min(groups, 2*b.pool.threads)
	}
	j.b = b
	j.perTask = (groups + chunks - 1) / chunks * refRows
	b.jobs.ref = j
	b.pool.run((j.w.rows+j.perTask-1)/j.perTask, &b.jobs.ref)
}

func (j *refJob) run(chunk, worker int) {
	w := &j.b.workers[worker]
	for r := chunk * j.perTask; r < min(j.w.rows, (chunk+1)*j.perTask); r += refRows {
		j.group(w, r, j.dst[r:])
	}
}

// group computes weight rows [r, r+refRows) of all batch rows; dst[i*stride+c] is row r+c for batch row i.
func (j *refJob) group(w *worker, r int, dst []float32) {
	n, width := min(refRows, j.w.rows-r), j.w.width
	weights := j.dequantize(&w.a, j.w, r, n)
	var ups []float32
	if j.then >= gateSiLU {
		ups = j.dequantize(&w.b, j.up, r, n)
	}
	var x [refBatch][]float32
	var out, up refTile
	for i := 0; i < j.n; i += refBatch {
		count := min(refBatch, j.n-i)
		for c := range count {
			if j.rows != nil {
				x[c] = j.src.row(j.rows[i+c])
			} else {
				x[c] = j.src.row(i + c)
			}
		}
		refProducts(&out, &x, count, weights, width)
		if ups != nil {
			refProducts(&up, &x, count, ups, width)
		}
		for c := range count {
			j.finish(dst[(i+c)*j.stride:][:n], &out[c], &up[c])
		}
	}
}

func (j *refJob) finish(dst []float32, out, up *[refRows]float32) {
	switch j.then {
	case assign:
		copy(dst, out[:])
	case add:
		for r := range dst {
			dst[r] += out[r]
		}
	case gateSiLU:
		for r := range dst {
			dst[r] = refSiLU(out[r]) * up[r]
		}
	case gateGELU:
		for r := range dst {
			dst[r] = refGELUTanh(out[r]) * up[r]
		}
	}
}

// dequantize returns weight rows [r, r+n) in the scratch memory s, which has refRows rows.
func (j *refJob) dequantize(s *[]float32, m *matrix, r, n int) []float32 {
	dst := j.b.floats(s, refRows*m.width)
	for i := range n {
		// The matrix was checked when it was made: this cannot fail.
		if err := m.row(dst[i*m.width:], r+i); err != nil {
			panic(err)
		}
	}
	clear(dst[n*m.width:])
	return dst
}

// MatMul sets dst = w*src, row by row.
func (b *Backend) MatMul(dst models.Buffer, w models.Matrix, src models.Buffer, n int) {
	b.matmul(dst.(*buffer), w.(*matrix), src.(*buffer), n, assign)
}

// MatMulAdd sets dst += w*src, row by row.
func (b *Backend) MatMulAdd(dst models.Buffer, w models.Matrix, src models.Buffer, n int) {
	b.matmul(dst.(*buffer), w.(*matrix), src.(*buffer), n, add)
}

func (b *Backend) matmul(d *buffer, m *matrix, s *buffer, n int, then epilogue) {
	if !b.ready(s, n) || !b.written(d, n) || !b.wide(s, m.width, m.name) || !b.wide(d, m.rows, m.name) {
		return
	}
	b.startRef(refJob{w: m, src: s, n: n, dst: d.data, stride: d.width, then: then})
}

// GateUp sets dst = act(gate*src) * (up*src), row by row.
func (b *Backend) GateUp(dst models.Buffer, gate, up models.Matrix, src models.Buffer, n int, act models.Activation) {
	d, g, u, s := dst.(*buffer), gate.(*matrix), up.(*matrix), src.(*buffer)
	if !b.ready(s, n) || !b.written(d, n) || !b.wide(s, g.width, g.name) || !b.wide(d, g.rows, g.name) {
		return
	}
	if u.rows != g.rows || u.width != g.width {
		b.fail("%s is [%d][%d], %s is [%d][%d]", g.name, g.rows, g.width, u.name, u.rows, u.width)
		return
	}
	then := gateSiLU
	if act == models.GELUTanh {
		then = gateGELU
	}
	b.startRef(refJob{w: g, up: u, src: s, n: n, dst: d.data, stride: d.width, then: then})
}

// checkRows makes sure that a step may use the given rows of src with m.
func (b *Backend) checkRows(m *matrix, src *buffer, rows []int) bool {
	for _, r := range rows {
		if r < 0 || r >= src.rows {
			b.fail("row %d of buffer %s, which holds %d", r, src.name, src.rows)
			return false
		}
	}
	return b.wide(src, m.width, m.name)
}

// Logits writes w*src[rows[i]] to dst[i*w.Rows():(i+1)*w.Rows()].
func (b *Backend) Logits(dst []float32, w models.Matrix, src models.Buffer, rows []int) error {
	m, s := w.(*matrix), src.(*buffer)
	if !b.checkRows(m, s, rows) || len(rows) == 0 {
		return b.err
	}
	if len(dst) < len(rows)*m.rows {
		b.fail("%d logits for %d rows of %d", len(dst), len(rows), m.rows)
		return b.err
	}
	b.startRef(refJob{w: m, src: s, rows: rows, n: len(rows), dst: dst, stride: m.rows})
	return b.err
}

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
	p := refJob{b: j.b, w: j.w, src: j.src, rows: j.rows, n: len(j.rows), stride: scoreTile}
	for r := 0; r < size; r += refRows {
		p.group(w, from+r, logits[r:])
	}
}

// stats reduces the logits of one row and tile.
func (j *scoreJob) stats(x []float32, first int32) tileStats {
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
