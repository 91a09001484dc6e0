package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// softmax makes the online softmax of one block of 32 keys; see softmaxGo in the package.
func softmax(i isa) {
	function("softmax"+i.name, "func(p, m, l, c *float32, n int)",
		"does one block of 32 keys of online softmax for n rows: scores p [n][32], maximum m [n], sums l [n][16], factor c [n].")
	p, m, l, c := param("p"), param("m"), param("l"), param("c")
	n := param("n")
	s := i.vecs(32 / i.elems)
	top := i.vec()
	bits := GP32()
	loop("row", n, 1, func() {
		VBROADCASTSS(Mem{Base: m}, top)
		for j := range s {
			VMOVUPS(Mem{Base: p, Disp: j * i.bytes()}, s[j])
			VMAXPS(top, s[j], top) // the second operand of a NaN pair stays: NaN scores are passed over
		}
		i.horizontalMax(top)
		VMOVD(top.AsX(), bits)
		CMPL(bits, U32(math.Float32bits(float32(math.Inf(-1)))))
		JEQ(LabelRef("masked"))
		// Mostly the maximum stays, and the factor is e^0 = 1.
		old, factor := i.vec(), i.vec()
		CMPL(bits, Mem{Base: m})
		VBROADCASTSS(Mem{Base: m}, old)
		VMOVSS(top.AsX(), Mem{Base: m})
		VBROADCASTSS(top.AsX(), top)
		JEQ(LabelRef("same"))
		VSUBPS(top, old, old)
		VMOVUPS(i.exp(old), factor)
		JMP(LabelRef("weights"))
		Label("same")
		VMOVUPS(float(1), factor)
		Label("weights")
		VMOVSS(factor.AsX(), Mem{Base: c})
		for j := range s {
			VSUBPS(top, s[j], s[j])
			s[j] = i.exp(s[j])
			VMOVUPS(s[j], Mem{Base: p, Disp: j * i.bytes()})
		}
		half := len(s) / 2
		for j := range half {
			VADDPS(s[j+half], s[j], s[j])
			VFMADD231PS(Mem{Base: l, Disp: j * i.bytes()}, factor, s[j])
			VMOVUPS(s[j], Mem{Base: l, Disp: j * i.bytes()})
		}
		JMP(LabelRef("next"))
		Label("masked")
		zero(top)
		for j := range s {
			VMOVUPS(top, Mem{Base: p, Disp: j * i.bytes()})
		}
		MOVL(U32(math.Float32bits(1)), bits)
		MOVL(bits, Mem{Base: c})
		Label("next")
		add(128, p)
		add(4, m)
		add(64, l)
		add(4, c)
	})
	done()
}

// horizontalMax leaves the largest element in element 0.
func (i isa) horizontalMax(v VecVirtual) {
	t := i.vec()
	if i == avx512 {
		VEXTRACTF64X4(Imm(1), v, t.AsY())
		VMAXPS(t.AsY(), v.AsY(), v.AsY())
	}
	VEXTRACTF128(Imm(1), v.AsY(), t.AsX())
	VMAXPS(t.AsX(), v.AsX(), v.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		VPERMILPS(Imm(order), v.AsX(), t.AsX())
		VMAXPS(t.AsX(), v.AsX(), v.AsX())
	}
}

// fromQ8 makes the widening of blocks of Q8_0; see fromQ8Go in the package.
func fromQ8(i isa) {
	function("fromQ8"+i.name, "func(dst *float32, x *byte, blocks int)", "widens blocks of 32 codes with a float16 scale before them.")
	dst, x, n := param("dst"), param("x"), param("blocks")
	scale, v := i.vec(), i.vecs(32/i.elems)
	loop("next", n, 1, func() {
		if i == avx512 {
			VPBROADCASTW(Mem{Base: x}, scale.AsY())
			VCVTPH2PS(scale.AsY(), scale)
		} else {
			VPBROADCASTW(Mem{Base: x}, scale.AsX())
			VCVTPH2PS(scale.AsX(), scale)
		}
		for j := range v {
			VPMOVSXBD(Mem{Base: x, Disp: 2 + j*i.elems}, v[j])
			VCVTDQ2PS(v[j], v[j])
			VMULPS(scale, v[j], v[j])
			VMOVUPS(v[j], Mem{Base: dst, Disp: j * i.bytes()})
		}
		add(34, x)
		add(128, dst)
	})
	done()
}

