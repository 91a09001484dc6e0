package metrics

import (
	"math"
	"strings"
	"testing"
)

// f1 is the F1 of sums of true positives, false positives and false negatives.
func f1(sum []float64) float64 {
	return Counts{TP: sum[0], FP: sum[1], FN: sum[2]}.F1()
}

// entities makes the counts of n sentences in two runs: each has four entities, of which the baseline finds about 3, the run about
// 3 − drop, and each invents one now and then.
func entities(rng *splitMix, n int, drop float64) *CorpusPairs {
	chance := func(p float64) bool { return float64(rng.next()>>11)/(1<<53) < p }
	row := func(p float64) []float64 {
		r := []float64{0, 0, 0}
		for range 4 {
			if chance(p) {
				r[0]++
			} else {
				r[2]++
			}
		}
		if chance(0.4) {
			r[1]++
		}
		return r
	}
	c := &CorpusPairs{Metric: f1}
	for range n {
		hard := 0.2 * float64(rng.next()>>11) / (1 << 53)
		c.Baseline = append(c.Baseline, row(0.85-hard))
		c.Run = append(c.Run, row(0.85-hard-drop))
	}
	return c
}

func TestGateCorpus(t *testing.T) {
	rng := &splitMix{state: 5}
	for _, tc := range []struct {
		name string
		n    int
		drop float64
		want Verdict
	}{
		{"a clear drop", 400, 0.1, Worse},
		{"a clear gain", 400, -0.1, Better},
		{"no change", 200, 0, Inconclusive},
	} {
		t.Run(tc.name, func(t *testing.T) {
			pairs := entities(rng, tc.n, tc.drop)
			c, err := Gate{Draws: 2000}.Compare([]Pairs{{Name: "ner", Corpus: pairs}, outcomes("acc", 3, 3, 150, 144)})
			if err != nil {
				t.Fatal(err)
			}
			got := c.Tasks[0]
			baseline, run := f1(sumRows(pairs.Baseline)), f1(sumRows(pairs.Run))
			if got.Baseline != baseline || got.Run != run || got.Drop != baseline-run || got.N != tc.n {
				t.Errorf("%+v, want the F1 of the sums %v and %v", got, baseline, run)
			}
			if got.Verdict != tc.want {
				t.Errorf("verdict %s, want %s: %+v", got.Verdict, tc.want, got)
			}
			if !(got.CI.Low < got.Drop && got.Drop < got.CI.High) || !got.Detectable || len(got.Power) != 3 {
				t.Errorf("interval, power or smallest drop is missing: %+v", got)
			}
			if c.Pooled.N != tc.n+300 {
				t.Errorf("%d items pooled, want %d", c.Pooled.N, tc.n+300)
			}
			_, want, _ := Permutation{Draws: 2000, Less: true}.Sums(pairs.Baseline, pairs.Run, nil, f1)
			if got.PWorse != want {
				t.Errorf("p %v, want that of the exchanges %v", got.PWorse, want)
			}
		})
	}
}

// The interval of a corpus metric by the scores of its items is that of the bootstrap, but for sampling.
func TestCorpusScores(t *testing.T) {
	pairs := entities(&splitMix{state: 8}, 500, 0.03)
	baseline, run := pairs.scores()
	drop := f1(sumRows(pairs.Baseline)) - f1(sumRows(pairs.Run))
	a, _ := Mean(baseline)
	b, _ := Mean(run)
	if math.Abs(a-b-drop) > 0.01*math.Abs(drop) {
		t.Errorf("scores drop by %v, the metric by %v", a-b, drop)
	}
	boot, ok := Bootstrap{Method: Expanded}.Difference(pairs.Run, pairs.Baseline, nil, f1)
	if !ok {
		t.Fatal("no interval")
	}
	var drops []float64
	for i := range baseline {
		drops = append(drops, baseline[i]-run[i])
	}
	e, _ := ClusterMean(drops, nil)
	ci := e.Interval(0.95)
	if width := boot.CI.High - boot.CI.Low; math.Abs(ci.Low-boot.CI.Low) > 0.05*width || math.Abs(ci.High-boot.CI.High) > 0.05*width {
		t.Errorf("interval %v, by the bootstrap %v", ci, boot.CI)
	}
	// Exchanging an item's outputs exchanges its scores, so an exchange test of them is exact.
	pairs.Baseline[7], pairs.Run[7] = pairs.Run[7], pairs.Baseline[7]
	swapped, now := pairs.scores()
	for i := range baseline {
		x, y := baseline[i], run[i]
		if i == 7 {
			x, y = y, x
		}
		if math.Abs(swapped[i]-x) > 1e-9 || math.Abs(now[i]-y) > 1e-9 {
			t.Fatalf("item %d: scores %v and %v, were %v and %v", i, swapped[i], now[i], x, y)
		}
	}
}

func TestGateCorpusRefuses(t *testing.T) {
	rows := [][]float64{{1, 0, 0}, {0, 1, 1}}
	for name, p := range map[string]Pairs{
		"no metric":      {Corpus: &CorpusPairs{Baseline: rows, Run: rows}},
		"lengths":        {Corpus: &CorpusPairs{Baseline: rows, Run: rows[:1], Metric: f1}},
		"widths":         {Corpus: &CorpusPairs{Baseline: rows, Run: [][]float64{{1, 0, 0}, {0, 1}}, Metric: f1}},
		"scores too":     {Corpus: &CorpusPairs{Baseline: rows, Run: rows, Metric: f1}, Run: []float64{1, 2}},
		"no items":       {Corpus: &CorpusPairs{Metric: f1}},
		"no value":       {Corpus: &CorpusPairs{Baseline: rows, Run: rows, Metric: func([]float64) float64 { return math.NaN() }}},
		"other clusters": {Corpus: &CorpusPairs{Baseline: rows, Run: rows, Metric: f1}, Clusters: []string{"a"}},
	} {
		p.Name = "ner"
		if _, err := (Gate{}).Compare([]Pairs{p}); err == nil || !strings.Contains(err.Error(), `"ner"`) {
			t.Errorf("%s: %v, want an error that names the task", name, err)
		}
	}
}

// When nothing changed, a corpus metric sets off the gate no more often than alpha says, alone or beside another task.
func TestGateCorpusAlarms(t *testing.T) {
	runs := 2000
	if testing.Short() {
		runs = 200
	}
	rng := &splitMix{state: 11}
	alarms := 0
	for range runs {
		acc := outcomes("acc", 0, 0, 30, 0)
		for range 20 { // items that either run may have right
			before, after := float64(rng.next()&1), float64(rng.next()&1)
			acc.Baseline, acc.Run = append(acc.Baseline, before), append(acc.Run, after)
		}
		c, err := Gate{Draws: 199}.Compare([]Pairs{{Name: "ner", Corpus: entities(rng, 60, 0)}, acc})
		if err != nil {
			t.Fatal(err)
		}
		if c.Verdict == Worse {
			alarms++
		}
	}
	share := float64(alarms) / float64(runs)
	t.Logf("alarms %.1f %%", 100*share)
	if share > 0.05+3*math.Sqrt(0.05*0.95/float64(runs)) {
		t.Errorf("alarms in %.1f %% of runs in which nothing changed", 100*share)
	}
}
