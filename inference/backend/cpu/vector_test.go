package cpu

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// lengths are 0 to 1000, all of the short ones and fewer of the long ones.
func lengths() []int {
	var n []int
	for l := 0; l <= 1000; l += 1 + l/50 {
		n = append(n, l)
	}
	return append(n, 999, 1000)
}

// special values that random ones miss.
var special = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 1e-45, -1e-45, 1e-39, 0x1p-126, math.MaxFloat32, -math.MaxFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 88, -88, 104, -104, 65504, 65520, 0x1p-24, 0x1p-25, 1e20, -1e20,
}

// awkward makes n values, of which some are special if odd is set; the slice starts where vectors are not aligned.
func awkward(r *rand.Rand, n int, odd bool) []float32 {
	x := make([]float32, n+1)[1:]
	for i := range x {
		x[i] = float32(r.NormFloat64() * 3)
		if odd && r.IntN(4) == 0 {
			x[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

// same says whether two values are equal bit for bit, or both NaN.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func checkSame(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("%s, element %d of %d: got %v (%#x), the Go twin has %v (%#x)", what, i, len(want),
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

func clone[T any](x []T) []T { return append([]T(nil), x...) }

// TestVectorsTwin compares the kernels on rows with their Go twins, bit for bit.
func TestVectorsTwin(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		g, r := goKernels(), rand.New(rand.NewPCG(4, 0))
		for _, n := range lengths() {
			for _, odd := range []bool{false, true} {
				compareVectors(t, k, g, awkward(r, n, odd), awkward(r, n, odd), awkward(r, n, odd))
			}
		}
	})
}

// compareVectors runs every kernel on rows on the same three rows with k and g.
func compareVectors(t *testing.T, k, g *kernels, x, y, z []float32) {
	n := len(x)
	three := func(name string, a, b func(dst, x, y []float32)) {
		t.Helper()
		got, want := append(clone(z), 7), append(clone(z), 7)
		a(got[:n], x, y)
		b(want[:n], x, y)
		checkSame(t, fmt.Sprintf("%s of %d", name, n), got, want) // with the element behind the end
	}
	for _, f := range []struct {
		name string
		k, g func(dst, x, y []float32)
	}{
		{"siluMul", k.siluMul, g.siluMul},
		{"geluTanhMul", k.geluTanhMul, g.geluTanhMul},
		{"addTo", func(d, x, _ []float32) { k.addTo(d, x) }, func(d, x, _ []float32) { g.addTo(d, x) }},
		{"scale", func(d, _, _ []float32) { k.scale(d, -0.3) }, func(d, _, _ []float32) { g.scale(d, -0.3) }},
		{
			"mulScaled",
			func(d, x, y []float32) { k.mulScaled(d, x, y, 0.7) },
			func(d, x, y []float32) { g.mulScaled(d, x, y, 0.7) },
		},
		{
			"mulScaledAdd",
			func(d, x, y []float32) { k.mulScaledAdd(d, x, y, 0.7) },
			func(d, x, y []float32) { g.mulScaledAdd(d, x, y, 0.7) },
		},
		{
			"rmsNorm",
			func(d, x, y []float32) { k.rmsNorm(d, x, y, 1e-5) },
			func(d, x, y []float32) { g.rmsNorm(d, x, y, 1e-5) },
		},
		{
			"rmsNormAdd",
			func(d, x, y []float32) { k.rmsNormAdd(d, x, y, 1e-5) },
			func(d, x, y []float32) { g.rmsNormAdd(d, x, y, 1e-5) },
		},
		{
			"ropeHalf",
			func(d, x, y []float32) { k.ropeHalf(d[:n/2*2], x[:n/2], y[:n/2]) },
			func(d, x, y []float32) { g.ropeHalf(d[:n/2*2], x[:n/2], y[:n/2]) },
		},
		{
			"ropeInterleaved",
			func(d, x, y []float32) { k.ropeInterleaved(d[:n/2*2], x[:n/2], y[:n/2]) },
			func(d, x, y []float32) { g.ropeInterleaved(d[:n/2*2], x[:n/2], y[:n/2]) },
		},
	} {
		three(f.name, f.k, f.g)
	}
	if got, want := k.sumSquares(x), g.sumSquares(x); !same(got, want) {
		t.Fatalf("sumSquares of %d: got %v, the Go twin has %v", n, got, want)
	}
	for _, row := range [][]float32{x, y} {
		top, at, sum := k.logits(row)
		wantTop, wantAt, wantSum := g.logits(row)
		if top != wantTop || at != wantAt || !same(sum, wantSum) {
			t.Fatalf("logits of %d: got %v at %d, sum %v; the Go twin has %v at %d, sum %v", n, top, at, sum, wantTop, wantAt, wantSum)
		}
	}
	half, wantHalf := append(make([]uint16, n), 7), append(make([]uint16, n), 7)
	k.toHalf(half[:n], x)
	g.toHalf(wantHalf[:n], x)
	for i := range wantHalf {
		if half[i] != wantHalf[i] {
			t.Fatalf("toHalf of %d, element %d: got %#x, the Go twin has %#x", n, i, half[i], wantHalf[i])
		}
	}
	wide, wantWide := make([]float32, n), make([]float32, n)
	k.fromHalf(wide, half[:n])
	g.fromHalf(wantWide, half[:n])
	checkSame(t, "fromHalf", wide, wantWide)
}

// TestHalfAll widens every half and rounds it back.
func TestHalfAll(t *testing.T) {
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	eachLevel(t, func(t *testing.T, k *kernels) {
		wide, back := make([]float32, len(all)), make([]uint16, len(all))
		k.fromHalf(wide, all)
		k.toHalf(back, wide)
		for i, h := range all {
			if want := tensor.HalfToFloat(h); !same(wide[i], want) {
				t.Fatalf("%#x widened to %v, want %v", h, wide[i], want)
			}
			if back[i] != h && h&0x7fff <= 0x7c00 {
				t.Fatalf("%#x came back as %#x", h, back[i])
			}
		}
	})
}

// TestVectorsExact compares the kernels on rows with float64 formulas.
func TestVectorsExact(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		r := rand.New(rand.NewPCG(5, 0))
		for _, n := range []int{1, 7, 16, 31, 64, 576, 1000} {
			x, y, z := awkward(r, n, false), awkward(r, n, false), awkward(r, n, false)
			check := func(name string, tolerance float64, got []float32, want func(i int) float64) {
				t.Helper()
				for i := range got {
					if w := want(i); math.Abs(float64(got[i])-w) > tolerance*max(1e-30, math.Abs(w)) {
						t.Fatalf("%s of %d, element %d: got %v, want %v", name, n, i, got[i], w)
					}
				}
			}
			f := func(x []float32, i int) float64 { return float64(x[i]) }
			got := clone(z)
			k.siluMul(got, x, y)
			check("siluMul", 4e-7, got, func(i int) float64 { return f(x, i) / (1 + math.Exp(-f(x, i))) * f(y, i) })
			k.geluTanhMul(got, x, y)
			check("geluTanhMul", 2e-5, got, func(i int) float64 { return gelu(f(x, i)) * f(y, i) })
			var squares float64
			for i := range x {
				squares += f(x, i) * f(x, i)
			}
			k.rmsNorm(got, x, y, 1e-5)
			check("rmsNorm", 1e-6, got, func(i int) float64 {
				return f(x, i) / math.Sqrt(squares/float64(n)+1e-5) * f(y, i)
			})
			got = make([]float32, n)
			k.rmsNormAdd(got, x, y, 1e-5)
			check("rmsNormAdd", 1e-6, got, func(i int) float64 {
				return f(x, i) / math.Sqrt(squares/float64(n)+1e-5) * f(y, i)
			})
			top, at, sum := k.logits(x)
			var wantSum float64
			for i := range x {
				wantSum += math.Exp(f(x, i) - float64(top))
				if x[i] > top || x[i] == top && i < at {
					t.Fatalf("logits: %v at %d is larger or earlier than %v at %d", x[i], i, top, at)
				}
			}
			if x[at] != top || math.Abs(float64(sum)-wantSum) > 1e-6*wantSum {
				t.Fatalf("logits of %d: %v at %d, sum %v, want %v", n, top, at, sum, wantSum)
			}
		}
	})
}

