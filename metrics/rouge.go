package metrics

import (
	"fmt"
	"strings"
)

// PRF are precision and recall of an overlap and their mean F, each in [0,1].
type PRF struct{ Precision, Recall, F float64 }

// RougeScores are the scores of one text.
type RougeScores struct {
	One, Two PRF // unigrams and bigrams
	L        PRF // longest common subsequence
	LSum     PRF // the same line by line; 0 where a convention has none
}

// Rouge is recall-oriented understudy for gisting evaluation in our convention and that of the package rouge_score, which is also behind
// Hugging Face evaluate and lm-evaluation-harness: n-grams are multisets, F = 2PR/(P+R), 0 where P and R are. Ours counts characters, the
// zero value does so; that of rouge_score counts tokens of [TokenizeAlnum], of which a Chinese text has none. No word is stemmed. It is
// safe for concurrent use.
//
// The other two conventions in use give other numbers for the same tokens: [RougeChinese], [RougePltrdy]. Whoever prints a score prints
// its [Rouge.Signature].
//
// Source: Lin, ROUGE: a package for automatic evaluation of summaries, 2004, as rouge_score 0.1.2 computes it.
type Rouge struct {
	Tokenizer Tokenizer // default characters
}

// Signature names unit and convention.
func (r Rouge) Signature() string {
	return fmt.Sprintf("convention:multiset|unit:%s|beta:1|stem:no|version:%s", r.Tokenizer.or("char", Characters).Name, scoreVersion)
}

// Score compares a text with a reference. Of an empty one all scores are 0.
func (r Rouge) Score(text, reference string) RougeScores {
	split := r.Tokenizer.or("char", Characters).Split
	ids := make(tokenIDs)
	a, b := ids.of(split(text)), ids.of(split(reference))
	s := RougeScores{One: multisetOverlap(a, b, 1), Two: multisetOverlap(a, b, 2)}
	s.L = prf(float64(lcsLen(a, b)), float64(len(a)), float64(len(b)))
	lines := func(text string) (out [][]int32) {
		for line := range strings.SplitSeq(text, "\n") {
			out = append(out, ids.of(split(line)))
		}
		return out
	}
	s.LSum = summaryLCS(lines(text), lines(reference))
	return s
}

// Best takes for each score the reference with the highest F, the first of equally high ones. ok is false without references.
func (r Rouge) Best(text string, references []string) (best RougeScores, ok bool) {
	for i, ref := range references {
		s := r.Score(text, ref)
		if i == 0 {
			best = s
			continue
		}
		for _, p := range []struct{ best, s *PRF }{{&best.One, &s.One}, {&best.Two, &s.Two}, {&best.L, &s.L}, {&best.LSum, &s.LSum}} {
			if p.s.F > p.best.F {
				*p.best = *p.s
			}
		}
	}
	return best, len(references) > 0
}

func prf(both, text, reference float64) PRF {
	p, r := ratio(both, text), ratio(both, reference)
	return PRF{p, r, ratio(2*p*r, p+r)}
}

// multisetOverlap compares n-grams, n 1 or 2, each counted as often as it occurs.
func multisetOverlap(text, reference []int32, n int) PRF {
	a, b := bigrams(text, n), bigrams(reference, n)
	var both float64
	for g, count := range a {
		both += float64(min(count, b[g]))
	}
	return prf(both, float64(max(0, len(text)-n+1)), float64(max(0, len(reference)-n+1)))
}

// bigrams counts pairs of tokens, or single ones for n = 1.
func bigrams(tokens []int32, n int) map[[2]int32]int {
	out := make(map[[2]int32]int)
	for i := range len(tokens) - n + 1 {
		g := [2]int32{tokens[i]}
		if n == 2 {
			g[1] = tokens[i+1]
		}
		out[g]++
	}
	return out
}

// summaryLCS is ROUGE-L of lines: what a line of the reference has in common with any line of the text, each token at most as often as
// both texts have it.
func summaryLCS(text, reference [][]int32) PRF {
	var m, n float64
	left, right := make(map[int32]int), make(map[int32]int)
	for _, line := range text {
		n += float64(len(line))
		for _, t := range line {
			left[t]++
		}
	}
	for _, line := range reference {
		m += float64(len(line))
		for _, t := range line {
			right[t]++
		}
	}
	lines := make([]*lcs, len(text))
	for i, line := range text {
		lines[i] = newLCS(line)
	}
	var both float64
	for _, line := range reference {
		common := make([]bool, len(line))
		for _, l := range lines {
			for _, i := range l.trace(line, true) {
				common[i] = true
			}
		}
		for i, t := range line {
			if common[i] && left[t] > 0 && right[t] > 0 {
				both++
				left[t]--
				right[t]--
			}
		}
	}
	return prf(both, n, m)
}
