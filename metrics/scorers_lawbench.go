package metrics

import (
	"fmt"
	"slices"
	"strings"
)

// lawBenchScorers are the tasks of LawBench by number, as the functions of its evaluation folder score them. Left out are 2-1, whose edits
// an aligner of its own finds; 3-1, 3-4 and 3-5, whose numbers the Python package cn2an reads; and 3-3, which needs its list of charges.
func lawBenchScorers() []Scorer {
	letters := func(last rune) (out []string) {
		for r := 'A'; r <= last; r++ {
			out = append(out, string(r))
		}
		return out
	}
	const choice = "1 when exactly the gold option is in the text"
	const rouge = "F of ROUGE-L over words, rouge_chinese"
	out := []Scorer{
		lawBench("1-1", "articles by heart: "+rouge, unitWords, lawBenchRougeOf("答案:")),
		lawBench("1-2", "knowledge questions: "+choice, unitAnswers, lawBenchChoiceOf("正确答案：", "", letters('D'), nil)),
		lawBench("2-2", "point of dispute: "+choice, unitAnswers, lawBenchChoiceOf("争议焦点类别：", "last", lawBenchDisputes, []string{"赔偿"})),
		lawBench("2-3", "marriage cases: F1 of sets of labels", unitAnswers, lawBenchSetOf("类别:", "。", "、", lawBenchMarriage)),
		lawBench("2-4", "consulting: "+choice, unitAnswers, lawBenchChoiceOf("", "all", lawBenchConsulting, nil)),
		lawBench("2-5", "reading: F1 of characters", unitChars, func(text, gold string, _ func(string) []string) (ItemScore, error) {
			return ItemScore{Value: CharF1(text, strings.ReplaceAll(gold, "回答:", ""))}, nil
		}),
		lawBench("2-6", "entities: soft F1 of type:value", unitChars, func(text, gold string, _ func(string) []string) (ItemScore, error) {
			f1, abstained, err := LawBenchEntities(text, gold)
			return ItemScore{Value: f1, Abstained: abstained}, err
		}),
		lawBench("2-7", "summary: "+rouge, unitWords, lawBenchRougeOf("")),
		lawBench("2-8", "arguments: "+choice, unitAnswers, lawBenchChoiceOf("[正确答案]", "", letters('E'), nil)),
		lawBench("2-9", "events: F1 of sets of labels", unitAnswers, lawBenchSetOf("", "", ";", lawBenchEvents)),
		lawBench("2-10", "triggers: F1 of characters place by place", unitChars, func(text, gold string, _ func(string) []string) (ItemScore, error) {
			return ItemScore{Value: LawBenchTriggers(text, gold)}, nil
		}),
		lawBench("3-2", "articles for a case: "+rouge, unitWords, lawBenchRougeOf("")),
		lawBench("3-6", "case analysis: "+choice, unitAnswers, lawBenchChoiceOf("正确答案:", "", letters('D'), nil)),
		lawBench("3-7", "amount of a crime: 1 when it is among the numbers in the text", unitAnswers, func(text, gold string, _ func(string) []string) (ItemScore, error) {
			amount, err := lawBenchAmountOf(gold)
			right, abstained := LawBenchAmount(text, amount)
			return ItemScore{Value: truth(right), Abstained: abstained}, err
		}),
		lawBench("3-8", "legal advice: "+rouge, unitWords, lawBenchRougeOf("")),
	}
	for i := range out {
		out[i].Words = out[i].Unit == unitWords
		out[i].Proportion = strings.Contains(out[i].Title, ": 1 when")
	}
	return out
}

type lawBenchItem func(text, gold string, cut func(string) []string) (ItemScore, error)

func lawBench(task, title, unit string, score lawBenchItem) Scorer {
	return Scorer{
		Name: "lawbench_" + task, Title: title, Unit: unit, Convention: "LawBench " + task, Scale: 100,
		make: func(o ScorerOptions) scoring {
			return scoring{item: func(i Item) (ItemScore, error) {
				gold, err := onlyGold(i)
				if err != nil {
					return ItemScore{}, err
				}
				return score(i.Text, gold, o.Cut)
			}}
		},
	}
}

func lawBenchRougeOf(prefix string) lawBenchItem {
	return func(text, gold string, cut func(string) []string) (ItemScore, error) {
		f, ok := LawBenchRouge(text, strings.ReplaceAll(gold, prefix, ""), cut)
		if !ok {
			return ItemScore{}, fmt.Errorf("the reference is empty")
		}
		return ItemScore{Value: f, Abstained: strings.TrimFunc(text, pythonSpace) == ""}, nil
	}
}

// lawBenchChoiceOf reads the gold label after a prefix: the letter there, all up to the last character ("last"), or all ("all").
// Golds in leftOut are no labels of the task; LawBench passes over them.
func lawBenchChoiceOf(prefix, which string, labels, leftOut []string) lawBenchItem {
	return func(text, gold string, _ func(string) []string) (ItemScore, error) {
		label, ok := strings.CutPrefix(gold, prefix)
		if r := []rune(label); len(r) > 0 {
			switch which {
			case "":
				label = string(r[0])
			case "last":
				label = string(r[:len(r)-1])
			}
		}
		if slices.Contains(leftOut, label) {
			return ItemScore{Excluded: true}, nil
		}
		if !ok || !slices.Contains(labels, label) {
			return ItemScore{}, fmt.Errorf("reference %q: want %s and one of %s", gold, prefix, strings.Join(labels, ", "))
		}
		right, abstained := LawBenchChoice(text, label, labels)
		return ItemScore{Value: truth(right), Abstained: abstained}, nil
	}
}

func lawBenchSetOf(prefix, suffix, separator string, labels []string) lawBenchItem {
	return func(text, gold string, _ func(string) []string) (ItemScore, error) {
		list, ok := strings.CutPrefix(gold, prefix)
		list, end := strings.CutSuffix(list, suffix)
		if !ok || !end {
			return ItemScore{}, fmt.Errorf("reference %q: want %sLABELS%s", gold, prefix, suffix)
		}
		f1, abstained := LawBenchSet(text, strings.Split(list, separator), labels)
		return ItemScore{Value: f1, Abstained: abstained}, nil
	}
}
