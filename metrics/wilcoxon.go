package metrics

import (
	"math"
	"slices"
)

// exactSigned is the largest number of differences whose signed-rank distribution is enumerated.
const exactSigned = 100

// SignedRank is Wilcoxon's test of whether paired differences are symmetric about 0; p is two-sided. Differences of 0 are left out
// (zero_method="wilcox" of SciPy) and equal ones share the mean of their ranks. Up to 100 differences, p is exact, with ties by the
// permutations of the ranks as they are; beyond, it is the normal approximation with the variance corrected for ties and no correction
// for continuity. SciPy computes the same with method="exact" (without ties) and "approx". positive is the sum of the ranks of
// positive differences. ok is false when every difference is 0 or one is NaN.
//
// Source: Wilcoxon, Individual comparisons by ranking methods, 1945.
func SignedRank(differences []float64) (positive, p float64, ok bool) {
	var sizes []float64
	var up []bool
	for _, d := range differences {
		if math.IsNaN(d) {
			return 0, 0, false
		}
		if d != 0 {
			sizes = append(sizes, math.Abs(d))
			up = append(up, d > 0)
		}
	}
	if len(sizes) == 0 {
		return 0, 0, false
	}
	ranks := midRanks(sizes)
	var total, squares float64
	for i, r := range ranks {
		total += r
		squares += r * r
		if up[i] {
			positive += r
		}
	}
	if len(ranks) <= exactSigned {
		return positive, signedTails(ranks, positive, total), true
	}
	// Each rank counts with probability ½: variance ¼·Σr², ties included.
	z := (positive - total/2) / math.Sqrt(squares/4)
	return positive, math.Erfc(math.Abs(z) / math.Sqrt2), true
}

// signedTails is twice the smaller tail of the sum of those ranks that are drawn, each with probability ½. Ranks are multiples of ½.
func signedTails(ranks []float64, positive, total float64) float64 {
	chance := make([]float64, int(2*total)+1) // of each doubled sum
	chance[0] = 1
	reach := 0
	for _, r := range ranks {
		step := int(2 * r)
		reach += step
		for s := reach; s >= 0; s-- {
			chance[s] /= 2
			if s >= step {
				chance[s] += chance[s-step] / 2
			}
		}
	}
	var tail float64
	for _, c := range chance[:int(2*min(positive, total-positive))+1] {
		tail += c
	}
	return min(1, 2*tail)
}

// midRanks ranks values from 1; equal values share the mean of their ranks.
func midRanks(values []float64) []float64 {
	order := ascending(values)
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return ranks
}

// hasNaN says whether a value is NaN.
func hasNaN(values []float64) bool { return slices.ContainsFunc(values, math.IsNaN) }
