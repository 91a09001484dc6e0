package finance

import (
	"math/big"
	"strings"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// A Unit is what the amounts of a table are in.
type Unit struct {
	Name string
	Yuan int64 // in one
}

// Units of tables, and the asked ones.
var Units = []Unit{{"元", 1}, {"万元", 10_000}, {"亿元", 100_000_000}}

// A Row is a line of a statement: a value for each period, in hundredths of the unit.
type Row struct {
	Name   string
	Values []int64
}

// A Statement is the accounts of a company over some periods, one after another without a gap.
type Statement struct {
	Company string
	Unit    Unit
	Periods []string
	Yearly  bool // periods are years, else quarters
	// Income, Balance and Cash are the three statements; the net profit, and the cash at the ends of periods, agree.
	Income, Balance, Cash []Row
}

// value is an item of any of the statements in hundredths of the unit.
func (s *Statement) value(name string, period int) int64 {
	for _, rows := range [][]Row{s.Income, s.Balance, s.Cash} {
		for _, r := range rows {
			if r.Name == name {
				return r.Values[period]
			}
		}
	}
	panic("finance: no item " + name)
}

// rat is an item in units of the table.
func (s *Statement) rat(name string, period int) *big.Rat {
	return big.NewRat(s.value(name, period), 100)
}

var (
	firmCities = []string{"江州", "云海", "南岭", "北原", "东湖", "西川", "长汀", "海宁", "青岚", "白鹭", "金沙", "玉泉"}
	firmBrands = []string{"远帆", "青禾", "恒岳", "星河", "蓝湾", "锦程", "清源", "瑞峰", "海川", "明德", "中澜", "鼎泽", "嘉木", "启衡", "安澜", "天穹"}
	firmTrades = []string{"科技", "股份", "新材", "药业", "电子", "重工", "能源", "食品", "物流", "装备", "环保", "通信"}
)

// company invents a listed company.
func company(d draw.Draw) string {
	return draw.One(d, firmCities) + draw.One(d, firmBrands) + draw.One(d, firmTrades)
}

// MakeStatement invents the accounts of a company over three years or five quarters.
func MakeStatement(d draw.Draw) *Statement {
	s := &Statement{Company: company(d), Unit: draw.One(d, Units), Yearly: d.Chance(60)}
	year := d.Between(2016, 2024)
	n := 3
	if !s.Yearly {
		n = 5
	}
	for i := range n {
		if s.Yearly {
			s.Periods = append(s.Periods, itoa(year-n+1+i)+"年")
			continue
		}
		s.Periods = append(s.Periods, itoa(year-1+i/4)+"年第"+string([]rune("一二三四")[i%4])+"季度")
	}
	// Revenue in hundredths of the unit: big companies where the unit is big, so that two decimals still say enough.
	low, high := 20_000_000_00, 900_000_000_00 // 元
	switch s.Unit.Name {
	case "万元":
		low, high = 8_000_00, 900_000_00
	case "亿元":
		low, high = 60_00, 1_800_00
	}
	revenue := int64(low + d(high-low))
	loss := d.Chance(25) // in the last period
	s.income(d, revenue, loss)
	s.balance(d, revenue)
	s.cash(d)
	return s
}

// part is a share of x between low and high per mille, drawn to the hundredth of one, so that ratios are no round numbers.
func part(d draw.Draw, x int64, low, high int) int64 {
	return new(big.Int).Quo(new(big.Int).Mul(big.NewInt(x), big.NewInt(int64(d.Between(100*low, 100*high)))), big.NewInt(100_000)).Int64()
}

func (s *Statement) income(d draw.Draw, revenue int64, loss bool) {
	names := []string{"营业收入", "营业成本", "税金及附加", "销售费用", "管理费用", "研发费用", "财务费用", "营业利润", "营业外收支净额", "利润总额", "所得税费用", "净利润"}
	s.Income = make([]Row, len(names))
	for i, n := range names {
		s.Income[i].Name = n
	}
	for p := range s.Periods {
		if p > 0 {
			revenue = part(d, revenue, 860, 1330)
		}
		cost := part(d, revenue, 520, 760)
		if loss && p == len(s.Periods)-1 {
			cost = part(d, revenue, 900, 1080)
		}
		v := []int64{
			revenue, cost, part(d, revenue, 4, 15), part(d, revenue, 20, 90), part(d, revenue, 25, 70), part(d, revenue, 10, 80),
			part(d, revenue, -6, 25),
		}
		operating := v[0]
		for _, x := range v[1:] {
			operating -= x
		}
		other := part(d, revenue, -4, 6)
		before := operating + other
		tax := int64(0)
		if before > 0 {
			tax = part(d, before, 120, 250)
		}
		for i, x := range append(v, operating, other, before, tax, before-tax) {
			s.Income[i].Values = append(s.Income[i].Values, x)
		}
	}
}

func (s *Statement) balance(d draw.Draw, revenue int64) {
	names := []string{
		"货币资金", "应收账款", "存货", "其他流动资产", "流动资产合计", "固定资产", "无形资产", "非流动资产合计", "资产总计",
		"短期借款", "应付账款", "流动负债合计", "长期借款", "负债合计", "所有者权益合计",
	}
	s.Balance = make([]Row, len(names))
	for i, n := range names {
		s.Balance[i].Name = n
	}
	if !s.Yearly {
		revenue *= 4
	}
	for range s.Periods {
		scale := part(d, revenue, 900, 1200)
		cash, receivable, stock, other := part(d, scale, 120, 300), part(d, scale, 90, 240), part(d, scale, 80, 260), part(d, scale, 10, 60)
		current := cash + receivable + stock + other
		fixed, rights := part(d, scale, 200, 600), part(d, scale, 20, 120)
		assets := current + fixed + rights
		short, payable, more := part(d, scale, 50, 200), part(d, scale, 80, 220), part(d, scale, 20, 90)
		long := part(d, scale, 30, 200)
		debts := short + payable + more + long
		for i, x := range []int64{
			cash, receivable, stock, other, current, fixed, rights, fixed + rights, assets, short, payable, short + payable + more, long, debts, assets - debts,
		} {
			s.Balance[i].Values = append(s.Balance[i].Values, x)
		}
	}
}

// cash makes flows that explain the change of 货币资金; in the first period the beginning is drawn.
func (s *Statement) cash(d draw.Draw) {
	names := []string{"经营活动产生的现金流量净额", "投资活动产生的现金流量净额", "筹资活动产生的现金流量净额", "现金净增加额", "期初现金余额", "期末现金余额"}
	s.Cash = make([]Row, len(names))
	for i, n := range names {
		s.Cash[i].Name = n
	}
	last := part(d, s.value("货币资金", 0), 700, 1200)
	for p := range s.Periods {
		end := s.value("货币资金", p)
		operating := part(d, s.value("营业收入", p), -40, 160)
		investing := -part(d, s.value("营业收入", p), 20, 140)
		for i, x := range []int64{operating, investing, end - last - operating - investing, end - last, last, end} {
			s.Cash[i].Values = append(s.Cash[i].Values, x)
		}
		last = end
	}
}

// A style is how a table looks.
type style struct {
	prose    bool // sentences instead of a table
	brackets bool // negative amounts as (1,234.50)
	commas   bool
}

func anyStyle(d draw.Draw) style {
	return style{prose: d.Chance(25), brackets: d.Chance(35), commas: d.Chance(75)}
}

// amount writes hundredths of a unit.
func (st style) amount(v int64) string {
	negative := v < 0
	if negative {
		v = -v
	}
	whole := itoa64(v / 100)
	if st.commas {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	s := whole + "." + itoa64(v%100/10) + itoa64(v%10)
	switch {
	case negative && st.brackets && !st.prose:
		return "(" + s + ")"
	case negative:
		return "-" + s
	}
	return s
}

// table writes rows of a statement under its title.
func (s *Statement) table(st style, title string, rows []Row) string {
	var b strings.Builder
	if st.prose {
		b.WriteString(s.Company + title + "摘要：\n")
		for _, r := range rows {
			b.WriteString(r.Name + "：")
			for i, p := range s.Periods {
				if i > 0 {
					b.WriteString("，")
				}
				b.WriteString(p + st.amount(r.Values[i]) + s.Unit.Name)
			}
			b.WriteString("。\n")
		}
		return strings.TrimSuffix(b.String(), "\n")
	}
	b.WriteString(s.Company + title + "（单位：" + s.Unit.Name + "）\n| 项目 |")
	for _, p := range s.Periods {
		b.WriteString(" " + p + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(s.Periods)) + "\n")
	for _, r := range rows {
		b.WriteString("| " + r.Name + " |")
		for i := range s.Periods {
			b.WriteString(" " + st.amount(r.Values[i]) + " |")
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
