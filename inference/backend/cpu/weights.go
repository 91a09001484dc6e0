package cpu

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// matrix is a weight [rows][width]. parts are read in place, always for Embed, and for products if packed is nil.
type matrix struct {
	name        string
	rows, width int
	parts       []tensor.Tensor
	first       []int   // first[i] is the row where parts[i] starts
	packed      *packed // nil: products go by the float32 path, unless pending
	pending     bool    // to be packed at the first product
	inPlace     int64   // bytes counted as Mapped
}

// Rows is the number of output values.
func (m *matrix) Rows() int { return m.rows }

// Width is the number of input values.
func (m *matrix) Width() int { return m.width }

// row dequantizes row r to dst.
func (m *matrix) row(dst []float32, r int) error {
	i := len(m.parts) - 1
	for m.first[i] > r {
		i--
	}
	t := m.parts[i]
	return tensor.Dequantize(t.Type, dst[:m.width], t.Row(r-m.first[i]))
}

// vector is a weight vector.
type vector struct{ data []float32 }

// Len is the number of values.
func (v *vector) Len() int { return len(v.data) }

// NewMatrix stacks the rows of parts, which must have one width. The tensors' data is read in place and must stay readable
// until Close: at level Reference by every step; at the others by Embed alone, while products use a copy in the
// layout of the kernels. The copy of a matrix that has the shape of an embedding is made by its first product: many models
// have another matrix for the output. A width that is no multiple of 32, as only models made for tests have, is left to the
// float32 path at every level.
func (b *Backend) NewMatrix(name string, parts ...tensor.Tensor) (models.Matrix, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("cpu: matrix %s has no parts", name)
	}
	m := &matrix{name: name, width: parts[0].Width(), parts: parts}
	var size int64
	for _, t := range parts {
		if err := checkTensor(name, t); err != nil {
			return nil, err
		}
		if t.Width() != m.width {
			return nil, fmt.Errorf("cpu: %s: tensor %q has width %d, %q has %d", name, t.Name, t.Width(), parts[0].Name, m.width)
		}
		m.first = append(m.first, m.rows)
		m.rows += t.Rows()
		size += int64(len(t.Data))
	}
	m.pending = b.k != nil && m.width%groupRows == 0
	if m.rows < embeddingAspect*m.width {
		b.packed(m)
	}
	if m.packed == nil { // else nothing reads the data any more
		m.inPlace = size
		b.count(Mapped, size)
	}
	return m, b.err
}

// embeddingAspect is the ratio of rows to width from which a matrix is taken for an embedding. Vocabularies are over 30
// times as large as the width of the model, feed-forward layers up to 10 times.
const embeddingAspect = 16

// packed makes the copy of a matrix for products, if it is to have one and has none yet.
func (b *Backend) packed(m *matrix) {
	if !m.pending || b.err != nil {
		return
	}
	p, err := newPacked(m.parts, func(n int) ([]byte, error) { return b.alloc(Weights, n) })
	if err != nil {
		b.err = fmt.Errorf("%w, matrix %s", err, m.name)
		return
	}
	j := &packJob{p: p, chunks: min(p.groups(), 64), packed: b.onPacked}
	b.pool.run(j.chunks, j)
	p.release()
	m.packed, m.pending = p, false
	b.count(Mapped, -m.inPlace) // Embed reads single rows of it at most
	m.inPlace = 0
}

// Prepare implements [models.Preparer].
func (b *Backend) Prepare(m models.Matrix) error {
	b.packed(m.(*matrix))
	return b.err
}

// packJob fills a packed matrix; a chunk is a range of groups.
type packJob struct {
	p      *packed
	chunks int
	packed func(data []byte) // see Options
}

func (j *packJob) run(chunk, _ int) {
	n := j.p.groups()
	from, to := chunk*n/j.chunks, (chunk+1)*n/j.chunks
	for g := from; g < to; g++ {
		j.p.packGroup(g)
	}
	if j.packed != nil {
		j.p.sources(from, to, j.packed)
	}
}

// NewVector copies the values of parts, one after the other, each with add added.
func (b *Backend) NewVector(name string, add float32, parts ...tensor.Tensor) (models.Vector, error) {
	n := 0
	for _, t := range parts {
		if err := checkTensor(name, t); err != nil {
			return nil, err
		}
		n += t.Elements()
	}
	if n == 0 {
		return nil, fmt.Errorf("cpu: vector %s has no values", name)
	}
	data, err := b.allocFloats(Weights, n)
	if err != nil {
		return nil, fmt.Errorf("cpu: vector %s: %w", name, err)
	}
	at := data
	for _, t := range parts {
		if err := tensor.Dequantize(t.Type, at[:t.Elements()], t.Data); err != nil {
			return nil, fmt.Errorf("cpu: vector %s: tensor %q: %w", name, t.Name, err)
		}
		at = at[t.Elements():]
	}
	for i := range data {
		data[i] += add
	}
	return &vector{data}, nil
}
