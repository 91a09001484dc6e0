package metrics

import (
	"math"
	"testing"
)

// rowsOf makes rows of statistics from lists of them.
func rowsOf(lists ...[]float64) [][]float64 {
	rows := make([][]float64, len(lists[0]))
	for i := range rows {
		for _, l := range lists {
			rows[i] = append(rows[i], l[i])
		}
	}
	return rows
}

func TestPermutationEnumerates(t *testing.T) {
	first := []float64{0, 0, 0, 0, 0}
	second := []float64{1, 1, 1, 1, 0}
	d, p, ok := Permutation{}.Means(first, second, nil)
	// Of 16 exchanges two are as far apart: all, and none.
	if !ok || d != 0.8 || p != 2./16 {
		t.Errorf("difference %v, p %v, %v", d, p, ok)
	}
	if _, p, _ = (Permutation{Less: true}).Means(first, second, nil); p != 1 {
		t.Errorf("lower: p %v, want 1", p)
	}
	if _, p, _ = (Permutation{Less: true}).Means(second, first, nil); p != 1./16 {
		t.Errorf("lower: p %v, want 1/16", p)
	}
	// Two clusters of two, exchanged whole.
	if _, p, _ = (Permutation{}).Means(first, second, []string{"a", "a", "b", "b", "c"}); p != 2./4 {
		t.Errorf("clusters: p %v, want 1/2", p)
	}
	if _, p, _ = (Permutation{}).Means(first, first, nil); p != 1 {
		t.Errorf("equal runs: p %v", p)
	}
}

// With right and wrong answers the random test is McNemar's.
func TestPermutationMatchesMcNemar(t *testing.T) {
	var first, second []float64
	for i := range 400 {
		switch {
		case i < 30: // lost
			first, second = append(first, 1), append(second, 0)
		case i < 42: // won
			first, second = append(first, 0), append(second, 1)
		default:
			first, second = append(first, 1), append(second, 1)
		}
	}
	want := McNemarExact(30, 12)
	_, got, ok := Permutation{Draws: 20_000, Seed: 4}.Means(first, second, nil)
	if noise := 5 * math.Sqrt(want/20_000); !ok || math.Abs(got-want) > noise {
		t.Errorf("p %v, want %v within %v", got, want, noise)
	}
	// A metric that is no mean, the ratio of two sums.
	ratio := func(s []float64) float64 { return s[0] / s[1] }
	ones := make([]float64, len(first))
	for i := range ones {
		ones[i] = float64(1 + i%3)
	}
	_, got, ok = Permutation{Seed: 4}.Sums(rowsOf(first, ones), rowsOf(second, ones), nil, ratio)
	if !ok || got > 0.05 || got < 0.0005 {
		t.Errorf("ratio: p %v %v", got, ok)
	}
}

func TestPermutationRefuses(t *testing.T) {
	nan := func([]float64) float64 { return math.NaN() }
	for name, ok := range map[string]bool{
		"nothing":   third(Permutation{}.Means(nil, nil, nil)),
		"lengths":   third(Permutation{}.Means([]float64{1}, []float64{1, 2}, nil)),
		"clusters":  third(Permutation{}.Means([]float64{1}, []float64{1}, []string{"a", "b"})),
		"NaN":       third(Permutation{}.Sums(rowsOf([]float64{1}), rowsOf([]float64{2}), nil, nan)),
		"row width": third(Permutation{}.Sums([][]float64{{1}}, [][]float64{{1, 2}}, nil, nan)),
	} {
		if ok {
			t.Errorf("%s: a result", name)
		}
	}
}

func third(_, _ float64, ok bool) bool { return ok }

// An exchange without a value is no evidence.
func TestPermutationWithoutValue(t *testing.T) {
	once := 0
	rare := func(sum []float64) float64 { // has a value of what was seen, and of nothing else
		if once++; once > 2 {
			return math.NaN()
		}
		return sum[0]
	}
	for _, n := range []int{1, 40} {
		var a, b [][]float64
		for range n {
			a, b = append(a, []float64{1}), append(b, []float64{0})
		}
		for _, less := range []bool{false, true} {
			once = 0
			if _, p, ok := (Permutation{Draws: 100, Less: less}).Sums(a, b, nil, rare); !ok || p != 1 {
				t.Errorf("%d items: p %v, %v; want 1", n, p, ok)
			}
		}
	}
}
