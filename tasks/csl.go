package tasks

import (
	"fmt"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// CSL is abstracts of papers with keywords: are all of them the paper's own? 3,000 development rows in CLUE, 160 in FewCLUE.
//
// Source: CLUEbenchmark/CLUE and CLUEbenchmark/FewCLUE. License: none stated, research use.
// Metric: accuracy; rows about one abstract form a cluster for intervals.
var CSL = Task{
	Name: "csl", Version: 1, Kind: Choice, Family: "clue",
	Title:   "are all keywords those of the abstract",
	Source:  "CLUEbenchmark/CLUE and CLUEbenchmark/FewCLUE",
	License: "none stated, research use",
	Size:    3000,
	Files:   datasets.CLUE("csl"),
	Read:    classification(cslLabels, readCSL),
	Make:    labelled(makeCSL),
	Prompt:  cslQuestion.request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}

var cslLabels = labels{names: []string{"0", "1"}, choices: []string{"否", "是"}}

var cslQuestion = question{
	system:       "论文的作者为自己的论文选定了关键词，其中有的可能被换成了别的词。请判断列出的关键词是不是全部由作者选定，回答“是”或“否”。",
	query:        func(r datasets.Record) string { return cslText(r) + "\n全部是作者选定的关键词：" },
	letterSystem: "论文的作者为自己的论文选定了关键词，其中有的可能被换成了别的词。请判断列出的关键词是不是全部由作者选定，只回答选项前的字母。",
	letterQuery:  cslText,
}

func cslText(r datasets.Record) string {
	return fmt.Sprintf("摘要：%s\n关键词：%s", r.Fields["abst"], r.Fields["keyword"])
}

// readCSL reads a row; its list of keywords becomes one text.
func readCSL(row datasets.Value, r *datasets.Record) error {
	if err := fields(row, r, "abst"); err != nil {
		return err
	}
	list, err := row.Array("keyword")
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return row.Errorf("keyword", "no keywords")
	}
	words := make([]string, len(list))
	for i, k := range list {
		if words[i], err = k.Text(); err != nil {
			return err
		}
	}
	r.Cluster = textID(r.Fields["abst"])
	r.Fields["keyword"] = strings.Join(words, "、")
	return nil
}
