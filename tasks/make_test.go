package tasks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

// made lists the tasks that have a generator.
func made() []Task {
	return slices.DeleteFunc(All(), func(k Task) bool { return k.Make == nil })
}

func TestGeneratorsRepeat(t *testing.T) {
	for _, k := range short() {
		t.Run(k.Name, func(t *testing.T) {
			a, b, c := k.Make(3, 60), k.Make(3, 60), k.Make(4, 60)
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("the same seed gives other items:\n%s", diff)
			}
			if cmp.Equal(a, c) {
				t.Error("another seed gives the same items")
			}
			if got := k.Make(3, 0); len(got.Records) != 0 {
				t.Errorf("%d items asked for none", len(got.Records))
			}
			var text strings.Builder
			for _, r := range a.Records[:4] {
				fmt.Fprintf(&text, "%s\n→ %s\n", k.Prompt(r, nil).Prompt.Query, Target(r))
			}
			golden.Check(t, "made-"+k.Name+".txt", []byte(text.String()))
		})
	}
}

func TestGeneratedItemsAreDistinctAndBalanced(t *testing.T) {
	const n = 600
	for _, k := range short() {
		t.Run(k.Name, func(t *testing.T) {
			set := k.Make(7, n)
			texts, ids := make(map[string]bool), make(map[string]bool)
			labels := make(map[string]int)
			for _, r := range set.Records {
				texts[fieldsKey(r)] = true
				ids[r.ID] = true
				if k.Kind == Choice {
					labels[r.Choices[r.Answer]]++
				}
			}
			if len(set.Records) != n || len(ids) != n || len(texts) != n {
				t.Errorf("%d items, %d ids, %d texts, want %d of each", len(set.Records), len(ids), len(texts), n)
			}
			first := set.Records[0].Choices
			if slices.ContainsFunc(set.Records, func(r datasets.Record) bool { return !slices.Equal(r.Choices, first) }) {
				return // its choices are no labels
			}
			for label, count := range labels {
				if each := n / len(first); count < each || count > each+1 {
					t.Errorf("%s: %d times, want %d or one more", label, count, each)
				}
			}
		})
	}
}

// What a model may have seen, or been tuned on, with one seed says nothing about the items of another.
func TestSeedsShareNoItem(t *testing.T) {
	const n, seeds = 300, 6
	for _, k := range short() {
		t.Run(k.Name, func(t *testing.T) {
			owner := make(map[string]uint64)
			for seed := range uint64(seeds) {
				for _, r := range k.Make(seed, n).Records {
					key := fieldsKey(r)
					if other, ok := owner[key]; ok && other != seed {
						t.Fatalf("seeds %d and %d share %s", other, seed, key)
					}
					owner[key] = seed
				}
			}
		})
	}
}

func TestGeneratedC3(t *testing.T) {
	set := C3.Make(5, 600)
	counts, first := make(map[int]int), 0
	for i, r := range set.Records {
		counts[len(r.Choices)]++
		if r.Answer == 0 {
			first++
		}
		document := r.Fields["document"]
		// Statements are right or wrong; of all other choices only the answer stands in the text.
		if statement := slices.Contains(r.Choices, "正确"); !statement {
			for j, c := range r.Choices {
				if strings.Contains(document, c) != (j == r.Answer) {
					t.Errorf("%s\nchoice %q, answer %q", document, c, r.Choices[r.Answer])
				}
			}
		}
		if dialogue := strings.Contains(document, "女："); dialogue != (i < 300) {
			t.Errorf("item %d: %s", i, document)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(r.Choices)))) != len(r.Choices) {
			t.Errorf("a choice is repeated: %q", r.Choices)
		}
	}
	if counts[2] == 0 || counts[3] == 0 || counts[4] == 0 || counts[2]+counts[3]+counts[4] != 600 {
		t.Errorf("numbers of choices: %v", counts)
	}
	if chance, _ := Chance(set.Records); float64(first) < 600*chance*0.8 || float64(first) > 600*chance*1.2 {
		t.Errorf("the answer comes first %d times, by chance %.0f", first, 600*chance)
	}
}

