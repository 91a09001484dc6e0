package metrics

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

const (
	chrfChars  = 6 // longest character n-gram
	chrfWords  = 2 // longest word n-gram of chrF++
	chrfOrders = chrfChars + chrfWords
)

// ChrF is the character n-gram F-score, on a scale of 0 to 100: precision and recall of n-grams of 1 to 6 characters, white space left
// out, averaged over the orders that text and reference both have, F = (1+β²)PR/(β²P+R). With Words it is chrF+ and chrF++, which count
// n-grams of words as well. Counts are summed over the corpus first; of several references each segment takes the one that gives it the
// best F, the first of equally good ones. The zero value is chrF2. It is safe for concurrent use.
//
// Source: Popović, chrF: character n-gram F-score for automatic MT evaluation, 2015, and chrF++: words helping character n-grams, 2017, as
// sacreBLEU 2.6.0 computes them.
type ChrF struct {
	Words     int     // longest n-gram of words, 0 to 2: 0 is chrF, 2 is chrF++
	Beta      float64 // weight of recall; 0 = 2
	Lowercase bool
}

// Validate names a setting that is out of range.
func (c ChrF) Validate() error {
	if c.Words < 0 || c.Words > chrfWords {
		return fmt.Errorf("metrics: chrF with n-grams of %d words, want 0 to %d", c.Words, chrfWords)
	}
	if !(c.Beta >= 0) || math.IsInf(c.Beta, 1) {
		return fmt.Errorf("metrics: chrF beta %v, want a positive number, or 0 for 2", c.Beta)
	}
	return nil
}

func (c ChrF) withDefaults() ChrF {
	if c.Beta == 0 {
		c.Beta = 2
	}
	c.Words = min(max(c.Words, 0), chrfWords)
	return c
}

// Name is chrF2, or chrF2++ and the like.
func (c ChrF) Name() string {
	c = c.withDefaults()
	return fmt.Sprintf("chrF%g%s", c.Beta, strings.Repeat("+", c.Words))
}

// Signature is like that of [BLEU.Signature].
func (c ChrF) Signature(references int) string {
	c = c.withDefaults()
	return fmt.Sprintf("nrefs:%s|case:%s|eff:yes|nc:%d|nw:%d|space:no|version:%s", countOrVar(references), letterCase(c.Lowercase),
		chrfChars, c.Words, scoreVersion)
}

// ChrFStats are the sums that chrF is a function of: for each order, 6 of characters and then 2 of words, the n-grams of the text, of the
// reference, and of both. Those of several segments can be added, also for resampling.
type ChrFStats struct{ Text, Ref, Matches [chrfOrders]float64 }

// Add adds the sums of other to s.
func (s *ChrFStats) Add(other ChrFStats) {
	for n := range s.Text {
		s.Text[n] += other.Text[n]
		s.Ref[n] += other.Ref[n]
		s.Matches[n] += other.Matches[n]
	}
}

// Row returns the sums as a list, for [Bootstrap.Sums]; [ChrFStatsOf] turns it back.
func (s ChrFStats) Row() []float64 {
	row := append(make([]float64, 0, 3*chrfOrders), s.Text[:]...)
	return append(append(row, s.Ref[:]...), s.Matches[:]...)
}

// ChrFStatsOf are the sums that [ChrFStats.Row] listed. A list of another length gives zero sums.
func ChrFStatsOf(row []float64) (s ChrFStats) {
	if len(row) != 3*chrfOrders {
		return s
	}
	copy(s.Text[:], row)
	copy(s.Ref[:], row[chrfOrders:])
	copy(s.Matches[:], row[2*chrfOrders:])
	return s
}

// Segment returns the sums of one text and the best of its references.
func (c ChrF) Segment(text string, references []string) ChrFStats {
	c = c.withDefaults()
	counts := c.count(text)
	var best ChrFStats
	bestF := -1.0
	for _, r := range references {
		s := overlap(counts, c.count(r))
		if f := c.Score(s); f > bestF {
			best, bestF = s, f
		}
	}
	return best
}

// Score returns the score that the sums make, 0 to 100. That of sums of nothing is 0.
func (c ChrF) Score(s ChrFStats) float64 {
	c = c.withDefaults()
	var precision, recall, orders float64
	for n := range chrfChars + c.Words {
		if s.Text[n] > 0 && s.Ref[n] > 0 {
			precision += s.Matches[n] / s.Text[n]
			recall += s.Matches[n] / s.Ref[n]
			orders++
		}
	}
	if precision+recall == 0 {
		return 0
	}
	precision /= orders
	recall /= orders
	weight := c.Beta * c.Beta
	return 100 * ((1 + weight) * precision * recall / (weight*precision + recall))
}

// Corpus returns the score of texts, each with its references. ok is false for no texts or when the lengths differ.
func (c ChrF) Corpus(texts []string, references [][]string) (score float64, ok bool) {
	if len(texts) == 0 || len(texts) != len(references) {
		return 0, false
	}
	var sum ChrFStats
	for i, t := range texts {
		sum.Add(c.Segment(t, references[i]))
	}
	return c.Score(sum), true
}

// Sentence returns the score of one text, 0 to 100.
func (c ChrF) Sentence(text string, references []string) float64 {
	return c.Score(c.Segment(text, references))
}

// count counts the n-grams of a text by order.
func (c ChrF) count(text string) [chrfOrders]map[string]float64 {
	if c.Lowercase {
		text = lower(text)
	}
	words := splitSpace(text)
	joined := strings.Join(words, "")
	var starts []int // of the characters, and the end
	for i := 0; i < len(joined); {
		starts = append(starts, i)
		_, n := utf8.DecodeRuneInString(joined[i:])
		i += n
	}
	starts = append(starts, len(joined))
	var counts [chrfOrders]map[string]float64
	for n := range chrfChars {
		counts[n] = make(map[string]float64)
		for i := 0; i+n+1 < len(starts); i++ {
			counts[n][joined[starts[i]:starts[i+n+1]]]++
		}
	}
	if c.Words == 0 {
		return counts
	}
	words = chrfTokens(words)
	for n := range c.Words {
		m := make(map[string]float64)
		for i := 0; i+n < len(words); i++ {
			m[strings.Join(words[i:i+n+1], " ")]++
		}
		counts[chrfChars+n] = m
	}
	return counts
}

// chrfTokens takes one ASCII punctuation mark off each word: from its end or else from its start.
func chrfTokens(words []string) []string {
	mark := func(c byte) bool {
		return c > ' ' && c < 0x7f && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
	}
	var out []string
	for _, w := range words {
		last := len(w) - 1
		switch {
		case utf8.RuneCountInString(w) == 1:
			out = append(out, w)
		case mark(w[last]):
			out = append(out, w[:last], w[last:])
		case mark(w[0]):
			out = append(out, w[:1], w[1:])
		default:
			out = append(out, w)
		}
	}
	return out
}

// overlap compares counts. N-grams of an order that the reference does not have are not counted against the text.
func overlap(text, ref [chrfOrders]map[string]float64) (s ChrFStats) {
	for n := range text {
		for g, count := range ref[n] {
			s.Ref[n] += count
			s.Matches[n] += min(count, text[n][g])
		}
		if s.Ref[n] == 0 {
			continue
		}
		for _, count := range text[n] {
			s.Text[n] += count
		}
	}
	return s
}
