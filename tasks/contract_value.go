package tasks

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/llama4-eval/llama4-eval/tasks/contract"
)

const chineseNumeral = `[〇零○一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟]+`

var (
	datePattern = regexp.MustCompile(`(\d{4}|[〇零○一二三四五六七八九]{4})\s*[-年./]\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*[-月./]\s*(\d{1,2}|[一二三四五六七八九十]{1,3})`)
	// a date, or the beginning of one: a year of four digits is no length of time
	calendarPattern = regexp.MustCompile(datePattern.String() + `日?|(\d{4}|[〇零○一二三四五六七八九]{4})\s*年(\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*月)?`)

	spanPattern = regexp.MustCompile(`(\d{1,4}|` + chineseNumeral + `|半)\s*个?(工作日|自然日|日历日|日|天|星期|周|月|年|小时|钟头)(半?)`)
	copyPattern = regexp.MustCompile(`(\d{1,3}|` + chineseNumeral + `)\s*份`)
)

// contractValue is the canonical text of what a clause says, for comparison with [contract.Value.Canonical]. ok is false when the text holds no value
// of that kind, or several that differ.
func contractValue(kind contract.Kind, text string) (canonical string, ok bool) {
	switch kind {
	case contract.Amount:
		return onlyOne(findNumbers(text), func(n number) (string, bool) {
			return exactDecimal(n.value), n.unit == "" || n.unit == "元"
		})
	case contract.Percent:
		return onlyOne(findNumbers(text), func(n number) (string, bool) {
			scale, ok := map[string]int64{"%": 100, "‰": 1000, "bp": 10_000}[n.unit]
			if !ok {
				return "", false
			}
			return exactDecimal(new(big.Rat).Quo(n.value, big.NewRat(scale, 1))), true
		})
	case contract.Date:
		return onlyOne(datePattern.FindAllStringSubmatch(foldText(text), -1), func(m []string) (string, bool) {
			y, m1, d := smallNumber(m[1]), smallNumber(m[2]), smallNumber(m[3])
			return fmt.Sprintf("%04d-%02d-%02d", y, m1, d), y > 0 && m1 >= 1 && m1 <= 12 && d >= 1 && d <= 31
		})
	case contract.Duration:
		return onlyOne(spanPattern.FindAllStringSubmatch(calendarPattern.ReplaceAllString(foldText(text), " "), -1), contractDuration)
	case contract.Count:
		if n := smallNumber(strings.TrimSpace(text)); n > 0 {
			return fmt.Sprint(n), true
		}
		// 一式肆份，双方各执贰份: the first is the number of all.
		if m := copyPattern.FindStringSubmatch(foldText(text)); m != nil {
			return fmt.Sprint(smallNumber(m[1])), true
		}
		return "", false
	}
	s := trimQuote(foldText(text))
	return s, s != ""
}

// onlyOne maps the finds of a text to canonical texts and returns that on which all agree.
func onlyOne[T any](found []T, canonical func(T) (string, bool)) (string, bool) {
	out, any := "", false
	for _, f := range found {
		s, ok := canonical(f)
		if !ok {
			continue
		}
		if any && s != out {
			return "", false
		}
		out, any = s, true
	}
	return out, any
}

// contractDuration reads number and unit; years become months, and weeks days.
func contractDuration(m []string) (string, bool) {
	n, half := smallNumber(m[1]), m[1] == "半"
	if n < 0 && !half {
		return "", false
	}
	n = max(n, 0)
	switch m[2] {
	case "年":
		n *= 12
		if half || m[3] != "" {
			n += 6
		}
		return fmt.Sprintf("%d%s", n, contract.Months), true
	case "月":
		return fmt.Sprintf("%d%s", n, contract.Months), !half && m[3] == ""
	case "周", "星期":
		return fmt.Sprintf("%d%s", 7*n, contract.Days), !half
	case "工作日":
		return fmt.Sprintf("%d%s", n, contract.Workdays), !half
	case "小时", "钟头":
		return fmt.Sprintf("%d%s", n, contract.Hours), !half
	}
	return fmt.Sprintf("%d%s", n, contract.Days), !half
}

// smallNumber reads a whole number without unit, -1 if it is none.
func smallNumber(s string) int {
	v, unit, ok := parseNumber(s)
	if !ok || unit != "" || !v.IsInt() || v.Sign() < 0 || v.Num().BitLen() > 24 {
		return -1
	}
	return int(v.Num().Int64())
}

// exactDecimal writes a decimal without zeros at its end, a fraction that is none to twelve places.
func exactDecimal(v *big.Rat) string {
	s := v.FloatString(12)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
