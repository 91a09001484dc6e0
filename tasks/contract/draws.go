package contract

import (
	"time"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// days that contracts allow for this and that.
var (
	shortDays = []int64{2, 3, 5, 7, 10, 15}
	longDays  = []int64{15, 20, 30, 45, 60, 90}
)

// periods are the usual lengths of a field.
var periods = map[string][]Value{
	"payment_term":      spans([]int64{5, 7, 10, 15, 20, 30, 45, 60}, Days, Workdays),
	"inspection":        spans([]int64{3, 5, 7, 10, 15, 20}, Days, Workdays),
	"force_majeure":     spans(shortDays, Days, Workdays),
	"return":            spans(shortDays, Days, Workdays),
	"disclosure_notice": spans(shortDays, Days, Workdays),
	"prepay_notice":     spans([]int64{5, 7, 10, 15, 20, 30}, Days, Workdays),
	"notice":            spans(longDays, Days),
	"rent_free":         append(spans(longDays, Days), spans([]int64{1, 2, 3}, Months)...),
	"renewal_notice":    append(spans(longDays, Days), spans([]int64{1, 2, 3}, Months)...),
	"warranty":          spans([]int64{6, 12, 18, 24, 36}, Months),
	"confidentiality":   spans([]int64{12, 24, 36, 60, 120}, Months),
	"nonsolicit":        spans([]int64{6, 12, 18, 24, 36}, Months),
	"noncompete":        spans([]int64{6, 12, 18, 24}, Months),
	"probation":         spans([]int64{1, 2, 3, 6}, Months),
	"response":          spans([]int64{1, 2, 4, 8, 12, 24, 48}, Hours),
}

func spans(numbers []int64, units ...Unit) []Value {
	var out []Value
	for _, u := range units {
		for _, n := range numbers {
			out = append(out, Value{Kind: Duration, N: n, Unit: u})
		}
	}
	return out
}

// rates are the usual rates of a field, in millionths.
var rates = map[string][]int64{
	"late_payment":  {100, 200, 300, 500, 800, 1_000, 2_000, 3_000, 5_000},
	"late_delivery": {100, 200, 300, 500, 800, 1_000, 2_000, 3_000, 5_000},
	"cap":           {50_000, 100_000, 150_000, 200_000, 250_000, 300_000},
	"tax_rate":      {10_000, 30_000, 60_000, 90_000, 130_000},
	"rate":          {34_500, 36_500, 38_500, 42_000, 43_500, 46_000, 48_000, 52_500, 60_000, 72_000},
	"prepay_fee":    {5_000, 10_000, 15_000, 20_000, 30_000},
}

// money draws an amount between low and high yuan, of about three digits that count, now and then to the fen.
func money(d draw.Draw, low, high int64) int64 {
	n := low + int64(d(int(high-low+1)))
	step := int64(1)
	for n/step >= 1000 {
		step *= 10
	}
	if d.Chance(12) {
		return n*100 + int64(d(100))
	}
	return n / step * step * 100
}

func day(t time.Time) Value {
	return Value{Kind: Date, N: int64(t.Year())*10_000 + int64(t.Month())*100 + int64(t.Day())}
}

func anyDate(d draw.Draw, firstYear, lastYear int) time.Time {
	return time.Date(d.Between(firstYear, lastYear), time.Month(d.Between(1, 12)), d.Between(1, 28), 0, 0, 0, 0, time.UTC)
}

// value draws a value of a field that fits the rest of the contract.
func (b *builder) value(field string) Value {
	d := b.d
	f, _ := FieldByID(field)
	amount := func(fen int64) Value { return Value{Kind: Amount, N: fen} }
	part := func(whole int64, low, high int) Value { // a share, in percent, to the hundred yuan
		return amount(max(whole*int64(d.Between(low, high))/100/10_000, 1) * 10_000)
	}
	text := func(s string) Value { return Value{Kind: Text, Text: s} }
	switch f.Kind {
	case Duration:
		return draw.One(d, periods[field])
	case Percent:
		return Value{Kind: Percent, N: draw.One(d, rates[field])}
	case Count:
		return Value{Kind: Count, N: int64(2 * d.Between(1, 5))}
	}
	switch field {
	case "price":
		return amount(money(d, 50_000, 9_000_000))
	case "principal":
		return amount(money(d, 100_000, 20_000_000))
	case "rent":
		return amount(money(d, 3_000, 90_000))
	case "wage":
		return amount(money(d, 5_000, 40_000))
	case "deposit":
		if b.t.ID == "lease" && b.values["rent"].N > 0 {
			return amount(b.values["rent"].N * int64(d.Between(1, 3)))
		}
		if b.values["price"].N == 0 { // of an earlier contract
			return amount(money(d, 5_000, 300_000))
		}
		return part(b.values["price"].N, 5, 20)
	case "penalty":
		switch b.t.ID {
		case "lease":
			return part(b.values["rent"].N, 100, 300)
		case "labor":
			return amount(money(d, 50_000, 500_000))
		}
		return amount(money(d, 100_000, 2_000_000))
	case "compensation":
		return part(b.values["wage"].N, 30, 50)
	case "sign_date":
		return day(b.signed)
	case "start_date":
		return day(b.start)
	case "end_date":
		return day(b.start.AddDate(0, draw.One(d, []int{6, 12, 24, 36, 60}), d.Between(-1, 0)))
	case "delivery_date":
		return day(b.signed.AddDate(0, 0, d.Between(15, 150)))
	case "place":
		return text(address(d) + draw.One(d, buildings))
	case "purpose":
		return text(draw.One(d, purposes))
	case "ip":
		return text(draw.One(d, []string{b.payer, b.payee}))
	case "dispute":
		return text(tribunal(d, b.t, b.court))
	case "payer":
		return text(b.payerName)
	}
	return text(b.payeeName)
}
