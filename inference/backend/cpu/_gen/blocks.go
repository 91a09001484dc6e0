package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// layout describes a packed layout to the generator; the package describes them to the reader. A block of 32 values is
// made of parts with scales of their own: [codes][scales][minimums], or for layouts with superblocks [scales and minimums][codes].
type layout struct {
	name   string
	bits   int  // of a code: 4 (of rows 16 apart in a byte), 5, 6 or 8
	parts  int  // 1, or 2 halves
	offset int  // of codes: 0, or half of their range
	half   bool // scales and minimums are float16 (float32 otherwise)
	mins   bool
	sub    int  // bytes of a superblock before its blocks: scales and minimums are products of a byte and a float16; 0 for none
	small  bool // codes of 8 bits are below 32
}

var layouts = []layout{
	{name: "W8", bits: 8, parts: 1, offset: 128, half: true},
	{name: "W5", bits: 5, parts: 1, offset: 16, half: true},
	{name: "W4", bits: 4, parts: 1, offset: 8, half: true},
	{name: "W4M", bits: 4, parts: 1, half: true, mins: true},
	{name: "W4K", bits: 4, parts: 1, mins: true, sub: 2 * 64},
	{name: "W6K", bits: 6, parts: 2, offset: 32, sub: 64},
	{name: "W8S16", bits: 8, parts: 2, offset: 128},
	{name: "W8M16", bits: 8, parts: 2, mins: true, small: true},
}

// subScales are the bytes of scales and minimums before the codes of a block with a superblock.
const subScales = 2 * 32

func (l layout) nibbles() bool { return l.bits == 4 }
func (l layout) steps() int    { return 8 / l.parts }

// storedSteps are the steps of a part that have bytes of their own; the others are in the high bits of these.
func (l layout) storedSteps() int {
	switch l.bits {
	case 5:
		return 5
	case 6:
		return 3
	}
	return l.steps()
}

// stepBytes are the code bytes for 4 values of all rows.
func (l layout) stepBytes() int {
	if l.nibbles() {
		return 64
	}
	return 128
}

// partCodes are the code bytes of a part.
func (l layout) partCodes() int { return l.storedSteps() * l.stepBytes() }

// codes is the offset of the codes of a part.
func (l layout) codes(part int) int {
	if l.sub > 0 {
		return subScales + part*l.partCodes()
	}
	return part * l.partBytes()
}

// scales and minimums are the offsets of those of row 0 of a part, without superblocks.
func (l layout) scales(part int) int   { return l.codes(part) + l.partCodes() }
func (l layout) minimums(part int) int { return l.scales(part) + 32*l.scaleBytes() }

func (l layout) scaleBytes() int {
	if l.half {
		return 2
	}
	return 4
}

// partBytes is the size of a part without superblocks, and blockBytes that of a block.
func (l layout) partBytes() int {
	n := l.partCodes() + 32*l.scaleBytes()
	if l.mins {
		n += 32 * l.scaleBytes()
	}
	return n
}

func (l layout) blockBytes() int {
	if l.sub > 0 {
		return subScales + l.parts*l.partCodes()
	}
	return l.parts * l.partBytes()
}

// sumPlane is the plane that minimums are multiplied with.
func (l layout) sumPlane(part int) int {
	if l.parts == 1 {
		return planeSum
	}
	return planeHalf + part
}

// blocks runs body for every block of a group, with w at the block; header is where its superblock starts, if there are any.
// body moves the pointer to the activations.
func (l layout) blocks(w, count, header, eight Register, body func()) {
	if l.sub == 0 {
		loop("block", count, 1, func() {
			body()
			add(l.blockBytes(), w)
		})
		return
	}
	loop("super", count, 8, func() {
		MOVQ(w, header)
		add(l.sub, w)
		MOVQ(U32(8), eight)
		loop("block", eight, 1, func() {
			body()
			add(l.blockBytes(), w)
		})
	})
}

// rows addresses something of every row, size bytes each, from row on, plus the rows in index.
func rows(base Register, disp, size, row int, index Register) Mem {
	m := Mem{Base: base, Disp: disp + size*row}
	if index != nil {
		m.Index, m.Scale = index, uint8(size)
	}
	return m
}

