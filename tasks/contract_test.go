package tasks

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/tasks/contract"
)

// answerJSON is an answer in the form that the prompt asks for; empty texts are null.
func answerJSON(quote, value string) string {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	b, err := json.Marshal(map[string]any{"原文": text(quote), "值": text(value)})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// meanOf averages a value of verdicts, over those that have it.
func meanOf(verdicts []Verdict, name string) float64 {
	var list []float64
	for _, v := range verdicts {
		if x, ok := v.Metrics[name]; ok {
			list = append(list, x)
		}
	}
	m, _ := metrics.Mean(list)
	return m
}

func corpusOf(verdicts []Verdict, m Metric) float64 {
	sum := map[string]float64{}
	for _, v := range verdicts {
		for name, x := range v.Stats {
			sum[name] += x
		}
	}
	return m.Corpus(sum)
}

func metricOf(t *testing.T, k Task, name string) Metric {
	t.Helper()
	for _, m := range k.Metrics {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("%s has no metric %s", k.Name, name)
	return Metric{}
}

// Whoever copies the sentence and its value has everything right; the value is read back from every notation that contracts use.
func TestContractOracle(t *testing.T) {
	set := makeContract(11, 900)
	var verdicts []Verdict
	statuses := map[string]int{}
	for _, r := range set.Records {
		quote, value := "", ""
		if len(r.Spans) > 0 {
			quote = r.Spans[0].Text
			value = r.Golds[1]
		}
		v := judgeContract(r, Answer{Text: answerJSON(quote, value)})
		if v.Outcome != Correct || v.Metrics["value_acc"] != 1 || v.Metrics["exact_match"] != 1 || v.Metrics["f1"] != 1 {
			t.Errorf("%s %s: %q → %q, gold %q: %+v", r.Tags["clause"], r.Tags["status"], quote, value, r.Golds[0], v)
		}
		verdicts = append(verdicts, v)
		statuses[r.Tags["status"]]++
	}
	for _, name := range []string{"absent_precision", "absent_recall"} {
		if got := corpusOf(verdicts, metricOf(t, ContractExtract, name)); got != 1 {
			t.Errorf("%s %v", name, got)
		}
	}
	for _, s := range []contract.Status{contract.Stated, contract.Attached, contract.Amended, contract.Deleted, contract.Missing, contract.Foreign} {
		if statuses[string(s)] < 10 {
			t.Errorf("%d questions about clauses that are %s", statuses[string(s)], s)
		}
	}
}

// The gold spans are code points of the text.
func TestContractSpans(t *testing.T) {
	for _, r := range makeContract(12, 300).Records {
		text := []rune(r.Fields["contract"])
		for _, s := range r.Spans {
			if s.Start < 0 || s.End > len(text) || string(text[s.Start:s.End]) != s.Text {
				t.Errorf("%+v does not stand there", s)
			}
		}
	}
}

// Answers that need no reading: nothing is there; the head of the contract; a random sentence.
func TestContractWithoutReading(t *testing.T) {
	set := makeContract(13, 900)
	r := newRandom(1, "answers")
	var none, random []Verdict
	absent := 0
	for _, rec := range set.Records {
		if len(rec.Spans) == 0 {
			absent++
		}
		none = append(none, judgeContract(rec, Answer{Text: answerJSON("", "")}))
		lines := strings.FieldsFunc(rec.Fields["contract"], func(c rune) bool { return strings.ContainsRune("。；\n", c) })
		random = append(random, judgeContract(rec, Answer{Text: answerJSON(one(r, lines), "三十日")}))
	}
	share := float64(absent) / float64(len(set.Records))
	if share < 0.2 || share > 0.3 {
		t.Errorf("%.3f of the clauses are absent", share)
	}
	if got := meanOf(none, "acc"); got != share {
		t.Errorf("null everywhere: acc %.3f, want the share of absent clauses %.3f", got, share)
	}
	if got := corpusOf(none, metricOf(t, ContractExtract, "absent_precision")); math.Abs(got-share) > 1e-12 {
		t.Errorf("null everywhere: precision %.3f, want %.3f", got, share)
	}
	if got := meanOf(random, "acc"); got > 0.06 {
		t.Errorf("a random sentence is right in %.3f of all cases", got)
	}
	if got := meanOf(random, "verbatim"); got != 1 {
		t.Errorf("sentences of the contract: verbatim %.3f", got)
	}
}

func TestJudgeContract(t *testing.T) {
	text := "第一条 价款\n1.1 合同总价为人民币壹佰贰拾捌万元整（¥1,280,000.00）。\n1.2 乙方逾期付款的，按日承担万分之五的违约金；逾期超过三十日的，甲方可以解除合同。\n1.3 丙方逾期付款的，按日承担万分之三的违约金。"
	span := func(quote string) datasets.Span {
		i := strings.Index(text, quote)
		start := len([]rune(text[:i]))
		return datasets.Span{Type: "price", Text: quote, Start: start, End: start + len([]rune(quote))}
	}
	price := datasets.Record{
		Fields: map[string]string{"contract": text, "kind": "amount"}, Golds: []string{"1280000"},
		Spans: []datasets.Span{span("合同总价为人民币壹佰贰拾捌万元整（¥1,280,000.00）")},
	}
	late := datasets.Record{
		Fields: map[string]string{"contract": text, "kind": "percent"}, Golds: []string{"0.0005"},
		Spans: []datasets.Span{span("乙方逾期付款的，按日承担万分之五的违约金")},
	}
	absent := datasets.Record{Fields: map[string]string{"contract": text, "kind": "duration"}, Golds: []string{contractNone}}
	for _, tc := range []struct {
		name, answer string
		r            datasets.Record
		outcome      Outcome
		acc, value   float64
		exact        float64
	}{
		{"all right", answerJSON("合同总价为人民币壹佰贰拾捌万元整（¥1,280,000.00）", "128万元"), price, Correct, 1, 1, 1},
		{"other signs and a number", answerJSON("1.1 合同总价为人民币壹佰贰拾捌万元整(¥1,280,000.00)。", "1280000"), price, Correct, 1, 1, 0},
		{"in a fence", "```json\n" + answerJSON("合同总价为人民币壹佰贰拾捌万元整（¥1,280,000.00）。", "人民币壹佰贰拾捌万元整（¥1,280,000.00）") + "\n```", price, Correct, 1, 1, 1},
		{"only the end", answerJSON("¥1,280,000.00", "¥1,280,000.00"), price, Wrong, 0, 1, 0},
		{"ten times too much", answerJSON("合同总价为人民币壹佰贰拾捌万元整（¥1,280,000.00）", "1280万元"), price, Correct, 1, 0, 1},
		{"another party's", answerJSON("丙方逾期付款的，按日承担万分之三的违约金", "万分之三"), late, Wrong, 0, 0, 0},
		{"with what follows", answerJSON("乙方逾期付款的，按日承担万分之五的违约金；逾期超过三十日的，甲方可以解除合同", "0.05%"), late, Correct, 1, 1, 0},
		{"a slip in the long part", answerJSON("乙方逾期付款的，按日承担万分之五的违约金额", "0.5‰"), late, Wrong, 0, 1, 0},
		{"a slip in the short part", answerJSON("乙方逾期付款，按日承担万分之五的违约金", "0.5‰"), late, Correct, 1, 1, 0},
		{"null where there is a clause", answerJSON("", ""), late, Wrong, 0, 0, 0},
		{"nothing there", `{"原文": null, "值": null}`, absent, Correct, 1, 1, 1},
		{"in words", `{"原文": "无", "值": "合同未约定"}`, absent, Correct, 1, 1, 1},
		{"a value of nothing", `{"原文": null, "值": "5万元"}`, absent, Wrong, 0, 0, 0},
		{"only a value", `{"值": "5万元"}`, absent, Wrong, 0, 0, 0},
		{"invented", answerJSON("质保期为一年", "一年"), absent, Wrong, 0, 0, 0},
		{"no JSON", "合同总价为128万元", price, Unparsed, 0, 0, 0},
		{"cut off", `{"原文": "合同总价为`, price, Unparsed, 0, 0, 0},
		{"other members", `{"answer": "128万元"}`, price, Unparsed, 0, 0, 0},
		{"text around it", "好的，{结果}如下：" + answerJSON("", "") + "完毕", absent, Correct, 1, 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judgeContract(tc.r, Answer{Text: tc.answer})
			if v.Outcome != tc.outcome || v.Metrics["acc"] != tc.acc || v.Metrics["value_acc"] != tc.value || v.Metrics["exact_match"] != tc.exact {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestContractValue(t *testing.T) {
	for _, tc := range []struct {
		kind       contract.Kind
		text, want string
	}{
		{contract.Amount, "人民币1,280,000.00元", "1280000"},
		{contract.Amount, "人民币壹佰贰拾捌万元整（¥1,280,000.00）", "1280000"},
		{contract.Amount, "叁仟零伍元贰角整", "3005.2"},
		{contract.Amount, "128.5万元", "1285000"},
		{contract.Amount, "1280000", "1280000"},
		{contract.Amount, "128万元，其中定金12万元", ""},
		{contract.Amount, "未定", ""},
		{contract.Date, "2024年3月5日", "2024-03-05"},
		{contract.Date, "二〇二四年三月五日", "2024-03-05"},
		{contract.Date, "2024-03-05", "2024-03-05"},
		{contract.Date, "2024.3.5", "2024-03-05"},
		{contract.Date, "2024/3/5前", "2024-03-05"},
		{contract.Date, "二〇一九年十二月二十一日", "2019-12-21"},
		{contract.Date, "2024年3月", ""},
		{contract.Duration, "30日", "30日"},
		{contract.Duration, "三十天内", "30日"},
		{contract.Duration, "15个工作日", "15工作日"},
		{contract.Duration, "十五个自然日", "15日"},
		{contract.Duration, "三年", "36月"},
		{contract.Duration, "一年半", "18月"},
		{contract.Duration, "半年", "6月"},
		{contract.Duration, "三年，自2024年3月1日起", "36月"},
		{contract.Duration, "自二〇二四年三月起两年", "24月"},
		{contract.Duration, "两个月", "2月"},
		{contract.Duration, "48小时", "48小时"},
		{contract.Duration, "两周", "14日"},
		{contract.Duration, "十日或者二十日", ""},
		{contract.Percent, "0.05%", "0.0005"},
		{contract.Percent, "万分之五", "0.0005"},
		{contract.Percent, "0.5‰", "0.0005"},
		{contract.Percent, "每日千分之一", "0.001"},
		{contract.Percent, "百分之十", "0.1"},
		{contract.Percent, "5", ""},
		{contract.Count, "肆份", "4"},
		{contract.Count, "一式四份，双方各执两份", "4"},
		{contract.Count, "4", "4"},
		{contract.Text, " 杭州远帆科技有限公司。", "杭州远帆科技有限公司"},
	} {
		t.Run(string(tc.kind)+" "+tc.text, func(t *testing.T) {
			if got, ok := contractValue(tc.kind, tc.text); got != tc.want || ok != (tc.want != "") {
				t.Errorf("%q %v, want %q", got, ok, tc.want)
			}
		})
	}
}

// The choice form: the oracle is right, guessing and any fixed rule are at chance, and the breakdown by position shows who always says A.
func TestContractChoice(t *testing.T) {
	checkChoice(t, ContractChoice, 800, map[string]func(datasets.Record) int{
		"absence": func(r datasets.Record) int { return index(r.Choices, contractNone) },
		"longest": func(r datasets.Record) int {
			best := 0
			for i, c := range r.Choices {
				if len(c) > len(r.Choices[best]) {
					best = i
				}
			}
			return best
		},
	})
	for _, r := range makeContractChoice(3, 300).Records {
		if len(r.Choices) != 4 || index(r.Choices, contractNone) < 0 {
			t.Errorf("options %q", r.Choices)
		}
	}
}

func index(list []string, s string) int {
	for i, x := range list {
		if x == s {
			return i
		}
	}
	return -1
}

// checkChoice asks a choice task with rules that need no reading: each of them, and guessing, stays at chance within the Wilson interval of 99.9 %.
func checkChoice(t *testing.T, k Task, n int, rules map[string]func(datasets.Record) int) {
	t.Helper()
	set := k.Make(21, n)
	chance, ok := Chance(set.Records)
	if !ok {
		t.Fatal("no choices")
	}
	for name, rule := range rules {
		right := 0
		for _, rec := range set.Records {
			if v := k.Judge(rec, pick(k, rec, rule(rec))); v.Outcome == Correct {
				right++
			}
		}
		if ci, ok := metrics.Wilson(right, n, 0.999); !ok || ci.Low > chance || ci.High < chance {
			t.Errorf("%s: %d of %d, chance is %.3f", name, right, n, chance)
		}
	}
}

func FuzzJudgeContract(f *testing.F) {
	set := makeContract(1, 6)
	f.Add(answerJSON("合同总价为128万元", "128万元"))
	f.Add(`{"原文": ["甲", "乙"], "值": 1e400}`)
	f.Add("```json\n{\"原文\": null}\n```")
	f.Add(strings.Repeat("{", 100))
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range set.Records {
			v := judgeContract(r, Answer{Text: text})
			for name, x := range v.Metrics {
				if math.IsNaN(x) || x < 0 || x > 1 {
					t.Errorf("%s = %v", name, x)
				}
			}
		}
	})
}
