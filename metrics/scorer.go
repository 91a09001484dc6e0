package metrics

import (
	"errors"
	"fmt"
)

// An Item is a text that is scored against references.
type Item struct {
	Text    string
	Golds   []string // one or more
	Classes []string // names that an answer may be, for the metrics that look for them
}

// An ItemScore is what a metric makes of one item.
type ItemScore struct {
	Value float64 // of the item alone, on the scale of the metric
	// Sums are the statistics that the metric of a set is a function of; all items of a metric have as many. Nil = Value and 1: a mean.
	Sums []float64
	// Abstained says that the text holds no answer. It counts as wrong.
	Abstained bool
	// Excluded says that the metric's own rules leave the item out.
	Excluded bool
}

// A Scorer is a metric of texts and references that can be asked for by name. It is safe for concurrent use.
type Scorer struct {
	Name       string
	Title      string  // the definition in one line
	Unit       string  // what is counted: "characters", "words (jieba)", "answers"
	Convention string  // whose rules these are
	Scale      float64 // factor to print values with; 0 = 1
	Proportion bool    // values are 0 or 1 and the total is their share
	Words      bool    // needs [ScorerOptions.Cut]
	Lower      bool    // lower is better
	Corpus     bool    // the value of a set is no mean over its items

	make func(o ScorerOptions) scoring
}

// ScorerOptions are the settings of scorers; those that a metric does not have are ignored. The zero value works, except for metrics
// with Words.
type ScorerOptions struct {
	Cut         func(text string) []string // such as [Jieba.Cut]
	Lowercase   bool                       // BLEU and chrF
	Smoothing   Smoothing                  // BLEU; default exp
	SmoothValue float64                    // BLEU, of floor and add-k; 0 = their defaults
}

// scoring is a metric with its settings.
type scoring struct {
	item      func(Item) (ItemScore, error)
	total     func(sums []float64) float64 // nil = sums[0]/sums[1]
	signature func(references int) string  // nil = none
}

// ErrNeedsWords says that a metric compares words and nothing was given to cut them.
var ErrNeedsWords = errors.New("needs words")

// errNoGolds is the error of an item without a reference.
var errNoGolds = errors.New("no reference")

// A Measure is a scorer with its settings.
type Measure struct {
	Scorer
	scoring
}

// With gives the scorer its settings. The error is [ErrNeedsWords] where Cut is missing.
func (s Scorer) With(o ScorerOptions) (Measure, error) {
	if s.Words && o.Cut == nil {
		return Measure{}, fmt.Errorf("metric %s %w", s.Name, ErrNeedsWords)
	}
	if err := (BLEU{Smoothing: o.Smoothing, SmoothValue: o.SmoothValue}).Validate(); err != nil {
		return Measure{}, err
	}
	return Measure{s, s.make(o)}, nil
}

// Item scores one item. The error says what is wrong with the text or a reference, where these have a form.
func (m Measure) Item(i Item) (ItemScore, error) {
	if len(i.Golds) == 0 {
		return ItemScore{}, errNoGolds
	}
	s, err := m.item(i)
	if s.Sums == nil {
		s.Sums = []float64{s.Value, 1}
	}
	return s, err
}

// Total is the value of a set, of which sums are the summed [ItemScore.Sums].
func (m Measure) Total(sums []float64) float64 {
	if m.total != nil {
		return m.total(sums)
	}
	return ratio(sums[0], sums[1])
}

// Signature says how the metric was computed: fields between bars, as far as they vary. references is the number of references of each
// item, 0 where it varies.
func (m Measure) Signature(references int) string {
	if m.signature == nil {
		return ""
	}
	return m.signature(references)
}

// LookupScorer finds a scorer of [Scorers] by name.
func LookupScorer(name string) (Scorer, bool) {
	for _, s := range Scorers() {
		if s.Name == name {
			return s, true
		}
	}
	return Scorer{}, false
}

// best is the item score of a function of one reference: the highest over references, the first of equal ones.
func best(i Item, score func(text, gold string) float64) (s ItemScore, err error) {
	for k, g := range i.Golds {
		if v := score(i.Text, g); k == 0 || v > s.Value {
			s.Value = v
		}
	}
	return s, nil
}
