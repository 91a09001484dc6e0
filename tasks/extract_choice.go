package tasks

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// extractChoice finds which option an answer picks.
func extractChoice(text string, choices []string) (index int, rule string, ok bool) {
	name, rule, ok := extract(SortChoice, text, sought{choices: choices})
	if !ok {
		return -1, rule, false
	}
	r, _ := utf8.DecodeRuneInString(name) // beyond Z where a set has more options than there are letters
	return int(r - 'A'), rule, true
}

// pick reads what was announced as the answer: letters or a text of an option at its beginning, else the only option whose text occurs.
func (q sought) pick(announced []string) []string {
	var out []string
	for _, a := range announced {
		found, _ := q.leading(a)
		if len(found) == 0 {
			found = q.beginning(a)
		}
		if len(found) == 0 {
			found = q.texts(a)
		}
		out = append(out, found...)
	}
	return distinct(out)
}

// decoration may stand around a letter.
const decoration = " \"'“”‘’()[]{}「」『』:"

// leading reads the letters that a text begins with, and what comes after them: B, (B), 选项B, "B. 苹果"; A和C, AC and A、C are several.
func (q sought) leading(s string) (names []string, rest string) {
	for {
		s = strings.TrimLeft(s, decoration)
		for _, w := range []string{"选项", "option ", "Option ", "第"} {
			s = strings.TrimPrefix(s, w)
		}
		name, after, ok := q.letterAt(strings.TrimLeft(s, decoration))
		if !ok {
			return names, s
		}
		names = append(names, name)
		s = strings.TrimLeft(after, decoration)
		for _, sep := range []string{"、", "和", "或者", "或", "与", "及", ",", "/", "&", "and ", "or "} {
			if next, cut := strings.CutPrefix(s, sep); cut {
				if _, _, ok := q.letterAt(strings.TrimLeft(next, decoration+"选项")); ok {
					s = next
					break
				}
			}
		}
	}
}

// beginning reads the text of an option that a text begins with, the longest that fits.
func (q sought) beginning(s string) []string {
	s = strings.TrimLeft(s, decoration)
	best, length := -1, 0
	for i, c := range q.choices {
		if c := q.folded(c); len(c) > length && strings.HasPrefix(s, c) && !glued(s, 0, len(c)) {
			best, length = i, len(c)
		}
	}
	if best < 0 {
		return nil
	}
	return []string{letter(best)}
}

// folded is the text of an option as it looks in the plain answer.
func (q sought) folded(choice string) string { return newAnswerText(strings.TrimSpace(choice)).plain }

// letterAt reads the letter of an option at the beginning of s. A word that begins with it is none; letters of options in a row are.
func (q sought) letterAt(s string) (name, rest string, ok bool) {
	if s == "" || len(q.choices) > 26 { // such options have no letters
		return "", s, false
	}
	c := s[0]
	if c >= 'a' && c <= 'z' && (len(s) == 1 || !isLatin(rune(s[1]))) {
		c -= 'a' - 'A'
	}
	if c < 'A' || int(c-'A') >= len(q.choices) {
		return "", s, false
	}
	rest = s[1:]
	run := 0 // Latin letters that follow
	for run < len(rest) && isLatin(rune(rest[run])) {
		if l := rest[run]; l < 'A' || int(l-'A') >= len(q.choices) {
			return "", s, false
		}
		run++
	}
	// "A model" is an article and a word, and "A B" are two options.
	if words := strings.TrimLeft(rest, " "); run == 0 && c == 'A' && len(words) < len(rest) && len(words) > 1 && isLatin(rune(words[0])) && isLatin(rune(words[1])) {
		return "", s, false
	}
	return string(rune(c)), rest, true
}

// line reads an answer whose first line is a letter, or a letter with the option's text.
func (q sought) line(t answerText) []string {
	lines := t.lines()
	if len(lines) == 0 {
		return nil
	}
	found, rest := q.leading(lines[0])
	if rest = bare(rest); len(found) == 0 || rest == "" {
		return found
	}
	if own := bare(q.folded(q.choices[found[0][0]-'A'])); len(found) == 1 && rest == own {
		return found
	}
	return nil
}

