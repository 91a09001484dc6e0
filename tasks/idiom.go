package tasks

import (
	"slices"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// Idiom is four-character idioms in a context or by their meaning, with four options of which two look like the right one or mean
// nearly the opposite.
//
// Source: made by this program from a list of its own; there is no published set. License: that of this program.
// Metrics: accuracy; acc_macro is the mean over idioms.
var Idiom = Task{
	Name: "idiom", Version: 1, Kind: Choice, Family: "clue",
	Title:   "the idiom for a context or a meaning, near ones among 4 options",
	Source:  "generated",
	License: "that of this program",
	Make:    makeIdioms,
	Prompt:  idiomQuestion.request,
	Judge:   judgeChoice,
	Metrics: append(slices.Clone(choiceMetrics),
		Metric{Name: "acc_macro", From: "acc", By: "idiom", Fold: FoldMean, HigherIsBetter: true},
	),
	Breakdowns: []string{"form", "position"},
}

var idiomQuestion = question{
	system:       "请为空格____选择合适的成语。",
	query:        func(r datasets.Record) string { return "句子：" + r.Fields["text"] + "\n____处的成语：" },
	letterSystem: "请为空格____选择合适的成语，只回答选项前的字母。",
	letterQuery:  func(r datasets.Record) string { return "句子：" + r.Fields["text"] },
}
