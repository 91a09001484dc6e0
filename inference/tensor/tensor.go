package tensor

import "fmt"

// Tensor is a named weight as it lies in a file: raw little-endian bytes, not converted.
//
// Shape is row-major, outermost dimension first; the last dimension is contiguous and, for block types, a
// multiple of Type.BlockElems. Data usually points into a read-only memory mapping: it must not be written,
// it has no particular alignment, and it is valid until the file it came from is closed. Readers of files guarantee
// len(Data) == Rows()*Type.RowBytes(Width()) for types with a name.
type Tensor struct {
	Name  string
	Type  Type
	Shape []int
	Data  []byte
}

// Rows is the product of all dimensions but the last (1 for a vector).
func (t Tensor) Rows() int {
	n := 1
	for _, d := range t.Shape[:max(0, len(t.Shape)-1)] {
		n *= d
	}
	return n
}

// Width is the last dimension: the number of elements of a row (1 for a scalar).
func (t Tensor) Width() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[len(t.Shape)-1]
}

// Elements is the number of elements.
func (t Tensor) Elements() int { return t.Rows() * t.Width() }

// Row is the bytes of row i, in [0, Rows()). It aliases Data.
func (t Tensor) Row(i int) []byte {
	n := t.Type.RowBytes(t.Width())
	return t.Data[i*n : (i+1)*n : (i+1)*n]
}

// Floats is all elements as new float32 values, in storage order. It is meant for vectors and for tests: a matrix
// of a large model is better converted row by row. The error names the tensor.
func (t Tensor) Floats() ([]float32, error) {
	if !t.Type.Known() {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, unsupported(t.Type))
	}
	if want := t.Rows() * t.Type.RowBytes(t.Width()); len(t.Data) != want {
		return nil, fmt.Errorf("tensor %q: %d bytes of data, shape %v of %v needs %d", t.Name, len(t.Data), t.Shape, t.Type, want)
	}
	dst := make([]float32, t.Elements())
	if err := Dequantize(t.Type, dst, t.Data); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	return dst, nil
}
