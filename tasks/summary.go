package tasks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// SummaryNews is one-sentence summaries of Chinese news reports.
//
// Source: generated: reports with key facts between details that a summary leaves out, and two references. License: that of this program.
// Metrics: rougeL, rouge1 and rouge2 are F-measures by characters (convention:multiset|unit:char|beta:1|stem:no), the best over the references, mean
// over reports; facts is the share of key facts that the summary has; repetition is the share of its runs of four characters that occurred in it
// before; compression is its length as a share of the report's, in characters: who copies the report has all facts and a compression of 1.
var SummaryNews = Task{
	Name: "summary_news", Version: 1, Kind: Generate, Family: "summary",
	Title:      "one-sentence summaries of news: ROUGE by characters, key facts, repetition",
	Source:     "generated",
	License:    "that of this program",
	Make:       makeSummary,
	Prompt:     summaryPrompt,
	Judge:      judgeSummary,
	Metrics:    slices.Concat(summaryMetrics, []Metric{factsMetric, repetitionMetric, compressionMetric}),
	Breakdowns: []string{"topic"},
}

// LawBench27 is LawBench's task 2-7: one-sentence summaries of 500 news reports on law.
//
// Source: open-compass/LawBench, zero_shot/2-7.json. License: Apache-2.0, the reports follow their sources.
// Metrics: as those of summary_news, without facts. The published score is another one: ROUGE-L of rouge_chinese over jieba's words, which the command
// score computes.
var LawBench27 = Task{
	Name: "lawbench_2_7", Version: 1, Kind: Generate, Family: "summary",
	Title:   "one-sentence summaries of news on law: ROUGE by characters",
	Source:  "open-compass/LawBench",
	License: "Apache-2.0, the reports follow their sources",
	Files: []datasets.Candidate{
		{Paths: []string{"lawbench/zero_shot/2-7.json"}, Split: datasets.SplitDev},
		{Paths: []string{"LawBench/data/zero_shot/2-7.json"}, Split: datasets.SplitDev},
		{Paths: []string{"lawbench/data/zero_shot/2-7.json"}, Split: datasets.SplitDev},
	},
	Read:    readLawBench27,
	Prompt:  instructionPrompt(256),
	Judge:   judgeSummary,
	Metrics: slices.Concat(summaryMetrics, []Metric{repetitionMetric, compressionMetric}),
}

var (
	summaryMetrics = []Metric{
		{Name: "rougeL", HigherIsBetter: true, Scale: 100},
		{Name: "rouge1", HigherIsBetter: true, Scale: 100},
		{Name: "rouge2", HigherIsBetter: true, Scale: 100},
	}
	repetitionMetric  = Metric{Name: "repetition", Scale: 100}
	compressionMetric = Metric{Name: "compression", Scale: 100}
)

func summaryPrompt(r datasets.Record, shots []datasets.Record) Request {
	query := func(r datasets.Record) string { return fmt.Sprintf("报道：%s\n摘要：", r.Fields["text"]) }
	p := Prompt{System: "请用一句话概括下面的报道。", Query: query(r)}
	for _, s := range shots {
		p.Shots = append(p.Shots, Shot{query(s), s.Golds[0]})
	}
	return Request{Prompt: p, MaxTokens: 128, Stop: []string{"\n报道："}}
}

// judgeSummary scores a summary against all references. It is correct when it is one of them.
func judgeSummary(r datasets.Record, a Answer) Verdict {
	text, rule := extractText(a.Text)
	scores, _ := metrics.Rouge{}.Best(text, r.Golds)
	v := Verdict{Outcome: Wrong, Extracted: text, Rule: rule, Metrics: map[string]float64{
		"rouge1": scores.One.F, "rouge2": scores.Two.F, "rougeL": scores.L.F,
		"repetition": repetition(text), "compression": float64(utf8.RuneCountInString(text)) / float64(max(1, utf8.RuneCountInString(r.Fields["text"]))),
	}}
	if share, ok := factShare(r, text); ok {
		v.Metrics["facts"] = share
	}
	switch {
	case rule == "none":
		v.Outcome = Unparsed
	case slices.Contains(r.Golds, text):
		v.Outcome = Correct
	}
	return v
}

// repetition is the share of runs of four characters that occurred before in the text, 0 for a text shorter than that.
func repetition(text string) float64 {
	const run = 4
	runes := []rune(text)
	seen := make(map[[run]rune]bool)
	repeated, all := 0, 0
	for i := 0; i+run <= len(runes); i++ {
		key := [run]rune(runes[i : i+run])
		if seen[key] {
			repeated++
		}
		seen[key] = true
		all++
	}
	return float64(repeated) / float64(max(1, all))
}

// readLawBench27 reads an array of {"instruction", "question", "answer"}.
func readLawBench27(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string)}
		if err := fields(row, &r, "instruction"); err != nil {
			return datasets.Set{}, err
		}
		if r.Fields["text"], err = row.String("question"); err != nil {
			return datasets.Set{}, err
		}
		answer, labelled, err := row.Label("answer")
		if err != nil {
			return datasets.Set{}, err
		}
		if !labelled {
			set.Unlabelled++
			continue
		}
		r.Golds = []string{strings.TrimSpace(answer)}
		set.Records = append(set.Records, r)
	}
	return set, nil
}
