package tasks

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks/novel"
)

// NovelForget is the forgetting of details of minor characters that are mentioned once, at 5,000 characters, and asked for when 6,000, 8,000, 16,000, 32,000,
// 64,000 and 100,000 characters were read: the same question on the same text, so that what was read since is all that differs.
//
// Source: generated, see package novel; there is no real set. License: none needed.
// Metrics: accuracy (by asked_at the forgetting curve); forgot and forgot_generate, the share of details that are not known any more at 100,000
// characters, by choice and by short answer; loss, the accuracy at the shortest less that at the longest length; held, the share of details that
// are known at every length; effective_length, the longest length up to which 85 % of the answers are right.
var NovelForget = Task{
	Name: "novel_forget", Version: 1, Kind: Long, Family: "novel", Title: "a detail at 5,000 characters, asked for up to 100,000", Source: novelSource, License: novelLicense,
	Make: makeNovelForget, Prompt: novelPrompt, Judge: judgeForget, Metrics: forgetMetrics(6), Breakdowns: []string{"asked_at", "distance", "position"},
}

// NovelForgetShort is the same at a tenth of the length and less: mentioned at 500 characters, asked for at 1,000, 2,000, 4,000, 8,000 and 16,000.
//
// Source: as [NovelForget]. License: as there. Metrics: as there.
var NovelForgetShort = Task{
	Name: "novel_forget_short", Version: 1, Kind: Long, Family: "novel", Title: "a detail at 500 characters, asked for up to 16,000", Source: novelSource, License: novelLicense,
	Make: makeNovelForgetShort, Prompt: novelPrompt, Judge: judgeForget, Metrics: forgetMetrics(5), Breakdowns: []string{"asked_at", "distance", "position"},
}

// forgetMetrics are those of details that are asked for at a number of lengths.
func forgetMetrics(lengths int) []Metric {
	return append([]Metric{
		{Name: "acc", Proportion: true, HigherIsBetter: true},
		{Name: "acc_norm", Proportion: true, HigherIsBetter: true},
		{Name: "acc_letter", Proportion: true, HigherIsBetter: true},
		{Name: "acc_generate", Proportion: true, HigherIsBetter: true},
		{Name: "extracted_generate", Proportion: true, HigherIsBetter: true},
		{Name: "f1", HigherIsBetter: true, Scale: 100},
		{Name: "forgot", Proportion: true},
		{Name: "forgot_generate", Proportion: true},
		{Name: "held", Proportion: true, HigherIsBetter: true, From: "acc", By: "detail", Fold: FoldAll, Members: lengths},
		{Name: "loss", Corpus: forgetLoss},
		{Name: "effective_length", HigherIsBetter: true, Corpus: effectiveLength},
	}, novelMetrics[6:]...)
}

// A forgetting says where details stand and when they are asked for, in code points.
type forgetting struct {
	task  string
	early novel.Options
	cuts  []int // wrong answers at the last one are the forgotten ones
}

func makeNovelForget(seed uint64, n int) datasets.Set {
	return forgetting{
		"novel_forget",
		novel.Options{Length: 100_000, Early: 8, EarlyFrom: 4_500, EarlyTo: 5_500},
		[]int{6_000, 8_000, 16_000, 32_000, 64_000, 100_000},
	}.make(seed, n)
}

func makeNovelForgetShort(seed uint64, n int) datasets.Set {
	return forgetting{
		"novel_forget_short",
		novel.Options{Length: 16_000, Early: 5, EarlyFrom: 200, EarlyTo: 700},
		[]int{1_000, 2_000, 4_000, 8_000, 16_000},
	}.make(seed, n)
}

// make asks for each detail at every length, before the next detail: n items, less those of a detail that would not be asked for at every length, but one
// detail at least. A curve whose lengths have different details would say nothing of what is forgotten.
func (f forgetting) make(seed uint64, n int) datasets.Set {
	var set datasets.Set
	for i := 0; len(set.Records) < n; i++ {
		text := novelText(seed, f.task, i, f.early)
		for j, q := range text.Questions {
			// A detail that the story has pushed past the first length is not asked for.
			if _, first := text.Cut(f.cuts[0]); !q.Early || q.Evidence[0].End > first {
				continue
			}
			if n-len(set.Records) < len(f.cuts) && len(set.Records) > 0 {
				return set
			}
			for _, cut := range f.cuts {
				read, runes := text.Cut(cut)
				r := novelRecord(read, runes, q)
				r.ID = fmt.Sprintf("%s-%d-%d-%s", f.task, i, j, thousands(cut))
				r.Cluster = fmt.Sprintf("%s-%d", f.task, i)
				delete(r.Tags, "depth")
				r.Tags["asked_at"], r.Tags["detail"] = thousands(cut), fmt.Sprintf("%d-%d", i, j)
				if cut == f.cuts[len(f.cuts)-1] {
					r.Tags["farthest"] = "yes"
				}
				set.Records = append(set.Records, r)
			}
		}
	}
	return set
}

// judgeForget adds what curves are made of.
func judgeForget(r datasets.Record, a Answer) Verdict {
	v := judgeNovel(r, a)
	if v.Outcome == Failed {
		return v
	}
	if acc, ok := v.Metrics["acc"]; ok {
		at := r.Tags["asked_at"]
		v.Stats = map[string]float64{"n:" + at: 1, "right:" + at: acc}
	}
	if r.Tags["farthest"] != "" {
		for name, from := range map[string]string{"forgot": "acc", "forgot_generate": "acc_generate"} {
			if x, ok := v.Metrics[from]; ok {
				v.Metrics[name] = 1 - x
			}
		}
	}
	return v
}

// forgetCurve is the accuracy at each length that was asked at, from short to long. Lengths are code points.
func forgetCurve(sum map[string]float64) (lengths []int, acc []float64) {
	for _, edge := range forgetLengths {
		if n := sum["n:"+thousands(edge)]; n > 0 {
			lengths, acc = append(lengths, edge), append(acc, sum["right:"+thousands(edge)]/n)
		}
	}
	return lengths, acc
}

var forgetLengths = []int{1_000, 2_000, 4_000, 6_000, 8_000, 16_000, 32_000, 64_000, 100_000}

func forgetLoss(sum map[string]float64) float64 {
	if _, acc := forgetCurve(sum); len(acc) > 0 {
		return acc[0] - acc[len(acc)-1]
	}
	return 0
}

// effectiveShare of answers must be right, the threshold that RULER (Hsieh et al. 2024) has for effective lengths, rounded.
const effectiveShare = 0.85

func effectiveLength(sum map[string]float64) float64 {
	lengths, acc := forgetCurve(sum)
	best := 0
	for i, x := range acc {
		if x < effectiveShare {
			break
		}
		best = lengths[i]
	}
	return float64(best)
}
