package tasks

import (
	"regexp"
	"slices"
	"strings"
)

// A Sort is the sort of answer that is looked for in free text.
type Sort string

// The sorts of answers.
const (
	SortChoice Sort = "choice" // one of the options, by letter, place or text
	SortNumber Sort = "number"
	SortJSON   Sort = "json" // an object or array
	SortSpan   Sort = "span" // a short text
)

// A Rule is one way to find an answer. The rules of a sort are tried in order; the first that finds anything decides, and its name is stored
// with the sample. A rule that finds answers which contradict each other decides too: the answer counts as unparsed, nothing is guessed.
type Rule struct {
	Sort Sort
	Name string // as stored
	What string // for people
	find func(answerText, sought) []string
}

// Rules lists all rules in the order in which they are tried. A rule for a choice finds names of options ("B"); one for a number finds
// numbers as they are written; a new rule, or another order, bumps the version of the tasks that use it.
func Rules() []Rule {
	return []Rule{
		{SortChoice, "boxed", `what stands in \boxed{}`, func(t answerText, q sought) []string { return q.pick(t.boxed()) }},
		{SortChoice, "json", `the member "answer" (or 答案, 选项, choice) of a JSON object`, func(t answerText, q sought) []string { return q.pick(t.member()) }},
		{SortChoice, "letter", "the first line is an option's letter, in brackets or followed by its text as well", func(t answerText, q sought) []string { return q.line(t) }},
		{SortChoice, "final", "what follows the last 故选, 最终答案, 因此答案 or \"final answer\"", func(t answerText, q sought) []string { return q.pick(t.after(finalMark, true)) }},
		{SortChoice, "mark", "what follows 答案是, 答案：, 应选, 选择 or \"answer is\"; all must agree", func(t answerText, q sought) []string { return q.pick(t.after(mark, false)) }},
		{SortChoice, "ordinal", "第二个, 第2项 and the like", func(t answerText, q sought) []string { return q.ordinals(t) }},
		{SortChoice, "text", "the first line is an option's text", func(t answerText, q sought) []string { return q.wholeText(t) }},
		{SortChoice, "only letter", "one option's letter stands alone somewhere, and no other", func(t answerText, q sought) []string { return q.letters(t) }},
		{SortChoice, "only text", "one option's text occurs, and no other; of texts that contain each other the longest counts", func(t answerText, q sought) []string { return q.texts(t.plain) }},

		{SortNumber, "boxed", `what stands in \boxed{}`, func(t answerText, q sought) []string { return q.numbers(t.boxed()...) }},
		{SortNumber, "json", `the member "answer" (or 答案, 结果, result, value) of a JSON object`, func(t answerText, q sought) []string { return q.numbers(t.member()...) }},
		{SortNumber, "whole", "the first line is a number", func(t answerText, q sought) []string { return q.wholeNumber(t) }},
		{SortNumber, "final", "the number after the last 最终答案, 因此答案 or \"final answer\"", func(t answerText, q sought) []string { return q.announced(t.after(finalMark, true)) }},
		{SortNumber, "mark", "the number after 答案是, 答案：, 结果为 or \"answer is\", of a computation its result; all must agree", func(t answerText, q sought) []string { return q.announced(t.after(numberMark, false)) }},
		{SortNumber, "equals", "the number after the last =, ≈ or 等于", func(t answerText, q sought) []string { return q.announced(t.after(equalsMark, true)) }},
		{SortNumber, "last line", "the only number of the last line", func(t answerText, q sought) []string { return q.numbers(t.lastLine()) }},
		{SortNumber, "only", "the only number", func(t answerText, q sought) []string { return q.numbers(t.plain) }},

		{SortJSON, "fenced", "the last fenced block that is JSON", func(t answerText, _ sought) []string { return t.fenced() }},
		{SortJSON, "whole", "the answer is JSON", func(t answerText, _ sought) []string { return jsonValue(strings.TrimSpace(t.whole)) }},
		{SortJSON, "embedded", "the first object or array that stands in the text", func(t answerText, _ sought) []string { return t.embedded() }},

		{SortSpan, "line+mark+trim", "the first line, what follows 答案是 or 答案：, without quotation marks and full stop; named by the steps that changed something, or \"whole\"", func(t answerText, _ sought) []string {
			if a, _ := extractAnswer(t.whole); a != "" {
				return []string{a}
			}
			return nil
		}},
	}
}

