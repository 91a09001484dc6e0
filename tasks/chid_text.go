package tasks

import "github.com/llama4-eval/llama4-eval/datasets"

// ChIDText is [ChID] asked as OpenCompass's perplexity configurations do (FewCLUE_chid_ppl): the whole passage with each candidate in the
// blank, of which the one with the smallest mean loss per token wins. The wording is ours, and their mean also counts the tokens of their
// instruction, which are the same for all candidates: numbers are near theirs, not the same to the digit. It says what a model finds
// fluent, where [ChID] asks a question.
//
// Source: as [ChID]. License: Apache-2.0. Metric: accuracy per blank by mean log-likelihood per token (acc_token).
var ChIDText = Task{
	Name: "chid_text", Version: 1, Kind: Choice, Family: "fewclue",
	Title:      "chid by the likelihood of the whole passage, as OpenCompass's ppl",
	Source:     ChID.Source,
	License:    ChID.License,
	Files:      ChID.Files,
	Read:       ChID.Read,
	ReadAll:    ChID.ReadAll,
	Make:       ChID.Make,
	Prompt:     chidFilled,
	Judge:      judgeChoice,
	Metrics:    wholeTextMetrics,
	Breakdowns: []string{"position"},
}

// wholeTextMetrics are those of tasks that compare whole texts: their sums say more about lengths than about texts.
var wholeTextMetrics = []Metric{
	{Name: "acc_token", Proportion: true, HigherIsBetter: true},
	{Name: "acc_norm", Proportion: true, HigherIsBetter: true},
	{Name: "acc_bytes", Proportion: true, HigherIsBetter: true},
}

func chidFilled(r datasets.Record, shots []datasets.Record) Request {
	const query = "下面是一段通顺的话：\n语段："
	p := Prompt{Query: query}
	for _, s := range shots {
		if s.Answer >= 0 && s.Answer < len(s.Choices) {
			p.Shots = append(p.Shots, Shot{query, chidFill(s, s.Choices[s.Answer])})
		}
	}
	choices := make([]string, len(r.Choices))
	for i, c := range r.Choices {
		choices[i] = chidFill(r, c)
	}
	return Request{Prompt: p, Choices: choices}
}
