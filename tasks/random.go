package tasks

import (
	"hash/fnv"
	"math/bits"
)

// random is the SplitMix64 generator, which stays the same for ever: generated items must not change with a Go release.
type random struct{ state uint64 }

// newRandom makes a generator for one purpose: those of different names are independent.
func newRandom(seed uint64, name string) *random {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := &random{state: seed}
	r.state ^= h.Sum64() + r.next()
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0,n); n is small, so that the bias of the product is below 1e-15.
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// between returns a number in [low,high].
func (r *random) between(low, high int) int { return low + r.below(high-low+1) }

// one picks an element.
func one[T any](r *random, list []T) T { return list[r.below(len(list))] }

// some picks n different elements, in random order.
func some[T any](r *random, list []T, n int) []T {
	order := r.perm(len(list))
	out := make([]T, n)
	for i := range out {
		out[i] = list[order[i]]
	}
	return out
}

// perm returns the numbers below n in random order.
func (r *random) perm(n int) []int {
	out := make([]int, n)
	for i := range out {
		j := r.below(i + 1)
		out[i], out[j] = out[j], i
	}
	return out
}

// labelsFor returns n class numbers below k, each equally often (to within one), in random order.
func (r *random) labelsFor(n, k int) []int {
	out := make([]int, n)
	for i, at := range r.perm(n) {
		out[at] = i % k
	}
	return out
}
