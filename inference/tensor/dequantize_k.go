package tensor

import "encoding/binary"

// Blocks of 256 ("K-quants" and IQ4_XS): sub-blocks of 16 or 32 elements have small integer scales of their own, in
// units of the scale of the block.

// Q2_K: 16 bytes of scales and minima (low and high nibble) of 16 elements each, 64 bytes of codes, half d, half dmin;
// y = d*scale*code - dmin*min.
//
// Each half of 128 elements has 32 code bytes; its run j of 32 elements takes bits 2j and 2j+1 of them.
func dequantizeQ2K(dst []float32, src []byte) {
	for len(dst) >= 256 {
		b := (*[84]byte)(src)
		d, dmin := half(b[80:]), half(b[82:])
		for run := range 8 {
			n, shift := run/4, 2*(run%4)
			y, q := (*[32]float32)(dst[32*run:]), (*[32]byte)(b[16+32*n:])
			for g := range 2 {
				sc := b[2*run+g]
				dl, ml := d*float32(int32(sc&15)), dmin*float32(int32(sc>>4))
				for l := 16 * g; l < 16*g+16; l++ {
					y[l] = float32(dl*float32(int32(q[l]>>shift&3))) - ml
				}
			}
		}
		dst, src = dst[256:], src[84:]
	}
}

// Q3_K: 32 bytes of third bits (bit run of byte l belongs to element l of that run), 64 bytes of lower bits as in Q2_K,
// 12 bytes of scales, half d; y = d*(scale-32)*(code-4).
//
// The 16 scales of 6 bits: the low four bits of scale k are the low (k < 8) or high nibble of byte k%8, the high two are
// bits 2*(k/4) and up of byte 8 + k%4.
func dequantizeQ3K(dst []float32, src []byte) {
	for len(dst) >= 256 {
		b := (*[110]byte)(src)
		high, scales, d := (*[32]byte)(b[:]), (*[12]byte)(b[96:]), half(b[108:])
		for run := range 8 {
			n, shift := run/4, 2*(run%4)
			y, q := (*[32]float32)(dst[32*run:]), (*[32]byte)(b[32+32*n:])
			for g := range 2 {
				k := 2*run + g
				sc := scales[k&7]>>(4*(k/8))&15 | scales[8+k&3]>>(2*(k/4))&3<<4
				dl := d * float32(int32(sc)-32)
				for l := 16 * g; l < 16*g+16; l++ {
					code := q[l]>>shift&3 | high[l]>>run&1<<2
					y[l] = dl * float32(int32(code)-4)
				}
			}
		}
		dst, src = dst[256:], src[110:]
	}
}

// scaleMinK gives scale and minimum of sub-block k in [0, 8) of Q4_K and Q5_K, six bits each. Those of the first four
// are the low six bits of bytes k and k+4; those of the rest have their low four bits in the nibbles of byte k+4 and
// their high two in what the first four left free.
func scaleMinK(s *[12]byte, k int) (scale, minimum byte) {
	if k < 4 {
		return s[k] & 63, s[k+4] & 63
	}
	return s[k+4]&15 | s[k-4]>>6<<4, s[k+4]>>4 | s[k]>>6<<4
}

// Q4_K: half d, half dmin, 12 bytes of scales and minima, 128 bytes of codes; y = d*scale*code - dmin*min.
//
// Sub-blocks 2t and 2t+1 are the low and the high nibbles of code bytes [32t, 32t+32).
func dequantizeQ4K(dst []float32, src []byte) {
	for len(dst) >= 256 {
		b := (*[144]byte)(src)
		d, dmin, s := half(b[:]), half(b[2:]), (*[12]byte)(b[4:])
		for t := range 4 {
			q := (*[32]byte)(b[16+32*t:])
			low, high := (*[32]float32)(dst[64*t:]), (*[32]float32)(dst[64*t+32:])
			sc, m := scaleMinK(s, 2*t)
			d1, m1 := d*float32(int32(sc)), dmin*float32(int32(m))
			sc, m = scaleMinK(s, 2*t+1)
			d2, m2 := d*float32(int32(sc)), dmin*float32(int32(m))
			for l, c := range q {
				low[l] = float32(d1*float32(int32(c&15))) - m1
				high[l] = float32(d2*float32(int32(c>>4))) - m2
			}
		}
		dst, src = dst[256:], src[144:]
	}
}

