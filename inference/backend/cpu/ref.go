package cpu

import "math"

// The reference path: float32 activations, dequantized weights, plain Go. A dot product is summed in blocks of refBlock
// elements, in ascending order in float32 within a block, and the blocks in float64. Every tile shape below keeps this
// order, so a value depends on its row of weights and its row of activations alone.

const (
	refBlock = 128 // elements
	refRows  = 8   // weight rows dequantized together
	refBatch = 4   // batch rows in one inner tile
)

// refTile is the products of up to refBatch batch rows with refRows weight rows.
type refTile [refBatch][refRows]float32

// refProducts computes the first n batch rows of a tile: x[i] are rows of activations, w is [refRows][width].
func refProducts(out *refTile, x *[refBatch][]float32, n int, w []float32, width int) {
	var sum [refBatch][refRows]float64
	for at := 0; at < width; at += refBlock {
		end := min(at+refBlock, width)
		if n < refBatch {
			for i := range n {
				s := dot1x8(x[i][at:end], w[at:], width)
				for r, v := range s {
					sum[i][r] += float64(v)
				}
			}
			continue
		}
		x0, x1, x2, x3 := x[0][at:end], x[1][at:end], x[2][at:end], x[3][at:end]
		for r := 0; r < refRows; r += 2 {
			s := dot4x2(x0, x1, x2, x3, w[r*width+at:], w[(r+1)*width+at:])
			for i := range refBatch {
				sum[i][r] += float64(s[2*i])
				sum[i][r+1] += float64(s[2*i+1])
			}
		}
	}
	for i := range n {
		for r, v := range sum[i] {
			out[i][r] = float32(v)
		}
	}
}

// dot4x2 is eight dot products of len(a) elements: a, b, c, d with p and q each. Products are converted explicitly so
// that no compiler fuses some of them.
func dot4x2(a, b, c, d, p, q []float32) [8]float32 {
	n := len(a)
	b, c, d, p, q = b[:n], c[:n], d[:n], p[:n], q[:n]
	var ap, aq, bp, bq, cp, cq, dp, dq float32
	for i, v := range a {
		u, w := p[i], q[i]
		ap += float32(v * u)
		aq += float32(v * w)
		v = b[i]
		bp += float32(v * u)
		bq += float32(v * w)
		v = c[i]
		cp += float32(v * u)
		cq += float32(v * w)
		v = d[i]
		dp += float32(v * u)
		dq += float32(v * w)
	}
	return [8]float32{ap, aq, bp, bq, cp, cq, dp, dq}
}

// dot1x8 is the dot products of x with eight rows that lie stride apart in w.
func dot1x8(x, w []float32, stride int) [8]float32 {
	n := len(x)
	w0, w1, w2, w3 := w[:n], w[stride:][:n], w[2*stride:][:n], w[3*stride:][:n]
	w4, w5, w6, w7 := w[4*stride:][:n], w[5*stride:][:n], w[6*stride:][:n], w[7*stride:][:n]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for i, v := range x {
		s0 += float32(v * w0[i])
		s1 += float32(v * w1[i])
		s2 += float32(v * w2[i])
		s3 += float32(v * w3[i])
		s4 += float32(v * w4[i])
		s5 += float32(v * w5[i])
		s6 += float32(v * w6[i])
		s7 += float32(v * w7[i])
	}
	return [8]float32{s0, s1, s2, s3, s4, s5, s6, s7}
}

// refRMSFactor is 1/sqrt(mean(x^2)+eps), summed in float64.
func refRMSFactor(x []float32, eps float32) float32 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return float32(1 / math.Sqrt(sum/float64(len(x))+float64(eps)))
}

func refRMSNorm(dst, x, w []float32, eps float32) {
	f := refRMSFactor(x, eps)
	for i, v := range x {
		dst[i] = float32(v*f) * w[i]
	}
}

func refRMSNormAdd(dst, x, w []float32, eps float32) {
	f := refRMSFactor(x, eps)
	for i, v := range x {
		dst[i] += float32(float32(v*f) * w[i])
	}
}

// refSiLU is x*sigmoid(x).
func refSiLU(x float32) float32 { return float32(float64(x) / (1 + math.Exp(-float64(x)))) }

// refGELUTanh is 0.5x(1+tanh(sqrt(2/pi)(x+0.044715x^3))).
func refGELUTanh(x float32) float32 {
	v := float64(x)
	return float32(0.5 * v * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v))))
}

// refRope rotates the pairs of one head.
func refRope(x, cos, sin []float32, interleaved bool) {
	step, other := 1, len(cos)
	if interleaved {
		step, other = 2, 1
	}
	for j := range cos {
		a, b := x[j*step], x[j*step+other]
		x[j*step] = float32(a*cos[j]) - float32(b*sin[j])
		x[j*step+other] = float32(b*cos[j]) + float32(a*sin[j])
	}
}
