package tasks

import (
	"strings"
	"unicode/utf8"
)

// answerMarks stand before the answer in a sentence that announces it.
var answerMarks = []string{"答案是", "答案为", "答案為", "答案：", "答案:", "回答：", "回答:", "答：", "答:"}

// quotePairs are quotation marks that may stand around a whole answer. Book-title marks are not among them: they belong to names.
var quotePairs = [][2]string{{"“", "”"}, {"\"", "\""}, {"「", "」"}, {"『", "』"}, {"‘", "’"}, {"'", "'"}, {"`", "`"}, {"**", "**"}}

// extractAnswer takes a short answer out of free text, by these steps:
//
//  1. the first line that is not blank;
//  2. what follows the first of the marks 答案是, 答案为 (or 答案為), 答案：, 回答：, 答： (also with an ASCII colon), and a colon after it;
//  3. without quotation marks or Markdown's ** around the whole, and without a full stop, comma or semicolon at the end
//     (an ASCII one only after a character that is not ASCII: the last period of U.S. stays).
//
// A step that would leave nothing is not taken. rule names the steps that changed something: "line", "mark", "trim", joined by "+";
// it is "whole" when the text is the answer, and "none" for blank text.
func extractAnswer(text string) (answer, rule string) {
	whole := strings.TrimSpace(text)
	if whole == "" {
		return "", "none"
	}
	var rules []string
	answer, _, cut := strings.Cut(whole, "\n")
	if answer = strings.TrimSpace(answer); cut {
		rules = append(rules, "line")
	}
	if after, ok := afterMark(answer); ok {
		answer = after
		rules = append(rules, "mark")
	}
	if bare := trimAnswer(answer); bare != answer {
		answer = bare
		rules = append(rules, "trim")
	}
	if len(rules) == 0 {
		return answer, "whole"
	}
	return answer, strings.Join(rules, "+")
}

// afterMark returns what follows the mark that stands first, if anything does.
func afterMark(s string) (string, bool) {
	first, end := -1, 0
	for _, m := range answerMarks {
		if i := strings.Index(s, m); i >= 0 && (first < 0 || i < first) {
			first, end = i, i+len(m)
		}
	}
	if first < 0 {
		return s, false
	}
	rest := strings.TrimSpace(s[end:])
	rest = strings.TrimSpace(strings.TrimLeft(rest, "：:"))
	if rest == "" {
		return s, false
	}
	return rest, true
}

// trimAnswer takes away full stops and the like at the end, and quotation marks around the whole, in turn.
func trimAnswer(s string) string {
	for {
		t := strings.TrimSpace(trimStop(s))
		for _, q := range quotePairs {
			inner, ok := strings.CutPrefix(t, q[0])
			if !ok {
				continue
			}
			inner, ok = strings.CutSuffix(inner, q[1])
			if ok && !strings.Contains(inner, q[0]) && !strings.Contains(inner, q[1]) {
				t = strings.TrimSpace(inner)
				break
			}
		}
		if t == "" || t == s {
			return s
		}
		s = t
	}
}

func trimStop(s string) string {
	if t := strings.TrimRight(s, "。，；"); t != s {
		return t
	}
	if t := strings.TrimRight(s, ".,;"); t != s {
		if r, _ := utf8.DecodeLastRuneInString(t); r >= utf8.RuneSelf {
			return t
		}
	}
	return s
}
