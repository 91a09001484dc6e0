package tasks

import "github.com/llama4-eval/llama4-eval/datasets"

// BUSTM is pairs of short requests to a voice assistant, with the same meaning or another one.
//
// Source: CLUEbenchmark/FewCLUE, from the assistant of OPPO; there is no CLUE set of that name. License: none stated, research use.
// Metric: accuracy.
var BUSTM = Task{
	Name: "bustm", Version: 1, Kind: Choice, Family: "clue",
	Title:   "same meaning or not: two requests to a voice assistant",
	Source:  "CLUEbenchmark/FewCLUE",
	License: "none stated, research use",
	Size:    160,
	Files:   datasets.CLUE("bustm"),
	Read:    classification(sameLabels, readPair),
	Make:    labelled(makeBUSTM),
	Prompt:  pairQuestion("对语音助手说的话").request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}
