package cpu

import (
	"encoding/binary"
	"math"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// coded is 32 consecutive values of one row on their way from the file's layout to a packed one. The codes are 8 words of 4
// bytes with the offset of the layout; a decoder sets the other fields that its layout stores.
type coded struct {
	codes      [8]uint32
	d          uint16     // float16 scale
	scale, min [2]float32 // of the halves
}

// decoder reads values [32*i, 32*i+32) of a stored row.
type decoder func(c *coded, row []byte, i int)

// decoders has one for every type of an integer layout that has no packer. All of these widen to bytes. The block layouts are described
// in package tensor.
var decoders = map[tensor.Type]decoder{
	tensor.IQ4_NL: decodeIQ4NL, tensor.Q3_K: decodeQ3K, tensor.IQ4_XS: decodeIQ4XS, tensor.MXFP4: decodeMXFP4,
	tensor.Q5_1: decodeQ51, tensor.Q5_K: decodeQ5K, tensor.Q2_K: decodeQ2K,
}

// Words of 4 bytes with the same value in each.
const (
	bytes1  = 0x01010101
	nibble4 = 15 * bytes1
)

func word(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
func bits16(b []byte) uint16      { return binary.LittleEndian.Uint16(b) }

// splitNibbles makes 32 codes of 16 bytes: first the low nibbles, then the high ones.
func (c *coded) splitNibbles(q []byte) {
	for s := range 4 {
		w := word(q, s)
		c.codes[s], c.codes[s+4] = w&nibble4, w>>4&nibble4
	}
}

// addBit sets bit 4 of code j to bit j of high.
func (c *coded) addBit(high uint32) {
	for s := range c.codes {
		c.codes[s] |= spread4(high>>(4*s)&15) << 4
	}
}

// spread4 moves bit i of a nibble to bit 8*i: the product has a copy of the nibble every 7 bits, of which the mask leaves one
// bit each.
func spread4(n uint32) uint32 { return n * 0x00204081 & bytes1 }

// offset adds n to every code; no sum reaches 256.
func (c *coded) offset(n uint32) {
	for s := range c.codes {
		c.codes[s] += n * bytes1
	}
}

// look replaces nibble codes by entries of a table.
func (c *coded) look(table *[16]byte) {
	for s, w := range c.codes {
		c.codes[s] = uint32(table[w&15]) | uint32(table[w>>8&15])<<8 | uint32(table[w>>16&15])<<16 | uint32(table[w>>24&15])<<24
	}
}

// biased128 is a table of values with the offset of byte codes.
func biased128(values [16]int8) *[16]byte {
	var t [16]byte
	for i, v := range values {
		t[i] = byte(int(v) + 128)
	}
	return &t
}

var (
	tableIQ4   = biased128([16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113})
	tableMXFP4 = biased128([16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12})
)

func decodeIQ4NL(c *coded, row []byte, i int) {
	b := row[18*i : 18*i+18]
	c.d = bits16(b)
	c.splitNibbles(b[2:])
	c.look(tableIQ4)
}

func decodeQ51(c *coded, row []byte, i int) {
	b := row[24*i : 24*i+24]
	d, m := halfAt(b), halfAt(b[2:])
	c.scale, c.min = [2]float32{d, d}, [2]float32{m, m}
	c.splitNibbles(b[8:])
	c.addBit(word(b[4:], 0))
}

func decodeMXFP4(c *coded, row []byte, i int) {
	b := row[17*i : 17*i+17]
	// The table has doubled values, so the scale is 2^(e-128).
	d := scaleE8M0(b[0])
	c.scale = [2]float32{d, d}
	c.splitNibbles(b[1:])
	c.look(tableMXFP4)
}

func decodeQ5K(c *coded, row []byte, i int) {
	b, k := row[i/8*176:][:176], i%8
	sc, mn := scaleMinK(b[4:16], k)
	d, m := halfAt(b)*float32(sc), -(halfAt(b[2:]) * float32(mn))
	c.scale, c.min = [2]float32{d, d}, [2]float32{m, m}
	q := b[48+k/2*32:]
	for s := range c.codes {
		c.codes[s] = word(q, s)>>(k%2*4)&nibble4 | word(b[16:], s)>>k&bytes1<<4
	}
}

// scaleMinK unpacks the 6-bit scale and minimum of sub-block k of Q4_K and Q5_K.
func scaleMinK(s []byte, k int) (scale, minimum byte) {
	if k < 4 {
		return s[k] & 63, s[k+4] & 63
	}
	return s[k+4]&15 | s[k-4]>>6<<4, s[k+4]>>4 | s[k]>>6<<4
}

// decodeQ3K: values 128n+32j+l take two bits j of q[32n+l] and, inverted, bit 4n+j of hmask[l] as the third bit; the
// value is 4 less than the code.
func decodeQ3K(c *coded, row []byte, i int) {
	b, n, j := row[i/8*110:][:110], i%8/4, i%4
	hmask, q, scales := b, b[32+32*n:], b[96:108]
	for s := range c.codes {
		c.codes[s] = word(q, s)>>(2*j)&(3*bytes1) | word(hmask, s)>>(4*n+j)&bytes1<<2
	}
	c.offset(128 - 4)
	d := halfAt(b[108:])
	for h := range c.scale {
		k := 8*n + 2*j + h
		low := scales[k%8] >> (k / 8 * 4) & 15
		high := scales[8+k%4] >> (k / 4 * 2) & 3
		c.scale[h] = d * float32(int(low|high<<4)-32)
	}
}

// decodeQ2K: values 128n+32j+l take two bits j of q[32n+l]; every 16 values have a 4-bit scale and minimum.
func decodeQ2K(c *coded, row []byte, i int) {
	b, n, j := row[i/8*84:][:84], i%8/4, i%4
	q := b[16+32*n:]
	for s := range c.codes {
		c.codes[s] = word(q, s) >> (2 * j) & (3 * bytes1)
	}
	d, m := halfAt(b[80:]), halfAt(b[82:])
	for h := range c.scale {
		k := b[8*n+2*j+h]
		c.scale[h], c.min[h] = d*float32(k&15), -(m * float32(k>>4))
	}
}

func decodeIQ4XS(c *coded, row []byte, i int) {
	b, k := row[i/8*136:][:136], i%8
	low := b[4+k/2] >> (k % 2 * 4) & 15
	high := byte(bits16(b[2:])>>(2*k)) & 3
	d := halfAt(b) * float32(int(low|high<<4)-32)
	c.scale = [2]float32{d, d}
	c.splitNibbles(b[8+16*k:])
	c.look(tableIQ4)
}

// scaleE8M0 is 2^(e-128), exactly: the two smallest are denormal.
func scaleE8M0(e byte) float32 { return float32(math.Ldexp(1, int(e)-128)) }

func halfAt(b []byte) float32 { return tensor.HalfToFloat(binary.LittleEndian.Uint16(b)) }

func floatAt(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func putFloat(b []byte, v float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(v)) }
