package tasks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// TNEWS is news headlines in fifteen classes.
//
// Source: the CLUE and FewCLUE repositories; the classes 105 and 111 do not exist. License: none stated, research use.
// Metrics: accuracy; acc_macro is its mean over classes.
var TNEWS = Task{
	Name: "tnews", Version: 1, Kind: Choice, Family: "clue",
	Title:   "class of a news headline, 15 classes",
	Source:  "CLUEbenchmark/CLUE and CLUEbenchmark/FewCLUE",
	License: "none stated, research use",
	Size:    10000,
	Files:   datasets.CLUE("tnews"),
	Read:    classification(tnewsLabels, readTNEWS),
	Make:    labelled(makeTNEWS),
	Prompt:  tnewsQuestion.request,
	Judge:   judgeChoice,
	Metrics: append(slices.Clone(choiceMetrics), macroByLabel),

	Breakdowns: []string{"label"},
}

var tnewsLabels = labels{
	names:   []string{"100", "101", "102", "103", "104", "106", "107", "108", "109", "110", "112", "113", "114", "115", "116"},
	choices: []string{"故事", "文化", "娱乐", "体育", "财经", "房产", "汽车", "教育", "科技", "军事", "旅游", "国际", "股票", "农业", "电竞"},
	// Copies on the Hub number the classes 0 to 14 in this order.
	other: map[string]int{"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "10": 10, "11": 11, "12": 12, "13": 13, "14": 14},
}

var tnewsQuestion = question{
	system: "请判断新闻标题属于哪一类。类别有：" + strings.Join(tnewsLabels.choices, "、") + "。",
	query: func(r datasets.Record) string {
		return fmt.Sprintf("新闻标题：%s\n类别：", r.Fields["sentence"])
	},
	letterSystem: "请判断新闻标题属于哪一类，只回答选项前的字母。",
	letterQuery:  func(r datasets.Record) string { return "新闻标题：" + r.Fields["sentence"] },
}

func readTNEWS(row datasets.Value, r *datasets.Record) error {
	if kw, ok, err := row.Label("keywords"); err != nil {
		return err
	} else if ok {
		r.Fields["keywords"] = kw
	}
	return fields(row, r, "sentence")
}
