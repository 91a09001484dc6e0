package cpu

import (
	"encoding/binary"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// packer writes block i of a group's layout (32 or 256 values of 32 rows) from the stored rows, word by word: loading a model takes as long
// as this does. The stored block layouts are described in package tensor, the packed ones at layout.
type packer func(block []byte, rows *[groupRows][]byte, i int)

// packers has the types that files are mostly made of; decoders has the others.
var packers = map[tensor.Type]packer{
	tensor.Q8_0: packQ80, tensor.Q5_0: packQ50, tensor.Q4_0: packQ40, tensor.Q4_1: packQ41, tensor.Q4_K: packQ4K, tensor.Q6_K: packQ6K,
}

// Words of 8 bytes with the same value in each.
const (
	octets1  = 0x0101010101010101
	octets3  = 3 * octets1
	octets15 = 15 * octets1
)

// bitOctets spreads 8 bits: bit i of the index becomes bit 4 of byte i.
var bitOctets = func() (t [256]uint64) {
	for i := range t {
		for b := range 8 {
			t[i] |= uint64(i>>b&1) << (8*b + 4)
		}
	}
	return t
}()

// The words of one row in 8, 5 or 3 steps of 32 words, and those of two rows in steps of 16.
type (
	byteSteps   [7*128 + 4]byte
	fiveSteps   [4*128 + 4]byte
	sixSteps    [2*128 + 4]byte
	nibbleSteps [7*64 + 4]byte
)

// put writes step s.
func (b *byteSteps) put(s int, w uint32) { binary.LittleEndian.PutUint32(b[128*s:], w) }
func (b *fiveSteps) put(s int, w uint32) { binary.LittleEndian.PutUint32(b[128*s:], w) }
func (b *sixSteps) put(s int, w uint32)  { binary.LittleEndian.PutUint32(b[128*s:], w) }

// put writes steps s and s+1: the low nibbles of a are those of one row, those of b of the row 16 further on.
func (n *nibbleSteps) put(s int, a, b uint64) {
	v := a&octets15 | b&octets15<<4
	binary.LittleEndian.PutUint32(n[64*s:], uint32(v))
	binary.LittleEndian.PutUint32(n[64*s+64:], uint32(v>>32))
}

// put16 writes 32 codes: the low nibbles of 16 bytes of each row, then the high ones.
func (n *nibbleSteps) put16(a, b *[16]byte) {
	le := binary.LittleEndian
	a0, a1, b0, b1 := le.Uint64(a[:]), le.Uint64(a[8:]), le.Uint64(b[:]), le.Uint64(b[8:])
	n.put(0, a0, b0)
	n.put(2, a1, b1)
	n.put(4, a0>>4, b0>>4)
	n.put(6, a1>>4, b1>>4)
}

func packQ80(block []byte, rows *[groupRows][]byte, i int) {
	le := binary.LittleEndian
	for r, row := range rows {
		b, to := (*[34]byte)(row[34*i:]), (*byteSteps)(block[4*r:])
		for s := range 4 {
			w := le.Uint64(b[2+8*s:]) ^ 128*octets1
			to.put(2*s, uint32(w))
			to.put(2*s+1, uint32(w>>32))
		}
		copy(block[1024+2*r:], b[:2])
	}
}

func packQ40(block []byte, rows *[groupRows][]byte, i int) {
	for r := range groupRows / 2 {
		a, b := (*[18]byte)(rows[r][18*i:]), (*[18]byte)(rows[r+16][18*i:])
		(*nibbleSteps)(block[4*r:]).put16((*[16]byte)(a[2:]), (*[16]byte)(b[2:]))
		*(*[2]byte)(block[512+2*r:]), *(*[2]byte)(block[544+2*r:]) = [2]byte(a[:]), [2]byte(b[:])
	}
}

func packQ41(block []byte, rows *[groupRows][]byte, i int) {
	for r := range groupRows / 2 {
		a, b := (*[20]byte)(rows[r][20*i:]), (*[20]byte)(rows[r+16][20*i:])
		(*nibbleSteps)(block[4*r:]).put16((*[16]byte)(a[4:]), (*[16]byte)(b[4:]))
		*(*[2]byte)(block[512+2*r:]), *(*[2]byte)(block[544+2*r:]) = [2]byte(a[:]), [2]byte(b[:])
		*(*[2]byte)(block[576+2*r:]), *(*[2]byte)(block[608+2*r:]) = [2]byte(a[2:]), [2]byte(b[2:])
	}
}

// packQ4K: sub-blocks 2t and 2t+1 are the low and high nibbles of the same 32 bytes.
func packQ4K(block []byte, rows *[groupRows][]byte, i int) {
	le := binary.LittleEndian
	for r := range groupRows / 2 {
		a, b := (*[144]byte)(rows[r][144*i:]), (*[144]byte)(rows[r+16][144*i:])
		for h, x := range []*[144]byte{a, b} {
			row := r + 16*h
			copy(block[2*row:], x[:2])
			copy(block[64+2*row:], x[2:4])
			scales, minimums := scalesMinsK((*[12]byte)(x[4:]))
			for k := range 8 {
				sub := block[w4kHeader+k*w4kSub:]
				sub[row], sub[32+row] = byte(scales>>(8*k)), byte(minimums>>(8*k))
			}
		}
		for t := range 4 {
			low := (*nibbleSteps)(block[w4kHeader+2*t*w4kSub+64+4*r:])
			high := (*nibbleSteps)(block[w4kHeader+(2*t+1)*w4kSub+64+4*r:])
			for s := range 4 {
				v, w := le.Uint64(a[16+32*t+8*s:]), le.Uint64(b[16+32*t+8*s:])
				low.put(2*s, v, w)
				high.put(2*s, v>>4, w>>4)
			}
		}
	}
}

// scalesMinsK unpacks the 6-bit scales and minimums of Q4_K and Q5_K to bytes.
func scalesMinsK(s *[12]byte) (scales, minimums uint64) {
	le := binary.LittleEndian
	const six, four, two = 0x3f3f3f3f, 0x0f0f0f0f, 0x03030303
	a, b, c := le.Uint32(s[:]), le.Uint32(s[4:]), le.Uint32(s[8:])
	scales = uint64(a&six) | uint64(c&four|a>>6&two<<4)<<32
	minimums = uint64(b&six) | uint64(c>>4&four|b>>6&two<<4)<<32
	return scales, minimums
}

func packQ50(block []byte, rows *[groupRows][]byte, i int) {
	le := binary.LittleEndian
	for r, row := range rows {
		b, to := (*[22]byte)(row[22*i:]), (*fiveSteps)(block[4*r:])
		low, high := le.Uint64(b[6:]), le.Uint64(b[14:])
		to.codes(low&octets15|bitOctets[b[2]], high&octets15|bitOctets[b[3]],
			low>>4&octets15|bitOctets[b[4]], high>>4&octets15|bitOctets[b[5]])
		*(*[2]byte)(block[640+2*r:]) = [2]byte(b[:])
	}
}

// codes writes 32 codes of 5 bits, 8 steps in the space of 5.
func (b *fiveSteps) codes(c01, c23, c45, c67 uint64) {
	c5, c6, c7 := uint32(c45>>32), uint32(c67), uint32(c67>>32)
	const three, two, one = 0xe0e0e0e0, 0x60606060, 0x80808080 // high bits of each byte
	b.put(0, uint32(c01)|c5<<5&three)
	b.put(1, uint32(c01>>32)|c6<<5&three)
	b.put(2, uint32(c23)|c7<<5&three)
	b.put(3, uint32(c23>>32)|c5<<2&two|c7<<4&one)
	b.put(4, uint32(c45)|c6<<2&two|c7<<3&one)
}

// codes writes 16 codes of 6 bits, 4 steps in the space of 3.
func (b *sixSteps) codes(c01, c23 uint64) {
	c3 := uint32(c23 >> 32)
	const two = 0xc0c0c0c0
	b.put(0, uint32(c01)|c3<<6&two)
	b.put(1, uint32(c01>>32)|c3<<4&two)
	b.put(2, uint32(c23)|c3<<2&two)
}

// packQ6K: values 128n+32j+l take the nibble j/2 of ql[64n+32(j%2)+l] and two bits j of qh[32n+l].
func packQ6K(block []byte, rows *[groupRows][]byte, i int) {
	le := binary.LittleEndian
	for r, row := range rows {
		b := (*[210]byte)(row[210*i:])
		copy(block[2*r:], b[208:])
		for n := range 2 {
			high := (*[32]byte)(b[128+32*n:])
			for j := range 4 {
				k := 4*n + j
				sub := block[w6kHeader+k*w6kSub:]
				sub[r], sub[32+r] = b[192+2*k], b[192+2*k+1]
				low := (*[32]byte)(b[64*n+32*(j%2):])
				code := func(s int) uint64 {
					return le.Uint64(low[8*s:])>>(j/2*4)&octets15 | le.Uint64(high[8*s:])>>(2*j)&octets3<<4
				}
				(*sixSteps)(sub[64+4*r:]).codes(code(0), code(1))
				(*sixSteps)(sub[64+384+4*r:]).codes(code(2), code(3))
			}
		}
	}
}
