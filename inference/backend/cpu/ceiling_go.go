package cpu

import "encoding/binary"

// ceilingKernels are loops that do nothing but read memory, or nothing but multiply and add. Each result depends on all that was
// read or computed, so a test can tell that none was left out.
type ceilingKernels struct {
	// read returns the sum of the 64-bit words of b, whose length is a multiple of 256. ahead is how far prefetching goes, in
	// bytes; hardly anything is prefetched with 0.
	read func(b []byte, ahead int) uint64
	// dots returns rounds*dotsRound times the sum of w[i]*x[i].
	dots      func(w *[64]uint8, x *[64]int8, rounds int) int32
	dotsRound int
	// products adds the 16 products x[i]*y[i] to sums, rounds*productsRound times.
	products      func(x, y, sums *[16]float32, rounds int)
	productsRound int
}

func goCeilingKernels() ceilingKernels {
	return ceilingKernels{read: readGo, dots: dotsGo, dotsRound: 1, products: productsGo, productsRound: 1}
}

func readGo(b []byte, _ int) uint64 {
	var s0, s1, s2, s3 uint64
	for ; len(b) >= 32; b = b[32:] {
		s0 += binary.LittleEndian.Uint64(b)
		s1 += binary.LittleEndian.Uint64(b[8:])
		s2 += binary.LittleEndian.Uint64(b[16:])
		s3 += binary.LittleEndian.Uint64(b[24:])
	}
	return s0 + s1 + s2 + s3
}

func dotsGo(w *[64]uint8, x *[64]int8, rounds int) int32 {
	var s0, s1, s2, s3 int32
	for range rounds {
		for i := 0; i < len(w); i += 4 {
			s0 += int32(w[i]) * int32(x[i])
			s1 += int32(w[i+1]) * int32(x[i+1])
			s2 += int32(w[i+2]) * int32(x[i+2])
			s3 += int32(w[i+3]) * int32(x[i+3])
		}
	}
	return s0 + s1 + s2 + s3
}

func productsGo(x, y, sums *[16]float32, rounds int) {
	s := *sums
	for range rounds {
		for i := range s {
			s[i] += x[i] * y[i]
		}
	}
	*sums = s
}