// loadScale sets d to the scales of the rows from row on (plus those in index, which may be nil), or with minimum to their minimums
// (negative in layoutW4K); t is clobbered.
func (l layout) loadScale(w, header Register, part, row int, index Register, minimum bool, d, t VecVirtual) {
	at := l.scales(part)
	if minimum {
		at = l.minimums(part)
	}
	switch {
	case l.sub > 0:
		at = 32 * part
		if minimum {
			at = 32
		}
		bytes, halves := rows(w, at, 1, row, index), rows(header, 0, 2, row, index)
		if l.mins {
			VPMOVZXBD(bytes, d)
		} else {
			VPMOVSXBD(bytes, d)
		}
		if minimum {
			halves.Disp += 64
		}
		VCVTDQ2PS(d, d)
		VCVTPH2PS(halves, t)
		VMULPS(t, d, d)
	case l.half:
		VCVTPH2PS(rows(w, at, 2, row, index), d)
	default:
		VMOVUPS(rows(w, at, 4, row, index), d)
	}
}

const blocksSignature = "func(w, a *byte, out *float32, oStride, blocks, groups, add int)"

// blocks512 makes the AVX-512 kernels: n tokens, all 32 rows of a group at once. An accumulator holds 16 rows; one
// activation word, broadcast, meets the 4 values of the same k of all rows.
func blocks512() {
	for _, l := range layouts {
		for n := 1; n <= 6; n++ {
			block512(l, n)
		}
	}
}

// tile512 is the state of a kernel.
type tile512 struct {
	layout
	n                 int
	w, header, a      Register
	acc, dot          [6][2]VecVirtual // for rows 0-15 and 16-31
	x, w0, w1, d0, d1 VecVirtual
	masks             []VecVirtual // see unpack
}

func block512(l layout, n int) {
	function(fmt.Sprintf("blocks%sAVX512_%d", l.name, n), blocksSignature,
		fmt.Sprintf("multiplies row groups in layout%s with %d tokens; see blockShape.", l.name, n))
	a0, out, oStride := param("a"), param("out"), param("oStride")
	count0, groups := param("blocks"), param("groups")
	SHLQ(Imm(2), oStride)
	count, eight, o := GP64(), GP64(), GP64()
	k := &tile512{layout: l, n: n, w: param("w"), header: GP64(), a: GP64()}
	for t := range n {
		for h := range 2 {
			k.acc[t][h], k.dot[t][h] = ZMM(), ZMM()
		}
	}
	k.x, k.w0, k.w1, k.d0, k.d1 = ZMM(), ZMM(), ZMM(), ZMM(), ZMM()
	for _, m := range map[int][]uint32{4: {0x0f}, 5: {0x1f, 0x07, 0x0f}, 6: {0x3f, 0x03, 0x0f}}[l.bits] {
		v := ZMM()
		VMOVDQU64(words(m*0x01010101), v)
		k.masks = append(k.masks, v)
	}

	loop("group", groups, 1, func() {
		MOVQ(a0, k.a)
		MOVQ(count0, count)
		for t := range n {
			zero(k.acc[t][0])
			zero(k.acc[t][1])
		}
		l.blocks(k.w, count, k.header, eight, func() {
			for part := range l.parts {
				k.dots(part)
				k.scales(part)
				if l.mins {
					k.minimumTerms(part)
				}
			}
			add(4*planes*n, k.a)
		})
		CMPQ(paramMem("add"), U8(0))
		JEQ(LabelRef("store"))
		MOVQ(out, o)
		for t := range n {
			VADDPS(Mem{Base: o}, k.acc[t][0], k.acc[t][0])
			VADDPS(Mem{Base: o, Disp: 64}, k.acc[t][1], k.acc[t][1])
			if t < n-1 {
				ADDQ(oStride, o)
			}
		}
		Label("store")
		MOVQ(out, o)
		for t := range n {
			VMOVUPS(k.acc[t][0], Mem{Base: o})
			VMOVUPS(k.acc[t][1], Mem{Base: o, Disp: 64})
			if t < n-1 {
				ADDQ(oStride, o)
			}
		}
		add(128, out)
	})
	done()
}

// plane addresses a word of token t.
func (k *tile512) plane(p, t int) Mem { return Mem{Base: k.a, Disp: 4 * (p*k.n + t)} }

// dots makes the integer dot products of a part.
func (k *tile512) dots(part int) {
	k.start(part)
	for s := range k.steps() {
		k.unpack(part, s)
		for t := range k.n {
			VPBROADCASTD(k.plane(part*k.steps()+s, t), k.x)
			op("VPDPBUSD", "AVX512VNNI", k.x, k.w0, k.dot[t][0])
			op("VPDPBUSD", "AVX512VNNI", k.x, k.w1, k.dot[t][1])
		}
	}
}

