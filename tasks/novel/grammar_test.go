package novel

import (
	"slices"
	"strings"
	"testing"
)

// What the writer sets before it makes a sentence.
var variables = []string{
	"A", "A他", "B", "B他", "kin", "callA", "callB", "town", "river", "mountain", "county", "date", "year", "season", "tradename",
	"P", "P他", "O", "M", "K", "K他", "T", "P1", "P2", "P3", "P4", "v", "v他", "obj", "tie", "which", "label", "later",
}

// Every name in braces is a variable, a rule, or a rule for each of the seasons, hours, weathers, trades or topics.
func TestGrammarIsClosed(t *testing.T) {
	rs := rules()
	endings := [][]string{strings.Split("春夏秋冬", ""), hours, strings.Split("月晴雨风雾雪", ""), strings.Split("昼夜", ""), trades, words("topic")}
	known := func(name string) bool {
		if _, ok := rs[name]; ok || slices.Contains(variables, name) {
			return true
		}
		return slices.ContainsFunc(endings, func(list []string) bool {
			return !slices.ContainsFunc(list, func(e string) bool { _, ok := rs[name+"."+e]; return !ok })
		})
	}
	var check func(rule string, seq sequence)
	check = func(rule string, seq sequence) {
		for _, p := range seq {
			if p.ref != "" && !known(p.ref) {
				t.Errorf("rule %s: {%s} is neither a variable nor a rule", rule, p.ref)
			}
			for _, alt := range p.alts {
				check(rule, alt)
			}
		}
	}
	for name, alts := range rs {
		if len(alts) == 0 {
			t.Errorf("rule %s has no alternatives", name)
		}
		for _, seq := range alts {
			check(name, seq)
		}
	}
	for _, key := range words("kinds") {
		for _, name := range []string{"trait.", "ask.", "label.", "value."} {
			if !known(name + key) {
				t.Errorf("trait %s: no rule %s", key, name+key)
			}
		}
		if n := len(words("value." + key)); n < 12 {
			t.Errorf("trait %s has %d values", key, n)
		}
	}
	for _, key := range words("threads") {
		if len(rs["thread."+key]) < 5 {
			t.Errorf("thread %s has %d stages", key, len(rs["thread."+key]))
		}
	}
	for _, key := range words("events") {
		if !known("event."+key) || !known("ask."+key) {
			t.Errorf("event %s lacks a rule", key)
		}
	}
	for _, key := range words("rows") {
		if !known("row."+key) || !known("ask."+key) {
			t.Errorf("row %s lacks a rule", key)
		}
	}
}

func TestGrammarErrors(t *testing.T) {
	for _, tc := range []struct{ src, want string }{
		{"甲", "line 1: an alternative before the first rule"},
		{"= a\n甲{乙", "line 2: { without }"},
		{"= a\n甲}乙", "line 2: \"}乙\" is left over"},
		{"= a\n甲|乙", "line 2: \"|乙\" is left over"},
		{"= a\n甲\n= a", "line 3: rule a is there already"},
	} {
		rs := ruleset{}
		if err := rs.parse(tc.src); err == nil || err.Error() != tc.want {
			t.Errorf("%q: error %v, want %s", tc.src, err, tc.want)
		}
	}
}
