package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

const (
	fewestPieces = 6        // of a run that an interval of times is made of, so that 95 % can be had
	memorySlack  = 32 << 20 // bytes that a process may hold more without meaning anything: garbage that is not yet collected
)

// costs compares what both runs took. Times are divided by those of a fixed loop that each run measured on its own machine while it went
// on, piece by piece; see docs/statistics.md for the noise that this leaves.
func costs(a, b *reports.Record, o GateOptions) []reports.CostGate {
	out := []reports.CostGate{}
	other := settingsDiffer(a, b)
	if o.MaxSlowdown > 0 {
		for _, k := range []struct {
			name string
			of   func(r reports.CalibrationRound) (tokens int64, seconds float64)
		}{
			{"prefill time", func(r reports.CalibrationRound) (int64, float64) { return r.PromptTokens, r.PrefillSeconds }},
			{"decode time", func(r reports.CalibrationRound) (int64, float64) { return r.DecodeTokens, r.DecodeSeconds }},
		} {
			c := reports.CostGate{Cost: k.name, Unit: "ms/token", Limit: o.MaxSlowdown, Verdict: reports.GateNotMeasured}
			if c.Note = cmp.Or(other, machinesDiffer(a, b), crowded(a, "the baseline"), crowded(b, "the run")); c.Note == "" {
				slowdown(&c, a.Perf, b.Perf, k.of, 1-o.Alpha)
			}
			if c.Note != noTokens {
				out = append(out, c)
			}
		}
	}
	if o.MaxMemory > 0 {
		x, y := reports.Ref(a).Memory.PeakBytes, reports.Ref(b).Memory.PeakBytes
		out = append(out, memory("memory", x, y, 0, other, o), memory("process memory", a.Memory.PeakResidentBytes, b.Memory.PeakResidentBytes, memorySlack, other, o))
	}
	return out
}

// settingsDiffer says which setting that decides costs, and nothing else, is not the same.
func settingsDiffer(a, b *reports.Record) string {
	for _, s := range []struct {
		what string
		x, y any
	}{
		{"threads", a.Engine.Threads, b.Engine.Threads},
		{"device", a.Engine.Device, b.Engine.Device},
		{"samples side by side", a.Perf.BatchSize, b.Perf.BatchSize},
		{"context", a.Engine.Context, b.Engine.Context},
	} {
		if s.x != s.y {
			return fmt.Sprintf("%s: %v in the baseline, %v in the run", s.what, s.x, s.y)
		}
	}
	switch {
	case !maps.Equal(a.TaskHashes, b.TaskHashes):
		return "the runs had other tasks to do"
	case a.Perf.SamplesResumed > 0 || b.Perf.SamplesResumed > 0:
		return "a run that was resumed has not measured all of its work"
	}
	return ""
}

// machinesDiffer says why times cannot be compared although the loop was timed: it says how fast a processor is at simple arithmetic, but
// not what wider instructions gain on another one. Other kernels on the same processor are the program's doing, and the gate's business.
func machinesDiffer(a, b *reports.Record) string {
	x, y := a.Host.Hardware.CPU.Brand, b.Host.Hardware.CPU.Brand
	if x == y || a.Engine.Kernel == b.Engine.Kernel {
		return ""
	}
	return fmt.Sprintf("processor and kernels: %s with %s in the baseline, %s with %s in the run", cmp.Or(x, "unknown"), a.Engine.Kernel, cmp.Or(y, "unknown"), b.Engine.Kernel)
}

// mostWaited is the share of the time of its threads that a run may have spent waiting for a processor.
const mostWaited = 0.1

// crowded says that others used the processors that a run wanted, so that its times say little about the program. The loop does not show
// it: it is over before the system gives the processor to somebody else.
func crowded(r *reports.Record, name string) string {
	if c := r.Perf.Calibration; c != nil && c.Waited != nil {
		if all := r.Perf.WallSeconds * float64(max(1, r.Engine.Threads)); all > 0 && *c.Waited > mostWaited*all {
			return fmt.Sprintf("others used the processors: the threads of %s waited for one for %.0f %% of its time", name, 100**c.Waited/all)
		}
	}
	return ""
}

// noTokens is the note of a cost that the runs do not have.
const noTokens = "no tokens"

