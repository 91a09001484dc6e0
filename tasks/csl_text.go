package tasks

import "github.com/llama4-eval/llama4-eval/datasets"

// CSLText is [CSL] asked as OpenCompass's perplexity configurations do (FewCLUE_csl_ppl): the abstract alone against the abstract with
// the keywords after it, of which the one with the smaller mean loss per token wins. The wording is ours. It measures whether keywords
// are easier to predict than the text before them, and most models are near chance.
//
// Source: as [CSL]. License: none stated, research use. Metric: accuracy by mean log-likelihood per token (acc_token).
var CSLText = Task{
	Name: "csl_text", Version: 1, Kind: Choice, Family: "fewclue",
	Title:      "csl by the likelihood of the whole text, as OpenCompass's ppl",
	Source:     CSL.Source,
	License:    CSL.License,
	Files:      CSL.Files,
	Read:       CSL.Read,
	Make:       CSL.Make,
	Prompt:     cslWhole,
	Judge:      judgeChoice,
	Metrics:    wholeTextMetrics,
	Breakdowns: []string{"label"},
}

// cslWhole scores both texts, in the order of labels: without and with keywords.
func cslWhole(r datasets.Record, shots []datasets.Record) Request {
	const query = "论文摘要："
	texts := func(r datasets.Record) []string {
		return []string{r.Fields["abst"], r.Fields["abst"] + "\n关键词：" + r.Fields["keyword"]}
	}
	p := Prompt{Query: query}
	for _, s := range shots {
		if s.Answer >= 0 && s.Answer < 2 {
			p.Shots = append(p.Shots, Shot{query, texts(s)[s.Answer]})
		}
	}
	return Request{Prompt: p, Choices: texts(r)}
}
