package tasks

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/tasks/finance"
)

func TestJudgeFinance(t *testing.T) {
	item := func(unit, gold, question string) datasets.Record {
		return datasets.Record{Fields: map[string]string{"unit": unit, "places": "2", "question": question}, Golds: []string{gold}}
	}
	percent := item("%", "-3.77", "同比变动了百分之几？下降用负数表示。")
	wan := item("万元", "35000.00", "营业收入是多少？")
	pure := item("", "1.65", "净现比是多少？")
	points := item("个百分点", "2.30", "变动了多少个百分点？下降用负数表示。")
	profit := item("亿元", "-2.27", "净利润是多少？亏损用负数表示。")
	outflow := item("亿元", "-2.27", "经营活动产生的现金流量净额是多少？净流出用负数表示。")
	loss := item("%", "33.15", "亏损额收窄了百分之几？")
	for _, tc := range []struct {
		name, text string
		r          datasets.Record
		outcome    Outcome
		metric     string // that is 1
	}{
		{"with working", "(599149.63-622614.10)÷622614.10=-3.7687%\n答案：-3.77%", percent, Correct, "acc"},
		{"in words", "答案：下降3.77%", percent, Correct, "acc"},
		{"more digits", "答案：-3.7687%", percent, Correct, "acc"},
		{"no unit", "答案：-3.77", percent, Correct, "acc"},
		{"fewer digits", "答案：-3.8%", percent, Wrong, "within_1pct"},
		{"wrong sign", "答案：3.77%", percent, Wrong, "sign_error"},
		{"a share of one", "答案：-0.0377", percent, Wrong, "scale_error"},
		{"points for percent", "答案：-3.77个百分点", percent, Wrong, "unit_error"},
		{"other unit, converted", "答案：3.5亿元", wan, Correct, "acc"},
		{"in yuan", "答案：350,000,000元", wan, Correct, "acc"},
		{"asked unit", "答案：35,000.00万元", wan, Correct, "acc"},
		{"digits without unit", "35000", wan, Correct, "acc"},
		{"ten times", "答案：350000万元", wan, Wrong, "scale_error"},
		{"dollars", "答案：35000万美元", wan, Wrong, "unit_error"},
		{"a ratio", "答案：1.6545", pure, Correct, "acc"},
		{"times", "答案：1.65倍", pure, Correct, "acc"},
		{"wrong", "答案：2.65", pure, Wrong, ""},
		{"percentage points", "答案：2.3个百分点", points, Correct, "acc"},
		{"percent for points", "答案：2.3%", points, Wrong, "unit_error"},
		{"a loss that shrank", "答案：收窄33.15%", loss, Correct, "acc"},
		{"a loss", "答案：亏损2.27亿元", profit, Correct, "acc"},
		{"a profit", "答案：2.27亿元", profit, Wrong, "sign_error"},
		{"an outflow", "答案：净流出2.27亿元", outflow, Correct, "acc"},
		{"a computation that is announced", "答案：4.30 - 2.65 = 1.65", pure, Correct, "acc"},
		{"a computation behind its result", "答案：1.65（4.30-2.65=1.65）", pure, Correct, "acc"},
		{"a computation in percent", "答案：5.00% - 8.77% ≈ -3.77%", percent, Correct, "acc"},
		{"nothing", "无法计算。", pure, Unparsed, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judgeFinance(tc.r, Answer{Text: tc.text})
			if v.Outcome != tc.outcome {
				t.Errorf("%+v", v)
			}
			for name, x := range v.Metrics {
				want := 0.
				if name == tc.metric || tc.metric == "acc" && name == "within_1pct" {
					want = 1
				}
				if x != want {
					t.Errorf("%s = %v, want %v: %+v", name, x, want, v)
				}
			}
		})
	}
}

// The oracle answers with the exact number in whatever unit it likes.
func TestFinanceOracle(t *testing.T) {
	operations := map[string]int{}
	for i, r := range makeFinanceNumber(31, 570).Records {
		operations[r.Tags["operation"]]++
		text := "算式略。\n答案：" + groupedDecimal(r.Golds[0]) + r.Fields["unit"]
		if i%2 == 0 {
			text = "答案：" + r.Golds[0]
		}
		if v := judgeFinance(r, Answer{Text: text}); v.Outcome != Correct {
			t.Errorf("%s: %s: %+v", r.Fields["question"], text, v)
		}
		// A right number in 元 for one that is asked in 万元 or 亿元.
		if unit := r.Fields["unit"]; unit == "万元" || unit == "亿元" {
			gold, _, _ := parseNumber(r.Golds[0] + unit)
			if v := judgeFinance(r, Answer{Text: "答案：" + exactDecimal(gold) + "元"}); v.Outcome != Correct {
				t.Errorf("%s %s in yuan: %+v", r.Golds[0], unit, v)
			}
		}
	}
	if len(operations) != len(finance.Operations()) {
		t.Errorf("operations %v", operations)
	}
}

