package tasks

import (
	"math/big"
	"strings"
	"unicode"
)

// A number is a quantity that was read from a text. All of it is exact: decimals never become binary fractions.
type number struct {
	// value is what the digits and 千, 万, 亿 say: 3.5亿 is 350,000,000. A share stays as it is written: 12.5% is 12.5 with the unit %.
	value *big.Rat
	// unit is the canonical name of what follows or precedes: "元", "美元", "%", "‰", "bp", "百分点" (not a share but a difference of
	// shares), "倍", "年", ...; "" = none, or none that is known.
	unit string
	// step is the place value of the last digit that was written: 3.5亿 has 10,000,000.
	step *big.Rat
	// direction is -1 after a word such as 下降, 1 after one such as 增长, which the value leaves out; otherwise 0.
	direction  int
	scaled     bool // 万, 亿 or the like is part of it
	about      bool // stands after 约 and the like
	ranged     bool // is an end of a range: 3-5, 10%至15%
	start, end int  // bytes of the text, unit and sign included
}

// signed is the value with the direction's sign: 下降3% is -3.
func (n number) signed() *big.Rat {
	if n.direction < 0 {
		return new(big.Rat).Neg(n.value)
	}
	return n.value
}

// maxDigits bounds a number, so that no answer makes arithmetic slow. Longer runs of digits are no numbers.
const maxDigits = 40

// parseNumber reads a text that is one number and nothing else, with sign and unit; a pair of brackets around it is an accountant's minus.
// 1,234.5 and 1，234.5, full-width digits, 3.5亿, 三点五亿, 三万五, 贰佰万元整, 12元5角, 百分之十二, 三分之二 and 2/3 are numbers.
func parseNumber(text string) (value *big.Rat, unit string, ok bool) {
	n, ok := wholeNumber(text)
	return n.value, n.unit, ok
}

// wholeNumber is parseNumber with all that is known of the number.
func wholeNumber(text string) (n number, ok bool) {
	s := newNumberText(strings.TrimRight(strings.TrimSpace(text), "。"))
	i := s.skipSpace(0)
	negative := false
	last := len(s.r)
	if i < last && s.r[i] == '(' && s.r[last-1] == ')' {
		negative, i, last = true, i+1, last-1
		s.r, s.offset = s.r[:last], s.offset[:last+1]
	}
	n, end, ok := s.number(i)
	if !ok {
		return number{}, false
	}
	if end < last && s.r[end] == '/' && n.unit == "" {
		d, after, dok := s.number(end + 1)
		if !dok || d.unit != "" || d.value.Sign() == 0 {
			return number{}, false
		}
		n.value.Quo(n.value, d.value)
		n.step = new(big.Rat)
		end = after
	}
	if s.skipSpace(end) != last {
		return number{}, false
	}
	if negative {
		n.value.Neg(n.value)
	}
	n.start, n.end = 0, len(text)
	return n, true
}

// findNumbers lists the numbers of a text in order. Digits that belong to a name, a version or a date written with strokes are none, nor are
// single Chinese numerals without a unit, which words are full of, nor estimates such as 五六万 and 十七八.
func findNumbers(text string) []number {
	s := newNumberText(text)
	var out []number
	ends := []int{} // where each number ends, in characters
	for i := 0; i < len(s.r); {
		if skip := max(s.foreign(i), s.vague(i)); skip > i {
			i = skip
			continue
		}
		n, end, ok := s.number(i)
		if !ok || !s.stands(i, end, n) {
			i++
			continue
		}
		s.context(&n, i)
		n.start, n.end = s.offset[i], s.offset[end]
		if k := len(out); k > 0 && s.connects(ends[k-1], i) && (out[k-1].unit == "" || out[k-1].unit == n.unit) {
			// The minus of 3-5 is no sign.
			if n.value.Sign() < 0 && !unicode.IsSpace(s.r[i-1]) {
				n.value.Neg(n.value)
			}
			out[k-1].ranged, n.ranged = true, true
			out[k-1].unit = n.unit
		}
		if close := s.accounting(i, end, n); close > end {
			n.value.Neg(n.value)
			end = close
		}
		out, ends = append(out, n), append(ends, end)
		i = end
	}
	return out
}

