package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// elementwise are the kernels without reduction; n is a multiple of 16.
func elementwise(i isa) {
	// binary walks dst and its sources.
	binary := func(name, signature, doc string, sources []string, body func(dst Mem, src []Mem)) {
		function(name+i.name, signature, doc+" n is a multiple of 16.")
		dst := param("dst")
		ptr := []Register{dst}
		src := make([]Mem, len(sources))
		for j, s := range sources {
			p := param(s)
			ptr = append(ptr, p)
			src[j] = Mem{Base: p}
		}
		loop("next", param("n"), i.elems, func() {
			body(Mem{Base: dst}, src)
			for _, p := range ptr {
				add(i.bytes(), p)
			}
		})
		done()
	}
	binary("addTo", "func(dst, x *float32, n int)", "adds x to dst.", []string{"x"}, func(dst Mem, s []Mem) {
		v := i.vec()
		VMOVUPS(dst, v)
		VADDPS(s[0], v, v)
		VMOVUPS(v, dst)
	})
	gate := []string{"gate", "up"}
	binary("siluMul", "func(dst, gate, up *float32, n int)", "sets dst = gate/(1+exp(-gate)) * up.", gate, func(dst Mem, s []Mem) {
		x, v := i.vec(), i.vec()
		VMOVUPS(s[0], x)
		VXORPS(words(1<<31), x, v)
		v = i.exp(v)
		VADDPS(float(1), v, v)
		VDIVPS(v, x, x)
		VMULPS(s[1], x, x)
		VMOVUPS(x, dst)
	})
	binary("geluTanhMul", "func(dst, gate, up *float32, n int)", "sets dst = gelu(gate) * up.", gate, func(dst Mem, s []Mem) {
		x, v, c := i.vec(), i.vec(), i.vec()
		VMOVUPS(s[0], x)
		VMULPS(x, x, v)
		VMOVUPS(float(geluCubic), c)
		VFMADD213PS(float(geluLinear), c, v)
		VMULPS(x, v, v)
		v = i.exp(v)
		VADDPS(float(1), v, v)
		VDIVPS(v, x, x)
		VMULPS(s[1], x, x)
		VMOVUPS(x, dst)
	})
	i.scaled()
	i.rope()
	i.halves()
}

// scaled are the kernels with a factor for the whole row.
func (i isa) scaled() {
	for _, adds := range []bool{false, true} {
		name, doc := "mulScaled", "sets dst = x*f*w."
		if adds {
			name, doc = "mulScaledAdd", "sets dst += x*f*w."
		}
		function(name+i.name, "func(dst, x, w *float32, f float32, n int)", doc+" n is a multiple of 16.")
		dst, x, w, n := param("dst"), param("x"), param("w"), param("n")
		f, v := i.vec(), i.vec()
		VBROADCASTSS(paramMem("f"), f)
		loop("next", n, i.elems, func() {
			VMULPS(Mem{Base: x}, f, v)
			VMULPS(Mem{Base: w}, v, v)
			if adds {
				VADDPS(Mem{Base: dst}, v, v)
			}
			VMOVUPS(v, Mem{Base: dst})
			for _, p := range []Register{dst, x, w} {
				add(i.bytes(), p)
			}
		})
		done()
	}
	function("scale"+i.name, "func(x *float32, f float32, n int)", "multiplies x by f. n is a multiple of 16.")
	x, n := param("x"), param("n")
	f, v := i.vec(), i.vec()
	VBROADCASTSS(paramMem("f"), f)
	loop("next", n, i.elems, func() {
		VMULPS(Mem{Base: x}, f, v)
		VMOVUPS(v, Mem{Base: x})
		add(i.bytes(), x)
	})
	done()
}

// The constants of the Go twins.
const (
	geluLinear = -1.5957691216057308
	geluCubic  = -0.0713548162726
	expMin     = -104
	expMax     = 89
	expLog2    = 1.44269504088896341
	expHigh    = 0.693359375
	expLow     = -2.12194440e-4
)

var expCoefficients = []float64{
	1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
}

