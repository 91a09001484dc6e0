package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// layout describes a packed layout to the generator; the package describes them to the reader. A block of 32 values is
// made of parts with scales of their own: [codes][scales][minimums].
type layout struct {
	name    string
	nibbles bool
	parts   int  // 1, or 2 halves
	init    int  // plane where the accumulators of codes with an offset start; 0 for none
	half    bool // scales and minimums are float16 (float32 otherwise)
	mins    bool
	sub     bool // layoutW4K: scales and minimums are products of a byte and a float16 of the superblock
}

var layouts = []layout{
	{name: "W8", parts: 1, init: planeSum128, half: true},
	{name: "W4", nibbles: true, parts: 1, init: planeSum8, half: true},
	{name: "W4M", nibbles: true, parts: 1, half: true, mins: true},
	{name: "W4K", nibbles: true, parts: 1, mins: true, sub: true},
	{name: "W8S16", parts: 2, init: planeHalf128},
	{name: "W8M16", parts: 2, mins: true},
}

// Bytes of layoutW4K: the float16 values of a superblock come first, the bytes of a block before its codes.
const (
	subHeader = 2 * 64
	subCodes  = 2 * 32
)

func (l layout) steps() int { return 8 / l.parts }

// stepBytes are the code bytes for 4 values of all rows.
func (l layout) stepBytes() int {
	if l.nibbles {
		return 64
	}
	return 128
}

// codes is the offset of the codes of a part.
func (l layout) codes(part int) int {
	if l.sub {
		return subCodes
	}
	return part * l.partBytes()
}

// scales and minimums are the offsets of those of row 0 of a part.
func (l layout) scales(part int) int   { return l.codes(part) + l.steps()*l.stepBytes() }
func (l layout) minimums(part int) int { return l.scales(part) + 32*l.scaleBytes() }

func (l layout) scaleBytes() int {
	if l.half {
		return 2
	}
	return 4
}

// partBytes is the size of a part, and blockBytes that of a block.
func (l layout) partBytes() int {
	if l.sub {
		return subCodes + 512
	}
	n := l.steps()*l.stepBytes() + 32*l.scaleBytes()
	if l.mins {
		n += 32 * l.scaleBytes()
	}
	return n
}
func (l layout) blockBytes() int { return l.parts * l.partBytes() }

// sumPlane is the plane that minimums are multiplied with.
func (l layout) sumPlane(part int) int {
	if l.parts == 1 {
		return planeSum
	}
	return planeHalf + part
}

// blocks runs body for every block of a group, with w at the block; header is where the superblock starts in layoutW4K.
// body moves the pointer to the activations.
func (l layout) blocks(w, count, header, eight Register, body func()) {
	if !l.sub {
		loop("block", count, 1, func() {
			body()
			add(l.blockBytes(), w)
		})
		return
	}
	loop("super", count, 8, func() {
		MOVQ(w, header)
		add(subHeader, w)
		MOVQ(U32(8), eight)
		loop("block", eight, 1, func() {
			body()
			add(l.blockBytes(), w)
		})
	})
}

// loadScale sets d to the scales of the rows from row on, or with minimum to their minimums (negative in layoutW4K); t is
// clobbered.
func (l layout) loadScale(w, header Register, part, row int, minimum bool, d, t VecVirtual) {
	at := l.scales(part)
	if minimum {
		at = l.minimums(part)
	}
	switch {
	case l.sub:
		at = 0
		if minimum {
			at = 32
		}
		VPMOVZXBD(Mem{Base: w, Disp: at + row}, d)
		VCVTDQ2PS(d, d)
		VCVTPH2PS(Mem{Base: header, Disp: 2*at + 2*row}, t)
		VMULPS(t, d, d)
	case l.half:
		VCVTPH2PS(Mem{Base: w, Disp: at + 2*row}, d)
	default:
		VMOVUPS(Mem{Base: w, Disp: at + 4*row}, d)
	}
}

const blocksSignature = "func(w, a *byte, out *float32, oStride, blocks, groups int)"

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
	mask              VecVirtual // of low nibbles
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
	if l.nibbles {
		k.mask = ZMM()
		VMOVDQU64(words(0x0f0f0f0f), k.mask)
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
	for t := range k.n {
		for _, v := range k.dot[t] {
			if k.init > 0 {
				VPBROADCASTD(k.plane(k.init+part, t), v)
			} else {
				zero(v)
			}
		}
	}
	for s := range k.steps() {
		at := Mem{Base: k.w, Disp: k.codes(part) + s*k.stepBytes()}
		VMOVDQU64(at, k.w0)
		if k.nibbles {
			VPSRLW(Imm(4), k.w0, k.w1)
			VPANDD(k.mask, k.w0, k.w0)
			VPANDD(k.mask, k.w1, k.w1)
		} else {
			VMOVDQU64(at.Offset(64), k.w1)
		}
		for t := range k.n {
			VPBROADCASTD(k.plane(part*k.steps()+s, t), k.x)
			op("VPDPBUSD", "AVX512VNNI", k.x, k.w0, k.dot[t][0])
			op("VPDPBUSD", "AVX512VNNI", k.x, k.w1, k.dot[t][1])
		}
	}
}

// scales adds the dot products of a part, times both scales, to the sums.
func (k *tile512) scales(part int) {
	k.loadScale(k.w, k.header, part, 0, false, k.d0, k.w0)
	k.loadScale(k.w, k.header, part, 16, false, k.d1, k.w0)
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
	k.loadScale(k.w, k.header, part, 0, true, k.d0, k.w0)
	k.loadScale(k.w, k.header, part, 16, true, k.d1, k.w0)
	for t := range k.n {
		for h, d := range []VecVirtual{k.d0, k.d1} {
			if k.sub {
				VFNMADD231PS_BCST(k.plane(k.sumPlane(part), t), d, k.acc[t][h])
			} else {
				VFMADD231PS_BCST(k.plane(k.sumPlane(part), t), d, k.acc[t][h])
			}
		}
	}
}
