package metrics

import (
	"cmp"
	"slices"
)

// Holm adjusts the p values of several tests so that a test whose adjusted value is at most alpha can be called significant, and any
// of those that are true null hypotheses is so called with probability alpha at most. The result is in the order of p.
//
// Source: Holm, A simple sequentially rejective multiple test procedure, 1979.
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	var largest float64
	for rank, i := range ascending(p) {
		largest = max(largest, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = largest
	}
	return adjusted
}

// BenjaminiHochberg adjusts the p values of several tests so that among those whose adjusted value is at most alpha the expected share
// of true null hypotheses is alpha at most, for tests that are independent or positively dependent. The result is in the order of p.
//
// Source: Benjamini and Hochberg, Controlling the false discovery rate, 1995.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	smallest := 1.
	for rank, i := range slices.Backward(ascending(p)) {
		smallest = min(smallest, p[i]*float64(len(p))/float64(rank+1))
		adjusted[i] = smallest
	}
	return adjusted
}

// ascending lists the indices of values from the smallest value to the largest; equal ones keep their order.
func ascending(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}
