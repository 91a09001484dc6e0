package compare

import (
	"errors"
	"fmt"
	"math"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// Options of a comparison. The zero value works.
type Options struct {
	Alpha float64  // chance of calling any task of a run different when none is, in (0,1); 0 = 0.05
	Draws int      // of the bootstrap and of random exchanges; 0 = 10,000
	Seed  uint64   // of both
	Tasks []string // that are compared; nil = all
}

const (
	detectedWith = 0.8  // power at which the smallest detectable difference is told
	confidence   = 0.95 // of intervals
)

func (o Options) withDefaults() (Options, error) {
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	if !(o.Alpha > 0 && o.Alpha < 1) {
		return o, fmt.Errorf("compare: alpha %v, want a number between 0 and 1", o.Alpha)
	}
	if o.Draws == 0 {
		o.Draws = 10_000
	}
	return o, nil
}

// Compare compares runs with the first of them. Runs that were asked other questions are a *Refused.
func Compare(runs []*Run, o Options) (*reports.Comparison, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(runs) < 2 {
		return nil, errors.New("compare: two runs are needed")
	}
	c := &reports.Comparison{SchemaVersion: reports.ComparisonVersion, Alpha: o.Alpha, Reference: reports.Ref(runs[0].Record)}
	for _, r := range runs[1:] {
		compared, err := compareOne(runs[0], r, o)
		if err != nil {
			return nil, err
		}
		c.Runs = append(c.Runs, *compared)
	}
	return c, nil
}

func compareOne(a, b *Run, o Options) (*reports.ComparedRun, error) {
	tasks, onlyA, onlyB, err := common(a, b, o.Tasks)
	if err != nil {
		return nil, err
	}
	if err := alike(a, b, tasks); err != nil {
		return nil, err
	}
	c := &reports.ComparedRun{
		Run: reports.Ref(b.Record), EqualOutputs: equalOutputs(a, b, tasks), Differs: objects(a.Record, b.Record),
		OnlyReference: onlyA, OnlyRun: onlyB, Warnings: warnings(a, b, tasks),
	}
	var p []float64
	for _, name := range tasks {
		pairs, err := pair(a, b, name)
		if err != nil {
			return nil, err
		}
		t, err := compareTask(pairs, o, len(tasks), c.EqualOutputs)
		if err != nil {
			return nil, err
		}
		t.Version = a.Record.Versions[name]
		t.Flips = flips(a.task(name), b.task(name))
		c.Tasks = append(c.Tasks, *t)
		p = append(p, t.P)
	}
	for i, adjusted := range metrics.Holm(p) {
		c.Tasks[i].PAdjusted = adjusted
	}
	return c, nil
}

// compareTask tests one task. tests is over how many tasks p values are corrected.
func compareTask(p *pairing, o Options, tests int, equal bool) (*reports.TaskComparison, error) {
	// Both directions are one-sided tests at half the level. Exchanges of the gate's own test are not used.
	pairs, unit := p.pairs()
	wide, err := metrics.Gate{Alpha: 1 - confidence, Draws: 1}.Compare([]metrics.Pairs{pairs})
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	g := wide.Tasks[0]
	t := &reports.TaskComparison{
		Task: p.task, Metric: p.metric.Metric, HigherIsBetter: p.metric.HigherIsBetter, Scale: p.metric.Scale,
		N: g.N, Clusters: g.Clusters, LeftOut: p.leftOut, Lost: g.Lost, Won: g.Won, Test: reports.TestNone, P: 1,
		Reference: p.flip(g.Baseline * unit), Run: p.flip(g.Run * unit),
	}
	t.Difference = t.Run - t.Reference
	if equal {
		return t, nil
	}
	strict, err := metrics.Gate{Alpha: o.Alpha / 2 / float64(tests), Power: detectedWith, Draws: 1}.Compare([]metrics.Pairs{pairs})
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	if s := strict.Tasks[0]; s.Detectable {
		smallest := s.SmallestDrop * unit
		t.Detectable = &smallest
	}
	if p.binary() {
		p.testProportions(t, g)
		return t, nil
	}
	return t, p.testSums(t, o)
}

// testProportions tests right and wrong answers exactly.
func (p *pairing) testProportions(t *reports.TaskComparison, g metrics.Change) {
	t.Test = reports.TestMcNemar
	t.P = metrics.McNemarExact(g.Lost, g.Won)
	if g.Clusters < g.N {
		t.Test = reports.TestSignFlip
		t.P = min(1, 2*min(g.PWorse, g.PBetter))
	}
	t.CI95 = p.turned(g.CI)
}

// testSums tests other means and corpus metrics by exchanges, and takes the interval from the paired bootstrap.
func (p *pairing) testSums(t *reports.TaskComparison, o Options) error {
	a, b, metric := p.rows()
	t.Test = reports.TestPermutation
	_, value, ok := metrics.Permutation{Draws: o.Draws, Seed: o.Seed}.Sums(a, b, p.clusters, metric)
	if !ok {
		return fmt.Errorf("compare: task %s: %s has no value when outputs of the runs are exchanged", p.task, p.metric.Metric)
	}
	t.P = value
	boot := metrics.Bootstrap{Draws: o.Draws, Confidence: confidence, Seed: o.Seed, Method: metrics.Expanded}
	if t.Clusters > 1 {
		if d, ok := boot.Difference(a, b, p.clusters, metric); ok {
			t.CI95 = p.turned(metrics.Interval{Low: -d.CI.High, High: -d.CI.Low})
		}
	}
	return nil
}

// turned makes the interval of a drop in scores one of run − reference.
func (p *pairing) turned(drop metrics.Interval) *[2]float64 {
	ci := [2]float64{-drop.High, -drop.Low}
	if !p.metric.HigherIsBetter {
		ci = [2]float64{drop.Low, drop.High}
	}
	if math.IsInf(ci[0], 0) || math.IsInf(ci[1], 0) || math.IsNaN(ci[0]+ci[1]) {
		return nil
	}
	return &ci
}

// warnings say what a reader of a comparison should know.
func warnings(a, b *Run, tasks []string) []reports.Warning {
	out := []reports.Warning{}
	for _, name := range tasks {
		x, y := a.task(name), b.task(name)
		if n, m := unscored(x), unscored(y); n+m > 0 {
			out = append(out, reports.Warning{Task: name, Code: "unscored", Text: fmt.Sprintf(
				"%d samples of the reference and %d of the run failed or were skipped; what only one run has is left out", n, m)})
		}
		if n, first := retokenized(x, y); n > 0 {
			out = append(out, reports.Warning{Task: name, Code: "tokens", Text: fmt.Sprintf(
				"%d of %d prompts are other tokens in the run, though the same text: %s", n, len(x.Samples), first)})
		}
		if n, first := scoredOtherwise(x, y); n > 0 {
			out = append(out, reports.Warning{Task: name, Code: "scored-otherwise", Text: fmt.Sprintf(
				"%d of %d answers are the same to the bit, but scored otherwise, first %q: what judges them has changed, not the model", n, len(x.Samples), first)})
		}
		if a.Record.Configs[name].Split == "generated" {
			out = append(out, reports.Warning{Task: name, Code: "generated-data", Text: "generated data: the numbers say nothing about the real set"})
		}
	}
	return out
}

func unscored(t *Task) (n int) {
	for i := range t.Samples {
		if !t.Samples[i].Scored() {
			n++
		}
	}
	return n
}
