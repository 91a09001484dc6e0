package runner

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// breakdowns gives the results of a task by the values of its tags. A tag that no sample has is left out.
func breakdowns(t tasks.Task, samples []*reports.Sample, seed uint64) map[string][]reports.Breakdown {
	out := map[string][]reports.Breakdown{}
	for _, tag := range t.Breakdowns {
		parts := map[string][]*reports.Sample{}
		var values []string
		for _, s := range samples {
			v := s.Tags[tag]
			if v == "" {
				continue
			}
			if parts[v] == nil {
				values = append(values, v)
			}
			parts[v] = append(parts[v], s)
		}
		sortValues(values)
		for _, v := range values {
			out[tag] = append(out[tag], breakdown(t, tag, v, parts[v], samples, seed))
		}
	}
	return out
}

// breakdown computes the headline metric and all proportions over the samples of one value.
func breakdown(t tasks.Task, tag, name string, part, all []*reports.Sample, seed uint64) reports.Breakdown {
	b := reports.Breakdown{Value: name, N: len(part), Result: reports.Result{Values: map[string]reports.Value{}, Counts: count(part)}}
	for i, m := range t.Metrics {
		if i > 0 && !m.Proportion || m.By != "" && splits(m.By, tag, all) || m.Joint != nil {
			continue // part of the samples that are judged together is another question
		}
		if v, ok := value(m, part, metricSeed(seed, t.Name, m.Name+" "+tag+"="+name)); ok {
			b.Result.Values[m.Name] = v
		}
	}
	return b
}

// splits says whether samples of one group, which have the same value of by, have different values of tag. Folding what is left of
// a group would not be the metric any more.
func splits(by, tag string, samples []*reports.Sample) bool {
	of := map[string]string{}
	for _, s := range samples {
		name := s.Tags[by]
		if name == "" {
			continue
		}
		if v, seen := of[name]; seen && v != s.Tags[tag] {
			return true
		}
		of[name] = s.Tags[tag]
	}
	return false
}

// sortValues orders numbers and ranges of numbers ("4k-8k", "<1k", "64k+") by size. If any of the values is neither, all stay in the
// order of the data.
func sortValues(values []string) {
	keys := make(map[string][3]float64, len(values))
	for _, v := range values {
		k, ok := rangeKey(v)
		if !ok {
			return
		}
		keys[v] = k
	}
	slices.SortStableFunc(values, func(a, b string) int {
		x, y := keys[a], keys[b]
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(x[2], y[2]))
	})
}

// rangeKey is where a range begins, -1 if it lies below that or 1 if it lies above, and where it ends.
func rangeKey(s string) (key [3]float64, ok bool) {
	if r, size := utf8.DecodeRuneInString(s); strings.ContainsRune("<≤", r) {
		key[1], s = -1, s[size:]
	} else if strings.ContainsRune(">≥", r) {
		key[1], s = 1, s[size:]
	}
	if rest, plus := strings.CutSuffix(s, "+"); plus {
		key[1], s = 1, rest
	}
	low, high, both := strings.Cut(s, "-")
	if !both {
		low, high, both = strings.Cut(s, "–")
	}
	if key[0], ok = size(low); !ok {
		return key, false
	}
	if both {
		key[2], ok = size(high)
	}
	return key, ok
}

// size reads a number with a unit such as k, M, 千, 万 or %.
func size(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	digits := strings.TrimRightFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	factor, known := map[string]float64{
		"": 1, "%": 1, "k": 1e3, "K": 1e3, "千": 1e3, "万": 1e4, "M": 1e6, "m": 1e6, "字": 1, "千字": 1e3, "万字": 1e4,
	}[strings.TrimSpace(s[len(digits):])]
	v, err := strconv.ParseFloat(digits, 64)
	return v * factor, err == nil && known
}
