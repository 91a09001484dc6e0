package metrics

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lawBenchLabels are the label sets of the LawBench tasks whose answers are searched for labels.
var (
	lawBenchDisputes = strings.Fields("诉讼主体 租金情况 利息 本金争议 责任认定 责任划分 损失认定及处理 原审判决是否适当 合同效力 财产分割 责任承担 " +
		"鉴定结论采信问题 诉讼时效 违约 合同解除 肇事逃逸")
	lawBenchMarriage = strings.Fields("婚后有子女 限制行为能力子女抚养 有夫妻共同财产 支付抚养费 不动产分割 婚后分局 二次起诉离婚 按月给付抚养费 准予离婚 " +
		"有夫妻共同债务 婚前个人财产 法定离婚 不履行家庭义务 存在非婚生子 适当帮助 不履行离婚协议 损害赔偿 感情不和分居满二年 子女随非抚养权人生活 婚后个人财产")
	lawBenchConsulting = strings.Fields("婚姻家庭 劳动纠纷 交通事故 债权债务 刑事辩护 合同纠纷 房产纠纷 侵权 公司法 医疗纠纷 拆迁安置 行政诉讼 建设工程 " +
		"知识产权 综合咨询 人身损害 涉外法律 海事海商 消费权益 抵押担保")
	lawBenchEvents = strings.Fields("支付/给付 欺骗 搜查/扣押 要求/请求 卖出 买入 获利 拘捕 鉴定 同意/接受 供述 联络 帮助/救助 租用/借用 受伤 伪造 卖淫 " +
		"伤害人身 赔偿 归还/偿还")
	lawBenchEntities = strings.Fields("犯罪嫌疑人 受害人 被盗货币 物品价值 盗窃获利 被盗物品 作案工具 时间 地点 组织机构")
)

// LawBenchChoice judges a choice as LawBench does: right when the gold label is in the text and no other label is, however often. A text
// without any label abstains. Where one label is part of another, such a text never counts as right, in LawBench neither.
//
// Source: multi_choice_judge in github.com/open-compass/LawBench, evaluation/utils/function_utils.py.
func LawBenchChoice(text, gold string, labels []string) (right, abstained bool) {
	found := labelsIn(text, labels)
	return len(found) == 1 && found[0] == gold, len(found) == 0
}

// LawBenchSet is the F1 of two sets of labels: those of the list that are in the text, and the gold ones.
//
// Source: compute_f1_two_sets in github.com/open-compass/LawBench, evaluation/utils/function_utils.py.
func LawBenchSet(text string, golds, labels []string) (f1 float64, abstained bool) {
	found := labelsIn(text, labels)
	want := make(map[string]bool)
	for _, g := range golds {
		want[g] = true
	}
	var both float64
	for _, l := range found {
		both += truth(want[l])
	}
	p, r := ratio(both, float64(len(found))), ratio(both, float64(len(want)))
	return ratio(2*p*r, p+r), len(found) == 0
}

func labelsIn(text string, labels []string) (found []string) {
	for _, l := range labels {
		if strings.Contains(text, l) {
			found = append(found, l)
		}
	}
	return found
}

// LawBenchEntities is the soft F1 of LawBench task 2-6. The gold lists "type:value" between semicolons. In the text a type counts where its
// name is followed by a colon, ASCII or full width; its value ends at the first line break or blank; of several mentions the last counts;
// 无 and 未提及 are none. The values of each type on both sides give [CharF1]; P is their sum over the types of the text, R over those of the
// gold, and the score 2PR/(P+R+1e-10). For an empty gold it is 1 when the text has no value either. An error means that the gold is not in
// that form.
//
// Source: compute_ie_f1 in github.com/open-compass/LawBench, evaluation/utils/comprehension_scores.py.
func LawBenchEntities(text, gold string) (f1 float64, abstained bool, err error) {
	want := make(map[string]string)
	if strings.TrimFunc(gold, pythonSpace) != "" {
		for part := range strings.SplitSeq(gold, ";") {
			fields := strings.Split(part, ":")
			if len(fields) < 2 {
				return 0, false, fmt.Errorf("reference %q: want type:value between semicolons", part)
			}
			want[fields[0]] = fields[1]
		}
	}
	found := make(map[string]string)
	for _, typ := range lawBenchEntities {
		if v, ok := lawBenchValue(text, typ); ok {
			found[typ] = v
		}
	}
	if len(want) == 0 {
		return truth(len(found) == 0), false, nil
	}
	var sum float64
	for _, typ := range lawBenchEntities { // in a fixed order, for the same bits
		if v, ok := found[typ]; ok {
			if g, ok := want[typ]; ok {
				sum += CharF1(g, v)
			}
		}
	}
	p, r := ratio(sum, float64(len(found))), sum/float64(len(want))
	return 2 * p * r / (p + r + 1e-10), len(found) == 0, nil
}

