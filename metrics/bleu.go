package metrics

import (
	"fmt"
	"math"
	"strings"
)

// Smoothing says what becomes of an n-gram precision of zero in BLEU. Where not even a single token matches, BLEU is 0 with each.
//
// Source: Chen and Cherry, A systematic comparison of smoothing techniques for sentence-level BLEU, 2014, with the names of sacreBLEU.
type Smoothing string

// The smoothings.
const (
	SmoothExp   Smoothing = "exp"   // the k-th precision of zero is 1/(2^k·total)
	SmoothFloor Smoothing = "floor" // value/total; value 0.1 by default
	SmoothAddK  Smoothing = "add-k" // value is added to counts and totals of n > 1; 1 by default
	SmoothNone  Smoothing = "none"  // zero, and so is the score
)

// scoreVersion is the version of our definitions in signatures.
const scoreVersion = "llama4-eval-1"

const bleuOrder = 4

// BLEU is bilingual evaluation understudy, on a scale of 0 to 100: the geometric mean of clipped n-gram precisions for n = 1 to 4, times
// exp(1 − reference length/length) where the texts are shorter than the references. Counts and lengths are summed over the corpus before
// anything is divided. The zero value splits texts by [TokenizeZH], smooths with [SmoothExp] and counts all four orders. It is safe for
// concurrent use.
//
// Source: Papineni et al., BLEU: a method for automatic evaluation of machine translation, 2002, as sacreBLEU 2.6.0 computes it.
type BLEU struct {
	Tokenizer   Tokenizer // default zh
	Lowercase   bool
	Smoothing   Smoothing // default exp
	SmoothValue float64   // of floor and add-k; 0 = 0.1 and 1
	// EffectiveOrder averages over the orders that the texts are long enough for. Without it a perfect text of three tokens scores 0,
	// as the definition has it. For sentences it should be set.
	EffectiveOrder bool
}

// Validate names a smoothing that does not exist or has no sense.
func (b BLEU) Validate() error {
	switch b.Smoothing {
	case "", SmoothExp, SmoothFloor, SmoothAddK, SmoothNone:
	default:
		return fmt.Errorf("metrics: BLEU smoothing %q, want exp, floor, add-k or none", b.Smoothing)
	}
	if !(b.SmoothValue >= 0) || math.IsInf(b.SmoothValue, 1) {
		return fmt.Errorf("metrics: BLEU smoothing value %v, want a positive number, or 0 for the default", b.SmoothValue)
	}
	return nil
}

func (b BLEU) withDefaults() BLEU {
	b.Tokenizer = b.Tokenizer.or("zh", TokenizeZH)
	if b.Smoothing == "" {
		b.Smoothing = SmoothExp
	}
	if b.SmoothValue == 0 {
		switch b.Smoothing {
		case SmoothFloor:
			b.SmoothValue = 0.1
		case SmoothAddK:
			b.SmoothValue = 1
		}
	}
	return b
}

// Signature says how scores were computed, in the fields of sacreBLEU with a version of our own. references is the number of references of
// each segment, 0 where it varies.
func (b BLEU) Signature(references int) string {
	b = b.withDefaults()
	smooth := string(b.Smoothing)
	if b.Smoothing == SmoothFloor || b.Smoothing == SmoothAddK {
		smooth += fmt.Sprintf("[%.2f]", b.SmoothValue)
	}
	return fmt.Sprintf("nrefs:%s|case:%s|eff:%s|tok:%s|smooth:%s|version:%s", countOrVar(references), letterCase(b.Lowercase),
		yesNo(b.EffectiveOrder), b.Tokenizer.Name, smooth, scoreVersion)
}

func countOrVar(n int) string {
	if n <= 0 {
		return "var"
	}
	return fmt.Sprint(n)
}

