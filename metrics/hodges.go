package metrics

import "slices"

// largestHodges bounds the values of [HodgesLehmann], whose pairs are all looked at.
const largestHodges = 1000

// HodgesLehmann estimates the middle of values that lie symmetrically about it, as differences of paired measurements with the same noise
// do: the median of the means of all pairs of values, each with itself included. Its interval is that of the signed-rank test, exact for
// any such distribution, and a few wild values hardly move it. ok is false for a confidence that so few values cannot give (95 % takes six),
// for NaN, for more than 1,000 values, and for a confidence out of range.
//
// Source: Hodges and Lehmann, Estimates of location based on rank tests, 1963.
func HodgesLehmann(values []float64, confidence float64) (estimate float64, ci Interval, ok bool) {
	n := len(values)
	if n == 0 || n > largestHodges || hasNaN(values) || !(confidence > 0 && confidence < 1) {
		return 0, Interval{}, false
	}
	means := make([]float64, 0, n*(n+1)/2)
	for i, v := range values {
		for _, w := range values[i:] {
			means = append(means, v/2+w/2)
		}
	}
	slices.Sort(means)
	estimate = means[(len(means)-1)/2]/2 + means[len(means)/2]/2
	// chance[s] is that of a rank sum s when every sign is as likely. So many means from either end are left out as have at most the
	// chance that the interval may miss on that side.
	chance := make([]float64, len(means)+1)
	chance[0] = 1
	for rank := 1; rank <= n; rank++ {
		for s := rank * (rank + 1) / 2; s >= 0; s-- {
			chance[s] /= 2
			if s >= rank {
				chance[s] += chance[s-rank] / 2
			}
		}
	}
	left, tail := 0, 0.
	for tail+chance[left] <= (1-confidence)/2*(1+1e-12) {
		tail += chance[left]
		left++
	}
	if left == 0 {
		return estimate, Interval{}, false
	}
	return estimate, Interval{means[left-1], means[len(means)-left]}, true
}
