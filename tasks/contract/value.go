package contract

import (
	"fmt"
	"strconv"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// Kind is what sort of value a clause has.
type Kind string

// The kinds of values, each with its canonical text.
const (
	Amount   Kind = "amount"   // yuan as a decimal: "1280000", "1280.5"
	Date     Kind = "date"     // "2024-03-05"
	Duration Kind = "duration" // number and unit: "30日", "15工作日", "12月", "48小时"; a year is twelve months
	Percent  Kind = "percent"  // a decimal fraction: 0.05% and 万分之五 are "0.0005"
	Count    Kind = "count"    // copies: "4"
	Text     Kind = "text"     // a name or place as it stands in the contract
)

// Unit is the unit of a duration.
type Unit string

// The units. Days are calendar days, workdays are something else.
const (
	Days     Unit = "日"
	Workdays Unit = "工作日"
	Months   Unit = "月"
	Hours    Unit = "小时"
)

// A Value is what a clause says, free of notation.
type Value struct {
	Kind Kind
	N    int64  // Amount: fen; Date: yyyymmdd; Duration: units; Percent: millionths; Count: copies
	Unit Unit   // Duration
	Text string // Text
}

// Canonical is the one text of the value; equal values have equal texts.
func (v Value) Canonical() string {
	switch v.Kind {
	case Amount:
		return decimal(v.N, 2)
	case Date:
		return fmt.Sprintf("%04d-%02d-%02d", v.N/10_000, v.N/100%100, v.N%100)
	case Duration:
		return strconv.FormatInt(v.N, 10) + string(v.Unit)
	case Percent:
		return decimal(v.N, 6)
	case Count:
		return strconv.FormatInt(v.N, 10)
	}
	return v.Text
}

// Display is the value in the notation of lists of options: the same for all values of a kind, so that only what it says tells options apart.
func (v Value) Display() string {
	switch v.Kind {
	case Amount:
		if v.N%100 != 0 {
			return grouped(v.N/100) + fmt.Sprintf(".%02d元", v.N%100)
		}
		return grouped(v.N/100) + "元"
	case Date:
		return fmt.Sprintf("%d年%d月%d日", v.N/10_000, v.N/100%100, v.N%100)
	case Duration:
		switch v.Unit {
		case Months:
			return fmt.Sprintf("%d个月", v.N)
		case Workdays:
			return fmt.Sprintf("%d个工作日", v.N)
		}
		return v.Canonical()
	case Percent:
		return decimal(v.N, 4) + "%"
	case Count:
		return v.Canonical() + "份"
	}
	return v.Text
}

// surface writes the value in one of the notations of contracts. Canonical numbers of all of them are equal. The dates of a paragraph share
// a form, which [dateForms] numbers.
func (v Value) surface(d draw.Draw, dateForm int) string {
	switch v.Kind {
	case Amount:
		return amountSurface(d, v.N)
	case Date:
		return dateSurface(dateForm, v.N)
	case Duration:
		return durationSurface(d, v)
	case Percent:
		return percentSurface(d, v.N)
	case Count:
		return []string{plain(v.N), capital(v.N), strconv.FormatInt(v.N, 10)}[d(3)] + "份"
	}
	return v.Text
}

func amountSurface(d draw.Draw, fen int64) string {
	digits := grouped(fen/100) + fmt.Sprintf(".%02d", fen%100)
	forms := []string{
		"人民币" + digits + "元",
		"人民币" + CapitalAmount(fen) + "（¥" + digits + "）",
		"¥" + digits + "元（大写：" + CapitalAmount(fen) + "）",
		"人民币" + CapitalAmount(fen),
		decimal(fen, 2) + "元",
	}
	// 128.5万元: at most two decimals.
	if fen >= 1_000_000 && fen%10_000 == 0 {
		wan := decimal(fen/10_000, 2) + "万元"
		forms = append(forms, "人民币"+wan, wan)
	}
	return draw.One(d, forms)
}

// dateForms is the number of ways to write a date.
const dateForms = 6

func dateSurface(form int, ymd int64) string {
	y, m, day := ymd/10_000, ymd/100%100, ymd%100
	switch form {
	case 0:
		return fmt.Sprintf("%d-%02d-%02d", y, m, day)
	case 1:
		return fmt.Sprintf("%d.%d.%d", y, m, day)
	case 2:
		return fmt.Sprintf("%d/%d/%d", y, m, day)
	case 3:
		var year []rune
		for _, c := range strconv.FormatInt(y, 10) {
			digit := plainDigits[c-'0']
			if c == '0' {
				digit = '〇'
			}
			year = append(year, digit)
		}
		return string(year) + "年" + plain(m) + "月" + plain(day) + "日"
	}
	return fmt.Sprintf("%d年%d月%d日", y, m, day)
}

func durationSurface(d draw.Draw, v Value) string {
	n, unit := v.N, string(v.Unit)
	switch v.Unit {
	case Workdays:
		unit = "个工作日"
	case Months:
		unit = "个月"
		if n%12 == 0 && d(3) > 0 {
			n, unit = n/12, "年"
		}
	case Days:
		unit = []string{"日", "日", "天", "个自然日"}[d(4)]
	}
	number := strconv.FormatInt(n, 10)
	switch d(4) {
	case 0, 1:
		// 两年 and 两个工作日, but 二日.
		if number = plain(n); n == 2 && unit != "日" {
			number = "两"
		}
	}
	return number + unit
}

// percentSurface writes a rate. Small ones have forms per ten thousand and per thousand of their own.
func percentSurface(d draw.Draw, millionths int64) string {
	forms := []string{decimal(millionths, 4) + "%"}
	if millionths%10_000 == 0 && millionths <= 500_000 {
		forms = append(forms, "百分之"+plain(millionths/10_000))
	}
	if millionths < 10_000 {
		if millionths%100 == 0 && millionths < 1_000 {
			forms = append(forms, "万分之"+plain(millionths/100))
		}
		forms = append(forms, decimal(millionths, 3)+"‰")
		if millionths%1_000 == 0 {
			forms = append(forms, "千分之"+plain(millionths/1_000))
		}
	}
	return draw.One(d, forms)
}
