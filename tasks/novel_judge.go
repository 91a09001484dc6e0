package tasks

import (
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/tasks/novel"
)

// novelMetrics are those of questions on novels. acc, acc_norm, acc_letter: as in every choice task. acc_generate, extracted_generate, f1: of the short answer, see
// judgeShort. The rest are shares of the wrong choices by log-likelihood where the evidence is one sentence: the chosen text stands before the
// evidence, after it, or not at all in the text, and whether it stands close to the evidence.
var novelMetrics = []Metric{
	{Name: "acc", Proportion: true, HigherIsBetter: true},
	{Name: "acc_norm", Proportion: true, HigherIsBetter: true},
	{Name: "acc_letter", Proportion: true, HigherIsBetter: true},
	{Name: "acc_generate", Proportion: true, HigherIsBetter: true},
	{Name: "extracted_generate", Proportion: true, HigherIsBetter: true},
	{Name: "f1", HigherIsBetter: true, Scale: 100},
	{Name: "confused_before", Proportion: true},
	{Name: "confused_after", Proportion: true},
	{Name: "confused_absent", Proportion: true},
	{Name: "confused_near", Proportion: true},
}

// novelNear is what close to the evidence means, in code points.
const novelNear = 300

// judgeNovel judges the choice and the short answer. The outcome is that of the choice.
func judgeNovel(r datasets.Record, a Answer) Verdict {
	var v Verdict
	if len(a.Choices) > 0 || len(a.Letters) > 0 {
		if v = judgeChoice(r, Answer{Choices: a.Choices, Letters: a.Letters}); v.Outcome == Failed {
			return v
		}
		if v.Outcome == Wrong && v.Rule == "loglikelihood" {
			confusion(r, v.Extracted, v.Metrics)
		}
	}
	if a.Finish == "" && a.Text == "" {
		if v.Metrics == nil {
			return Verdict{Outcome: Failed, Rule: "no answer"}
		}
		return v
	}
	right, f1, answer, rule := judgeShort(r, a.Text)
	if v.Metrics == nil {
		v = Verdict{Outcome: Wrong, Extracted: answer, Rule: rule, Metrics: map[string]float64{}}
		switch {
		case answer == "":
			v.Outcome = Unparsed
		case right:
			v.Outcome = Correct
		}
	}
	v.Metrics["acc_generate"], v.Metrics["extracted_generate"], v.Metrics["f1"] = 0, 0, f1
	if answer != "" {
		v.Metrics["extracted_generate"] = 1
	}
	if right {
		v.Metrics["acc_generate"] = 1
	}
	return v
}

// confusion says where the choice that was taken for right stands.
func confusion(r datasets.Record, chosen string, m map[string]float64) {
	if r.Tags["distance"] == "" {
		return
	}
	place := func(typ, text string) int {
		i := slices.IndexFunc(r.Spans, func(s datasets.Span) bool { return s.Type == typ && (text == "" || s.Text == text) })
		if i < 0 {
			return -1
		}
		return r.Spans[i].Start
	}
	at, evidence := place("choice", chosen), place("evidence", "")
	is := func(name string, b bool) {
		m[name] = 0
		if b {
			m[name] = 1
		}
	}
	is("confused_absent", at < 0)
	is("confused_before", at >= 0 && at < evidence)
	is("confused_after", at >= evidence)
	is("confused_near", at >= 0 && max(at-evidence, evidence-at) <= novelNear)
}

// notSaid are words by which an answer says that the text does not say.
var notSaid = []string{"没有提到", "没有提及", "没提到", "没提", "未提", "没有说", "没说", "没有写", "没写", "未说明", "没有说明", "无法确定", "不知道"}

// judgeShort compares a short answer with the right ones. It is right when it holds a right answer and no wrong choice, or, where it holds no
// choice at all, when its characters are nearly those of a right answer (F1 above 0.8: other words in between, no other number or name) and
// more so than those of any wrong one. Counts and prices are compared as numbers: 12次 holds no 2次. That the text does not say may be put in several ways.
func judgeShort(r datasets.Record, text string) (right bool, f1 float64, answer, rule string) {
	answer, rule = extractAnswer(text)
	if answer == "" {
		return false, 0, "", rule
	}
	for _, g := range r.Golds {
		f1 = max(f1, metrics.CharF1(answer, g))
	}
	silent := slices.ContainsFunc(notSaid, func(s string) bool { return strings.Contains(answer, s) })
	if r.Answer >= 0 && r.Answer < len(r.Choices) && r.Choices[r.Answer] == novel.NotSaid {
		if silent {
			f1 = 1
		}
		return silent, f1, answer, rule
	}
	if units := countUnits(r.Golds); units != nil {
		return !silent && sameCount(answer, r.Golds[0], units), f1, answer, rule
	}
	held, wrong, best := false, silent, 0.0
	for _, g := range r.Golds {
		held = held || strings.Contains(answer, g)
	}
	for i, c := range r.Choices {
		if i == r.Answer {
			continue
		}
		wrong = wrong || strings.Contains(answer, novel.Bare(c))
		best = max(best, metrics.CharF1(answer, c))
	}
	return !wrong && (held || f1 > 0.8 && f1 > best), f1, answer, rule
}

// countUnits are the units of right answers that are all numbers, nil if they are none.
func countUnits(golds []string) (units []string) {
	for _, g := range golds {
		_, unit, ok := parseNumber(g)
		if !ok {
			return nil
		}
		if unit != "" {
			units = append(units, unit)
		}
	}
	return units
}

// sameCount reports whether a short answer holds the number of the gold, and no other one with its unit. A number without a unit counts where
// it is the whole answer; 第三次 is no count.
func sameCount(answer, gold string, units []string) bool {
	want, _, _ := parseNumber(gold)
	if v, unit, ok := parseNumber(answer); ok && (unit == "" || slices.Contains(units, unit)) {
		return v.Cmp(want) == 0
	}
	s := newNumberText(answer)
	found := false
	for i := 0; i < len(s.r); {
		if skip := max(s.foreign(i), s.vague(i)); skip > i {
			i = skip
			continue
		}
		n, end, ok := s.number(i)
		if !ok {
			i++
			continue
		}
		if slices.Contains(units, n.unit) && (i == 0 || s.r[i-1] != '第') {
			if n.value.Cmp(want) != 0 {
				return false
			}
			found = true
		}
		i = end
	}
	return found
}
