package cpu

import (
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// TestScoreRepetitions checks that the labels of a choice cost one row, and a call no allocation.
func TestScoreRepetitions(t *testing.T) {
	const n = 15
	for _, level := range Levels() {
		b := open(t, Options{Level: level, Threads: 1})
		w, err := b.NewMatrix("w", zeros(600, 32))
		if err != nil {
			t.Fatal(err)
		}
		f, err := b.NewBuffer("f", 4, 32)
		if err != nil {
			t.Fatal(err)
		}
		dst, rows, targets := make([]models.Scored, n), make([]int, n), make([]int32, n)
		for i := range rows {
			rows[i], targets[i] = 2, int32(i)
		}
		score := func() {
			if err := b.Score(dst, w, f, rows, targets); err != nil {
				t.Fatal(err)
			}
		}
		score()
		if len(b.jobs.score.rows) != 1 {
			t.Errorf("%v: %d rows computed for %d labels of one", level, len(b.jobs.score.rows), n)
		}
		if a := testing.AllocsPerRun(10, score); a > 0 {
			t.Errorf("%v: %v allocations a call", level, a)
		}
	}
}