// Q5_K: half d, half dmin, 12 bytes of scales and minima, 32 bytes of fifth bits (bit k of byte l belongs to element l of
// sub-block k), 128 bytes of lower bits as in Q4_K; y = d*scale*code - dmin*min.
func dequantizeQ5K(dst []float32, src []byte) {
	for len(dst) >= 256 {
		b := (*[176]byte)(src)
		d, dmin, s, fifth := half(b[:]), half(b[2:]), (*[12]byte)(b[4:]), (*[32]byte)(b[16:])
		for t := range 4 {
			q := (*[32]byte)(b[48+32*t:])
			low, high := (*[32]float32)(dst[64*t:]), (*[32]float32)(dst[64*t+32:])
			sc, m := scaleMinK(s, 2*t)
			d1, m1 := d*float32(int32(sc)), dmin*float32(int32(m))
			sc, m = scaleMinK(s, 2*t+1)
			d2, m2 := d*float32(int32(sc)), dmin*float32(int32(m))
			for l, c := range q {
				h := fifth[l] >> (2 * t)
				low[l] = float32(d1*float32(int32(c&15|h&1<<4))) - m1
				high[l] = float32(d2*float32(int32(c>>4|h&2<<3))) - m2
			}
		}
		dst, src = dst[256:], src[176:]
	}
}

// Q6_K: 128 bytes of lower four bits, 64 bytes of upper two, 16 signed scales of 16 elements each, half d;
// y = d*scale*(code-32).
//
// In each half of 128 elements, with 64 bytes of lower and 32 bytes of upper bits: run 0 and run 2 of 32 elements are the low
// and high nibbles of the first 32 lower bytes, runs 1 and 3 those of the second; run r takes bits 2r and 2r+1 of the upper bytes.
func dequantizeQ6K(dst []float32, src []byte) {
	for len(dst) >= 256 {
		b := (*[210]byte)(src)
		d := half(b[208:])
		for n := range 2 {
			y := (*[128]float32)(dst[128*n:])
			lower, upper, scales := (*[64]byte)(b[64*n:]), (*[32]byte)(b[128+32*n:]), (*[8]byte)(b[192+8*n:])
			var ds [8]float32
			for i, sc := range scales {
				ds[i] = d * float32(int32(int8(sc)))
			}
			for l, u := range upper {
				g := l / 16
				y[l] = ds[g] * float32(int32(lower[l]&15|u<<4&0x30)-32)
				y[l+32] = ds[g+2] * float32(int32(lower[l+32]&15|u<<2&0x30)-32)
				y[l+64] = ds[g+4] * float32(int32(lower[l]>>4|u&0x30)-32)
				y[l+96] = ds[g+6] * float32(int32(lower[l+32]>>4|u>>2&0x30)-32)
			}
		}
		dst, src = dst[256:], src[210:]
	}
}

// IQ4_XS: half d, uint16 of the high two bits and 4 bytes of the low four bits of 8 scales, 128 bytes of codes laid out as
// 8 blocks of IQ4_NL; y = d*(scale-32)*codesIQ4[code].
func dequantizeIQ4XS(dst []float32, src []byte) {
	for len(dst) >= 256 {
		b := (*[136]byte)(src)
		d, high := half(b[:]), binary.LittleEndian.Uint16(b[2:])
		for k := range 8 {
			sc := int32(b[4+k/2]>>(4*(k%2))&15) | int32(high>>(2*k)&3)<<4
			lookUp((*[32]float32)(dst[32*k:]), (*[16]byte)(b[8+16*k:]), d*float32(sc-32), &codesIQ4)
		}
		dst, src = dst[256:], src[136:]
	}
}
