package metrics

// ClopperPearson returns the exact interval of a proportion of k in n: its coverage is at least the confidence, which makes it wider
// than [Wilson]. ok is false for n = 0 and for arguments out of range.
//
// Source: Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial, 1934.
func ClopperPearson(k, n int, confidence float64) (ci Interval, ok bool) {
	if n <= 0 || k < 0 || k > n || !(confidence > 0 && confidence < 1) {
		return Interval{}, false
	}
	tail := (1 - confidence) / 2
	ci = Interval{0, 1}
	if k > 0 {
		ci.Low, _ = inverseBeta(float64(k), float64(n-k)+1, tail, 1-tail)
	}
	if k < n {
		ci.High, _ = inverseBeta(float64(k)+1, float64(n-k), 1-tail, tail)
	}
	return ci, true
}