// exp returns e^x and clobbers x; see exp32 in the package.
func (i isa) exp(x VecVirtual) VecVirtual {
	n, y, t := i.vec(), i.vec(), i.vec()
	// Of a NaN and a number, these instructions return the first operand here, so NaN passes.
	VMOVUPS(float(expMin), t)
	VMAXPS(x, t, x)
	VMOVUPS(float(expMax), t)
	VMINPS(x, t, x)
	VMULPS(float(expLog2), x, n)
	if i == avx512 {
		VRNDSCALEPS(Imm(8), n, n)
	} else {
		VROUNDPS(Imm(8), n, n)
	}
	VFNMADD231PS(float(expHigh), n, x)
	VFNMADD231PS(float(expLow), n, x)
	VMOVUPS(float(expCoefficients[0]), y)
	for _, c := range expCoefficients[1:] {
		VFMADD213PS(float(c), x, y)
	}
	VMULPS(x, x, t)
	VFMADD213PS(x, t, y)
	VADDPS(float(1), y, y)
	if i == avx512 {
		VSCALEFPS(n, y, y)
		return y
	}
	// 2^n in two factors, since n goes beyond the exponents of normal numbers.
	VCVTPS2DQ(n, n)
	VPSRAD(Imm(1), n, t)
	VPSUBD(t, n, n)
	for _, e := range []VecVirtual{t, n} {
		VPADDD(words(127), e, e)
		VPSLLD(Imm(23), e, e)
		VMULPS(e, y, y)
	}
	return y
}

// rope makes the rotations.
func (i isa) rope() {
	function("ropeHalf"+i.name, "func(low, high, cos, sin *float32, n int)",
		"rotates the pairs (low[j], high[j]). n is a multiple of 16.")
	low, high, cos, sin := param("low"), param("high"), param("cos"), param("sin")
	a, b, c, s, t := i.vec(), i.vec(), i.vec(), i.vec(), i.vec()
	loop("next", param("n"), i.elems, func() {
		VMOVUPS(Mem{Base: low}, a)
		VMOVUPS(Mem{Base: high}, b)
		VMOVUPS(Mem{Base: cos}, c)
		VMOVUPS(Mem{Base: sin}, s)
		VMULPS(s, b, t)
		VMULPS(s, a, s)
		VFMSUB213PS(t, c, a)
		VFMADD213PS(s, c, b)
		VMOVUPS(a, Mem{Base: low})
		VMOVUPS(b, Mem{Base: high})
		for _, p := range []Register{low, high, cos, sin} {
			add(i.bytes(), p)
		}
	})
	done()

	function("ropeInterleaved"+i.name, "func(x, cos, sin *float32, n int)",
		"rotates the pairs (x[2j], x[2j+1]), j < n. n is a multiple of 8.")
	x, cos, sin := param("x"), param("cos"), param("sin")
	v, c, s := i.vec(), i.vec(), i.vec()
	loop("next", param("n"), i.elems/2, func() {
		VMOVUPS(Mem{Base: x}, v)
		for _, p := range []struct {
			src Register
			dst VecVirtual
		}{{cos, c}, {sin, s}} {
			VPMOVZXDQ(Mem{Base: p.src}, p.dst)
			VMOVSLDUP(p.dst, p.dst)
		}
		t := i.vec()
		VPERMILPS(Imm(0xb1), v, t)
		VMULPS(s, t, t)
		VFMADDSUB213PS(t, c, v)
		VMOVUPS(v, Mem{Base: x})
		add(i.bytes(), x)
		add(i.bytes()/2, cos)
		add(i.bytes()/2, sin)
	})
	done()
}

