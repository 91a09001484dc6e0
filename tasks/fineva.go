package tasks

import (
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// finEvaFolders are where the files of Ant's part of Fin-Eva lie: the set's own folder, a checkout, its data folder.
var finEvaFolders = []string{
	"fin-eva/Ant/", "Fin-Eva/Ant/", "fin-eva/data/Ant/", "financial_evaluation_dataset/data/Ant/", "data/Ant/", "Ant/",
}

// FinEvaClause is Fin-Eva's reading of insurance clauses: 71 labelled questions on a clause, four options each.
//
// Source: alipay/financial_evaluation_dataset, Ant/金融逻辑/保险条款解读.csv; 246 rows of it have no published answer. License: CC BY 4.0.
// Metric: accuracy.
var FinEvaClause = Task{
	Name: "fineva_clause", Version: 1, Kind: Choice, Family: "contract",
	Title:      "insurance clauses: questions on what they say",
	Source:     "alipay/financial_evaluation_dataset",
	License:    "CC BY 4.0",
	Files:      places(datasets.SplitDev, finEvaFolders, "金融逻辑/保险条款解读.csv"),
	Read:       exam{question: "question", answer: "answer", context: "context"}.csv,
	Prompt:     examQuestion("请阅读保险条款，回答问题。", "请阅读保险条款，从选项中选出正确答案，只回答选项前的字母。", "条款").request,
	Judge:      judgeChoice,
	Metrics:    choiceMetrics,
	Breakdowns: []string{"position"},
}

// FinEvaAttribute is Fin-Eva's extraction of attributes from insurance clauses: 71 labelled items, four options each.
//
// Source: alipay/financial_evaluation_dataset, Ant/金融逻辑/保险属性抽取.csv; 315 rows of it have no published answer. License: CC BY 4.0.
// Metric: accuracy.
var FinEvaAttribute = Task{
	Name: "fineva_attribute", Version: 1, Kind: Choice, Family: "contract",
	Title:      "insurance clauses: the value of an attribute",
	Source:     "alipay/financial_evaluation_dataset",
	License:    "CC BY 4.0",
	Files:      places(datasets.SplitDev, finEvaFolders, "金融逻辑/保险属性抽取.csv"),
	Read:       exam{question: "question", answer: "answer", context: "context", more: finEvaAttribute}.csv,
	Prompt:     examQuestion("请从保险条款中提取所要的属性。", "请从保险条款中提取所要的属性，从选项中选出正确答案，只回答选项前的字母。", "条款").request,
	Judge:      judgeChoice,
	Metrics:    choiceMetrics,
	Breakdowns: []string{"attribute", "position"},
}

// finEvaAttribute tags an item by the attribute that its question names: 需要提取的属性是：【赔付类型】；…
func finEvaAttribute(r *datasets.Record) {
	_, rest, _ := strings.Cut(r.Fields["question"], "【")
	if name, _, ok := strings.Cut(rest, "】"); ok && name != "" {
		r.Tags["attribute"] = name
	}
}