// bare is a text without punctuation and spaces around it.
func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r) })
}

// wholeText reads an answer whose first line is the text of an option.
func (q sought) wholeText(t answerText) []string {
	lines := t.lines()
	if len(lines) == 0 {
		return nil
	}
	line := bare(lines[0])
	for i, c := range q.choices {
		if c := bare(q.folded(c)); c != "" && strings.EqualFold(c, line) {
			return []string{letter(i)}
		}
	}
	return nil
}

// refusals before an option say that it is not the answer.
var refusals = []string{"不是", "不选", "并非", "排除", "而非", "不应选", "不能选", "除了"}

func refused(before string) bool {
	for _, w := range []string{"不", "没", "未", "非", "无"} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	before = strings.TrimRight(before, " \"'“‘(「选项")
	return slices.ContainsFunc(refusals, func(w string) bool { return strings.HasSuffix(before, w) || strings.HasSuffix(before+"选", w) })
}

// letters lists the options whose letters stand alone in the answer.
func (q sought) letters(t answerText) []string {
	var out []string
	s := t.plain
	for i := 0; i < len(s); i++ {
		if i > 0 {
			before, _ := utf8.DecodeLastRuneInString(s[:i])
			if isLatin(before) || isDigit(before) || before == '\\' {
				continue
			}
		}
		if s[i] < 'A' || s[i] > 'Z' {
			continue
		}
		name, rest, ok := q.letterAt(s[i:])
		if !ok || rest != "" && (isLatin(rune(rest[0])) || isDigit(rune(rest[0])) || rest[0] == '\'') || refused(s[:i]) {
			continue
		}
		out = append(out, name)
	}
	return distinct(out)
}

// texts lists the options whose texts occur. Where one text contains another, as 短视频 contains 视频, the longer one has the place; options
// with the same text have the first one's name.
func (q sought) texts(s string) []string {
	order := make([]int, len(q.choices))
	folded := make([]string, len(q.choices))
	for i, c := range q.choices {
		order[i], folded[i] = i, q.folded(c)
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(folded[b]) - len(folded[a]) })
	taken := make([]bool, len(s))
	var out []string
	for _, i := range order {
		c := folded[i]
		if c == "" {
			continue
		}
		for from := 0; ; {
			at := strings.Index(s[from:], c)
			if at < 0 {
				break
			}
			at += from
			from = at + len(c)
			if taken[at] || taken[from-1] || refused(s[:at]) || glued(s, at, from) {
				continue
			}
			for k := at; k < from; k++ {
				taken[k] = true
			}
			out = append(out, letter(i))
		}
	}
	out = distinct(out)
	slices.Sort(out)
	return out
}

// glued says whether a text of Latin letters or digits is only a part of a word or number.
func glued(s string, from, to int) bool {
	word := func(r rune) bool { return isLatin(r) || isDigit(r) }
	first, _ := utf8.DecodeRuneInString(s[from:])
	last, _ := utf8.DecodeLastRuneInString(s[:to])
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, _ := utf8.DecodeRuneInString(s[to:])
	return word(first) && from > 0 && word(before) || word(last) && to < len(s) && word(after)
}

var ordinal = regexp.MustCompile(`第([一二三四五六七八九十]+|\d{1,2})(?:个|项|种|句)(?:选项|答案)?`)

// ordinals lists the options that are named by their place.
func (q sought) ordinals(t answerText) []string {
	var out []string
	for _, m := range ordinal.FindAllStringSubmatch(t.plain, -1) {
		v, _, ok := parseNumber(m[1])
		if !ok || !v.IsInt() || !v.Num().IsInt64() {
			continue
		}
		if n := v.Num().Int64(); n >= 1 && n <= int64(len(q.choices)) {
			out = append(out, letter(int(n-1)))
		}
	}
	return distinct(out)
}
