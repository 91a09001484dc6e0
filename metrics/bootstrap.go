package metrics

import (
	"math"
	"slices"
)

// A Method turns resampled values of a metric into an interval.
type Method int

// The methods. What each of them covers, on few and on many items, is in docs/statistics.md.
const (
	// Percentile takes quantiles of the draws as they are. It is a little short for few clusters, as an interval that has the
	// normal quantile for Student's t and the divisor n for n−1.
	Percentile Method = iota
	// Expanded takes quantiles further out, so that the interval of a mean is as wide as Student's.
	//
	// Source: Hesterberg, What teachers should know about the bootstrap, 2015.
	Expanded
	// BCa corrects the quantiles for bias and for a spread that changes with the value, as [BCaLevels] has it.
	BCa
)

// Bootstrap makes intervals by resampling. The zero value works. The same settings and values give the same bits.
type Bootstrap struct {
	Draws      int     // resamples; 0 = 10,000
	Confidence float64 // in (0,1); 0 = 0.95
	Seed       uint64  // of the generator
	Method     Method  // default Percentile
}

func (b Bootstrap) withDefaults() Bootstrap {
	if b.Draws <= 0 {
		b.Draws = 10_000
	}
	if !(b.Confidence > 0 && b.Confidence < 1) {
		b.Confidence = 0.95
	}
	return b
}

// Mean returns the interval of the mean of values. Items with the same name in clusters are drawn together, since they are not
// independent; an empty name, or nil clusters, stands for an item of its own. ok is false for no values or when the lengths differ.
func (b Bootstrap) Mean(values []float64, clusters []string) (ci Interval, ok bool) {
	return b.Sums(withCount(values), clusters, meanOfSums)
}

// withCount makes a row of statistics of every value: itself and 1.
func withCount(values []float64) [][]float64 {
	rows := make([][]float64, len(values))
	flat := make([]float64, 2*len(values))
	for i, v := range values {
		flat[2*i], flat[2*i+1] = v, 1
		rows[i] = flat[2*i : 2*i+2]
	}
	return rows
}

func meanOfSums(sum []float64) float64 { return sum[0] / sum[1] }

// Sums returns the interval of a metric that is a function of summed statistics, recomputed for every draw: rows[i] are the
// statistics of item i, all of the same length; metric must not keep its argument. Clusters are as in [Bootstrap.Mean]. ok is false
// also when the metric of a draw is NaN, and with BCa when the value itself lies outside all draws.
func (b Bootstrap) Sums(rows [][]float64, clusters []string, metric func(sum []float64) float64) (ci Interval, ok bool) {
	c, ok := newClustered(rows, clusters)
	if !ok {
		return Interval{}, false
	}
	b = b.withDefaults()
	draws := b.draw(c, metric)
	return b.interval(c, draws, metric)
}

// A Difference is by how much the metric of a second run is above that of a first one.
type Difference struct {
	Value float64
	CI    Interval
	P     float64 // two-sided, of no difference
}

// Difference compares two runs on the same items by drawing both together: rows[i] of both are the statistics of item i. P is the
// share of draws that are as far from their mean as the difference is from 0, (count+1)/(draws+1).
//
// Source: Koehn, Statistical significance tests for machine translation evaluation, 2004, with the shift of Riezler and Maxwell, 2005.
func (b Bootstrap) Difference(first, second [][]float64, clusters []string, metric func(sum []float64) float64) (d Difference, ok bool) {
	if len(first) != len(second) || len(first) == 0 {
		return d, false
	}
	width := len(first[0])
	rows := make([][]float64, len(first))
	for i := range rows {
		if len(first[i]) != width || len(second[i]) != width {
			return d, false
		}
		rows[i] = slices.Concat(first[i], second[i])
	}
	c, ok := newClustered(rows, clusters)
	if !ok {
		return d, false
	}
	b = b.withDefaults()
	apart := func(sum []float64) float64 { return metric(sum[width:]) - metric(sum[:width]) }
	draws := b.draw(c, apart)
	d.Value = apart(c.total())
	if d.CI, ok = b.interval(c, draws, apart); !ok || math.IsNaN(d.Value) {
		return Difference{}, false
	}
	mean, _ := Mean(draws)
	count := 1.
	for _, v := range draws {
		if math.Abs(v-mean) >= math.Abs(d.Value)-1e-12 {
			count++
		}
	}
	d.P = count / float64(len(draws)+1)
	return d, true
}

// Corpus is [Bootstrap.Sums] for statistics by name, as tasks keep them.
func (b Bootstrap) Corpus(stats []map[string]float64, clusters []string, metric func(sum map[string]float64) float64) (ci Interval, ok bool) {
	var names []string
	for _, s := range stats {
		for name := range s {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	rows := make([][]float64, len(stats))
	for i, s := range stats {
		rows[i] = make([]float64, len(names))
		for j, name := range names {
			rows[i][j] = s[name]
		}
	}
	sum := make(map[string]float64, len(names))
	return b.Sums(rows, clusters, func(total []float64) float64 {
		for j, name := range names {
			sum[name] = total[j]
		}
		return metric(sum)
	})
}

// draw returns the metric of every resample, in the order they were drawn.
func (b Bootstrap) draw(c clusterSums, metric func(sum []float64) float64) []float64 {
	rng := splitMix{state: b.Seed}
	draws := make([]float64, b.Draws)
	total := make([]float64, c.width)
	starts := make([]int, c.n) // of the rows of one draw
	for d := range draws {
		for i := range starts {
			starts[i] = rng.below(c.n) * c.width
		}
		c.addUp(total, starts)
		draws[d] = metric(total)
	}
	return draws
}

// addUp sums the rows that start at the given places, in their order. Four columns at a time keep their sums in registers.
func (c clusterSums) addUp(total []float64, starts []int) {
	j := 0
	for ; j+4 <= c.width; j += 4 {
		var s0, s1, s2, s3 float64
		columns := c.flat[j:]
		for _, at := range starts {
			row := columns[at : at+4 : at+4]
			s0 += row[0]
			s1 += row[1]
			s2 += row[2]
			s3 += row[3]
		}
		total[j], total[j+1], total[j+2], total[j+3] = s0, s1, s2, s3
	}
	for ; j+2 <= c.width; j += 2 {
		var s0, s1 float64
		columns := c.flat[j:]
		for _, at := range starts {
			row := columns[at : at+2 : at+2]
			s0 += row[0]
			s1 += row[1]
		}
		total[j], total[j+1] = s0, s1
	}
	for ; j < c.width; j++ {
		var sum float64
		for _, at := range starts {
			sum += c.flat[at+j]
		}
		total[j] = sum
	}
}

// interval sorts the draws and reads the ends off them.
func (b Bootstrap) interval(c clusterSums, draws []float64, metric func(sum []float64) float64) (ci Interval, ok bool) {
	if hasNaN(draws) {
		return Interval{}, false
	}
	slices.Sort(draws)
	low := (1 - b.Confidence) / 2
	high := 1 - low
	switch b.Method {
	case Expanded:
		if c.n > 1 {
			n := float64(c.n)
			low = normalCDF(math.Sqrt(n/(n-1)) * studentQuantile(low, n-1))
			high = 1 - low
		}
	case BCa:
		total := c.total()
		levels, ok := BCaLevels(draws, c.jackknife(total, metric), metric(total), b.Confidence)
		if !ok {
			return Interval{}, false
		}
		low, high = levels.Low, levels.High
	}
	return Interval{quantile(draws, low), quantile(draws, high)}, true
}

// quantile interpolates linearly between sorted values, as NumPy does by default. q lies in [0,1].
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
