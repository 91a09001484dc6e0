package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tokens2 are the numbers of tokens with an AVX2 kernel of their own.
var tokens2 = []int{1, 2, 3, 4, 6}

// blocks2 makes the AVX2 kernels for n tokens out of a tile, whose words lie word bytes apart. For one token a block is one pass over
// all rows with the sums in registers. For more it takes passes over fewer rows, so that integer sums for all tokens fit the 16 registers
// and every weight is unpacked once; the float sums lie in scratch memory, [token][32].
func blocks2() {
	for _, l := range layouts {
		for _, n := range tokens2 {
			block2(l, n)
		}
	}
}

// pass2 is the state of a kernel.
type pass2 struct {
	layout
	n            int
	w, header    Register
	a, at, word  Register // at: the step in the block
	tail         Register // planeScale of the block
	scratch      Register
	row          Register        // the first of a pass, nil if there is one pass
	acc, dot     [6][]VecVirtual // for 8 rows each
	x, y, w0, w1 VecVirtual
}

// prefetchAhead is how many bytes before their use weights are asked for: what memory delivers in two or three of its latencies.
const prefetchAhead = 4096

func block2(l layout, n int) {
	function(fmt.Sprintf("blocks%sAVX2_%d", l.name, n),
		"func(w, a *byte, word int, out *float32, oStride, blocks, groups, add int, scratch *byte)",
		fmt.Sprintf("multiplies row groups in layout%s with %d tokens of a tile; see blockShape.", l.name, n))
	p := &pass2{layout: l, n: n, w: param("w"), header: GP64(), a: GP64(), at: GP64(), word: param("word"), tail: GP64()}
	out, groups := param("out"), param("groups")
	count, eight := GP64(), GP64()
	p.x, p.y, p.w0, p.w1 = YMM(), YMM(), YMM(), YMM()
	vectors := 4
	if n > 1 {
		vectors = 2
		p.row, p.scratch = GP64(), param("scratch")
	}
	for t := range n {
		p.dot[t] = avx2.vecs(vectors)
		if n == 1 {
			p.acc[t] = avx2.vecs(vectors)
		}
	}
	loop("group", groups, 1, func() {
		MOVQ(paramMem("a"), p.a)
		MOVQ(paramMem("blocks"), count)
		p.clear()
		l.blocks(p.w, count, p.header, eight, p.block)
		CMPQ(paramMem("add"), U8(0))
		JEQ(LabelRef("store"))
		p.addOutput(out)
		Label("store")
		p.store(out)
		add(128, out)
	})
	done()
}

// clear sets the float sums to zero.
func (p *pass2) clear() {
	if p.n == 1 {
		for _, v := range p.acc[0] {
			zero(v)
		}
		return
	}
	zero(p.x)
	for i := range 4 * p.n {
		VMOVUPS(p.x, Mem{Base: p.scratch, Disp: 32 * i})
	}
}

// addOutput adds what out holds to the float sums.
func (p *pass2) addOutput(out Register) {
	p.outputs(out, func(t, h int, at Mem) {
		if p.n == 1 {
			VADDPS(at, p.acc[t][h], p.acc[t][h])
			return
		}
		VMOVUPS(at, p.x)
		VADDPS(p.sum(t, h), p.x, p.x)
		VMOVUPS(p.x, p.sum(t, h))
	})
}

// store writes the float sums.
func (p *pass2) store(out Register) {
	p.outputs(out, func(t, h int, at Mem) {
		if p.n == 1 {
			VMOVUPS(p.acc[t][h], at)
			return
		}
		VMOVUPS(p.sum(t, h), p.x)
		VMOVUPS(p.x, at)
	})
}

// sum is where vector h of the float sums of a token lies in scratch memory, rows in order.
func (p *pass2) sum(t, h int) Mem { return Mem{Base: p.scratch, Disp: 128*t + 32*h} }

// outputs runs body for every vector of every token, with its place in out.
func (p *pass2) outputs(out Register, body func(t, h int, at Mem)) {
	if p.n == 1 {
		for h := range p.acc[0] {
			body(0, h, Mem{Base: out, Disp: 4 * p.firstRow(h)})
		}
		return
	}
	o, stride := GP64(), GP64()
	MOVQ(paramMem("oStride"), stride)
	MOVQ(out, o)
	for t := range p.n {
		for h := range 4 {
			body(t, h, Mem{Base: o, Disp: 32 * h})
		}
		if t < p.n-1 {
			LEAQ(Mem{Base: o, Index: stride, Scale: 4}, o)
		}
	}
}

