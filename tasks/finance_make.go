package tasks

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/tasks/finance"
)

func makeFinanceNumber(seed uint64, n int) datasets.Set {
	return generate(seed, "finance_number", n, func(r *random, i int) datasets.Record {
		q := financeItem(r, i)
		rec := financeRecord(q)
		rec.Golds = []string{decimalText(q.Answer, q.Places)}
		return rec
	})
}

func makeFinanceChoice(seed uint64, n int) datasets.Set {
	var places []int
	return generate(seed, "finance_choice", n, func(r *random, i int) datasets.Record {
		if places == nil {
			places = r.labelsFor(n, 4)
		}
		q := financeItem(r, i)
		rec := financeRecord(q)
		written := func(x *big.Rat) string { return groupedDecimal(decimalText(x, q.Places)) + q.Unit }
		for _, x := range q.Near(3, r.below, written) {
			rec.Choices = append(rec.Choices, written(x))
		}
		rec.Answer = min(places[i], len(rec.Choices))
		rec.Choices = slices.Insert(rec.Choices, rec.Answer, written(q.Answer))
		rec.Tags["position"] = letter(rec.Answer)
		return rec
	})
}

// financeItem makes a question; operations take turns.
func financeItem(r *random, i int) finance.Question {
	ops := finance.Operations()
	return finance.Make(ops[i%len(ops)], r.below)
}

func financeRecord(q finance.Question) datasets.Record {
	operation := q.Operation
	for _, o := range finance.Operations() {
		if o.Name == q.Operation {
			operation = o.Title
		}
	}
	return datasets.Record{
		Answer: -1,
		Fields: map[string]string{"text": q.Text, "question": q.Ask, "unit": q.Unit, "places": strconv.Itoa(q.Places)},
		Tags: map[string]string{
			"operation": operation, "steps": strconv.Itoa(q.Steps), "unit": string(q.Trap), "negative": map[bool]string{true: "yes", false: "no"}[q.Negative],
		},
	}
}

// groupedDecimal puts commas between groups of three digits.
func groupedDecimal(s string) string {
	sign, rest := "", s
	if strings.HasPrefix(s, "-") {
		sign, rest = "-", s[1:]
	}
	whole, fraction, dot := strings.Cut(rest, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + fraction
	}
	return sign + whole
}

// Who asks about a term, so that items of two seeds differ, and how.
var (
	termLeads      = []string{"{person}（{city}，{firm}公司）", "{city}{firm}公司的客户{person}", "{firm}公司{city}分部的学员{person}", "{city}的投资者{person}（{firm}公司职员）", "{firm}公司新员工{person}，{city}"}
	termAsks       = []string{"“{t}”是指什么？", "金融术语“{t}”的含义是什么？", "下列哪一项是对“{t}”的正确说明？"}
	definitionAsks = []string{"“{t}”说的是哪个术语？", "哪个金融术语的含义是“{t}”？", "“{t}”应当叫做什么？"}
	explainAsks    = []string{"请解释一下“{t}”。", "“{t}”到底是什么意思？", "怎样理解“{t}”这个概念？"}
)

func termLead(r *random) string {
	return strings.NewReplacer("{person}", person(r), "{firm}", one(r, firmNames), "{city}", one(r, cities)).Replace(one(r, termLeads))
}

// termTurns lists the numbers of terms in random order, over and over.
func termTurns(r *random, n, terms int) []int {
	var out []int
	for len(out) < n {
		out = append(out, r.perm(terms)...)
	}
	return out[:n]
}

func makeFinanceTerm(seed uint64, n int) datasets.Set {
	terms := finance.Terms()
	var places, turns []int
	return generate(seed, "finance_term", n, func(r *random, i int) datasets.Record {
		if places == nil {
			places, turns = r.labelsFor(n, 8), termTurns(r, n, len(terms))
		}
		t := terms[turns[i]]
		group, field := finance.Confusable(t)
		near := append(some(r, group, len(group)), some(r, field, len(field))...)[:3]
		asks, shown, right := termAsks, t.Name, t.Definition
		direction := "term to definition"
		if places[i] >= 4 {
			asks, shown, right, direction = definitionAsks, t.Definition, t.Name, "definition to term"
		}
		rec := datasets.Record{
			Answer: places[i] % 4,
			Fields: map[string]string{"from": termLead(r), "question": strings.ReplaceAll(one(r, asks), "{t}", shown)},
			Tags:   map[string]string{"direction": direction, "field": t.Field},
		}
		for _, other := range some(r, near, len(near)) {
			if places[i] >= 4 {
				rec.Choices = append(rec.Choices, other.Name)
			} else {
				rec.Choices = append(rec.Choices, other.Definition)
			}
		}
		rec.Choices = slices.Insert(rec.Choices, rec.Answer, right)
		rec.Tags["position"] = letter(rec.Answer)
		return rec
	})
}

// makeFinanceExplain asks for explanations. The first gold is the definition; the rest are the points of the rubric, the words of each between "|".
func makeFinanceExplain(seed uint64, n int) datasets.Set {
	terms := finance.Terms()
	var turns []int
	return generate(seed, "finance_explain", n, func(r *random, i int) datasets.Record {
		if turns == nil {
			turns = termTurns(r, n, len(terms))
		}
		t := terms[turns[i]]
		return datasets.Record{
			Answer: -1, Golds: append([]string{t.Definition}, t.Points...),
			Fields: map[string]string{"from": termLead(r), "question": strings.ReplaceAll(one(r, explainAsks), "{t}", t.Name), "term": t.Name},
			Tags:   map[string]string{"field": t.Field},
		}
	})
}

func judgeFinanceExplain(r datasets.Record, a Answer) Verdict {
	text := strings.TrimSpace(a.Text)
	v := Verdict{Outcome: Unparsed, Rule: "none", Metrics: map[string]float64{"points": 0, "all_points": 0, "chrf": 0}}
	if text == "" {
		return v
	}
	said := strings.ReplaceAll(text, r.Fields["term"], "")
	made := 0
	for _, point := range r.Golds[1:] {
		if slices.ContainsFunc(strings.Split(point, "|"), func(w string) bool { return strings.Contains(said, w) }) {
			made++
		}
	}
	points := len(r.Golds) - 1
	v.Outcome, v.Rule, v.Extracted = Wrong, "whole", text
	v.Metrics["points"] = float64(made) / float64(points)
	if made == points {
		v.Outcome, v.Metrics["all_points"] = Correct, 1
	}
	v.Metrics["chrf"] = metrics.ChrF{}.Sentence(text, r.Golds[:1])
	return v
}