// gelu is the tanh form: the test's tolerance for negative x is that of 1+tanh, which cancels.
func gelu(x float64) float64 {
	return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

// TestRope turns pairs by known angles, in both layouts.
func TestRope(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		for _, half := range []int{1, 4, 8, 15, 16, 32, 40, 64, 128} {
			r := rand.New(rand.NewPCG(6, uint64(half)))
			x, cos, sin := awkward(r, 2*half, false), make([]float32, half), make([]float32, half)
			for j := range cos {
				s, c := math.Sincos(float64(j) * 0.37)
				cos[j], sin[j] = float32(c), float32(s)
			}
			split, pairs := clone(x), clone(x)
			k.ropeHalf(split, cos, sin)
			k.ropeInterleaved(pairs, cos, sin)
			for j := range cos {
				for name, p := range map[string][2][2]float32{
					"half":        {{x[j], x[j+half]}, {split[j], split[j+half]}},
					"interleaved": {{x[2*j], x[2*j+1]}, {pairs[2*j], pairs[2*j+1]}},
				} {
					a, b := float64(p[0][0]), float64(p[0][1])
					s, c := float64(sin[j]), float64(cos[j])
					if math.Abs(float64(p[1][0])-(a*c-b*s)) > 2e-6 || math.Abs(float64(p[1][1])-(b*c+a*s)) > 2e-6 {
						t.Fatalf("%s, pair %d of %d: %v became %v", name, j, half, p[0], p[1])
					}
				}
			}
		}
	})
}

