package tensor

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Quantize converts src to blocks in dst: the inverse of [Dequantize], with the same rules for lengths, for F32, F16, BF16,
// Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 (otherwise an error that wraps [ErrUnsupported]). The bytes are those of ggml's reference
// functions (ggml-quants.c, quantize_row_*_ref).
//
// Block types take no infinite or NaN values, and no block whose scale is too large for a float16; the error then
// names the element, and dst is partly written. It is safe for concurrent use.
func Quantize(t Type, dst []byte, src []float32) error {
	if err := checkSizes(t, len(src), len(dst)); err != nil {
		return err
	}
	var block func(b []byte, x *[32]float32) (ok bool)
	switch t {
	case F32:
		for i, x := range src {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
		}
		return nil
	case F16:
		for i, x := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], FloatToHalf(x))
		}
		return nil
	case BF16:
		for i, x := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], FloatToBF16(x))
		}
		return nil
	case Q4_0:
		block = quantizeQ40
	case Q4_1:
		block = quantizeQ41
	case Q5_0:
		block = quantizeQ50
	case Q5_1:
		block = quantizeQ51
	case Q8_0:
		block = quantizeQ80
	default:
		return fmt.Errorf("quantize: %w", unsupported(t))
	}
	for i, size := 0, t.BlockBytes(); 32*i < len(src); i++ {
		x := (*[32]float32)(src[32*i:])
		for j, v := range x {
			if v-v != 0 { // not finite
				return fmt.Errorf("%v: element %d is %v", t, 32*i+j, v)
			}
		}
		if !block(dst[size*i:size*(i+1)], x) {
			return fmt.Errorf("%v: elements %d to %d: values too large for a float16 scale", t, 32*i, 32*i+31)
		}
	}
	return nil
}

// putHalf stores f rounded to float16 and says whether it is still finite.
func putHalf(b []byte, f float32) bool {
	h := FloatToHalf(f)
	binary.LittleEndian.PutUint16(b, h)
	return h&0x7c00 != 0x7c00
}

// inverse is 1/d, or 0 for a block of zeros, or of values so small that 1/d is infinite (their scale is 0 as a float16
// anyway). Codes are made with the inverse of the scale before its rounding to float16.
func inverse(d float32) float32 {
	if id := 1 / d; !math.IsInf(float64(id), 0) {
		return id
	}
	return 0
}

// extreme is the value with the largest magnitude, the first of equals.
func extreme(x *[32]float32) float32 {
	var most float32
	for _, v := range x {
		if math.Abs(float64(v)) > math.Abs(float64(most)) {
			most = v
		}
	}
	return most
}

// span is the range of the values.
func span(x *[32]float32) (low, high float32) {
	low, high = x[0], x[0]
	for _, v := range x[1:] {
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// symmetricCode is the code of v in [0, 2*zero-1], where zero stands for 0. The reference multiplies and adds in one
// rounding (a fused operation); the float64 product is exact and leaves its sum so many bits that rounding to float32
// gives the same.
func symmetricCode(v, id float32, zero int) uint32 {
	return min(uint32(2*zero-1), uint32(float32(float64(v)*float64(id)+float64(zero)+0.5)))
}

// The extreme value gets code 0, so that its sign can be either and its value is kept.
func quantizeQ40(b []byte, x *[32]float32) bool {
	d := extreme(x) / -8
	id := inverse(d)
	for j := range 16 {
		b[2+j] = byte(symmetricCode(x[j], id, 8) | symmetricCode(x[j+16], id, 8)<<4)
	}
	return putHalf(b, d)
}

func quantizeQ50(b []byte, x *[32]float32) bool {
	d := extreme(x) / -16
	id := inverse(d)
	var fifth uint32
	for j := range 16 {
		q0, q1 := symmetricCode(x[j], id, 16), symmetricCode(x[j+16], id, 16)
		b[6+j] = byte(q0&15 | q1<<4)
		fifth |= q0>>4<<j | q1>>4<<(j+16)
	}
	binary.LittleEndian.PutUint32(b[2:], fifth)
	return putHalf(b, d)
}

// affineCode is the code of v in [0, most], where 0 stands for low.
func affineCode(v, low, id float32, most uint32) uint32 {
	return min(most, uint32(float32((v-low)*id)+0.5))
}

func quantizeQ41(b []byte, x *[32]float32) bool {
	low, high := span(x)
	d := (high - low) / 15
	id := inverse(d)
	for j := range 16 {
		b[4+j] = byte(affineCode(x[j], low, id, 15) | affineCode(x[j+16], low, id, 15)<<4)
	}
	ok := putHalf(b, d)
	return putHalf(b[2:], low) && ok
}

func quantizeQ51(b []byte, x *[32]float32) bool {
	low, high := span(x)
	d := (high - low) / 31
	id := inverse(d)
	var fifth uint32
	for j := range 16 {
		q0, q1 := affineCode(x[j], low, id, 31), affineCode(x[j+16], low, id, 31)
		b[8+j] = byte(q0&15 | q1<<4)
		fifth |= q0>>4<<j | q1>>4<<(j+16)
	}
	binary.LittleEndian.PutUint32(b[4:], fifth)
	ok := putHalf(b, d)
	return putHalf(b[2:], low) && ok
}

func quantizeQ80(b []byte, x *[32]float32) bool {
	d := float32(math.Abs(float64(extreme(x)))) / 127
	id := inverse(d)
	for j, v := range x {
		b[2+j] = byte(int8(math.Round(float64(float32(v * id)))))
	}
	return putHalf(b, d)
}
