package tasks

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

func TestReadFinEva(t *testing.T) {
	set := readFixture(t, FinEvaClause, "fineva/clause.csv")
	if len(set.Records) != 2 || set.Unlabelled != 1 || !strings.Contains(set.Records[0].Fields["context"], "\n") || Target(set.Records[0]) != "九十日" {
		t.Errorf("%+v", set)
	}
	set = readFixture(t, FinEvaAttribute, "fineva/attribute.csv")
	if set.Records[0].Tags["attribute"] != "给付金额类型" || set.Records[1].Tags["position"] != "B" {
		t.Errorf("%+v", set.Records)
	}
}

func TestReadExamErrors(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"answer":  {"question,A,B,answer\n问,甲,乙,C\n", `f.csv:2: field "answer": "C" is none of the options A to B`},
		"options": {"question,A,answer\n问,甲,A\n", `f.csv:2: field "B": want at least two options, found 1`},
		"column":  {"frage,A,B,answer\n问,甲,乙,A\n", `f.csv:2: field "question": missing`},
		"ragged":  {"question,A,B,answer\n问,甲,乙\n", "f.csv:2: 3 fields, want 4"},
	} {
		_, err := exam{question: "question", answer: "answer"}.csv("f.csv", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadLawBenchErrors(t *testing.T) {
	row := func(answer string) []byte {
		return []byte(`[{"instruction":"请","question":"问","answer":"` + answer + `"}]`)
	}
	if _, err := LawBench12.Read("1-2.json", row("B")); err == nil || !strings.Contains(err.Error(), "1-2.json:1") {
		t.Errorf("a gold without its prefix: %v", err)
	}
	if _, err := LawBench26.Read("2-6.json", row("张某")); err == nil || !strings.Contains(err.Error(), "type:value") {
		t.Errorf("a gold without a type: %v", err)
	}
}

// The real sets read as the documentation counts them, answers from the truth are right, and every tag that results are broken down by is there.
func TestRealExams(t *testing.T) {
	for _, tc := range []struct {
		task             Task
		path             []string
		rows, unlabelled int
	}{
		{LawBench12, []string{"lawbench", "zero_shot", "1-2.json"}, 500, 0},
		{LawBench26, []string{"lawbench", "zero_shot", "2-6.json"}, 500, 0},
		{FinEvaClause, []string{"fin-eva", "Ant", "金融逻辑", "保险条款解读.csv"}, 71, 246},
		{FinEvaAttribute, []string{"fin-eva", "Ant", "金融逻辑", "保险属性抽取.csv"}, 71, 315},
		{FinEvaCompute, []string{"fin-eva", "Ant", "金融逻辑", "金融数值计算.csv"}, 71, 325},
		{FinEvaTerm, []string{"fin-eva", "Ant", "金融知识", "金融术语解释.csv"}, 71, 54},
		{FinEvaAccounting, []string{"fin-eva", "SUFE", "dev", "accounting_dev.csv"}, 5, 0},
		{OpenFinDataCompute, []string{"openfindata", "金融计算", "金融指标计算.json"}, 70, 0},
		{OpenFinDataExtract, []string{"openfindata", "金融计算", "金融数值提取.json"}, 70, 0},
		{OpenFinDataTerm, []string{"openfindata", "金融知识", "金融术语.json"}, 75, 0},
		{OpenFinDataIntent, []string{"openfindata", "金融判别", "金融意图理解.json"}, 75, 0},
		{OpenFinDataEntity, []string{"openfindata", "金融判别", "金融实体消歧.json"}, 75, 0},
		{OpenFinDataNotice, []string{"openfindata", "金融解读", "公告解读.json"}, 75, 0},
		{FinanceIQ, []string{"financeiq", "test", "理财规划师.csv"}, 295, 0},
	} {
		t.Run(tc.task.Name, func(t *testing.T) {
			raw, err := os.ReadFile(golden.Shared(t, append([]string{"data"}, tc.path...)...))
			if err != nil {
				t.Fatal(err)
			}
			set, err := tc.task.Read(tc.path[len(tc.path)-1], raw)
			if err != nil {
				t.Fatal(err)
			}
			if len(set.Records) != tc.rows || set.Unlabelled != tc.unlabelled {
				t.Errorf("%d rows and %d unlabelled ones, want %d and %d", len(set.Records), set.Unlabelled, tc.rows, tc.unlabelled)
			}
			for _, tag := range tc.task.Breakdowns {
				for _, r := range set.Records {
					if r.Tags[tag] == "" {
						t.Errorf("%s has no tag %s", r.ID, tag)
					}
				}
			}
			if tc.task.Name == "lawbench_2_6" {
				return // an empty gold has no answer in the form of its prompt
			}
			for name, x := range score(t, tc.task, set.Records, func(r datasets.Record) Answer { return rightAnswer(tc.task, r) }) {
				if math.Abs(x-1) > 1e-9 {
					t.Errorf("oracle: %s = %v", name, x)
				}
			}
		})
	}
}

// The judges give the published outputs of GPT-4 the published scores.
func TestLawBenchPublishedScores(t *testing.T) {
	for _, tc := range []struct {
		task Task
		file string
		want float64
	}{{LawBench12, "1-2.json", 55.2}, {LawBench26, "2-6.json", 76.5956}} {
		t.Run(tc.task.Name, func(t *testing.T) {
			raw, err := os.ReadFile(golden.Shared(t, "data", "lawbench", "zero_shot", tc.file))
			if err != nil {
				t.Fatal(err)
			}
			set, err := tc.task.Read(tc.file, raw)
			if err != nil {
				t.Fatal(err)
			}
			if raw, err = os.ReadFile(golden.Shared(t, "data", "lawbench", "predictions", "zero_shot", "GPT4", tc.file)); err != nil {
				t.Fatal(err)
			}
			var outputs map[string]struct {
				Prediction string `json:"prediction"`
			}
			if err := json.Unmarshal(raw, &outputs); err != nil {
				t.Fatal(err)
			}
			got := score(t, tc.task, set.Records, func(r datasets.Record) Answer {
				return Answer{Text: outputs[r.ID].Prediction, Finish: "stop"}
			})[tc.task.Metrics[0].Name]
			if math.Abs(100*got-tc.want) > 1e-4 {
				t.Errorf("%.4f, want %.4f", 100*got, tc.want)
			}
		})
	}
}
