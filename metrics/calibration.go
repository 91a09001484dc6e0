package metrics

import "math"

// Brier returns the mean squared difference of probabilities in [0,1] and outcomes: 0 is perfect, 0.25 is what a constant ½ gets. ok is
// false for no values, for lists of different lengths and for a probability outside [0,1].
//
// Source: Brier, Verification of forecasts expressed in terms of probability, 1950, in the form for two classes (half his sum).
func Brier(probabilities []float64, outcomes []bool) (score float64, ok bool) {
	if len(probabilities) == 0 || len(probabilities) != len(outcomes) {
		return 0, false
	}
	var sum float64
	for i, p := range probabilities {
		if !(p >= 0 && p <= 1) {
			return 0, false
		}
		d := p - truth(outcomes[i])
		sum += d * d
	}
	return sum / float64(len(probabilities)), true
}

// BrierChoices is Brier's sum over all choices of one item, Σ_k (p_k − [k = gold])², in [0,2]. ok is false for a gold that is no choice
// and for a probability outside [0,1].
func BrierChoices(probabilities []float64, gold int) (score float64, ok bool) {
	if gold < 0 || gold >= len(probabilities) {
		return 0, false
	}
	for k, p := range probabilities {
		if !(p >= 0 && p <= 1) {
			return 0, false
		}
		d := p - truth(k == gold)
		score += d * d
	}
	return score, true
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// A CalibrationBin sums up the answers whose confidence lies in one bin.
type CalibrationBin struct {
	N          float64 // answers
	Confidence float64 // sum of their probabilities
	Correct    float64 // how many of them are right
}

// A Calibration is a reliability diagram: bins of equal width over [0,1], each open at its end but for the last. Calibrations of the
// same number of bins can be added.
type Calibration []CalibrationBin

// NewCalibration returns n empty bins; 10 for n < 1.
func NewCalibration(n int) Calibration {
	if n < 1 {
		n = 10
	}
	return make(Calibration, n)
}

// Observe counts an answer that was given with a confidence in [0,1]. It reports false, and counts nothing, for any other value.
func (c Calibration) Observe(confidence float64, correct bool) bool {
	if !(confidence >= 0 && confidence <= 1) || len(c) == 0 {
		return false
	}
	n := float64(len(c))
	i := min(int(confidence*n), len(c)-1)
	// The product rounds; the edges i/n decide.
	for i > 0 && confidence < float64(i)/n {
		i--
	}
	for i+1 < len(c) && confidence >= float64(i+1)/n {
		i++
	}
	c[i].N++
	c[i].Confidence += confidence
	c[i].Correct += truth(correct)
	return true
}

// Add adds the bins of other, which has as many.
func (c Calibration) Add(other Calibration) {
	for i := range min(len(c), len(other)) {
		c[i].N += other[i].N
		c[i].Confidence += other[i].Confidence
		c[i].Correct += other[i].Correct
	}
}

// ECE returns the expected calibration error, Σ_b n_b/n · |accuracy_b − mean confidence_b|. ok is false when nothing was counted.
//
// Source: Guo et al., On calibration of modern neural networks, 2017.
func (c Calibration) ECE() (ece float64, ok bool) {
	var n, sum float64
	for _, b := range c {
		n += b.N
		sum += math.Abs(b.Correct - b.Confidence)
	}
	if n == 0 {
		return 0, false
	}
	return sum / n, true
}

// ECE is [Calibration.ECE] of lists. ok is false for no values, for lists of different lengths and for a probability outside [0,1].
func ECE(probabilities []float64, outcomes []bool, bins int) (ece float64, ok bool) {
	if len(probabilities) != len(outcomes) {
		return 0, false
	}
	c := NewCalibration(bins)
	for i, p := range probabilities {
		if !c.Observe(p, outcomes[i]) {
			return 0, false
		}
	}
	return c.ECE()
}