// lawBenchValue finds the last value that the text gives a type. A colon among the last two characters of the text is not looked at.
func lawBenchValue(text, typ string) (value string, ok bool) {
	for rest := text; ; {
		i := strings.Index(rest, typ)
		if i < 0 {
			return value, ok
		}
		rest = rest[i+len(typ):]
		after, colon := strings.CutPrefix(rest, ":")
		if !colon {
			after, colon = strings.CutPrefix(rest, "：")
		}
		if !colon || utf8.RuneCountInString(rest[:min(len(rest), 3*utf8.UTFMax)]) <= 2 {
			continue
		}
		v := strings.TrimFunc(after, pythonSpace)
		if end := strings.IndexAny(v, "\n "); end >= 0 {
			v = v[:end]
		}
		if v = strings.TrimFunc(v, pythonSpace); v != "无" && v != "未提及" {
			value, ok = v, true
		}
	}
}

// LawBenchTriggers is the F1 of LawBench task 2-10: texts between semicolons, compared place by place with [CharF1].
//
// Source: compute_cfcy in github.com/open-compass/LawBench, evaluation/evaluation_functions/sjjc.py.
func LawBenchTriggers(text, gold string) float64 {
	want, found := strings.Split(gold, ";"), strings.Split(text, ";")
	var sum float64
	for i := range min(len(want), len(found)) {
		sum += CharF1(want[i], found[i])
	}
	p, r := sum/float64(len(found)), sum/float64(len(want))
	return 2 * p * r / (p + r + 1e-10)
}

var lawBenchNumber = regexp.MustCompile(`\p{Nd}+\.?\p{Nd}*`)

// LawBenchAmount reports whether one of the numbers in the text is the amount, as in LawBench task 3-7. A text without numbers abstains.
//
// Source: compute_jetq in github.com/open-compass/LawBench, evaluation/evaluation_functions/jetq.py.
func LawBenchAmount(text string, amount float64) (right, abstained bool) {
	numbers := lawBenchNumber.FindAllString(text, -1)
	for _, n := range numbers {
		if v, err := strconv.ParseFloat(asciiDigits(n), 64); err == nil && v == amount {
			right = true
		}
	}
	return right, len(numbers) == 0
}

// asciiDigits writes decimal digits of other scripts, full-width ones too, as 0 to 9.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, t := range unicode.Nd.R16 {
			if r >= rune(t.Lo) && r <= rune(t.Hi) {
				return '0' + (r-rune(t.Lo))%10
			}
		}
		for _, t := range unicode.Nd.R32 {
			if r >= rune(t.Lo) && r <= rune(t.Hi) {
				return '0' + (r-rune(t.Lo))%10
			}
		}
		return r
	}, s)
}

// LawBenchRouge is F of ROUGE-L over words in the convention of [RougeChinese], as LawBench scores free text: an empty text counts as
// 无内容. ok is false for an empty gold.
//
// Source: compute_rouge in github.com/open-compass/LawBench, evaluation/utils/function_utils.py.
func LawBenchRouge(text, gold string, cut func(text string) []string) (f float64, ok bool) {
	tokens := strings.Join(cut(text), " ")
	if strings.TrimFunc(tokens, pythonSpace) == "" {
		tokens = "无内容"
	}
	s, ok := RougeChinese(tokens, strings.Join(cut(gold), " "))
	return s.L.F, ok
}

// lawBenchAmountOf reads the gold of task 3-7.
func lawBenchAmountOf(gold string) (float64, error) {
	text, ok := strings.CutPrefix(gold, "上文涉及到的犯罪金额:")
	text, unit := strings.CutSuffix(text, "元。")
	v, err := strconv.ParseFloat(text, 64)
	if !ok || !unit || err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("reference %q: want 上文涉及到的犯罪金额:NUMBER元。", gold)
	}
	return v, nil
}
