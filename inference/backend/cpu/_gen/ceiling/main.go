// Command ceiling writes the assembly that measures what the machine can do at most. Run it with go generate in package cpu; its
// output is committed. The plain Go twins in ceiling_go.go say what is computed.
package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!noasm")
	ConstraintExpr("gc")
	sumWords("AVX512", ZMM, 64)
	sumWords("AVX2", YMM, 32)
	dotsAVX512()
	dotsAVX2()
	products("AVX512", ZMM, 64, 12)
	products("AVX2", YMM, 32, 12)
	Generate()
}

func function(name, signature, doc string) {
	TEXT(name, attr.NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
}

func done() {
	VZEROUPPER()
	RET()
}

func param(name string) Register { return Load(Param(name), GP64()) }

// repeat runs body count times, at least once.
func repeat(count Register, body func()) {
	Label("loop")
	body()
	DECQ(count)
	JNZ(LabelRef("loop"))
}

func vecs(vec func() VecVirtual, n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = vec()
	}
	return v
}

// zero clears vectors.
func zero(v []VecVirtual) {
	for _, r := range v {
		if r.Size() == 64 {
			VPXORD(r, r, r)
		} else {
			VPXOR(r, r, r)
		}
	}
}

const stepBytes = 256 // read in one turn of sumWords: four lines

// sumWords reads as one ascending stream, with one prefetch a line.
func sumWords(isa string, vec func() VecVirtual, width int) {
	function("sumWords"+isa, "func(p *byte, steps, ahead int, sums *uint64)",
		"adds the 64-bit words of steps*256 bytes, steps >= 1, to eight sums; it prefetches the line ahead bytes further on.")
	p, steps, ahead, out := param("p"), param("steps"), param("ahead"), param("sums")
	acc := vecs(vec, 4*64/width) // four times the eight sums
	zero(acc)
	repeat(steps, func() {
		for at := 0; at < stepBytes; at += 64 {
			PREFETCHT0(Mem{Base: p, Index: ahead, Scale: 1, Disp: at})
		}
		for at := 0; at < stepBytes; at += width {
			a := acc[at/width%len(acc)]
			VPADDQ(Mem{Base: p, Disp: at}, a, a)
		}
		ADDQ(U32(stepBytes), p)
	})
	sums := 64 / width
	for i, a := range acc[sums:] {
		VPADDQ(a, acc[i%sums], acc[i%sums])
	}
	for i, a := range acc[:sums] {
		if width == 64 {
			VMOVDQU64(a, Mem{Base: out, Disp: i * width})
		} else {
			VMOVDQU(a, Mem{Base: out, Disp: i * width})
		}
	}
	done()
}

// dotsAVX512 keeps sixteen sums: more than two units with a latency of five need.
func dotsAVX512() {
	function("dotsAVX512", "func(w, x *byte, rounds int, sums *int32)",
		"adds 16 times rounds, rounds >= 1, the products of 64 unsigned and 64 signed bytes to 16 sums.")
	w, x, rounds, out := ZMM(), ZMM(), param("rounds"), param("sums")
	VMOVDQU64(Mem{Base: param("w")}, w)
	VMOVDQU64(Mem{Base: param("x")}, x)
	acc := vecs(ZMM, 16)
	zero(acc)
	repeat(rounds, func() {
		for _, a := range acc {
			Instruction(&ir.Instruction{
				Opcode: "VPDPBUSD", Operands: []Op{x, w, a}, Inputs: []Op{x, w, a}, Outputs: []Op{a}, ISA: []string{"AVX512VNNI"},
			})
		}
	})
	for _, a := range acc[1:] {
		VPADDD(a, acc[0], acc[0])
	}
	VMOVDQU64(acc[0], Mem{Base: out})
	done()
}

// dotsAVX2 adds eight sums of pairs in 16 bits before it widens them, as 4-bit weights allow; a kernel that has to widen each does
// less.
func dotsAVX2() {
	const chains, adds = 6, 8
	function("dotsAVX2", "func(w, x *byte, rounds int, sums *int32)",
		"adds 24 times rounds, rounds >= 1, the products of 64 unsigned and 64 signed bytes to 16 sums. Eight times the sum of a pair "+
			"of products must fit 16 bits.")
	rounds, out := param("rounds"), param("sums")
	wp, xp := param("w"), param("x")
	w, x := vecs(YMM, 2), vecs(YMM, 2)
	for h := range 2 {
		VMOVDQU(Mem{Base: wp, Disp: 32 * h}, w[h])
		VMOVDQU(Mem{Base: xp, Disp: 32 * h}, x[h])
	}
	ones := YMM()
	VPCMPEQW(ones, ones, ones)
	VPSRLW(Imm(15), ones, ones)
	acc, sum, t := vecs(YMM, 2), vecs(YMM, chains), vecs(YMM, 3)
	zero(acc)
	repeat(rounds, func() {
		for n := range adds {
			for i, s := range sum {
				if n == 0 {
					VPMADDUBSW(x[i%2], w[i%2], s)
					continue
				}
				p := t[i%len(t)]
				VPMADDUBSW(x[i%2], w[i%2], p)
				VPADDW(p, s, s)
			}
		}
		for i, s := range sum {
			VPMADDWD(ones, s, s)
			VPADDD(s, acc[i%2], acc[i%2])
		}
	})
	for h := range 2 {
		VMOVDQU(acc[h], Mem{Base: out, Disp: 32 * h})
	}
	done()
}

// products multiplies 16 pairs of floats; of 8-lane vectors every other sum takes the upper half.
func products(isa string, vec func() VecVirtual, width, sums int) {
	function("products"+isa, "func(x, y *float32, rounds int, sums *float32)",
		"adds the 16 products x[i]*y[i] to 16 sums, rounds >= 1 times 12 (AVX-512) or 6 (AVX2).")
	rounds, out := param("rounds"), param("sums")
	xp, yp := param("x"), param("y")
	parts := 64 / width
	x, y := vecs(vec, parts), vecs(vec, parts)
	for h := range parts {
		VMOVUPS(Mem{Base: xp, Disp: width * h}, x[h])
		VMOVUPS(Mem{Base: yp, Disp: width * h}, y[h])
	}
	acc := vecs(vec, sums)
	zero(acc)
	repeat(rounds, func() {
		for i, a := range acc {
			VFMADD231PS(x[i%parts], y[i%parts], a)
		}
	})
	for i, a := range acc[parts:] {
		VADDPS(a, acc[i%parts], acc[i%parts])
	}
	for h := range parts {
		VMOVUPS(acc[h], Mem{Base: out, Disp: width * h})
	}
	done()
}
