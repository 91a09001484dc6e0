package metrics

import (
	"math"
	"slices"
)

// ChangePoints finds where the level of a series changes, such as that of a latency by night. The zero value works; the same settings
// and series give the same bits.
//
// In a series whose points come in any order with the same probability, that is one whose level never changes and whose points do not
// depend on each other, the chance of any mark at all is at most Alpha. A series that wanders by itself gets more. Fewer than 11 points
// can have no mark at the default Alpha.
//
// The method is circular binary segmentation: of all stretches of the series the one is taken whose mean differs most, in standard
// errors, from that of the rest; if fewer than Alpha of random orders of the points have a stretch like it, the series is cut at its
// ends and each part is searched again. A mark is kept only if the parts on both sides of it, as a series of their own, have a cut
// between them by the same rule. Points far outside are moved to three robust standard deviations from the median of the part that is
// searched, which no order of the points changes, so that single nights cannot hide a change of level.
//
// Sources: Olshen, Venkatraman, Lucito, Wigler, Circular binary segmentation for the analysis of array-based DNA copy number data, 2004;
// Antoch and Hušková, Permutation tests in change point analysis, 2001.
type ChangePoints struct {
	Alpha float64 // in (0,1); 0 = 0.01
	Least int     // points of a level, the fewest; 0 = 3
	Draws int     // random orders; 0 = 1,999
	Seed  uint64  // of those
}

// A ChangePoint is the beginning of a new level.
type ChangePoint struct {
	At            int     // index of its first point
	Before, After float64 // medians of the levels on both sides, each as far as the next mark
	P             float64 // share of random orders of both levels that have as good a cut, (count+1)/(draws+1)
}

// clampAt is how far from the median a point may be, in robust standard deviations.
const clampAt = 3

// madToSD is the standard deviation of a normal distribution in median absolute deviations.
const madToSD = 1.482602218505602

func (c ChangePoints) withDefaults() ChangePoints {
	if !(c.Alpha > 0 && c.Alpha < 1) {
		c.Alpha = 0.01
	}
	if c.Least <= 0 {
		c.Least = 3
	}
	if c.Draws <= 0 {
		c.Draws = 1999
	}
	return c
}

// Find returns the marks of a series in order; none is an answer. ok is false when a point is NaN or infinite. The time grows with the
// square of the number of points: 400 take a few milliseconds without a mark, and about a tenth of a second for each mark.
func (c ChangePoints) Find(series []float64) (marks []ChangePoint, ok bool) {
	for _, v := range series {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
	}
	c = c.withDefaults()
	cuts := []int{0, len(series)}
	for i := 0; i+1 < len(cuts); {
		from, to := cuts[i], cuts[i+1]
		i0, i1, p := c.search(series[from:to], false)
		if p > c.Alpha {
			i++
			continue
		}
		for _, at := range []int{from + i1, from + i0} {
			if at > from && at < to {
				cuts = slices.Insert(cuts, i+1, at)
			}
		}
	}
	ps := c.prune(series, &cuts)
	for i, p := range ps {
		marks = append(marks, ChangePoint{
			At: cuts[i+1], P: p,
			Before: Median(series[cuts[i]:cuts[i+1]]), After: Median(series[cuts[i+1]:cuts[i+2]]),
		})
	}
	return marks, true
}

// prune takes out the least certain cut until the two parts beside every one that is left differ. It returns p of each cut.
func (c ChangePoints) prune(series []float64, cuts *[]int) []float64 {
	for {
		list := *cuts
		worst := 0
		var ps []float64
		for i := 1; i+1 < len(list); i++ {
			_, _, p := c.search(series[list[i-1]:list[i+1]], true)
			ps = append(ps, p)
			if p > ps[worst] {
				worst = i - 1
			}
		}
		if len(ps) == 0 || ps[worst] <= c.Alpha {
			return ps
		}
		*cuts = slices.Delete(list, worst+1, worst+2)
	}
}

// search finds the stretch [i,j) of part whose mean differs most from that of the rest, with its p value; one that is above Alpha is
// only a lower bound. With edge, a stretch begins with the part: it has one cut.
func (c ChangePoints) search(part []float64, edge bool) (i, j int, p float64) {
	if len(part) < 2*c.Least {
		return 0, 0, 1
	}
	s := newScan(part, c.Least, edge)
	best := 0.
	best, i, j = s.best(0)
	if best == 0 {
		return 0, 0, 1
	}
	best -= 1e-9 * best // sums in another order must not lose an equality
	rng := splitMix{state: c.Seed}
	count := 0
	for range c.Draws {
		for k := len(s.values) - 1; k > 0; k-- {
			l := rng.below(k + 1)
			s.values[k], s.values[l] = s.values[l], s.values[k]
		}
		if found, _, _ := s.best(best); found >= best {
			count++
			if float64(count+1) > c.Alpha*float64(c.Draws+1) {
				break // whatever the other orders are, p is above Alpha
			}
		}
	}
	return i, j, float64(count+1) / float64(c.Draws+1)
}

// A scan looks through all stretches of a series in some order.
type scan struct {
	values []float64 // centered
	sums   []float64 // of the values before each index
	weight []float64 // 1/(l·(n−l)) for a stretch of l
	least  int
	edge   bool
}

func newScan(part []float64, least int, edge bool) *scan {
	n := len(part)
	s := &scan{values: clamped(part), sums: make([]float64, n+1), weight: make([]float64, n+1), least: least, edge: edge}
	mean, _ := Mean(s.values)
	for k := range s.values {
		s.values[k] -= mean
	}
	for l := 1; l < n; l++ {
		s.weight[l] = 1 / (float64(l) * float64(n-l))
	}
	return s
}

// best returns the largest squared difference of means between a stretch and the rest, over its variance but for a factor that the
// order of the values does not change, and the first stretch that has it. It stops at the first one that is enough; 0 = never.
func (s *scan) best(enough float64) (found float64, from, to int) {
	n := len(s.values)
	for k, v := range s.values {
		s.sums[k+1] = s.sums[k] + v
	}
	last := n - s.least // the latest begin
	if s.edge {
		last = 0
	}
	for i := 0; i <= last; i++ {
		if i > 0 && i < s.least {
			continue
		}
		try := func(j int) {
			d := s.sums[j] - s.sums[i]
			if t := d * d * s.weight[j-i]; t > found {
				found, from, to = t, i, j
			}
		}
		start := s.sums[i]
		for j := i + s.least; j <= n-s.least; j++ {
			d := s.sums[j] - start
			if t := d * d * s.weight[j-i]; t > found {
				found, from, to = t, i, j
			}
		}
		if i > 0 {
			try(n)
		}
		if enough > 0 && found >= enough {
			break
		}
	}
	return found, from, to
}

// clamped moves points that are far from the median nearer to it. If most points are equal, nothing is far.
func clamped(part []float64) []float64 {
	out := slices.Clone(part)
	center := Median(part)
	away := make([]float64, len(part))
	for i, v := range part {
		away[i] = math.Abs(v - center)
	}
	far := clampAt * madToSD * Median(away)
	if far == 0 {
		return out
	}
	for i, v := range out {
		out[i] = min(max(v, center-far), center+far)
	}
	return out
}
