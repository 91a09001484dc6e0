package metrics

import "math"

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
	z := -normalQuantile((1 - confidence) / 2)
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