// Rules that are not in the table, since they say that none fired.
const (
	ruleNone    = "none"    // no rule found an answer
	ruleSeveral = "several" // a rule found answers that contradict each other; its name follows
)

// extract finds an answer. ok is false when there is none, or several; rule says which.
func extract(sort Sort, text string, q sought) (answer, rule string, ok bool) {
	if sort == SortSpan {
		answer, rule = extractAnswer(text)
		return answer, rule, answer != ""
	}
	t := newAnswerText(text)
	for _, r := range Rules() {
		if r.Sort != sort {
			continue
		}
		found := r.find(t, q)
		switch {
		case len(found) == 0:
		case len(found) > 1:
			return "", ruleSeveral + " " + r.Name, false
		default:
			return found[0], r.Name, true
		}
	}
	return "", ruleNone, false
}

// sought says what an answer may be.
type sought struct {
	choices []string // texts of the options
	unit    string   // of numbers, as asked: "", "%", "元", "万元"
}

// answerText is an answer as it came, and what is easier to search.
type answerText struct {
	whole string
	plain string // full-width forms folded, without the signs of Markdown and LaTeX around words
}

var (
	finalMark  = regexp.MustCompile(`最终答案[是为:]*|最后答案[是为:]*|(?:因此|所以|综上|综上所述|故),?(?:正确)?(?:答案|选项)[是为选:]*|故(?:本题)?选择?[是为:]*|(?i:final answer)(?: is)?:?`)
	mark       = regexp.MustCompile(`(?:正确|最佳)?答案(?:应该?)?[是为选:]*|(?:选项|回答)(?:应该?)?[是为选:]+|答:|(?:应该?|我|要|可|就|本题)选择?[是为:]*|选择的?是?:?|(?:^|[\n,。;:])选[:]?|(?i:answer)(?: is)?:?|(?i:choice) is:?`)
	numberMark = regexp.MustCompile(`(?:答案|结果|回答)(?:应该?)?[是为:]+|答:|(?i:answer|result)(?: is)?:?`)
	equalsMark = regexp.MustCompile(`[=≈]|等于|约等于`)
	latex      = regexp.MustCompile(`\\(?:text|mathrm|mathbf|textbf|boldsymbol)\{([^{}]*)\}`)
)

func newAnswerText(text string) answerText {
	t := answerText{whole: text}
	plain := latex.ReplaceAllString(string(newNumberText(text).r), "$1")
	plain = strings.NewReplacer("**", "", "__", "", "`", "", "\\(", "", "\\)", "", "\\%", "%", "{,}", ",", "$\\", "\\", "\r", "").Replace(plain)
	t.plain = plain
	return t
}

// lines are those that are not blank, without the signs of headings and lists.
func (t answerText) lines() []string {
	var out []string
	for line := range strings.SplitSeq(t.plain, "\n") {
		if line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "#>*-• ")); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (t answerText) lastLine() string {
	if lines := t.lines(); len(lines) > 0 {
		return lines[len(lines)-1]
	}
	return ""
}

// boxed is the content of the last \boxed{}, which may hold braces itself.
func (t answerText) boxed() []string {
	i := strings.LastIndex(t.plain, `\boxed{`)
	if i < 0 {
		return nil
	}
	rest := t.plain[i+len(`\boxed{`):]
	depth := 1
	for j, r := range rest {
		switch r {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return []string{rest[:j]}
			}
		}
	}
	return nil
}

// after gives what follows the marks up to the end of the sentence; of the last one only, if only that counts. A mark with nothing
// after it on its line goes on in the next one.
func (t answerText) after(mark *regexp.Regexp, last bool) []string {
	places := mark.FindAllStringIndex(t.plain, -1)
	if len(places) == 0 {
		return nil
	}
	if last {
		places = places[len(places)-1:]
	}
	var out []string
	for _, p := range places {
		rest := strings.TrimLeft(t.plain[p[1]:], " :\n\t\"'“‘(「")
		if end := strings.IndexAny(rest, "\n。;"); end >= 0 {
			rest = rest[:end]
		}
		if rest != "" {
			out = append(out, rest)
		}
	}
	return out
}

// distinct is a list without repetitions, in the order of first appearance.
func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
