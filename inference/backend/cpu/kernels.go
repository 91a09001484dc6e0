package cpu

import (
	"fmt"
	"math"
)

// maxTile is the number of tokens that share one pass over the weights: with 32 rows a tile fills the register file of
// AVX-512 (2x6 integer and 2x6 float accumulators, weights, scales).
const maxTile = 6

// groupRows is the number of weight rows that are stored and multiplied together.
const groupRows = 32

// lanes is the number of partial sums of every reduction over a row: element i goes to lane i mod 16 whatever the
// vector length of the machine, and sumLanes adds the lanes up in a fixed tree.
const lanes = 16

// kernels are the inner loops of one level. All levels compute the same function bit for bit (the results of NaN inputs
// may be different NaNs): every multiply-add is fused, every reduction has the same 16 lanes, exp is the
// same polynomial. Slices must have the stated lengths; a shorter one panics. Outputs may be the same slice as an input, but not
// overlap it otherwise. All fields are safe for concurrent use.
type kernels struct {
	level Level

	// addTo adds x to dst, len(dst) elements.
	addTo func(dst, x []float32)
	// scale multiplies x by f.
	scale func(x []float32, f float32)
	// sumSquares is the sum of x[i]^2.
	sumSquares func(x []float32) float32
	// mulScaled sets dst = x*f*w; mulScaledAdd adds it to dst. The products are rounded in this order.
	mulScaled, mulScaledAdd func(dst, x, w []float32, f float32)
	// siluMul sets dst = gate/(1+exp(-gate)) * up.
	siluMul func(dst, gate, up []float32)
	// geluTanhMul sets dst = gelu(gate) * up with the tanh form of GELU.
	geluTanhMul func(dst, gate, up []float32)
	// ropeHalf rotates the pairs (j, j+len(cos)) of one head, ropeInterleaved the pairs (2j, 2j+1), by the angles whose
	// cosines and sines are given; len(x) = 2*len(cos).
	ropeHalf, ropeInterleaved func(x, cos, sin []float32)
	// toHalf rounds to float16 (nearest, ties to even); fromHalf widens.
	toHalf   func(dst []uint16, x []float32)
	fromHalf func(dst []float32, x []uint16)
	// fromQ8 widens blocks of 32 values of type Q8_0; len(dst) is a multiple of 32.
	fromQ8 func(dst []float32, x []byte)

	// softmax does one block of 32 keys of online softmax for n query rows; see softmaxGo.
	softmax func(p, m, l, c []float32, n int)
	// maxIndex finds the largest element of x and its lowest index; see maxIndexGo.
	maxIndex func(x []float32) (float32, int)
	// expSum is the sum of exp(x[i]-m).
	expSum func(x []float32, m float32) float32

	// denseF32, denseF16 and denseBF16 multiply float32 activations with float weights; see denseGo.
	denseF32  func(w []float32, a, out, carry []float32, s denseShape)
	denseF16  func(w []uint16, a, out, carry []float32, s denseShape)
	denseBF16 func(w []uint16, a, out, carry []float32, s denseShape)
	// denseRows is the most rows that one pass of them over the weights serves.
	denseRows int

	// quantize writes the int8 form of x, whose length is a multiple of 32, to one token's lane of a tile; see quantizeGo.
	quantize func(lane []byte, tokens int, x []float32)
	// blocks multiplies a tile of n quantized tokens with the row groups in w; see blocksGo.
	blocks [intLayouts]func(w, a []byte, out []float32, s blockShape)
}

// denseShape says what a dense kernel computes: out[t][32*g+c] = scale * (carry[t]*out[t][32*g+c] + the sum over i < k of
// a[t][i] * w[g][i][c]), for t < n, g < groups, c < 32, in ascending i with one fused multiply-add each. Without carry
// the sum starts at zero. All strides are in elements.
type denseShape struct {
	n, k, groups              int
	aStride, oStride, wStride int // from token to token, and from i to i+1 in w
	wGroup                    int // from group to group
	scale                     float32
}

