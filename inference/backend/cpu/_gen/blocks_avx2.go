package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// blocks2 makes the AVX2 kernels: n <= 3 tokens out of a tile, whose words lie word bytes apart. For one token a group is one
// pass, which memory can stream; for more it takes two passes of 16 rows, since 16 registers hold no more accumulators.
func blocks2() {
	for _, l := range layouts {
		for n := 1; n <= 3; n++ {
			block2(l, n)
		}
	}
}

// pass2 is the state of a kernel while it makes one pass.
type pass2 struct {
	layout
	n               int
	sets            []int // of 16 rows each
	w, header       Register
	a, tail, word   Register        // tail: at planeScale of the block
	acc, dot        [3][]VecVirtual // for 8 rows each, two of a set
	x, w0, w1, wAbs VecVirtual
}

func block2(l layout, n int) {
	function(fmt.Sprintf("blocks%sAVX2_%d", l.name, n),
		"func(w, a *byte, word int, out *float32, oStride, blocks, groups int)",
		fmt.Sprintf("multiplies row groups in layout%s with %d tokens of a tile; see blockShape.", l.name, n))
	w0, a0, word := param("w"), param("a"), param("word")
	out, oStride, groups := param("out"), param("oStride"), param("groups")
	SHLQ(Imm(2), oStride)
	count, eight, o := GP64(), GP64(), GP64()
	p := &pass2{layout: l, n: n, w: GP64(), header: GP64(), a: GP64(), tail: GP64(), word: word}
	passes := [][]int{{0}, {1}}
	if n == 1 {
		passes = [][]int{{0, 1}}
	}
	for t := range n {
		p.acc[t], p.dot[t] = avx2.vecs(2*len(passes[0])), avx2.vecs(2*len(passes[0]))
	}
	p.x, p.w0, p.w1 = YMM(), YMM(), YMM()
	p.wAbs = p.w1

	loop("group", groups, 1, func() {
		for _, p.sets = range passes {
			MOVQ(w0, p.w)
			MOVQ(a0, p.a)
			Load(Param("blocks"), count)
			for t := range n {
				for _, v := range p.acc[t] {
					zero(v)
				}
			}
			p.named(func() {
				l.blocks(p.w, count, p.header, eight, p.block)
			})
			MOVQ(out, o)
			for t := range n {
				for h := range p.acc[t] {
					VMOVUPS(p.acc[t][h], Mem{Base: o, Disp: 4 * p.row(h)})
				}
				if t < n-1 {
					ADDQ(oStride, o)
				}
			}
		}
		MOVQ(p.w, w0) // all passes end behind the group
		add(128, out)
	})
	done()
}

// named makes the labels of body's loops differ between passes.
func (p *pass2) named(body func()) {
	labelSuffix = fmt.Sprintf("_%d", p.sets[0])
	body()
	labelSuffix = ""
}

// row is the first row of accumulator h: the nibbles of a byte belong to rows 16 apart.
func (p *pass2) row(h int) int {
	set, half := p.sets[h/2], h%2
	if p.nibbles {
		return 8*set + 16*half
	}
	return 16*set + 8*half
}

// block multiplies one block and moves a to the next.
func (p *pass2) block() {
	LEAQ(Mem{Base: p.a, Index: p.word, Scale: 8}, p.tail)
	for part := range p.parts {
		if p.nibbles {
			p.nibbleDots()
		} else {
			p.byteDots(part)
		}
		for h := range p.acc[0] {
			p.loadScale(p.w, p.header, part, p.row(h), false, p.w0, p.w1)
			for t := range p.n {
				VCVTDQ2PS(p.dot[t][h], p.dot[t][h])
				VBROADCASTSS(Mem{Base: p.tail, Disp: 4 * t}, p.x)
				VMULPS(p.x, p.w0, p.x)
				VFMADD231PS(p.dot[t][h], p.x, p.acc[t][h])
			}
		}
		if !p.mins {
			continue
		}
		at := p.plane(p.sumPlane(part))
		for h := range p.acc[0] {
			p.loadScale(p.w, p.header, part, p.row(h), true, p.w0, p.w1)
			for t := range p.n {
				VBROADCASTSS(at.Offset(4*t), p.x)
				if p.sub {
					VFNMADD231PS(p.x, p.w0, p.acc[t][h])
				} else {
					VFMADD231PS(p.x, p.w0, p.acc[t][h])
				}
			}
		}
	}
	LEAQ(Mem{Base: p.tail, Index: p.word, Scale: 8}, p.a)
}