// A model that answers with any number of the text is hardly ever right beyond looking up.
func TestFinanceRandomNumber(t *testing.T) {
	r := newRandom(3, "numbers")
	right, n := 0, 0
	for _, rec := range makeFinanceNumber(32, 570).Records {
		if rec.Tags["steps"] == "0" {
			continue
		}
		list := findNumbers(rec.Fields["text"])
		n++
		if v := judgeFinance(rec, Answer{Text: "答案：" + exactDecimal(one(r, list).value)}); v.Outcome == Correct {
			right++
		}
	}
	if right > n/25 {
		t.Errorf("a number of the text is right in %d of %d cases", right, n)
	}
}

func TestFinanceChoice(t *testing.T) {
	largest := func(sign int) func(datasets.Record) int {
		return func(r datasets.Record) int {
			best := 0
			for i := range r.Choices {
				a, _, _ := parseNumber(r.Choices[i])
				b, _, _ := parseNumber(r.Choices[best])
				if a != nil && b != nil && a.Cmp(b)*sign > 0 {
					best = i
				}
			}
			return best
		}
	}
	checkChoice(t, FinanceChoice, 760, nil)
	// Rules that need no computing may say something, as order does in any list of near misses, but not half.
	set := makeFinanceChoice(22, 760)
	for name, rule := range map[string]func(datasets.Record) int{"largest": largest(1), "smallest": largest(-1)} {
		right := 0
		for _, r := range set.Records {
			if rule(r) == r.Answer {
				right++
			}
		}
		if share := float64(right) / float64(len(set.Records)); share > 0.4 {
			t.Errorf("the %s number is right in %.2f of all cases", name, share)
		}
	}
	for _, r := range set.Records {
		if len(slices.Compact(slices.Sorted(slices.Values(r.Choices)))) != 4 {
			t.Errorf("%q", r.Choices)
		}
	}
}

