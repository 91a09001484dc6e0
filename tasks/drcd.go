package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// DRCD is extractive reading in traditional characters: 3,524 development questions with two answers each. Nothing is converted to
// simplified characters, neither texts nor answers, and the question is asked in traditional ones.
//
// Source: DRCKnowledgeTeam/DRCD (SQuAD layout, version 1.3) and the CLUE repository. License: CC BY-SA 3.0.
// Metrics: those of [CMRC2018], by the same script; questions on one text form a cluster for intervals.
var DRCD = Task{
	Name: "drcd", Version: 1, Kind: Generate, Family: "clue",
	Title:    "reading in traditional characters: answer with words of the text",
	Source:   "DRCKnowledgeTeam/DRCD and CLUEbenchmark/CLUE",
	License:  "CC BY-SA 3.0",
	Language: "zh-Hant",
	Size:     3524,
	Files:    drcdFiles(),
	Read:     readCMRC,
	Make:     makeDRCD,
	Prompt:   drcdPrompt,
	Judge:    judgeCMRC,
	Metrics:  CMRC2018.Metrics,
}

func drcdFiles() []datasets.Candidate {
	var out []datasets.Candidate
	add := func(prefix, train string) {
		shots := [][]string{{prefix + train}}
		out = append(out,
			datasets.Candidate{Paths: []string{prefix + "dev.json"}, Split: datasets.SplitDev, Train: shots},
			datasets.Candidate{Paths: []string{prefix + "test.json"}, Split: datasets.SplitTest, Train: shots},
		)
	}
	for _, dir := range append(datasets.Folders("drcd"), "DRCD") {
		add(dir+"/", "train.json")
		add(dir+"/DRCD_", "training.json")
	}
	add("DRCD_", "training.json")
	return out
}

func drcdPrompt(r datasets.Record, shots []datasets.Record) Request {
	query := func(r datasets.Record) string {
		return fmt.Sprintf("文章：%s\n問題：%s\n答案：", r.Fields["context"], r.Fields["question"])
	}
	p := Prompt{System: "請閱讀文章，用文章中的原文簡短地回答問題。", Query: query(r)}
	for _, s := range shots {
		if len(s.Golds) > 0 {
			p.Shots = append(p.Shots, Shot{query(s), s.Golds[0]})
		}
	}
	return Request{Prompt: p, MaxTokens: 128, Stop: []string{"\n"}}
}
