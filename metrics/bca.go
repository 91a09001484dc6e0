package metrics

import "math"

// Levels are the quantiles of the draws that a corrected interval is made of, with what they were computed from.
type Levels struct {
	Bias         float64 // z0: how far the median of the draws is from the estimate, in standard deviations
	Acceleration float64 // how fast the spread changes with the value
	Low, High    float64 // in (0,1)
}

// BCaLevels returns the quantiles of bias-corrected and accelerated intervals. Draws may be in any order; jackknife holds the metric
// without each item (or cluster) in turn. Draws equal to the estimate count half, as in SciPy. ok is false when there are no draws, the
// estimate lies outside all of them, or a value is NaN. Draws that are all equal to the estimate have no bias.
//
// Source: Efron, Better bootstrap confidence intervals, 1987.
func BCaLevels(draws, jackknife []float64, estimate, confidence float64) (l Levels, ok bool) {
	var below float64
	for _, d := range draws {
		switch {
		case d < estimate:
			below++
		case d == estimate:
			below += 0.5
		}
	}
	share := below / float64(len(draws))
	mean, ok := Mean(jackknife)
	if !ok || !(share > 0 && share < 1) || math.IsNaN(mean) || math.IsNaN(estimate) || hasNaN(draws) || !(confidence > 0 && confidence < 1) {
		return l, false
	}
	l.Bias = normalQuantile(share)
	var squares, cubes float64
	for _, v := range jackknife {
		d := mean - v
		squares += d * d
		cubes += d * d * d
	}
	if squares > 0 {
		l.Acceleration = cubes / (6 * math.Pow(squares, 1.5))
	}
	level := func(p float64) float64 {
		z := l.Bias + normalQuantile(p)
		return normalCDF(l.Bias + z/(1-l.Acceleration*z))
	}
	l.Low, l.High = level((1-confidence)/2), level((1+confidence)/2)
	return l, true
}
