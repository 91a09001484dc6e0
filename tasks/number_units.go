package tasks

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A unitWord is a spelling of a unit.
type unitWord struct{ word, unit string }

// spellings lists units with their spellings, the longest first, so that 百分点 is not read as 百.
func spellings(units ...[]string) []unitWord {
	var out []unitWord
	for _, u := range units {
		for _, w := range u {
			out = append(out, unitWord{w, u[0]})
		}
	}
	slices.SortStableFunc(out, func(a, b unitWord) int {
		return cmp.Compare(utf8.RuneCountInString(b.word), utf8.RuneCountInString(a.word))
	})
	return out
}

// currencySigns stand before a number, numberUnits after it. The first spelling of each is its canonical name.
var (
	currencySigns = spellings(
		[]string{"元", "¥", "RMB", "CNY", "人民币"}, []string{"美元", "$", "US$", "USD"}, []string{"港元", "HK$", "HKD"},
		[]string{"欧元", "€", "EUR"}, []string{"英镑", "£", "GBP"},
	)
	numberUnits = spellings(
		[]string{"元", "圆", "块", "块钱", "元人民币", "人民币", "RMB", "CNY"}, []string{"美元", "美金", "USD", "刀"}, []string{"港元", "港币", "HKD"},
		[]string{"欧元", "EUR"}, []string{"英镑", "GBP"}, []string{"日元", "日圆", "JPY"},
		[]string{"%", "个%", "percent"}, []string{"‰"}, []string{"百分点", "个百分点"}, []string{"bp", "bps", "BP", "BPS", "个bp", "基点", "个基点"},
		[]string{"倍"}, []string{"年", "年度"}, []string{"月", "月份"}, []string{"日", "号"}, []string{"个月"}, []string{"天"}, []string{"季度"},
		[]string{"股"}, []string{"手"}, []string{"吨"}, []string{"千克", "公斤", "kg"}, []string{"千米", "公里", "km"}, []string{"米"},
		[]string{"平方米", "㎡"}, []string{"人"}, []string{"户"}, []string{"家"}, []string{"台"}, []string{"辆"}, []string{"件"}, []string{"次"}, []string{"岁"},
		[]string{"小时"}, []string{"分钟"}, []string{"秒"}, []string{"个"}, []string{"条"}, []string{"只"}, []string{"本"}, []string{"页"}, []string{"章"}, []string{"回"},
	)
)

// unitAt finds the longest spelling that stands at i. Letters of Latin script must end there: 5bpm is no unit bp.
func (s numberText) unitAt(i int, units []unitWord) (end int, unit string) {
	if i >= len(s.r) {
		return i, ""
	}
	for _, u := range units {
		j, ok := s.has(i, u.word)
		if !ok {
			continue
		}
		if isLatin(s.r[j-1]) && j < len(s.r) && isLatin(s.r[j]) {
			continue
		}
		return j, u.unit
	}
	return i, ""
}

func isLatin(r rune) bool { return r < unicode.MaxASCII && unicode.IsLetter(r) }

// foreign returns the end of digits at i that are no number: part of a name (A4, v1.2.3), a date (2023-12-31, 2023/1/5) or a time (12:30).
func (s numberText) foreign(i int) int {
	r := s.r
	if !isDigit(r[i]) {
		return i
	}
	digits := func(j, most int) int {
		k := j
		for k < len(r) && isDigit(r[k]) && k-j < most {
			k++
		}
		return k
	}
	end := digits(i, len(r))
	if i > 0 && isDigit(r[i-1]) { // the rest of what is no number
		return end
	}
	parts := func(sep rune, most int) (n, at int) { // parts that follow with the same separator
		for at = end; at+1 < len(r) && r[at] == sep && isDigit(r[at+1]); n++ {
			at = digits(at+1, most)
		}
		return n, at
	}
	if i > 0 && (isLatin(r[i-1]) || r[i-1] == '_') {
		if _, unit := s.unitAt(max(0, i-3), currencySigns); unit != "" {
			return i
		}
		_, at := parts('.', len(r))
		return at
	}
	for _, sep := range "-/." {
		if n, at := parts(sep, 2); n == 2 && end-i == 4 || n >= 2 && sep == '.' {
			return at
		}
	}
	if n, at := parts(':', 2); n > 0 && end-i <= 2 && at-end-1 >= 2 {
		return at
	}
	return i
}

