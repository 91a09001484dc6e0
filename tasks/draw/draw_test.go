package draw

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDraw(t *testing.T) {
	d := Draw(rand.New(rand.NewPCG(1, 2)).IntN)
	list := []int{0, 1, 2, 3, 4}
	var first, picked, between [5]int
	yes := 0
	for range 10_000 {
		s := Shuffled(d, list)
		first[s[0]]++
		if slices.Sort(s); !slices.Equal(s, list) {
			t.Fatalf("not a permutation: %v", s)
		}
		picked[One(d, list)]++
		between[d.Between(3, 7)-3]++
		if d.Chance(30) {
			yes++
		}
	}
	for i := range list {
		for name, n := range map[string]int{"first": first[i], "picked": picked[i], "between": between[i]} {
			if n < 1800 || n > 2200 {
				t.Errorf("%s: %d drawn %d times in 10,000", name, i, n)
			}
		}
	}
	if yes < 2800 || yes > 3200 {
		t.Errorf("a chance of 30%% came %d times in 10,000", yes)
	}
}
