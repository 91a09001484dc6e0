package metrics

import (
	"regexp"
	"strings"
)

// RougeChinese is ROUGE in the convention of the package rouge_chinese, which OpenCompass and LawBench use. Text and reference are tokens
// joined by blanks. N-grams are sets, so that repetition is free; the longest common subsequence counts every occurrence; F has 1e-8 in
// its denominator, so that a perfect score is 0.999999995. ok is false for an empty text or reference, where the package raises an
// error; LawBench scores 无内容 in its place and LongBench gives 0.
//
// Source: rouge_chinese 1.0.3.
func RougeChinese(text, reference string) (scores RougeScores, ok bool) {
	ids := make(tokenIDs)
	var tokens [2][]int32
	for i, s := range []string{text, reference} {
		for piece := range strings.SplitSeq(strings.TrimRightFunc(breakSentences(s), pythonSpace), "\n") {
			tokens[i] = append(tokens[i], ids.of(pieceWords(piece))...)
		}
		if len(tokens[i]) == 0 {
			return RougeScores{}, false
		}
	}
	a, b := tokens[0], tokens[1]
	return RougeScores{
		One: setOverlap(a, b, 1),
		Two: setOverlap(a, b, 2),
		L:   smoothedPRF(float64(lcsLen(a, b)), float64(len(a)), float64(len(b))),
	}, true
}

// sentenceEnds are where rouge_chinese breaks lines, in this order.
var sentenceEnds = []*regexp.Regexp{
	regexp.MustCompile(`([。！？?])([^”’])`),
	regexp.MustCompile(`(\.{6})([^”’])`),
	regexp.MustCompile(`(…{2})([^”’])`),
	regexp.MustCompile(`([。！？?][”’])([^，。！？?])`),
}

// breakSentences breaks lines after sentences. N-grams and subsequences cross them; it only matters where a piece of nothing but blanks
// arises, which counts as one token.
func breakSentences(s string) string {
	for _, end := range sentenceEnds {
		s = end.ReplaceAllString(s, "$1\n$2")
	}
	return s
}

// pieceWords splits a piece at white space. A piece of white space is one empty word, and an empty one has none.
func pieceWords(piece string) []string {
	if piece == "" {
		return nil
	}
	if words := splitSpace(piece); len(words) > 0 {
		return words
	}
	return []string{""}
}

// RougePltrdy is ROUGE in the convention of the package rouge of pltrdy, which LongBench, LV-Eval and CLongEval use. Text and reference are
// tokens joined by blanks, and are split into sentences at ASCII full stops, also at those in numbers. N-grams are sets, and so is
// ROUGE-L: the tokens in a longest common subsequence of any two sentences, over the distinct tokens. F is as in [RougeChinese], and so
// is ok. The package gives up on subsequences longer than Python's recursion limit; this does not.
//
// Source: github.com/pltrdy/rouge 1.0.1.
func RougePltrdy(text, reference string) (scores RougeScores, ok bool) {
	ids := make(tokenIDs)
	var sentences [2][][]int32
	var tokens [2][]int32
	for i, s := range []string{text, reference} {
		for piece := range strings.SplitSeq(s, ".") {
			if words := ids.of(pieceWords(piece)); len(words) > 0 {
				sentences[i] = append(sentences[i], words)
				tokens[i] = append(tokens[i], words...)
			}
		}
		if len(tokens[i]) == 0 {
			return RougeScores{}, false
		}
	}
	common := make(map[int32]bool)
	for _, sentence := range sentences[0] {
		l := newLCS(sentence)
		for _, ref := range sentences[1] {
			for _, i := range l.trace(ref, false) {
				common[ref[i]] = true
			}
		}
	}
	a, b := tokens[0], tokens[1]
	return RougeScores{
		One: setOverlap(a, b, 1),
		Two: setOverlap(a, b, 2),
		L:   smoothedPRF(float64(len(common)), float64(len(bigrams(a, 1))), float64(len(bigrams(b, 1)))),
	}, true
}

// setOverlap compares the sets of n-grams, n 1 or 2.
func setOverlap(text, reference []int32, n int) PRF {
	a, b := bigrams(text, n), bigrams(reference, n)
	var both float64
	for g := range a {
		if b[g] > 0 {
			both++
		}
	}
	return smoothedPRF(both, float64(len(a)), float64(len(b)))
}

// smoothedPRF is prf with the denominator of the two conventions of sets.
func smoothedPRF(both, text, reference float64) PRF {
	p, r := ratio(both, text), ratio(both, reference)
	return PRF{p, r, 2 * (p * r / (p + r + 1e-8))}
}