// blockShape says what a blocks kernel computes: out[t*oStride+32*g+r] for t < n <= maxTile, g < groups, r < 32, from
// width values each, to be written or, with add, to be added to what is there. w holds the groups one after the other.
type blockShape struct {
	n, groups, oStride, width int
	add                       bool
}

// adds is add as assembly takes it.
func (s blockShape) adds() int {
	if s.add {
		return 1
	}
	return 0
}

// rmsNorm sets dst = x/sqrt(mean(x^2)+eps) * w.
func (k *kernels) rmsNorm(dst, x, w []float32, eps float32) {
	k.mulScaled(dst, x, w, k.rmsFactor(x, eps))
}

// rmsNormAdd sets dst += x/sqrt(mean(x^2)+eps) * w.
func (k *kernels) rmsNormAdd(dst, x, w []float32, eps float32) {
	k.mulScaledAdd(dst, x, w, k.rmsFactor(x, eps))
}

func (k *kernels) rmsFactor(x []float32, eps float32) float32 {
	mean := k.sumSquares(x) / float32(len(x))
	return 1 / float32(math.Sqrt(float64(mean+eps)))
}

// qkF16 sets s[t][32], t < n, to scale times the dot products of query row t with 32 keys. keys is [headDim][32]: transposed, so
// that a lane is a key. Query rows lie qStride apart.
func (k *kernels) qkF16(s, q []float32, qStride, n int, keys []uint16, headDim int, scale float32) {
	k.denseF16(keys, q, s, nil, qkShape(qStride, n, headDim, scale))
}

// qkF32 is qkF16 for float32 keys.
func (k *kernels) qkF32(s, q []float32, qStride, n int, keys []float32, headDim int, scale float32) {
	k.denseF32(keys, q, s, nil, qkShape(qStride, n, headDim, scale))
}

func qkShape(qStride, n, headDim int, scale float32) denseShape {
	return denseShape{n: n, k: headDim, groups: 1, aStride: qStride, oStride: 32, wStride: 32, scale: scale}
}

// pvF16 sets o[t] = c[t]*o[t] + the sum of p[t][i]*values[i] over the 32 keys i in ascending order, t < n. p is [n][32],
// values is [32][headDim], rows of o lie oStride apart. Values of masked keys (p = 0) must be finite.
func (k *kernels) pvF16(o []float32, oStride int, p, c []float32, n int, values []uint16, headDim int) {
	s := pvShape(oStride, n, headDim)
	if s.groups > 0 {
		k.denseF16(values, p, o, c, s)
	}
	if rest := headDim % 32; rest > 0 {
		s.groups = 1
		denseGo(values[headDim-rest:], halfToFloat, p, o[headDim-rest:], c, rest, s)
	}
}

// pvF32 is pvF16 for float32 values.
func (k *kernels) pvF32(o []float32, oStride int, p, c []float32, n int, values []float32, headDim int) {
	s := pvShape(oStride, n, headDim)
	if s.groups > 0 {
		k.denseF32(values, p, o, c, s)
	}
	if rest := headDim % 32; rest > 0 {
		s.groups = 1
		denseGo(values[headDim-rest:], floatToFloat, p, o[headDim-rest:], c, rest, s)
	}
}

// merge sets o = c[0]*o + f[0]*part.
func (k *kernels) merge(o, part, c, f []float32) {
	s := pvShape(len(o), 1, len(o))
	s.k = 1
	if s.groups > 0 {
		k.denseF32(part, f, o, c, s)
	}
	if rest := len(o) % 32; rest > 0 {
		s.groups = 1
		denseGo(part[len(o)-rest:], floatToFloat, f, o[len(o)-rest:], c, rest, s)
	}
}

