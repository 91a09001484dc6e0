package tensor

// Tensor is a named weight as it lies in a file: raw little-endian bytes, not converted.
//
// Shape is row-major, outermost dimension first; the last dimension is contiguous and, for block types, a
// multiple of Type.BlockElems. Data usually points into a read-only memory mapping: it must not be written,
// and it is valid until the file it came from is closed.
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
