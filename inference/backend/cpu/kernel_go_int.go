package cpu

import (
	"encoding/binary"
	"math"
)

// A quantized tile of n tokens is a run of blocks, one for each 32 values of width. A block is [16][n] words of 4 bytes, so a
// kernel reads one ascending stream:
const (
	planeCodes     = 0  // 8 words: 4 signed codes each, in [-127, 127]
	planeScale     = 8  // float32: value = scale*code
	planeSum128    = 9  // int32: -128 * sum of the codes, where the accumulator of codes with offset 128 starts
	planeSum8      = 10 // int32: -8 * sum of the codes
	planeSum       = 11 // float32: scale * sum of the codes, which multiplies the minimum of weights
	planeHalf128   = 12 // 2 words: as planeSum128 for the codes 0-15 and 16-31
	planeHalf      = 14 // 2 words: as planeSum for the halves
	planePair      = 16 // 2 words, for the halves: two int16, -16 * sum of the codes j with j%4 < 2 and of the others
	planes         = 18
	actsBlockBytes = 4 * planes // for each token
)

// quantizeTiny is the magnitude below which a block of 32 activations counts as zero: its reciprocal would overflow.
const quantizeTiny = 0x1p-119

// quantizeGo rounds x to int8 codes with one scale, the largest magnitude / 127, for every 32 values. lane points at the
// token's first word in the tile's first block. A NaN or infinity makes its block's scale NaN or infinite.
func quantizeGo(lane []byte, tokens int, x []float32) {
	word := 4 * tokens
	for b := 0; 32*b < len(x); b++ {
		block := (*[32]float32)(x[32*b:])
		at := lane[b*planes*word:]
		var top uint32 // as bits, which order like magnitudes and put NaN on top
		for _, v := range block {
			top = max(top, math.Float32bits(v)&0x7fffffff)
		}
		largest := math.Float32frombits(top)
		var scale, inverse float32
		if !(largest < quantizeTiny) {
			scale, inverse = largest/127, 127/largest
		}
		var codes [32]int8
		var sums [2]int32
		var pairs [2][2]int32
		for i, v := range block {
			q := roundToCode(v * inverse)
			codes[i] = int8(q)
			sums[i/16] += q
			pairs[i/16][i%4/2] += q
		}
		put := func(plane int, v uint32) { binary.LittleEndian.PutUint32(at[plane*word:], v) }
		for s := range 8 {
			c := codes[4*s:]
			put(planeCodes+s, uint32(uint8(c[0]))|uint32(uint8(c[1]))<<8|uint32(uint8(c[2]))<<16|uint32(uint8(c[3]))<<24)
		}
		sum := sums[0] + sums[1]
		put(planeScale, math.Float32bits(scale))
		put(planeSum128, uint32(-128*sum))
		put(planeSum8, uint32(-8*sum))
		put(planeSum, math.Float32bits(scale*float32(sum)))
		for h := range 2 {
			put(planeHalf128+h, uint32(-128*sums[h]))
			put(planeHalf+h, math.Float32bits(scale*float32(sums[h])))
			put(planePair+h, uint32(uint16(-16*pairs[h][0]))|uint32(-16*pairs[h][1])<<16)
		}
	}
}

// roundToCode rounds to the nearest integer, ties to even, in [-127, 127]; NaN gives -127.
func roundToCode(v float32) int32 {
	if !(v > -127) {
		return -127
	}
	return int32(math.RoundToEven(float64(min(v, 127))))
}

// blocksGo multiplies groups in an integer layout; see blockShape and the layouts.
func blocksGo(l layout, w, a []byte, out []float32, s blockShape) {
	var b unpacked
	var acc [maxTile][groupRows]float32
	per := l.panelBytes(s.width)
	for g := range s.groups {
		acc = [maxTile][groupRows]float32{}
		for i := range s.width / 32 {
			b.read(l, w[g*per:(g+1)*per], i)
			at := a[i*actsBlockBytes*s.n:]
			for t := range s.n {
				b.multiply(at[4*t:], 4*s.n, &acc[t])
			}
		}
		for t := range s.n {
			dst := out[t*s.oStride+groupRows*g:][:groupRows]
			if s.add {
				addToGo(dst, acc[t][:])
			} else {
				copy(dst, acc[t][:])
			}
		}
	}
}

// unpacked is one block of 32 values of 32 rows: row r has the values scale*code+min, with its own scale and minimum for each half if
// halves is set (otherwise those of half 0 hold for all).
type unpacked struct {
	code         [groupRows][32]int16
	scale        [2][groupRows]float32
	min          [2][groupRows]float32
	halves, mins bool
}

