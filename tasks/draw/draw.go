// Package draw is where generated data gets its randomness from: a function that the caller owns, so that packages which write texts need no
// generator of their own, and equal draws give equal bytes.
//
//	d := draw.Draw(rand.IntN)
//	day := d.Between(1, 28)
//	city := draw.One(d, cities)
package draw

// Draw returns a number in [0,n), n > 0.
type Draw func(n int) int

// Between returns a number in [low,high].
func (d Draw) Between(low, high int) int { return low + d(high-low+1) }

// Chance is true in percent of a hundred cases.
func (d Draw) Chance(percent int) bool { return d(100) < percent }

// One picks an element.
func One[T any](d Draw, list []T) T { return list[d(len(list))] }

// Shuffled returns the elements in random order; the list stays as it is.
func Shuffled[T any](d Draw, list []T) []T {
	out := make([]T, len(list))
	for i, x := range list {
		j := d(i + 1)
		out[i] = out[j]
		out[j] = x
	}
	return out
}
