//go:build amd64 && !noasm && gc

package cpu

import "unsafe"

//go:generate go run -C _gen ./ceiling -out ../ceiling_kernel_amd64.s -stubs ../ceiling_kernel_amd64.go -pkg cpu

// ceilingKernelsFor returns the loops in the instructions of a supported level.
func ceilingKernelsFor(l Level) ceilingKernels {
	switch l {
	case AVX512:
		return vectorCeilingKernels(sumWordsAVX512, dotsAVX512, 16, productsAVX512, 12)
	case AVX2:
		return vectorCeilingKernels(sumWordsAVX2, dotsAVX2, 24, productsAVX2, 6)
	}
	return goCeilingKernels()
}

func vectorCeilingKernels(
	sumWords func(p *byte, steps, ahead int, sums *uint64),
	dots func(w, x *byte, rounds int, sums *int32), dotsRound int,
	products func(x, y *float32, rounds int, sums *float32), productsRound int,
) ceilingKernels {
	return ceilingKernels{
		read: func(b []byte, ahead int) (sum uint64) {
			var sums [8]uint64
			if steps := len(b) / 256; steps > 0 {
				sumWords(&b[0], steps, ahead, &sums[0])
			}
			for _, s := range sums {
				sum += s
			}
			return sum
		},
		dots: func(w *[64]uint8, x *[64]int8, rounds int) (sum int32) {
			var sums [16]int32
			if rounds > 0 {
				dots(&w[0], (*byte)(unsafe.Pointer(x)), rounds, &sums[0])
			}
			for _, s := range sums {
				sum += s
			}
			return sum
		},
		dotsRound: dotsRound,
		products: func(x, y, sums *[16]float32, rounds int) {
			var new [16]float32
			if rounds > 0 {
				products(&x[0], &y[0], rounds, &new[0])
			}
			for i, s := range new {
				sums[i] += s
			}
		},
		productsRound: productsRound,
	}
}
