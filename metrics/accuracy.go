package metrics

import (
	"math"
	"slices"
)

// Argmax returns the index of the largest value; the lowest index wins a tie, as in NumPy. It returns -1 when there are no values or
// one of them is NaN.
func Argmax(values []float64) int {
	best := -1
	for i, v := range values {
		if math.IsNaN(v) {
			return -1
		}
		if best < 0 || v > values[best] {
			best = i
		}
	}
	return best
}

// Mean returns the arithmetic mean, summed in order. ok is false for no values.
func Mean(values []float64) (mean float64, ok bool) {
	if len(values) == 0 {
		return 0, false
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values)), true
}

// Median returns the middle of the sorted values, of an even number the mean of the two middle ones. It is NaN for no values.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

// StdErr returns the standard error of the mean as lm-evaluation-harness prints it: the sample standard deviation (divisor n-1)
// over √n. ok is false for fewer than two values.
func StdErr(values []float64) (stderr float64, ok bool) {
	n := float64(len(values))
	if len(values) < 2 {
		return 0, false
	}
	mean, _ := Mean(values)
	var squares float64
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares/(n-1)) / math.Sqrt(n), true
}

// ClusterStdErr returns the standard error of the mean of values whose clusters are independent but whose members are not:
// √(Σ_g (Σ_{i∈g} (v_i − mean))²) / n, the sandwich estimate without a small-sample factor. An empty cluster name stands for a cluster
// of one. ok is false for fewer
// than two clusters or when the lengths differ.
func ClusterStdErr(values []float64, clusters []string) (stderr float64, ok bool) {
	if len(values) != len(clusters) {
		return 0, false
	}
	groups := group(clusters, len(values))
	if len(groups) < 2 {
		return 0, false
	}
	mean, _ := Mean(values)
	var squares float64
	for _, members := range groups {
		var sum float64
		for _, i := range members {
			sum += values[i] - mean
		}
		squares += sum * sum
	}
	return math.Sqrt(squares) / float64(len(values)), true
}

// group lists the members of each cluster, clusters in the order of their first member. With no clusters at all each of the n items
// stands alone.
func group(clusters []string, n int) [][]int {
	var out [][]int
	at := make(map[string]int)
	for i := range n {
		if i >= len(clusters) || clusters[i] == "" {
			out = append(out, []int{i})
			continue
		}
		g, ok := at[clusters[i]]
		if !ok {
			g = len(out)
			at[clusters[i]] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], i)
	}
	return out
}
