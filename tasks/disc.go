package tasks

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// DISC is the published part of DISC-FinLLM's computing data: 100 instructions whose answers hold traces of a calculator.
//
// Source: FudanDISC/DISC-FinLLM, data/computing_part.json. License: Apache-2.0.
// Metric: acc is whether the number of the answer is within 1 % of the result of the last trace, or is the same share in percent. Rows are left out, and
// listed in a note, where a result does not follow from its own expression by more than 1 %, where an expression cannot be computed, and where there is
// no trace: a gold that is wrong would count right answers as wrong.
var DISC = Task{
	Name: "disc_computing", Version: 1, Kind: Generate, Family: "finance", Size: 75,
	Title:   "DISC-FinLLM: computing, golds checked by their own expressions",
	Source:  "FudanDISC/DISC-FinLLM",
	License: "Apache-2.0",
	Files:   places(datasets.SplitDev, []string{"disc-finllm/", "DISC-FinLLM/data/", "data/", ""}, "computing_part.json"),
	Read:    readDISC,
	Prompt:  discPrompt,
	Judge:   judgeDISC,
	Metrics: []Metric{{Name: "acc", Proportion: true, HigherIsBetter: true}},
}

var discTrace = regexp.MustCompile(`\[(\w+)\((.*?)\)→([^\]]*)\]`)

// readDISC reads rows {instruction, input, output}. Ids are places in the file, so that the note can be looked up.
func readDISC(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	var wrong, unchecked []string
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string)}
		if err := fields(row, &r, "instruction", "input"); err != nil {
			return set, err
		}
		output, err := row.String("output")
		if err != nil {
			return set, err
		}
		gold, unit, fault := discGold(output)
		switch {
		case fault != "" && fault != discUnchecked:
			wrong = append(wrong, r.ID+" ("+fault+")")
			set.Dropped++
			continue
		case fault != "":
			unchecked = append(unchecked, r.ID)
			set.Dropped++
			continue
		}
		r.Golds = []string{gold + unit}
		set.Records = append(set.Records, r)
	}
	if len(wrong) > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%d golds do not follow from their own expressions, rows %s", len(wrong), strings.Join(wrong, ", ")))
	}
	if len(unchecked) > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%d golds cannot be checked, rows %s", len(unchecked), strings.Join(unchecked, ", ")))
	}
	return set, nil
}

const discUnchecked = "unchecked"

// discGold is the result of the last trace, "%" if that follows it, and what is wrong with any of the traces.
func discGold(output string) (gold, unit, fault string) {
	traces := discTrace.FindAllStringSubmatchIndex(output, -1)
	if len(traces) == 0 || len(traces) > 100 {
		return "", "", discUnchecked
	}
	for _, t := range traces {
		kind, expression, result := output[t[2]:t[3]], output[t[4]:t[5]], strings.TrimSpace(output[t[6]:t[7]])
		v, unit, ok := parseNumber(result)
		if !ok || unit != "" {
			return "", "", discUnchecked
		}
		want, ok := discCompute(kind, expression)
		if !ok {
			return "", "", discUnchecked
		}
		if got, _ := v.Float64(); !discAgree(got, want, result) {
			return "", "", fmt.Sprintf("%s is %s, not %s", expression, strconv.FormatFloat(want, 'g', 6, 64), result)
		}
		gold = result
	}
	last := traces[len(traces)-1]
	after := strings.TrimPrefix(output[last[1]:], gold)
	if strings.HasPrefix(after, "%") {
		unit = "%"
	}
	return gold, unit, ""
}

// discAgree allows 1 %, or half a unit of the last digit that is written.
func discAgree(got, want float64, written string) bool {
	_, fraction, _ := strings.Cut(written, ".")
	return math.Abs(got-want) <= math.Max(0.01*math.Abs(want), 0.5*math.Pow10(-len(fraction))+1e-12)
}

func discPrompt(r datasets.Record, shots []datasets.Record) Request {
	query := func(r datasets.Record) string {
		return strings.TrimSpace(r.Fields["instruction"]+"\n"+r.Fields["input"]) + "\n解答："
	}
	p := Prompt{System: "请计算，可以简要写出算式，最后另起一行写“答案：”和结果。", Query: query(r)}
	for _, s := range shots {
		p.Shots = append(p.Shots, Shot{query(s), "答案：" + s.Golds[0]})
	}
	return Request{Prompt: p, MaxTokens: 320, Stop: []string{"\n\n\n"}}
}

func judgeDISC(r datasets.Record, a Answer) Verdict {
	v := Verdict{Outcome: Unparsed, Metrics: map[string]float64{"acc": 0}}
	n, rule, ok := extractNumber(a.Text, "")
	v.Rule = rule
	if !ok {
		return v
	}
	v.Outcome, v.Extracted = Wrong, exactDecimal(n.signed())+n.unit
	gold, unit, _ := parseNumber(r.Golds[0])
	hundred := big.NewRat(100, 1)
	accepted := []*big.Rat{gold}
	switch { // 0.198 and 19.8% are the same; a gold in percent may be written without the sign
	case unit == "%" && n.unit == "":
		accepted = append(accepted, new(big.Rat).Quo(gold, hundred))
	case unit == "" && n.unit == "%":
		accepted = append(accepted, new(big.Rat).Mul(gold, hundred))
	}
	for _, g := range accepted {
		if closeTo(n.signed(), g) || closeTo(n.value, g) {
			v.Outcome, v.Metrics["acc"] = Correct, 1
		}
	}
	return v
}
