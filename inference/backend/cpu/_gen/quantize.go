package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The words of a block of quantized activations, as in the package.
const (
	planeScale   = 8
	planeSum128  = 9
	planeSum8    = 10
	planeSum     = 11
	planeHalf128 = 12
	planeHalf    = 14
	planePair    = 16
	planes       = 18
)

// quantizeTiny is the magnitude below which a block is zero.
const quantizeTiny = 0x1p-119

// quantize makes the conversion to int8 codes; see quantizeGo in the package.
func quantize(i isa) {
	function("quantize"+i.name, "func(x *float32, lane *byte, stride, blocks int)",
		"makes blocks of int8 codes from 32 values each, their words stride bytes apart.")
	x, lane, stride, n := param("x"), param("lane"), param("stride"), param("blocks")
	v := i.vecs(32 / i.elems)
	scale, inverse := XMM(), XMM()
	loop("next", n, 1, func() {
		// The largest magnitude, as bits: they order like magnitudes and put NaN on top.
		top, t := i.vec(), i.vec()
		for j := range v {
			VMOVUPS(Mem{Base: x, Disp: j * i.bytes()}, v[j])
			if j == 0 {
				VANDPS(words(1<<31-1), v[0], top)
				continue
			}
			VANDPS(words(1<<31-1), v[j], t)
			VPMAXUD(t, top, top)
		}
		i.horizontalMaxBits(top)
		VXORPS(scale, scale, scale)
		VXORPS(inverse, inverse, inverse)
		bits := GP32()
		VMOVD(top.AsX(), bits)
		CMPL(bits, U32(math.Float32bits(quantizeTiny)))
		JCS(LabelRef("tiny"))
		VMOVSS(float(127), inverse)
		VDIVSS(inverse, top.AsX(), scale)
		VDIVSS(top.AsX(), inverse, inverse)
		Label("tiny")
		f := i.vec()
		VBROADCASTSS(inverse, f)
		for j := range v {
			VMULPS(f, v[j], v[j])
			VMAXPS(float(-127), v[j], v[j]) // of a NaN pair the constant stays
			VMINPS(float(127), v[j], v[j])
			VCVTPS2DQ(v[j], v[j])
		}
		pairs := i.storeCodes(v, lane, stride)
		storeSums(pairs, scale, lane, stride)
		add(128, x)
	})
	done()
}

// horizontalMaxBits leaves the largest unsigned element in element 0.
func (i isa) horizontalMaxBits(v VecVirtual) {
	t := i.vec()
	if i == avx512 {
		VEXTRACTI64X4(Imm(1), v, t.AsY())
		VPMAXUD(t.AsY(), v.AsY(), v.AsY())
	}
	VEXTRACTI128(Imm(1), v.AsY(), t.AsX())
	VPMAXUD(t.AsX(), v.AsX(), v.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		VPSHUFD(Imm(order), v.AsX(), t.AsX())
		VPMAXUD(t.AsX(), v.AsX(), v.AsX())
	}
}

// storeCodes packs 32 codes to bytes, stores their 8 words and moves lane behind them. It returns sums in 16 bits: those of the first two
// codes of every word and of the other two, for the halves of the block as (A, B, A, B).
func (i isa) storeCodes(v []VecVirtual, lane, stride Register) VecVirtual {
	store := func(word func(s int)) {
		for s := range 8 {
			word(s)
			ADDQ(stride, lane)
		}
	}
	a, b := XMM(), XMM()
	if i == avx512 {
		VPMOVSDB(v[0], a)
		VPMOVSDB(v[1], b)
		store(func(s int) { VPEXTRD(Imm(uint64(s%4)), []VecVirtual{a, b}[s/4], Mem{Base: lane}) })
		pairs(a)
		pairs(b)
		// As dwords of two sums: (a0+a2, a1+a3, b0+b2, b1+b3), then every other one.
		t := XMM()
		VPUNPCKLQDQ(b, a, t)
		VPUNPCKHQDQ(b, a, a)
		VPADDW(t, a, a)
		return foldPairs(a)
	}
	// Packing works within 128-bit lanes: word 2j lands in element j of the low one, word 2j+1 in that of the high one.
	VPACKSSDW(v[1], v[0], v[0])
	VPACKSSDW(v[3], v[2], v[2])
	VPACKSSWB(v[2], v[0], v[0])
	VMOVDQA(v[0].AsX(), a)
	VEXTRACTI128(Imm(1), v[0], b)
	store(func(s int) { VPEXTRD(Imm(uint64(s/2)), []VecVirtual{a, b}[s%2], Mem{Base: lane}) })
	pairs(a)
	pairs(b)
	VPADDW(b, a, a)
	return foldPairs(a)
}

// pairs replaces 16 codes by the sums of 2 neighbors.
func pairs(v VecVirtual) {
	ones := XMM()
	VMOVDQU(words(0x01010101), ones)
	VPMADDUBSW(v, ones, v)
}

// foldPairs makes (A, B, A, B) of the dwords (A, A', B, B'), each of two sums.
func foldPairs(v VecVirtual) VecVirtual {
	t := XMM()
	VPSHUFD(Imm(0xb1), v, t)
	VPADDW(t, v, v)
	VPSHUFD(Imm(0x88), v, v)
	return v
}

// storeSums stores scale and sums of a block, from pairs (A, B, A, B) of sums, and moves lane to the next block.
func storeSums(pairs VecVirtual, scale VecVirtual, lane, stride Register) {
	// ints = (A+B, A+B, A, B)
	sums, ints, t := XMM(), XMM(), XMM()
	VPMADDWD(words(0x00010001), pairs, sums)
	VPHADDD(sums, sums, ints)
	VPUNPCKLQDQ(sums, ints, ints)
	negative := func(shift uint64) {
		VPSLLD(Imm(shift), ints, t)
		zeros := XMM()
		VPXOR(zeros, zeros, zeros)
		VPSUBD(t, zeros, t)
	}
	floats := XMM()
	VCVTDQ2PS(ints, floats)
	wide := XMM()
	VBROADCASTSS(scale, wide)
	VMULPS(wide, floats, floats)
	next := func() { ADDQ(stride, lane) }
	VMOVSS(scale, Mem{Base: lane})
	next()
	sum8 := XMM()
	negative(3)
	VMOVDQA(t, sum8)
	negative(7)
	VMOVD(t, Mem{Base: lane}) // planeSum128
	next()
	VMOVD(sum8, Mem{Base: lane}) // planeSum8
	next()
	VMOVSS(floats, Mem{Base: lane}) // planeSum
	next()
	VPSLLW(Imm(4), pairs, pairs)
	zeros := XMM()
	VPXOR(zeros, zeros, zeros)
	VPSUBW(pairs, zeros, pairs)
	for _, v := range []VecVirtual{t, floats, pairs} { // planeHalf128, planeHalf, planePair
		for e := range 2 {
			VPEXTRD(Imm(uint64(2+e)), v, Mem{Base: lane})
			next()
		}
	}
}
