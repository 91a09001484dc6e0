//go:build amd64 && !noasm && gc

package cpu

// codeAVX512 is the AVX-512 assembly.
func codeAVX512() *vectorCode {
	return &vectorCode{
		addTo:           addToAVX512,
		scale:           scaleAVX512,
		mulScaled:       mulScaledAVX512,
		mulScaledAdd:    mulScaledAddAVX512,
		siluMul:         siluMulAVX512,
		geluTanhMul:     geluTanhMulAVX512,
		ropeHalf:        ropeHalfAVX512,
		ropeInterleaved: ropeInterleavedAVX512,
		toHalf:          toHalfAVX512,
		fromHalf:        fromHalfAVX512,
		fromQ8:          fromQ8AVX512,
		softmax:         softmaxAVX512,
		quantize:        quantizeAVX512,
		sumSquares:      sumSquaresLanesAVX512,
		expSum:          expSumLanesAVX512,
		maxIndex:        maxIndexLanesAVX512,
		dense: [...]denseTable{
			{{12, denseF32AVX512_12}, {8, denseF32AVX512_8}, {7, denseF32AVX512_7}, {6, denseF32AVX512_6}, {5, denseF32AVX512_5}, {4, denseF32AVX512_4}, {3, denseF32AVX512_3}, {2, denseF32AVX512_2}, {1, denseF32AVX512_1}},
			{{12, denseF16AVX512_12}, {8, denseF16AVX512_8}, {7, denseF16AVX512_7}, {6, denseF16AVX512_6}, {5, denseF16AVX512_5}, {4, denseF16AVX512_4}, {3, denseF16AVX512_3}, {2, denseF16AVX512_2}, {1, denseF16AVX512_1}},
			{{12, denseBF16AVX512_12}, {8, denseBF16AVX512_8}, {7, denseBF16AVX512_7}, {6, denseBF16AVX512_6}, {5, denseBF16AVX512_5}, {4, denseBF16AVX512_4}, {3, denseBF16AVX512_3}, {2, denseBF16AVX512_2}, {1, denseBF16AVX512_1}},
		},
		blocks: blocksAVX512,
	}
}

// blockCodeAVX512 is the kernel of a layout for each number of tokens.
var blockCodeAVX512 = [intLayouts][7]func(w, a *byte, out *float32, oStride, blocks, groups, add int){
	layoutW8:    {1: blocksW8AVX512_1, 2: blocksW8AVX512_2, 3: blocksW8AVX512_3, 4: blocksW8AVX512_4, 5: blocksW8AVX512_5, 6: blocksW8AVX512_6},
	layoutW5:    {1: blocksW5AVX512_1, 2: blocksW5AVX512_2, 3: blocksW5AVX512_3, 4: blocksW5AVX512_4, 5: blocksW5AVX512_5, 6: blocksW5AVX512_6},
	layoutW4:    {1: blocksW4AVX512_1, 2: blocksW4AVX512_2, 3: blocksW4AVX512_3, 4: blocksW4AVX512_4, 5: blocksW4AVX512_5, 6: blocksW4AVX512_6},
	layoutW4M:   {1: blocksW4MAVX512_1, 2: blocksW4MAVX512_2, 3: blocksW4MAVX512_3, 4: blocksW4MAVX512_4, 5: blocksW4MAVX512_5, 6: blocksW4MAVX512_6},
	layoutW4K:   {1: blocksW4KAVX512_1, 2: blocksW4KAVX512_2, 3: blocksW4KAVX512_3, 4: blocksW4KAVX512_4, 5: blocksW4KAVX512_5, 6: blocksW4KAVX512_6},
	layoutW6K:   {1: blocksW6KAVX512_1, 2: blocksW6KAVX512_2, 3: blocksW6KAVX512_3, 4: blocksW6KAVX512_4, 5: blocksW6KAVX512_5, 6: blocksW6KAVX512_6},
	layoutW8S16: {1: blocksW8S16AVX512_1, 2: blocksW8S16AVX512_2, 3: blocksW8S16AVX512_3, 4: blocksW8S16AVX512_4, 5: blocksW8S16AVX512_5, 6: blocksW8S16AVX512_6},
	layoutW8M16: {1: blocksW8M16AVX512_1, 2: blocksW8M16AVX512_2, 3: blocksW8M16AVX512_3, 4: blocksW8M16AVX512_4, 5: blocksW8M16AVX512_5, 6: blocksW8M16AVX512_6},
}

// blocksAVX512 takes all tokens in one pass over the weights.
func blocksAVX512(l layout, w, a []byte, out []float32, s blockShape) {
	blockCodeAVX512[l][s.n](at(w), at(a), at(out), s.oStride, s.width/32, s.groups, s.adds())
}

// sumSquaresLanesAVX512, expSumLanesAVX512 and maxIndexLanesAVX512 finish the reductions: they call the assembly by name, so that the
// lanes stay on the stack.
func sumSquaresLanesAVX512(x []float32) float32 {
	var l [lanes]float32
	n := len(x) &^ 15
	sumSquaresAVX512(at(x), n, &l[0])
	sumSquaresLanes(&l, x[n:])
	return sumLanes(&l)
}

func expSumLanesAVX512(x []float32, m float32) float32 {
	var l [lanes]float32
	n := len(x) &^ 15
	expSumAVX512(at(x), n, m, &l[0])
	expSumLanes(&l, x[n:], m)
	return sumLanes(&l)
}

func maxIndexLanesAVX512(x []float32) (float32, int) {
	var top [lanes]float32
	var index [lanes]int32
	n := len(x) &^ 15
	maxIndexAVX512(at(x), n, &top[0], &index[0])
	return mergeMax(&top, &index, x, n)
}