// TestExp bounds the error of exp and checks its edges.
func TestExp(t *testing.T) {
	var worst float64
	for x := float32(-87); x < 88; x += 0.00317 {
		want := math.Exp(float64(x))
		ulp := float64(math.Nextafter32(float32(want), math.MaxFloat32)) - float64(float32(want))
		worst = max(worst, math.Abs(float64(exp32(x))-want)/ulp)
	}
	if worst > 1.2 {
		t.Errorf("error of %.2f units in the last place", worst)
	}
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, want float32 }{
		{0, 1},
		{float32(math.Copysign(0, -1)), 1},
		{-inf, 0},
		{-104, 0},
		{-1e30, 0},
		{inf, inf},
		{89, inf},
		{1e30, inf},
		{-103, 1e-45},
		{88, float32(math.Exp(88))},
	} {
		if got := exp32(c.x); math.Abs(float64(got)/float64(c.want)-1) > 1e-6 && got != c.want {
			t.Errorf("exp(%v) = %v, want %v", c.x, got, c.want)
		}
	}
	if got := exp32(float32(math.NaN())); got == got {
		t.Errorf("exp(NaN) = %v", got)
	}
}

// TestFMA compares fma with exact arithmetic on operands that provoke double rounding.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	draw := func() float32 {
		return float32(math.Ldexp(float64(int(r.Uint32N(1<<24))-1<<23), r.IntN(60)-50))
	}
	doubly := 0
	for i := range 100000 {
		x, y, z := draw(), draw(), draw()
		switch i % 4 {
		case 0: // a product that is a hair off half a unit of z: 2^30-1 or 2^30+1
			x, y = 1<<15-1, 1<<15+1
			if r.IntN(2) == 0 {
				x, y = 13325, 80581
			}
			x *= float32(1 - 2*r.IntN(2))
			z = float32(math.Ldexp(float64(1<<23+r.Uint32N(1<<23)), 31))
		case 1: // denormal results
			x, z = x*0x1p-90, z*0x1p-110
		}
		exact := new(big.Float).SetPrec(300).SetFloat64(float64(x) * float64(y))
		exact.Add(exact, big.NewFloat(float64(z)))
		want, _ := exact.Float32()
		got := fma(x, y, z)
		if got != want {
			t.Fatalf("fma(%v, %v, %v) = %v, want %v", x, y, z, got, want)
		}
		if float32(float64(x)*float64(y)+float64(z)) != want {
			doubly++
		}
	}
	if doubly == 0 {
		t.Error("no operands had a double rounding")
	}
	for _, v := range special {
		if got := fma(v, 1, 0); !same(got+0, v+0) {
			t.Errorf("fma(%v, 1, 0) = %v", v, got)
		}
	}
}

