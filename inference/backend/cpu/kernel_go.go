package cpu

import (
	"math"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// The plain Go twin of every kernel. They are the definition of what the assembly computes, and what runs on machines that
// it does not serve. Products that are added to something are converted explicitly, which keeps the compiler from
// fusing them on machines where it could; where fusing is meant, fma says so.

// goKernels are the twins.
func goKernels() *kernels {
	k := &kernels{
		level: Generic, denseRows: 1,
		addTo: addToGo, scale: scaleGo, sumSquares: sumSquaresGo, mulScaled: mulScaledGo, mulScaledAdd: mulScaledAddGo,
		siluMul: siluMulGo, geluTanhMul: geluTanhMulGo, ropeHalf: ropeHalfGo, ropeInterleaved: ropeInterleavedGo,
		toHalf: toHalfGo, fromHalf: fromHalfGo, fromQ8: fromQ8Go, softmax: softmaxGo, maxIndex: maxIndexGo, expSum: expSumGo,
		quantize: quantizeGo,
		denseF32: func(w []float32, a, out, carry []float32, s denseShape) {
			denseGo(w, floatToFloat, a, out, carry, groupRows, s)
		},
		denseF16: func(w []uint16, a, out, carry []float32, s denseShape) {
			denseGo(w, halfToFloat, a, out, carry, groupRows, s)
		},
		denseBF16: func(w []uint16, a, out, carry []float32, s denseShape) {
			denseGo(w, tensor.BF16ToFloat, a, out, carry, groupRows, s)
		},
	}
	for l := range k.blocks {
		k.blocks[l] = func(w, a []byte, out []float32, s blockShape) { blocksGo(layout(l), w, a, out, s) }
	}
	return k
}

// fma is x*y+z, rounded once. The product is exact in float64, so a wrong result needs a float64 sum that was rounded
// to the middle between two float32 values; then the rounding error says on which side the true sum lies.
func fma(x, y, z float32) float32 {
	p := float64(x) * float64(y)
	s := p + float64(z)
	bits := math.Float64bits(s)
	if bits&(1<<29-1) != 1<<28 && math.Abs(s) >= 0x1p-126 {
		return float32(s)
	}
	// Round to odd: the result of an inexact sum gets an odd last bit, which no later rounding takes for a tie.
	q := s - p
	e := (p - (s - q)) + (float64(z) - q)
	if (e < 0 || e > 0) && bits&1 == 0 {
		if e > 0 == (s > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}

// sumLanes adds 16 partial sums in the tree of the vector code.
func sumLanes(l *[lanes]float32) float32 {
	v := *l
	for h := lanes / 2; h > 0; h /= 2 {
		for i := range h {
			v[i] += v[i+h]
		}
	}
	return v[0]
}

func addToGo(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += x[i]
	}
}

func scaleGo(x []float32, f float32) {
	for i := range x {
		x[i] *= f
	}
}

func sumSquaresGo(x []float32) float32 {
	var l [lanes]float32
	sumSquaresLanes(&l, x)
	return sumLanes(&l)
}

// sumSquaresLanes adds x[i]^2 to lane i mod 16.
func sumSquaresLanes(l *[lanes]float32, x []float32) {
	for i, v := range x {
		l[i%lanes] = fma(v, v, l[i%lanes])
	}
}

func mulScaledGo(dst, x, w []float32, f float32) {
	x, w = x[:len(dst)], w[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * f * w[i]
	}
}

func mulScaledAddGo(dst, x, w []float32, f float32) {
	x, w = x[:len(dst)], w[:len(dst)]
	for i := range dst {
		dst[i] += float32(float32(x[i]*f) * w[i])
	}
}

// Constants of exp: the argument is reduced by a multiple of ln 2 (in two parts, so that the products are exact), the rest
// goes through a minimax polynomial on [-ln2/2, ln2/2] (Cephes, expf.c). The error is below 1.2 units in the last place.
const (
	expMin  = -104 // exp is below half the smallest denormal: 0
	expMax  = 89   // exp is infinite
	expLog2 = 1.44269504088896341
	expHigh = 0.693359375
	expLow  = -2.12194440e-4
)

var expCoefficients = [6]float32{
	1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
}

// exp32 is e^x. exp32(-Inf) is exactly 0, exp32(0) exactly 1; NaN stays NaN.
func exp32(x float32) float32 {
	if x < expMin {
		x = expMin
	}
	if x > expMax {
		x = expMax
	}
	n := float32(math.RoundToEven(float64(x * expLog2)))
	x = fma(-expHigh, n, x)
	x = fma(-expLow, n, x)
	y := expCoefficients[0]
	for _, c := range expCoefficients[1:] {
		y = fma(y, x, c)
	}
	y = fma(y, x*x, x) + 1
	// The second product rounds, if any does, so the result is that of one exact scaling.
	if x != x {
		return x
	}
	half := int32(n) >> 1
	return y * power2(half) * power2(int32(n)-half)
}

// power2 is 2^n for normal results.
func power2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

func siluMulGo(dst, gate, up []float32) {
	gate, up = gate[:len(dst)], up[:len(dst)]
	for i := range dst {
		dst[i] = gate[i] / (1 + exp32(-gate[i])) * up[i]
	}
}

// 0.5x(1+tanh(u)) = x/(1+exp(-2u)) with u = sqrt(2/pi)(x+0.044715x^3).
const (
	geluLinear = -1.5957691216057308 // -2*sqrt(2/pi)
	geluCubic  = -0.0713548162726    // -2*sqrt(2/pi)*0.044715
)

func geluTanhMulGo(dst, gate, up []float32) {
	gate, up = gate[:len(dst)], up[:len(dst)]
	for i := range dst {
		x := gate[i]
		dst[i] = x / (1 + exp32(x*fma(x*x, geluCubic, geluLinear))) * up[i]
	}
}

func ropeHalfGo(x, cos, sin []float32) {
	n := len(cos)
	rotate(x[:n], x[n:2*n], cos, sin)
}

// rotate turns the pairs (low[j], high[j]).
func rotate(low, high, cos, sin []float32) {
	low, high, sin = low[:len(cos)], high[:len(cos)], sin[:len(cos)]
	for j := range cos {
		a, b := low[j], high[j]
		low[j] = fma(a, cos[j], -float32(b*sin[j]))
		high[j] = fma(b, cos[j], float32(a*sin[j]))
	}
}

func ropeInterleavedGo(x, cos, sin []float32) {
	sin = sin[:len(cos)]
	x = x[:2*len(cos)]
	for j := range cos {
		a, b := x[2*j], x[2*j+1]
		x[2*j] = fma(a, cos[j], -float32(b*sin[j]))
		x[2*j+1] = fma(b, cos[j], float32(a*sin[j]))
	}
}

func toHalfGo(dst []uint16, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = tensor.FloatToHalf(x[i])
	}
}

// halfToFloat widens as VCVTPH2PS does: a signaling NaN becomes quiet.
func halfToFloat(h uint16) float32 {
	if h&0x7fff > 0x7c00 {
		h |= 0x200
	}
	return tensor.HalfToFloat(h)
}

func floatToFloat(f float32) float32 { return f }

func fromHalfGo(dst []float32, x []uint16) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = halfToFloat(x[i])
	}
}

