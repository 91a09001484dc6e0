package tasks

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// openFinDataFolders are where the files lie: the set's own folder, and the checkouts of the set and of CFBenchmark.
var openFinDataFolders = []string{"openfindata/", "OpenFinData/", "OpenFinData/data/", "CFBenchmark/OpenFinData/", "cfbenchmark/", ""}

const openFinDataLicense = "Apache-2.0; non-commercial by its README"

var openFinDataExam = exam{question: "question", answer: "answer", more: openFinDataQuestion}

// openFinDataQuestion leaves out the sentence that gives a role, which the instruction of the prompt gives as well.
func openFinDataQuestion(r *datasets.Record) {
	r.Fields["question"] = strings.ReplaceAll(r.Fields["question"], "请给出正确选项。", "")
}

// OpenFinDataCompute is OpenFinData's computation of indicators by a given formula: 70 questions, four options each.
//
// Source: OpenFinData in TongjiFinLab/CFBenchmark, 金融计算/金融指标计算.json. License: Apache-2.0; non-commercial by its README.
// Metric: accuracy.
var OpenFinDataCompute = Task{
	Name: "openfindata_compute", Version: 1, Kind: Choice, Family: "finance", Size: 70,
	Title: "OpenFinData: indicators by formula", Source: "TongjiFinLab/CFBenchmark", License: openFinDataLicense,
	Files: places(datasets.SplitDev, openFinDataFolders, "金融计算/金融指标计算.json"), Read: openFinDataExam.json,
	Prompt: financeExam.request, Judge: judgeChoice, Metrics: choiceMetrics, Breakdowns: []string{"position"},
}

// OpenFinDataExtract is OpenFinData's extraction of values from tables: 70 questions, four options each.
//
// Source: OpenFinData in TongjiFinLab/CFBenchmark, 金融计算/金融数值提取.json. License: Apache-2.0; non-commercial by its README.
// Metric: accuracy.
var OpenFinDataExtract = Task{
	Name: "openfindata_extract", Version: 1, Kind: Choice, Family: "finance", Size: 70,
	Title: "OpenFinData: values from tables", Source: "TongjiFinLab/CFBenchmark", License: openFinDataLicense,
	Files: places(datasets.SplitDev, openFinDataFolders, "金融计算/金融数值提取.json"), Read: openFinDataExam.json,
	Prompt: financeExam.request, Judge: judgeChoice, Metrics: choiceMetrics, Breakdowns: []string{"position"},
}

// OpenFinDataTerm is OpenFinData's terminology: 75 questions, four options each.
//
// Source: OpenFinData in TongjiFinLab/CFBenchmark, 金融知识/金融术语.json. License: Apache-2.0; non-commercial by its README.
// Metric: accuracy.
var OpenFinDataTerm = Task{
	Name: "openfindata_term", Version: 1, Kind: Choice, Family: "finance", Size: 75,
	Title: "OpenFinData: financial terms", Source: "TongjiFinLab/CFBenchmark", License: openFinDataLicense,
	Files: places(datasets.SplitDev, openFinDataFolders, "金融知识/金融术语.json"), Read: openFinDataExam.json,
	Prompt: financeExam.request, Judge: judgeChoice, Metrics: choiceMetrics, Breakdowns: []string{"position"},
}

// OpenFinDataIntent is OpenFinData's intents of investors' questions: 75 questions, five options each.
//
// Source: OpenFinData in TongjiFinLab/CFBenchmark, 金融判别/金融意图理解.json. License: Apache-2.0; non-commercial by its README.
// Metric: accuracy.
var OpenFinDataIntent = Task{
	Name: "openfindata_intent", Version: 1, Kind: Choice, Family: "finance", Size: 75,
	Title: "OpenFinData: what an investor's question is about", Source: "TongjiFinLab/CFBenchmark", License: openFinDataLicense,
	Files: sorted(places(datasets.SplitDev, openFinDataFolders, "金融判别/金融意图理解.json")), Read: openFinDataExam.json,
	Prompt: financeExam.request, Judge: judgeChoice, Metrics: choiceMetrics, Breakdowns: []string{"position"},
}

