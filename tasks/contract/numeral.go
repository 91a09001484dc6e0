package contract

import (
	"strconv"
	"strings"
)

// The numerals of everyday Chinese and those of banking, which cannot be altered by a stroke.
var (
	plainDigits   = []rune("零一二三四五六七八九")
	plainUnits    = []string{"", "十", "百", "千"}
	capitalDigits = []rune("零壹贰叁肆伍陆柒捌玖")
	capitalUnits  = []string{"", "拾", "佰", "仟"}
)

// plain writes n in [0,1e12) in everyday numerals: 十五, 二十三, 一百零五, 一万二千.
func plain(n int64) string {
	s := numeral(n, plainDigits, plainUnits)
	if rest, ok := strings.CutPrefix(s, "一十"); ok {
		return "十" + rest
	}
	return s
}

// capital writes n in [0,1e12) in banking numerals: 壹拾伍, 贰佰万.
func capital(n int64) string { return numeral(n, capitalDigits, capitalUnits) }

func numeral(n int64, digits []rune, units []string) string {
	if n == 0 {
		return string(digits[0])
	}
	var b strings.Builder
	gap := false // a zero is due before the next digit
	for group := 2; group >= 0; group-- {
		size := int64(1)
		for range group {
			size *= 10_000
		}
		part := n / size % 10_000
		for at := 3; at >= 0; at-- {
			p := int64(1)
			for range at {
				p *= 10
			}
			digit := part / p % 10
			if digit == 0 {
				gap = gap || b.Len() > 0
				continue
			}
			if gap {
				b.WriteRune(digits[0])
				gap = false
			}
			b.WriteRune(digits[digit])
			b.WriteString(units[at])
		}
		if part > 0 {
			b.WriteString([]string{"", "万", "亿"}[group])
			// 壹拾万伍仟 has a zero only where a place of the next group is empty.
			gap = false
		}
	}
	return b.String()
}

// CapitalAmount writes an amount, in fen, as the capital form that stands on invoices: 壹佰贰拾捌万元整, 叁仟零伍元贰角整, 捌佰元零伍分.
//
// Source: 支付结算办法 (People's Bank of China, 1997), annex 1.
func CapitalAmount(fen int64) string {
	yuan, jiao, cents := fen/100, fen/10%10, fen%10
	s := ""
	if yuan > 0 {
		s = capital(yuan) + "元"
	}
	switch {
	case jiao == 0 && cents == 0:
		if s == "" {
			s = "零元"
		}
		return s + "整"
	case jiao == 0 && s != "":
		s += "零"
	case jiao > 0:
		s += string(capitalDigits[jiao]) + "角"
	}
	if cents == 0 {
		return s + "整"
	}
	return s + string(capitalDigits[cents]) + "分"
}

// grouped writes n with a comma after every third digit from the right.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// decimal writes n/10^places without zeros at the end.
func decimal(n int64, places int) string {
	s := strconv.FormatInt(n, 10)
	if places == 0 {
		return s
	}
	if len(s) <= places {
		s = strings.Repeat("0", places+1-len(s)) + s
	}
	at := len(s) - places
	return strings.TrimSuffix(s[:at]+"."+strings.TrimRight(s[at:], "0"), ".")
}
