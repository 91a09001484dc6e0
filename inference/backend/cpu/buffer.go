package cpu

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// buffer is rows of float32 values with, beside them, the quantized copy that products read. The copy is made when
// the first product asks for it; every step that writes the values makes it void.
type buffer struct {
	name        string
	rows, width int
	data        []float32 // [rows][width]
	acts        *acts     // nil until the first product
	quantized   int       // rows of acts that agree with data
}

// Rows is the capacity in rows.
func (f *buffer) Rows() int { return f.rows }

// Width is the number of values of a row.
func (f *buffer) Width() int { return f.width }

// row is the values of row r.
func (f *buffer) row(r int) []float32 { return f.data[r*f.width : (r+1)*f.width : (r+1)*f.width] }

// NewBuffer makes a buffer of zeros.
func (b *Backend) NewBuffer(name string, rows, width int) (models.Buffer, error) {
	if rows <= 0 || width <= 0 || rows > 1<<40/width {
		return nil, fmt.Errorf("cpu: buffer %s of %d rows of %d values", name, rows, width)
	}
	data, err := b.allocFloats(Activations, rows*width)
	if err != nil {
		return nil, fmt.Errorf("cpu: buffer %s: %w", name, err)
	}
	return &buffer{name: name, rows: rows, width: width, data: data}, nil
}

// Read copies the first n rows of src to dst and returns the first error of the steps before it.
func (b *Backend) Read(dst []float32, src models.Buffer, n int) error {
	f := src.(*buffer)
	if b.ready(f, n); b.err != nil {
		return b.err
	}
	if len(dst) < n*f.width {
		return fmt.Errorf("cpu: reading %d rows of %d values into %d", n, f.width, len(dst))
	}
	copy(dst, f.data[:n*f.width])
	return nil
}

// ready reports whether a step may use the first n rows of f: no step has failed and the rows exist.
func (b *Backend) ready(f *buffer, n int) bool {
	if b.err == nil && (n < 0 || n > f.rows) {
		b.fail("%d rows of buffer %s, which holds %d", n, f.name, f.rows)
	}
	return b.err == nil
}

// written is ready for a step that writes the rows: it makes the quantized copy void.
func (b *Backend) written(f *buffer, n int) bool {
	f.quantized = 0
	return b.ready(f, n)
}

// wide reports whether buffer f has the width that a step needs.
func (b *Backend) wide(f *buffer, width int, what string) bool {
	if b.err == nil && f.width != width {
		b.fail("buffer %s has width %d, %s needs %d", f.name, f.width, what, width)
	}
	return b.err == nil
}
