package compare

import (
	"maps"
	"slices"

	"github.com/llama4-eval/llama4-eval/reports"
)

// equalOutputs says whether the model gave the same in both runs, bit by bit, and the same was made of it: then there is nothing to test. The
// runs are known to be asked the same. Digests of runs do not tell, since scores are not in them.
func equalOutputs(a, b *Run, tasks []string) bool {
	for _, name := range tasks {
		x, y := a.task(name), b.task(name)
		if !slices.EqualFunc(x.Samples, y.Samples, func(s, t reports.Sample) bool { return sameAnswer(&s, &t) && sameScores(&s, &t) }) ||
			!slices.EqualFunc(x.Items, y.Items, sameItem) {
			return false
		}
	}
	return true
}

// sameAnswer compares what goes into digests.
func sameAnswer(a, b *reports.Sample) bool {
	return a.DocID == b.DocID && a.Response == b.Response && a.Finish == b.Finish && a.Error == b.Error &&
		slices.Equal(a.Choices, b.Choices) && slices.Equal(a.Letters, b.Letters) && a.PromptTokens == b.PromptTokens && a.OutputTokens == b.OutputTokens
}

// sameScores compares what was made of an answer.
func sameScores(a, b *reports.Sample) bool {
	return a.Verdict == b.Verdict && maps.Equal(a.Metrics, b.Metrics) && maps.Equal(a.Stats, b.Stats)
}

func sameItem(a, b Item) bool {
	return a.ID == b.ID && a.Cluster == b.Cluster && a.Value == b.Value && maps.Equal(a.Stats, b.Stats)
}

// scoredOtherwise counts answers that are the same in both runs, but not what was made of them.
func scoredOtherwise(a, b *Task) (n int, first string) {
	in := b.byID()
	for i := range a.Samples {
		s := &a.Samples[i]
		if t := in[s.DocID]; t != nil && sameAnswer(s, t) && !sameScores(s, t) {
			if n++; n == 1 {
				first = s.DocID
			}
		}
	}
	return n, first
}
