//go:build amd64 && !noasm && gc

package cpu

import "sync"

// codeAVX2 is the AVX2 assembly.
func codeAVX2() *vectorCode {
	return &vectorCode{
		addTo:           addToAVX2,
		scale:           scaleAVX2,
		mulScaled:       mulScaledAVX2,
		mulScaledAdd:    mulScaledAddAVX2,
		siluMul:         siluMulAVX2,
		geluTanhMul:     geluTanhMulAVX2,
		ropeHalf:        ropeHalfAVX2,
		ropeInterleaved: ropeInterleavedAVX2,
		toHalf:          toHalfAVX2,
		fromHalf:        fromHalfAVX2,
		fromQ8:          fromQ8AVX2,
		softmax:         softmaxAVX2,
		quantize:        quantizeAVX2,
		sumSquares:      sumSquaresLanesAVX2,
		expSum:          expSumLanesAVX2,
		maxIndex:        maxIndexLanesAVX2,
		dense: [...]denseTable{
			{{3, denseF32AVX2_3}, {2, denseF32AVX2_2}, {1, denseF32AVX2_1}},
			{{3, denseF16AVX2_3}, {2, denseF16AVX2_2}, {1, denseF16AVX2_1}},
			{{3, denseBF16AVX2_3}, {2, denseBF16AVX2_2}, {1, denseBF16AVX2_1}},
		},
		blocks: blocksAVX2,
	}
}

// scratchAVX2 is where the AVX2 kernels keep sums for which there are no registers.
type scratchAVX2 [maxTile * 4 * groupRows]byte

var scratchPool = sync.Pool{New: func() any { return new(scratchAVX2) }}

// blockCodeAVX2 is the kernel of a layout for each number of tokens that has one.
var blockCodeAVX2 = [intLayouts][maxTile + 1]func(w, a *byte, word int, out *float32, oStride, blocks, groups, add int, scratch *byte){
	layoutW8:    {1: blocksW8AVX2_1, 2: blocksW8AVX2_2, 3: blocksW8AVX2_3, 4: blocksW8AVX2_4, 6: blocksW8AVX2_6},
	layoutW5:    {1: blocksW5AVX2_1, 2: blocksW5AVX2_2, 3: blocksW5AVX2_3, 4: blocksW5AVX2_4, 6: blocksW5AVX2_6},
	layoutW4:    {1: blocksW4AVX2_1, 2: blocksW4AVX2_2, 3: blocksW4AVX2_3, 4: blocksW4AVX2_4, 6: blocksW4AVX2_6},
	layoutW4M:   {1: blocksW4MAVX2_1, 2: blocksW4MAVX2_2, 3: blocksW4MAVX2_3, 4: blocksW4MAVX2_4, 6: blocksW4MAVX2_6},
	layoutW4K:   {1: blocksW4KAVX2_1, 2: blocksW4KAVX2_2, 3: blocksW4KAVX2_3, 4: blocksW4KAVX2_4, 6: blocksW4KAVX2_6},
	layoutW6K:   {1: blocksW6KAVX2_1, 2: blocksW6KAVX2_2, 3: blocksW6KAVX2_3, 4: blocksW6KAVX2_4, 6: blocksW6KAVX2_6},
	layoutW8S16: {1: blocksW8S16AVX2_1, 2: blocksW8S16AVX2_2, 3: blocksW8S16AVX2_3, 4: blocksW8S16AVX2_4, 6: blocksW8S16AVX2_6},
	layoutW8M16: {1: blocksW8M16AVX2_1, 2: blocksW8M16AVX2_2, 3: blocksW8M16AVX2_3, 4: blocksW8M16AVX2_4, 6: blocksW8M16AVX2_6},
}

// blocksAVX2 takes six tokens at a time, or two times as many as have a kernel.
func blocksAVX2(l layout, w, a []byte, out []float32, s blockShape) {
	scratch := scratchPool.Get().(*scratchAVX2)
	for t := 0; t < s.n; {
		n := s.n - t
		if n == 5 {
			n = 3
		}
		blockCodeAVX2[l][n](at(w), &a[4*t], 4*s.n, &out[t*s.oStride], s.oStride, s.width/32, s.groups, s.adds(), &scratch[0])
		t += n
	}
	scratchPool.Put(scratch)
}

// sumSquaresLanesAVX2, expSumLanesAVX2 and maxIndexLanesAVX2 finish the reductions: they call the assembly by name, so that the
// lanes stay on the stack.
func sumSquaresLanesAVX2(x []float32) float32 {
	var l [lanes]float32
	n := len(x) &^ 15
	sumSquaresAVX2(at(x), n, &l[0])
	sumSquaresLanes(&l, x[n:])
	return sumLanes(&l)
}

func expSumLanesAVX2(x []float32, m float32) float32 {
	var l [lanes]float32
	n := len(x) &^ 15
	expSumAVX2(at(x), n, m, &l[0])
	expSumLanes(&l, x[n:], m)
	return sumLanes(&l)
}

func maxIndexLanesAVX2(x []float32) (float32, int) {
	var top [lanes]float32
	var index [lanes]int32
	n := len(x) &^ 15
	maxIndexAVX2(at(x), n, &top[0], &index[0])
	return mergeMax(&top, &index, x, n)
}
