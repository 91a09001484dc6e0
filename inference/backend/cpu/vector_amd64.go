//go:build amd64 && !noasm && gc

package cpu

import "unsafe"

// vectorCode is the assembly of one level. Counts are multiples of 16 (8 for ropeInterleaved); strides are in
// elements for block kernels and in bytes for dense ones.
type vectorCode struct {
	addTo                   func(dst, x *float32, n int)
	scale                   func(x *float32, f float32, n int)
	mulScaled, mulScaledAdd func(dst, x, w *float32, f float32, n int)
	siluMul, geluTanhMul    func(dst, gate, up *float32, n int)
	ropeHalf                func(low, high, cos, sin *float32, n int)
	ropeInterleaved         func(x, cos, sin *float32, n int)
	toHalf                  func(dst *uint16, x *float32, n int)
	fromHalf                func(dst *float32, x *uint16, n int)
	fromQ8                  func(dst *float32, x *byte, blocks int)
	softmax                 func(p, m, l, c *float32, n int)
	quantize                func(x *float32, lane *byte, stride, blocks int)
	sumSquares              func(x []float32) float32
	expSum                  func(x []float32, m float32) float32
	maxIndex                func(x []float32) (float32, int)
	dense                   [3]denseTable // F32, F16, BF16
	blocks                  func(l layout, w, a []byte, out []float32, s blockShape)
}

// denseTable is the kernel for each number of rows that has one, most rows first.
type denseTable []struct {
	n   int
	run func(w *byte, wStride int, a *float32, aStride int, out *float32, oStride, k int, carry *float32, scale float32)
}

// vectorKernels wraps assembly: it checks lengths, hands the rest of a row that does not fill vectors to the Go twin, and
// splits tokens over the kernels that there are. Every wrapper is an ordinary Go function, at whose entry the garbage
// collector can stop the goroutine.
func vectorKernels(level Level, code *vectorCode) *kernels {
	k := &kernels{level: level, sumSquares: code.sumSquares, expSum: code.expSum, maxIndex: code.maxIndex}
	wrapRows(k, code)
	wrapProducts(k, code)
	return k
}

// wrapRows wraps the kernels on rows.
func wrapRows(k *kernels, code *vectorCode) {
	k.addTo = func(dst, x []float32) {
		x = x[:len(dst)]
		n := len(dst) &^ 15
		code.addTo(at(dst), at(x), n)
		addToGo(dst[n:], x[n:])
	}
	k.scale = func(x []float32, f float32) {
		n := len(x) &^ 15
		code.scale(at(x), f, n)
		scaleGo(x[n:], f)
	}
	k.mulScaled = func(dst, x, w []float32, f float32) {
		x, w = x[:len(dst)], w[:len(dst)]
		n := len(dst) &^ 15
		code.mulScaled(at(dst), at(x), at(w), f, n)
		mulScaledGo(dst[n:], x[n:], w[n:], f)
	}
	k.mulScaledAdd = func(dst, x, w []float32, f float32) {
		x, w = x[:len(dst)], w[:len(dst)]
		n := len(dst) &^ 15
		code.mulScaledAdd(at(dst), at(x), at(w), f, n)
		mulScaledAddGo(dst[n:], x[n:], w[n:], f)
	}
	k.siluMul = func(dst, gate, up []float32) {
		gate, up = gate[:len(dst)], up[:len(dst)]
		n := len(dst) &^ 15
		code.siluMul(at(dst), at(gate), at(up), n)
		siluMulGo(dst[n:], gate[n:], up[n:])
	}
	k.geluTanhMul = func(dst, gate, up []float32) {
		gate, up = gate[:len(dst)], up[:len(dst)]
		n := len(dst) &^ 15
		code.geluTanhMul(at(dst), at(gate), at(up), n)
		geluTanhMulGo(dst[n:], gate[n:], up[n:])
	}
	k.ropeHalf = func(x, cos, sin []float32) {
		sin = sin[:len(cos)]
		low, high := x[:len(cos)], x[len(cos):2*len(cos)]
		n := len(cos) &^ 15
		code.ropeHalf(at(low), at(high), at(cos), at(sin), n)
		rotate(low[n:], high[n:], cos[n:], sin[n:])
	}
	k.ropeInterleaved = func(x, cos, sin []float32) {
		sin, x = sin[:len(cos)], x[:2*len(cos)]
		n := len(cos) &^ 7
		code.ropeInterleaved(at(x), at(cos), at(sin), n)
		ropeInterleavedGo(x[2*n:], cos[n:], sin[n:])
	}
	k.toHalf = func(dst []uint16, x []float32) {
		x = x[:len(dst)]
		n := len(dst) &^ 15
		code.toHalf(at(dst), at(x), n)
		toHalfGo(dst[n:], x[n:])
	}
	k.fromHalf = func(dst []float32, x []uint16) {
		x = x[:len(dst)]
		n := len(dst) &^ 15
		code.fromHalf(at(dst), at(x), n)
		fromHalfGo(dst[n:], x[n:])
	}
	k.fromQ8 = func(dst []float32, x []byte) {
		n := len(dst) / 32
		x = x[:n*q8Block]
		code.fromQ8(at(dst), at(x), n)
	}
}