// denseTokens are the token counts with a kernel of their own.
func denseTokens(i isa) []int {
	if i == avx512 {
		return []int{1, 2, 3, 4, 5, 6, 7, 8, 12}
	}
	return []int{1, 2, 3}
}

// dense makes the kernels of float weights: 32 columns times n rows of float32 activations. They serve the products
// with keys and values and matrices of float weights.
func dense(i isa) {
	for _, typ := range []string{"F32", "F16", "BF16"} {
		for _, n := range denseTokens(i) {
			denseKernel(i, typ, n)
		}
	}
}

func denseKernel(i isa, typ string, n int) {
	function(fmt.Sprintf("dense%s%s_%d", typ, i.name, n),
		"func(w *byte, wStride int, a *float32, aStride int, out *float32, oStride, k int, carry *float32, scale float32)",
		fmt.Sprintf("multiplies %d rows with 32 columns; see denseShape. Strides are in bytes.", n))
	w, wStride := param("w"), param("wStride")
	aStride, out, oStride := param("aStride"), param("out"), param("oStride")
	k, carry := param("k"), param("carry")
	// Three rows share a base pointer, since an index can be scaled by 1 and 2.
	rows := make([]Register, (n+2)/3)
	rows[0] = param("a")
	for j := 1; j < len(rows); j++ {
		rows[j] = GP64()
		LEAQ(Mem{Base: rows[j-1], Index: aStride, Scale: 2}, rows[j])
		ADDQ(aStride, rows[j])
	}
	at := func(t int) Mem {
		m := Mem{Base: rows[t/3]}
		if t%3 > 0 {
			m.Index, m.Scale = aStride, uint8(t%3)
		}
		return m
	}
	cols := 32 / i.elems
	acc := make([][]VecVirtual, n)
	for t := range acc {
		acc[t] = i.vecs(cols)
		for _, v := range acc[t] {
			zero(v)
		}
	}
	o, x := GP64(), i.vec()
	TESTQ(carry, carry)
	JZ(LabelRef("start"))
	MOVQ(out, o)
	for t := range acc {
		VBROADCASTSS(Mem{Base: carry, Disp: 4 * t}, x)
		for c, v := range acc[t] {
			VMULPS(Mem{Base: o, Disp: c * i.bytes()}, x, v)
		}
		if t < n-1 {
			ADDQ(oStride, o)
		}
	}
	Label("start")
	loop("next", k, 1, func() {
		i.denseStep(typ, w, acc, at, x)
		ADDQ(wStride, w)
		for _, r := range rows {
			add(4, r)
		}
	})
	VBROADCASTSS(paramMem("scale"), x)
	for t := range acc {
		for c, v := range acc[t] {
			VMULPS(x, v, v)
			VMOVUPS(v, Mem{Base: out, Disp: c * i.bytes()})
		}
		if t < n-1 {
			ADDQ(oStride, out)
		}
	}
	done()
}

// denseStep multiplies one row of weights with one value of every token, which lies at at(t); x is clobbered.
func (i isa) denseStep(typ string, w Register, acc [][]VecVirtual, at func(t int) Mem, x VecVirtual) {
	cols := 32 / i.elems
	if i == avx512 {
		v := i.vecs(cols)
		for c := range v {
			i.widen(typ, w, c, v[c])
		}
		for t := range acc {
			VBROADCASTSS(at(t), x)
			for c := range v {
				VFMADD231PS(x, v[c], acc[t][c])
			}
		}
		return
	}
	// 12 accumulators leave room for three activations and one weight.
	v, b := i.vec(), append(i.vecs(len(acc)-1), x)
	for t := range b {
		VBROADCASTSS(at(t), b[t])
	}
	for c := range cols {
		i.widen(typ, w, c, v)
		for t := range acc {
			VFMADD231PS(b[t], v, acc[t][c])
		}
	}
}

// widen loads vector c of a row of weights.
func (i isa) widen(typ string, w Register, c int, v VecVirtual) {
	switch typ {
	case "F32":
		VMOVUPS(Mem{Base: w, Disp: c * i.bytes()}, v)
	case "F16":
		VCVTPH2PS(Mem{Base: w, Disp: c * i.bytes() / 2}, v)
	case "BF16":
		VPMOVZXWD(Mem{Base: w, Disp: c * i.bytes() / 2}, v)
		VPSLLD(Imm(16), v, v)
	}
}
