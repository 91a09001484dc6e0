package compare

import (
	"maps"
	"slices"

	"github.com/llama4-eval/llama4-eval/reports"
)

// equalOutputs says whether the model gave the same in both runs, bit by bit: then there is nothing to test. The runs are known to be asked
// the same. Digests that are equal say it of all tasks at once.
func equalOutputs(a, b *Run, tasks []string) bool {
	if a.Record.Digest != "" && a.Record.Digest == b.Record.Digest {
		return true
	}
	for _, name := range tasks {
		if !slices.EqualFunc(a.task(name).Samples, b.task(name).Samples, sameOutput) {
			return false
		}
	}
	return true
}

// sameOutput compares what goes into digests, and what was made of it.
func sameOutput(a, b reports.Sample) bool {
	return a.DocID == b.DocID && a.Response == b.Response && a.Finish == b.Finish && a.Error == b.Error && a.Verdict == b.Verdict &&
		slices.Equal(a.Choices, b.Choices) && slices.Equal(a.Letters, b.Letters) && a.PromptTokens == b.PromptTokens && a.OutputTokens == b.OutputTokens &&
		maps.Equal(a.Metrics, b.Metrics) && maps.Equal(a.Stats, b.Stats)
}
