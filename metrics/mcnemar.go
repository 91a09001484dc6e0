package metrics

import "math"

// McNemar's tests compare two runs on the same items, each right or wrong: lost items were right in the first run only, won ones in the
// second only. Items that both runs agree on say nothing about which is better.

// McNemarExact returns the two-sided p value of the exact test, twice the smaller tail of a fair coin; 1 when the runs agree on every
// item.
//
// Source: McNemar, Note on the sampling error of the difference between correlated proportions or percentages, 1947.
func McNemarExact(lost, won int) float64 {
	lower, _ := binomialTails(min(lost, won), lost+won, 0.5, 0.5)
	return min(1, 2*lower)
}

// McNemarMidP returns the two-sided mid-p value, which counts what was seen by half: less cautious than the exact test, its error rate
// may pass alpha by a little. For lost = won it is 1, as in statsmodels. ok is false when the runs agree on every item.
func McNemarMidP(lost, won int) (p float64, ok bool) {
	n, k := lost+won, min(lost, won)
	if n == 0 {
		return 0, false
	}
	lower, _ := binomialTails(k, n, 0.5, 0.5)
	return min(1, 2*lower-binomialMass(float64(k), float64(n), 0.5, 0.5)), true
}

// FagerlandMidP is [McNemarMidP] with 1 − ½·P(X = k) for lost = won = k.
//
// Source: Fagerland, Lydersen and Laake, The McNemar test for binary matched-pairs data: mid-p and asymptotic are better than exact
// conditional, 2013.
func FagerlandMidP(lost, won int) (p float64, ok bool) {
	if lost == won && lost > 0 {
		return 1 - binomialMass(float64(lost), float64(lost+won), 0.5, 0.5)/2, true
	}
	return McNemarMidP(lost, won)
}

// McNemarChiSquared returns the statistic with one degree of freedom and its p value, with or without the correction for continuity,
// which lost = won takes none of, as in R. ok is false when the runs agree on every item.
func McNemarChiSquared(lost, won int, corrected bool) (statistic, p float64, ok bool) {
	if lost+won == 0 {
		return 0, 0, false
	}
	apart := math.Abs(float64(lost - won))
	if corrected && apart > 0 {
		apart--
	}
	statistic = apart * apart / float64(lost+won)
	return statistic, math.Erfc(math.Sqrt(statistic / 2)), true
}

// A McNemarDesign is what the power of an exact test on paired items depends on.
type McNemarDesign struct {
	N        int     // items, at most 2^30
	Won      float64 // probability of an item to be won: how often runs differ without any drop
	Alpha    float64 // level of the test in (0,1); 0 = 0.05
	OneSided bool    // test for losses only, as a gate does
}

func (d McNemarDesign) valid() bool {
	return d.N > 0 && d.N <= 1<<30 && d.Won >= 0 && d.Won <= 1 && (d.Alpha == 0 || d.Alpha > 0 && d.Alpha < 1)
}

// Power returns the exact probability that the test finds a difference when items are lost with probability Won + drop. ok is false
// for settings out of range.
func (d McNemarDesign) Power(drop float64) (power float64, ok bool) {
	lost := d.Won + drop
	if !d.valid() || !(lost >= 0 && d.Won+lost <= 1+1e-12) {
		return 0, false
	}
	return newCritical(d).power(d, lost), true
}

// SmallestDrop returns the smallest drop that the test finds with at least the given probability, up to 1e-5. ok is false for settings
// out of range and when no drop is found so often.
func (d McNemarDesign) SmallestDrop(power float64) (drop float64, ok bool) {
	if !d.valid() || !(power > 0 && power < 1) {
		return 0, false
	}
	table := newCritical(d)
	low, high := 0., max(0, 1-2*d.Won)
	if table.power(d, d.Won+high) < power {
		return 0, false
	}
	for high-low > 1e-5 {
		mid := (low + high) / 2
		if table.power(d, d.Won+mid) < power {
			low = mid
		} else {
			high = mid
		}
	}
	return high, true
}

// critical keeps, for every number of items that differ, how few of them may be won for the test to find a loss.
type critical struct {
	level float64     // of the smaller tail
	most  map[int]int // those asked for; -1 = never
}

func newCritical(d McNemarDesign) *critical {
	level := d.Alpha
	if level == 0 {
		level = 0.05
	}
	if !d.OneSided {
		level /= 2
	}
	return &critical{level, make(map[int]int)}
}

// at is the largest k with P(X ≤ k) at most the level for m fair coins.
func (c *critical) at(m int) int {
	if k, ok := c.most[m]; ok {
		return k
	}
	rejects := func(k int) bool {
		lower, _ := binomialTails(k, m, 0.5, 0.5)
		return k < 0 || lower <= c.level*(1+1e-12) // rounding must not lose an equality
	}
	// The normal approximation is off by one or so.
	k := max(-1, min(m-1, int(float64(m)/2+normalQuantile(c.level)*math.Sqrt(float64(m))/2-0.5)))
	for !rejects(k) {
		k--
	}
	for k+1 < m && rejects(k+1) {
		k++
	}
	c.most[m] = k
	return k
}

// power sums, over the number m of items that differ, the chance of m and the chance that the test rejects then.
func (c *critical) power(d McNemarDesign, lost float64) float64 {
	differ := min(1, lost+d.Won)
	if differ == 0 {
		return 0
	}
	n := float64(d.N)
	shareWon, shareLost := d.Won/differ, lost/differ
	// Beyond ten standard deviations and some, nothing is left that shows in the result.
	spread := 10*math.Sqrt(n*differ*(1-differ)) + 40
	from, to := max(0, int(n*differ-spread)), min(d.N, int(n*differ+spread))
	var power float64
	for m := from; m <= to; m++ {
		k := c.at(m)
		if k < 0 {
			continue
		}
		found, _ := binomialTails(k, m, shareWon, shareLost)
		if !d.OneSided {
			few, _ := binomialTails(k, m, shareLost, shareWon)
			found += few
		}
		power += binomialMass(float64(m), n, differ, 1-differ) * found
	}
	return min(1, power)
}
