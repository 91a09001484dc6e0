package tensor

import "strconv"

// Type is how the elements of a tensor are stored. The values are the type ids of the GGUF format
// (ggml.h, enum ggml_type), so that a file's id converts directly.
type Type uint32

// The types that can be read. Block types hold BlockElems elements in BlockBytes bytes; their layouts are
// described at their dequantisers.
const (
	F32    Type = 0
	F16    Type = 1
	Q4_0   Type = 2
	Q4_1   Type = 3
	Q5_0   Type = 6
	Q5_1   Type = 7
	Q8_0   Type = 8
	Q2_K   Type = 10
	Q3_K   Type = 11
	Q4_K   Type = 12
	Q5_K   Type = 13
	Q6_K   Type = 14
	IQ4_NL Type = 20
	IQ4_XS Type = 23
	BF16   Type = 30
	MXFP4  Type = 39
)

var types = map[Type]struct {
	name         string
	elems, bytes int
}{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2},
	Q4_0: {"Q4_0", 32, 18}, Q4_1: {"Q4_1", 32, 20}, Q5_0: {"Q5_0", 32, 22}, Q5_1: {"Q5_1", 32, 24}, Q8_0: {"Q8_0", 32, 34},
	Q2_K: {"Q2_K", 256, 84}, Q3_K: {"Q3_K", 256, 110}, Q4_K: {"Q4_K", 256, 144}, Q5_K: {"Q5_K", 256, 176}, Q6_K: {"Q6_K", 256, 210},
	IQ4_NL: {"IQ4_NL", 32, 18}, IQ4_XS: {"IQ4_XS", 256, 136}, MXFP4: {"MXFP4", 32, 17},
}

// Known says whether the type can be read at all.
func (t Type) Known() bool { _, ok := types[t]; return ok }

// BlockElems is the number of elements of one block (1 for plain types, 0 for unknown ones).
func (t Type) BlockElems() int { return types[t].elems }

// BlockBytes is the number of bytes of one block (0 for unknown types).
func (t Type) BlockBytes() int { return types[t].bytes }

// RowBytes is the number of bytes of a row of n elements; n must be a multiple of BlockElems.
func (t Type) RowBytes(n int) int { return n / types[t].elems * types[t].bytes }

// String is the name used by GGUF tools, such as "Q4_K".
func (t Type) String() string {
	if d, ok := types[t]; ok {
		return d.name
	}
	return "type " + strconv.Itoa(int(t))
}