// halves makes the conversions from and to float16.
func (i isa) halves() {
	half := func(v VecVirtual) VecVirtual {
		if i == avx512 {
			return v.AsY().(VecVirtual)
		}
		return v.AsX().(VecVirtual)
	}
	function("toHalf"+i.name, "func(dst *uint16, x *float32, n int)", "rounds to float16. n is a multiple of 16.")
	dst, x := param("dst"), param("x")
	v := i.vec()
	loop("next", param("n"), i.elems, func() {
		VMOVUPS(Mem{Base: x}, v)
		VCVTPS2PH(Imm(0), v, half(v))
		VMOVUPS(half(v), Mem{Base: dst})
		add(i.bytes(), x)
		add(i.bytes()/2, dst)
	})
	done()
	function("fromHalf"+i.name, "func(dst *float32, x *uint16, n int)", "widens float16. n is a multiple of 16.")
	dst, x = param("dst"), param("x")
	v = i.vec()
	loop("next", param("n"), i.elems, func() {
		VCVTPH2PS(Mem{Base: x}, v)
		VMOVUPS(v, Mem{Base: dst})
		add(i.bytes(), dst)
		add(i.bytes()/2, x)
	})
	done()
}

// reductions are kernels that leave 16 partial results, one for each index mod 16, to the caller. n is a multiple of 16.
func reductions(i isa) {
	sets := 16 / i.elems // vectors for 16 lanes

	function("sumSquares"+i.name, "func(x *float32, n int, lanes *float32)",
		"adds x[j]^2 to lane j mod 16 of lanes. n is a multiple of 16.")
	x, n, lanes := param("x"), param("n"), param("lanes")
	acc, v := i.vecs(sets), i.vec()
	i.loadAll(lanes, acc)
	loop("next", n, 16, func() {
		for s := range acc {
			VMOVUPS(Mem{Base: x, Disp: s * i.bytes()}, v)
			VFMADD231PS(v, v, acc[s])
		}
		add(64, x)
	})
	i.storeAll(lanes, acc)
	done()

	function("expSum"+i.name, "func(x *float32, n int, m float32, lanes *float32)",
		"adds exp(x[j]-m) to lane j mod 16 of lanes. n is a multiple of 16.")
	x, n, lanes = param("x"), param("n"), param("lanes")
	acc, m := i.vecs(sets), i.vec()
	VBROADCASTSS(paramMem("m"), m)
	i.loadAll(lanes, acc)
	loop("next", n, 16, func() {
		for s := range acc {
			v := i.vec()
			VMOVUPS(Mem{Base: x, Disp: s * i.bytes()}, v)
			VSUBPS(m, v, v)
			VADDPS(i.exp(v), acc[s], acc[s])
		}
		add(64, x)
	})
	i.storeAll(lanes, acc)
	done()

	function("maxIndex"+i.name, "func(x *float32, n int, top *float32, index *int32)",
		"finds the largest x[j] and its lowest j for every j mod 16. n is a multiple of 16.")
	x, n = param("x"), param("n")
	top, index := i.vecs(sets), i.vecs(sets)
	at := i.vec()
	for s := range top {
		VMOVUPS(float(math.Inf(-1)), top[s])
		zero(index[s])
	}
	VMOVUPS(sequence(), at)
	loop("next", n, 16, func() {
		for s := range top {
			v := i.vec()
			VMOVUPS(Mem{Base: x, Disp: s * i.bytes()}, v)
			if i == avx512 {
				k := K()
				VCMPPS(Imm(30), top[s], v, k)
				VMOVAPS(v, k, top[s])
				VMOVDQA32(at, k, index[s])
				VPADDD(words(16), at, at)
				continue
			}
			bigger := i.vec()
			VCMPPS(Imm(30), top[s], v, bigger)
			VBLENDVPS(bigger, v, top[s], top[s])
			VBLENDVPS(bigger, at, index[s], index[s])
			VPADDD(words(8), at, at)
		}
		add(64, x)
	})
	i.storeAll(param("top"), top)
	i.storeAll(param("index"), index)
	done()
}

func (i isa) loadAll(from Register, v []VecVirtual) {
	for s := range v {
		VMOVUPS(Mem{Base: from, Disp: s * i.bytes()}, v[s])
	}
}

func (i isa) storeAll(to Register, v []VecVirtual) {
	for s := range v {
		VMOVUPS(v[s], Mem{Base: to, Disp: s * i.bytes()})
	}
}
