package tasks

import (
	"math/big"
	"strings"
)

// chineseDigits are the numerals, everyday and capital (大写), simplified and traditional.
var chineseDigits = map[rune]int64{
	'〇': 0, '零': 0, '○': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '貳': 2, '弍': 2, '叁': 3, '參': 3, '叄': 3, '肆': 4, '伍': 5, '陆': 6, '陸': 6, '柒': 7, '捌': 8, '玖': 9, '兩': 2,
}

// tens are the units within four digits.
var tens = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}

// myriads are the units beyond.
var myriads = map[rune]int64{'万': 1e4, '萬': 1e4, '亿': 1e8, '億': 1e8, '兆': 1e12}

// englishScales stand after digits, with or without a space.
var englishScales = []struct {
	word  string
	scale int64
}{{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12}}

// A magnitude is a number without sign and unit.
type magnitude struct {
	value, step *big.Rat
	scaled      bool // 万, 亿 or the like stands in it
}

// magnitude reads digits and numerals with their units: pieces such as 3亿, 5000万 and 20, each smaller than the one before. A bare digit
// after 万 or 亿 counts their tenth: 三万五 is 35,000.
func (s numberText) magnitude(i int) (m magnitude, end int, ok bool) {
	total, step := new(big.Rat), big.NewRat(1, 1)
	last := int64(0) // scale of the piece before; 0 = none
	scaled := false
	zero := false // a 零 stands before the piece
	for {
		p, j, ok := s.piece(i)
		if !ok {
			break
		}
		switch {
		case last > 0 && p.scale == 1 && p.bare && !zero:
			p.value.Mul(p.value, big.NewRat(last/10, 1))
			step = big.NewRat(last/10, 1)
			total.Add(total, p.value)
		case last > 0 && p.scale > last: // 二十三万五千亿
			total.Add(total, p.value)
			total.Mul(total, big.NewRat(p.scale, 1))
			step.Mul(p.step, big.NewRat(p.scale, 1))
		case last > 0 && (p.scale == last || p.value.Cmp(big.NewRat(last, p.scale)) >= 0):
			return magnitude{total, step, scaled}, end, true // no part of the same number
		default:
			total.Add(total, p.value.Mul(p.value, big.NewRat(p.scale, 1)))
			step = p.step.Mul(p.step, big.NewRat(p.scale, 1))
		}
		i, end = j, j
		last = p.scale
		scaled = scaled || p.scale > 1
		if last == 1 {
			break
		}
		if j := s.word(i, "零", "〇"); j > i {
			zero, i = true, j
		} else {
			zero = false
		}
	}
	if last == 0 {
		return m, i, false
	}
	return magnitude{total, step, scaled}, end, true
}

// A piece is a mantissa with its scale.
type piece struct {
	value, step *big.Rat
	scale       int64
	bare        bool // a single digit
}

func (s numberText) piece(i int) (p piece, end int, ok bool) {
	latin := i < len(s.r) && isDigit(s.r[i])
	if latin {
		p.value, p.step, end, ok = s.decimal(i)
	} else {
		p.value, p.step, end, ok = s.chinese(i)
	}
	if !ok {
		return p, i, false
	}
	p.bare = end-i == 1
	p.scale = 1
	for k := 0; end < len(s.r) && k < 3; k++ {
		unit, big := myriads[s.r[end]]
		if !big && latin {
			unit, big = tens[s.r[end]]
		}
		if !big || p.scale*unit > 1e16 {
			break
		}
		p.scale *= unit
		end++
	}
	if latin && p.scale == 1 {
		for _, e := range englishScales {
			if j, ok := s.has(s.skipSpace(end), e.word); ok {
				p.scale, end = e.scale, j
			}
		}
	}
	return p, end, true
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// decimal reads digits with thousands separators, a fraction and an exponent.
func (s numberText) decimal(i int) (value, step *big.Rat, end int, ok bool) {
	run := func(i int) int {
		for i < len(s.r) && isDigit(s.r[i]) {
			i++
		}
		return i
	}
	var digits strings.Builder
	end = run(i)
	digits.WriteString(string(s.r[i:end]))
	if end-i <= 3 && s.r[i] != '0' { // groups of three, all with the same separator
		for sep := rune(0); end < len(s.r) && (s.r[end] == ',' || s.r[end] == '\'') && (sep == 0 || s.r[end] == sep); {
			after := run(end + 1)
			if after-end-1 != 3 {
				break
			}
			sep = s.r[end]
			digits.WriteString(string(s.r[end+1 : after]))
			end = after
		}
	}
	fraction := 0
	if end+1 < len(s.r) && s.r[end] == '.' && isDigit(s.r[end+1]) {
		after := run(end + 1)
		digits.WriteString(string(s.r[end+1 : after]))
		fraction, end = after-end-1, after
	}
	if digits.Len() > maxDigits {
		return nil, nil, i, false
	}
	whole, ok := new(big.Int).SetString(digits.String(), 10)
	if !ok {
		return nil, nil, i, false
	}
	exponent := -fraction
	if j := s.word(end, "e", "E"); j > end {
		sign := 1
		if k := s.word(j, "-", "+"); k > j {
			if s.r[j] == '-' {
				sign = -1
			}
			j = k
		}
		if after := run(j); after > j && after-j <= 2 {
			n := 0
			for _, r := range s.r[j:after] {
				n = 10*n + int(r-'0')
			}
			exponent, end = exponent+sign*n, after
		}
	}
	step = power10(exponent)
	return new(big.Rat).Mul(new(big.Rat).SetInt(whole), step), step, end, true
}

// power10 is 10 to the power of n.
func power10(n int) *big.Rat {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil)
	if n < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), p)
	}
	return new(big.Rat).SetInt(p)
}

