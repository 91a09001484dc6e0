package tasks

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// FinanceIQ is ten professional examinations of finance: 7,173 test questions, four options each. Where not all examinations are there, those of the
// first file that is are asked.
//
// Source: Duxiaoman-DI/XuanYuan, FinanceIQ. License: none stated in the repository.
// Metrics: accuracy; acc_exams is the mean over examinations, the published score (GPT-4 60.05, LLaMA-2-70B 36.02, five examples).
var FinanceIQ = Task{
	Name: "financeiq", Version: 1, Kind: Choice, Family: "finance", Size: 7173,
	Title:   "FinanceIQ: ten professional examinations",
	Source:  "Duxiaoman-DI/XuanYuan",
	License: "none stated",
	Files:   financeIQFiles(),
	Read:    readFinanceIQ,
	Prompt:  financeExam.request,
	Judge:   judgeChoice,
	Metrics: append(choiceMetrics[:len(choiceMetrics):len(choiceMetrics)], Metric{Name: "acc_exams", HigherIsBetter: true, From: "acc", By: "exam", Fold: FoldMean}),

	Breakdowns: []string{"exam", "position"},
}

var financeIQExams = []string{
	"保险从业资格CICE", "基金从业资格", "期货从业资格", "注册会计师（CPA）", "理财规划师", "税务师", "精算师-金融数学", "经济师", "证券从业资格", "银行从业资格",
}

// financeIQFiles lists all examinations together, then each by itself; the development files are examples.
func financeIQFiles() []datasets.Candidate {
	var out []datasets.Candidate
	for _, dir := range []string{"financeiq/", "FinanceIQ/data/", "FinanceIQ/", "data/", ""} {
		var all, dev []string
		for _, e := range financeIQExams {
			all, dev = append(all, dir+"test/"+e+".csv"), append(dev, dir+"dev/"+e+".csv")
		}
		out = append(out, datasets.Candidate{Paths: all, Split: datasets.SplitTestPublic, Train: [][]string{dev}})
		for i := range all {
			out = append(out, datasets.Candidate{Paths: all[i : i+1], Split: datasets.SplitTrial, Train: [][]string{dev[i : i+1], dev}})
		}
	}
	return out
}

// readFinanceIQ reads the columns "", Question, A to D, Answer. Ids begin with the name of the examination, since each file counts from 0.
func readFinanceIQ(name string, raw []byte) (datasets.Set, error) {
	exams := strings.TrimSuffix(path.Base(filepath.ToSlash(name)), ".csv")
	set, err := exam{question: "Question", answer: "Answer", tags: map[string]string{"exam": exams}}.csv(name, raw)
	for i := range set.Records {
		set.Records[i].ID = exams + "/" + set.Records[i].ID
	}
	return set, err
}
