package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAssign(t *testing.T) {
	for _, tc := range []struct {
		name   string
		scores [][]float64
		want   []int
	}{
		{"none", nil, nil},
		{"one", [][]float64{{-1, -3, -2}}, []int{0}},
		// Both rows like column 0 best; the first loses less by leaving it.
		{"conflict", [][]float64{{-1, -1.5, -9}, {-1, -4, -5}}, []int{1, 0}},
		// Taking the best pair first would give 0, 1 with a sum of -10.
		{"greed is wrong", [][]float64{{0, -1}, {-1, -10}}, []int{1, 0}},
		{"more rows than columns", [][]float64{{-5, -5}, {-1, -9}, {-9, -1}}, []int{-1, 0, 1}},
		{"far apart", [][]float64{{-1e9, -1}, {-2, -1e9}}, []int{1, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Assign(tc.scores); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// The sum is that of the best of all assignments.
func TestAssignIsOptimal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		rows, columns := 1+r.IntN(5), 1+r.IntN(6)
		scores := make([][]float64, rows)
		for i := range scores {
			scores[i] = make([]float64, columns)
			for j := range scores[i] {
				scores[i][j] = -math.Round(r.Float64()*20) / 2
			}
		}
		got, taken := 0.0, make(map[int]bool)
		assigned := 0
		for i, j := range Assign(scores) {
			if j < 0 {
				continue
			}
			if taken[j] {
				t.Fatalf("column %d twice", j)
			}
			taken[j] = true
			assigned++
			got += scores[i][j]
		}
		if want := bestSum(scores, 0, make([]bool, columns), max(0, rows-columns)); assigned != min(rows, columns) || math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v: %d assigned, sum %v, best %v", scores, assigned, got, want)
		}
	}
}

// bestSum tries everything; spare rows may stay without a column.
func bestSum(scores [][]float64, i int, used []bool, spare int) float64 {
	if i == len(scores) {
		return 0
	}
	best := math.Inf(-1)
	if spare > 0 {
		best = bestSum(scores, i+1, used, spare-1)
	}
	for j := range used {
		if used[j] {
			continue
		}
		used[j] = true
		best = max(best, scores[i][j]+bestSum(scores, i+1, used, spare))
		used[j] = false
	}
	return best
}