// OpenFinDataEntity is OpenFinData's entities: 75 questions whether a name is that of a stock, company or fund, three options each, the third of
// which (不确定) is never right.
//
// Source: OpenFinData in TongjiFinLab/CFBenchmark, 金融判别/金融实体消歧.json. License: Apache-2.0; non-commercial by its README.
// Metric: accuracy.
var OpenFinDataEntity = Task{
	Name: "openfindata_entity", Version: 1, Kind: Choice, Family: "finance", Size: 75,
	Title: "OpenFinData: whether a name is a stock or a company", Source: "TongjiFinLab/CFBenchmark", License: openFinDataLicense,
	Files: places(datasets.SplitDev, openFinDataFolders, "金融判别/金融实体消歧.json"), Read: openFinDataExam.json,
	Prompt: financeExam.request, Judge: judgeChoice, Metrics: choiceMetrics, Breakdowns: []string{"position"},
}

// OpenFinDataNotice is OpenFinData's reading of announcements: 75 free answers with weighted criteria.
//
// Source: OpenFinData in TongjiFinLab/CFBenchmark, 金融解读/公告解读.json. License: Apache-2.0; non-commercial by its README.
// Metrics: criteria is, over the criteria by their weights, the F1 of the characters of each with the sentences of the answer, as many as
// the criterion has, that are most like it. The set
// itself is scored by a model or by people: the numbers are not comparable with published ones, only between runs.
var OpenFinDataNotice = Task{
	Name: "openfindata_notice", Version: 1, Kind: Generate, Family: "finance", Size: 75,
	Title: "OpenFinData: announcements explained", Source: "TongjiFinLab/CFBenchmark", License: openFinDataLicense,
	Files: places(datasets.SplitDev, openFinDataFolders, "金融解读/公告解读.json"), Read: readOpenFinDataNotice,
	Prompt: noticePrompt, Judge: judgeNotice, Metrics: []Metric{{Name: "criteria", HigherIsBetter: true}},
}

// financeExam asks questions of examinations on finance.
var financeExam = examQuestion("请回答金融题目。", "请回答金融题目，从选项中选出正确答案，只回答选项前的字母。", "材料")

// readOpenFinDataNotice reads {question, criterium1: {content, score}, criterium2, …}; scores are strings, and their sum is about 1.
func readOpenFinDataNotice(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string)}
		if err := fields(row, &r, "question"); err != nil {
			return set, err
		}
		var weights []string
		for n := 1; ; n++ {
			c, ok := row.Get(fmt.Sprintf("criterium%d", n))
			if !ok {
				break
			}
			content, err := c.String("content")
			if err != nil {
				return set, err
			}
			score, _, err := c.Label("score")
			if err != nil {
				return set, err
			}
			if v, unit, ok := parseNumber(score); !ok || unit != "" || v.Sign() <= 0 || v.Cmp(big.NewRat(100, 1)) > 0 {
				return set, c.Errorf("score", "%q: want a weight above 0", score)
			}
			r.Golds = append(r.Golds, content)
			weights = append(weights, score)
		}
		if len(r.Golds) == 0 {
			set.Unlabelled++
			continue
		}
		r.Fields["weights"] = strings.Join(weights, " ")
		set.Records = append(set.Records, r)
	}
	return set, nil
}

func noticePrompt(r datasets.Record, shots []datasets.Record) Request {
	query := func(r datasets.Record) string { return r.Fields["question"] + "\n分析：" }
	p := Prompt{Query: query(r)}
	for _, s := range shots {
		p.Shots = append(p.Shots, Shot{query(s), strings.Join(s.Golds, "\n")})
	}
	return Request{Prompt: p, MaxTokens: 320, Stop: []string{"\n\n\n"}}
}

func judgeNotice(r datasets.Record, a Answer) Verdict {
	v := Verdict{Outcome: Unparsed, Rule: "none", Metrics: map[string]float64{"criteria": 0}}
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune("。；！？\n", c) })
	}
	sentences := split(a.Text)
	if len(sentences) == 0 {
		return v
	}
	var sum, all float64
	for i, w := range strings.Fields(r.Fields["weights"]) {
		weight, _, _ := parseNumber(w)
		f, _ := weight.Float64()
		best, length := 0., min(len(split(r.Golds[i])), len(sentences))
		for from := 0; from+length <= len(sentences); from++ {
			best = max(best, metrics.CharF1(strings.Join(sentences[from:from+length], ""), r.Golds[i]))
		}
		sum, all = sum+f*best, all+f
	}
	v.Outcome, v.Rule, v.Extracted = Wrong, "sentences", strings.TrimSpace(a.Text)
	if v.Metrics["criteria"] = sum / all; sum/all > 1-1e-9 {
		v.Outcome = Correct
	}
	return v
}