func TestFinanceTerm(t *testing.T) {
	checkChoice(t, FinanceTerm, 920, map[string]func(datasets.Record) int{
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
	directions := map[string]int{}
	for _, r := range makeFinanceTerm(3, 400).Records {
		directions[r.Tags["direction"]]++
	}
	if directions["term to definition"] != 200 || directions["definition to term"] != 200 {
		t.Errorf("%v", directions)
	}
}

func TestFinanceExplain(t *testing.T) {
	set := makeFinanceExplain(3, 230)
	var own, other, name []Verdict
	for i, r := range set.Records {
		own = append(own, judgeFinanceExplain(r, Answer{Text: r.Golds[0]}))
		other = append(other, judgeFinanceExplain(r, Answer{Text: set.Records[(i+7)%len(set.Records)].Golds[0]}))
		name = append(name, judgeFinanceExplain(r, Answer{Text: r.Fields["term"] + "就是" + r.Fields["term"] + "。"}))
	}
	if meanOf(own, "all_points") != 1 || meanOf(own, "chrf") != 100 {
		t.Errorf("definitions: points %v, chrf %v", meanOf(own, "points"), meanOf(own, "chrf"))
	}
	if p, c := meanOf(other, "points"), meanOf(other, "chrf"); p > 0.25 || c > 20 {
		t.Errorf("definitions of other terms: points %.3f, chrf %.1f", p, c)
	}
	if p := meanOf(name, "points"); p > 0.02 {
		t.Errorf("the name alone: points %.3f", p)
	}
	if v := judgeFinanceExplain(set.Records[0], Answer{Text: " \n"}); v.Outcome != Unparsed {
		t.Errorf("%+v", v)
	}
}

func TestReadOpenFinData(t *testing.T) {
	set := readFixture(t, OpenFinDataEntity, "openfindata/exam.json")
	if Target(set.Records[1]) != "不是" || len(set.Records[1].Choices) != 3 || strings.Contains(set.Records[0].Fields["question"], "正确选项") {
		t.Errorf("%+v", set.Records)
	}
	notice := readFixture(t, OpenFinDataNotice, "openfindata/notice.json").Records[0]
	for text, want := range map[string]float64{"回购有利于稳定股价。回购会减少公司现金。": 1, "回购有利于稳定股价": 0.6 + 0.4*2*2/9/(2.0/9+2.0/9)*0, "": 0} {
		got := judgeNotice(notice, Answer{Text: text}).Metrics["criteria"]
		if text != "" && want < 1 {
			if got < 0.6 || got > 0.8 {
				t.Errorf("%q: %v", text, got)
			}
		} else if math.Abs(got-want) > 1e-12 {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	_, err := OpenFinDataNotice.Read("n.json", []byte(`[{"question":"问","criterium1":{"content":"甲","score":"x"}}]`))
	if err == nil || !strings.Contains(err.Error(), "criterium1.score") {
		t.Errorf("%v", err)
	}
}

func TestDISC(t *testing.T) {
	set := readFixture(t, DISC, "disc/computing_part.json")
	if len(set.Records) != 2 || set.Dropped != 2 || len(set.Notes) != 2 || !strings.Contains(set.Notes[0], "rows 1 (2000*(1+0.08)**10 is 4317.85, not 4660.96)") {
		t.Errorf("%d rows, %d dropped, notes %q", len(set.Records), set.Dropped, set.Notes)
	}
	for _, tc := range []struct {
		gold, text string
		want       Outcome
	}{
		{"7.5%", "答案：7.5%", Correct},
		{"7.5%", "答案：0.075", Correct},
		{"7.5%", "答案：7.5", Correct},
		{"7.5%", "答案：75%", Wrong},
		{"0.198", "增长率为19.8%", Correct},
		{"0.198", "答案：0.1986", Correct},
		{"8", "一共有8颗。", Correct},
		{"8", "不知道", Unparsed},
	} {
		if v := judgeDISC(datasets.Record{Golds: []string{tc.gold}}, Answer{Text: tc.text}); v.Outcome != tc.want {
			t.Errorf("%s: %q: %+v", tc.gold, tc.text, v)
		}
	}
}

func TestDISCCompute(t *testing.T) {
	for _, tc := range []struct {
		kind, expression string
		want             float64
	}{
		{"Calculator", "1264-1264/(1+0.145)", 160.0698689956},
		{"Calculator", "2*(1+0.1)**2-1", 1.42},
		{"Calculator", "(1+0.1)^(4/1)-1", 0.4641},
		{"Calculator", "-2**2", -4},
		{"Calculator", "2**-1", 0.5},
		{"Calculator", "12//5", 2},
		{"Calculator", "[(10 - 11)**2 + (12 - 11)**2] / 2", 1},
		{"Calculator", "sqrt(16)+log(1)+math.log(exp(2))", 6},
		{"Gauss", "-0.139", 0.444725},
		{"ln", "2.718281828", 1},
	} {
		if got, ok := discCompute(tc.kind, tc.expression); !ok || math.Abs(got-tc.want) > 1e-5 {
			t.Errorf("%s(%s) = %v %v, want %v", tc.kind, tc.expression, got, ok, tc.want)
		}
	}
	for _, bad := range []string{"", "1+", "(1", "1)", "x+1", "1/0", "foo(1)", strings.Repeat("(", 200) + "1", strings.Repeat("2^", 200) + "2", "1 2 +"} {
		if got, ok := discCompute("Calculator", bad); ok {
			t.Errorf("%.20q = %v", bad, got)
		}
	}
}

func FuzzDISCCompute(f *testing.F) {
	for _, s := range []string{"1264-1264/(1+0.145)", "-2**2", "sqrt(16)+log10(100)", "((((1", "π*2", "1e5", "2^^2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if x, ok := discCompute("Calculator", s); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			t.Errorf("%q = %v", s, x)
		}
	})
}

// The rows of the real file whose golds are wrong by their own expressions are found and left out.
func TestRealDISC(t *testing.T) {
	raw, err := os.ReadFile(golden.Shared(t, "data", "disc-finllm", "computing_part.json"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := DISC.Read("computing_part.json", raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows, %d dropped: %q", len(set.Records), set.Dropped, set.Notes)
	if len(set.Records)+set.Dropped != 100 || set.Dropped < 10 || set.Dropped > 35 {
		t.Errorf("%d rows and %d dropped", len(set.Records), set.Dropped)
	}
	for _, row := range []string{"20 (", "21 (", "23 (", "44 (", "88 (", "93 ("} { // by hand
		if !strings.Contains(set.Notes[0], row) {
			t.Errorf("row %s is not listed", row)
		}
	}
	for _, r := range set.Records {
		if v := judgeDISC(r, Answer{Text: "答案：" + r.Golds[0]}); v.Outcome != Correct {
			t.Errorf("%s: %+v", r.ID, v)
		}
	}
}