func pvShape(oStride, n, headDim int) denseShape {
	return denseShape{n: n, k: 32, groups: headDim / 32, aStride: 32, oStride: oStride, wStride: headDim, wGroup: 32, scale: 1}
}

// logits reduces a tile of logits for a streamed log-softmax: the maximum (at its lowest index on ties) and the sum of
// exp(x-max). A tile of nothing but -Inf has sum 0.
func (k *kernels) logits(x []float32) (largest float32, index int, sum float32) {
	largest, index = k.maxIndex(x)
	if math.IsInf(float64(largest), -1) && len(x) > 0 {
		for _, v := range x {
			if v != v {
				return largest, index, v
			}
		}
		return largest, index, 0
	}
	return largest, index, k.expSum(x, largest)
}

// gemm multiplies row groups [group0, group0+groups) of p with the tokens of one tile of a:
// out[t*oStride + (g-group0)*32 + r] is row 32*g+r times token maxTile*tile+t. Padding rows give 0. a must hold every form
// of p.forms(). Products of int8 form are exact within a block of 32 (16 where scales go by 16); blocks are added in ascending order with one
// fused multiply-add each, so a result depends on nothing but its row and its token.
func (k *kernels) gemm(p *packed, a *acts, tile, group0, groups int, out []float32, oStride int) {
	k.products(p, a, tile, group0, groups, out, oStride, false)
}

// gemmAdd is gemm that adds to what out holds. Only matrices of nothing but integer layouts take it.
func (k *kernels) gemmAdd(p *packed, a *acts, tile, group0, groups int, out []float32, oStride int) {
	k.products(p, a, tile, group0, groups, out, oStride, true)
}

func (k *kernels) products(p *packed, a *acts, tile, group0, groups int, out []float32, oStride int, add bool) {
	n := a.tokens(tile)
	if n <= 0 || groups <= 0 {
		return
	}
	if a.width != p.cols {
		panic(fmt.Sprintf("cpu: %d activations for a matrix of width %d", a.width, p.cols))
	}
	if p.forms()&^a.forms != 0 {
		panic("cpu: activations lack the form that the matrix needs")
	}
	_ = out[(n-1)*oStride+groups*groupRows-1]
	// One call into assembly cannot be preempted, so it may only take a while that the garbage collector can wait.
	step := max(1, maxCallMACs/(groupRows*p.cols*n))
	for i := range p.panels {
		s := &p.panels[i]
		from, to := max(group0, s.group0), min(group0+groups, s.group0+s.groups)
		for g := from; g < to; g += step {
			k.panel(s, a, tile, n, g-s.group0, min(step, to-g), out[(g-group0)*groupRows:], oStride, add)
		}
	}
}

// maxCallMACs bounds the multiply-adds of one assembly call: some 100 microseconds.
const maxCallMACs = 8 << 20

// panel multiplies groups of one panel, counted from its own start, with the n tokens of a tile.
func (k *kernels) panel(s *panel, a *acts, tile, n, group, groups int, out []float32, oStride int, add bool) {
	if s.layout < intLayouts {
		shape := blockShape{n: n, groups: groups, oStride: oStride, width: a.width, add: add}
		k.blocks[s.layout](s.data[group*s.stride:(group+groups)*s.stride], a.tile(tile), out, shape)
		return
	}
	if add {
		panic("cpu: products with float weights cannot be added")
	}
	shape := denseShape{
		n: n, k: a.width, groups: groups, aStride: a.width, oStride: oStride,
		wStride: groupRows, wGroup: groupRows * a.width, scale: 1,
	}
	rows := a.floats[tile*maxTile*a.width:]
	first := group * shape.wGroup
	switch s.layout {
	case layoutF32:
		k.denseF32(s.floats()[first:], rows, out, nil, shape)
	case layoutF16:
		k.denseF16(s.halves()[first:], rows, out, nil, shape)
	case layoutBF16:
		k.denseBF16(s.halves()[first:], rows, out, nil, shape)
	}
}
