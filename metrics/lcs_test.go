package metrics

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// plainLCS is the table of the textbook: [i][j] is the length for the first i tokens of a and j of b.
func plainLCS(a, b []int32) [][]int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range b {
			if i == 0 {
				continue
			}
			if a[i-1] == b[j] {
				table[i][j+1] = table[i-1][j] + 1
			} else {
				table[i][j+1] = max(table[i-1][j+1], table[i][j])
			}
		}
	}
	return table
}

func plainTrace(table [][]int, a, b []int32, up bool) []int {
	var out []int
	i, j := len(a), len(b)
	for i > 0 && j > 0 {
		above, left := table[i-1][j], table[i][j-1]
		switch {
		case a[i-1] == b[j-1]:
			i--
			j--
			out = append(out, i)
		case above > left || above == left && up:
			i--
		default:
			j--
		}
	}
	return out
}

// The rows of 64 columns give the lengths and, with either rule for ties, the subsequence of the table; also over several steps of rows.
func TestLCS(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n, tokens int) []int32 {
		out := make([]int32, n)
		for i := range out {
			out[i] = int32(1 + rng.IntN(tokens))
		}
		return out
	}
	for _, n := range []int{0, 1, 2, 65, lcsStep - 1, lcsStep, lcsStep + 1, 2*lcsStep + 7} {
		for _, m := range []int{0, 1, 2, 63, 64, 65, 128, 200} {
			for _, tokens := range []int{1, 3, 50} {
				a, b := random(n, tokens), random(m, tokens)
				table := plainLCS(a, b)
				if got := lcsLen(a, b); got != table[n][m] {
					t.Fatalf("%d and %d tokens of %d: length %d, want %d", n, m, tokens, got, table[n][m])
				}
				for _, up := range []bool{true, false} {
					if got := newLCS(b).trace(a, up); !slices.Equal(got, plainTrace(table, a, b, up)) {
						t.Fatalf("%d and %d tokens of %d, up %v: another subsequence", n, m, tokens, up)
					}
				}
			}
		}
	}
}

func BenchmarkLCS(b *testing.B) {
	ids := make([]int32, 5000)
	for i := range ids {
		ids[i] = int32(i * i % 997)
	}
	other := slices.Clone(ids)
	slices.Reverse(other)
	b.Run("length", func(b *testing.B) {
		for b.Loop() {
			lcsLen(ids, other)
		}
	})
	b.Run("trace", func(b *testing.B) {
		for b.Loop() {
			newLCS(other).trace(ids, true)
		}
	})
}
