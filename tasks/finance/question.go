package finance

import (
	"math/big"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// Trap is how the unit of the answer goes with those of the numbers.
type Trap string

// The traps.
const (
	SameUnit  Trap = "same"      // the table's own unit
	Converted Trap = "converted" // another power of ten: 万元 in the table, 亿元 asked
	Share     Trap = "percent"   // a share of a hundred
	Points    Trap = "points"    // a difference of shares, in percentage points
	Pure      Trap = "pure"      // a ratio, a number of times or days
)

// A Question asks for a number on a text.
type Question struct {
	Operation string
	Text      string // tables and what else is given
	Ask       string // with the unit and the number of decimals
	Unit      string // asked: "元", "万元", "亿元", "美元", "%", "个百分点", "倍", "天", ...; "" = none
	Places    int    // decimals that are asked for
	Answer    *big.Rat
	Wrong     []*big.Rat // what the usual mistakes give, in the same unit; may repeat each other or the answer
	Steps     int        // arithmetic operations on numbers of the text, conversion of the unit included; 0 = looked up
	Trap      Trap
	Negative  bool // a number that goes in, or the answer, is negative
}

// An Operation makes questions of one sort.
type Operation struct {
	Name string // "yoy"
	// Title is what it is called in breakdowns.
	Title string
	make  func(d draw.Draw) (q Question, ok bool) // ok false: the numbers drawn do not fit
}

// Operations lists the sorts of questions.
func Operations() []Operation {
	return []Operation{
		{"lookup", "取数", lookup},
		{"difference", "差额", difference},
		{"total", "合计", total},
		{"average", "平均", average},
		{"yoy", "同比增速", yoy},
		{"qoq", "环比增速", qoq},
		{"share", "占比", share},
		{"margin", "利润率", margin},
		{"points", "百分点变动", points},
		{"cagr", "复合增长率", cagr},
		{"solvency", "偿债指标", solvency},
		{"return", "收益与周转", returns},
		{"cashflow", "现金流量", cashflow},
		{"loss", "亏损变动", loss},
		{"per_share", "每股指标", perShare},
		{"weighted", "加权平均", weighted},
		{"tax", "税额计算", tax},
		{"interest", "利息计算", interest},
		{"exchange", "外币折算", exchange},
	}
}

// Make makes a question of an operation.
func Make(o Operation, d draw.Draw) Question {
	for {
		q, ok := o.make(d)
		if !ok {
			continue
		}
		q.Operation = o.Name
		// An answer that rounds to nothing, or is beyond belief, is drawn again.
		abs := new(big.Rat).Abs(q.Answer)
		if least := rat(1, 2); q.Places > 0 && abs.Cmp(over(least, power(rat(10, 1), q.Places))) < 0 || q.Places == 0 && abs.Cmp(least) < 0 {
			continue
		}
		if abs.Cmp(rat(1_000_000_000_000, 1)) > 0 || (q.Trap == Share || q.Trap == Points) && abs.Cmp(rat(400, 1)) > 0 {
			continue
		}
		q.Negative = q.Negative || q.Answer.Sign() < 0
		return q
	}
}

// Near returns n different wrong numbers for a list of options, all different from each other and from the answer as written with the asked
// decimals: what the usual mistakes give first, then slips of digits and of the decimal point. written writes a number.
func (q Question) Near(n int, d draw.Draw, written func(*big.Rat) string) []*big.Rat {
	seen := map[string]bool{written(q.Answer): true}
	var out []*big.Rat
	take := func(list []*big.Rat) {
		for _, x := range list {
			if len(out) == n {
				return
			}
			if s := written(x); !seen[s] && strings.Trim(s, "-0.") != "" {
				seen[s] = true
				out = append(out, x)
			}
		}
	}
	take(draw.Shuffled(d, q.Wrong))
	slips := []*big.Rat{
		times(q.Answer, rat(10, 1)), over(q.Answer, rat(10, 1)), new(big.Rat).Neg(q.Answer), times(q.Answer, rat(11, 10)),
		times(q.Answer, rat(9, 10)), times(q.Answer, rat(2, 1)), times(q.Answer, rat(6, 5)), times(q.Answer, rat(4, 5)),
	}
	if q.Answer.Sign() > 0 && q.Trap != Share && q.Trap != Points { // a negative amount of money would be seen at once
		slips = slices.Delete(slips, 2, 3)
	}
	take(draw.Shuffled(d, slips))
	return out
}

// ask puts the unit and the decimals behind a question.
func ask(text, unit string, places int) string {
	s := text
	switch {
	case unit == "":
		s += "（"
	default:
		s += "（单位：" + unit + "，"
	}
	if places == 0 {
		return s + "四舍五入取整数）"
	}
	return s + "保留" + string([]rune("零一两三四")[places]) + "位小数）"
}

// statement makes accounts and the text that shows some of their items: those that are needed, and others beside them.
type shown struct {
	*Statement
	text string
}

func show(d draw.Draw, s *Statement, needed ...string) shown {
	st := anyStyle(d)
	text := ""
	for _, part := range []struct {
		title string
		rows  []Row
	}{{"利润表", s.Income}, {"资产负债表", s.Balance}, {"现金流量表", s.Cash}} {
		var rows []Row
		needs := slices.ContainsFunc(part.rows, func(r Row) bool { return slices.Contains(needed, r.Name) })
		if !needs {
			continue
		}
		keep := d.Between(30, 80) // percent of the other rows
		for _, r := range part.rows {
			if slices.Contains(needed, r.Name) || d.Chance(keep) {
				rows = append(rows, r)
			}
		}
		if text != "" {
			text += "\n\n"
		}
		text += s.table(st, part.title, rows)
	}
	return shown{s, text}
}

// period picks one of the periods from the given one on.
func (s *Statement) period(d draw.Draw, from int) int { return d.Between(from, len(s.Periods)-1) }

// other picks a unit that is not the table's and in which an amount of the table still has digits.
func (s *Statement) otherUnit(d draw.Draw) Unit {
	return draw.One(d, slices.DeleteFunc(slices.Clone(Units), func(u Unit) bool {
		return u == s.Unit || s.Unit.Name == "亿元" && u.Name == "元" || s.Unit.Name == "元" && u.Name == "元"
	}))
}

// inUnit converts an amount of the table.
func (s *Statement) inUnit(x *big.Rat, u Unit) *big.Rat { return times(x, rat(s.Unit.Yuan, u.Yuan)) }

// amountIn asks for an amount of the table, in half of the cases in another unit.
func (s *Statement) amountIn(d draw.Draw, q *Question, text string, answer *big.Rat, wrong ...*big.Rat) {
	u := s.Unit
	q.Trap = SameUnit
	if d.Chance(50) {
		u = s.otherUnit(d)
		q.Trap = Converted
		q.Steps++
		wrong = append(wrong, over(answer, rat(10, 1)), times(answer, rat(10, 1)), over(answer, rat(1000, 1)))
	}
	q.Unit, q.Places = u.Name, 2
	q.Ask = ask(text, u.Name, 2)
	q.Answer = s.inUnit(answer, u)
	for _, w := range wrong {
		q.Wrong = append(q.Wrong, s.inUnit(w, u))
	}
}

var (
	flows      = []string{"营业收入", "营业成本", "销售费用", "管理费用", "研发费用", "营业利润", "利润总额", "净利润", "经营活动产生的现金流量净额"}
	stocks     = []string{"货币资金", "应收账款", "存货", "流动资产合计", "固定资产", "资产总计", "流动负债合计", "负债合计", "所有者权益合计"}
	always     = []string{"营业收入", "营业成本", "销售费用", "管理费用", "研发费用"} // never negative
	anyAmounts = append(append([]string{}, flows...), stocks...)
)
