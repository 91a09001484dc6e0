// Command _gen writes the assembly kernels of package cpu. Run it with go generate in that package; its output is committed.
//
// Every kernel exists for two instruction sets, AVX-512 (F, BW, DQ, VL, VNNI) and AVX2 (with FMA and F16C), and is written once
// where the two differ in vector length only. The plain Go twins in kernel_go.go say what is computed.
package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is one of the two instruction sets.
type isa struct {
	name  string
	elems int // float32 values in a vector
}

var (
	avx512 = isa{"AVX512", 16}
	avx2   = isa{"AVX2", 8}
)

// bytes is the length of a vector.
func (i isa) bytes() int { return 4 * i.elems }

// vec allocates a vector register.
func (i isa) vec() VecVirtual {
	if i == avx512 {
		return ZMM()
	}
	return YMM()
}

// vecs allocates n vector registers.
func (i isa) vecs(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for j := range v {
		v[j] = i.vec()
	}
	return v
}

func main() {
	ConstraintExpr("amd64")
	ConstraintExpr("!noasm")
	ConstraintExpr("gc")
	for _, i := range []isa{avx512, avx2} {
		elementwise(i)
		reductions(i)
		softmax(i)
		fromQ8(i)
		quantize(i)
		dense(i)
	}
	blocks512()
	blocks2()
	function("pauseAsm", "func()", "executes PAUSE once.")
	Instruction(&ir.Instruction{Opcode: "PAUSE"})
	RET()
	Generate()
}

// function starts a function that keeps no pointers.
func function(name, signature, doc string) {
	TEXT(name, attr.NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
}

// done returns; vector code must not leave dirty upper halves to code with older instructions.
func done() {
	VZEROUPPER()
	RET()
}

// param loads a parameter into a register.
func param(name string) Register { return Load(Param(name), GP64()) }

// paramMem is where a parameter lies.
func paramMem(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// add adds a constant to a pointer or counter. (Imm would choose a width that ADDQ does not have.)
func add(n int, r Op) { ADDQ(U32(uint32(n)), r) }

// labelSuffix makes labels differ where a function has the same loop twice.
var labelSuffix string

// loop runs body for every step values of a count, which is a multiple of step and may be 0; body moves its pointers.
func loop(label string, count Register, step int, body func()) {
	label += labelSuffix
	TESTQ(count, count)
	JZ(LabelRef(label + "_end"))
	Label(label)
	body()
	SUBQ(U32(uint32(step)), count)
	JNZ(LabelRef(label))
	Label(label + "_end")
}

var constants = map[string]Mem{}

// words is a vector constant: 16 copies of a 32-bit word, for use as a memory operand.
func words(v uint32) Mem {
	name := fmt.Sprintf("const_%08x", v)
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for j := range 16 {
		DATA(4*j, U32(v))
	}
	constants[name] = m
	return m
}

// float is a vector constant of 16 float32 values.
func float(f float64) Mem { return words(math.Float32bits(float32(f))) }

// sequence is the vector constant 0, 1, ... 15.
func sequence() Mem {
	m, ok := constants["sequence"]
	if !ok {
		m = GLOBL("const_sequence", attr.RODATA|attr.NOPTR)
		for j := range 16 {
			DATA(4*j, U32(uint32(j)))
		}
		constants["sequence"] = m
	}
	return m
}

// zero clears a register.
func zero(v VecVirtual) {
	if v.Size() == 64 {
		VPXORD(v, v, v)
		return
	}
	VPXOR(v, v, v)
}

// op makes an instruction that avo does not know; the last operand is read and written.
func op(opcode, extension string, operands ...Op) {
	last := operands[len(operands)-1]
	Instruction(&ir.Instruction{
		Opcode: opcode, Operands: operands, Inputs: operands, Outputs: []Op{last}, ISA: []string{extension},
	})
}
