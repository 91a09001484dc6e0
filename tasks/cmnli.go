package tasks

import "github.com/llama4-eval/llama4-eval/datasets"

// CMNLI is inference between two sentences that were translated from English: 12,426 development rows, of which those without an
// agreed label ("-") are dropped.
//
// Source: the CLUE repository, from MNLI and XNLI; the archive unpacks into a folder of its own. License: none stated, research use.
// Metric: accuracy.
var CMNLI = Task{
	Name: "cmnli", Version: 1, Kind: Choice, Family: "clue",
	Title:   "entailment, neutral or contradiction, translated",
	Source:  "CLUEbenchmark/CLUE",
	License: "none stated, research use",
	Files:   cmnliFiles(),
	Read:    classification(ocnliLabels, readPair),
	Make:    labelled(makeCMNLI),
	Prompt:  ocnliQuestion.request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}

// cmnliFiles adds the folder inside the folder to the places that all sets have.
func cmnliFiles() []datasets.Candidate {
	out := datasets.CLUE("cmnli")
	for _, dir := range datasets.Folders("cmnli") {
		dir += "/cmnli_public/"
		out = append(out, datasets.Candidate{Paths: []string{dir + "dev.json"}, Split: datasets.SplitDev, Train: [][]string{{dir + "train.json"}}})
	}
	return out
}
