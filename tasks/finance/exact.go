package finance

import (
	"math/big"
	"strconv"
)

func itoa(n int) string     { return strconv.Itoa(n) }
func itoa64(n int64) string { return strconv.FormatInt(n, 10) }

func rat(n, d int64) *big.Rat      { return big.NewRat(n, d) }
func add(a, b *big.Rat) *big.Rat   { return new(big.Rat).Add(a, b) }
func minus(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// over is a/b. b is not zero: questions that would divide by zero are drawn again.
func over(a, b *big.Rat) *big.Rat { return new(big.Rat).Quo(a, b) }

func percent(a *big.Rat) *big.Rat { return times(a, rat(100, 1)) }

// root is the n-th root of a positive rational, exact to 30 decimals (rounded down), which decides any rounding to fewer that people ask for: the
// root of a rational is a decimal of few places or irrational.
func root(a *big.Rat, n int) *big.Rat {
	const places = 30
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(places), nil)
	// floor(scale * a^(1/n)) = floor((scale^n * num / den)^(1/n))
	x := new(big.Int).Exp(scale, big.NewInt(int64(n)), nil)
	x.Mul(x, a.Num()).Quo(x, a.Denom())
	low, high := big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), uint(x.BitLen()/n+1))
	for one := big.NewInt(1); new(big.Int).Sub(high, low).Cmp(one) > 0; {
		mid := new(big.Int).Add(low, high)
		mid.Rsh(mid, 1)
		if new(big.Int).Exp(mid, big.NewInt(int64(n)), nil).Cmp(x) <= 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return new(big.Rat).SetFrac(low, scale)
}

func power(a *big.Rat, n int) *big.Rat {
	out := rat(1, 1)
	for range n {
		out = times(out, a)
	}
	return out
}

// decimal writes hundredths (places = 2) and the like without zeros at the end.
func decimal(n int64, places int) string {
	s := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)).FloatString(places)
	for places > 0 && (s[len(s)-1] == '0' || s[len(s)-1] == '.') {
		last := s[len(s)-1]
		if s = s[:len(s)-1]; last == '.' {
			break
		}
	}
	return s
}