// wrapProducts wraps the kernels of products and attention.
func wrapProducts(k *kernels, code *vectorCode) {
	k.denseRows = code.dense[0][0].n
	k.softmax = func(p, m, l, c []float32, n int) {
		code.softmax(at(p[:32*n]), at(m[:n]), at(l[:lanes*n]), at(c[:n]), n)
	}
	k.quantize = func(lane []byte, tokens int, x []float32) {
		n := len(x) / 32
		if len(x)%32 != 0 {
			panic("cpu: a row to quantize is not a multiple of 32")
		}
		if n > 0 {
			_ = lane[4*tokens*(planes*n-1)+3]
			code.quantize(at(x), at(lane), 4*tokens, n)
		}
	}
	k.denseF32 = func(w []float32, a, out, carry []float32, s denseShape) {
		denseVector(code.dense[0], w, a, out, carry, s)
	}
	k.denseF16 = func(w []uint16, a, out, carry []float32, s denseShape) {
		denseVector(code.dense[1], w, a, out, carry, s)
	}
	k.denseBF16 = func(w []uint16, a, out, carry []float32, s denseShape) {
		denseVector(code.dense[2], w, a, out, carry, s)
	}
	for l := range k.blocks {
		k.blocks[l] = func(w, a []byte, out []float32, s blockShape) {
			if s.n <= 0 || s.n > maxTile || s.groups <= 0 || s.width <= 0 || s.width%layoutTable[l].values != 0 || s.oStride < 0 {
				panic("cpu: bad shape of a block product")
			}
			_ = w[s.groups*layout(l).panelBytes(s.width)-1]
			_ = a[s.n*s.width/32*actsBlockBytes-1]
			_ = out[(s.n-1)*s.oStride+groupRows*s.groups-1]
			code.blocks(layout(l), w, a, out, s)
		}
	}
}

// at is the address of the first element (nothing may be read there if there is none).
func at[T any](s []T) *T { return unsafe.SliceData(s) }

// denseVector computes what s says: for every 32 columns with the largest kernels that fit the rows.
func denseVector[T float32 | uint16](table denseTable, w []T, a, out, carry []float32, s denseShape) {
	if s.n <= 0 || s.groups <= 0 {
		return
	}
	if s.k <= 0 || s.aStride < 0 || s.oStride < 0 || s.wStride < 0 || s.wGroup < 0 {
		panic("cpu: bad shape of a dense product")
	}
	_ = a[(s.n-1)*s.aStride+s.k-1]
	_ = out[(s.n-1)*s.oStride+groupRows*s.groups-1]
	_ = w[(s.groups-1)*s.wGroup+(s.k-1)*s.wStride+groupRows-1]
	if carry != nil {
		_ = carry[s.n-1]
	}
	size := int(unsafe.Sizeof(w[0]))
	for g := range s.groups {
		panel := (*byte)(unsafe.Pointer(&w[g*s.wGroup]))
		t := 0
		for _, e := range table {
			for ; s.n-t >= e.n; t += e.n {
				var c *float32
				if carry != nil {
					c = &carry[t]
				}
				e.run(panel, size*s.wStride, &a[t*s.aStride], 4*s.aStride, &out[t*s.oStride+groupRows*g], 4*s.oStride, s.k, c, s.scale)
			}
		}
	}
}

// mergeMax finishes maxIndex: it merges the lanes of the first n elements of x with the rest.
func mergeMax(top *[lanes]float32, index *[lanes]int32, x []float32, n int) (float32, int) {
	best, at := top[0], int(index[0])
	for i := 1; i < lanes; i++ {
		if v, j := top[i], int(index[i]); v > best || v == best && j < at {
			best, at = v, j
		}
	}
	if v, j := maxIndexGo(x[n:]); v > best {
		best, at = v, n+j
	}
	return best, at
}