// start sets the dot products to minus the offset of the codes times the sum of the activations.
func (k *tile512) start(part int) {
	plane, shift := planeSum128, 0
	if k.parts == 2 {
		plane = planeHalf128 + part
	}
	switch k.offset {
	case 8:
		plane = planeSum8
	case 16:
		shift = 3
	case 32:
		shift = 2
	}
	for t := range k.n {
		for h, v := range k.dot[t] {
			switch {
			case k.offset == 0:
				zero(v)
			case shift == 0:
				VPBROADCASTD(k.plane(plane, t), v)
			case h == 0:
				VPBROADCASTD(k.plane(plane, t), v)
				VPSRAD(Imm(uint64(shift)), v, v)
			default:
				VMOVDQA64(k.dot[t][0], v)
			}
		}
	}
}

// unpack loads the codes of a step, rows 0-15 to w0 and 16-31 to w1.
func (k *tile512) unpack(part, s int) {
	if k.nibbles() {
		VMOVDQU64(k.code(part, s, 0), k.w0)
		VPSRLW(Imm(4), k.w0, k.w1)
		VPANDD(k.masks[0], k.w0, k.w0)
		VPANDD(k.masks[0], k.w1, k.w1)
		return
	}
	for h, w := range []VecVirtual{k.w0, k.w1} {
		if s < k.storedSteps() {
			if k.bits == 8 {
				VMOVDQU64(k.code(part, s, h), w)
			} else {
				VPANDD(k.code(part, s, h), k.masks[0], w)
			}
			continue
		}
		high := highBits(k.bits, s)
		VPSRLW(Imm(uint64(high[0].shift)), k.code(part, high[0].step, h), w)
		for i, b := range high[1:] {
			VPSRLW(Imm(uint64(b.shift)), k.code(part, b.step, h), k.d0)
			// Bits of the mask stay, the others come from d0.
			VPTERNLOGD(Imm(0xe4), k.masks[1+i], k.d0, w)
		}
		VPANDD(k.masks[0], w, w)
	}
}

// code addresses the codes of half the rows in a stored step.
func (k *tile512) code(part, s, half int) Mem {
	return Mem{Base: k.w, Disp: k.codes(part) + s*k.stepBytes() + 64*half}
}

// highBit says which bits of a code without bytes of its own lie in the bytes of a stored step: those of mask, once they are shifted to
// the right.
type highBit struct {
	step, shift int
	mask        uint32
}

// highBits are the pieces of the codes of step s, lowest bits first.
func highBits(bits, s int) []highBit {
	switch {
	case bits == 6:
		return []highBit{{0, 6, 0x03}, {1, 4, 0x0c}, {2, 2, 0x30}}
	case s == 7:
		return []highBit{{2, 5, 0x07}, {3, 4, 0x08}, {4, 3, 0x10}}
	}
	return []highBit{{s - 5, 5, 0x07}, {s - 2, 2, 0x18}}
}

// scales adds the dot products of a part, times both scales, to the sums.
func (k *tile512) scales(part int) {
	k.loadScale(k.w, k.header, part, 0, nil, false, k.d0, k.w0)
	k.loadScale(k.w, k.header, part, 16, nil, false, k.d1, k.w0)
	for t := range k.n {
		for h, d := range []VecVirtual{k.d0, k.d1} {
			VCVTDQ2PS(k.dot[t][h], k.dot[t][h])
			VMULPS_BCST(k.plane(planeScale, t), d, k.x)
			VFMADD231PS(k.dot[t][h], k.x, k.acc[t][h])
		}
	}
}

// minimumTerms adds the sums of the activations times the minimums.
func (k *tile512) minimumTerms(part int) {
	k.loadScale(k.w, k.header, part, 0, nil, true, k.d0, k.w0)
	k.loadScale(k.w, k.header, part, 16, nil, true, k.d1, k.w0)
	for t := range k.n {
		for h, d := range []VecVirtual{k.d0, k.d1} {
			if k.sub > 0 {
				VFNMADD231PS_BCST(k.plane(k.sumPlane(part), t), d, k.acc[t][h])
			} else {
				VFMADD231PS_BCST(k.plane(k.sumPlane(part), t), d, k.acc[t][h])
			}
		}
	}
}
