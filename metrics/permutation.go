package metrics

import "math"

// exactFlips is the largest number of clusters that differ for which all exchanges are enumerated.
const exactFlips = 16

// Permutation tests whether two runs on the same items differ in a metric, by exchanging their outputs item by item: if the runs are
// alike, every exchange is as likely as what was seen. It asks nothing of the metric but that it is a function of sums. The zero value
// works; the same settings and values give the same bits.
//
// Source: Noreen, Computer-intensive methods for testing hypotheses, 1989.
type Permutation struct {
	Draws int    // random exchanges; 0 = 10,000. Up to 16 items or clusters that differ, all exchanges are enumerated instead.
	Seed  uint64 // of the generator
	Less  bool   // one-sided: is the second run lower?
}

// Means compares the means of two lists, as [Permutation.Sums] does.
func (t Permutation) Means(first, second []float64, clusters []string) (difference, p float64, ok bool) {
	return t.Sums(withCount(first), withCount(second), clusters, meanOfSums)
}

// Sums returns metric(second) − metric(first), both over summed statistics, and the probability of one at least as large when the runs
// are alike: (count+1)/(draws+1), or the share of all exchanges if they are enumerated. Clusters are exchanged as a whole; they
// are as in [Bootstrap.Mean]. An exchange in which the metric is NaN counts as one at least as large. ok is false for no items, lengths that differ, or a metric that is NaN of what was seen.
func (t Permutation) Sums(first, second [][]float64, clusters []string, metric func(sum []float64) float64) (difference, p float64, ok bool) {
	a, okA := newClustered(first, clusters)
	b, okB := newClustered(second, clusters)
	if !okA || !okB || len(first) != len(second) || a.width != b.width {
		return 0, 0, false
	}
	moves := changes(a, b)
	low, high := a.total(), b.total()
	valueA, valueB := metric(low), metric(high)
	difference = valueB - valueA
	if math.IsNaN(difference) {
		return 0, 0, false
	}
	slack := 1e-12 * (math.Abs(valueA) + math.Abs(valueB)) // sums in another order must not lose an equality
	sumA, sumB := make([]float64, a.width), make([]float64, a.width)
	extreme := func(flip func(i int) bool) bool {
		copy(sumA, low)
		copy(sumB, high)
		for i, move := range moves {
			if flip(i) {
				for j, v := range move {
					sumA[j] += v
					sumB[j] -= v
				}
			}
		}
		d := metric(sumB) - metric(sumA)
		if math.IsNaN(d) { // nothing speaks against its being as large
			return true
		}
		if t.Less {
			return d <= difference+slack
		}
		return math.Abs(d) >= math.Abs(difference)-slack
	}
	if len(moves) <= exactFlips {
		count := 0
		for mask := range 1 << len(moves) {
			if extreme(func(i int) bool { return mask>>i&1 == 1 }) {
				count++
			}
		}
		return difference, float64(count) / float64(int(1)<<len(moves)), true
	}
	draws := t.Draws
	if draws <= 0 {
		draws = 10_000
	}
	rng := splitMix{state: t.Seed}
	var word uint64
	count := 1
	for range draws {
		if extreme(func(i int) bool {
			if i&63 == 0 {
				word = rng.next()
			}
			bit := word & 1
			word >>= 1
			return bit == 1
		}) {
			count++
		}
	}
	return difference, float64(count) / float64(draws+1), true
}

// changes lists, for the clusters in which two runs differ, what an exchange adds to the first run and takes from the second.
func changes(a, b clusterSums) [][]float64 {
	var moves [][]float64
	for g := range a.n {
		move := make([]float64, a.width)
		differ := false
		for j, v := range a.row(g) {
			move[j] = b.row(g)[j] - v
			differ = differ || move[j] != 0
		}
		if differ {
			moves = append(moves, move)
		}
	}
	return moves
}
