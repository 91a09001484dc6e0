package tasks

import (
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// extractNumber finds the number that an answer gives, in the asked unit: "" (any), "元", "万元", "%", "百分点" and so on. A number without
// unit and without 万 or 亿 counts as given in the asked unit, any other is converted; shares are converted among %, ‰ and bp, and 百分点 is
// not a share. A number in another unit is no answer, nor is a range; years and dates are only when they are asked for.
func extractNumber(text, unit string) (n number, rule string, ok bool) {
	q := sought{unit: unit}
	found, rule, ok := extract(SortNumber, text, q)
	if !ok {
		return number{}, rule, false
	}
	list := q.suited(found)
	if len(list) == 0 {
		return number{}, ruleNone, false
	}
	return list[0], rule, true
}

// numbers lists the numbers of texts that may be the answer, as they are written, one of each value.
func (q sought) numbers(texts ...string) []string {
	var out []string
	var seen []*big.Rat
	for _, text := range texts {
		for _, n := range q.suited(text) {
			if !slices.ContainsFunc(seen, func(v *big.Rat) bool { return v.Cmp(n.signed()) == 0 }) {
				seen = append(seen, n.signed())
				out = append(out, withContext(text, n))
			}
		}
	}
	return out
}

// announced is numbers for texts that were announced as the answer: the number that such a text begins with is it, whatever follows, but for a
// computation, of which what follows its last = counts.
func (q sought) announced(texts []string) []string {
	for i, text := range texts {
		text = computed(text)
		texts[i] = text
		list := findNumbers(text)
		if len(list) == 0 || list[0].ranged || !contextOnly(text[:list[0].start]) {
			continue
		}
		if n := list[0]; q.convert(&n) {
			texts[i] = text[:n.end]
		}
	}
	return q.numbers(texts...)
}

// computed is what follows the last = or ≈ of a text that begins with a number and a sign of arithmetic, else the text.
func computed(text string) string {
	list := findNumbers(text)
	equals := equalsMark.FindAllStringIndex(text, -1)
	if len(list) == 0 || len(equals) == 0 || list[0].ranged {
		return text
	}
	rest := strings.TrimLeft(text[list[0].end:], " ")
	if first, _ := utf8.DecodeRuneInString(rest); !strings.ContainsRune("+-*/×÷−", first) {
		return text
	}
	return strings.TrimSpace(text[equals[len(equals)-1][1]:])
}

// contextOnly says whether a text is made of words that say more of a number after it.
func contextOnly(s string) bool {
	for _, words := range [][]string{downWords, upWords, aboutWords, {"同比", "环比", "了", "为", "是", "负", "人民币", ":", " "}} {
		for _, w := range words {
			s = strings.ReplaceAll(s, w, "")
		}
	}
	return s == ""
}

// withContext is a number as it is written, with the words before it that say more of it.
func withContext(text string, n number) string {
	before := []rune(text[:n.start])
	k := len(before)
	for k > 0 && len(before)-k < 8 && (n.direction != 0 || n.about) && !strings.ContainsRune(",，。;；\n", before[k-1]) {
		k--
	}
	return string(before[k:]) + text[n.start:n.end]
}

// wholeNumber reads an answer whose first line is a number.
func (q sought) wholeNumber(t answerText) []string {
	lines := t.lines()
	if len(lines) == 0 {
		return nil
	}
	if _, ok := wholeNumber(lines[0]); !ok {
		return nil
	}
	return q.numbers(lines[0])
}

// suited lists the numbers of a text that are in the asked unit or can be converted to it.
func (q sought) suited(text string) []number {
	list := findNumbers(text)
	// A text that is one number is it, also where running text would have to be careful.
	if n, ok := wholeNumber(text); ok {
		list = []number{n}
	}
	var out []number
	for _, n := range list {
		if n.ranged {
			continue
		}
		if q.convert(&n) {
			out = append(out, n)
		}
	}
	return out
}

// calendar are units that say when, not how much.
var calendar = []string{"年", "月", "日", "季度"}

// shares are units of shares with the number of them in one.
var shares = map[string]int64{"%": 100, "‰": 1000, "bp": 10000}

// convert brings a number into the asked unit; false if that is not possible.
func (q sought) convert(n *number) bool {
	scale, unit := askedUnit(q.unit)
	switch {
	case unit == "" && q.unit == "":
		return !slices.Contains(calendar, n.unit)
	case n.unit == unit || n.unit == "" && n.scaled:
	case n.unit == "":
		factor := big.NewRat(scale, 1)
		n.value = new(big.Rat).Mul(n.value, factor)
		n.step = new(big.Rat).Mul(n.step, factor)
	case shares[n.unit] > 0 && shares[unit] > 0:
		factor := big.NewRat(shares[unit], shares[n.unit])
		n.value = new(big.Rat).Mul(n.value, factor)
		n.step = new(big.Rat).Mul(n.step, factor)
	default:
		return false
	}
	n.unit = unit
	return true
}

// askedUnit splits a unit such as 万元 into its scale and the unit proper. A unit that is not known stands for itself.
func askedUnit(asked string) (scale int64, unit string) {
	scale, rest := 1, asked
	for _, r := range asked {
		unit, big := myriads[r]
		if !big {
			if unit, big = tens[r]; !big || strings.HasPrefix(rest, "百分点") || strings.HasPrefix(rest, "千克") || strings.HasPrefix(rest, "千米") {
				break
			}
		}
		scale *= unit
		rest = rest[len(string(r)):]
	}
	s := newNumberText(rest)
	if end, unit := s.unitAt(0, numberUnits); end == len(s.r) && end > 0 {
		return scale, unit
	}
	return scale, rest
}
