package tasks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// userBLEU is BLEU of Chinese text, as sacreBLEU cuts it.
var userBLEU = metrics.BLEU{Tokenizer: metrics.Tokenizer{Name: "zh", Split: metrics.TokenizeZH}}

// userMetrics are those that a task file of kind generate can name. All are of the extracted answer, but for contains, which looks for a
// right answer anywhere in what the model said; with several right answers the best counts.
func userMetrics() []Metric {
	list := []Metric{
		{Name: "em", Proportion: true, HigherIsBetter: true, Scale: 100},
		{Name: "f1", HigherIsBetter: true, Scale: 100},
		{Name: "char_f1", HigherIsBetter: true, Scale: 100},
		{Name: "contains", Proportion: true, HigherIsBetter: true},
		{Name: "acc_number", Proportion: true, HigherIsBetter: true},
		{Name: "rouge_1", HigherIsBetter: true, Scale: 100},
		{Name: "rouge_2", HigherIsBetter: true, Scale: 100},
		{Name: "rouge_l", HigherIsBetter: true, Scale: 100},
	}
	return append(list,
		Metric{Name: "bleu", HigherIsBetter: true, Range: 100, Corpus: func(sum map[string]float64) float64 {
			return userBLEU.Score(metrics.BLEUStatsOf(statsRow(sum, "bleu"))).Value
		}},
		Metric{Name: "chrf", HigherIsBetter: true, Range: 100, Corpus: func(sum map[string]float64) float64 {
			return metrics.ChrF{}.Score(metrics.ChrFStatsOf(statsRow(sum, "chrf")))
		}},
	)
}

// putRow stores the sums of a corpus metric; statsRow takes them out again.
func putRow(stats map[string]float64, name string, row []float64) {
	for i, x := range row {
		stats[fmt.Sprintf("%s:%02d", name, i)] = x
	}
}

func statsRow(sum map[string]float64, name string) []float64 {
	var row []float64
	for i := 0; ; i++ {
		x, ok := sum[fmt.Sprintf("%s:%02d", name, i)]
		if !ok {
			return row
		}
		row = append(row, x)
	}
}

// judgeGenerate compares the extracted answer with the right ones.
func (u *userTask) judgeGenerate(r datasets.Record, a Answer) Verdict {
	answer, rule, ok := u.extracted(a.Text)
	v := Verdict{Outcome: Wrong, Extracted: answer, Rule: rule, Metrics: map[string]float64{}, Stats: map[string]float64{}}
	for _, name := range u.Metrics {
		switch name {
		case "bleu":
			putRow(v.Stats, name, userBLEU.Segment(answer, r.Golds).Row())
		case "chrf":
			putRow(v.Stats, name, metrics.ChrF{}.Segment(answer, r.Golds).Row())
		default:
			v.Metrics[name] = u.score(name, answer, ok, r.Golds, a.Text)
		}
	}
	right := 0.
	if u.Extract == "number" {
		right = u.score("acc_number", answer, ok, r.Golds, a.Text)
	} else {
		right = u.score("em", answer, ok, r.Golds, a.Text)
	}
	switch {
	case !ok:
		v.Outcome = Unparsed
	case right == 1:
		v.Outcome = Correct
	}
	return v
}

// extracted finds the answer in what the model said.
func (u *userTask) extracted(text string) (answer, rule string, ok bool) {
	switch u.Extract {
	case "whole":
		answer = strings.TrimSpace(text)
		if answer == "" {
			return "", ruleNone, false
		}
		return answer, "whole", true
	case "number":
		n, rule, ok := extractNumber(text, u.Unit)
		if !ok {
			return "", rule, false
		}
		return writeNumber(n), rule, true
	case "regexp":
		var found []string
		for _, m := range u.pattern.FindAllStringSubmatch(text, -1) {
			found = append(found, strings.TrimSpace(m[1]))
		}
		switch found = distinct(found); {
		case len(found) > 1:
			return "", ruleSeveral + " regexp", false
		case len(found) == 1 && found[0] != "":
			return found[0], "regexp", true
		}
		return "", ruleNone, false
	}
	return extract(SortSpan, text, sought{})
}

