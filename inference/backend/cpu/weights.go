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
	packed      *packed // nil: products go by the float32 path
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
// layout of the kernels. A width that is no multiple of 32, as only models made for tests have, is left to
// the float32 path at every level.
func (b *Backend) NewMatrix(name string, parts ...tensor.Tensor) (models.Matrix, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("cpu: matrix %s has no parts", name)
	}
	m := &matrix{name: name, width: parts[0].Width(), parts: parts}
	var inPlace int64
	for _, t := range parts {
		if err := checkTensor(name, t); err != nil {
			return nil, err
		}
		if t.Width() != m.width {
			return nil, fmt.Errorf("cpu: %s: tensor %q has width %d, %q has %d", name, t.Name, t.Width(), parts[0].Name, m.width)
		}
		m.first = append(m.first, m.rows)
		m.rows += t.Rows()
		inPlace += int64(len(t.Data))
	}
	b.count(Mapped, inPlace)
	return m, nil
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
