package tensor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrUnsupported is wrapped by the error of a conversion from or to a type that the package has no arithmetic for.
var ErrUnsupported = errors.New("unsupported tensor type")

func unsupported(t Type) error { return fmt.Errorf("%w %v", ErrUnsupported, t) }

// Dequantize converts the blocks of src to dst. len(dst) must be a multiple of t.BlockElems() and len(src) be
// t.RowBytes(len(dst)); otherwise, or if t cannot be read (an error that wraps [ErrUnsupported]), nothing is written. One row
// or many consecutive ones can be converted at once. It is safe for concurrent use and does not allocate.
func Dequantize(t Type, dst []float32, src []byte) error {
	if err := checkSizes(t, len(dst), len(src)); err != nil {
		return err
	}
	switch t {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = HalfToFloat(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = BF16ToFloat(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case Q4_0:
		dequantizeQ40(dst, src)
	case Q4_1:
		dequantizeQ41(dst, src)
	case Q5_0:
		dequantizeQ50(dst, src)
	case Q5_1:
		dequantizeQ51(dst, src)
	case Q8_0:
		dequantizeQ80(dst, src)
	case Q2_K:
		dequantizeQ2K(dst, src)
	case Q3_K:
		dequantizeQ3K(dst, src)
	case Q4_K:
		dequantizeQ4K(dst, src)
	case Q5_K:
		dequantizeQ5K(dst, src)
	case Q6_K:
		dequantizeQ6K(dst, src)
	case IQ4_NL:
		dequantizeIQ4NL(dst, src)
	case IQ4_XS:
		dequantizeIQ4XS(dst, src)
	case MXFP4:
		dequantizeMXFP4(dst, src)
	}
	return nil
}

// checkSizes says whether elems elements of t are whole blocks that fill size bytes.
func checkSizes(t Type, elems, size int) error {
	if !t.Known() {
		return unsupported(t)
	}
	if elems%t.BlockElems() != 0 {
		return fmt.Errorf("%v: %d elements are not whole blocks of %d", t, elems, t.BlockElems())
	}
	if want := t.RowBytes(elems); size != want {
		return fmt.Errorf("%v: %d elements take %d bytes, not %d", t, elems, want, size)
	}
	return nil
}

// half reads the float16 at the start of b.
func half(b []byte) float32 { return HalfToFloat(uint16(b[0]) | uint16(b[1])<<8) }

// Blocks of 32. In all of them byte j of the codes holds element j in its low nibble and element j+16 in its high one.
// Products that are added to something are converted explicitly, which forbids the compiler to fuse them: a fused
// product rounds differently, and only on some machines.

// Q4_0: half d, 16 bytes of codes; y = d*(code-8).
func dequantizeQ40(dst []float32, src []byte) {
	for len(dst) >= 32 {
		y, b := (*[32]float32)(dst), (*[18]byte)(src)
		d := half(b[:])
		for j, q := range b[2:] {
			y[j] = d * float32(int32(q&15)-8)
			y[j+16] = d * float32(int32(q>>4)-8)
		}
		dst, src = dst[32:], src[18:]
	}
}

// Q4_1: half d, half m, 16 bytes of codes; y = d*code + m.
func dequantizeQ41(dst []float32, src []byte) {
	for len(dst) >= 32 {
		y, b := (*[32]float32)(dst), (*[20]byte)(src)
		d, m := half(b[:]), half(b[2:])
		for j, q := range b[4:] {
			y[j] = float32(d*float32(int32(q&15))) + m
			y[j+16] = float32(d*float32(int32(q>>4))) + m
		}
		dst, src = dst[32:], src[20:]
	}
}

// Q5_0: half d, uint32 of fifth bits (bit i belongs to element i), 16 bytes of lower bits; y = d*(code-16).
func dequantizeQ50(dst []float32, src []byte) {
	for len(dst) >= 32 {
		y, b := (*[32]float32)(dst), (*[22]byte)(src)
		d, high := half(b[:]), binary.LittleEndian.Uint32(b[2:])
		for j, q := range b[6:] {
			y[j] = d * float32(int32(uint32(q&15)|high>>j<<4&16)-16)
			y[j+16] = d * float32(int32(uint32(q>>4)|high>>(j+16)<<4&16)-16)
		}
		dst, src = dst[32:], src[22:]
	}
}

// Q5_1: half d, half m, uint32 of fifth bits, 16 bytes of lower bits; y = d*code + m.
func dequantizeQ51(dst []float32, src []byte) {
	for len(dst) >= 32 {
		y, b := (*[32]float32)(dst), (*[24]byte)(src)
		d, m, high := half(b[:]), half(b[2:]), binary.LittleEndian.Uint32(b[4:])
		for j, q := range b[8:] {
			y[j] = float32(d*float32(int32(uint32(q&15)|high>>j<<4&16))) + m
			y[j+16] = float32(d*float32(int32(uint32(q>>4)|high>>(j+16)<<4&16))) + m
		}
		dst, src = dst[32:], src[24:]
	}
}

// Q8_0: half d, 32 signed codes; y = d*code.
func dequantizeQ80(dst []float32, src []byte) {
	for len(dst) >= 32 {
		y, b := (*[32]float32)(dst), (*[34]byte)(src)
		d := half(b[:])
		for j, q := range b[2:] {
			y[j] = d * float32(int32(int8(q)))
		}
		dst, src = dst[32:], src[34:]
	}
}

// codesIQ4 are the values of the 16 codes of IQ4_NL and IQ4_XS (ggml-common.h, kvalues_iq4nl).
var codesIQ4 = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// IQ4_NL: half d, 16 bytes of codes; y = d*codesIQ4[code].
func dequantizeIQ4NL(dst []float32, src []byte) {
	for len(dst) >= 32 {
		b := (*[18]byte)(src)
		lookUp((*[32]float32)(dst), (*[16]byte)(b[2:]), half(b[:]), &codesIQ4)
		dst, src = dst[32:], src[18:]
	}
}

// codesMXFP4 are the values of the 16 codes of MXFP4, doubled to be whole: sign, two exponent bits, one mantissa bit
// (OCP Microscaling Formats 1.0, E2M1).
var codesMXFP4 = [16]float32{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// MXFP4: exponent byte e, 16 bytes of codes; y = 2^(e-128) * codesMXFP4[code], which makes up for the doubled values.
func dequantizeMXFP4(dst []float32, src []byte) {
	for len(dst) >= 32 {
		b := (*[17]byte)(src)
		// 2^-128 and 2^-127 are denormal: their only bit lies in the mantissa.
		bits := uint32(0x00200000) << b[0]
		if b[0] >= 2 {
			bits = uint32(b[0]-1) << 23
		}
		lookUp((*[32]float32)(dst), (*[16]byte)(b[1:]), math.Float32frombits(bits), &codesMXFP4)
		dst, src = dst[32:], src[17:]
	}
}

// lookUp sets y to d times the values that the codes q stand for.
func lookUp(y *[32]float32, q *[16]byte, d float32, values *[16]float32) {
	for j, c := range q {
		y[j] = d * values[c&15]
		y[j+16] = d * values[c>>4]
	}
}
