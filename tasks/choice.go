package tasks

import (
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// choiceMetrics are those of every choice task. acc takes the choice with the largest log-likelihood; the others divide it
// by the choice's length in code points, bytes or tokens; acc_letter takes the likeliest letter; acc_generate takes what is extracted from a free
// answer, and extracted_generate is the share of free answers from which something was.
var choiceMetrics = []Metric{
	{Name: "acc", Proportion: true, HigherIsBetter: true},
	{Name: "acc_norm", Proportion: true, HigherIsBetter: true},
	{Name: "acc_bytes", Proportion: true, HigherIsBetter: true},
	{Name: "acc_token", Proportion: true, HigherIsBetter: true},
	{Name: "acc_letter", Proportion: true, HigherIsBetter: true},
	{Name: "acc_generate", Proportion: true, HigherIsBetter: true},
	{Name: "extracted_generate", Proportion: true, HigherIsBetter: true},
}

// likelihoodMetrics are those of choice tasks that have no lettered form: all but acc_letter.
var likelihoodMetrics = slices.Delete(slices.Clone(choiceMetrics), 4, 5)

// macroByLabel is the mean over classes of accuracy in each: a constant answer gets one over the number of classes, whatever their sizes.
var macroByLabel = Metric{Name: "acc_macro", From: "acc", By: "label", Fold: FoldMean, HigherIsBetter: true}

// byPosition tags a record with the letter of the right choice, so that results can be given by it: they tell who prefers a place.
func byPosition(r *datasets.Record) { r.Tags = map[string]string{"position": letter(r.Answer)} }

// judgeChoice compares the likeliest choice with the answer; of equally likely ones the first counts. The outcome is that of acc, or of
// acc_letter or acc_generate where only that was asked. Scores that are missing or no numbers fail the sample.
func judgeChoice(r datasets.Record, a Answer) Verdict {
	generated := a.Text != "" || a.Finish != ""
	if len(a.Choices) == 0 && len(a.Letters) == 0 && !generated {
		return Verdict{Outcome: Failed, Rule: "no scores"}
	}
	v := Verdict{Metrics: make(map[string]float64)}
	picked := -1
	take := func(name string, scores []Score, length func(Score) int) bool {
		if len(scores) != len(r.Choices) {
			return false
		}
		values := make([]float64, len(scores))
		for i, s := range scores {
			values[i] = s.LogProb
			// Minus infinity stays what it is; an empty choice counts as one unit long.
			if length != nil && !math.IsInf(s.LogProb, 0) {
				values[i] /= float64(max(1, length(s)))
			}
		}
		best := metrics.Argmax(values)
		if best < 0 {
			return false
		}
		if picked < 0 {
			picked, v.Rule = best, "loglikelihood"
			if name == "acc_letter" {
				v.Rule = "letter"
			}
		}
		v.Metrics[name] = 0
		if best == r.Answer {
			v.Metrics[name] = 1
		}
		return true
	}
	ok := true
	if len(a.Choices) > 0 {
		ok = take("acc", a.Choices, nil) &&
			take("acc_norm", a.Choices, func(s Score) int { return s.Chars }) &&
			take("acc_bytes", a.Choices, func(s Score) int { return s.Bytes }) &&
			take("acc_token", a.Choices, func(s Score) int { return s.Tokens })
	}
	if ok && len(a.Letters) > 0 {
		ok = take("acc_letter", a.Letters, nil)
	}
	if !ok {
		return Verdict{Outcome: Failed, Rule: "scores missing or not a number"}
	}
	if generated {
		i, rule, found := extractChoice(a.Text, r.Choices)
		v.Metrics["acc_generate"], v.Metrics["extracted_generate"] = 0, 0
		if found {
			v.Metrics["extracted_generate"] = 1
		}
		if found && r.Choices[i] == r.Choices[r.Answer] {
			v.Metrics["acc_generate"] = 1
			i = r.Answer // of choices with the same text
		}
		if picked < 0 {
			picked, v.Rule = i, rule
		} else {
			v.Rule += "; generate: " + rule
		}
		if picked < 0 {
			v.Outcome = Unparsed
			return v
		}
	}
	v.Extracted = r.Choices[picked]
	v.Outcome = Wrong
	if picked == r.Answer {
		v.Outcome = Correct
	}
	return v
}

// Chance is the expected accuracy of guessing. It differs from one over the number of labels where questions have different numbers
// of choices, or several right ones. ok is false when no record is a choice.
func Chance(records []datasets.Record) (accuracy float64, ok bool) {
	var each []float64
	for _, r := range records {
		if len(r.Choices) > 0 {
			each = append(each, float64(max(1, len(r.Golds)))/float64(len(r.Choices)))
		}
	}
	return metrics.Mean(each)
}
