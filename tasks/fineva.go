package tasks

import (
	"path"
	"path/filepath"
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
	Name: "fineva_clause", Version: 1, Kind: Choice, Family: "contract", Size: 71,
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
	Name: "fineva_attribute", Version: 1, Kind: Choice, Family: "contract", Size: 71,
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

// FinEvaCompute is Fin-Eva's financial arithmetic: 71 labelled questions, four options each.
//
// Source: alipay/financial_evaluation_dataset, Ant/金融逻辑/金融数值计算.csv; 325 rows of it have no published answer. License: CC BY 4.0.
// Metric: accuracy.
var FinEvaCompute = Task{
	Name: "fineva_compute", Version: 1, Kind: Choice, Family: "finance", Size: 71,
	Title:      "Fin-Eva: financial arithmetic",
	Source:     "alipay/financial_evaluation_dataset",
	License:    "CC BY 4.0",
	Files:      places(datasets.SplitDev, finEvaFolders, "金融逻辑/金融数值计算.csv"),
	Read:       exam{question: "question", answer: "answer"}.csv,
	Prompt:     financeExam.request,
	Judge:      judgeChoice,
	Metrics:    choiceMetrics,
	Breakdowns: []string{"position"},
}

// FinEvaTerm is Fin-Eva's terminology: 71 labelled terms, four definitions each.
//
// Source: alipay/financial_evaluation_dataset, Ant/金融知识/金融术语解释.csv; 54 rows of it have no published answer. License: CC BY 4.0.
// Metric: accuracy.
var FinEvaTerm = Task{
	Name: "fineva_term", Version: 1, Kind: Choice, Family: "finance", Size: 71,
	Title:   "Fin-Eva: which definition a term has",
	Source:  "alipay/financial_evaluation_dataset",
	License: "CC BY 4.0",
	Files:   places(datasets.SplitDev, finEvaFolders, "金融知识/金融术语解释.csv"),
	Read: exam{question: "question", answer: "answer", more: func(r *datasets.Record) {
		r.Fields["question"] = "“" + r.Fields["question"] + "”是什么意思？"
	}}.csv,
	Prompt:     financeExam.request,
	Judge:      judgeChoice,
	Metrics:    choiceMetrics,
	Breakdowns: []string{"position"},
}

// FinEvaAccounting is the accounting part of Fin-Eva's development split by SUFE: five subjects with five questions each.
//
// Source: alipay/financial_evaluation_dataset, SUFE/dev. License: CC BY 4.0.
// Metric: accuracy; with 25 questions its interval is wide.
var FinEvaAccounting = Task{
	Name: "fineva_accounting", Version: 1, Kind: Choice, Family: "finance", Size: 25,
	Title:   "Fin-Eva: accounting, five subjects",
	Source:  "alipay/financial_evaluation_dataset",
	License: "CC BY 4.0",
	Files: places(datasets.SplitDev, []string{"fin-eva/SUFE/dev/", "fin-eva/data/SUFE/dev/", "financial_evaluation_dataset/data/SUFE/dev/", "data/SUFE/dev/", "SUFE/dev/"},
		"accounting_dev.csv", "intermediate_financial_accounting_dev.csv", "cost_accounting_dev.csv", "certified_practising_accountant_dev.csv", "financial_management_dev.csv"),
	Read: func(name string, raw []byte) (datasets.Set, error) {
		subject := strings.TrimSuffix(path.Base(filepath.ToSlash(name)), "_dev.csv")
		set, err := exam{question: "question", answer: "answer", tags: map[string]string{"subject": subject}}.csv(name, raw)
		for i := range set.Records {
			set.Records[i].ID = subject + "/" + set.Records[i].ID
		}
		return set, err
	},
	Prompt:     financeExam.request,
	Judge:      judgeChoice,
	Metrics:    choiceMetrics,
	Breakdowns: []string{"subject", "position"},
}