// plane addresses a plane behind planeScale.
func (p *pass2) plane(n int) Mem {
	at := p.tail
	rest := n - planeScale
	for _, scale := range []int{4, 2} {
		if rest > scale {
			next := GP64()
			LEAQ(Mem{Base: at, Index: p.word, Scale: uint8(scale)}, next)
			at, rest = next, rest-scale
		}
	}
	return Mem{Base: at, Index: p.word, Scale: uint8(rest)}
}

// byteDots multiplies byte codes with activations. VPMADDUBSW adds two products in 16 bits, which codes up to 255 would
// overflow: codes with an offset become signed, and the sign moves to the activations. Codes without (at most 31) are safe.
func (p *pass2) byteDots(part int) {
	step := p.codes(part)
	for s := range p.steps() {
		for h := range p.dot[0] {
			at := Mem{Base: p.w, Disp: step + 4*p.row(h)}
			unsigned := p.w0
			if p.init > 0 {
				VMOVDQU(words(0x80808080), p.w0)
				VPXOR(at, p.w0, p.w0)
				VPABSB(p.w0, p.wAbs)
				unsigned = p.wAbs
			} else {
				VMOVDQU(at, p.w0)
			}
			for t := range p.n {
				VPBROADCASTD(Mem{Base: p.a, Disp: 4 * t}, p.x)
				if p.init > 0 {
					VPSIGNB(p.w0, p.x, p.x)
				}
				VPMADDUBSW(p.x, unsigned, p.x)
				if s == 0 {
					VPMADDWD(words(0x00010001), p.x, p.dot[t][h])
					continue
				}
				VPMADDWD(words(0x00010001), p.x, p.x)
				VPADDD(p.x, p.dot[t][h], p.dot[t][h])
			}
		}
		ADDQ(p.word, p.a)
		step += p.stepBytes()
	}
}

// nibbleDots multiplies nibbles: 8 sums of two products of at most 15*127 fit 16 bits.
func (p *pass2) nibbleDots() {
	step := p.codes(0)
	for s := range p.steps() {
		for i, set := range p.sets {
			VMOVDQU(Mem{Base: p.w, Disp: step + 32*set}, p.w0)
			VPSRLW(Imm(4), p.w0, p.w1)
			VPAND(words(0x0f0f0f0f), p.w0, p.w0)
			VPAND(words(0x0f0f0f0f), p.w1, p.w1)
			for t := range p.n {
				for half, w := range []VecVirtual{p.w0, p.w1} {
					dot := p.dot[t][2*i+half]
					VPBROADCASTD(Mem{Base: p.a, Disp: 4 * t}, p.x)
					if s == 0 {
						VPMADDUBSW(p.x, w, dot)
						continue
					}
					VPMADDUBSW(p.x, w, p.x)
					VPADDW(p.x, dot, dot)
				}
			}
		}
		ADDQ(p.word, p.a)
		step += p.stepBytes()
	}
	for t := range p.n {
		for h := range p.dot[t] {
			VPMADDWD(words(0x00010001), p.dot[t][h], p.dot[t][h])
		}
	}
	if p.init == 0 {
		return
	}
	at := p.plane(p.init)
	for t := range p.n {
		VPBROADCASTD(at.Offset(4*t), p.x)
		for h := range p.dot[t] {
			VPADDD(p.x, p.dot[t][h], p.dot[t][h])
		}
	}
}
