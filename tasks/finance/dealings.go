package finance

import (
	"math/big"
	"strings"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// weighted asks for means with weights: rates of loans, costs of goods, returns of a portfolio.
func weighted(d draw.Draw) (Question, bool) {
	n := d.Between(2, 4)
	kind := d(3)
	sum, weight, plain := new(big.Rat), new(big.Rat), new(big.Rat)
	var parts []string
	var values []*big.Rat
	name := company(d)
	for i := range n {
		var w, x *big.Rat
		label := string([]rune("一二三四")[i])
		switch kind {
		case 0:
			w, x = rat(int64(d.Between(5, 90))*100, 1), rat(int64(d.Between(285, 690)), 100)
			parts = append(parts, "第"+label+"笔本金"+w.FloatString(0)+"万元，年利率"+x.FloatString(2)+"%")
		case 1:
			w, x = rat(int64(d.Between(10, 400))*10, 1), rat(int64(d.Between(1500, 9900)), 100)
			parts = append(parts, "第"+label+"批购入"+w.FloatString(0)+"件，单价"+x.FloatString(2)+"元")
		default:
			w, x = rat(int64(d.Between(2, 60))*10, 1), rat(int64(d.Between(-600, 1800)), 100)
			parts = append(parts, "资产"+string(rune('A'+i))+"市值"+w.FloatString(0)+"万元，当年收益率"+x.FloatString(2)+"%")
		}
		sum, weight, plain = add(sum, times(w, x)), add(weight, w), add(plain, x)
		values = append(values, x)
	}
	q := Question{Places: 2, Steps: n + n - 1 + n - 1 + 1, Answer: over(sum, weight), Negative: negative(values...)}
	q.Wrong = append([]*big.Rat{over(plain, rat(int64(n), 1))}, values...)
	given := strings.Join(parts, "；") + "。"
	switch kind {
	case 0:
		q.Unit, q.Trap = "%", Share
		q.Text = name + "有" + itoa(n) + "笔银行借款：" + given
		q.Ask = ask(name+"借款的加权平均年利率是多少？以本金为权数。", "%", 2)
	case 1:
		q.Unit, q.Trap = "元", SameUnit
		q.Text = name + "本月分批购入同一种原材料：" + given
		q.Ask = ask("采用加权平均法，该材料的平均单位成本是多少？", "元", 2)
	default:
		q.Unit, q.Trap = "%", Share
		q.Text = "某投资组合由" + itoa(n) + "类资产组成，期初情况如下：" + given + "投资经理为" + name + "。"
		q.Ask = ask("以期初市值为权数，该组合当年的收益率是多少？亏损用负数表示。", "%", 2)
	}
	return q, true
}

func tax(d draw.Draw) (Question, bool) {
	name := company(d)
	q := Question{Places: 2, Unit: "万元", Trap: SameUnit}
	hundred := rat(100, 1)
	switch d(4) {
	case 0: // out of a price with tax
		rate := rat(int64(draw.One(d, []int{3, 6, 9, 13})), 1)
		gross := rat(int64(d.Between(20_00, 9_000_00)), 100)
		net := over(gross, add(rat(1, 1), over(rate, hundred)))
		q.Text = name + "销售一批货物，开具的增值税专用发票价税合计为" + gross.FloatString(2) + "万元，适用的增值税税率为" + rate.FloatString(0) + "%。"
		if d.Chance(50) {
			q.Ask, q.Answer, q.Steps = ask("该批货物的不含税销售额是多少？", "万元", 2), net, 2
			q.Wrong = []*big.Rat{times(gross, minus(rat(1, 1), over(rate, hundred))), minus(gross, net), times(gross, add(rat(1, 1), over(rate, hundred)))}
			return q, true
		}
		q.Ask, q.Answer, q.Steps = ask("该笔销售的增值税销项税额是多少？", "万元", 2), minus(gross, net), 3
		q.Wrong = []*big.Rat{times(gross, over(rate, hundred)), net, times(net, over(add(rate, rate), hundred))}
	case 1: // output less input
		rate := rat(int64(draw.One(d, []int{6, 9, 13})), 1)
		sales, input := rat(int64(d.Between(500_00, 9_000_00)), 100), rat(int64(d.Between(10_00, 60_00)), 100)
		out := times(sales, over(rate, hundred))
		q.Text = name + "为增值税一般纳税人，本月不含税销售额为" + sales.FloatString(2) + "万元，适用税率" + rate.FloatString(0) + "%，当月可抵扣的进项税额为" + input.FloatString(2) + "万元。"
		q.Ask, q.Answer, q.Steps = ask("本月应纳增值税额是多少？留抵用负数表示。", "万元", 2), minus(out, input), 2
		q.Wrong = []*big.Rat{out, add(out, input), minus(over(times(sales, rate), add(hundred, rate)), input)}
	case 2: // income tax with adjustments
		profit, up, down := rat(int64(d.Between(500_00, 60_000_00)), 100), rat(int64(d.Between(10_00, 400_00)), 100), rat(int64(d.Between(10_00, 300_00)), 100)
		rate := rat(int64(draw.One(d, []int{15, 25})), 1)
		base := minus(add(profit, up), down)
		q.Text = name + "本年利润总额为" + profit.FloatString(2) + "万元，其中国债利息收入" + down.FloatString(2) + "万元（免税），超过扣除标准的业务招待费" + up.FloatString(2) +
			"万元（需纳税调增），适用的企业所得税税率为" + rate.FloatString(0) + "%，无其他纳税调整事项。"
		q.Ask, q.Answer, q.Steps = ask("本年应纳企业所得税额是多少？", "万元", 2), times(base, over(rate, hundred)), 3
		q.Wrong = []*big.Rat{times(profit, over(rate, hundred)), times(add(add(profit, up), down), over(rate, hundred)), times(minus(minus(profit, up), down), over(rate, hundred))}
	default: // net profit from profit before tax in another unit
		profit := rat(int64(d.Between(120, 9_000)), 100)
		rate := rat(int64(draw.One(d, []int{15, 20, 25})), 1)
		net := times(profit, minus(rat(1, 1), over(rate, hundred)))
		q.Text = name + "本年利润总额为" + profit.FloatString(2) + "亿元，所得税费用按" + rate.FloatString(0) + "%的税率计算，无纳税调整事项。"
		q.Ask, q.Answer, q.Steps, q.Trap = ask("本年净利润是多少？", "万元", 2), times(net, rat(10_000, 1)), 3, Converted
		q.Wrong = []*big.Rat{times(profit, over(times(rate, rat(10_000, 1)), hundred)), times(net, rat(1_000, 1)), times(profit, rat(10_000, 1))}
	}
	return q, true
}

func interest(d draw.Draw) (Question, bool) {
	name := company(d)
	p := rat(int64(d.Between(5, 990))*10, 1) // 万元
	rate := rat(int64(d.Between(145, 780)), 100)
	r := over(rate, rat(100, 1))
	q := Question{Places: 2, Unit: "万元", Trap: SameUnit}
	inYuan := func(x ...*big.Rat) []*big.Rat {
		for i := range x {
			x[i] = times(x[i], rat(10_000, 1))
		}
		return x
	}
	switch d(3) {
	case 0: // by days
		days := rat(int64(d.Between(15, 300)), 1)
		q.Text = name + "取得短期借款" + p.FloatString(0) + "万元，年利率" + rate.FloatString(2) + "%，实际使用" + days.FloatString(0) + "天，一年按360天计息，到期一次还本付息。"
		x := over(times(times(p, r), days), rat(360, 1))
		q.Answer, q.Steps = x, 3
		q.Wrong = []*big.Rat{over(times(times(p, r), days), rat(365, 1)), times(p, r), add(p, x)}
		q.Ask = ask("到期应支付的利息是多少？", "万元", 2)
		if d.Chance(50) {
			q.Unit, q.Trap, q.Steps = "元", Converted, 4
			q.Answer = times(x, rat(10_000, 1))
			q.Wrong = append(inYuan(q.Wrong...), times(x, rat(1000, 1)))
			q.Ask = ask("到期应支付的利息是多少？", "元", 2)
		}
	case 1: // simple, over years
		years := d.Between(2, 5)
		q.Text = name + "将" + p.FloatString(0) + "万元存为" + itoa(years) + "年期定期存款，年利率" + rate.FloatString(2) + "%，按单利计息，到期一次支取。"
		x := times(times(p, r), rat(int64(years), 1))
		compound := minus(times(p, power(add(rat(1, 1), r), years)), p)
		q.Answer, q.Steps, q.Wrong = add(p, x), 3, []*big.Rat{x, add(p, compound), add(p, times(p, r))}
		q.Ask = ask("到期本息合计是多少？", "万元", 2)
	default: // compound
		years := d.Between(2, 5)
		q.Text = name + "购买理财产品" + p.FloatString(0) + "万元，年收益率" + rate.FloatString(2) + "%，按年复利，期限" + itoa(years) + "年，期满一次兑付。"
		total := times(p, power(add(rat(1, 1), r), years))
		simple := times(p, add(rat(1, 1), times(r, rat(int64(years), 1))))
		q.Answer, q.Steps, q.Wrong = total, years+1, []*big.Rat{simple, minus(total, p), times(p, power(add(rat(1, 1), r), years-1)), times(p, power(add(rat(1, 1), r), years+1))}
		q.Ask = ask("期满时本息合计是多少？", "万元", 2)
	}
	return q, true
}

// currencies with a range of rates in yuan for one unit, in ten-thousandths.
var currencies = []struct {
	name      string
	low, high int
}{{"美元", 63_000, 73_500}, {"欧元", 71_000, 81_500}, {"英镑", 81_000, 93_500}, {"港元", 8_050, 9_400}}

func exchange(d draw.Draw) (Question, bool) {
	name := company(d)
	list := draw.Shuffled(d, currencies)
	a, b := list[0], list[1]
	ra, rb := rat(int64(d.Between(a.low, a.high)), 10_000), rat(int64(d.Between(b.low, b.high)), 10_000)
	x := rat(int64(d.Between(20, 900))*5, 1) // ten thousands of the currency
	quote := func(c string, r *big.Rat) string { return "1" + c + "＝" + r.FloatString(4) + "元人民币" }
	q := Question{Places: 2}
	switch d(4) {
	case 0:
		q.Text = name + "收到货款" + x.FloatString(0) + "万" + a.name + "，当日汇率为" + quote(a.name, ra) + "。"
		q.Ask, q.Unit, q.Trap, q.Steps = ask("该笔货款折合人民币多少？", "万元", 2), "万元", SameUnit, 1
		q.Answer, q.Wrong = times(x, ra), []*big.Rat{over(x, ra), times(x, rb), times(times(x, ra), rat(100, 1))}
	case 1:
		cny := rat(int64(d.Between(50, 5000))*10, 1)
		q.Text = name + "需用人民币" + cny.FloatString(0) + "万元购汇，当日汇率为" + quote(a.name, ra) + "。"
		q.Ask, q.Unit, q.Trap, q.Steps = ask("不计手续费，可兑换多少"+a.name+"？", "万"+a.name, 2), "万"+a.name, SameUnit, 1
		q.Answer, q.Wrong = over(cny, ra), []*big.Rat{times(cny, ra), over(cny, rb), over(times(cny, rat(10, 1)), ra)}
	case 2:
		q.Text = name + "持有" + x.FloatString(0) + "万" + a.name + "，拟换成" + b.name + "。当日汇率为" + quote(a.name, ra) + "，" + quote(b.name, rb) + "。"
		q.Ask, q.Unit, q.Trap, q.Steps = ask("按上述汇率套算，可换得多少"+b.name+"？", "万"+b.name, 2), "万"+b.name, SameUnit, 2
		q.Answer, q.Wrong = over(times(x, ra), rb), []*big.Rat{over(times(x, rb), ra), times(times(x, ra), rb), times(x, ra)}
	default:
		later := rat(int64(d.Between(a.low, a.high)), 10_000)
		change := minus(later, ra)
		q.Text = name + "账上有" + x.FloatString(0) + "万" + a.name + "应收账款，入账时汇率为" + quote(a.name, ra) + "，期末汇率为" + quote(a.name, later) + "。"
		q.Ask, q.Unit, q.Trap, q.Steps = ask("该笔应收账款的期末汇兑损益是多少？收益为正，损失用负数表示。", "元", 2), "元", Converted, 3
		yuan := times(times(x, change), rat(10_000, 1))
		q.Answer, q.Wrong = yuan, []*big.Rat{new(big.Rat).Neg(yuan), over(yuan, rat(10, 1)), over(yuan, rat(10_000, 1)), times(times(x, later), rat(10_000, 1))}
	}
	return q, true
}
