package tasks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// CLUEWSC is pronouns in literary texts: does this pronoun mean that word? 304 development rows in CLUE, 159 in FewCLUE.
//
// Source: CLUEbenchmark/CLUE (cluewsc2020) and CLUEbenchmark/FewCLUE (cluewsc). License: none stated, research use.
// Metric: accuracy; questions on one text form a cluster for intervals.
var CLUEWSC = Task{
	Name: "cluewsc", Version: 1, Kind: Choice, Family: "clue",
	Title:   "does the pronoun mean this word",
	Source:  "CLUEbenchmark/CLUE and CLUEbenchmark/FewCLUE",
	License: "none stated, research use",
	Size:    304,
	Files:   slices.Concat(datasets.CLUE("cluewsc2020"), datasets.CLUE("cluewsc")),
	Read:    classification(wscLabels, readWSC),
	Make:    labelled(makeCLUEWSC),
	Prompt:  wscQuestion.request,
	Judge:   judgeChoice,
	Metrics: choiceMetrics,

	Breakdowns: []string{"label"},
}

var wscLabels = labels{
	names:   []string{"true", "false"},
	choices: []string{"是", "否"},
	// The Hub numbers the classes against what one would expect.
	other: map[string]int{"0": 0, "1": 1},
}

var wscQuestion = question{
	system:       "请判断句中用【】标出的代词是不是指用【】标出的另一个词，回答“是”或“否”。",
	query:        func(r datasets.Record) string { return wscText(r) + "\n答案：" },
	letterSystem: "请判断句中用【】标出的代词是不是指用【】标出的另一个词，只回答选项前的字母。",
	letterQuery:  wscText,
}

func wscText(r datasets.Record) string {
	return fmt.Sprintf("句子：%s\n标出的“%s”指的是标出的“%s”吗？", markSpans(r.Fields["text"], r.Spans), r.Fields["span2_text"], r.Fields["span1_text"])
}

// markSpans puts 【】 around spans of a text, by their places: a pronoun may stand in the text many times, and have two characters.
func markSpans(text string, spans []datasets.Span) string {
	var b strings.Builder
	runes := []rune(text)
	for i := 0; i <= len(runes); i++ {
		for _, s := range spans {
			if s.End == i {
				b.WriteString("】")
			}
		}
		for _, s := range spans {
			if s.Start == i {
				b.WriteString("【")
			}
		}
		if i < len(runes) {
			b.WriteRune(runes[i])
		}
	}
	return b.String()
}

func readWSC(row datasets.Value, r *datasets.Record) error {
	if err := fields(row, r, "text"); err != nil {
		return err
	}
	r.Cluster = textID(r.Fields["text"])
	text := []rune(r.Fields["text"])
	target, ok := row.Get("target")
	if !ok {
		return row.Errorf("target", "missing")
	}
	if err := fields(target, r, "span1_text", "span2_text"); err != nil {
		return err
	}
	for _, name := range []string{"span1", "span2"} {
		at, ok := target.Get(name + "_index")
		if !ok {
			return target.Errorf(name+"_index", "missing")
		}
		start, err := at.Int()
		if err != nil {
			return err
		}
		word := []rune(r.Fields[name+"_text"])
		if len(word) == 0 {
			return target.Errorf(name+"_text", "empty")
		}
		end := start + len(word)
		if start < 0 || end > len(text) {
			return at.Errorf("", "%d to %d lies outside the text of %d characters", start, end, len(text))
		}
		if there := string(text[start:end]); there != string(word) {
			return at.Errorf("", "%q stands at %d, not %q", there, start, string(word))
		}
		r.Spans = append(r.Spans, datasets.Span{Type: name, Text: string(word), Start: start, End: end})
	}
	return nil
}
