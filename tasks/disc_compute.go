package tasks

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// discCompute computes what stands in a trace: Calculator and ln are expressions, Gauss is the distribution function of the normal distribution.
func discCompute(kind, expression string) (value float64, ok bool) {
	c := calculator{s: []rune(strings.NewReplacer("math.", "", "**", "^", "//", "\\", "[", "(", "]", ")", "×", "*", "÷", "/", " ", "", ",", "").Replace(expression))}
	if len(c.s) > 500 {
		return 0, false
	}
	value, ok = c.sum(0)
	if !ok || c.i != len(c.s) {
		return 0, false
	}
	switch kind {
	case "Calculator":
	case "Gauss":
		value = math.Erfc(-value/math.Sqrt2) / 2
	case "ln":
		value = math.Log(value)
	default:
		return 0, false
	}
	return value, !math.IsNaN(value) && !math.IsInf(value, 0)
}

// A calculator reads an expression from left to right: sums of products of powers, with Python's precedence.
type calculator struct {
	s []rune
	i int
}

// maxNesting bounds brackets within brackets.
const maxNesting = 40

func (c *calculator) take(r rune) bool {
	if c.i < len(c.s) && c.s[c.i] == r {
		c.i++
		return true
	}
	return false
}

func (c *calculator) sum(depth int) (x float64, ok bool) {
	if depth > maxNesting {
		return 0, false
	}
	x, ok = c.product(depth)
	for ok {
		var y float64
		switch {
		case c.take('+'):
			y, ok = c.product(depth)
			x += y
		case c.take('-'):
			y, ok = c.product(depth)
			x -= y
		default:
			return x, true
		}
	}
	return 0, false
}

func (c *calculator) product(depth int) (x float64, ok bool) {
	x, ok = c.signed(depth)
	for ok {
		var y float64
		switch {
		case c.take('*'):
			y, ok = c.signed(depth)
			x *= y
		case c.take('/'):
			y, ok = c.signed(depth)
			x /= y
		case c.take('\\'): // whole division
			y, ok = c.signed(depth)
			x = math.Floor(x / y)
		default:
			return x, true
		}
	}
	return 0, false
}

// signed reads signs, which bind less than powers: -2^2 is -4.
func (c *calculator) signed(depth int) (float64, bool) {
	sign := 1.
	for c.i < len(c.s) && (c.s[c.i] == '-' || c.s[c.i] == '+') {
		if c.s[c.i] == '-' {
			sign = -sign
		}
		c.i++
	}
	x, ok := c.operand(depth)
	if ok && c.take('^') {
		y, fine := c.signed(depth + 1)
		return sign * math.Pow(x, y), fine && depth < maxNesting
	}
	return sign * x, ok
}

var calculatorFunctions = map[string]func(float64) float64{
	"sqrt": math.Sqrt, "log": math.Log, "ln": math.Log, "log10": math.Log10, "exp": math.Exp, "sin": math.Sin, "cos": math.Cos,
}

func (c *calculator) operand(depth int) (float64, bool) {
	start := c.i
	switch {
	case c.take('π'):
		return math.Pi, true
	case c.take('('):
		x, ok := c.sum(depth + 1)
		return x, ok && c.take(')')
	case c.i < len(c.s) && unicode.IsLetter(c.s[c.i]):
		for c.i < len(c.s) && (unicode.IsLetter(c.s[c.i]) || isDigit(c.s[c.i])) {
			c.i++
		}
		f, known := calculatorFunctions[string(c.s[start:c.i])]
		if !known || !c.take('(') {
			return 0, false
		}
		x, ok := c.sum(depth + 1)
		return f(x), ok && c.take(')')
	}
	for c.i < len(c.s) && (isDigit(c.s[c.i]) || c.s[c.i] == '.') {
		c.i++
	}
	x, err := strconv.ParseFloat(string(c.s[start:c.i]), 64)
	if c.take('%') {
		x /= 100
	}
	return x, err == nil
}
