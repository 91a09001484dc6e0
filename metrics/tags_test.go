package metrics

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The examples of the documentation of seqeval's get_entities, and tags that no scheme allows.
func TestTagEntities(t *testing.T) {
	for tags, want := range map[string][]Entity{
		"B-PER I-PER O B-LOC":       {{Type: "PER", Start: 0, End: 2}, {Type: "LOC", Start: 3, End: 4}},
		"":                          nil,
		"O O":                       nil,
		"I-PER I-PER":               {{Type: "PER", Start: 0, End: 2}},
		"B-PER I-LOC":               {{Type: "PER", Start: 0, End: 1}, {Type: "LOC", Start: 1, End: 2}},
		"S-LOC S-LOC B-X E-X E-X":   {{Type: "LOC", Start: 0, End: 1}, {Type: "LOC", Start: 1, End: 2}, {Type: "X", Start: 2, End: 4}, {Type: "X", Start: 4, End: 5}},
		"B I O I":                   {{Type: "_", Start: 0, End: 2}, {Type: "_", Start: 3, End: 4}},
		"B-MISC-OTHER I-MISC-OTHER": {{Type: "MISC-OTHER", Start: 0, End: 2}},
	} {
		if diff := cmp.Diff(want, TagEntities(strings.Fields(tags))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tags, diff)
		}
	}
	if got := TagEntities([]string{"", "B-X", ""}); len(got) != 1 || got[0].End != 2 {
		t.Errorf("empty tags: %v", got)
	}
}

// The example of seqeval's README: micro F1 over two sentences.
func TestTagsMicroF1(t *testing.T) {
	gold := []string{"O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"}
	pred := []string{"O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"}
	var sum Counts
	for i := range gold {
		for _, c := range SpanCounts(TagEntities(strings.Fields(gold[i])), TagEntities(strings.Fields(pred[i]))) {
			sum.Add(c)
		}
	}
	near(t, "micro F1", sum.F1(), 0.5)
}

// FuzzTagEntities: entities lie inside the sentence; they are in order and do not overlap as long as tags have known prefixes.
func FuzzTagEntities(f *testing.F) {
	f.Add("B-A I-A O E-B")
	f.Add("I I-B . -")
	f.Add("00  0 00")
	f.Fuzz(func(t *testing.T, s string) {
		tags := strings.Split(s, " ")
		known := !slices.ContainsFunc(tags, func(tag string) bool { return tag != "" && !strings.ContainsAny(tag[:1], "BIESO") })
		end := 0
		for _, e := range TagEntities(tags) {
			if e.Start < 0 || e.End <= e.Start || e.End > len(tags) || known && e.Start < end {
				t.Fatalf("%q: %v", tags, TagEntities(tags))
			}
			end = e.End
		}
	})
}
