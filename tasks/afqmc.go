package tasks

import "github.com/llama4-eval/llama4-eval/datasets"

// AFQMC is pairs of customers' questions to a bank, with the same meaning or another one: 4,316 development rows, 31 % of which are
// pairs of the same meaning, so that always saying no is right more often than guessing.
//
// Source: the CLUE repository, from a contest of Ant Financial. License: none stated, research use.
// Metric: accuracy.
var AFQMC = Task{
	Name: "afqmc", Version: 1, Kind: Choice, Family: "clue",
	Title:   "same meaning or not: two questions to a bank",
	Source:  "CLUEbenchmark/CLUE",
	License: "none stated, research use",
	Size:    4316,
	Files:   datasets.CLUE("afqmc"),
	Read:    classification(sameLabels, readPair),
	Make:    labelled(makeAFQMC),
	Prompt:  pairQuestion("客户提问").request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}
