package metrics

import "math/bits"

// splitMix is the SplitMix64 generator: small, fast and the same everywhere.
//
// Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
type splitMix struct{ state uint64 }

func (s *splitMix) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0,n), each equally likely: products whose low half falls into the uneven rest are drawn again.
func (s *splitMix) below(n int) int {
	bound := uint64(n)
	hi, lo := bits.Mul64(s.next(), bound)
	if lo < bound {
		for rest := -bound % bound; lo < rest; {
			hi, lo = bits.Mul64(s.next(), bound)
		}
	}
	return int(hi)
}
