package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// EPRSTMT is product reviews, positive or negative.
//
// Source: CLUEbenchmark/FewCLUE; there is no CLUE set of that name. License: none stated, research use.
// Metric: accuracy.
var EPRSTMT = Task{
	Name: "eprstmt", Version: 1, Kind: Choice, Family: "clue",
	Title:   "sentiment of a product review",
	Source:  "CLUEbenchmark/FewCLUE",
	License: "none stated, research use",
	Size:    160,
	Files:   datasets.CLUE("eprstmt"),
	Read: classification(eprstmtLabels, func(row datasets.Value, r *datasets.Record) error {
		return fields(row, r, "sentence")
	}),
	Make:    labelled(makeEPRSTMT),
	Prompt:  eprstmtQuestion.request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}

var eprstmtLabels = labels{names: []string{"Positive", "Negative"}, choices: []string{"正面", "负面"}}

var eprstmtQuestion = question{
	system:       "请判断商品评价的情感是“正面”还是“负面”。",
	query:        func(r datasets.Record) string { return fmt.Sprintf("评价：%s\n情感：", r.Fields["sentence"]) },
	letterSystem: "请判断商品评价的情感，只回答选项前的字母。",
	letterQuery:  func(r datasets.Record) string { return "评价：" + r.Fields["sentence"] },
}
