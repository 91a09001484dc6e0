package metrics

import "math"

// CorpusPairs is what a metric of a whole set is computed from, for two runs on the same items: the statistics of item i are
// Baseline[i] and Run[i], all of one length, and Metric is a function of their sum that must not keep its argument.
type CorpusPairs struct {
	Baseline, Run [][]float64
	Metric        func(sum []float64) float64
}

// valid says whether both lists have n rows of one width.
func (c *CorpusPairs) valid(n int) bool {
	if len(c.Baseline) != n || len(c.Run) != n || c.Metric == nil {
		return false
	}
	for i := range n {
		if len(c.Baseline[i]) != len(c.Baseline[0]) || len(c.Run[i]) != len(c.Baseline[0]) {
			return false
		}
	}
	return true
}

// values are the metric of both runs.
func (c *CorpusPairs) values() (baseline, run float64) {
	return c.Metric(sumRows(c.Baseline)), c.Metric(sumRows(c.Run))
}

func sumRows(rows [][]float64) []float64 {
	var sum []float64
	for _, r := range rows {
		if sum == nil {
			sum = make([]float64, len(r))
		}
		for j, v := range r {
			sum[j] += v
		}
	}
	return sum
}

// scores gives every item a score in either run, whose means differ by about as much as the metric does: n times what the metric of both
// runs' middle changes by when one item in it is that of the one run instead of that of the other. An item whose outputs change places
// has its scores changed just so, which makes exchange tests of them as exact as those of any scores.
func (c *CorpusPairs) scores() (baseline, run []float64) {
	n := len(c.Run)
	middle := sumRows(c.Baseline)
	for j, v := range sumRows(c.Run) {
		middle[j] = (middle[j] + v) / 2
	}
	level := c.Metric(middle)
	baseline, run = make([]float64, n), make([]float64, n)
	moved := make([]float64, len(middle))
	at := func(i int, side float64) float64 {
		for j, v := range middle {
			moved[j] = v + side*(c.Baseline[i][j]-c.Run[i][j])/2
		}
		return c.Metric(moved)
	}
	for i := range n {
		half := float64(n) * (at(i, 1) - at(i, -1)) / 2
		if math.IsNaN(half) { // not defined without the item: it says nothing
			half = 0
		}
		baseline[i], run[i] = level+half, level-half
	}
	return baseline, run
}