// slowdown compares the time per token in pieces of the runs that did the same part of the work.
func slowdown(c *reports.CostGate, a, b reports.Perf, of func(reports.CalibrationRound) (int64, float64), confidence float64) {
	switch {
	case a.Calibration == nil || b.Calibration == nil:
		c.Note = "no calibration loop was timed in " + map[bool]string{true: "the baseline", false: "the run"}[a.Calibration == nil]
		return
	}
	x, y := pieces(a.Calibration, b.Calibration, of), pieces(b.Calibration, a.Calibration, of)
	var ratios, machine []float64
	var sumA, sumB piece
	for i := range x {
		p, q := x[i], y[i]
		if p.tokens == 0 && q.tokens == 0 {
			continue
		}
		sumA.add(p)
		sumB.add(q)
		if r := math.Log(q.cost() / p.cost()); !math.IsNaN(r) && !math.IsInf(r, 0) {
			ratios, machine = append(ratios, r), append(machine, math.Log(q.loop/p.loop))
		}
	}
	if sumA.tokens == 0 && sumB.tokens == 0 {
		c.Note = noTokens
		return
	}
	c.Baseline, c.Run = sumA.each(), sumB.each()
	c.Pieces = len(ratios)
	if c.Pieces < fewestPieces {
		c.Note = fmt.Sprintf("%d pieces of the runs can be compared, %d are needed: the runs are too short", c.Pieces, fewestPieces)
		return
	}
	percent := func(log float64) float64 { return 100 * math.Expm1(log) }
	// Both runs have noise of the same kind, so the pieces lie symmetrically about the real slowdown, however wild some of them are.
	change, ci, ok := metrics.HodgesLehmann(ratios, confidence)
	if !ok {
		c.Note = fmt.Sprintf("%d pieces of the runs cannot give an interval of %g %%", c.Pieces, 100*confidence)
		return
	}
	c.Change, c.CI, c.Machine = percent(change), &[2]float64{percent(ci.Low), percent(ci.High)}, percent(metrics.Median(machine))
	switch {
	case c.CI[0] > c.Limit:
		c.Verdict = reports.GateWorse
	case c.CI[1] <= c.Limit:
		c.Verdict = reports.GateEquivalent
	default:
		c.Verdict = reports.GateInconclusive
		c.Note = fmt.Sprintf("%+.1f %% (%+.1f to %+.1f) against a limit of %g %%: the times are too uneven to tell", c.Change, c.CI[0], c.CI[1], c.Limit)
	}
}

// A piece is a part of a run between two of its calibrations.
type piece struct {
	tokens  int64
	seconds float64
	loop    float64 // median time of the calibration loop before and after it, in ms
}

func (p *piece) add(q piece) { p.tokens, p.seconds = p.tokens+q.tokens, p.seconds+q.seconds }

// each is the time of a token in ms, cost the same in loops.
func (p piece) each() float64 {
	if p.tokens == 0 {
		return 0
	}
	return 1000 * p.seconds / float64(p.tokens)
}
func (p piece) cost() float64 { return p.each() / p.loop }

// pieces cuts a run at the marks of its work at which both runs were calibrated.
func pieces(c, other *reports.Calibration, of func(reports.CalibrationRound) (int64, float64)) []piece {
	shared := func(mark int) bool {
		return slices.ContainsFunc(other.Rounds, func(r reports.CalibrationRound) bool { return r.Mark == mark })
	}
	var out []piece
	var p piece
	var before []float64
	for i, r := range c.Rounds {
		if i > 0 {
			tokens, seconds := of(r)
			p.add(piece{tokens: tokens, seconds: seconds})
		}
		if !shared(r.Mark) {
			continue
		}
		if before != nil {
			p.loop = metrics.Median(slices.Concat(before, r.Loop))
			out = append(out, p)
		}
		p, before = piece{}, r.Loop
	}
	return out
}

// memory compares what was held at most. There is one number a run, and no noise to measure: what is over the limit is worse.
func memory(name string, a, b, slack int64, other string, o GateOptions) reports.CostGate {
	c := reports.CostGate{Cost: name, Unit: "bytes", Baseline: float64(a), Run: float64(b), Limit: o.MaxMemory, Verdict: reports.GateNotMeasured, Note: other}
	switch {
	case other != "":
	case a <= 0 || b <= 0:
		c.Note = "not known of both runs"
	default:
		c.Change = 100 * (c.Run/c.Baseline - 1)
		c.Verdict = reports.GateEquivalent
		if c.Change > c.Limit && b-a > slack {
			c.Verdict = reports.GateWorse
		}
	}
	return c
}
