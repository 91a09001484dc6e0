package finance

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

func draws(seed uint64) draw.Draw { return rand.New(rand.NewPCG(seed, 1)).IntN }

func written(places int) func(*big.Rat) string {
	return func(x *big.Rat) string { return x.FloatString(places) }
}

// The three statements agree with each other, in every period.
func TestStatementsBalance(t *testing.T) {
	d := draws(1)
	losses := 0
	for range 300 {
		s := MakeStatement(d)
		for p := range s.Periods {
			v := func(item string) int64 { return s.value(item, p) }
			for name, c := range map[string][2]int64{
				"assets":    {v("资产总计"), v("流动资产合计") + v("非流动资产合计")},
				"current":   {v("流动资产合计"), v("货币资金") + v("应收账款") + v("存货") + v("其他流动资产")},
				"equity":    {v("所有者权益合计"), v("资产总计") - v("负债合计")},
				"operating": {v("营业利润"), v("营业收入") - v("营业成本") - v("税金及附加") - v("销售费用") - v("管理费用") - v("研发费用") - v("财务费用")},
				"before":    {v("利润总额"), v("营业利润") + v("营业外收支净额")},
				"net":       {v("净利润"), v("利润总额") - v("所得税费用")},
				"flows":     {v("现金净增加额"), v("经营活动产生的现金流量净额") + v("投资活动产生的现金流量净额") + v("筹资活动产生的现金流量净额")},
				"cash":      {v("期末现金余额"), v("期初现金余额") + v("现金净增加额")},
				"money":     {v("期末现金余额"), v("货币资金")},
			} {
				if c[0] != c[1] {
					t.Errorf("%s of %s in %s: %d, want %d", name, s.Company, s.Periods[p], c[0], c[1])
				}
			}
			if v("所有者权益合计") <= 0 || v("营业收入") <= 0 || v("存货") <= 0 {
				t.Errorf("%s, %s: equity, revenue or stock is not positive", s.Company, s.Periods[p])
			}
			if v("净利润") < 0 {
				losses++
			}
			if p > 0 && s.value("期末现金余额", p-1) != v("期初现金余额") {
				t.Errorf("%s: cash at the beginning of %s is not that at the end before", s.Company, s.Periods[p])
			}
		}
	}
	if losses < 30 {
		t.Errorf("%d losses", losses)
	}
}

func TestQuestions(t *testing.T) {
	d := draws(2)
	traps, steps := map[Trap]int{}, map[int]int{}
	negatives := 0
	for _, o := range Operations() {
		for range 60 {
			q := Make(o, d)
			traps[q.Trap]++
			steps[q.Steps]++
			if q.Negative {
				negatives++
			}
			if q.Operation != o.Name || q.Text == "" || q.Places != 2 || q.Steps < 0 || q.Steps > 11 || !strings.Contains(q.Ask, "小数") {
				t.Errorf("%+v", q)
			}
			near := q.Near(3, d, written(q.Places))
			seen := map[string]bool{q.Answer.FloatString(q.Places): true}
			for _, x := range near {
				if s := x.FloatString(q.Places); seen[s] {
					t.Errorf("%s: option %s is there twice", q.Ask, s)
				} else {
					seen[s] = true
				}
			}
			if len(near) != 3 {
				t.Errorf("%d near numbers of %s", len(near), q.Ask)
			}
			// The unit that is asked for stands in the question.
			if q.Unit != "" && !strings.Contains(q.Ask, "单位："+q.Unit+"，") {
				t.Errorf("%s does not ask for %s", q.Ask, q.Unit)
			}
		}
	}
	for _, trap := range []Trap{SameUnit, Converted, Share, Points, Pure} {
		if traps[trap] < 30 {
			t.Errorf("%d questions with the trap %s", traps[trap], trap)
		}
	}
	if len(steps) < 8 || negatives < 100 {
		t.Errorf("steps %v, %d with negative numbers", steps, negatives)
	}
}

// Questions are recomputed from their texts by a reader that knows nothing of how they were made.
func TestLookupStandsInTheText(t *testing.T) {
	d := draws(3)
	o := Operations()[0]
	for range 200 {
		q := Make(o, d)
		if q.Trap != SameUnit {
			continue
		}
		abs := new(big.Rat).Abs(q.Answer).FloatString(2)
		if !strings.Contains(strings.ReplaceAll(q.Text, ",", ""), abs) {
			t.Errorf("%s: %s does not stand in\n%s", q.Ask, abs, q.Text)
		}
	}
}

// Examples worked by hand.
func TestRoot(t *testing.T) {
	for _, tc := range []struct {
		a    *big.Rat
		n    int
		want string
	}{
		{big.NewRat(4, 1), 2, "2.0000000000"},
		{big.NewRat(2, 1), 2, "1.4142135624"},
		{big.NewRat(1331, 1000), 3, "1.1000000000"},
		{big.NewRat(16, 81), 4, "0.6666666667"},
		// A published example: 5.514 to 17.75 in three years is 47.65 % a year.
		{big.NewRat(17750, 5514), 3, "1.4765354053"},
	} {
		if got := root(tc.a, tc.n).FloatString(10); got != tc.want {
			t.Errorf("root %d of %s: %s, want %s", tc.n, tc.a, got, tc.want)
		}
	}
}

func TestAmountStyles(t *testing.T) {
	for _, tc := range []struct {
		st   style
		v    int64
		want string
	}{
		{style{commas: true}, 123456789, "1,234,567.89"},
		{style{}, -123456, "-1234.56"},
		{style{brackets: true, commas: true}, -123456, "(1,234.56)"},
		{style{brackets: true, prose: true}, -5, "-0.05"},
		{style{commas: true}, 99, "0.99"},
	} {
		if got := tc.st.amount(tc.v); got != tc.want {
			t.Errorf("%+v %d: %s", tc.st, tc.v, got)
		}
	}
}

// Terms are many, each with a definition that does not name it, points that its own definition makes, and enough terms to be taken for.
func TestTerms(t *testing.T) {
	terms := Terms()
	if len(terms) < 80 {
		t.Errorf("%d terms", len(terms))
	}
	names, definitions := map[string]bool{}, map[string]bool{}
	for _, x := range terms {
		if names[x.Name] || definitions[x.Definition] || x.Field == "" {
			t.Errorf("%s: a name or definition is there twice, or the field is missing", x.Name)
		}
		names[x.Name], definitions[x.Definition] = true, true
		if strings.Contains(x.Definition, x.Name) {
			t.Errorf("the definition of %s names it", x.Name)
		}
		if len(x.Points) < 2 {
			t.Errorf("%s has %d points", x.Name, len(x.Points))
		}
		for _, p := range x.Points {
			made := false
			for w := range strings.SplitSeq(p, "|") {
				made = made || w != "" && strings.Contains(x.Definition, w)
			}
			if !made {
				t.Errorf("the definition of %s does not make the point %s", x.Name, p)
			}
		}
		group, field := Confusable(x)
		if len(group) < 3 || len(group)+len(field) < 8 {
			t.Errorf("%s: %d terms of its group, %d of its field", x.Name, len(group), len(field))
		}
	}
}