// stands says whether the number from i to end is one in running text.
func (s numberText) stands(i, end int, n number) bool {
	j := i
	for j < end && !isDigit(s.r[j]) {
		j++
	}
	latin := j < end
	if latin {
		// A letter right after digits makes them part of a name (5G, 3D); units have been read.
		return end == len(s.r) || !isLatin(s.r[end]) || isLatin(s.r[end-1])
	}
	word := string(s.r[i:end])
	if strings.HasPrefix(word, "十") && end < len(s.r) && s.r[end] == '分' || word == "万一" {
		return false
	}
	length := end - i
	if n.unit != "" {
		return length > 2 || !strings.ContainsAny(word, "一两几") || n.unit != "个" && n.unit != "次" && n.unit != "家" && n.unit != "人"
	}
	// 三十, 一百二; not 一, 十, 四五, 一一
	return length >= 2 && strings.ContainsAny(word, "十百千万亿拾佰仟萬億点分")
}

// Words before a number that say more of it.
var (
	aboutWords = []string{"约", "大约", "约为", "约合", "近", "接近", "将近", "大概", "左右"}
	downWords  = []string{"下降", "减少", "降低", "下跌", "下滑", "回落", "缩减", "收窄", "跌", "降", "减", "负增长", "亏损", "净流出"}
	upWords    = []string{"增长", "增加", "上升", "上涨", "提高", "提升", "扩大", "涨", "升", "增"}
)

// context notes what the words before i say.
func (s numberText) context(n *number, i int) {
	before := strings.TrimRight(string(s.r[max(0, i-8):i]), " ")
	for changed := true; changed; {
		changed = false
		for _, w := range aboutWords {
			if rest, ok := strings.CutSuffix(before, w); ok {
				before, n.about, changed = rest, true, true
			}
		}
		for _, w := range []string{"了", "幅度", "幅", "额", "率", "：", ":", "为"} {
			if rest, ok := strings.CutSuffix(before, w); ok && n.direction == 0 {
				before, changed = rest, true
			}
		}
	}
	for _, w := range downWords {
		if strings.HasSuffix(before, w) {
			n.direction = -1
			return
		}
	}
	for _, w := range upWords {
		if strings.HasSuffix(before, w) {
			n.direction = 1
			return
		}
	}
}

// connects says whether two numbers are the ends of a range.
func (s numberText) connects(end, next int) bool {
	switch strings.TrimSpace(string(s.r[end:next])) {
	case "-", "~", "—", "–", "——", "至", "到":
		return true
	case "":
		return end == next && s.r[next] == '-'
	}
	return false
}

// accounting returns the place after the bracket that makes the number at i a negative one, as in a column of a table: (1,234.5). It must
// have a separator or a fraction and stand alone: （3） is a heading and （12.5%） a remark.
func (s numberText) accounting(i, end int, n number) int {
	if n.unit != "" || n.value.Sign() <= 0 || i == 0 || s.r[i-1] != '(' || end >= len(s.r) || s.r[end] != ')' {
		return end
	}
	if !strings.ContainsAny(string(s.r[i:end]), ",.") {
		return end
	}
	if i > 1 && !strings.ContainsRune(" \t\n|:：=", s.r[i-2]) {
		return end
	}
	return end + 1
}

// roundHalfUp rounds to a number of decimals, halves away from zero, as people do on paper.
func roundHalfUp(x *big.Rat, decimals int) *big.Rat {
	scale := power10(decimals)
	y := new(big.Rat).Mul(x, scale)
	y.Add(y.Abs(y), big.NewRat(1, 2))
	whole := new(big.Int).Quo(y.Num(), y.Denom())
	out := new(big.Rat).Quo(new(big.Rat).SetInt(whole), scale)
	if x.Sign() < 0 {
		out.Neg(out)
	}
	return out
}

// decimalText writes a number with a number of decimals, halves rounded away from zero.
func decimalText(x *big.Rat, decimals int) string {
	return roundHalfUp(x, decimals).FloatString(decimals)
}
