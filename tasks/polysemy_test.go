package tasks

import (
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// expansions lists every text that a template makes, persons and cities left open.
func expansions(template string) []string {
	before, rest, ok := strings.Cut(template, "[")
	if !ok {
		return []string{template}
	}
	list, after, _ := strings.Cut(rest, "]")
	var out []string
	for part := range strings.SplitSeq(list, "|") {
		for _, tail := range expansions(after) {
			out = append(out, before+part+tail)
		}
	}
	return out
}

// sharedPair is the first pair of Chinese characters in a row that two texts share.
func sharedPair(a, b string) string {
	runes := []rune(a)
	for i := 0; i+1 < len(runes); i++ {
		pair := string(runes[i : i+2])
		if unicode.Is(unicode.Han, runes[i]) && unicode.Is(unicode.Han, runes[i+1]) && strings.Contains(b, pair) {
			return pair
		}
	}
	return ""
}

func TestPolysemyInventory(t *testing.T) {
	words, three := make(map[string]bool), 0
	kinds := make(map[string]int)
	for _, e := range polysemyEntries() {
		if words[e.word] {
			t.Errorf("%s is there twice", e.word)
		}
		words[e.word] = true
		kinds[e.kind]++
		if len(e.senses) > 2 {
			three++
		}
		if len(e.senses) < 2 {
			t.Errorf("%s has %d senses", e.word, len(e.senses))
		}
		names, glosses := make(map[string]bool), make(map[string]bool)
		seen := make(map[string]bool)
		for _, s := range e.senses {
			if names[s.name] || glosses[s.gloss] || strings.Contains(s.gloss, e.word) {
				t.Errorf("%s: sense %s, gloss %q: not its own, or it holds the word", e.word, s.name, s.gloss)
			}
			names[s.name], glosses[s.gloss] = true, true
			if len(s.templates) < 2 {
				t.Errorf("%s: %s has %d templates", e.word, s.name, len(s.templates))
			}
			for _, template := range s.templates {
				if !strings.Contains(template, "{p}") {
					t.Errorf("%s: %s: nobody is in it", e.word, template)
				}
				for _, text := range expansions(template) {
					if seen[text] {
						t.Errorf("%s: %s is there twice", e.word, text)
					}
					seen[text] = true
					if n := strings.Count(text, e.word); n != 1 {
						t.Errorf("%s stands %d times in %s", e.word, n, text)
					}
					if pair := sharedPair(s.gloss, strings.ReplaceAll(text, e.word, "，")); pair != "" {
						t.Errorf("%s: gloss %q shares %q with %s", e.word, s.gloss, pair, text)
					}
				}
			}
		}
	}
	if len(words) < 60 || three < 25 || len(kinds) < 8 {
		t.Errorf("%d words, %d with three senses or more, %d kinds", len(words), three, len(kinds))
	}
	t.Logf("%d words, %d with three senses or more, by kind %v", len(words), three, kinds)
}

// Two seeds share no sentence: grammars are large enough for many runs.
func TestSeedsShareNothing(t *testing.T) {
	seeds, n := 40, 400
	if testing.Short() {
		seeds = 8
	}
	for _, tc := range []struct {
		task   Task
		fields []string
	}{
		{PolysemySense, []string{"sentence"}},
		{PolysemyPair, []string{"sentence1", "sentence2"}},
		{TranslateEnZh, []string{"source"}},
		{TranslateZhEn, []string{"source"}},
		{SummaryNews, []string{"text"}},
	} {
		t.Run(tc.task.Name, func(t *testing.T) {
			owner := make(map[string]int)
			for seed := range seeds {
				for _, r := range tc.task.Make(uint64(seed), n).Records {
					for _, f := range tc.fields {
						text := r.Fields[f]
						if other, ok := owner[text]; ok && other != seed {
							t.Errorf("seeds %d and %d: %s", other, seed, text)
						}
						owner[text] = seed
					}
				}
			}
			if want := seeds * n / 2 * 9 / 10; len(owner) < want {
				t.Errorf("%d different texts, want more than %d", len(owner), want)
			}
		})
	}
}

func TestPolysemySentences(t *testing.T) {
	for _, r := range PolysemySense.Make(5, 3000).Records {
		s := r.Fields["sentence"]
		if strings.Count(s, r.Fields["word"]) != 1 || strings.ContainsAny(s, "[]{}|") || !strings.HasSuffix(s, "。") || strings.Contains(s, "。。") {
			t.Errorf("%s in %s", r.Fields["word"], s)
		}
	}
}

func TestPolysemyIsBalanced(t *testing.T) {
	words := len(polysemyEntries())
	n := 2 * 12 * words
	bySense, position := make(map[string]map[string]int), make(map[string]map[string]int)
	count := func(m map[string]map[string]int, a, b string) {
		if m[a] == nil {
			m[a] = make(map[string]int)
		}
		m[a][b]++
	}
	set := PolysemySense.Make(1, n)
	for i, r := range set.Records {
		count(bySense, r.Tags["word"], r.Tags["sense"])
		count(position, r.Tags["senses"], r.Tags["position"])
		if i%2 == 0 {
			continue
		}
		// The second order has the same sentence and the reverse options.
		before := set.Records[i-1]
		if before.Fields["sentence"] != r.Fields["sentence"] || before.Tags["item"] != r.Tags["item"] || before.Choices[0] != r.Choices[len(r.Choices)-1] || Target(before) != Target(r) {
			t.Errorf("%+v\n%+v", before, r)
		}
	}
	if len(bySense) != words {
		t.Errorf("%d words, want %d", len(bySense), words)
	}
	for word, senses := range bySense {
		low, high := n, 0
		for _, c := range senses {
			low, high = min(low, c), max(high, c)
		}
		// 打 has five senses, of which twelve questions cannot be the same number; each question counts twice.
		if high-low > 2 || len(senses) != 5 && high != low {
			t.Errorf("%s: %v", word, senses)
		}
	}
	if c := position["2"]; c["A"] != c["B"] {
		t.Errorf("of two options the right one stands first %d times, last %d times", c["A"], c["B"])
	}
	for senses, c := range position {
		if c["A"] != c[letter(len(c)-1)] {
			t.Errorf("%s senses: places %v", senses, c)
		}
	}
	same := make(map[string]int)
	for _, r := range PolysemyPair.Make(1, 800).Records {
		same[r.Tags["same"]+r.Tags["position"]]++
		if (Target(r) == "相同") != (r.Tags["same"] == "yes") || r.Fields["sentence1"] == r.Fields["sentence2"] {
			t.Errorf("%+v", r)
		}
	}
	if diff := cmp.Diff(map[string]int{"yesA": 200, "yesB": 200, "noA": 200, "noB": 200}, same); diff != "" {
		t.Error(diff)
	}
}

// picking answers every question with the choice that pick names, in both ways of asking.
func picking(pick func(datasets.Record) int) func(datasets.Record) Answer {
	return func(r datasets.Record) Answer {
		a := Answer{Choices: make([]Score, len(r.Choices)), Letters: make([]Score, len(r.Choices))}
		for i := range r.Choices {
			a.Choices[i] = Score{LogProb: -9, Tokens: 1, Chars: 1, Bytes: 1}
			a.Letters[i] = a.Choices[i]
		}
		at := pick(r)
		a.Choices[at].LogProb, a.Letters[at].LogProb = -1, -1
		a.Text, a.Finish = letter(at), "stop"
		return a
	}
}

func wilsonHolds(t *testing.T, name string, rate, want float64, n int) {
	t.Helper()
	ci, ok := metrics.Wilson(int(math.Round(rate*float64(n))), n, 0.99)
	if !ok || want < ci.Low || want > ci.High {
		t.Errorf("%s = %.4f of %d, expected %.4f", name, rate, n, want)
	}
}

// Models that do not read score what guessing does, and the report shows how they answer.
func TestPolysemyExposesModelsThatDoNotRead(t *testing.T) {
	const n = 4000
	for _, k := range []Task{PolysemySense, PolysemyPair, PolysemyNoContext} {
		t.Run(k.Name, func(t *testing.T) {
			records := k.Make(3, n).Records
			chance, _ := Chance(records)
			r := newRandom(1, "guess")
			guess := score(t, k, records, picking(func(rec datasets.Record) int { return r.below(len(rec.Choices)) }))
			wilsonHolds(t, "acc of guessing", guess["acc"], chance, n)
			wilsonHolds(t, "acc_letter of guessing", guess["acc_letter"], chance, n)

			first := score(t, k, records, picking(func(datasets.Record) int { return 0 }))
			if first["flip"] != 1 || first["flip_letter"] != 1 || first["acc_both"] != 0 || first["acc_letter_both"] != 0 {
				t.Errorf("always the first: %v", first)
			}
			wilsonHolds(t, "acc of always the first", first["acc"], chance, n)
			for _, rec := range records {
				v := k.Judge(rec, picking(func(datasets.Record) int { return 0 })(rec))
				if v.Metrics["acc_letter"] != map[bool]float64{true: 1}[rec.Tags["position"] == "A"] {
					t.Fatalf("the breakdown by position does not show it: %+v", rec)
				}
			}

			// The same sense of a word every time, whatever the sentence: no flip, no more than chance.
			fixed := score(t, k, records, picking(func(rec datasets.Record) int {
				best := 0
				for i, c := range rec.Choices {
					if c < rec.Choices[best] {
						best = i
					}
				}
				return best
			}))
			if fixed["flip_letter"] != 0 || fixed["flip"] != 0 || math.Abs(fixed["acc_letter"]-chance) > 0.01 || fixed["acc_letter_both"] != fixed["acc_letter"] {
				t.Errorf("one sense a word: %v, chance %.4f", fixed, chance)
			}
			if k.Name == "polysemy_sense" && (math.Abs(fixed["acc_majority"]-chance) > 0.01 || math.Abs(fixed["acc_letter_word"]-chance) > 0.02) {
				t.Errorf("acc_majority %v, acc_letter_word %v, chance %.4f", fixed["acc_majority"], fixed["acc_letter_word"], chance)
			}
		})
	}
}

func TestPolysemyNoContext(t *testing.T) {
	a, b := PolysemySense.Make(4, 50).Records, PolysemyNoContext.Make(4, 50).Records
	if diff := cmp.Diff(a, b); diff != "" {
		t.Fatalf("other items:\n%s", diff)
	}
	for _, r := range b {
		req := PolysemyNoContext.Prompt(r, nil)
		for _, text := range []string{req.Prompt.Text(), req.Letters.Prompt.Text()} {
			if strings.Contains(text, r.Fields["sentence"]) || !strings.Contains(text, r.Choices[0]) || !strings.Contains(text, r.Choices[len(r.Choices)-1]) {
				t.Errorf("%s", text)
			}
		}
	}
}

func TestTextRank(t *testing.T) {
	for _, choices := range [][]string{{"乙", "甲", "丙"}, {"丙", "甲", "乙"}} {
		got := make(map[string]int)
		for i, c := range choices {
			got[c] = textRank(choices, i)
		}
		if diff := cmp.Diff(map[string]int{"丙": 0, "乙": 1, "甲": 2}, got); diff != "" {
			t.Error(diff)
		}
	}
	if a, b := textRank([]string{"甲", "甲"}, 0), textRank([]string{"甲", "甲"}, 1); a != 0 || b != 1 {
		t.Errorf("equal choices have ranks %d and %d", a, b)
	}
}
