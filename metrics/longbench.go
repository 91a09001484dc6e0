package metrics

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// longBenchPunctuation is what LongBench leaves out of Chinese answers beside ASCII punctuation. 《 and 〈 are not in it.
const longBenchPunctuation = "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏"

// LongBenchPlain is a text as LongBench compares Chinese answers: lower case, without punctuation and white space.
//
// Source: normalize_zh_answer in metrics.py of github.com/THUDM/LongBench.
func LongBenchPlain(text string) string {
	return strings.Map(func(r rune) rune {
		if pythonSpace(r) || asciiPunctuation(r) || strings.ContainsRune(longBenchPunctuation, r) {
			return -1
		}
		return r
	}, lower(text))
}

func asciiPunctuation(r rune) bool {
	return r > ' ' && r < 0x7f && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
}

// LongBenchF1 is qa_f1_zh, the score of Chinese questions in LongBench, in [0,1]: texts are cut into words, each word is made plain as by
// [LongBenchPlain], and the multisets of what is left give F1; the best over golds. cut is [Jieba.Cut] for scores that compare with
// published ones.
func LongBenchF1(prediction string, golds []string, cut func(text string) []string) float64 {
	words := func(text string) (out []string) {
		for _, w := range cut(text) {
			if w = LongBenchPlain(w); w != "" {
				out = append(out, w)
			}
		}
		return out
	}
	tokens := words(prediction)
	var best float64
	for _, gold := range golds {
		best = max(best, multisetF1(tokens, words(gold)))
	}
	return best
}

// LongBenchRouge is rouge_zh, the score of Chinese summaries in LongBench, in [0,1]: F of ROUGE-L in the convention of [RougePltrdy] over
// the words that cut makes, 0 for an empty text; the best over golds.
func LongBenchRouge(prediction string, golds []string, cut func(text string) []string) float64 {
	tokens := strings.Join(cut(prediction), " ")
	var best float64
	for _, gold := range golds {
		if s, ok := RougePltrdy(tokens, strings.Join(cut(gold), " ")); ok {
			best = max(best, s.L.F)
		}
	}
	return best
}

var paragraph = regexp.MustCompile(`段落(\p{Nd}+)`)

// LongBenchRetrieval is retrieval_zh of LongBench: the share of all numbers in the prediction that are the one after 段落 in the gold; the
// best over golds. ok is false when a gold names no paragraph.
func LongBenchRetrieval(prediction string, golds []string) (score float64, ok bool) {
	numbers := strings.FieldsFunc(prediction, func(r rune) bool { return !unicode.IsDigit(r) })
	for _, gold := range golds {
		m := paragraph.FindStringSubmatch(gold)
		if m == nil {
			return 0, false
		}
		var right float64
		for _, n := range numbers {
			right += truth(n == m[1])
		}
		score = max(score, ratio(right, float64(len(numbers))))
	}
	return score, len(golds) > 0
}

// LongBenchClass is the score of classification in LongBench: one over the number of class names in the prediction if the gold is one
// of them, and else 0; the best over golds. Names that are part of the gold do not count, but as in the script, which takes them off the
// list that it walks over, one right after another stays.
func LongBenchClass(prediction string, golds, classes []string) float64 {
	var best float64
	for _, gold := range golds {
		var found []string
		for _, c := range classes {
			if strings.Contains(prediction, c) {
				found = append(found, c)
			}
		}
		for i := 0; i < len(found); i++ {
			if name := found[i]; strings.Contains(gold, name) && name != gold {
				found = without(found, name)
			}
		}
		for _, name := range found {
			if name == gold {
				best = max(best, 1/float64(len(found)))
			}
		}
	}
	return best
}

// without takes the first occurrence of a name off a list.
func without(list []string, name string) []string {
	for i, s := range list {
		if s == name {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// LongBenchFirstLine is all that LongBench scores of an answer to trec, triviaqa, samsum and lsht.
func LongBenchFirstLine(prediction string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(prediction, "\n"), "\n")
	return line
}

// LongBenchScore is the result of a data set: 100 times the mean, with two decimals. ok is false for no scores.
func LongBenchScore(scores []float64) (result float64, ok bool) {
	var sum float64
	for _, s := range scores {
		sum += s
	}
	if len(scores) == 0 {
		return 0, false
	}
	// Formatting rounds the exact binary value, as Python's round does.
	result, err := strconv.ParseFloat(strconv.FormatFloat(100*sum/float64(len(scores)), 'f', 2, 64), 64)
	return result, err == nil
}
