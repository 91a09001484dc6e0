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

func TestGeneratorsRepeat(t *testing.T) {
	for _, k := range All() {
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
	for _, k := range All() {
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
			if slices.ContainsFunc(set.Records, func(r datasets.Record) bool { return !slices.Equal(r.Choices, set.Records[0].Choices) }) {
				return // choices are no labels
			}
			for label, count := range labels {
				if want := n / len(set.Records[0].Choices); count != want {
					t.Errorf("%s: %d times, want %d", label, count, want)
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
