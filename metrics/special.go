package metrics

import "math"

// Special functions, in float64 and good to about 1e-13 relative. Tails are computed on their own side, never as one minus the rest.

// binomialMass is x^k·y^(n−k) times the binomial coefficient of n over k, where y = 1−x; k and n need not be whole. It stays exact to
// rounding for any n since no large logarithms are subtracted.
//
// Source: Loader, Fast and accurate computation of binomial probabilities, 2000.
func binomialMass(k, n, x, y float64) float64 {
	switch {
	case k < 0 || k > n:
		return 0
	case x <= 0:
		return truth(k == 0)
	case y <= 0:
		return truth(k == n)
	case k == 0:
		return math.Exp(logPower(n, y, x))
	case k == n:
		return math.Exp(logPower(n, x, y))
	}
	log := stirlingError(n) - stirlingError(k) - stirlingError(n-k) - deviance(k, n*x) - deviance(n-k, n*y)
	return math.Exp(log) * math.Sqrt(n/(2*math.Pi*k*(n-k)))
}

// logPower is n·log(x), where y = 1−x.
func logPower(n, x, y float64) float64 {
	if y < 0.1 {
		return n * math.Log1p(-y)
	}
	return n * math.Log(x)
}

// stirlingError is log(n!) minus Stirling's formula, log(√(2πn)·(n/e)^n).
func stirlingError(n float64) float64 {
	if n < 16 {
		lgamma, _ := math.Lgamma(n + 1)
		return lgamma - (n+0.5)*math.Log(n) + n - 0.5*math.Log(2*math.Pi)
	}
	m := n * n
	return (1./12 - (1./360-(1./1260-(1./1680-(1./1188-691./360360/m)/m)/m)/m)/m) / n
}

// deviance is x·log(x/m) + m − x, by its series where the terms would cancel.
func deviance(x, m float64) float64 {
	if math.Abs(x-m) >= 0.1*(x+m) {
		return x*math.Log(x/m) + m - x
	}
	v := (x - m) / (x + m)
	sum := (x - m) * v
	term := 2 * x * v
	for j := 3.; j < 100; j += 2 { // v is below 0.1
		term *= v * v
		sum += term / j
		if math.Abs(term) < 1e-17*math.Abs(sum) {
			break
		}
	}
	return sum
}

// incompleteBeta returns the regularized incomplete beta function I_x(a,b) and 1 − I_x(a,b), where y = 1−x. a and b are above 0.
//
// Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction), evaluated by Lentz's method.
func incompleteBeta(a, b, x, y float64) (lower, upper float64) {
	switch {
	case x <= 0:
		return 0, 1
	case y <= 0:
		return 1, 0
	case x > (a+1)/(a+b+2): // the fraction converges fast below the mean
		upper = betaFraction(b, a, y, x)
		return 1 - upper, upper
	}
	lower = betaFraction(a, b, x, y)
	return lower, 1 - lower
}

// betaFraction is I_x(a,b) for x not far above the mean.
func betaFraction(a, b, x, y float64) float64 {
	const tiny = 1e-300
	c, d := 1., 1/nonzero(1-(a+b)*x/(a+1), tiny)
	fraction := d
	for m := 1.; m < 1e5; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonzero(1+even*d, tiny)
		c = nonzero(1+even/c, tiny)
		fraction *= c * d
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonzero(1+odd*d, tiny)
		c = nonzero(1+odd/c, tiny)
		fraction *= c * d
		if math.Abs(c*d-1) < 1e-16 {
			break
		}
	}
	return binomialMass(a, a+b, x, y) * b / (a + b) * fraction
}

func nonzero(v, instead float64) float64 {
	if v == 0 {
		return instead
	}
	return v
}

// inverseBeta returns x with I_x(a,b) = p, and 1−x; upper is 1−p. Both ends keep their relative precision.
func inverseBeta(a, b, p, upper float64) (x, y float64) {
	switch {
	case p <= 0:
		return 0, 1
	case upper <= 0:
		return 1, 0
	}
	half, rest := incompleteBeta(a, b, 0.5, 0.5)
	if p <= half && upper >= rest {
		x = solveBeta(a, b, p, upper)
		return x, 1 - x
	}
	y = solveBeta(b, a, upper, p)
	return 1 - y, y
}

// solveBeta finds the root below ½ by Newton's steps on the logarithms of x and of the smaller tail, kept in a bracket.
func solveBeta(a, b, p, upper float64) float64 {
	low, high := math.Inf(-1), math.Log(0.5)
	u := min(high, math.Log(a/(a+b)))
	for range 200 {
		x := math.Exp(u)
		got, rest := incompleteBeta(a, b, x, 1-x)
		slope := binomialMass(a, a+b, x, 1-x) * a * b / (a + b) / (1 - x) // x times the density
		step := -math.Log(got/p) * got / slope
		if upper < p {
			step = math.Log(rest/upper) * rest / slope
		}
		if math.Abs(step) <= 1e-16*max(1, math.Abs(u)) {
			return math.Exp(u + step)
		}
		if step > 0 {
			low = u
		} else {
			high = u
		}
		next := u + step
		if !(next > low && next < high) { // NaN too
			next = max((low+high)/2, u-50)
		}
		u = next
	}
	return math.Exp(u)
}

// normalCDF is the probability that a standard normal variable lies below z.
func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normalQuantile is the inverse of [normalCDF]; p lies in (0,1). It refines a rough start by Halley's steps, so that far tails are as
// precise as the center.
//
// Source of the start: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23.
func normalQuantile(p float64) float64 {
	if p > 0.5 {
		return -normalQuantile(1 - p)
	}
	t := math.Sqrt(-2 * math.Log(p))
	z := (2.515517+t*(0.802853+t*0.010328))/(1+t*(1.432788+t*(0.189269+t*0.001308))) - t
	for range 4 {
		e := (normalCDF(z) - p) * math.Sqrt(2*math.Pi) * math.Exp(z*z/2)
		z -= e / (1 + z*e/2)
	}
	return z
}

// studentTails is the probability that a variable with Student's t distribution is beyond ±t.
func studentTails(t, freedom float64) float64 {
	if math.IsInf(t, 0) {
		return 0
	}
	total := freedom + t*t
	both, _ := incompleteBeta(freedom/2, 0.5, freedom/total, t*t/total)
	return both
}

// studentCDF is the probability that a variable with Student's t distribution lies below t.
func studentCDF(t, freedom float64) float64 {
	tail := studentTails(t, freedom) / 2
	if t > 0 {
		return 1 - tail
	}
	return tail
}

// studentQuantile is the inverse of [studentCDF]; p lies in (0,1).
func studentQuantile(p, freedom float64) float64 {
	if p > 0.5 {
		return -studentQuantile(1-p, freedom)
	}
	x, y := inverseBeta(freedom/2, 0.5, 2*p, 1-2*p)
	return -math.Sqrt(freedom * y / x)
}

// binomialTails returns P(X ≤ k) and P(X > k) for n trials that succeed with probability p; q = 1−p.
func binomialTails(k, n int, p, q float64) (lower, upper float64) {
	switch {
	case k < 0:
		return 0, 1
	case k >= n:
		return 1, 0
	}
	upper, lower = incompleteBeta(float64(k)+1, float64(n-k), p, q)
	return lower, upper
}
