package tasks

import (
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// lawBenchFiles lists where a task of LawBench lies: the set's own folder or a checkout.
func lawBenchFiles(task string) []datasets.Candidate {
	return places(datasets.SplitTest, []string{"lawbench/", "LawBench/", "lawbench/data/", "LawBench/data/", "data/", ""}, "zero_shot/"+task+".json")
}

// LawBench12 is LawBench 1-2, 500 questions of the bar examination with four options, asked and scored as there.
//
// Source: open-compass/LawBench, zero_shot/1-2.json. License: Apache-2.0 for the repository, the questions follow JEC-QA's terms.
// Metric: acc is LawBench's: the gold letter is in the answer and no other of A to D is; an answer without a letter is an abstention and wrong.
// Published with the same score: GPT-4 55.20, GPT-3.5 36.00.
var LawBench12 = Task{
	Name: "lawbench_1_2", Version: 1, Kind: Generate, Family: "contract", Size: 500,
	Title:   "LawBench 1-2: questions of the bar examination",
	Source:  "open-compass/LawBench",
	License: "Apache-2.0; questions: terms of JEC-QA",
	Files:   lawBenchFiles("1-2"),
	Read:    readLawBench("正确答案：", true),
	Prompt:  lawBenchPrompt(128),
	Judge:   judgeLawBench12,
	Metrics: []Metric{{Name: "acc", Proportion: true, HigherIsBetter: true, Scale: 100}},
}

// LawBench26 is LawBench 2-6, entities of ten types in 500 sentences on thefts, asked and scored as there.
//
// Source: open-compass/LawBench, zero_shot/2-6.json. License: Apache-2.0 for the repository, the sentences follow CAIL 2021's terms.
// Metric: f1 is LawBench's soft F1 of type:value pairs, see [metrics.LawBenchEntities]. Published with the same score: GPT-4 76.60, GPT-3.5 69.55.
var LawBench26 = Task{
	Name: "lawbench_2_6", Version: 1, Kind: Generate, Family: "contract", Size: 500,
	Title:   "LawBench 2-6: entities in sentences on thefts",
	Source:  "open-compass/LawBench",
	License: "Apache-2.0; sentences: terms of CAIL 2021",
	Files:   lawBenchFiles("2-6"),
	Read:    readLawBench("", false),
	Prompt:  lawBenchPrompt(256),
	Judge:   judgeLawBench26,
	Metrics: []Metric{{Name: "f1", HigherIsBetter: true, Scale: 100}},
}

// readLawBench reads {instruction, question, answer}. The gold is what follows the prefix, its first letter if that is all that counts.
func readLawBench(prefix string, onlyLetter bool) func(string, []byte) (datasets.Set, error) {
	return func(name string, raw []byte) (datasets.Set, error) {
		rows, err := datasets.JSON(name, raw)
		if err != nil {
			return datasets.Set{}, err
		}
		var set datasets.Set
		for i, row := range rows {
			r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string)}
			if err := fields(row, &r, "instruction", "question"); err != nil {
				return set, err
			}
			answer, err := row.String("answer")
			if err != nil {
				return set, err
			}
			gold, ok := strings.CutPrefix(answer, prefix)
			if onlyLetter {
				ok = ok && gold != "" && gold[0] >= 'A' && gold[0] <= 'D'
				if ok {
					gold = gold[:1]
				}
			}
			if !ok {
				return set, row.Errorf("answer", "%q: want %sA and so on, up to D", answer, prefix)
			}
			if !onlyLetter { // a gold that the scorer cannot read would fail every answer
				if _, _, err := metrics.LawBenchEntities("", gold); err != nil {
					return set, row.Errorf("answer", "%v", err)
				}
			}
			r.Golds = []string{gold}
			set.Records = append(set.Records, r)
		}
		return set, nil
	}
}

// lawBenchPrompt is LawBench's own: the instruction and, on the next line, the question.
func lawBenchPrompt(maxTokens int) func(datasets.Record, []datasets.Record) Request {
	return func(r datasets.Record, shots []datasets.Record) Request {
		query := func(r datasets.Record) string { return r.Fields["instruction"] + "\n" + r.Fields["question"] + "\n" }
		p := Prompt{Query: strings.TrimSuffix(query(r), "\n")}
		for _, s := range shots {
			p.Shots = append(p.Shots, Shot{query(s), s.Golds[0]})
		}
		if len(shots) > 0 {
			p.Query = query(r)
		}
		return Request{Prompt: p, MaxTokens: maxTokens, Stop: []string{"\n\n", "<eoa>"}}
	}
}

var lawBenchLetters = []string{"A", "B", "C", "D"}

func judgeLawBench12(r datasets.Record, a Answer) Verdict {
	right, abstained := metrics.LawBenchChoice(a.Text, r.Golds[0], lawBenchLetters)
	v := Verdict{Outcome: Wrong, Rule: "letters", Metrics: map[string]float64{"acc": 0}}
	for _, l := range lawBenchLetters {
		if strings.Contains(a.Text, l) {
			v.Extracted += l
		}
	}
	switch {
	case abstained:
		v.Outcome, v.Rule = Unparsed, "none"
	case right:
		v.Outcome, v.Metrics["acc"] = Correct, 1
	}
	return v
}

func judgeLawBench26(r datasets.Record, a Answer) Verdict {
	f1, abstained, err := metrics.LawBenchEntities(a.Text, r.Golds[0])
	if err != nil { // the reader has looked at the gold
		return Verdict{Outcome: Failed, Rule: err.Error()}
	}
	v := Verdict{Outcome: Wrong, Rule: "type:value", Extracted: a.Text, Metrics: map[string]float64{"f1": f1}}
	switch {
	case abstained:
		v.Outcome, v.Rule, v.Extracted = Unparsed, "none", ""
	case f1 > 1-1e-9:
		v.Outcome = Correct
	}
	return v
}
