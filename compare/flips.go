package compare

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// flips lists the samples that one run has right and the other wrong: lost ones first, each kind by how far the margin moved.
func flips(a, b *Task) []reports.Flip {
	in := b.byID()
	out := []reports.Flip{}
	for i := range a.Samples {
		s := &a.Samples[i]
		t := in[s.DocID]
		if t == nil || !s.Scored() || !t.Scored() {
			continue
		}
		was, is := s.Verdict == reports.VerdictCorrect, t.Verdict == reports.VerdictCorrect
		if was == is {
			continue
		}
		f := reports.Flip{DocID: s.DocID, Direction: reports.FlipWon, Target: s.Target, Reference: answer(s), Run: answer(t)}
		right := t // the run that has it right knows which choice that is
		if was {
			f.Direction, right = reports.FlipLost, s
		}
		if gold, ok := chosen(right); ok {
			f.ReferenceMargin, f.RunMargin = margin(s, gold), margin(t, gold)
		}
		out = append(out, f)
	}
	moved := func(f reports.Flip) float64 {
		if f.ReferenceMargin == nil || f.RunMargin == nil {
			return 0
		}
		return math.Abs(*f.RunMargin - *f.ReferenceMargin)
	}
	slices.SortStableFunc(out, func(x, y reports.Flip) int {
		if x.Direction != y.Direction {
			if x.Direction == reports.FlipLost {
				return -1
			}
			return 1
		}
		return cmp.Compare(moved(y), moved(x))
	})
	return out
}

// answer is what a sample's answer was understood as; of one that was not, the text.
func answer(s *reports.Sample) string {
	text := s.Extracted
	if text == "" {
		text = s.Response
	}
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	return text
}

// scored are the choices that the verdict comes from; nil of one that comes from a text, whatever else was asked.
func scored(s *reports.Sample) []reports.Choice {
	switch rule, _, _ := strings.Cut(s.Rule, ";"); rule {
	case "loglikelihood":
		return s.Choices
	case "letter":
		return s.Letters
	}
	return nil
}

// chosen is the index of the likeliest choice. Of a sample that is right that is the right one: samples name it by its text alone.
func chosen(s *reports.Sample) (int, bool) {
	var values []float64
	for _, c := range scored(s) {
		values = append(values, c.LogProb)
	}
	i := metrics.Argmax(values)
	return i, i >= 0
}

// margin is how much likelier a choice is than the best other one, in nats.
func margin(s *reports.Sample, of int) *float64 {
	list := scored(s)
	if of >= len(list) || len(list) < 2 {
		return nil
	}
	best := math.Inf(-1)
	for i, c := range list {
		if i != of {
			best = max(best, c.LogProb)
		}
	}
	m := list[of].LogProb - best
	return &m
}
