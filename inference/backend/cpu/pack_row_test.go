package cpu

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// row writes the values of row r to dst, width values: exactly those of tensor.Dequantize.
func (p *packed) row(dst []float32, r int) {
	if r < 0 || r >= p.nRows {
		panic(fmt.Sprintf("cpu: row %d of %d", r, p.nRows))
	}
	dst = dst[:p.cols]
	s, at := p.panelOf(r/groupRows), r%groupRows
	group := r/groupRows - s.group0
	if s.layout < intLayouts {
		s.codedRow(dst, group, at)
		return
	}
	for i := range dst {
		j := group*groupRows*p.cols + groupRows*i + at
		switch s.layout {
		case layoutF32:
			dst[i] = s.floats()[j]
		case layoutF16:
			dst[i] = tensor.HalfToFloat(s.halves()[j])
		case layoutBF16:
			dst[i] = tensor.BF16ToFloat(s.halves()[j])
		}
	}
}

// codedRow writes row r of a group in an integer layout to dst.
func (s *panel) codedRow(dst []float32, group, r int) {
	d := &layoutTable[s.layout]
	for i := range len(dst) / 32 {
		block := s.data[group*s.stride+i*32/d.values*d.bytes:][:d.bytes]
		y := (*[32]float32)(dst[32*i:])
		switch s.layout {
		case layoutW8:
			byteValues(y[:], block, r, 128, halfAt(block[1024+2*r:]), 0)
		case layoutW5:
			fiveValues(y, block, r, halfAt(block[640+2*r:]))
		case layoutW6K:
			sub := block[w6kHeader+i%8*w6kSub:]
			for h := range 2 {
				scale := halfAt(block[2*r:]) * float32(int8(sub[32*h+r]))
				sixValues((*[16]float32)(y[16*h:]), sub[64+384*h:], r, scale)
			}
		case layoutW8S16, layoutW8M16:
			for h := range 2 {
				b := block[h*d.bytes/2:]
				offset, minimum := 128, float32(0)
				if d.mins {
					offset, minimum = 0, floatAt(b[640+4*r:])
				}
				byteValues(y[16*h:16*h+16], b, r, offset, floatAt(b[512+4*r:]), minimum)
			}
		case layoutW4:
			nibbleValues(y, block, r, 8, halfAt(block[512+2*r:]), 0)
		case layoutW4M:
			nibbleValues(y, block, r, 0, halfAt(block[512+2*r:]), halfAt(block[576+2*r:]))
		case layoutW4K:
			sub := block[w4kHeader+i%8*w4kSub:]
			scale := halfAt(block[2*r:]) * float32(sub[r])
			minimum := halfAt(block[64+2*r:]) * float32(sub[32+r])
			nibbleValues(y, sub[64:], r, 0, scale, -minimum)
		}
	}
}

// byteValues widens len(y) byte codes of row r. Without minimum (0) nothing is added, which keeps the sign of zero.
func byteValues(y []float32, codes []byte, r, offset int, scale, minimum float32) {
	for j := range y {
		y[j] = scale * float32(int(codes[j/4*128+4*r+j%4])-offset)
		if offset == 0 {
			y[j] += minimum
		}
	}
}

// fiveValues widens 32 codes of row r: 5 steps of bytes, of whose high bits 3 more steps are made.
func fiveValues(y *[32]float32, codes []byte, r int, scale float32) {
	for j := range y {
		at := func(step int) int { return int(codes[128*step+4*r+j%4]) }
		var c int
		switch s := j / 4; s {
		case 5, 6:
			c = at(s-5)>>5 | at(s-2)>>5&3<<3
		case 7:
			c = at(2)>>5 | at(3)>>7<<3 | at(4)>>7<<4
		default:
			c = at(s) & 31
		}
		y[j] = scale * float32(c-16)
	}
}

// sixValues widens 16 codes of row r: 3 steps of bytes, of whose high bits the fourth is made.
func sixValues(y *[16]float32, codes []byte, r int, scale float32) {
	for j := range y {
		at := func(step int) int { return int(codes[128*step+4*r+j%4]) }
		c := at(0)>>6 | at(1)>>6<<2 | at(2)>>6<<4
		if j < 12 {
			c = at(j/4) & 63
		}
		y[j] = scale * float32(c-32)
	}
}

// nibbleValues widens 32 nibble codes of row r.
func nibbleValues(y *[32]float32, codes []byte, r, offset int, scale, minimum float32) {
	for j := range y {
		c := codes[j/4*64+4*(r%16)+j%4]
		if r >= 16 {
			c >>= 4
		}
		y[j] = scale * float32(int(c&15)-offset)
		if offset == 0 {
			y[j] += minimum
		}
	}
}
