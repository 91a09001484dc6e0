package metrics

import (
	"math"
	"unicode/utf8"
)

// A Likelihood sums up how probable a model finds texts. Perplexities per token compare models of one tokenizer only; those per character
// and per byte compare any models, as long as all of the text was scored. Likelihoods can be added, also for resampling.
type Likelihood struct {
	LogProb float64 // natural logarithm, sum over the scored tokens
	Tokens  float64 // scored tokens
	Chars   float64 // code points of the text that these tokens are
	Bytes   float64 // its UTF-8 bytes
}

// LikelihoodOf is the likelihood of a text whose tokens have the given log-probabilities.
func LikelihoodOf(text string, logProbs []float64) Likelihood {
	l := Likelihood{Tokens: float64(len(logProbs)), Chars: float64(utf8.RuneCountInString(text)), Bytes: float64(len(text))}
	for _, p := range logProbs {
		l.LogProb += p
	}
	return l
}

// Add adds the sums of other to l.
func (l *Likelihood) Add(other Likelihood) {
	l.LogProb += other.LogProb
	l.Tokens += other.Tokens
	l.Chars += other.Chars
	l.Bytes += other.Bytes
}

// PerToken is exp(−log-probability/tokens). ok is false without tokens, and where the sum is NaN; a token that the model finds impossible
// makes it +Inf. The same goes for the others.
func (l Likelihood) PerToken() (perplexity float64, ok bool) { return l.per(l.Tokens) }

// PerChar is exp(−log-probability/code points).
func (l Likelihood) PerChar() (perplexity float64, ok bool) { return l.per(l.Chars) }

// PerByte is exp(−log-probability/bytes), byte_perplexity of lm-evaluation-harness.
func (l Likelihood) PerByte() (perplexity float64, ok bool) { return l.per(l.Bytes) }

// BitsPerByte is the base 2 logarithm of [Likelihood.PerByte].
func (l Likelihood) BitsPerByte() (bits float64, ok bool) {
	if !(l.Bytes > 0) || math.IsNaN(l.LogProb) {
		return 0, false
	}
	return -l.LogProb / l.Bytes / math.Ln2, true
}

func (l Likelihood) per(n float64) (perplexity float64, ok bool) {
	if !(n > 0) || math.IsNaN(l.LogProb) {
		return 0, false
	}
	return math.Exp(-l.LogProb / n), true
}