func TestGeneratedCMRC(t *testing.T) {
	for _, r := range CMRC2018.Make(5, 600).Records {
		if n := strings.Count(r.Fields["context"], r.Golds[0]); n != 1 {
			t.Errorf("%q stands %d times in %s", r.Golds[0], n, r.Fields["context"])
		}
	}
}

func TestGeneratedCLUENER(t *testing.T) {
	types := make(map[string]int)
	for _, r := range CLUENER.Make(5, 600).Records {
		text := []rune(r.Fields["text"])
		for _, s := range r.Spans {
			types[s.Type]++
			if string(text[s.Start:s.End]) != s.Text {
				t.Errorf("%+v in %s", s, string(text))
			}
			// A text that also stands elsewhere would be an entity that the truth leaves out.
			if n := strings.Count(r.Fields["text"], s.Text); n != 1 {
				t.Errorf("%q stands %d times in %s", s.Text, n, string(text))
			}
		}
	}
	for _, typ := range cluenerTypes {
		if types[typ.name] < 50 {
			t.Errorf("%d entities of type %s", types[typ.name], typ.name)
		}
	}
}

func TestGeneratedOCNLIPremises(t *testing.T) {
	clusters := make(map[string]map[int]bool)
	premises := make(map[string]string)
	for _, r := range OCNLI.Make(5, 300).Records {
		if clusters[r.Cluster] == nil {
			clusters[r.Cluster] = make(map[int]bool)
			premises[r.Cluster] = r.Fields["sentence1"]
		}
		clusters[r.Cluster][r.Answer] = true
		if premises[r.Cluster] != r.Fields["sentence1"] {
			t.Errorf("cluster %s has two premises", r.Cluster)
		}
	}
	for name, labels := range clusters {
		if len(labels) != 3 {
			t.Errorf("premise %s has %d of 3 labels", name, len(labels))
		}
	}
	if len(clusters) != 100 {
		t.Errorf("%d premises, want 100", len(clusters))
	}
}

// Both readings of a string are the string, neither begins with the other, and every sentence holds the string once.
func TestAmbiguities(t *testing.T) {
	seen := make(map[string]bool)
	bare := strings.NewReplacer("／", "", "…", "")
	for _, a := range ambiguities {
		if seen[a.text] || a.kind != overlapping && a.kind != combining {
			t.Errorf("%s stands twice, or is of kind %q", a.text, a.kind)
		}
		seen[a.text] = true
		for i, cut := range a.cuts {
			if bare.Replace(cut) != a.text || strings.HasPrefix(cut, a.cuts[1-i]) {
				t.Errorf("%s: reading %s", a.text, cut)
			}
			for _, c := range a.contexts[i] {
				if strings.Count(c, "{s}") != 1 || strings.Contains(c, a.text) {
					t.Errorf("%s: %s", a.text, c)
				}
			}
		}
	}
	made := Segmentation.Make(5, 600).Records
	for i, r := range made {
		if strings.Count(r.Fields["text"], r.Fields["string"]) != 1 || r.Tags["position"] != letter(r.Answer) {
			t.Errorf("%+v", r)
		}
		if other := made[i^1]; other.Answer == r.Answer || other.Fields["text"] != r.Fields["text"] {
			t.Errorf("%+v and %+v are no pair", r, other)
		}
	}
}

