package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// OCNLI is inference between two Chinese sentences: 3,000 development rows, 50 of which have no agreed label ("-") and are dropped.
//
// Source: CLUEbenchmark/OCNLI; FewCLUE's test_public is a balanced part of the same development split. License: CC BY-NC 2.0.
// Metric: accuracy; hypotheses of one premise form a cluster for intervals.
var OCNLI = Task{
	Name: "ocnli", Version: 1, Kind: Choice, Family: "clue",
	Title:   "entailment, neutral or contradiction",
	Source:  "CLUEbenchmark/OCNLI",
	License: "CC BY-NC 2.0",
	Size:    2950,
	Files:   datasets.CLUE("ocnli", "train.json", "train.50k.json", "train.30k.json", "train.10k.json", "train.3k.json"),
	Read:    classification(ocnliLabels, readOCNLI),
	Make:    labelled(makeOCNLI),
	Prompt:  ocnliQuestion.request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}

var ocnliLabels = labels{
	names:   []string{"entailment", "neutral", "contradiction"},
	choices: []string{"蕴含", "中立", "矛盾"},
	// Copies on the Hub number the classes in another order.
	other: map[string]int{"0": 1, "1": 0, "2": 2},
}

var ocnliQuestion = question{
	system: "请判断前提和假设的关系。前提成立时假设一定成立是“蕴含”，一定不成立是“矛盾”，不能确定是“中立”。",
	query: func(r datasets.Record) string {
		return fmt.Sprintf("前提：%s\n假设：%s\n关系：", r.Fields["sentence1"], r.Fields["sentence2"])
	},
	letterSystem: "请判断前提和假设的关系，只回答选项前的字母。前提成立时假设一定成立是“蕴含”，一定不成立是“矛盾”，不能确定是“中立”。",
	letterQuery: func(r datasets.Record) string {
		return fmt.Sprintf("前提：%s\n假设：%s", r.Fields["sentence1"], r.Fields["sentence2"])
	},
}

func readOCNLI(row datasets.Value, r *datasets.Record) error {
	for _, name := range []string{"genre", "level"} {
		if s, ok, err := row.Label(name); err != nil {
			return err
		} else if ok {
			r.Fields[name] = s
		}
	}
	var err error
	if r.Cluster, _, err = row.Label("prem_id"); err != nil {
		return err
	}
	return fields(row, r, "sentence1", "sentence2")
}
