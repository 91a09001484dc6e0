package compare

import (
	"fmt"
	"math"
	"strings"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// GateOptions say what a run may lose against its baseline. The zero value works.
type GateOptions struct {
	Alpha              float64  // chance of an alarm when nothing changed, over all tasks, in (0,1); 0 = 0.05
	MaxDrop            float64  // margin of equivalence in points, in (0,100); 0 = 1
	MaxSlowdown        float64  // of the time per token, in percent; 0 = 15, negative = not gated
	MaxMemory          float64  // more memory, in percent; 0 = 10, negative = not gated
	RequireEquivalence bool     // a run that is not shown to be as good does not pass
	OtherTokenizer     bool     // prompts may be other tokens in the run
	Draws              int      // of random exchanges; 0 = 10,000
	Seed               uint64   // of them
	Tasks              []string // that are gated; nil = all
}

// mostLacking is the share of a task that a baseline may have no value for.
const mostLacking = 0.05

// points are a hundredth of the range of a metric.
const points = 100

func (o GateOptions) withDefaults() (GateOptions, error) {
	set := func(v *float64, to float64) {
		if *v == 0 {
			*v = to
		}
	}
	set(&o.Alpha, 0.05)
	set(&o.MaxDrop, 1)
	set(&o.MaxSlowdown, 15)
	set(&o.MaxMemory, 10)
	switch {
	case !(o.Alpha > 0 && o.Alpha < 1):
		return o, fmt.Errorf("compare: alpha %v, want a number between 0 and 1", o.Alpha)
	case !(o.MaxDrop > 0 && o.MaxDrop < points):
		return o, fmt.Errorf("compare: largest drop of %v points, want a number between 0 and 100", o.MaxDrop)
	case math.IsNaN(o.MaxSlowdown + o.MaxMemory):
		return o, fmt.Errorf("compare: the limits of time and memory, %v and %v percent, have to be numbers", o.MaxSlowdown, o.MaxMemory)
	}
	return o, nil
}

// Gate decides about a run by its baseline. Runs that were asked other questions, or got other tokens of the same ones, are a *Refused;
// so are ones without a task of the baseline, without an answer or a value that the baseline has, and baselines that lack many themselves.
func Gate(baseline, run *Run, o GateOptions) (*reports.GateResult, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	tasks, onlyA, onlyB, err := common(baseline, run, o.Tasks)
	if err != nil {
		return nil, err
	}
	if len(onlyA) > 0 {
		return nil, &Refused{baseline.name(), run.name(), []string{fmt.Sprintf(
			"the run lacks %d tasks of the baseline, of which nothing would be known: %s; name the tasks to gate if that is meant", len(onlyA), strings.Join(onlyA, ", "))}}
	}
	if err := alike(baseline, run, tasks); err != nil {
		return nil, err
	}
	if err := gateable(baseline, run, tasks, o); err != nil {
		return nil, err
	}
	g := &reports.GateResult{
		SchemaVersion: reports.GateVersion, Alpha: o.Alpha, MaxDrop: o.MaxDrop, MaxSlowdown: max(0, o.MaxSlowdown), MaxMemory: max(0, o.MaxMemory),
		RequireEquivalence: o.RequireEquivalence, Baseline: reports.Ref(baseline.Record), Run: reports.Ref(run.Record),
		EqualOutputs: equalOutputs(baseline, run, tasks), Differs: objects(baseline.Record, run.Record),
		OnlyRun: onlyB, Warnings: warnings(baseline, run, tasks),
	}
	var all []*pairing
	for _, name := range tasks {
		p, err := pair(baseline, run, name)
		if err != nil {
			return nil, err
		}
		if p.leftOut > 0 {
			g.Warnings = append(g.Warnings, reports.Warning{Task: name, Code: "left-out", Text: fmt.Sprintf("%d items that only the run has a value for are left out", p.leftOut)})
		}
		all = append(all, p)
	}
	verdict := metrics.Equivalent
	if g.EqualOutputs {
		for _, p := range all {
			g.Tasks = append(g.Tasks, *p.same())
		}
	} else if verdict, err = test(g, baseline, run, all, o); err != nil {
		return nil, err
	}
	g.Costs = costs(baseline.Record, run.Record, o)
	conclude(g, verdict)
	return g, nil
}

// gateable finds what would make a pass worth nothing.
func gateable(a, b *Run, tasks []string, o GateOptions) error {
	var why reasons
	for _, name := range tasks {
		x, y := a.task(name), b.task(name)
		if n, first := retokenized(x, y); n > 0 && !o.OtherTokenizer {
			why.add(name, "%d of %d prompts are other tokens, though the same text: %s; another tokenizer, or a BOS more or less", n, len(x.Samples), first)
		}
		if n, first := unanswered(x, y); n > 0 {
			why.add(name, "%d samples that the reference has an answer to have none in the run, first %s", n, first)
		} else if n, first := absent(x, y); n > 0 && len(y.Items) > 0 {
			why.add(name, "%d items that the reference has a value of %s for have none in the run, first %q", n, a.headline(name).Metric, first)
		}
		if n := failures(x); float64(n) > mostLacking*float64(len(x.Samples)) {
			why.add(name, "%d of %d samples failed in the reference: it is no baseline", n, len(x.Samples))
		} else if n, first := absent(y, x); float64(n) > mostLacking*float64(len(y.Items)) {
			why.add(name, "%d of %d items that the run has a value of %s for have none in the reference, first %q: it is no baseline",
				n, len(y.Items), a.headline(name).Metric, first)
		}
	}
	if lines := why.lines(); len(lines) > 0 {
		return &Refused{a.name(), b.name(), lines}
	}
	return nil
}

// unanswered counts the samples that only a has an answer to.
func unanswered(a, b *Task) (n int, first string) {
	in := b.byID()
	for i := range a.Samples {
		s := in[a.Samples[i].DocID]
		if s == nil || s.Scored() || !a.Samples[i].Scored() {
			continue
		}
		if n++; n == 1 {
			first = fmt.Sprintf("%q: %s", s.DocID, s.Verdict)
			if s.Error != "" {
				first += ", " + s.Error
			}
		}
	}
	return n, first
}

// absent counts the items that only a has.
func absent(a, b *Task) (n int, first string) {
	in := make(map[string]bool, len(b.Items))
	for i := range b.Items {
		in[b.Items[i].ID] = true
	}
	for i := range a.Items {
		if !in[a.Items[i].ID] {
			if n++; n == 1 {
				first = a.Items[i].ID
			}
		}
	}
	return n, first
}

func failures(t *Task) (n int) {
	for i := range t.Samples {
		if t.Samples[i].Verdict == reports.VerdictError {
			n++
		}
	}
	return n
}

// same is the decision about a task whose outputs and scores are equal to the bit.
func (p *pairing) same() *reports.TaskGate {
	a, b, metric := p.rows()
	clusters := map[string]bool{}
	alone := 0
	for _, c := range p.clusters {
		if c == "" {
			alone++
		} else {
			clusters[c] = true
		}
	}
	return &reports.TaskGate{
		Task: p.task, Metric: p.metric.Metric, HigherIsBetter: p.metric.HigherIsBetter, Scale: p.metric.Scale,
		Verdict: reports.GateEquivalent, N: len(p.ids), Clusters: alone + len(clusters), LeftOut: p.leftOut,
		Baseline: p.flip(metric(total(a))), Run: p.flip(metric(total(b))),
	}
}

// test tests all tasks.
func test(g *reports.GateResult, a, b *Run, all []*pairing, o GateOptions) (metrics.Verdict, error) {
	var pairs []metrics.Pairs
	var units []float64
	for _, p := range all {
		one, unit := p.pairs()
		pairs, units = append(pairs, one), append(units, unit)
	}
	c, err := metrics.Gate{Alpha: o.Alpha, Margin: o.MaxDrop / points, Draws: o.Draws, Seed: o.Seed}.Compare(pairs)
	if err != nil {
		return "", fmt.Errorf("compare: %w", err)
	}
	for i, p := range all {
		t := decision(c.Tasks[i])
		t.Task, t.Metric, t.HigherIsBetter, t.Scale = p.task, p.metric.Metric, p.metric.HigherIsBetter, p.metric.Scale
		t.LeftOut = p.leftOut
		t.Baseline, t.Run = p.flip(c.Tasks[i].Baseline*units[i]), p.flip(c.Tasks[i].Run*units[i])
		t.Flips = flips(a.task(p.task), b.task(p.task))
		g.Tasks = append(g.Tasks, t)
	}
	if len(all) > 1 {
		t := decision(c.Pooled)
		t.HigherIsBetter, t.Scale = true, points
		g.Pooled = &t
	}
	return c.Verdict, nil
}

// decision takes over what the test of a task says, in points.
func decision(c metrics.Change) reports.TaskGate {
	t := reports.TaskGate{
		Task: c.Name, Verdict: string(c.Verdict), N: c.N, Clusters: c.Clusters, Lost: c.Lost, Won: c.Won,
		Baseline: c.Baseline, Run: c.Run, Drop: points * c.Drop,
		PWorse: &c.PWorse, PWorseAdjusted: &c.PWorseAdjusted, PBetter: &c.PBetter, PEquivalent: &c.PEquivalent,
	}
	if !math.IsInf(c.CI.Low, 0) && !math.IsInf(c.CI.High, 0) && !math.IsNaN(c.CI.Low+c.CI.High) {
		t.CI = &[2]float64{points * c.CI.Low, points * c.CI.High}
	}
	for _, p := range c.Power {
		t.Power = append(t.Power, reports.GatePower{Drop: points * p.Drop, Power: p.Power})
	}
	if c.Detectable {
		smallest := points * c.SmallestDrop
		t.SmallestDrop = &smallest
	}
	return t
}

// conclude makes one verdict of all.
func conclude(g *reports.GateResult, quality metrics.Verdict) {
	g.Verdict = string(quality)
	g.Passed = quality != metrics.Worse && !(quality == metrics.Inconclusive && g.RequireEquivalence)
	if quality == metrics.Inconclusive {
		text := fmt.Sprintf("neither worse nor shown to be within %g points", g.MaxDrop)
		if s := smallest(g); s != nil {
			text += fmt.Sprintf("; a drop of %.1f points would have been found with 80 %%", *s)
		}
		g.Warnings = append(g.Warnings, reports.Warning{Code: "inconclusive", Text: text})
	}
	var unclear reasons // costs by what is the matter with them
	for _, c := range g.Costs {
		switch c.Verdict {
		case reports.GateWorse:
			g.Verdict, g.Passed = reports.GateWorse, false
		case reports.GateInconclusive, reports.GateNotMeasured:
			unclear.add(c.Cost, "%s: %s", c.Verdict, c.Note)
		}
	}
	for _, text := range unclear.texts {
		kind, _, _ := strings.Cut(text, ":")
		g.Warnings = append(g.Warnings, reports.Warning{
			Code: "cost-" + strings.ReplaceAll(kind, " ", "-"), Text: strings.Join(unclear.tasks[text], ", ") + " " + text,
		})
	}
}

// smallest is the drop over all tasks that would have been found.
func smallest(g *reports.GateResult) *float64 {
	if g.Pooled != nil {
		return g.Pooled.SmallestDrop
	}
	if len(g.Tasks) == 1 {
		return g.Tasks[0].SmallestDrop
	}
	return nil
}
