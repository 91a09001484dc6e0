package metrics

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEntityCounts(t *testing.T) {
	gold := []Entity{{"address", "北京", 0, 2}, {"address", "北京", 5, 7}, {"name", "李四", 8, 10}}
	for _, tc := range []struct {
		name           string
		pred           []Entity
		surface, spans map[string]Counts
	}{
		{"nothing", nil, map[string]Counts{"address": {FN: 1}, "name": {FN: 1}}, map[string]Counts{"address": {FN: 2}, "name": {FN: 1}}},
		{
			"one of two places",
			[]Entity{{"address", "北京", 0, 2}},
			map[string]Counts{"address": {TP: 1}, "name": {FN: 1}},
			map[string]Counts{"address": {TP: 1, FN: 1}, "name": {FN: 1}},
		},
		{
			"said twice counts once",
			[]Entity{{"name", "李四", 8, 10}, {"name", "李四", 8, 10}},
			map[string]Counts{"address": {FN: 1}, "name": {TP: 1}},
			map[string]Counts{"address": {FN: 2}, "name": {TP: 1}},
		},
		{
			"wrong type",
			[]Entity{{"company", "李四", 8, 10}},
			map[string]Counts{"address": {FN: 1}, "name": {FN: 1}, "company": {FP: 1}},
			map[string]Counts{"address": {FN: 2}, "name": {FN: 1}, "company": {FP: 1}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.surface, SurfaceCounts(gold, tc.pred)); diff != "" {
				t.Errorf("surfaces (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.spans, SpanCounts(gold, tc.pred)); diff != "" {
				t.Errorf("spans (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMacroF1(t *testing.T) {
	counts := map[string]Counts{"a": {TP: 1}, "b": {TP: 1, FP: 1, FN: 1}}
	got, ok := MacroF1(counts, []string{"a", "b", "absent"})
	if !ok {
		t.Error("no value")
	}
	near(t, "macro", got, 0.5) // (1 + ½ + 0) / 3
	if _, ok := MacroF1(counts, nil); ok {
		t.Error("a mean over no types")
	}
}
