package cpu

import "github.com/llama4-eval/llama4-eval/inference/models"

// rowStep is what a rowJob does with every row.
type rowStep int

const (
	stepEmbed rowStep = iota
	stepNorm
	stepNormAdd
)

// rowJob is a step that treats every batch row by itself.
type rowJob struct {
	b        *Backend
	step     rowStep
	dst, src *buffer
	w        []float32
	eps      float32
	table    *matrix
	tokens   []int32
	scale    float32
	n, per   int // rows, rows a chunk
}

// fewRows is the number of batch rows up to which light steps stay on the calling goroutine: handing them over would
// take as long as doing them.
const fewRows = 2

// rowChunks splits n rows into chunks for light steps: how many, and how many rows each.
func (b *Backend) rowChunks(n int) (chunks, per int) {
	if n <= fewRows || b.pool.threads == 1 {
		return min(n, 1), n
	}
	per = (n + 4*b.pool.threads - 1) / (4 * b.pool.threads)
	return (n + per - 1) / per, per
}

func (j *rowJob) start() {
	chunks, per := j.b.rowChunks(j.n)
	j.per = per
	j.b.pool.run(chunks, j)
}

func (j *rowJob) run(chunk, _ int) {
	for r := chunk * j.per; r < min(j.n, (chunk+1)*j.per); r++ {
		j.row(r)
	}
}

func (j *rowJob) row(r int) {
	dst := j.dst.row(r)
	switch k := j.b.k; j.step {
	case stepEmbed:
		// The matrix was checked when it was made: this cannot fail.
		if err := j.table.row(dst, int(j.tokens[r])); err != nil {
			panic(err)
		}
		if j.scale != 1 {
			for i := range dst {
				dst[i] *= j.scale
			}
		}
	case stepNorm:
		if k == nil {
			refRMSNorm(dst, j.src.row(r), j.w, j.eps)
		} else {
			k.rmsNorm(dst, j.src.row(r), j.w, j.eps)
		}
	case stepNormAdd:
		if k == nil {
			refRMSNormAdd(dst, j.src.row(r), j.w, j.eps)
		} else {
			k.rmsNormAdd(dst, j.src.row(r), j.w, j.eps)
		}
	}
}

// Embed sets row i of dst to row tokens[i] of table times scale.
func (b *Backend) Embed(dst models.Buffer, table models.Matrix, tokens []int32, scale float32) {
	d, m := dst.(*buffer), table.(*matrix)
	if !b.written(d, len(tokens)) || !b.wide(d, m.width, m.name) {
		return
	}
	for _, t := range tokens {
		if t < 0 || int(t) >= m.rows {
			b.fail("token %d is outside of %s, which has %d rows", t, m.name, m.rows)
			return
		}
	}
	j := &b.jobs.rows
	*j = rowJob{b: b, step: stepEmbed, dst: d, table: m, tokens: tokens, scale: scale, n: len(tokens)}
	j.start()
}

// RMSNorm sets dst = src/sqrt(mean(src^2)+eps) * w, row by row. dst may be src.
func (b *Backend) RMSNorm(dst, src models.Buffer, n int, w models.Vector, eps float32) {
	b.norm(stepNorm, dst.(*buffer), src.(*buffer), n, w.(*vector).data, eps)
}

// RMSNormAdd sets dst += src/sqrt(mean(src^2)+eps) * w, row by row.
func (b *Backend) RMSNormAdd(dst, src models.Buffer, n int, w models.Vector, eps float32) {
	b.norm(stepNormAdd, dst.(*buffer), src.(*buffer), n, w.(*vector).data, eps)
}

func (b *Backend) norm(step rowStep, dst, src *buffer, n int, w []float32, eps float32) {
	if !b.ready(src, n) || !b.written(dst, n) || !b.wide(dst, len(w), "a norm") || !b.wide(src, len(w), "a norm") {
		return
	}
	j := &b.jobs.rows
	*j = rowJob{b: b, step: step, dst: dst, src: src, w: w, eps: eps, n: n}
	j.start()
}
