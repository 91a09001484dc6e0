package metrics

// Counts are true positives, false positives and false negatives.
type Counts struct{ TP, FP, FN float64 }

// Add adds the counts of other to c.
func (c *Counts) Add(other Counts) {
	c.TP += other.TP
	c.FP += other.FP
	c.FN += other.FN
}

// Precision is TP/(TP+FP), 0 without predictions.
func (c Counts) Precision() float64 { return ratio(c.TP, c.TP+c.FP) }

// Recall is TP/(TP+FN), 0 without golds.
func (c Counts) Recall() float64 { return ratio(c.TP, c.TP+c.FN) }

// F1 is the harmonic mean of precision and recall, 0 when both are 0.
func (c Counts) F1() float64 {
	p, r := c.Precision(), c.Recall()
	return ratio(2*p*r, p+r)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// An Entity is a typed run of text. Offsets are any unit, as long as it is the same on both sides.
type Entity struct {
	Type, Text string
	Start, End int
}

// SurfaceCounts compares, type by type, the sets of surface texts of one sentence, as the CLUENER scorer does: offsets do not count, and a
// text that occurs twice counts once. Types that occur on neither side are absent from the result.
//
// Source: score.py in github.com/CLUEbenchmark/CLUENER2020.
func SurfaceCounts(gold, predicted []Entity) map[string]Counts {
	type key struct{ typ, text string }
	return compare(gold, predicted, func(e Entity) key { return key{e.Type, e.Text} })
}

// SpanCounts compares the sets of (type, start, end) of one sentence, type by type. Equal spans count once.
func SpanCounts(gold, predicted []Entity) map[string]Counts {
	type key struct {
		typ        string
		start, end int
	}
	return compare(gold, predicted, func(e Entity) key { return key{e.Type, e.Start, e.End} })
}

func compare[K comparable](gold, predicted []Entity, keyOf func(Entity) K) map[string]Counts {
	out := make(map[string]Counts)
	add := func(typ string, c Counts) {
		sum := out[typ]
		sum.Add(c)
		out[typ] = sum
	}
	want := make(map[K]bool)
	for _, g := range gold {
		want[keyOf(g)] = true
	}
	seen := make(map[K]bool)
	for _, p := range predicted {
		k := keyOf(p)
		if seen[k] {
			continue
		}
		seen[k] = true
		if want[k] {
			add(p.Type, Counts{TP: 1})
		} else {
			add(p.Type, Counts{FP: 1})
		}
	}
	for _, g := range gold {
		if k := keyOf(g); !seen[k] {
			seen[k] = true
			add(g.Type, Counts{FN: 1})
		}
	}
	return out
}

// MacroF1 is the unweighted mean of the F1 of the given types. A type that does not occur has an F1 of 0. ok is false without types.
func MacroF1(counts map[string]Counts, types []string) (f1 float64, ok bool) {
	var sum float64
	for _, t := range types {
		sum += counts[t].F1()
	}
	if len(types) == 0 {
		return 0, false
	}
	return sum / float64(len(types)), true
}
