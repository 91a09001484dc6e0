package hardware

import "testing"

// The loop does the same work every time: its sums say so, since each time starts from what memory held before.
func TestLoop(t *testing.T) {
	for _, threads := range []int{0, 1, 3} {
		a, b := NewLoop(threads), NewLoop(threads)
		if len(a.parts) != max(1, threads) {
			t.Fatalf("%d parts for %d threads", len(a.parts), threads)
		}
		for round := range 2 {
			if a.Time() <= 0 || b.Time() <= 0 {
				t.Error("no time passed")
			}
			for i := range a.sums {
				if a.sums[i] != b.sums[i] || a.sums[i] == 0 {
					t.Errorf("%d threads, round %d: sums %v and %v", threads, round, a.sums, b.sums)
				}
			}
		}
	}
}

func BenchmarkLoop(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(map[int]string{1: "threads=1", 2: "threads=2"}[threads], func(b *testing.B) {
			l := NewLoop(threads)
			for b.Loop() {
				l.Time()
			}
		})
	}
}