// TestQuantizeTwin compares the int8 form with that of the Go twin, byte for byte, for every tile size.
func TestQuantizeTwin(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		r := rand.New(rand.NewPCG(8, 0))
		for _, width := range []int{32, 64, 576, 992} {
			for n := 1; n <= maxTile; n++ {
				compareQuantize(t, k, width, n, awkward(r, width*n, false))
				compareQuantize(t, k, width, n, awkward(r, width*n, n%2 == 0))
			}
		}
		for _, v := range append(special, quantizeTiny, math.Nextafter32(quantizeTiny, 0)) {
			x := make([]float32, 64)
			x[40], x[41] = v, -v
			compareQuantize(t, k, 64, 1, x)
		}
	})
}

// compareQuantize fills a tile with k and with the twin.
func compareQuantize(t *testing.T, k *kernels, width, n int, x []float32) {
	t.Helper()
	got, want := newActs(n, width), newActs(n, width)
	got.quantize(k, 0, n, x)
	want.quantize(goKernels(), 0, n, x)
	for i := range want.codes {
		if got.codes[i] == want.codes[i] {
			continue
		}
		word := i / 4 * 4
		a, b := floatAt(got.codes[word:]), floatAt(want.codes[word:])
		if plane := word / 4 / n % planes; plane == planeScale || plane == planeSum || plane >= planeHalf {
			if a != a && b != b {
				continue // different NaNs
			}
		}
		t.Fatalf("width %d, %d tokens: byte %d (plane %d) is %#x, the Go twin has %#x", width, n, i, i/4/n%planes, got.codes[i], want.codes[i])
	}
}

// TestQuantizeExact checks what the words of a block say.
func TestQuantizeExact(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		r := rand.New(rand.NewPCG(9, 0))
		x := awkward(r, 96, false)
		clear(x[32:64])
		a := newActs(1, 96)
		a.quantize(k, 0, 1, x)
		for b := range 3 {
			block := a.codes[b*actsBlockBytes:]
			integer := func(plane int) int { return int(int32(binary.LittleEndian.Uint32(block[4*plane:]))) }
			scale := float64(floatAt(block[4*planeScale:]))
			var sums [2]int
			var largest float64
			for i := range 32 {
				code := int(int8(block[i]))
				sums[i/16] += code
				v := float64(x[32*b+i])
				largest = max(largest, math.Abs(v))
				if math.Abs(scale*float64(code)-v) > 0.5001*scale {
					t.Errorf("block %d: %v became %d*%v", b, v, code, scale)
				}
			}
			if math.Abs(scale-largest/127) > 1e-7*scale {
				t.Errorf("block %d: scale %v, largest value %v", b, scale, largest)
			}
			if sum := sums[0] + sums[1]; integer(planeSum128) != -128*sum || integer(planeSum8) != -8*sum ||
				integer(planeHalf128) != -128*sums[0] || integer(planeHalf128+1) != -128*sums[1] {
				t.Errorf("block %d: wrong integer sums", b)
			}
			for plane, sum := range map[int]int{planeSum: sums[0] + sums[1], planeHalf: sums[0], planeHalf + 1: sums[1]} {
				if got, want := float64(floatAt(block[4*plane:])), scale*float64(sum); math.Abs(got-want) > 1e-6*math.Abs(want) {
					t.Errorf("block %d: plane %d is %v, want %v", b, plane, got, want)
				}
			}
		}
	})
}
