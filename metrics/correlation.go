package metrics

import (
	"cmp"
	"math"
	"slices"
)

// Pearson returns the correlation of paired values. ok is false for fewer than two pairs, different lengths, and values that are all
// equal.
func Pearson(x, y []float64) (r float64, ok bool) {
	if len(x) != len(y) || len(x) < 2 {
		return 0, false
	}
	mx, _ := Mean(x)
	my, _ := Mean(y)
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	r = xy / (math.Sqrt(xx) * math.Sqrt(yy))
	if math.IsNaN(r) {
		return 0, false
	}
	return max(-1, min(1, r)), true
}

// Spearman returns the correlation of the ranks of paired values; equal values share the mean of their ranks. ok is false as for
// [Pearson] and for NaN.
func Spearman(x, y []float64) (rho float64, ok bool) {
	if hasNaN(x) || hasNaN(y) {
		return 0, false
	}
	return Pearson(midRanks(x), midRanks(y))
}

// KendallTauB returns the share of pairs of items that x and y order alike minus the share that they order differently, among those
// that neither ties (the geometric mean of both counts): tau-b. ok is false as for [Spearman].
//
// Source: Kendall, The treatment of ties in ranking problems, 1945; Knight, A computer method for calculating Kendall's tau with
// ungrouped data, 1966.
func KendallTauB(x, y []float64) (tau float64, ok bool) {
	if len(x) != len(y) || len(x) < 2 || hasNaN(x) || hasNaN(y) {
		return 0, false
	}
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(y[a], y[b])) })
	tiedX := tiedPairs(order, func(a, b int) bool { return x[a] == x[b] })
	tiedBoth := tiedPairs(order, func(a, b int) bool { return x[a] == x[b] && y[a] == y[b] })
	// With x in order, pairs that y orders differently are the exchanges that sorting by y takes.
	discordant := exchanges(order, make([]int, len(order)), y)
	tiedY := tiedPairs(order, func(a, b int) bool { return y[a] == y[b] })
	n := float64(len(x))
	pairs := n * (n - 1) / 2
	tau = (pairs - tiedX - tiedY + tiedBoth - 2*discordant) / (math.Sqrt(pairs-tiedX) * math.Sqrt(pairs-tiedY))
	if math.IsNaN(tau) {
		return 0, false
	}
	return max(-1, min(1, tau)), true
}

// tiedPairs counts the pairs inside runs of equal items.
func tiedPairs(order []int, equal func(a, b int) bool) float64 {
	var pairs float64
	run := 1.
	for i := 1; i < len(order); i++ {
		if !equal(order[i-1], order[i]) {
			run = 1
			continue
		}
		pairs += run // with each that came before
		run++
	}
	return pairs
}

// exchanges sorts order by y, keeping equal ones in place, and returns how many pairs changed places.
func exchanges(order, spare []int, y []float64) float64 {
	if len(order) < 2 {
		return 0
	}
	half := len(order) / 2
	left, right := order[:half], order[half:]
	count := exchanges(left, spare, y) + exchanges(right, spare, y)
	out := spare[:0]
	for len(left) > 0 && len(right) > 0 {
		if y[right[0]] < y[left[0]] {
			count += float64(len(left))
			out, right = append(out, right[0]), right[1:]
		} else {
			out, left = append(out, left[0]), left[1:]
		}
	}
	out = append(append(out, left...), right...)
	copy(order, out)
	return count
}
