package tasks

import (
	"math"
	"slices"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// score judges answers to records and aggregates as a run does.
func score(t *testing.T, k Task, records []datasets.Record, answer func(datasets.Record) Answer) map[string]float64 {
	t.Helper()
	verdicts := make([]Verdict, len(records))
	stats := make(map[string]float64)
	for i, r := range records {
		v := k.Judge(r, answer(r))
		if v.Outcome == Failed {
			t.Fatalf("%s: %s", r.ID, v.Rule)
		}
		verdicts[i] = v
		for name, x := range v.Stats {
			stats[name] += x
		}
	}
	out := make(map[string]float64)
	for _, m := range k.Metrics {
		if m.Corpus != nil {
			out[m.Name] = m.Corpus(stats)
		} else if mean, ok := metrics.Mean(values(m, records, verdicts)); ok {
			out[m.Name] = mean
		} else {
			t.Errorf("no value of %s", m.Name)
		}
	}
	return out
}

// values are those that a metric is the mean of.
func values(m Metric, records []datasets.Record, verdicts []Verdict) []float64 {
	var out []float64
	if m.By == "" && m.Joint == nil {
		for _, v := range verdicts {
			if x, ok := v.Metrics[m.Value()]; ok {
				out = append(out, x)
			}
		}
		return out
	}
	groups := make(map[string][]Verdict)
	var order []string
	for i, r := range records {
		name := r.Tags[m.By]
		if m.Joint != nil {
			if name = r.Cluster; name == "" {
				name = "item " + r.ID
			}
		}
		if name == "" {
			continue
		}
		if groups[name] == nil {
			order = append(order, name)
		}
		groups[name] = append(groups[name], verdicts[i])
	}
	for _, name := range order {
		var members []float64
		var stats []map[string]float64
		for _, v := range groups[name] {
			stats = append(stats, v.Stats)
			if x, ok := v.Metrics[m.Value()]; ok {
				members = append(members, x)
			}
		}
		if m.Joint != nil {
			out = append(out, m.Joint(stats)...)
		} else if x, ok := m.Fold.Of(members); ok {
			out = append(out, x)
		}
	}
	return out
}

// pick is what a model answers that takes option i, whatever the way it is asked.
func pick(k Task, r datasets.Record, i int) Answer {
	r.Answer = i
	return rightAnswer(k, r)
}

// An oracle gets every metric of every task right, on generated items.
func TestOracleIsPerfect(t *testing.T) {
	for _, k := range short() {
		t.Run(k.Name, func(t *testing.T) {
			got := score(t, k, k.Make(11, 120).Records, func(r datasets.Record) Answer { return rightAnswer(k, r) })
			for _, m := range k.Metrics {
				want := 1.0
				if !m.HigherIsBetter {
					want = 0
				}
				if m.Name == "chrf" || m.Name == "bleu" {
					want = 100
				}
				if m.Name == "acc_majority" || m.Name == "compression" { // what no model can change, and what has no right value
					continue
				}
				if math.Abs(got[m.Name]-want) > 1e-9 {
					t.Errorf("%s = %v", m.Name, got[m.Name])
				}
			}
		})
	}
}

// Who guesses is right as often as chance says, within four standard errors.
func TestGuessingIsChance(t *testing.T) {
	const n = 1200
	for _, k := range short() {
		if k.Kind != Choice {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			records := k.Make(12, n).Records
			r := newRandom(1, "guess")
			got := score(t, k, records, func(rec datasets.Record) Answer { return pick(k, rec, r.below(len(rec.Choices))) })
			chance, _ := Chance(records)
			if math.Abs(got[k.Metrics[0].Name]-chance) > 4*math.Sqrt(chance*(1-chance)/n) {
				t.Errorf("guessing is right in %v, chance is %v", got[k.Metrics[0].Name], chance)
			}
		})
	}
}

// Who always takes the first option is found out: the results by position or by label are all or nothing, or every pair of orders flips.
// A macro average over labels is one over their number.
func TestAlwaysFirstIsExposed(t *testing.T) {
	for _, k := range short() {
		if k.Kind != Choice {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			records := k.Make(13, 480).Records
			first := func(r datasets.Record) Answer { return pick(k, r, 0) }
			got := score(t, k, records, first)
			if flips, ok := got["flip_rate"]; ok && flips == 1 {
				return
			}
			chance, _ := Chance(records)
			for _, m := range k.Metrics {
				if m.By == "label" && m.Fold == FoldMean {
					if math.Abs(got[m.Name]-chance) > 1e-9 {
						t.Errorf("%s = %v, want %v", m.Name, got[m.Name], chance)
					}
					return
				}
			}
			for _, tag := range []string{"position", "label"} {
				if !slices.Contains(k.Breakdowns, tag) {
					continue
				}
				exposed := true
				for _, r := range records {
					want := 0.0
					if r.Answer == 0 {
						want = 1
					}
					exposed = exposed && r.Tags[tag] != "" && k.Judge(r, first(r)).Metrics[k.Metrics[0].Name] == want
				}
				if exposed {
					return
				}
			}
			t.Errorf("nothing shows it: %v", got)
		})
	}
}
