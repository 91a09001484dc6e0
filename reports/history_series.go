package reports

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/metrics"
)

// qualitySeries are the means of suites, or the headline metrics of tasks.
func qualitySeries(runs []*Record, suites bool) []HistorySeries {
	series := map[[2]string]*HistorySeries{}
	for i, r := range runs {
		results := r.Results
		if suites {
			results = r.Groups
		}
		for name, res := range results {
			metric, scale, ok := headline(r, name, suites)
			v, has := res.Values[metric]
			if !ok || !has {
				continue
			}
			key := [2]string{name, metric}
			s := series[key]
			if s == nil {
				s = &HistorySeries{
					Kind: SeriesQuality, Name: name, Suite: suites, Metric: metric, HigherIsBetter: r.HigherIsBetter[name][metric], Scale: scale,
					Breaks: []HistoryBreak{}, Changes: []HistoryChange{},
				}
				series[key] = s
			}
			p := HistoryPoint{Run: i, Value: v.Value, CI95: v.CI95}
			p.stretch, p.reason = questionsOf(r, name, suites)
			s.Points = append(s.Points, p)
		}
	}
	out := make([]HistorySeries, 0, len(series))
	for _, key := range slices.SortedFunc(maps.Keys(series), func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	}) {
		out = append(out, *series[key])
	}
	return out
}

// headline is the metric that stands for a task or suite.
func headline(r *Record, name string, suite bool) (metric string, scale float64, ok bool) {
	list := r.Configs[name].MetricList
	if suite {
		list = groupMetrics(r, name)
	}
	if len(list) == 0 {
		return "", 0, false
	}
	scale = list[0].Scale
	if scale == 0 {
		scale = 1
	}
	return list[0].Metric, scale, true
}

// questionsOf is equal for runs that can be compared in one task or suite. reason is the part of it that people know: the version of a
// task, the members of a suite.
func questionsOf(r *Record, name string, suite bool) (all, reason string) {
	if !suite {
		return fmt.Sprintf("%d %s %s", r.Versions[name], r.TaskHashes[name], r.ChatTemplateSHA), strconv.Itoa(r.Versions[name])
	}
	members := slices.Sorted(slices.Values(r.GroupSubtasks[name]))
	var parts []string
	for _, m := range members {
		one, _ := questionsOf(r, m, false)
		parts = append(parts, m+" "+one)
	}
	return strings.Join(parts, "\n"), strings.Join(members, ", ")
}

const mebibyte = 1 << 20

// costs are the measures of latency and memory. Zero is "not measured". Relative ones are divided by the calibration loop that the run
// timed on its machine, so that they go on when the processor changes.
var costs = []struct {
	kind, name, unit string
	up, relative     bool
	of               func(r *Record) float64
}{
	{SeriesLatency, "prefill", "ms/token", false, false, func(r *Record) float64 { return inverse(r.Perf.PrefillTokS) }},
	{SeriesLatency, "decode", "tok/s", true, false, func(r *Record) float64 { return r.Perf.DecodeTokS }},
	{SeriesLatency, "ttft p50", "ms", false, false, func(r *Record) float64 { return r.Perf.TTFT.P50 }},
	{SeriesLatency, "ttft p90", "ms", false, false, func(r *Record) float64 { return r.Perf.TTFT.P90 }},
	{SeriesLatency, "prefill relative", "loops/1000 tokens", false, true, func(r *Record) float64 {
		return loops(r, func(c CalibrationRound) (int64, float64) { return c.PromptTokens, c.PrefillSeconds })
	}},
	{SeriesLatency, "decode relative", "loops/1000 tokens", false, true, func(r *Record) float64 {
		return loops(r, func(c CalibrationRound) (int64, float64) { return c.DecodeTokens, c.DecodeSeconds })
	}},
	{SeriesMemory, "engine", "MiB", false, false, func(r *Record) float64 {
		return float64(Ref(r).Memory.PeakBytes) / mebibyte // what the gate compares
	}},
	{SeriesMemory, "process", "MiB", false, false, func(r *Record) float64 { return float64(r.Memory.PeakResidentBytes) / mebibyte }},
}

func inverse(perSecond float64) float64 {
	if perSecond > 0 {
		return 1000 / perSecond
	}
	return 0
}

