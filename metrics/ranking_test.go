package metrics

import (
	"math"
	"slices"
	"testing"
)

func TestRanking(t *testing.T) {
	if got := Ranking([]float64{1, 3, math.NaN(), 3, math.Inf(-1)}); !slices.Equal(got, []int{1, 3, 0, 4, 2}) {
		t.Errorf("got %v", got)
	}
	if got := Ranking(nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	// Source: the table of the article "Mean reciprocal rank" of Wikipedia: places 3, 2 and 1 give 11/18.
	var ranks []float64
	for _, r := range [][]bool{{false, false, true}, {false, true, false}, {true, false, false}} {
		ranks = append(ranks, ReciprocalRank(r))
	}
	mrr, _ := Mean(ranks)
	near(t, "MRR", mrr, 11.0/18)
	near(t, "nothing found", ReciprocalRank([]bool{false}), 0)
	near(t, "no results", ReciprocalRank(nil), 0)
}

func TestRecallAt(t *testing.T) {
	relevant := []bool{false, true, true, false, true}
	for k, want := range []float64{0, 0, 0.25, 0.5, 0.5, 0.75, 0.75} {
		if got, ok := RecallAt(relevant, k, 4); !ok || got != want {
			t.Errorf("recall@%d = %v (%v), want %v", k, got, ok, want)
		}
	}
	for k, want := range map[int]float64{-1: 0, 0: 0, 1: 0, 2: 1, 9: 1} {
		if got := HitAt(relevant, k); got != want {
			t.Errorf("hit@%d = %v, want %v", k, got, want)
		}
	}
	for _, total := range []int{0, -1, 2} {
		if _, ok := RecallAt(relevant, 1, total); ok {
			t.Errorf("recall of %d relevant documents", total)
		}
	}
}

// The example of the article "Discounted cumulative gain" of Wikipedia, with its gains as they enter the sum: 2^g − 1 = 3, 2, 3, 0, 1, 2.
func TestNDCG(t *testing.T) {
	gain := func(rel ...float64) (out []float64) {
		for _, r := range rel {
			out = append(out, math.Log2(r+1))
		}
		return out
	}
	got, ok := NDCGAt(gain(3, 2, 3, 0, 1, 2), gain(3, 2, 3, 0, 1, 2, 3, 2), 6)
	if !ok || math.Abs(got-0.785) > 5e-4 {
		t.Errorf("got %v, want 0.785", got)
	}
	for _, c := range [][2][]float64{{{1}, {0}}, {{1}, nil}, {{-1}, {1}}, {{1}, {math.NaN()}}, {{math.Inf(1)}, {1}}} {
		if got, ok := NDCGAt(c[0], c[1], 5); ok || got != 0 {
			t.Errorf("NDCG of %v is %v", c, got)
		}
	}
}
