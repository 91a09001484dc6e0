package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// choiceLetter compares the letters that stand alone, as sets. A, B and the like inside a Latin word or number are not options.
func choiceLetter(ScorerOptions) scoring {
	return scoring{item: func(i Item) (s ItemScore, err error) {
		found := loneLetters(i.Text)
		s.Abstained = len(found) == 0
		for _, g := range i.Golds {
			want := loneLetters(g)
			if len(want) == 0 { // several letters written together, such as ABC
				for _, r := range strings.TrimFunc(g, pythonSpace) {
					if r < 'A' || r > 'Z' {
						return s, fmt.Errorf("reference %q: want letters A to Z", g)
					}
					want = append(want, r)
				}
				slices.Sort(want)
				want = slices.Compact(want)
			}
			if len(want) > 0 && slices.Equal(found, want) {
				s.Value = 1
			}
		}
		return s, nil
	}}
}

// loneLetters are the capital letters A to Z, and runs of different ones in order such as ABD, with no Latin letter or digit on either
// side; sorted.
func loneLetters(text string) []rune {
	var out []rune
	latin := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' }
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !latin(r) }) {
		rising := true
		for i, r := range run {
			rising = rising && r >= 'A' && r <= 'Z' && (i == 0 || rune(run[i-1]) < r)
		}
		if rising {
			out = append(out, []rune(run)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// onlyGold is the reference of an item, for metrics that are defined for one.
func onlyGold(i Item) (string, error) {
	if n := len(i.Golds); n != 1 {
		return "", fmt.Errorf("%d references: the metric is defined for one", n)
	}
	return i.Golds[0], nil
}

func longBenchRetrieval(i Item) (ItemScore, error) {
	v, ok := LongBenchRetrieval(i.Text, i.Golds)
	if !ok {
		return ItemScore{}, errors.New("the reference names no 段落N")
	}
	return ItemScore{Value: v}, nil
}

func longBenchClass(i Item) (ItemScore, error) {
	if len(i.Classes) == 0 {
		return ItemScore{}, errors.New("no class names: the field all_classes is missing")
	}
	return ItemScore{Value: LongBenchClass(LongBenchFirstLine(i.Text), i.Golds, i.Classes)}, nil
}

func entityScorers() []Scorer {
	return []Scorer{
		{
			Name: "cluener_f1", Title: "unweighted mean over the ten types of the F1 of surface texts; per item: micro F1", Unit: "entities (surface)",
			Convention: "CLUENER score.py, a type without entities counts 0", Scale: 100, Corpus: true, make: entityScoring(cluenerTypes, false),
		},
		{
			Name: "entity_f1", Title: "micro F1 of (type, surface)", Unit: "entities (surface)", Convention: "ours", Scale: 100, Corpus: true, make: entityScoring(nil, false),
		},
		{
			Name: "entity_span_f1", Title: "micro F1 of (type, start, end)", Unit: "entities (span)", Convention: "strict spans", Scale: 100, Corpus: true, make: entityScoring(nil, true),
		},
		{
			Name: "entity_words_f1", Title: "micro F1 of the words of entities by type: part of an entity is part of the score", Unit: unitWords,
			Convention: "ours", Scale: 100, Words: true, Corpus: true, make: entityWordScoring,
		},
		{
			Name: "seqeval_f1", Title: "micro F1 of entities read from tags between blanks, such as B-PER I-PER O", Unit: "entities (span)",
			Convention: "seqeval 1.2.2, not strict", Scale: 100, Corpus: true, make: seqevalScoring,
		},
	}
}

// cluenerTypes are the types of CLUENER.
var cluenerTypes = strings.Fields("address book company game government movie name organization position scene")

// ParseEntities reads entities as JSON in the layout of CLUENER: {type: {surface: [[start, end], …]}}, ends inclusive, or
// {type: [surface, …]} without places.
func ParseEntities(text string) ([]Entity, error) {
	var types map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &types); err != nil {
		return nil, errors.New(`want entities as JSON: {"type": {"surface": [[start, end]]}}`)
	}
	var out []Entity
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		var bare []string
		if json.Unmarshal(types[typ], &bare) == nil {
			for _, s := range bare {
				out = append(out, Entity{Type: typ, Text: s, Start: -1, End: -1})
			}
			continue
		}
		var surfaces map[string][][]int
		if err := json.Unmarshal(types[typ], &surfaces); err != nil {
			return nil, fmt.Errorf("entities of type %q: want {surface: [[start, end]]} or a list of surfaces", typ)
		}
		for _, s := range slices.Sorted(maps.Keys(surfaces)) {
			for _, p := range surfaces[s] {
				if len(p) != 2 {
					return nil, fmt.Errorf("entity %q: want [start, end], found %d numbers", s, len(p))
				}
				out = append(out, Entity{Type: typ, Text: s, Start: p[0], End: p[1] + 1})
			}
		}
	}
	return out, nil
}

// parsedEntities reads text and reference of an item. A text in another form abstains.
func parsedEntities(i Item) (gold, found []Entity, abstained bool, err error) {
	one, err := onlyGold(i)
	if err != nil {
		return nil, nil, false, err
	}
	if gold, err = ParseEntities(one); err != nil {
		return nil, nil, false, fmt.Errorf("reference: %w", err)
	}
	found, err = ParseEntities(i.Text)
	return gold, found, err != nil, nil
}

// entityScoring counts entities. With types the total is the mean of their F1, without it is that of all together.
func entityScoring(types []string, spans bool) func(ScorerOptions) scoring {
	return func(ScorerOptions) scoring {
		s := scoring{item: func(i Item) (ItemScore, error) {
			gold, found, abstained, err := parsedEntities(i)
			if err != nil {
				return ItemScore{}, err
			}
			if i := slices.IndexFunc(gold, func(e Entity) bool { return types != nil && !slices.Contains(types, e.Type) }); i >= 0 {
				return ItemScore{}, fmt.Errorf("reference: entity type %q is none of %s", gold[i].Type, strings.Join(types, ", "))
			}
			if !spans {
				return countedScore(SurfaceCounts(gold, found), types, abstained), nil
			}
			placeless := func(e Entity) bool { return e.Start < 0 }
			if slices.ContainsFunc(gold, placeless) {
				return ItemScore{}, errors.New("reference: entities without places: want {surface: [[start, end]]}")
			}
			if slices.ContainsFunc(found, placeless) { // another form than asked for
				found, abstained = nil, true
			}
			return countedScore(SpanCounts(gold, found), types, abstained), nil
		}, total: microF1}
		if types != nil {
			s.total = func(sums []float64) float64 {
				counts := make(map[string]Counts, len(types))
				for i, t := range types {
					counts[t] = Counts{sums[3*i], sums[3*i+1], sums[3*i+2]}
				}
				f1, _ := MacroF1(counts, types)
				return f1
			}
		}
		return s
	}
}

// countedScore makes sums of counts by type: three numbers for each of types, or three in all. An answer's entities of a type outside types
// are wrong in the value of the item, and not in the sums: the mean over types has no place for them.
func countedScore(counts map[string]Counts, types []string, abstained bool) ItemScore {
	var all Counts
	sums := make([]float64, 3*max(1, len(types)))
	for typ, c := range counts {
		all.Add(c)
		at := 0
		if types != nil {
			if at = slices.Index(types, typ); at < 0 {
				continue
			}
		}
		sums[3*at] += c.TP
		sums[3*at+1] += c.FP
		sums[3*at+2] += c.FN
	}
	return ItemScore{Value: all.F1(), Sums: sums, Abstained: abstained}
}

func microF1(sums []float64) float64 { return Counts{sums[0], sums[1], sums[2]}.F1() }

// EntityWordCounts compares the words of entities, type by type, as multisets. Words decide what part of an entity is: with a dictionary
// that has 花呗 as a word, a text that names 花 has nothing of it. Each entity counts once a sentence.
func EntityWordCounts(gold, found []Entity, cut func(text string) []string) map[string]Counts {
	words := func(list []Entity) map[string]map[string]float64 {
		out := make(map[string]map[string]float64)
		seen := make(map[[2]string]bool)
		for _, e := range list {
			if k := [2]string{e.Type, e.Text}; seen[k] {
				continue
			} else {
				seen[k] = true
			}
			if out[e.Type] == nil {
				out[e.Type] = make(map[string]float64)
			}
			for _, w := range cut(e.Text) {
				if w = strings.TrimFunc(w, pythonSpace); w != "" {
					out[e.Type][w]++
				}
			}
		}
		return out
	}
	want, have := words(gold), words(found)
	counts := make(map[string]Counts)
	for typ, ws := range want {
		c := counts[typ]
		for w, n := range ws {
			both := min(n, have[typ][w])
			c.TP += both
			c.FN += n - both
		}
		counts[typ] = c
	}
	for typ, ws := range have {
		c := counts[typ]
		for w, n := range ws {
			c.FP += n - min(n, want[typ][w])
		}
		counts[typ] = c
	}
	return counts
}

// EntityWords is the item score of entity_words_f1.
func EntityWords(gold, found []Entity, cut func(text string) []string) ItemScore {
	return countedScore(EntityWordCounts(gold, found, cut), nil, false)
}

func entityWordScoring(o ScorerOptions) scoring {
	return scoring{item: func(i Item) (ItemScore, error) {
		gold, found, abstained, err := parsedEntities(i)
		s := EntityWords(gold, found, o.Cut)
		s.Abstained = abstained
		return s, err
	}, total: microF1}
}

func seqevalScoring(ScorerOptions) scoring {
	return scoring{item: func(i Item) (ItemScore, error) {
		one, err := onlyGold(i)
		if err != nil {
			return ItemScore{}, err
		}
		gold, found := strings.Fields(one), strings.Fields(i.Text)
		abstained := len(gold) != len(found)
		if abstained { // tags that stand for other characters name no entity
			found = nil
		}
		return countedScore(SpanCounts(TagEntities(gold), TagEntities(found)), nil, abstained), nil
	}, total: microF1}
}

func otherScorers() []Scorer {
	var out []Scorer
	ranked := func(name, title string, score func(relevant []bool, total int) (float64, error)) {
		out = append(out, Scorer{
			Name: name, Title: title, Unit: "results", Convention: "text: results between blanks, best first; references: the relevant ones", Scale: 100,
			make: item(func(i Item) (ItemScore, error) {
				relevant := []bool{}
				seen := map[string]bool{}
				for r := range strings.FieldsSeq(i.Text) { // a result that comes again takes a rank and adds nothing
					relevant = append(relevant, !seen[r] && slices.Contains(i.Golds, r))
					seen[r] = true
				}
				golds := slices.Clone(i.Golds)
				slices.Sort(golds)
				v, err := score(relevant, len(slices.Compact(golds)))
				return ItemScore{Value: v, Abstained: len(relevant) == 0}, err
			}),
		})
	}
	ranked("mrr", "mean of 1 over the rank of the first relevant result", func(r []bool, _ int) (float64, error) { return ReciprocalRank(r), nil })
	for _, k := range []int{1, 5, 10} {
		ranked(fmt.Sprintf("recall@%d", k), fmt.Sprintf("share of the relevant results among the first %d", k), func(r []bool, total int) (float64, error) {
			v, ok := RecallAt(r, k, total)
			if !ok {
				return 0, errors.New("more relevant results than references")
			}
			return v, nil
		})
	}
	confidence := func(i Item) (p float64, right, abstained bool, err error) {
		one, err := onlyGold(i)
		if err != nil {
			return 0, false, false, err
		}
		switch g := strings.TrimFunc(one, pythonSpace); g {
		case "1", "true", "True":
			right = true
		case "0", "false", "False":
		default:
			return 0, false, false, fmt.Errorf("reference %q: want 1 (right) or 0 (wrong)", g)
		}
		p, err = strconv.ParseFloat(strings.TrimFunc(i.Text, pythonSpace), 64)
		if err != nil || !(p >= 0 && p <= 1) { // no probability is as far off as one can be
			return 1 - truth(right), right, true, nil
		}
		return p, right, false, nil
	}
	const bins = 10
	return append(
		out,
		Scorer{
			Name: "brier", Title: "mean squared difference of probability and outcome", Unit: "probabilities",
			Convention: "text: a probability; reference: 1 or 0", Lower: true,
			make: item(func(i Item) (ItemScore, error) {
				p, right, abstained, err := confidence(i)
				d := p - truth(right)
				return ItemScore{Value: d * d, Abstained: abstained}, err
			}),
		},
		Scorer{
			Name: "ece", Title: "expected calibration error over ten bins of equal width; per item: distance from the outcome", Unit: "probabilities",
			Convention: "text: a probability; reference: 1 or 0", Lower: true, Corpus: true,
			make: func(ScorerOptions) scoring {
				return scoring{item: func(i Item) (ItemScore, error) {
					p, right, abstained, err := confidence(i)
					s := ItemScore{Value: max(p-truth(right), truth(right)-p), Abstained: abstained}
					c := NewCalibration(bins)
					c.Observe(p, right)
					for _, b := range c {
						s.Sums = append(s.Sums, b.N, b.Confidence, b.Correct)
					}
					return s, err
				}, total: func(sums []float64) float64 {
					c := NewCalibration(bins)
					for i := range c {
						c[i] = CalibrationBin{sums[3*i], sums[3*i+1], sums[3*i+2]}
					}
					v, _ := c.ECE()
					return v
				}}
			},
		},
	)
}
