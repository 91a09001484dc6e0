package finance

import (
	"math/big"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

func solvency(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	p := s.period(d, 0)
	v := func(item string) *big.Rat { return s.rat(item, p) }
	type ratio struct {
		name, formula, unit string
		needed              []string
		answer              *big.Rat
		steps               int
		wrong               []*big.Rat
	}
	current, quick := over(v("流动资产合计"), v("流动负债合计")), over(minus(v("流动资产合计"), v("存货")), v("流动负债合计"))
	debt := percent(over(v("负债合计"), v("资产总计")))
	r := draw.One(d, []ratio{
		{"资产负债率", "资产负债率＝负债合计÷资产总计", "%", []string{"负债合计", "资产总计"}, debt, 1, []*big.Rat{
			percent(over(v("所有者权益合计"), v("资产总计"))), percent(over(v("负债合计"), v("所有者权益合计"))), percent(over(v("流动负债合计"), v("资产总计"))),
		}},
		{"流动比率", "流动比率＝流动资产÷流动负债", "", []string{"流动资产合计", "流动负债合计"}, current, 1, []*big.Rat{quick, over(rat(1, 1), current), over(v("流动资产合计"), v("负债合计"))}},
		{"速动比率", "速动比率＝（流动资产－存货）÷流动负债", "", []string{"流动资产合计", "存货", "流动负债合计"}, quick, 2, []*big.Rat{current, over(v("货币资金"), v("流动负债合计")), over(minus(v("流动资产合计"), v("存货")), v("负债合计"))}},
		{"产权比率", "产权比率＝负债合计÷所有者权益合计", "", []string{"负债合计", "所有者权益合计"}, over(v("负债合计"), v("所有者权益合计")), 1, []*big.Rat{over(debt, rat(100, 1)), over(v("所有者权益合计"), v("负债合计"))}},
		{"权益乘数", "权益乘数＝资产总计÷所有者权益合计", "", []string{"资产总计", "所有者权益合计"}, over(v("资产总计"), v("所有者权益合计")), 1, []*big.Rat{over(v("负债合计"), v("所有者权益合计")), over(v("资产总计"), v("负债合计"))}},
		{"现金比率", "现金比率＝货币资金÷流动负债", "", []string{"货币资金", "流动负债合计"}, over(v("货币资金"), v("流动负债合计")), 1, []*big.Rat{quick, current}},
	})
	q := Question{Text: show(d, s, r.needed...).text, Steps: r.steps, Unit: r.unit, Places: 2, Trap: Pure, Answer: r.answer, Wrong: r.wrong}
	if r.unit == "%" {
		q.Trap = Share
	}
	text := s.Company + s.Periods[p] + "末的" + r.name + "是多少？"
	if d.Chance(60) {
		text += "公式：" + r.formula + "。"
	}
	q.Ask = ask(text, r.unit, 2)
	return q, true
}

// returns asks for ratios of a flow to the mean of a stock at the beginning and the end.
func returns(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	if !s.Yearly {
		return Question{}, false
	}
	p := s.period(d, 1)
	kind := d(4)
	flow := []string{"净利润", "营业收入", "营业成本", "营业收入"}[kind]
	stock := []string{"所有者权益合计", "资产总计", "存货", "应收账款"}[kind]
	a, b := s.rat(stock, p-1), s.rat(stock, p)
	mean := over(add(a, b), rat(2, 1))
	f := s.rat(flow, p)
	q := Question{Text: show(d, s, flow, stock).text, Places: 2, Negative: negative(f)}
	year := s.Periods[p]
	switch kind {
	case 0:
		q.Unit, q.Trap, q.Steps = "%", Share, 3
		q.Answer = percent(over(f, mean))
		q.Wrong = []*big.Rat{percent(over(f, b)), percent(over(f, a)), over(percent(over(f, add(a, b))), rat(1, 1)), percent(over(s.rat(flow, p-1), mean))}
		q.Ask = ask("以期初、期末平均数计算，"+s.Company+year+"的净资产收益率是多少？"+signHint(flow)+"公式：净利润÷[（期初所有者权益＋期末所有者权益）÷2]。", "%", 2)
	case 1:
		q.Unit, q.Trap, q.Steps = "次", Pure, 3
		q.Answer = over(f, mean)
		q.Wrong = []*big.Rat{over(f, b), over(f, a), over(mean, f), over(f, add(a, b))}
		q.Ask = ask(s.Company+year+"的总资产周转率是多少？公式：营业收入÷[（期初资产总计＋期末资产总计）÷2]。", "次", 2)
	default:
		q.Unit, q.Trap, q.Steps = "天", Pure, 4
		days := rat(365, 1)
		q.Answer = over(times(mean, days), f)
		q.Wrong = []*big.Rat{over(times(b, days), f), over(times(mean, rat(360, 1)), f), over(f, mean), over(times(a, days), f)}
		what := []string{"存货", "应收账款"}[kind-2]
		q.Ask = ask(s.Company+year+"的"+what+"周转天数是多少？一年按365天计算，公式：365×[（期初"+what+"＋期末"+what+"）÷2]÷"+flow+"。", "天", 2)
	}
	return q, true
}

func cashflow(d draw.Draw) (Question, bool) {
	s := MakeStatement(d)
	p := s.period(d, 0)
	op, inv, fin := s.rat("经营活动产生的现金流量净额", p), s.rat("投资活动产生的现金流量净额", p), s.rat("筹资活动产生的现金流量净额", p)
	begin, end := s.rat("期初现金余额", p), s.rat("期末现金余额", p)
	q := Question{Negative: negative(op, inv, fin)}
	switch d(4) {
	case 0:
		hidden := *s
		hidden.Cash = s.Cash[:3] // without the sum
		q.Text, q.Steps = show(d, &hidden, "经营活动产生的现金流量净额", "投资活动产生的现金流量净额", "筹资活动产生的现金流量净额").text, 2
		s.amountIn(d, &q, s.Company+s.Periods[p]+"的现金净增加额是多少？即三类活动现金流量净额之和，减少用负数表示。",
			add(add(op, inv), fin), minus(minus(op, inv), fin), add(op, fin), add(minus(op, inv), fin))
	case 1:
		hidden := *s
		hidden.Cash = s.Cash[:5] // without the end
		q.Text, q.Steps = show(d, &hidden, "现金净增加额", "期初现金余额").text, 1
		q.Negative = negative(minus(end, begin))
		s.amountIn(d, &q, s.Company+s.Periods[p]+"的期末现金余额是多少？", end, minus(begin, minus(end, begin)), begin, minus(end, begin))
	case 2:
		profit := s.rat("净利润", p)
		if profit.Sign() <= 0 {
			return Question{}, false
		}
		q.Text, q.Steps, q.Trap, q.Places = show(d, s, "经营活动产生的现金流量净额", "净利润").text, 1, Pure, 2
		q.Negative = negative(op)
		q.Answer = over(op, profit)
		q.Wrong = []*big.Rat{over(op, s.rat("营业利润", p)), over(op, s.rat("营业收入", p))}
		if op.Sign() != 0 {
			q.Wrong = append(q.Wrong, over(profit, op))
		}
		q.Ask = ask(s.Company+s.Periods[p]+"的净现比是多少？公式：经营活动产生的现金流量净额÷净利润。", "", 2)
	default:
		q.Text, q.Steps, q.Trap, q.Unit, q.Places = show(d, s, "经营活动产生的现金流量净额", "营业收入").text, 1, Share, "%", 2
		q.Negative = negative(op)
		q.Answer = percent(over(op, s.rat("营业收入", p)))
		q.Wrong = []*big.Rat{percent(over(inv, s.rat("营业收入", p))), percent(over(op, s.rat("营业成本", p))), percent(over(fin, s.rat("营业收入", p)))}
		q.Ask = ask(s.Company+s.Periods[p]+"经营活动产生的现金流量净额占营业收入的比重是多少？净流出用负数表示。", "%", 2)
	}
	return q, true
}

// loss asks how much a loss grew or shrank.
func loss(d draw.Draw) (Question, bool) {
	unit := draw.One(d, Units[1:])
	high := 90_000_00
	if unit.Name == "亿元" {
		high = 60_00
	}
	a, b := rat(int64(d.Between(high/20, high)), 100), rat(int64(d.Between(high/20, high)), 100)
	name := company(d)
	y := d.Between(2017, 2024)
	if a.Cmp(b) == 0 {
		return Question{}, false
	}
	text := name + itoa(y-1) + "年净利润为-" + a.FloatString(2) + unit.Name + "，" + itoa(y) + "年净利润为-" + b.FloatString(2) + unit.Name + "。"
	q := Question{Text: text, Unit: "%", Places: 2, Trap: Share, Steps: 2, Negative: true}
	if b.Cmp(a) < 0 {
		q.Answer = percent(over(minus(a, b), a))
		q.Wrong = []*big.Rat{percent(over(minus(a, b), b)), percent(over(b, a)), percent(over(minus(b, a), a))}
		q.Ask = ask(name+itoa(y)+"年的亏损额比上年收窄了百分之几？", "%", 2)
		return q, true
	}
	q.Answer = percent(over(minus(b, a), a))
	q.Wrong = []*big.Rat{percent(over(minus(b, a), b)), percent(over(b, a)), percent(over(minus(a, b), a))}
	q.Ask = ask(name+itoa(y)+"年的亏损额比上年扩大了百分之几？", "%", 2)
	return q, true
}

// perShare divides amounts by shares in another power of ten.
func perShare(d draw.Draw) (Question, bool) {
	unit := draw.One(d, Units[1:])
	profit := rat(int64(d.Between(3_000_00, 90_000_00)), 100) // 万元
	shares := int64(d.Between(4_000, 120_000))                // 万股
	name, y := company(d), d.Between(2016, 2024)
	shown := profit.FloatString(2) + "万元"
	if unit.Name == "亿元" {
		profit = rat(int64(d.Between(3000, 90_000)), 10_000) // 亿元 with four decimals
		shown = profit.FloatString(4) + "亿元"
		profit = times(profit, rat(10_000, 1))
	}
	q := Question{Unit: "元", Places: 2, Steps: 1, Trap: Converted}
	shareText := itoa64(shares) + "万股"
	if d.Chance(50) {
		shareText = decimal(shares, 4) + "亿股"
	}
	if (unit.Name == "亿元") == (shareText[len(shareText)-len("亿股"):] == "亿股") {
		q.Trap = SameUnit
	} else {
		q.Steps++
	}
	eps := over(profit, rat(shares, 1))
	if d.Chance(50) {
		q.Text = name + itoa(y) + "年归属于普通股股东的净利润为" + shown + "，当年发行在外的普通股加权平均数为" + shareText + "。"
		q.Ask = ask(name+itoa(y)+"年的基本每股收益是多少？", "元", 2)
		q.Answer = eps
		q.Wrong = []*big.Rat{times(eps, rat(10, 1)), over(eps, rat(10, 1)), over(rat(1, 1), eps)}
		return q, true
	}
	price := rat(int64(d.Between(300, 9000)), 100)
	q.Text = name + itoa(y) + "年归属于普通股股东的净利润为" + shown + "，总股本为" + shareText + "，年末收盘价为每股" + price.FloatString(2) + "元。"
	q.Ask = ask("按全年净利润计算，"+name+"年末的市盈率是多少？", "倍", 2)
	q.Unit, q.Steps = "倍", q.Steps+1
	q.Answer = over(price, eps)
	q.Wrong = []*big.Rat{over(eps, price), over(q.Answer, rat(10, 1)), times(price, eps)}
	return q, true
}
