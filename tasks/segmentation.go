package tasks

import (
	"fmt"
	"slices"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// Segmentation is strings that fall into words in two ways, such as 南京市长江大桥, in sentences that leave one of them. Each
// sentence is asked with both orders of the two readings; both readings of a string are equally frequent, so that who always takes the
// usual one is right every other time.
//
// Source: made by this program from a list of its own; there is no published set. License: that of this program.
// Metrics: accuracy; acc_pair is right only where both orders are; flip_rate is how often the order decides whether the answer is right; acc_macro
// is the mean over strings. The same without the sentence is [SegmentationControl].
var Segmentation = Task{
	Name: "segmentation", Version: 1, Kind: Choice, Family: "clue",
	Title:      "words of an ambiguous string in a sentence that decides, 2 readings",
	Source:     "generated",
	License:    "that of this program",
	Make:       makeSegmentation,
	Prompt:     segmentationQuestion.request,
	Judge:      judgeChoice,
	Metrics:    segmentationMetrics,
	Breakdowns: []string{"kind", "position", "string"},
}

// SegmentationControl is the items of [Segmentation] without the sentences: who does better than one in two here has something else to
// go by than the context.
//
// Source: made by this program. License: that of this program. Metrics: those of [Segmentation].
var SegmentationControl = Task{
	Name: "segmentation_no_context", Version: 1, Kind: Choice, Family: "clue",
	Title:      "the same without the sentence: a control, chance is 50 %",
	Source:     "generated",
	License:    "that of this program",
	Make:       makeSegmentation,
	Prompt:     segmentationBare.request,
	Judge:      judgeChoice,
	Metrics:    segmentationMetrics,
	Breakdowns: []string{"position"},
}

var segmentationMetrics = append(slices.Clone(choiceMetrics),
	Metric{Name: "acc_pair", From: "acc", By: "pair", Fold: FoldAll, HigherIsBetter: true},
	Metric{Name: "flip_rate", From: "acc", By: "pair", Fold: FoldDiffer},
	Metric{Name: "flip_rate_letter", From: "acc_letter", By: "pair", Fold: FoldDiffer},
	Metric{Name: "acc_macro", From: "acc", By: "string", Fold: FoldMean, HigherIsBetter: true},
)

var segmentationQuestion = question{
	system: "请根据句子的意思，判断其中有歧义的片段应该怎样切分成词。",
	query: func(r datasets.Record) string {
		return fmt.Sprintf("句子：%s\n片段“%s”可以切分为“%s”或“%s”。\n在这个句子里应切分为：", r.Fields["text"], r.Fields["string"], r.Choices[0], r.Choices[1])
	},
	letterSystem: "请根据句子的意思，判断其中有歧义的片段应该怎样切分成词，只回答选项前的字母。",
	letterQuery: func(r datasets.Record) string {
		return fmt.Sprintf("句子：%s\n片段“%s”在这个句子里应切分为：", r.Fields["text"], r.Fields["string"])
	},
}

var segmentationBare = question{
	system: "请判断有歧义的片段应该怎样切分成词。",
	query: func(r datasets.Record) string {
		return fmt.Sprintf("片段“%s”可以切分为“%s”或“%s”。\n应切分为：", r.Fields["string"], r.Choices[0], r.Choices[1])
	},
	letterSystem: "请判断有歧义的片段应该怎样切分成词，只回答选项前的字母。",
	letterQuery: func(r datasets.Record) string {
		return fmt.Sprintf("片段“%s”应切分为：", r.Fields["string"])
	},
}
