package tasks

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks/contract"
)

// sameClause is the Jaccard index from which on a quote is taken for a clause.
const sameClause = 0.5

func judgeContract(r datasets.Record, a Answer) Verdict {
	v := Verdict{Outcome: Unparsed, Rule: "none", Metrics: map[string]float64{
		"acc": 0, "exact_match": 0, "f1": 0, "value_acc": 0, "json_rate": 0,
	}, Stats: map[string]float64{}}
	present := len(r.Spans) > 0
	raw, rule, _ := extractJSON(a.Text)
	members := objectMembers(raw)
	quote, value := members["原文"], members["值"]
	if quote == nil && value == nil {
		if !present {
			v.Stats["absent_fn"] = 1
		}
		return v
	}
	v.Outcome, v.Rule, v.Metrics["json_rate"] = Wrong, rule, 1
	text, said := contractSaid(quote)
	_, valued := contractSaid(value)
	v.Extracted = text
	switch absent := !said && !valued; { // both members are asked to be null
	case absent && !present:
		v.Stats["absent_tp"] = 1
		v.Metrics["acc"], v.Metrics["exact_match"], v.Metrics["f1"], v.Metrics["value_acc"] = 1, 1, 1, 1
	case absent:
		v.Stats["absent_fp"] = 1
	case !present:
		v.Stats["absent_fn"] = 1
	}
	if said {
		contractQuote(r, text, &v)
	}
	if s, said := contractSaid(value); said {
		v.Extracted += " → " + s
		if got, ok := contractValue(contract.Kind(r.Fields["kind"]), s); present && ok && got == r.Golds[0] {
			v.Metrics["value_acc"] = 1
		}
	}
	if v.Extracted == "" {
		v.Extracted = contractNone
	}
	if v.Metrics["acc"] == 1 {
		v.Outcome = Correct
	}
	return v
}

// contractQuote scores a quote against each right sentence and keeps the best.
func contractQuote(r datasets.Record, quote string, v *Verdict) {
	doc := newFolded(r.Fields["contract"])
	places, outside := doc.locate(quote, r.Spans)
	v.Metrics["verbatim"] = 0
	if outside == 0 {
		v.Metrics["verbatim"] = 1
	}
	for _, s := range r.Spans {
		both, gold := 0, 0
		for _, at := range doc.at {
			if at < s.Start || at >= s.End {
				continue
			}
			gold++
			if places[at] {
				both++
			}
		}
		predicted := len(places) + outside
		v.Metrics["f1"] = max(v.Metrics["f1"], 2*float64(both)/float64(predicted+gold))
		if float64(both) >= sameClause*float64(predicted+gold-both) {
			v.Metrics["acc"] = 1
		}
		if foldText(trimQuote(quote)) == foldText(s.Text) {
			v.Metrics["exact_match"] = 1
		}
	}
}

func trimQuote(s string) string { return strings.Trim(s, " \t\r\n\u3000。；;.“”\"") }

// contractSaid is the text of a member of the answer; said is false for null and for the words that stand for it.
func contractSaid(m *string) (text string, said bool) {
	if m == nil {
		return "", false
	}
	s := strings.TrimSpace(*m)
	switch strings.ToLower(strings.TrimRight(s, "。")) {
	case "", "无", "null", "none", "没有", "没有约定", "未约定", "未提及", "不存在", "无此约定", "无约定", "空", contractNone, "合同没有约定":
		return "", false
	}
	return s, true
}

// objectMembers are the members of the JSON object of an answer: strings and numbers as text, lists of strings as their lines, null as an empty
// text. Members of other kinds are left out.
func objectMembers(raw string) map[string]*string {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(raw), &members) != nil {
		return nil
	}
	out := make(map[string]*string, len(members))
	for name, m := range members {
		if s, ok := memberText(m); ok {
			out[strings.TrimSpace(name)] = &s
		}
	}
	return out
}

func memberText(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) == nil { // null leaves it empty
		return s, true
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String(), true
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, "\n"), true
	}
	return "", false
}

// A foldedText is a text without white space and with ASCII forms of full-width characters, in which quotes are looked for.
type foldedText struct {
	text []rune
	at   []int // place of each rune in the text as it was, in code points
}

func newFolded(s string) foldedText {
	var f foldedText
	for i, r := range []rune(s) {
		if !unicode.IsSpace(r) {
			f.text = append(f.text, foldRune(r))
			f.at = append(f.at, i)
		}
	}
	return f
}

func foldText(s string) string { return string(newFolded(s).text) }

func foldRune(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '￥':
		return '¥'
	case r == '“' || r == '”':
		return '"'
	}
	return r
}

// locate finds the places of a quote: those of the whole, or else of its sentences, or else of what stands between commas. Of several occurrences
// that which meets a gold span counts, or else the first. outside is the number of characters that stand nowhere.
func (f foldedText) locate(quote string, golds []datasets.Span) (places map[int]bool, outside int) {
	places = make(map[int]bool)
	var take func(part string, marks []string)
	take = func(part string, marks []string) {
		part = trimQuote(part)
		p := newFolded(part).text
		switch at := f.find(p, golds); {
		case len(p) == 0:
		case at >= 0:
			for _, i := range f.at[at : at+len(p)] {
				places[i] = true
			}
		case len(marks) == 0:
			outside += len(p)
		default:
			cut := func(r rune) bool { return strings.ContainsRune(marks[0], r) }
			for _, piece := range strings.FieldsFunc(part, cut) {
				take(piece, marks[1:])
			}
		}
	}
	take(quote, []string{"。；;\n", "，,：:…"})
	return places, outside
}

func (f foldedText) find(p []rune, golds []datasets.Span) int {
	first := -1
	for i := 0; len(p) > 0 && i+len(p) <= len(f.text); i++ {
		if f.text[i] != p[0] || !slices.Equal(f.text[i:i+len(p)], p) {
			continue
		}
		if first < 0 {
			first = i
		}
		for _, g := range golds {
			if f.at[i] < g.End && f.at[i+len(p)-1] >= g.Start {
				return i
			}
		}
	}
	return first
}
