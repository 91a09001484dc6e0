package metrics

import "math"

// PairedT tests whether the mean of paired differences is 0 and gives its interval, by Student's t with n−1 degrees of freedom; p is
// two-sided. ok is false for fewer than two differences, for differences that are all equal, and for a confidence out of range.
func PairedT(differences []float64, confidence float64) (mean, p float64, ci Interval, ok bool) {
	stderr, ok := StdErr(differences)
	if !ok || !(stderr > 0) || math.IsInf(stderr, 0) || !(confidence > 0 && confidence < 1) {
		return 0, 0, Interval{}, false
	}
	mean, _ = Mean(differences)
	freedom := float64(len(differences) - 1)
	half := -studentQuantile((1-confidence)/2, freedom) * stderr
	return mean, studentTails(mean/stderr, freedom), Interval{mean - half, mean + half}, true
}