// numberText is a text with full-width forms folded, and where each character stands in the original.
type numberText struct {
	r      []rune
	offset []int // bytes; one more than characters
}

func newNumberText(text string) numberText {
	s := numberText{r: make([]rune, 0, len(text)/2), offset: make([]int, 0, len(text)/2)}
	for i, r := range text {
		switch {
		case r >= '！' && r <= '～': // the full-width forms of ASCII
			r -= '！' - '!'
		case strings.ContainsRune("−﹣", r):
			r = '-'
		case r == '￥':
			r = '¥'
		case r == '　' || r == '\u00a0':
			r = ' '
		}
		s.r, s.offset = append(s.r, r), append(s.offset, i)
	}
	s.offset = append(s.offset, len(text))
	return s
}

func (s numberText) skipSpace(i int) int {
	for i < len(s.r) && s.r[i] == ' ' {
		i++
	}
	return i
}

// word returns the place after the first of the words that stands at i, or i.
func (s numberText) word(i int, words ...string) int {
	for _, w := range words {
		if j, ok := s.has(i, w); ok {
			return j
		}
	}
	return i
}

func (s numberText) has(i int, word string) (end int, ok bool) {
	for _, r := range word {
		if i >= len(s.r) || s.r[i] != r {
			return i, false
		}
		i++
	}
	return i, true
}

// number reads the number that begins at i, with currency and sign before it and unit after it.
func (s numberText) number(i int) (n number, end int, ok bool) {
	unit := ""
	if j, u := s.unitAt(i, currencySigns); j > i {
		unit, i = u, s.skipSpace(j)
	}
	negative := false
	if j := s.word(i, "-", "负"); j > i {
		negative, i = true, s.skipSpace(j)
	} else if j := s.word(i, "+"); j > i {
		i = j
	}
	if j, u := s.unitAt(i, currencySigns); j > i && unit == "" {
		unit, i = u, s.skipSpace(j)
	}
	share := ""
	for _, p := range [...]struct{ word, unit string }{{"百分之", "%"}, {"千分之", "‰"}, {"万分之", "bp"}} {
		if j, ok := s.has(i, p.word); ok {
			share, i = p.unit, j
		}
	}
	if j := s.word(i, "负", "-"); share != "" && j > i {
		negative, i = true, j
	}
	m, end, ok := s.magnitude(i)
	if j := s.word(i, "百"); !ok && share == "%" && j > i { // 百分之百
		m, end, ok = magnitude{value: big.NewRat(100, 1), step: big.NewRat(1, 1)}, j, true
	}
	if !ok {
		return n, i, false
	}
	n = number{value: m.value, step: m.step, unit: unit, scaled: m.scaled}
	if j, ok := s.has(end, "分之"); ok && share == "" && n.value.Sign() != 0 {
		top, after, ok := s.magnitude(j)
		if !ok {
			return n, i, false
		}
		n.value, n.step, end = new(big.Rat).Quo(top.value, n.value), new(big.Rat), after
	}
	if share != "" {
		n.unit = share
	} else if j, u := s.unitAt(s.skipSpace(end), numberUnits); u != "" {
		n.unit, end = u, j
		end = s.coins(&n, end)
	}
	if negative {
		n.value.Neg(n.value)
	}
	return n, end, true
}

// coins reads 角 and 分 after 元, and 整.
func (s numberText) coins(n *number, i int) int {
	if n.unit != "元" {
		return i
	}
	for _, c := range []struct {
		words []string
		worth *big.Rat
	}{{[]string{"角", "毛"}, big.NewRat(1, 10)}, {[]string{"分"}, big.NewRat(1, 100)}} {
		j := s.word(i, "零")
		m, end, ok := s.magnitude(j)
		if !ok || !m.value.IsInt() || m.value.Cmp(big.NewRat(10, 1)) >= 0 {
			continue
		}
		if after := s.word(end, c.words...); after > end {
			n.value.Add(n.value, m.value.Mul(m.value, c.worth))
			n.step, i = c.worth, after
		}
	}
	return s.word(i, "整", "正")
}
