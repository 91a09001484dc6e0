package metrics

import "math"

// clusterSums are the statistics of clusters, each the sum over its items, one cluster after the other.
type clusterSums struct {
	flat     []float64 // [n][width]
	n, width int
}

// newClustered sums rows by cluster. ok is false for no rows, rows of different lengths, and clusters that are not as many.
func newClustered(rows [][]float64, clusters []string) (c clusterSums, ok bool) {
	if len(rows) == 0 || clusters != nil && len(clusters) != len(rows) {
		return c, false
	}
	groups := group(clusters, len(rows))
	c = clusterSums{n: len(groups), width: len(rows[0])}
	c.flat = make([]float64, c.n*c.width)
	for g, members := range groups {
		sum := c.row(g)
		for _, i := range members {
			if len(rows[i]) != c.width {
				return c, false
			}
			for j, v := range rows[i] {
				sum[j] += v
			}
		}
	}
	return c, true
}

func (c clusterSums) row(g int) []float64 { return c.flat[g*c.width : (g+1)*c.width] }

// total sums all clusters.
func (c clusterSums) total() []float64 {
	total := make([]float64, c.width)
	for g := range c.n {
		for j, v := range c.row(g) {
			total[j] += v
		}
	}
	return total
}

// jackknife is the metric without each cluster in turn.
func (c clusterSums) jackknife(total []float64, metric func(sum []float64) float64) []float64 {
	out := make([]float64, c.n)
	rest := make([]float64, c.width)
	for g := range out {
		for j, v := range c.row(g) {
			rest[j] = total[j] - v
		}
		out[g] = metric(rest)
	}
	return out
}

// An Estimate is a value with its standard error and the degrees of freedom of that error.
type Estimate struct{ Value, StdErr, Freedom float64 }

// Interval is the interval by Student's t.
func (e Estimate) Interval(confidence float64) Interval {
	half := -studentQuantile((1-confidence)/2, e.Freedom) * e.StdErr
	return Interval{e.Value - half, e.Value + half}
}

// ClusterMean returns the mean of values whose clusters are independent but whose members are not, with the standard error that is
// corrected for the number and sizes of the clusters (CR2) and the degrees of freedom that go with it: for clusters of one item, those
// of Student's t. Clusters are as in [Bootstrap.Mean]. ok is false for fewer than two clusters or when the lengths differ.
//
// Source: Bell and McCaffrey, Bias reduction in standard errors for linear regression with multi-stage samples, 2002; for a mean their
// matrices have the closed form used here.
func ClusterMean(values []float64, clusters []string) (e Estimate, ok bool) {
	ones := make([]float64, len(values))
	for i := range ones {
		ones[i] = 1
	}
	return Ratio(values, ones, clusters)
}

// Ratio returns the ratio of the sums of two lists, such as correct over predicted entities, with its standard error by the delta method:
// that of the mean of (numerator − ratio·denominator) over the mean denominator, corrected as in [ClusterMean]. ok is false as there,
// for denominators below 0 or NaN, and when a single cluster has all of the denominator.
func Ratio(numerators, denominators []float64, clusters []string) (e Estimate, ok bool) {
	if len(numerators) != len(denominators) || clusters != nil && len(clusters) != len(numerators) {
		return e, false
	}
	groups := group(clusters, len(numerators))
	var top, bottom float64
	for i, d := range denominators {
		if !(d >= 0) || math.IsNaN(numerators[i]) {
			return e, false
		}
		top += numerators[i]
		bottom += d
	}
	if len(groups) < 2 || !(bottom > 0) {
		return e, false
	}
	e.Value = top / bottom
	// share is what a cluster weighs, the leverage of its residuals.
	var squares, shares, products, productSquares float64
	for _, members := range groups {
		var residual, weight float64
		for _, i := range members {
			residual += numerators[i] - e.Value*denominators[i]
			weight += denominators[i]
		}
		share := weight / bottom
		if share >= 1 {
			return Estimate{}, false
		}
		squares += residual * residual / (1 - share)
		shares += share * share
		product := share * share / (1 - share)
		products += product
		productSquares += product * product
	}
	e.StdErr = math.Sqrt(squares) / bottom
	e.Freedom = 1 / (shares + products*products - productSquares)
	return e, true
}