func letterCase(lowercase bool) string {
	if lowercase {
		return "lc"
	}
	return "mixed"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// BLEUStats are the sums that BLEU is a function of. Those of several segments can be added, also for resampling.
type BLEUStats struct {
	Length, RefLength float64            // tokens of the text; of the reference that is closest in length, of equally close ones the shorter
	Matches           [bleuOrder]float64 // n-grams that some reference has too, each at most as often as there; [0] is n = 1
	Totals            [bleuOrder]float64
}

// Add adds the sums of other to s.
func (s *BLEUStats) Add(other BLEUStats) {
	s.Length += other.Length
	s.RefLength += other.RefLength
	for n := range s.Matches {
		s.Matches[n] += other.Matches[n]
		s.Totals[n] += other.Totals[n]
	}
}

// Row returns the sums as a list, for [Bootstrap.Sums]; [BLEUStatsOf] turns it back.
func (s BLEUStats) Row() []float64 {
	row := append(make([]float64, 0, 2+2*bleuOrder), s.Length, s.RefLength)
	return append(append(row, s.Matches[:]...), s.Totals[:]...)
}

// BLEUStatsOf are the sums that [BLEUStats.Row] listed. A list of another length gives zero sums.
func BLEUStatsOf(row []float64) (s BLEUStats) {
	if len(row) != 2+2*bleuOrder {
		return s
	}
	s.Length, s.RefLength = row[0], row[1]
	copy(s.Matches[:], row[2:])
	copy(s.Totals[:], row[2+bleuOrder:])
	return s
}

// An ngram are the numbers of up to bleuOrder tokens, 0 after the last.
type ngram [bleuOrder]int32

// ngrams calls each with every n-gram of tokens.
func ngrams(tokens []int32, each func(n int, g ngram)) {
	for i := range tokens {
		var g ngram
		for n := 0; n < bleuOrder && i+n < len(tokens); n++ {
			g[n] = tokens[i+n]
			each(n, g)
		}
	}
}

// A tokenIDs numbers tokens from 1 on.
type tokenIDs map[string]int32

func (ids tokenIDs) of(tokens []string) []int32 {
	out := make([]int32, len(tokens))
	for i, t := range tokens {
		id, ok := ids[t]
		if !ok {
			id = int32(len(ids) + 1)
			ids[t] = id
		}
		out[i] = id
	}
	return out
}

// Segment returns the sums of one text and its references. Without references nothing matches.
func (b BLEU) Segment(text string, references []string) BLEUStats {
	b = b.withDefaults()
	ids := make(tokenIDs)
	split := func(s string) []int32 {
		if b.Lowercase {
			s = lower(s)
		}
		return ids.of(b.Tokenizer.Split(strings.TrimRightFunc(s, pythonSpace)))
	}
	tokens := split(text)
	s := BLEUStats{Length: float64(len(tokens))}
	at := make(map[ngram]int) // index of an n-gram of the text
	var count, limit []float64
	var order []int
	ngrams(tokens, func(n int, g ngram) {
		s.Totals[n]++
		i, ok := at[g]
		if !ok {
			i = len(count)
			at[g] = i
			count, limit, order = append(count, 0), append(limit, 0), append(order, n)
		}
		count[i]++
	})
	here := make([]float64, len(count))
	closest := math.Inf(1)
	for _, r := range references {
		ref := split(r)
		length := float64(len(ref))
		if d := math.Abs(length - s.Length); d < closest || d == closest && length < s.RefLength {
			closest, s.RefLength = d, length
		}
		clear(here)
		ngrams(ref, func(_ int, g ngram) {
			if i, ok := at[g]; ok {
				here[i]++
				limit[i] = max(limit[i], here[i])
			}
		})
	}
	for i, n := range order {
		s.Matches[n] += min(count[i], limit[i])
	}
	return s
}

// A BLEUScore is the score of a corpus or sentence with its parts.
type BLEUScore struct {
	Value      float64            // 0 to 100
	Precisions [bleuOrder]float64 // smoothed, 0 to 100; 0 from the first order on that no text is long enough for, and where nothing matches
	Brevity    float64            // the factor for short texts
}

// Score returns the score that the sums make. That of sums of nothing is 0.
func (b BLEU) Score(s BLEUStats) BLEUScore {
	b = b.withDefaults()
	score := BLEUScore{Brevity: 1}
	if s.Length < s.RefLength {
		score.Brevity = 0
		if s.Length > 0 {
			score.Brevity = math.Exp(1 - s.RefLength/s.Length)
		}
	}
	if s.Matches == [bleuOrder]float64{} {
		return score
	}
	orders, doubled := bleuOrder, 1.0
	for n := range bleuOrder {
		matches, total := s.Matches[n], s.Totals[n]
		if b.Smoothing == SmoothAddK && n > 0 {
			matches += b.SmoothValue
			total += b.SmoothValue
		}
		if total == 0 {
			break
		}
		if b.EffectiveOrder {
			orders = n + 1
		}
		p := 100 * matches / total
		if matches == 0 && b.Smoothing == SmoothExp {
			doubled *= 2
			p = 100 / (doubled * total)
		}
		if matches == 0 && b.Smoothing == SmoothFloor {
			p = 100 * b.SmoothValue / total
		}
		score.Precisions[n] = p
	}
	var sum float64
	for _, p := range score.Precisions[:orders] {
		if p == 0 {
			return score
		}
		sum += math.Log(p)
	}
	score.Value = score.Brevity * math.Exp(sum/float64(orders))
	return score
}

// Corpus returns the score of texts, each with its references. ok is false for no texts or when the lengths differ.
func (b BLEU) Corpus(texts []string, references [][]string) (score BLEUScore, ok bool) {
	if len(texts) == 0 || len(texts) != len(references) {
		return BLEUScore{}, false
	}
	var sum BLEUStats
	for i, t := range texts {
		sum.Add(b.Segment(t, references[i]))
	}
	return b.Score(sum), true
}

// Sentence returns the score of one text, with the effective order. The mean over sentences is not the score of the corpus.
func (b BLEU) Sentence(text string, references []string) BLEUScore {
	b.EffectiveOrder = true
	return b.Score(b.Segment(text, references))
}