// score is the value of a metric of one answer. Nothing at all is never right.
func (u *userTask) score(name, answer string, ok bool, golds []string, whole string) float64 {
	if name == "contains" {
		return one01(slices.ContainsFunc(golds, func(g string) bool { return strings.Contains(whole, strings.TrimSpace(g)) }))
	}
	if !ok {
		return 0
	}
	rouge := func() metrics.RougeScores {
		best, _ := metrics.Rouge{}.Best(answer, golds)
		return best
	}
	switch name {
	case "em", "f1":
		em, f1 := metrics.CMRC(answer, golds)
		if name == "em" {
			return em
		}
		return f1
	case "char_f1":
		best := 0.
		for _, g := range golds {
			best = max(best, metrics.CharF1(answer, g))
		}
		return best
	case "acc_number":
		n, isNumber := u.goldNumber(answer)
		return one01(isNumber && slices.ContainsFunc(golds, func(g string) bool {
			want, ok := u.goldNumber(g)
			return ok && sameNumber(n, want)
		}))
	case "rouge_1":
		return rouge().One.F
	case "rouge_2":
		return rouge().Two.F
	case "rouge_l":
		return rouge().L.F
	}
	return 0
}

func one01(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// goldNumber reads a number that is given in the asked unit.
func (u *userTask) goldNumber(text string) (number, bool) {
	n, ok := wholeNumber(text)
	return n, ok && sought{unit: u.Unit}.convert(&n)
}

// writeNumber writes a number as its value and unit.
func writeNumber(n number) string {
	text := n.signed().RatString()
	if d := decimals(n.signed()); d >= 0 {
		text = n.signed().FloatString(d)
	}
	return text + n.unit
}

// decimals is the number of decimals that a number needs; -1 if it has no end, or needs more than 30.
func decimals(x *big.Rat) int {
	scaled := new(big.Rat).Set(x)
	for d := range 31 {
		if scaled.IsInt() {
			return d
		}
		scaled.Mul(scaled, big.NewRat(10, 1))
	}
	return -1
}

// sameNumber says whether an answer is the right number, or becomes it when it is rounded to the places that the right one is written with.
func sameNumber(answer, right number) bool {
	a, b := answer.signed(), right.signed()
	if a.Cmp(b) == 0 {
		return true
	}
	if right.step.Sign() == 0 {
		return false
	}
	return roundHalfUp(new(big.Rat).Quo(a, right.step), 0).Cmp(new(big.Rat).Quo(b, right.step)) == 0
}

// extractMetrics are those of a task file of kind extract: the share of answers whose fields are all right, the mean share of fields that
// are right, micro F1 of the fields that have a value, and the share of answers that are JSON.
var extractMetrics = []Metric{
	{Name: "exact_match", Proportion: true, HigherIsBetter: true},
	{Name: "field_acc", HigherIsBetter: true},
	{Name: "f1", HigherIsBetter: true, Corpus: func(sum map[string]float64) float64 {
		return metrics.Counts{TP: sum["tp"], FP: sum["fp"], FN: sum["fn"]}.F1()
	}},
	{Name: "json", Proportion: true, HigherIsBetter: true},
}

// goldFields writes the right JSON.
func (u *userTask) goldFields(row datasets.Value, r *datasets.Record) (labelled bool, err error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range u.fields {
		v, ok := row.Get(f.column)
		if !ok {
			return false, row.Errorf(f.column, "missing; fields of %s names it", u.path)
		}
		text := ""
		if !v.IsNull() {
			if text, err = v.Text(); err != nil {
				return false, err
			}
		}
		labelled = labelled || text != ""
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(jsonText(f.key) + ": " + jsonText(text))
		r.Fields[f.column] = text
	}
	b.WriteByte('}')
	r.Golds = []string{b.String()}
	return labelled, nil
}

func jsonText(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // strings always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// judgeExtract compares the members of the JSON with the columns. White space around a value and full-width forms do not count; a member
// that is absent, null or empty has no value.
func (u *userTask) judgeExtract(r datasets.Record, a Answer) Verdict {
	raw, rule, ok := extractJSON(a.Text)
	got := map[string]any{}
	if ok {
		dec := json.NewDecoder(strings.NewReader(raw))
		dec.UseNumber()
		ok = dec.Decode(&got) == nil // an array is no answer
	}
	v := Verdict{Outcome: Wrong, Extracted: raw, Rule: rule, Metrics: map[string]float64{}, Stats: map[string]float64{}}
	right := 0
	for _, f := range u.fields {
		have, want := fieldText(got[f.key]), fieldText(r.Fields[f.column])
		switch {
		case have == want && want != "":
			right++
			v.Stats["tp"]++
			continue
		case have == want && ok:
			right++
		}
		if have != "" {
			v.Stats["fp"]++
		}
		if want != "" {
			v.Stats["fn"]++
		}
	}
	v.Metrics["json"] = one01(ok)
	v.Metrics["exact_match"] = one01(right == len(u.fields))
	v.Metrics["field_acc"] = float64(right) / float64(len(u.fields))
	switch {
	case !ok:
		v.Outcome, v.Extracted = Unparsed, ""
	case right == len(u.fields):
		v.Outcome = Correct
	}
	return v
}

// fieldText is a value as it is compared.
func fieldText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(string(newNumberText(v).r))
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	case nil:
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
