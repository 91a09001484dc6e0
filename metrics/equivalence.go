package metrics

// EquivalentPaired tests whether two runs on the same n items differ by less than the margin, in either direction: lost items were right
// in the first run only, won ones in the second only. p is the larger of the two one-sided values, by Tango's score, which holds where
// nothing was lost or won. ok is false for counts that don't fit and for a margin outside (0,1).
//
// Source: Schuirmann, A comparison of the two one-sided tests procedure, 1987.
func EquivalentPaired(lost, won, n int, margin float64) (p float64, ok bool) {
	if lost < 0 || won < 0 || n <= 0 || lost+won > n || !(margin > 0 && margin < 1) {
		return 0, false
	}
	l, w, total := float64(lost), float64(won), float64(n)
	return max(normalCDF(pairedScore(l, w, total, margin)), normalCDF(pairedScore(w, l, total, margin))), true
}

// Equivalent tests whether an estimated difference is less than the margin in either direction: two one-sided tests by Student's t, of
// which p is the larger value. ok is false for a margin that is not above 0 and for an estimate without a standard error.
func (e Estimate) Equivalent(margin float64) (p float64, ok bool) {
	if !(margin > 0) || !(e.StdErr >= 0) || !(e.Freedom > 0) {
		return 0, false
	}
	return max(e.below(margin), Estimate{-e.Value, e.StdErr, e.Freedom}.below(margin)), true
}

// below is the p value of a value that is really at or above the limit.
func (e Estimate) below(limit float64) float64 {
	if e.StdErr == 0 {
		return truth(e.Value >= limit)
	}
	return studentCDF((e.Value-limit)/e.StdErr, e.Freedom)
}