// loops is how many calibration loops 1,000 tokens take.
func loops(r *Record, of func(CalibrationRound) (tokens int64, seconds float64)) float64 {
	if r.Perf.Calibration == nil {
		return 0
	}
	var tokens int64
	var seconds float64
	var times []float64
	for _, round := range r.Perf.Calibration.Rounds {
		t, s := of(round)
		tokens, seconds = tokens+t, seconds+s
		times = append(times, round.Loop...)
	}
	if tokens <= 0 || len(times) == 0 {
		return 0
	}
	if loop := metrics.Median(times); loop > 0 { // ms
		return 1e6 * seconds / float64(tokens) / loop
	}
	return 0
}

// costSeries leave out runs that were resumed: they did another part of the work.
func costSeries(runs []*Record) []HistorySeries {
	var out []HistorySeries
	for _, c := range costs {
		s := HistorySeries{
			Kind: c.kind, Name: c.name, Unit: c.unit, HigherIsBetter: c.up, Scale: 1, Breaks: []HistoryBreak{}, Changes: []HistoryChange{},
		}
		for i, r := range runs {
			v := c.of(r)
			if !(v > 0) || math.IsInf(v, 0) || r.Perf.SamplesResumed > 0 {
				continue
			}
			m := engine(r)
			if !c.relative {
				m = machine(r)
			}
			s.Points = append(s.Points, HistoryPoint{Run: i, Value: v, reason: m, stretch: fmt.Sprintf("%s\n%d\n%s", m, r.Perf.BatchSize, questions(r))})
		}
		if len(s.Points) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// markedPoints are searched for changes of level: the last ones of a stretch, nearly three years of nights. The time of a search grows
// with their square.
const markedPoints = 1000

// mark finds breaks between stretches, and changes of level within them.
func (s *HistorySeries) mark(seed uint64) {
	for from := 0; from < len(s.Points); {
		to := from + 1
		for to < len(s.Points) && s.Points[to].stretch == s.Points[from].stretch {
			to++
		}
		if from > 0 {
			s.Breaks = append(s.Breaks, s.breakAt(from))
		}
		first := max(from, to-markedPoints)
		values := make([]float64, 0, to-first)
		for _, p := range s.Points[first:to] {
			values = append(values, p.Value)
		}
		marks, _ := metrics.ChangePoints{Alpha: historyAlpha, Seed: seed}.Find(values)
		for _, m := range marks {
			s.Changes = append(s.Changes, HistoryChange{Run: s.Points[first+m.At].Run, Before: m.Before, After: m.After, P: m.P})
		}
		from = to
	}
}

func (s *HistorySeries) breakAt(at int) HistoryBreak {
	before, after := s.Points[at-1].reason, s.Points[at].reason
	b := HistoryBreak{Run: s.Points[at].Run}
	switch known := before != after; {
	case s.Kind != SeriesQuality && known:
		b.Reason, b.Detail = breakMachine, after
	case s.Kind != SeriesQuality:
		b.Reason = breakWork
	case s.Suite && known:
		b.Reason, b.Detail = breakMembers, before+" → "+after
	case known:
		b.Reason, b.Detail = breakVersion, before+" → "+after
	case s.Suite:
		b.Reason, b.Detail = breakPrompts, strings.Join(changedMembers(s.Points[at-1].stretch, s.Points[at].stretch), ", ")
	default:
		b.Reason = breakPrompts
	}
	return b
}

// changedMembers are those of a suite that were asked something else.
func changedMembers(before, after string) []string {
	was := strings.Split(before, "\n")
	var out []string
	for i, member := range strings.Split(after, "\n") {
		if i >= len(was) || member != was[i] {
			name, _, _ := strings.Cut(member, " ")
			out = append(out, name)
		}
	}
	return out
}

// Better says whether the new level of a change is an improvement.
func (s *HistorySeries) Better(c HistoryChange) bool { return c.After > c.Before == s.HigherIsBetter }

// number prints a value of the series.
func (s *HistorySeries) number(v float64) string {
	if s.Kind == SeriesQuality {
		return row{scale: s.Scale}.number(v)
	}
	switch {
	case v >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}
