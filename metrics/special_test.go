package metrics

import (
	"fmt"
	"math"
	"testing"
)

// closely compares to 1e-12 relative.
func closely(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12*math.Abs(want)) {
		t.Errorf("%s: got %.17g, want %.17g", what, got, want)
	}
}

// The wanted values of this file were computed with mpmath 1.3 in 40 digits.

func TestIncompleteBeta(t *testing.T) {
	for _, tc := range []struct{ a, b, x, lower, upper float64 }{
		{0.5, 0.5, 0.3, 0.36901011956554538, 0.63098988043445462},
		{2, 3, 0.1, 0.052300000000000005, 0.94769999999999999},
		{1, 1000, 0.0001, 0.095167106441453749, 0.90483289355854625},
		{50, 50, 0.5, 0.5, 0.5},
		{300, 2700, 0.09, 0.030958512786955509, 0.96904148721304449},
		{300, 2700, 0.13, 0.99999981131578604, 1.8868421396122673e-7},
		{15000.5, 0.5, 0.9999, 0.083254237974920936, 0.91674576202507906},
		{0.5, 15000, 0.00001, 0.41611538505529829, 0.58388461494470171},
		{30, 1, 0.2, 1.0737418240000018e-21, 1},
		{3, 1e-2, 0.7, 0.0026064269766870256, 0.99739357302331297},
		{1e-2, 3, 0.7, 0.99988180446713185, 0.00011819553286814874},
	} {
		name := fmt.Sprintf("I_%v(%v,%v)", tc.x, tc.a, tc.b)
		lower, upper := incompleteBeta(tc.a, tc.b, tc.x, 1-tc.x)
		closely(t, name, lower, tc.lower)
		closely(t, "1 - "+name, upper, tc.upper)
		x, y := inverseBeta(tc.a, tc.b, lower, upper)
		// The inverse is as good as the value is sensitive to it.
		again, rest := incompleteBeta(tc.a, tc.b, x, y)
		closely(t, name+" of its inverse", again, lower)
		closely(t, "1 - "+name+" of its inverse", rest, upper)
	}
	for _, x := range []float64{0, 1} {
		if lower, upper := incompleteBeta(2, 3, x, 1-x); lower != x || upper != 1-x {
			t.Errorf("at the end %v: %v %v", x, lower, upper)
		}
		if got, _ := inverseBeta(2, 3, x, 1-x); got != x {
			t.Errorf("inverse at the end %v: %v", x, got)
		}
	}
}

func TestBinomialMass(t *testing.T) {
	for _, tc := range []struct{ k, n, p, want float64 }{
		{0, 10, 0.3, 0.028247524900000004},
		{3, 10, 0.3, 0.266827932},
		{10, 10, 0.3, 5.9048999999999978e-6},
		{500, 1000, 0.5, 0.025225018178360802},
		{20, 3000, 0.01, 0.013231688612062361},
		{100000, 200000, 0.5, 0.0017841218859990198},
		{2.5, 7.25, 0.4, 0.28603209278059334},
		{-1, 3, 0.5, 0},
		{4, 3, 0.5, 0},
		{0, 3, 0, 1},
		{1, 3, 0, 0},
		{3, 3, 1, 1},
		{2, 3, 1, 0},
	} {
		closely(t, fmt.Sprintf("%v of %v at %v", tc.k, tc.n, tc.p), binomialMass(tc.k, tc.n, tc.p, 1-tc.p), tc.want)
	}
	for _, n := range []int{0, 1, 7, 400} {
		var sum float64
		for k := range n + 1 {
			lower, upper := binomialTails(k, n, 0.2, 0.8)
			sum += binomialMass(float64(k), float64(n), 0.2, 0.8)
			if math.Abs(sum-lower) > 1e-13 || math.Abs(1-lower-upper) > 1e-13 {
				t.Errorf("n = %d: tails at %d are %v and %v, masses up to it sum to %v", n, k, lower, upper, sum)
			}
		}
	}
}

func TestNormalQuantile(t *testing.T) {
	for _, tc := range []struct{ p, want float64 }{
		{0.975, 1.9599639845400539},
		{0.025, -1.9599639845400542},
		{0.1, -1.2815515655446004},
		{0.6, 0.25334710313579974},
		{1e-10, -6.3613409024040562},
		{1e-100, -21.273453560965324},
		{0.999, 3.0902323061678133},
		{1e-300, -37.047096299361199},
		{0.4999, -0.00025066283008800749},
	} {
		closely(t, fmt.Sprint(tc.p), normalQuantile(tc.p), tc.want)
	}
	if z := normalQuantile(0.5); math.Abs(z) > 1e-15 {
		t.Errorf("median %v", z)
	}
}

func TestStudentQuantile(t *testing.T) {
	for _, tc := range []struct{ p, freedom, want float64 }{
		{0.975, 1, 12.706204736174693},
		{0.975, 2, 4.3026527297494618},
		{0.025, 9, -2.2621571627982055},
		{0.975, 9.5, 2.244137461492296},
		{0.975, 99, 1.9842169515864171},
		{0.975, 100, 1.9839715185235519},
		{0.9995, 5, 6.8688266258812751},
		{0.6, 7, 0.26316686135202275},
		{0.51, 3, 0.02721146704911802},
		{1e-12, 20, -15.151149592103092},
	} {
		name := fmt.Sprintf("%v with %v degrees of freedom", tc.p, tc.freedom)
		got := studentQuantile(tc.p, tc.freedom)
		closely(t, name, got, tc.want)
		closely(t, name+", back", studentCDF(got, tc.freedom), tc.p)
	}
	if p := studentTails(math.Inf(-1), 3); p != 0 {
		t.Errorf("tails beyond infinity %v", p)
	}
}
