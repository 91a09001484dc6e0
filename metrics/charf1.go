package metrics

import (
	"strings"
	"unicode"
)

// CharF1 is the F1 of the multisets of characters of two texts, lower case and without anything but letters and digits, as CAIL, CJRC and
// LawBench score reading comprehension. If nothing is left of a text it is 1 when nothing is left of the other, and else 0.
//
// Source: rc_f1.py in github.com/open-compass/LawBench.
func CharF1(prediction, gold string) float64 {
	keep := func(s string) []string {
		return Characters(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || pythonDigit(r) {
				return r
			}
			return -1
		}, lower(s)))
	}
	a, b := keep(prediction), keep(gold)
	if len(a) == 0 || len(b) == 0 {
		return truth(len(a) == len(b))
	}
	return multisetF1(a, b)
}

// multisetF1 is the F1 of two lists, each token counted as often as it occurs; 0 when they share none.
func multisetF1(a, b []string) float64 {
	count := make(map[string]int)
	for _, t := range b {
		count[t]++
	}
	var both float64
	for _, t := range a {
		if count[t] > 0 {
			count[t]--
			both++
		}
	}
	p, r := ratio(both, float64(len(a))), ratio(both, float64(len(b)))
	return ratio(2*p*r, p+r)
}

// pythonDigit is Python's str.isdigit: decimal digits, superscripts and subscripts, and digits in circles, brackets and before periods.
func pythonDigit(r rune) bool {
	return unicode.IsDigit(r) || r > 0x7f && unicode.Is(specialDigits, r)
}

// specialDigits are the characters of numeric type Digit in the Unicode character database; those of type Decimal are category Nd.
var specialDigits = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0xb2, 0xb3, 1},
		{0xb9, 0xb9, 1},
		{0x1369, 0x1371, 1},
		{0x19da, 0x19da, 1},
		{0x2070, 0x2070, 1},
		{0x2074, 0x2079, 1},
		{0x2080, 0x2089, 1},
		{0x2460, 0x2468, 1},
		{0x2474, 0x247c, 1},
		{0x2488, 0x2490, 1},
		{0x24ea, 0x24ea, 1},
		{0x24f5, 0x24fd, 1},
		{0x24ff, 0x24ff, 1},
		{0x2776, 0x277e, 1},
		{0x2780, 0x2788, 1},
		{0x278a, 0x2792, 1},
	},
	R32:         []unicode.Range32{{0x10a40, 0x10a43, 1}, {0x10e60, 0x10e68, 1}, {0x11052, 0x1105a, 1}, {0x1f100, 0x1f10a, 1}},
	LatinOffset: 2,
}