// vague returns the end of an estimate that stands at i, or i: two numerals side by side, as in 五六万, 两三年 and 十七八, or 三五. Longer runs of
// numerals are digits of a number.
func (s numberText) vague(i int) int {
	j := i
	for j < len(s.r) && tens[s.r[j]] > 0 && j == i {
		j++
	}
	if j > i && s.r[i] != '十' && s.r[i] != '拾' {
		return i
	}
	numeral := func(k int) int64 {
		if k < 0 || k >= len(s.r) {
			return -1
		}
		if d, ok := chineseDigits[s.r[k]]; ok {
			return d
		}
		return -1
	}
	a, b := numeral(j), numeral(j+1)
	if a < 1 || b != a+1 && (a != 3 || b != 5) || numeral(j-1) >= 0 || numeral(j+2) >= 0 {
		return i
	}
	for j += 2; j < len(s.r) && (tens[s.r[j]] > 0 || myriads[s.r[j]] > 0); j++ {
	}
	return j
}

// chinese reads numerals below 万, or digits one after the other (二〇二三), with a fraction after 点.
func (s numberText) chinese(i int) (value, step *big.Rat, end int, ok bool) {
	var total, digit, unit int64 = 0, -1, 0
	places := 0 // digits that follow each other
	end = i
	if s.vague(i) > i {
		return nil, nil, i, false
	}
scan:
	for end < len(s.r) && end-i <= maxDigits {
		r := s.r[end]
		d, isNumeral := chineseDigits[r]
		t, isUnit := tens[r]
		switch {
		case isNumeral && digit > 0 && places > 0 && unit == 0 || isNumeral && places > 0 && total == 0 && unit == 0:
			if places >= 17 {
				return nil, nil, i, false
			}
			digit = max(digit, 0)*10 + d
			places++
		case isNumeral && d == 0 && end > i: // 一百零五
			unit = 0
			if digit > 0 {
				break scan
			}
			places = 0
		case isNumeral && digit > 0:
			if s.vague(end-1) > end-1 { // 一百五六十
				return nil, nil, i, false
			}
			break scan
		case isNumeral:
			digit = d
			places = 1
		case isUnit && places <= 1 && (digit > 0 || t == 10 && digit < 0) && (unit == 0 || t < unit):
			total += max(digit, 1) * t
			digit, unit, places = -1, t, 0
		default:
			break scan
		}
		end++
	}
	if end == i {
		return nil, nil, i, false
	}
	step = big.NewRat(1, 1)
	switch {
	case digit > 0 && unit >= 100 && places == 1: // 三百五
		total += digit * unit / 10
	case digit > 0:
		total += digit
	}
	value = big.NewRat(total, 1)
	if end < len(s.r)-1 && s.r[end] == '点' {
		at := end + 1
		for at < len(s.r) && at-end <= maxDigits {
			d, ok := chineseDigits[s.r[at]]
			if !ok {
				break
			}
			step = new(big.Rat).Mul(step, big.NewRat(1, 10))
			value.Add(value, new(big.Rat).Mul(step, big.NewRat(d, 1)))
			at++
		}
		if at > end+1 {
			end = at
		}
	}
	return value, step, end, true
}