// firstRow is the first row of vector h of a pass: the nibbles of a byte belong to rows 16 apart.
func (p *pass2) firstRow(h int) int {
	if p.nibbles() {
		return 8*(h/2) + 16*(h%2)
	}
	return 8 * h
}

// block multiplies one block and moves a to the next.
func (p *pass2) block() {
	LEAQ(Mem{Base: p.a, Index: p.word, Scale: 8}, p.tail)
	if p.n == 1 {
		// With one token memory sets the pace, and on processors of this level its own prefetcher does not keep up.
		for at := 0; at < p.blockBytes(); at += 64 {
			PREFETCHT0(Mem{Base: p.w, Disp: prefetchAhead + at})
		}
	}
	if p.row == nil {
		p.parts2()
	} else {
		step, end := 16, 32
		if p.nibbles() {
			step, end = 8, 16
		}
		XORQ(p.row, p.row)
		Label("pass")
		p.parts2()
		add(step, p.row)
		CMPQ(p.row, U32(uint32(end)))
		JNE(LabelRef("pass"))
	}
	LEAQ(Mem{Base: p.tail, Index: p.word, Scale: 8}, p.a)
	LEAQ(Mem{Base: p.a, Index: p.word, Scale: planes - 16}, p.a)
}

// parts2 makes one pass over the rows of a block.
func (p *pass2) parts2() {
	MOVQ(p.a, p.at)
	for part := range p.parts {
		if p.bits == 8 && !p.small {
			p.signedDots(part)
		} else {
			p.shortDots(part)
		}
		p.addScaled(part)
	}
}

// plane addresses a plane behind planeScale.
func (p *pass2) plane(n int) Mem {
	at, rest := p.tail, n-planeScale
	for _, scale := range []int{8, 4, 2} {
		if rest > scale {
			next := GP64()
			LEAQ(Mem{Base: at, Index: p.word, Scale: uint8(scale)}, next)
			at, rest = next, rest-scale
		}
	}
	if rest == 0 {
		return Mem{Base: at}
	}
	return Mem{Base: at, Index: p.word, Scale: uint8(rest)}
}

// code addresses 8 rows in a stored step.
func (p *pass2) code(part, s, row int) Mem {
	return rows(p.w, p.codes(part)+s*p.stepBytes(), 4, row, p.row)
}

// addScaled adds the dot products of a part, times both scales, to the float sums, and the sums of the activations times the minimums.
func (p *pass2) addScaled(part int) {
	var sums Mem
	if p.mins {
		sums = p.plane(p.sumPlane(part))
	}
	for h := range p.dot[0] {
		p.loadScale(p.w, p.header, part, p.firstRow(h), p.row, false, p.w0, p.x)
		if p.mins {
			p.loadScale(p.w, p.header, part, p.firstRow(h), p.row, true, p.w1, p.x)
		}
		for t := range p.n {
			dot := p.dot[t][h]
			VCVTDQ2PS(dot, dot)
			VBROADCASTSS(Mem{Base: p.tail, Disp: 4 * t}, p.x)
			VMULPS(p.w0, p.x, p.x)
			var acc Mem
			sum := dot
			if p.n == 1 {
				sum = p.acc[t][h]
				VFMADD231PS(dot, p.x, sum)
			} else {
				acc = rows(p.scratch, 128*t, 4, p.firstRow(h), p.row)
				VFMADD213PS(acc, p.x, sum)
			}
			if p.mins {
				VBROADCASTSS(sums.Offset(4*t), p.x)
				if p.sub > 0 {
					VFNMADD231PS(p.x, p.w1, sum)
				} else {
					VFMADD231PS(p.x, p.w1, sum)
				}
			}
			if p.n > 1 {
				VMOVUPS(sum, acc)
			}
		}
	}
}

