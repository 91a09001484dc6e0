package finance

import (
	"math/big"
	"slices"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// negative reports whether any of the numbers is.
func negative(list ...*big.Rat) bool {
	for _, x := range list {
		if x.Sign() < 0 {
			return true
		}
	}
	return false
}

// signHint says how to write a loss, for items that may be negative: it stands in questions on profits, too, so as not to tell.
func signHint(item string) string {
	switch item {
	case "营业利润", "利润总额", "净利润":
		return "亏损用负数表示。"
	case "经营活动产生的现金流量净额":
		return "净流出用负数表示。"
	}
	return ""
}

func lookup(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	item := draw.One(d, anyAmounts)
	p := s.period(d, 0)
	x := s.rat(item, p)
	q := Question{Text: show(d, s, item).text, Negative: negative(x)}
	near := []*big.Rat{s.rat(item, (p+1)%len(s.Periods)), s.rat(item, (p+2)%len(s.Periods)), s.rat(draw.One(d, anyAmounts), p)}
	s.amountIn(d, &q, draw.One(d, []string{
		s.Company + s.Periods[p] + "的" + item + "是多少？",
		"请从上述报表中找出" + s.Periods[p] + item + "的数额。",
	})+signHint(item), x, near...)
	return q, true
}

func difference(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	item := draw.One(d, anyAmounts)
	p := s.period(d, 1)
	a, b := s.rat(item, p-1), s.rat(item, p)
	q := Question{Text: show(d, s, item).text, Steps: 1, Negative: negative(a, b)}
	s.amountIn(d, &q, draw.One(d, []string{
		s.Periods[p] + "的" + item + "比" + s.Periods[p-1] + "增加了多少？减少用负数表示。",
		"与" + s.Periods[p-1] + "相比，" + s.Company + s.Periods[p] + item + "的变动额是多少？减少用负数表示。",
	}), minus(b, a), minus(a, b), add(a, b), b)
	return q, true
}

func total(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	item := draw.One(d, flows)
	n := len(s.Periods)
	from := 0
	if !s.Yearly {
		from = n - 4 // the four quarters of the last year
	}
	sum, all := new(big.Rat), []*big.Rat{}
	for p := from; p < n; p++ {
		sum = add(sum, s.rat(item, p))
		all = append(all, s.rat(item, p))
	}
	q := Question{Text: show(d, s, item).text, Steps: n - from - 1, Negative: negative(all...)}
	s.amountIn(d, &q, draw.One(d, []string{
		s.Periods[from] + "至" + s.Periods[n-1] + "，" + s.Company + "的" + item + "合计是多少？",
		"把" + s.Periods[from] + "到" + s.Periods[n-1] + "各期的" + item + "相加，总额是多少？",
	})+signHint(item), sum, minus(sum, all[0]), add(sum, all[1]), minus(sum, all[len(all)-1]))
	return q, true
}

func average(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	item := draw.One(d, flows)
	n := len(s.Periods)
	from := 0
	if !s.Yearly {
		from = 1
	}
	sum, all := new(big.Rat), []*big.Rat{}
	for p := from; p < n; p++ {
		sum = add(sum, s.rat(item, p))
		all = append(all, s.rat(item, p))
	}
	count := int64(n - from)
	q := Question{Text: show(d, s, item).text, Steps: n - from, Negative: negative(all...)}
	s.amountIn(d, &q, s.Periods[from]+"至"+s.Periods[n-1]+"，"+s.Company+"平均每"+map[bool]string{true: "年", false: "个季度"}[s.Yearly]+"的"+item+"是多少？"+signHint(item),
		over(sum, rat(count, 1)), over(sum, rat(count+1, 1)), over(sum, rat(count-1, 1)), sum, all[1])
	return q, true
}

// growth asks how much an item grew from one period to another, in percent.
func growth(d draw.Draw, s *Statement, from, to int, word string) (Question, bool) {
	item := draw.One(d, anyAmounts)
	a, b := s.rat(item, from), s.rat(item, to)
	if a.Sign() <= 0 { // growth from a loss has no meaning
		return Question{}, false
	}
	q := Question{Text: show(d, s, item).text, Steps: 2, Unit: "%", Places: 2, Trap: Share, Negative: negative(b)}
	q.Answer = percent(over(minus(b, a), a))
	q.Wrong = []*big.Rat{percent(over(minus(a, b), a)), percent(over(b, a))}
	if b.Sign() > 0 {
		q.Wrong = append(q.Wrong, percent(over(minus(b, a), b)))
	}
	if other := (from + 1) % len(s.Periods); other != to {
		if c := s.rat(item, other); c.Sign() > 0 {
			q.Wrong = append(q.Wrong, percent(over(minus(b, c), c)))
		}
	}
	q.Ask = ask(draw.One(d, []string{
		s.Company + s.Periods[to] + item + "的" + word + "增长率是多少？下降用负数表示。",
		s.Periods[to] + "的" + item + word + "变动了百分之几？下降用负数表示。",
	}), "%", 2)
	return q, true
}

func yoy(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	if s.Yearly {
		to := s.period(d, 1)
		return growth(d, s, to-1, to, "同比")
	}
	return growth(d, s, 0, 4, "同比")
}

func qoq(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	if s.Yearly {
		return Question{}, false
	}
	to := s.period(d, 1)
	return growth(d, s, to-1, to, "环比")
}

func share(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	pair := draw.One(d, [][2]string{
		{"销售费用", "营业收入"},
		{"研发费用", "营业收入"},
		{"存货", "流动资产合计"},
		{"应收账款", "资产总计"},
		{"货币资金", "流动资产合计"},
		{"短期借款", "负债合计"},
		{"固定资产", "资产总计"},
		{"营业成本", "营业收入"},
	})
	p := s.period(d, 0)
	a, b := s.rat(pair[0], p), s.rat(pair[1], p)
	o := (p + 1) % len(s.Periods)
	q := Question{Text: show(d, s, pair[0], pair[1]).text, Steps: 1, Unit: "%", Places: 2, Trap: Share, Answer: percent(over(a, b))}
	q.Wrong = []*big.Rat{percent(over(s.rat(pair[0], o), s.rat(pair[1], o))), percent(over(a, s.rat(pair[1], o))), percent(over(a, minus(b, a))), over(a, b)}
	q.Ask = ask(s.Periods[p]+map[bool]string{true: "末", false: ""}[slices.Contains(stocks, pair[1])]+pair[0]+"占"+pair[1]+"的比重是多少？", "%", 2)
	return q, true
}

// rates are ratios to revenue: a name, the items of the numerator with their signs.
var rates = []struct {
	name, formula string
	plus, minus   []string
	steps         int
}{
	{"毛利率", "毛利率＝（营业收入－营业成本）÷营业收入", []string{"营业收入"}, []string{"营业成本"}, 2},
	{"净利率", "净利率＝净利润÷营业收入", []string{"净利润"}, nil, 1},
	{"营业利润率", "营业利润率＝营业利润÷营业收入", []string{"营业利润"}, nil, 1},
	{"期间费用率", "期间费用率＝（销售费用＋管理费用＋研发费用＋财务费用）÷营业收入", []string{"销售费用", "管理费用", "研发费用", "财务费用"}, nil, 4},
	{"销管费用率", "销管费用率＝（销售费用＋管理费用）÷营业收入", []string{"销售费用", "管理费用"}, nil, 2},
}

func (s *Statement) top(i, p int) *big.Rat {
	x := new(big.Rat)
	for _, item := range rates[i].plus {
		x = add(x, s.rat(item, p))
	}
	for _, item := range rates[i].minus {
		x = minus(x, s.rat(item, p))
	}
	return x
}

func (s *Statement) rate(i, p int) *big.Rat {
	return percent(over(s.top(i, p), s.rat("营业收入", p)))
}

func rateItems(i int) []string {
	return append(append([]string{"营业收入"}, rates[i].plus...), rates[i].minus...)
}

func margin(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	i, p := d(len(rates)), s.period(d, 0)
	r := s.rate(i, p)
	q := Question{Text: show(d, s, rateItems(i)...).text, Steps: rates[i].steps, Unit: "%", Places: 2, Trap: Share, Answer: r, Negative: negative(s.top(i, p))}
	q.Wrong = []*big.Rat{s.rate(i, (p+1)%len(s.Periods)), percent(over(s.top(i, p), s.rat("营业成本", p))), minus(rat(100, 1), r)}
	text := s.Company + s.Periods[p] + "的" + rates[i].name + "是多少？" + signHint(rates[i].plus[0])
	if d.Chance(60) || rates[i].name == "销管费用率" {
		text += "公式：" + rates[i].formula + "。"
	}
	q.Ask = ask(text, "%", 2)
	return q, true
}

func points(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	i, p := d(len(rates)), s.period(d, 1)
	a, b := s.rate(i, p-1), s.rate(i, p)
	q := Question{
		Text: show(d, s, rateItems(i)...).text, Steps: 2*rates[i].steps + 1, Unit: "个百分点", Places: 2, Trap: Points,
		Answer: minus(b, a), Negative: negative(a, b),
	}
	q.Wrong = []*big.Rat{minus(a, b), b}
	if a.Sign() > 0 { // the change in percent, which is not asked
		q.Wrong = append(q.Wrong, percent(over(minus(b, a), a)))
	}
	q.Ask = ask("与"+s.Periods[p-1]+"相比，"+s.Periods[p]+"的"+rates[i].name+"变动了多少个百分点？下降用负数表示。公式："+rates[i].formula+"。", "个百分点", 2)
	return q, true
}

func cagr(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	item := draw.One(d, append(append([]string{}, always...), "净利润", "资产总计", "所有者权益合计"))
	last := len(s.Periods) - 1
	a, b := s.rat(item, 0), s.rat(item, last)
	if !s.Yearly || a.Sign() <= 0 || b.Sign() <= 0 {
		return Question{}, false
	}
	// The table has three years; a longer span is given in words.
	n := last
	text, ask1 := show(d, s, item).text, ""
	if d.Chance(40) {
		n = d.Between(3, 5)
		a = rat(part(d, s.value(item, last), 450, 950), 100)
		y := atoi(s.Periods[last]) - n
		text = s.Company + itoa(y) + "年的" + item + "为" + a.FloatString(2) + s.Unit.Name + "。\n" + text
		ask1 = itoa(y) + "年"
	} else {
		ask1 = s.Periods[0]
	}
	r := root(over(b, a), n)
	one := rat(1, 1)
	q := Question{Text: text, Steps: 3, Unit: "%", Places: 2, Trap: Share, Answer: percent(minus(r, one))}
	q.Wrong = []*big.Rat{
		percent(over(minus(b, a), times(a, rat(int64(n), 1)))), percent(minus(root(over(b, a), n+1), one)), percent(minus(over(b, a), one)),
	}
	q.Ask = ask(s.Company+ask1+"至"+s.Periods[last]+item+"的年均复合增长率是多少？公式：（期末值÷期初值）的"+itoa(n)+"次方根减1。下降用负数表示。", "%", 2)
	return q, true
}

func atoi(year string) int {
	n := 0
	for _, c := range year {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}
