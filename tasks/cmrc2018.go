package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// CMRC2018 is extractive reading: a question is answered with words of the text. 3,219 development questions with three answers each,
// or 1,002 trial questions with one.
//
// Source: ymcui/cmrc2018, in the original layout or in that of SQuAD. License: CC BY-SA 4.0.
// Metrics: exact match and F1 of the official script, on the extracted answer (em, f1) and on the answer as the model gave it (em_raw,
// f1_raw); questions on one text form a cluster for intervals. An empty answer scores 0 and counts.
var CMRC2018 = Task{
	Name: "cmrc2018", Version: 1, Kind: Generate, Family: "clue",
	Title:   "reading: answer with words of the text",
	Source:  "ymcui/cmrc2018",
	License: "CC BY-SA 4.0",
	Size:    3219,
	Files:   cmrcFiles(),
	Read:    readCMRC,
	Make:    makeCMRC,
	Prompt:  cmrcPrompt,
	Judge:   judgeCMRC,
	Metrics: []Metric{
		{Name: "em", Proportion: true, HigherIsBetter: true, Scale: 100},
		{Name: "f1", HigherIsBetter: true, Scale: 100},
		{Name: "em_raw", Proportion: true, HigherIsBetter: true, Scale: 100},
		{Name: "f1_raw", HigherIsBetter: true, Scale: 100},
	},
}

func cmrcFiles() []datasets.Candidate {
	var out []datasets.Candidate
	add := func(dir, prefix string) {
		train := [][]string{{dir + prefix + "train.json"}}
		out = append(out,
			datasets.Candidate{Paths: []string{dir + prefix + "dev.json"}, Split: datasets.SplitDev, Train: train},
			datasets.Candidate{Paths: []string{dir + prefix + "trial.json"}, Split: datasets.SplitTrial, Train: train},
		)
	}
	for _, dir := range datasets.Folders("cmrc2018") {
		add(dir+"/data/", "cmrc2018_")
		add(dir+"/squad-style-data/", "cmrc2018_")
		add(dir+"/", "cmrc2018_")
		add(dir+"/", "")
	}
	add("", "cmrc2018_")
	return out
}

func cmrcPrompt(r datasets.Record, shots []datasets.Record) Request {
	query := func(r datasets.Record) string {
		return fmt.Sprintf("文章：%s\n问题：%s\n答案：", r.Fields["context"], r.Fields["question"])
	}
	p := Prompt{System: "请阅读文章，用文章中的原文简短地回答问题。", Query: query(r)}
	for _, s := range shots {
		if len(s.Golds) > 0 {
			p.Shots = append(p.Shots, Shot{query(s), s.Golds[0]})
		}
	}
	// The longest answers of the published splits are about 430 characters, 99 in 100 are below 150.
	return Request{Prompt: p, MaxTokens: 128, Stop: []string{"\n"}}
}

func judgeCMRC(r datasets.Record, a Answer) Verdict {
	answer, rule := extractAnswer(a.Text)
	v := Verdict{Outcome: Wrong, Extracted: answer, Rule: rule, Metrics: make(map[string]float64)}
	v.Metrics["em"], v.Metrics["f1"] = metrics.CMRC(answer, r.Golds)
	v.Metrics["em_raw"], v.Metrics["f1_raw"] = metrics.CMRC(a.Text, r.Golds)
	switch {
	case answer == "":
		v.Outcome = Unparsed
		// Punctuation alone may be a gold in the scorer's eyes, nothing at all never is.
		v.Metrics["em"], v.Metrics["f1"] = 0, 0
	case v.Metrics["em"] == 1:
		v.Outcome = Correct
	}
	return v
}

// readCMRC reads both layouts. They differ in the names of fields and in how answers are written.
func readCMRC(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	for _, row := range rows {
		articles := []datasets.Value{row}
		if _, squad := row.Get("data"); squad {
			if articles, err = row.Array("data"); err != nil {
				return datasets.Set{}, err
			}
		}
		for _, article := range articles {
			paragraphs := []datasets.Value{article}
			names := cmrcOriginal
			if _, squad := article.Get("paragraphs"); squad {
				names = cmrcSQuAD
				if paragraphs, err = article.Array("paragraphs"); err != nil {
					return datasets.Set{}, err
				}
			}
			for _, p := range paragraphs {
				if err := names.read(p, &set); err != nil {
					return datasets.Set{}, err
				}
			}
		}
	}
	unique(set.Records)
	return set, nil
}

// cmrcNames are the names of fields in a layout.
type cmrcNames struct{ contextID, context, questionID, question string }

var (
	cmrcOriginal = cmrcNames{"context_id", "context_text", "query_id", "query_text"}
	cmrcSQuAD    = cmrcNames{"id", "context", "id", "question"}
)

func (n cmrcNames) read(paragraph datasets.Value, set *datasets.Set) error {
	context, err := paragraph.String(n.context)
	if err != nil {
		return err
	}
	cluster, _, err := paragraph.Label(n.contextID)
	if err != nil {
		return err
	}
	questions, err := paragraph.Array("qas")
	if err != nil {
		return err
	}
	for i, q := range questions {
		question, err := q.String(n.question)
		if err != nil {
			return err
		}
		id, ok, err := q.Label(n.questionID)
		if err != nil {
			return err
		}
		if !ok {
			id = fmt.Sprintf("%s/%d", cluster, i)
		}
		golds, err := cmrcAnswers(q)
		if err != nil {
			return err
		}
		if len(golds) == 0 {
			set.Unlabelled++
			continue
		}
		set.Records = append(set.Records, datasets.Record{
			ID: id, Cluster: cluster, Answer: -1, Golds: golds,
			Fields: map[string]string{"context": context, "question": question},
		})
	}
	return nil
}

// cmrcAnswers reads answers that are strings, numbers (some gold answers of the original layout are spreadsheet dates) or
// objects with a text. answer_start is not used: it is -1 where the answer is not in the text.
func cmrcAnswers(q datasets.Value) ([]string, error) {
	if _, ok := q.Get("answers"); !ok {
		return nil, nil
	}
	list, err := q.Array("answers")
	if err != nil {
		return nil, err
	}
	var golds []string
	for _, a := range list {
		if text, ok := a.Get("text"); ok {
			a = text
		}
		s, err := a.Text()
		if err != nil {
			return nil, err
		}
		golds = append(golds, s)
	}
	return golds, nil
}
