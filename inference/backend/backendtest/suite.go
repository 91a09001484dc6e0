package backendtest

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// A Suite says what to test.
type Suite struct {
	// Open makes a back end that computes with the given number of threads, or as many as it likes. The suite
	// closes it.
	Open func(t *testing.T, threads int) models.Ops
	// Tolerance is the accepted error of products with quantized weights: root mean square, relative to that of the values.
	// Rounding activations to int8 costs about 0.006. Default 1e-5.
	Tolerance float64
}

// fine is the accepted error of everything that no back end may round to int8.
const fine = 1e-5

// Run runs the suite as subtests of t.
func Run(t *testing.T, s Suite) {
	if s.Tolerance == 0 {
		s.Tolerance = fine
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, Suite)
	}{
		{"embed", testEmbed},
		{"norms", testNorms},
		{"products", testProducts},
		{"gate", testGate},
		{"logits", testLogits},
		{"score", testScore},
		{"repeated-rows", testRepeatedRows},
		{"ties", testTies},
		{"attention", testAttention},
		{"copy-page", testCopyPage},
		{"cache-types", testCacheTypes},
		{"trees", testTrees},
		{"tree-batches", testTreeBatches},
		{"tree-leaves", testTreeLeaves},
		{"tree-network", testTreeNetwork},
		{"long", testLong},
		{"determinism", testDeterminism},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, s) })
	}
}

// bench is a back end under test together with what a test makes in it.
type bench struct {
	t   *testing.T
	ops models.Ops
}

func (s Suite) open(t *testing.T, threads int) bench {
	t.Helper()
	return newBench(t, s.Open(t, threads))
}

// reference opens the back end that others are compared with.
func reference(t *testing.T) bench {
	t.Helper()
	b, err := cpu.New(cpu.Options{Level: cpu.Reference, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return newBench(t, b)
}

func newBench(t *testing.T, ops models.Ops) bench {
	t.Cleanup(func() {
		if err := ops.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return bench{t, ops}
}

func (b bench) matrix(parts ...tensor.Tensor) models.Matrix {
	b.t.Helper()
	m, err := b.ops.NewMatrix(parts[0].Name, parts...)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func (b bench) vector(values []float32) models.Vector {
	b.t.Helper()
	if values == nil {
		return nil
	}
	v, err := b.ops.NewVector("v", 0, floats("v", values, len(values)))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b bench) buffer(rows, width int) models.Buffer {
	b.t.Helper()
	f, err := b.ops.NewBuffer("f", rows, width)
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

// load makes a buffer of the given rows.
func (b bench) load(values []float32, width int) models.Buffer {
	b.t.Helper()
	n := len(values) / width
	f := b.buffer(n, width)
	b.write(f, values)
	return f
}

// write sets the first rows of f.
func (b bench) write(f models.Buffer, values []float32) {
	b.t.Helper()
	n := len(values) / f.Width()
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(i)
	}
	b.ops.Embed(f, b.matrix(floats("rows", values, n, f.Width())), ids, 1)
}

// read returns the first n rows of f.
func (b bench) read(f models.Buffer, n int) []float32 {
	b.t.Helper()
	dst := make([]float32, n*f.Width())
	if err := b.ops.Read(dst, f, n); err != nil {
		b.t.Fatal(err)
	}
	return dst
}

// near fails the test unless the error of got is within the tolerance: root mean square relative to that of want, and
// no single error over eight times as large.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var size, sum, worst float64
	at := 0
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		size += float64(want[i]) * float64(want[i])
		sum += d * d
		if math.Abs(d) > worst || d != d {
			worst, at = math.Abs(d), i
		}
	}
	n := float64(len(want))
	size, sum = math.Sqrt(size/n), math.Sqrt(sum/n)
	if !(sum <= tolerance*size && worst <= 8*tolerance*size) {
		t.Errorf("%s: error %.3g (root mean square), %.3g at %d (%g, want %g), of values of %.3g; tolerance %g",
			what, sum, worst, at, got[at], want[at], size, tolerance)
	}
}

// different counts the values whose bits differ.
func different(a, b []float32) int {
	n := 0
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			n++
		}
	}
	return n
}

// random is a source of test data.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 7))} }

// normal returns n normally distributed values.
func (r random) normal(n int, scale float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64() * scale)
	}
	return v
}

// floats is a float32 tensor.
func floats(name string, values []float32, shape ...int) tensor.Tensor {
	data := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return tensor.Tensor{Name: name, Type: tensor.F32, Shape: shape, Data: data}
}

// weights is a random matrix with values of about 1/sqrt(width).
func (r random) weights(name string, typ tensor.Type, rows, width int) tensor.Tensor {
	values := r.normal(rows*width, 1/math.Sqrt(float64(width)))
	t := floats(name, values, rows, width)
	if typ == tensor.F32 {
		return t
	}
	t.Type, t.Data = typ, make([]byte, rows*typ.RowBytes(width))
	if err := tensor.Quantize(typ, t.Data, values); err == nil {
		return t
	}
	// No quantizer: any codes are valid, only the float16 scales must be sane.
	for i := range t.Data {
		t.Data[i] = byte(r.Uint32())
	}
	scale := 0.02 / math.Sqrt(float64(width))
	for b := t.Data; len(b) > 0; b = b[typ.BlockBytes():] {
		if typ == tensor.MXFP4 {
			b[0] = 127 - 6
		}
		for _, at := range halfScales[typ] {
			binary.LittleEndian.PutUint16(b[at:], tensor.FloatToHalf(float32(scale*(1+r.Float64()))))
		}
	}
	return t
}

// halfScales says where blocks hold float16 scales.
var halfScales = map[tensor.Type][]int{
	tensor.Q2_K: {80, 82}, tensor.Q3_K: {108}, tensor.Q4_K: {0, 2}, tensor.Q5_K: {0, 2}, tensor.Q6_K: {208},
	tensor.IQ4_NL: {0}, tensor.IQ4_XS: {0},
}

// readable lists the types that matrices may have.
func readable() []tensor.Type {
	var types []tensor.Type
	for _, t := range tensor.All() {
		if t.Known() {
			types = append(types, t)
		}
	}
	return types
}

// plain says whether a type has no quantized values.
func plain(t tensor.Type) bool { return t.BlockElems() == 1 }