func TestIdiomUses(t *testing.T) {
	seen, meanings := make(map[string]bool), make(map[string]bool)
	for _, u := range idiomUses {
		if seen[u.idiom] || meanings[u.meaning] || len([]rune(u.idiom)) != 4 {
			t.Errorf("%s stands twice or has no four characters", u.idiom)
		}
		seen[u.idiom], meanings[u.meaning] = true, true
		for _, s := range u.sentences {
			if strings.Count(s, "{_}") != 1 || strings.Contains(s, u.idiom) {
				t.Errorf("%s: %s", u.idiom, s)
			}
		}
		if len(slices.Compact(slices.Sorted(slices.Values(u.near)))) < 3 || slices.Contains(u.near, u.idiom) {
			t.Errorf("%s: near ones %q", u.idiom, u.near)
		}
		for _, n := range u.near {
			if len([]rune(n)) != 4 {
				t.Errorf("%s: %q has no four characters", u.idiom, n)
			}
		}
	}
	forms := make(map[string]int)
	for _, r := range Idiom.Make(5, 400).Records {
		forms[r.Fields["form"]]++
		if len(slices.Compact(slices.Sorted(slices.Values(r.Choices)))) != 4 || strings.Count(r.Fields["text"], "____") != 1 {
			t.Errorf("%+v", r)
		}
	}
	if forms["语境"] != 300 || forms["释义"] != 100 {
		t.Errorf("%v", forms)
	}
}

func TestGeneratedChID(t *testing.T) {
	lines := make(map[string][]string)
	for _, r := range ChID.Make(5, 300).Records {
		lines[r.Cluster] = append(lines[r.Cluster], Target(r))
		if len(r.Choices) != 10 || len(slices.Compact(slices.Sorted(slices.Values(r.Choices)))) != 10 {
			t.Errorf("candidates %q", r.Choices)
		}
	}
	for line, answers := range lines {
		if len(answers) != 3 || len(slices.Compact(slices.Sorted(slices.Values(answers)))) != 3 {
			t.Errorf("%s: %q", line, answers)
		}
	}
}

// Spans are at their places, and each text is asked about both words, one of which is meant.
func TestGeneratedCLUEWSC(t *testing.T) {
	right := make(map[string]int)
	for _, r := range CLUEWSC.Make(5, 300).Records {
		text := []rune(r.Fields["text"])
		for _, s := range r.Spans {
			if string(text[s.Start:s.End]) != s.Text {
				t.Errorf("%+v in %s", s, string(text))
			}
		}
		right[r.Cluster] += 1 - r.Answer
	}
	for text, n := range right {
		if n != 1 {
			t.Errorf("%s: %d words are meant", text, n)
		}
	}
	if len(right) != 150 {
		t.Errorf("%d texts", len(right))
	}
}

func TestGeneratedDRCD(t *testing.T) {
	for _, r := range DRCD.Make(5, 600).Records {
		if n := strings.Count(r.Fields["context"], r.Golds[0]); n != 1 {
			t.Errorf("%q stands %d times in %s", r.Golds[0], n, r.Fields["context"])
		}
	}
}

// A replaced keyword does not stand in the abstract; the others do.
func TestGeneratedCSL(t *testing.T) {
	for _, r := range CSL.Make(5, 600).Records {
		absent := 0
		for k := range strings.SplitSeq(r.Fields["keyword"], "、") {
			if !strings.Contains(r.Fields["abst"], k) {
				absent++
			}
		}
		if absent != 1-r.Answer {
			t.Errorf("%d keywords are not in the abstract, answer %s: %v", absent, Target(r), r.Fields)
		}
	}
}

func TestFill(t *testing.T) {
	r := newRandom(1, "fill")
	for range 50 {
		got := fill(r, "{a}和{a}和{b}", map[string][]string{"a": {"甲", "乙"}, "b": {"丙"}})
		if got != "甲和乙和丙" && got != "乙和甲和丙" {
			t.Fatalf("%q", got)
		}
	}
}

func TestRandom(t *testing.T) {
	r := newRandom(1, "x")
	counts := make([]int, 5)
	for range 50_000 {
		counts[r.below(5)]++
	}
	for i, c := range counts {
		if c < 9_500 || c > 10_500 {
			t.Errorf("%d drawn %d times in 50,000", i, c)
		}
	}
	p := r.perm(20)
	slices.Sort(p)
	for i, v := range p {
		if i != v {
			t.Fatalf("not a permutation: %v", p)
		}
	}
	if newRandom(1, "x").next() == newRandom(1, "y").next() || newRandom(1, "x").next() == newRandom(2, "x").next() {
		t.Error("generators of other names or seeds agree")
	}
}
