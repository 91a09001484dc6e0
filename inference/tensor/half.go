package tensor

import "math"

// HalfToFloat widens an IEEE 754 binary16 value. It is exact, denormals, infinities and NaN bits included.
func HalfToFloat(h uint16) float32 {
	// With exponent and mantissa moved to their float32 places the value is 2^112 too small (bias 127-15), for
	// denormals too, and the product is exact.
	b := uint32(h&0x7fff) << 13
	if b >= 0x7c00<<13 {
		b |= 0x7f800000 // infinity or NaN
	} else {
		b = math.Float32bits(math.Float32frombits(b) * 0x1p112)
	}
	return math.Float32frombits(b | uint32(h&0x8000)<<16)
}

// FloatToHalf rounds to the nearest IEEE 754 binary16 value, ties to even. Values of 65520 and more become infinite; a NaN
// stays one: quiet, with the upper bits of its payload, as the VCVTPS2PH instruction makes it.
func FloatToHalf(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case b >= 0x477ff000: // 65520, half-way between the largest half and 2^16
		return sign | 0x7c00
	case b < 0x38800000: // below 2^-14, the smallest normal half
		// The unit of float32 in [0.5, 1) is 2^-24, that of half denormals: the addition rounds to it, ties to even.
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	// Change the bias and round away the lower 13 bits; a carry out of the mantissa raises the exponent, as it should.
	b -= (127 - 15) << 23
	return sign | uint16((b+0xfff+b>>13&1)>>13)
}

// BF16ToFloat widens a bfloat16 value, the upper half of a float32. It is exact.
func BF16ToFloat(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// FloatToBF16 rounds to the nearest bfloat16 value, ties to even; a NaN becomes quiet.
func FloatToBF16(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
