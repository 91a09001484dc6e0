package metrics

import (
	"math"
	"math/bits"
	"slices"
)

// An Interval is a range that a value lies in with some confidence.
type Interval struct{ Low, High float64 }

// Wilson returns the score interval of a proportion of k in n, clamped to [0,1]. Confidence lies in (0,1), e.g. 0.95. ok is false for
// n = 0 and for arguments out of range.
//
// Source: Wilson, Probable inference, the law of succession, and statistical inference, 1927.
func Wilson(k, n int, confidence float64) (ci Interval, ok bool) {
	if n <= 0 || k < 0 || k > n || !(confidence > 0 && confidence < 1) {
		return Interval{}, false
	}
	z := math.Sqrt2 * math.Erfinv(confidence)
	total := float64(n)
	p := float64(k) / total
	scale := 1 + z*z/total
	center := (p + z*z/(2*total)) / scale
	half := z * math.Sqrt(p*(1-p)/total+z*z/(4*total*total)) / scale
	ci = Interval{max(0, center-half), min(1, center+half)}
	// The ends are exact where nothing or everything succeeded; rounding would leave them beside it.
	if k == 0 {
		ci.Low = 0
	}
	if k == n {
		ci.High = 1
	}
	return ci, true
}

// Bootstrap makes percentile intervals by resampling. The zero value works. The same settings and values give the same bits.
type Bootstrap struct {
	Draws      int     // resamples; 0 = 10,000
	Confidence float64 // in (0,1); 0 = 0.95
	Seed       uint64  // of the generator
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
	rows := make([][]float64, len(values))
	flat := make([]float64, 2*len(values))
	for i, v := range values {
		flat[2*i], flat[2*i+1] = v, 1
		rows[i] = flat[2*i : 2*i+2]
	}
	return b.Sums(rows, clusters, func(sum []float64) float64 { return sum[0] / sum[1] })
}

// Sums returns the interval of a metric that is a function of summed statistics, recomputed for every draw: rows[i] are the
// statistics of item i, all of the same length; metric must not keep its argument. Clusters are as in [Bootstrap.Mean].
func (b Bootstrap) Sums(rows [][]float64, clusters []string, metric func(sum []float64) float64) (ci Interval, ok bool) {
	if len(rows) == 0 || clusters != nil && len(clusters) != len(rows) {
		return Interval{}, false
	}
	b = b.withDefaults()
	width := len(rows[0])
	groups := group(clusters, len(rows))
	// Statistics of whole clusters, one after the other: [cluster][width].
	sums := make([]float64, len(groups)*width)
	for g, members := range groups {
		dst := sums[g*width : (g+1)*width]
		for _, i := range members {
			if len(rows[i]) != width {
				return Interval{}, false
			}
			for j, v := range rows[i] {
				dst[j] += v
			}
		}
	}
	rng := splitMix{state: b.Seed}
	draws := make([]float64, b.Draws)
	total := make([]float64, width)
	for d := range draws {
		clear(total)
		for range groups {
			g := rng.below(len(groups))
			for j, v := range sums[g*width : (g+1)*width] {
				total[j] += v
			}
		}
		draws[d] = metric(total)
	}
	slices.Sort(draws)
	tail := (1 - b.Confidence) / 2
	return Interval{quantile(draws, tail), quantile(draws, 1-tail)}, true
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

// quantile interpolates linearly between sorted values, as NumPy does by default. q lies in [0,1].
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// splitMix is the SplitMix64 generator: small, fast and the same everywhere.
//
// Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
type splitMix struct{ state uint64 }

func (s *splitMix) next() uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0,n), each equally likely: products whose low half falls into the uneven rest are drawn again.
func (s *splitMix) below(n int) int {
	bound := uint64(n)
	hi, lo := bits.Mul64(s.next(), bound)
	if lo < bound {
		for rest := -bound % bound; lo < rest; {
			hi, lo = bits.Mul64(s.next(), bound)
		}
	}
	return int(hi)
}
