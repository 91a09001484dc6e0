package metrics

import (
	"math"
	"testing"
)

// The values are the depression scores of R's wilcox.test example (Hollander and Wolfe 1973, page 29 f.), first less second:
//
//	> wilcox.test(x, y, paired = TRUE, conf.int = TRUE)
//	95 percent confidence interval: 0.010 0.786; (pseudo)median 0.46
func TestHodgesLehmann(t *testing.T) {
	x := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	y := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	var d []float64
	for i := range x {
		d = append(d, x[i]-y[i])
	}
	got, ci, ok := HodgesLehmann(d, 0.95)
	if !ok || math.Abs(got-0.46) > 1e-9 || math.Abs(ci.Low-0.010) > 1e-9 || math.Abs(ci.High-0.786) > 1e-9 {
		t.Errorf("%v, %v, %v", got, ci, ok)
	}
	// The interval is the test turned around: what lies in it is not rejected, what lies outside is.
	for _, tc := range []struct {
		at     float64
		reject bool
	}{{ci.Low + 1e-6, false}, {ci.Low - 1e-6, true}, {ci.High - 1e-6, false}, {ci.High + 1e-6, true}} {
		var moved []float64
		for _, v := range d {
			moved = append(moved, v-tc.at)
		}
		if _, p, _ := SignedRank(moved); (p <= 0.05) != tc.reject {
			t.Errorf("at %v: p = %v, rejected should be %v", tc.at, p, tc.reject)
		}
	}
	// A wild value among twenty does not carry the interval off.
	var many []float64
	for i := range 20 {
		many = append(many, float64(i%7)/10)
	}
	many[3] = 1e9
	if _, wild, _ := HodgesLehmann(many, 0.95); wild.High > 0.5 || wild.Low < 0.1 {
		t.Errorf("with a wild value: %v", wild)
	}
}

func TestHodgesLehmannEdges(t *testing.T) {
	for name, tc := range map[string]struct {
		values     []float64
		confidence float64
		ok         bool
	}{
		"none":      {nil, 0.95, false},
		"five":      {[]float64{1, 2, 3, 4, 5}, 0.95, false},
		"five, 90%": {[]float64{1, 2, 3, 4, 5}, 0.90, true},
		"six":       {[]float64{1, 2, 3, 4, 5, 6}, 0.95, true},
		"equal":     {[]float64{2, 2, 2, 2, 2, 2}, 0.95, true},
		"NaN":       {[]float64{1, 2, 3, 4, 5, math.NaN()}, 0.95, false},
		"certain":   {[]float64{1, 2, 3, 4, 5, 6}, 1, false},
		"too many":  {make([]float64, largestHodges+1), 0.95, false},
	} {
		if e, ci, ok := HodgesLehmann(tc.values, tc.confidence); ok != tc.ok || ok && !(ci.Low <= e && e <= ci.High) {
			t.Errorf("%s: %v %v %v", name, e, ci, ok)
		}
	}
}