// softmaxGo does one block of 32 keys of online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867) for n query rows.
// p is [n][32]: scores in, weights exp(score-m) out, where m[t] is raised to the largest score so far. l is [n][16], the
// sums of weights by key mod 16. c[t] is the factor exp(old m - new m) by which l has been and earlier results must be
// multiplied. Before the first block m is -Inf and l is 0. Masked scores are -Inf and give weight 0; while all are masked, c is 1.
// A NaN score makes its weight and sum NaN.
func softmaxGo(p, m, l, c []float32, n int) {
	minusInf := float32(math.Inf(-1))
	for t := range n {
		s, sums := (*[32]float32)(p[32*t:]), (*[lanes]float32)(l[lanes*t:])
		top := m[t]
		for _, v := range s {
			if v > top {
				top = v
			}
		}
		if top == minusInf {
			*s = [32]float32{}
			c[t] = 1
			continue
		}
		c[t] = exp32(m[t] - top)
		m[t] = top
		for i := range s {
			s[i] = exp32(s[i] - top)
		}
		for i := range sums {
			sums[i] = fma(sums[i], c[t], float32(s[i]+s[i+lanes]))
		}
	}
}

// maxIndexGo finds the largest element and its lowest index. NaN is passed over; without anything above -Inf it is -Inf at 0.
func maxIndexGo(x []float32) (float32, int) {
	top, at := float32(math.Inf(-1)), 0
	for i, v := range x {
		if v > top {
			top, at = v, i
		}
	}
	return top, at
}

func expSumGo(x []float32, m float32) float32 {
	var l [lanes]float32
	expSumLanes(&l, x, m)
	return sumLanes(&l)
}

// expSumLanes adds exp(x[i]-m) to lane i mod 16.
func expSumLanes(l *[lanes]float32, x []float32, m float32) {
	for i, v := range x {
		l[i%lanes] += exp32(v - m)
	}
}

// denseGo computes what denseShape says for groups of cols <= 32 columns.
func denseGo[T float32 | uint16](w []T, widen func(T) float32, a, out, carry []float32, cols int, s denseShape) {
	var buffer [groupRows]float32
	acc := buffer[:cols]
	for g := range s.groups {
		for t := range s.n {
			o := out[t*s.oStride+groupRows*g:][:cols]
			for c := range acc {
				acc[c] = 0
				if carry != nil {
					acc[c] = o[c] * carry[t]
				}
			}
			for i, v := range a[t*s.aStride:][:s.k] {
				row := w[g*s.wGroup+i*s.wStride:][:cols]
				for c := range acc {
					acc[c] = fma(v, widen(row[c]), acc[c])
				}
			}
			for c := range acc {
				o[c] = acc[c] * s.scale
			}
		}
	}
}
