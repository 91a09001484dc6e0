package tensor

import "strconv"

// Type is how the elements of a tensor are stored. The values below 1<<16 are the type ids of the GGUF format
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

// Types that cannot be read but may be met in files. They have a name and a size, so that a file that holds them
// can be listed; [Dequantize] refuses them.
const (
	Q8_1    Type = 9
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	NVFP4   Type = 40
	Q1_0    Type = 41
)

// Types that occur in safetensors files only, have no GGUF id and cannot be read either. F4 packs 2 elements in a byte,
// F6_E2M3 and F6_E3M2 pack 4 elements in 3 bytes.
const (
	Bool Type = 1<<16 + iota
	U8
	U16
	U32
	U64
	F8_E4M3
	F8_E5M2
	F8_E8M0
	C64
	F4
	F6_E2M3
	F6_E3M2
)

// A layout is the block of a type: elems elements in bytes bytes.
type layout struct {
	name         string
	elems, bytes int
	readable     bool
}

// layoutOf returns the layout of t, with elems = 0 if the id means nothing to us.
func layoutOf(t Type) layout {
	if int(t) < len(ggufLayouts) {
		return ggufLayouts[t]
	}
	if t >= Bool && t <= F6_E3M2 {
		return otherLayouts[t-Bool]
	}
	return layout{}
}

var ggufLayouts = [...]layout{
	F32: {"F32", 1, 4, true}, F16: {"F16", 1, 2, true}, BF16: {"BF16", 1, 2, true},
	Q4_0: {"Q4_0", 32, 18, true}, Q4_1: {"Q4_1", 32, 20, true}, Q5_0: {"Q5_0", 32, 22, true}, Q5_1: {"Q5_1", 32, 24, true},
	Q8_0: {"Q8_0", 32, 34, true}, Q2_K: {"Q2_K", 256, 84, true}, Q3_K: {"Q3_K", 256, 110, true}, Q4_K: {"Q4_K", 256, 144, true},
	Q5_K: {"Q5_K", 256, 176, true}, Q6_K: {"Q6_K", 256, 210, true}, IQ4_NL: {"IQ4_NL", 32, 18, true},
	IQ4_XS: {"IQ4_XS", 256, 136, true}, MXFP4: {"MXFP4", 32, 17, true},

	Q8_1: {"Q8_1", 32, 36, false}, Q8_K: {"Q8_K", 256, 292, false}, IQ2_XXS: {"IQ2_XXS", 256, 66, false},
	IQ2_XS: {"IQ2_XS", 256, 74, false}, IQ3_XXS: {"IQ3_XXS", 256, 98, false}, IQ1_S: {"IQ1_S", 256, 50, false},
	IQ3_S: {"IQ3_S", 256, 110, false}, IQ2_S: {"IQ2_S", 256, 82, false}, I8: {"I8", 1, 1, false}, I16: {"I16", 1, 2, false},
	I32: {"I32", 1, 4, false}, I64: {"I64", 1, 8, false}, F64: {"F64", 1, 8, false}, IQ1_M: {"IQ1_M", 256, 56, false},
	TQ1_0: {"TQ1_0", 256, 54, false}, TQ2_0: {"TQ2_0", 256, 66, false}, NVFP4: {"NVFP4", 64, 36, false}, Q1_0: {"Q1_0", 128, 18, false},
}

var otherLayouts = [...]layout{
	0: {"BOOL", 1, 1, false}, U8 - Bool: {"U8", 1, 1, false}, U16 - Bool: {"U16", 1, 2, false},
	U32 - Bool: {"U32", 1, 4, false}, U64 - Bool: {"U64", 1, 8, false}, F8_E4M3 - Bool: {"F8_E4M3", 1, 1, false},
	F8_E5M2 - Bool: {"F8_E5M2", 1, 1, false}, F8_E8M0 - Bool: {"F8_E8M0", 1, 1, false}, C64 - Bool: {"C64", 1, 8, false},
	F4 - Bool: {"F4", 2, 1, false}, F6_E2M3 - Bool: {"F6_E2M3", 4, 3, false}, F6_E3M2 - Bool: {"F6_E3M2", 4, 3, false},
}

// All lists every type with a name, those that can be read first, each group in order of its id.
func All() []Type {
	var readable, rest []Type
	for i, l := range ggufLayouts {
		switch {
		case l.readable:
			readable = append(readable, Type(i))
		case l.elems > 0:
			rest = append(rest, Type(i))
		}
	}
	for i := range otherLayouts {
		rest = append(rest, Bool+Type(i))
	}
	return append(readable, rest...)
}

// Known says whether the type can be read at all, that is, dequantised.
func (t Type) Known() bool { return layoutOf(t).readable }

// BlockElems is the number of elements of one block (1 for plain types, 0 for ids without a meaning).
func (t Type) BlockElems() int { return layoutOf(t).elems }

// BlockBytes is the number of bytes of one block (0 for ids without a meaning).
func (t Type) BlockBytes() int { return layoutOf(t).bytes }

// RowBytes is the number of bytes of a row of n elements; n must be a multiple of BlockElems, and the type one with
// a name.
func (t Type) RowBytes(n int) int {
	l := layoutOf(t)
	return n / l.elems * l.bytes
}

// String is the name used by GGUF tools, such as "Q4_K", or by safetensors, such as "F8_E4M3".
func (t Type) String() string {
	if l := layoutOf(t); l.elems > 0 {
		return l.name
	}
	return "type " + strconv.FormatUint(uint64(t), 10)
}