// signedDots multiplies byte codes with an offset. VPMADDUBSW adds two products in 16 bits, which codes up to 255 would
// overflow: the codes become signed, and the sign moves to the activations.
func (p *pass2) signedDots(part int) {
	for s := range p.steps() {
		for h := range p.dot[0] {
			VMOVDQU(words(0x80808080), p.w0)
			VPXOR(p.code(part, s, p.firstRow(h)), p.w0, p.w0)
			VPABSB(p.w0, p.w1)
			for t := range p.n {
				VPBROADCASTD(Mem{Base: p.at, Disp: 4 * t}, p.x)
				VPSIGNB(p.w0, p.x, p.x)
				VPMADDUBSW(p.x, p.w1, p.x)
				if s == 0 {
					VPMADDWD(words(0x00010001), p.x, p.dot[t][h])
					continue
				}
				VPMADDWD(words(0x00010001), p.x, p.x)
				VPADDD(p.x, p.dot[t][h], p.dot[t][h])
			}
		}
		ADDQ(p.word, p.at)
	}
}

// shortDots multiplies codes of up to 6 bits. A part is summed up in 16 bits: each sum is of 16 products with codes below 16 or 32, or of 8
// with codes below 32 or 64. Where sums of codes without their offset would not fit, they wrap around, and the start value, minus the offset
// times the sum of the activations, brings them back: with the offset they do.
func (p *pass2) shortDots(part int) {
	for t := range p.n {
		p.start(part, t)
	}
	for s := range p.steps() {
		for first := 0; first < len(p.dot[0]); first += 2 {
			p.unpack(part, s, first)
			for t := range p.n {
				VPBROADCASTD(Mem{Base: p.at, Disp: 4 * t}, p.x)
				if s == 0 && p.offset == 0 {
					VPMADDUBSW(p.x, p.w0, p.dot[t][first])
					VPMADDUBSW(p.x, p.w1, p.dot[t][first+1])
					continue
				}
				VPMADDUBSW(p.x, p.w0, p.y)
				VPADDW(p.y, p.dot[t][first], p.dot[t][first])
				VPMADDUBSW(p.x, p.w1, p.x)
				VPADDW(p.x, p.dot[t][first+1], p.dot[t][first+1])
			}
		}
		ADDQ(p.word, p.at)
	}
	for t := range p.n {
		for _, dot := range p.dot[t] {
			VPMADDWD(words(0x00010001), dot, dot)
		}
	}
}

// start sets the 16-bit sums of a token to minus the offset times the sums of the activations.
func (p *pass2) start(part, t int) {
	if p.offset == 0 {
		return
	}
	v := p.dot[t][0]
	VPBROADCASTD(p.plane(planePair+part).Offset(4*t), v)
	if p.parts == 1 {
		VPBROADCASTD(p.plane(planePair+1).Offset(4*t), p.x)
		VPADDW(p.x, v, v)
	}
	switch p.offset { // from 16
	case 8:
		VPSRAW(Imm(1), v, v)
	case 32:
		VPADDW(v, v, v)
	}
	for _, other := range p.dot[t][1:] {
		VMOVDQA(v, other)
	}
}

// unpack loads the codes of a step, those of vector h to w0 and of vector h+1 to w1; y is clobbered.
func (p *pass2) unpack(part, s, h int) {
	if p.nibbles() {
		VMOVDQU(p.code(part, s, p.firstRow(h)), p.w0)
		VPSRLW(Imm(4), p.w0, p.w1)
		VPAND(words(0x0f0f0f0f), p.w0, p.w0)
		VPAND(words(0x0f0f0f0f), p.w1, p.w1)
		return
	}
	for i, w := range []VecVirtual{p.w0, p.w1} {
		row := p.firstRow(h + i)
		if s < p.storedSteps() {
			VMOVDQU(p.code(part, s, row), w)
			if p.bits < 8 {
				VPAND(words((1<<p.bits-1)*0x01010101), w, w)
			}
			continue
		}
		for j, b := range highBits(p.bits, s) {
			v := w
			if j > 0 {
				v = p.y
			}
			VMOVDQU(p.code(part, b.step, row), v)
			VPSRLW(Imm(uint64(b.shift)), v, v)
			VPAND(words(b.mask*0x01010101), v, v)
			if j > 0 {
				VPOR(v, w, w)
			}
		}
	}
}