// multiply adds the products of the block with one token, whose words lie word bytes apart, to acc.
func (u *unpacked) multiply(at []byte, word int, acc *[groupRows]float32) {
	get := func(plane int) uint32 { return binary.LittleEndian.Uint32(at[plane*word:]) }
	var code [32]int32
	for s := range 8 {
		v := get(planeCodes + s)
		for j := range 4 {
			code[4*s+j] = int32(int8(v >> (8 * j)))
		}
	}
	scale := math.Float32frombits(get(planeScale))
	parts, per := 1, 32
	if u.halves {
		parts, per = 2, 16
	}
	for h := range parts {
		sum := math.Float32frombits(get(planeSum))
		if u.halves {
			sum = math.Float32frombits(get(planeHalf + h))
		}
		for r := range acc {
			var dot int32
			for i, c := range u.code[r][h*per : (h+1)*per] {
				dot += int32(c) * code[h*per+i]
			}
			acc[r] = fma(float32(dot), u.scale[h][r]*scale, acc[r])
			if u.mins {
				acc[r] = fma(sum, u.min[h][r], acc[r])
			}
		}
	}
}

// read unpacks block i of a group.
func (u *unpacked) read(l layout, group []byte, i int) {
	d := &layoutTable[l]
	at := group[i*32/d.values*d.bytes:]
	half := func(off, r int) float32 { return halfToFloat(binary.LittleEndian.Uint16(at[off+2*r:])) }
	float := func(off, r int) float32 {
		return math.Float32frombits(binary.LittleEndian.Uint32(at[off+4*r:]))
	}
	u.halves, u.mins = d.halves, d.mins
	switch l {
	case layoutW8:
		u.bytes(at, 0, 8, 128)
		for r := range groupRows {
			u.scale[0][r] = half(1024, r)
		}
	case layoutW5:
		u.fives(at)
		for r := range groupRows {
			u.scale[0][r] = half(640, r)
		}
	case layoutW4:
		u.nibbles(at, 8)
		for r := range groupRows {
			u.scale[0][r] = half(512, r)
		}
	case layoutW4M:
		u.nibbles(at, 0)
		for r := range groupRows {
			u.scale[0][r], u.min[0][r] = half(512, r), half(576, r)
		}
	case layoutW4K:
		sub := w4kHeader + i%8*w4kSub
		u.nibbles(at[sub+64:], 0)
		for r := range groupRows {
			u.scale[0][r] = half(0, r) * float32(at[sub+r])
			u.min[0][r] = -(half(64, r) * float32(at[sub+32+r]))
		}
	case layoutW6K:
		sub := w6kHeader + i%8*w6kSub
		u.sixes(at[sub+64:])
		for h := range 2 {
			for r := range groupRows {
				u.scale[h][r] = half(0, r) * float32(int8(at[sub+32*h+r]))
			}
		}
	case layoutW8S16, layoutW8M16:
		part, offset := d.bytes/2, int16(128)
		if d.mins {
			offset = 0
		}
		for h := range 2 {
			u.bytes(at[h*part:], 4*h, 4, offset)
			for r := range groupRows {
				u.scale[h][r] = float(h*part+512, r)
				if d.mins {
					u.min[h][r] = float(h*part+640, r)
				}
			}
		}
	}
}

// bytes unpacks n words of 4 codes a row, the first of which is word first of the block.
func (u *unpacked) bytes(at []byte, first, n int, offset int16) {
	for s := range n {
		for r := range groupRows {
			for j, c := range at[128*s+4*r:][:4] {
				u.code[r][4*(first+s)+j] = int16(c) - offset
			}
		}
	}
}

// fives unpacks 8 words a row with 5 bits a code from 5 words: the low 5 bits of each byte are the first 5 words, the high 3 bits the
// others, lowest bits first.
func (u *unpacked) fives(at []byte) {
	for r := range groupRows {
		for j := range 4 {
			v := func(i int) int16 { return int16(at[128*i+4*r+j]) }
			for s := range 5 {
				u.code[r][4*s+j] = v(s)&31 - 16
			}
			u.code[r][20+j] = (v(0)>>5 | v(3)>>5&3<<3) - 16
			u.code[r][24+j] = (v(1)>>5 | v(4)>>5&3<<3) - 16
			u.code[r][28+j] = (v(2)>>5 | v(3)>>7<<3 | v(4)>>7<<4) - 16
		}
	}
}

// sixes unpacks 2 halves of 4 words a row with 6 bits a code from 3 words each: the low 6 bits of each byte are the first 3 words, the high
// 2 bits the fourth, lowest bits first.
func (u *unpacked) sixes(at []byte) {
	for h := range 2 {
		for r := range groupRows {
			for j := range 4 {
				v := func(i int) int16 { return int16(at[384*h+128*i+4*r+j]) }
				for s := range 3 {
					u.code[r][16*h+4*s+j] = v(s)&63 - 32
				}
				u.code[r][16*h+12+j] = (v(0)>>6 | v(1)>>6<<2 | v(2)>>6<<4) - 32
			}
		}
	}
}

// nibbles unpacks 8 words a row: rows 0-15 lie in the low nibbles, rows 16-31 in the high ones.
func (u *unpacked) nibbles(at []byte, offset int16) {
	for s := range 8 {
		for r := range groupRows / 2 {
			for j, c := range at[64*s+4*r:][:4] {
				u.code[r][4*s+j] = int16(c&15) - offset
				u.code[r+16][4*s+j] = int16(c>>4) - offset
			}
		}
	}
}
