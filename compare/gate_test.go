package compare

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/reports"
)

func mustGate(t *testing.T, a, b *Run, o GateOptions) *reports.GateResult {
	t.Helper()
	g, err := Gate(a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func hasWarning(list []reports.Warning, code string) bool {
	for _, w := range list {
		if w.Code == code {
			return true
		}
	}
	return false
}

func TestGateQuality(t *testing.T) {
	for _, tc := range []struct {
		name                    string
		lost, won, right, wrong int
		o                       GateOptions
		verdict                 string
		passed                  bool
	}{
		{"a clear drop", 30, 5, 165, 100, GateOptions{}, reports.GateWorse, false},
		{"a clear gain", 5, 30, 165, 100, GateOptions{}, reports.GateBetter, true},
		{"too few to tell", 3, 2, 55, 40, GateOptions{}, reports.GateInconclusive, true},
		{"too few to tell, equivalence asked for", 3, 2, 55, 40, GateOptions{RequireEquivalence: true}, reports.GateInconclusive, false},
		{"equivalent", 2, 2, 1300, 1000, GateOptions{RequireEquivalence: true}, reports.GateEquivalent, true},
		{"equivalent within more", 3, 2, 155, 140, GateOptions{MaxDrop: 5, RequireEquivalence: true}, reports.GateEquivalent, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := outcomes(tc.lost, tc.won, tc.right, tc.wrong)
			g := mustGate(t, newRun("a", accTask("x", a)), newRun("b", accTask("x", b)), tc.o)
			if g.Verdict != tc.verdict || g.Passed != tc.passed || g.Tasks[0].Verdict != tc.verdict {
				t.Errorf("%s, passed %v; want %s, %v: %+v", g.Verdict, g.Passed, tc.verdict, tc.passed, g.Tasks)
			}
			x := g.Tasks[0]
			if want := 100 * float64(tc.lost-tc.won) / float64(x.N); math.Abs(x.Drop-want) > 1e-9 || x.CI == nil || x.SmallestDrop == nil || len(x.Power) != 3 {
				t.Errorf("%+v, want a drop of %v points", x, want)
			}
			if len(x.Flips) != tc.lost+tc.won {
				t.Errorf("%d flips", len(x.Flips))
			}
			if got := hasWarning(g.Warnings, "inconclusive"); got != (tc.verdict == reports.GateInconclusive) {
				t.Errorf("warnings %+v", g.Warnings)
			}
		})
	}
}

// A corpus metric takes part: its drop alone ends the gate.
func TestGateCorpus(t *testing.T) {
	var a, b []int
	for i := range 80 {
		a = append(a, 2+i%3)
		b = append(b, max(0, 2+i%3-(i%2)))
	}
	same := accTask("acc", strings.Repeat("10", 200))
	g := mustGate(t, newRun("a", same, microTask("ner", a...)), newRun("b", same, microTask("ner", b...)), GateOptions{Draws: 2000})
	ner := g.Tasks[1]
	if g.Verdict != reports.GateWorse || ner.Verdict != reports.GateWorse || g.Tasks[0].Verdict == reports.GateWorse {
		t.Errorf("%+v", g)
	}
	if math.Abs(ner.Drop-12.5) > 1 || math.Abs(ner.Drop-100*(ner.Baseline-ner.Run)) > 1e-9 {
		t.Errorf("drop %v of %v and %v", ner.Drop, ner.Baseline, ner.Run)
	}
	if g.Pooled == nil || g.Pooled.N != 480 {
		t.Errorf("pooled %+v", g.Pooled)
	}
	// A metric on a scale to 100 gives the same points.
	percent := func(right []int) Task {
		task := microTask("ner", right...)
		task.Range = 100
		inner := task.Corpus
		task.Corpus = func(sum map[string]float64) float64 { return 100 * inner(sum) }
		return task
	}
	h := mustGate(t, newRun("a", same, percent(a)), newRun("b", same, percent(b)), GateOptions{Draws: 2000})
	if math.Abs(h.Tasks[1].Drop-ner.Drop) > 1e-9 || math.Abs(h.Tasks[1].Baseline-100*ner.Baseline) > 1e-9 {
		t.Errorf("to 100: %+v, to 1: %+v", h.Tasks[1], ner)
	}
}

func TestGateEqualDigests(t *testing.T) {
	a, b := newRun("a", accTask("x", "1010"), accTask("y", "11")), newRun("b", accTask("x", "1010"), accTask("y", "11"))
	b.Record.Digest = a.Record.Digest
	g := mustGate(t, a, b, GateOptions{RequireEquivalence: true})
	if !g.EqualOutputs || !g.Passed || g.Verdict != reports.GateEquivalent || len(g.Tasks) != 2 || g.Pooled != nil || g.Tasks[0].PWorse != nil {
		t.Errorf("%+v", g)
	}
	// Equal answers do not excuse what they cost.
	a.Record.Memory.Devices = []reports.DeviceMemory{{Peak: reports.Ledger{Weights: 1 << 30}}}
	b.Record.Memory.Devices = []reports.DeviceMemory{{Peak: reports.Ledger{Weights: 3 << 29}}}
	if g := mustGate(t, a, b, GateOptions{}); g.Passed || g.Verdict != reports.GateWorse {
		t.Errorf("half as much memory again: %+v", g.Costs)
	}
	if g := mustGate(t, a, b, GateOptions{MaxMemory: -1}); !g.Passed {
		t.Errorf("memory is not gated: %+v", g.Costs)
	}
}

// A build that breaks what judges answers, and not the model, is no pass: the digest is over answers alone.
func TestGateEqualDigestsOtherScores(t *testing.T) {
	right, wrong := accTask("x", strings.Repeat("1", 80)+strings.Repeat("0", 20)), accTask("x", strings.Repeat("1", 80)+strings.Repeat("0", 20))
	for i := range wrong.Samples {
		s := &wrong.Samples[i]
		s.Verdict, s.Metrics, wrong.Items[i].Value = reports.VerdictUnparsed, map[string]float64{"acc": 0}, 0
	}
	a, b := newRun("a", right), newRun("b", wrong)
	b.Record.Digest = a.Record.Digest
	g := mustGate(t, a, b, GateOptions{})
	if g.EqualOutputs || g.Passed || g.Verdict != reports.GateWorse || g.Tasks[0].Baseline != 0.8 || g.Tasks[0].Run != 0 || !hasWarning(g.Warnings, "scored-otherwise") {
		t.Errorf("%+v", g)
	}
	if c := mustCompare(t, Options{}, a, b).Runs[0]; c.EqualOutputs || c.Tasks[0].Run != 0 || c.Tasks[0].P > 1e-9 {
		t.Errorf("%+v", c)
	}
}

// A task that the run lacks is no pass.
func TestGateMissingTask(t *testing.T) {
	same := strings.Repeat("10", 1000)
	a, b := newRun("a", accTask("x", same), accTask("y", "10")), newRun("b", accTask("x", same))
	for _, tasks := range [][]string{nil, {"x", "y"}} {
		var refused *Refused
		if _, err := Gate(a, b, GateOptions{Tasks: tasks}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "the run lacks 1 tasks of the baseline, of which nothing would be known: y;") {
			t.Errorf("%v: %v", tasks, err)
		}
	}
	if g := mustGate(t, b, a, GateOptions{}); fmt.Sprint(g.OnlyRun) != "[y]" || g.Verdict != reports.GateEquivalent {
		t.Errorf("a task more: %+v", g)
	}
	if g := mustGate(t, a, b, GateOptions{Tasks: []string{"x"}}); g.Verdict != reports.GateEquivalent {
		t.Errorf("only x is asked for: %+v", g)
	}
}

func TestGateRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(r *Run)
		want   string
	}{
		{"a BOS more", func(r *Run) {
			for i := range r.Tasks[0].Samples {
				r.Tasks[0].Samples[i].PromptTokens++
				r.Tasks[0].Samples[i].TokenHash += "x"
			}
		}, `x: 4 of 4 prompts are other tokens, though the same text: that of "0" is 7 tokens in the reference and 8 in the run; another tokenizer, or a BOS more or less`},
		{"other tokens, as many", func(r *Run) { r.Tasks[0].Samples[2].TokenHash = "other" }, `that of "2" is 7 tokens in both, but not the same ones`},
		{"a failed sample", func(r *Run) {
			r.Tasks[0].Samples[1].Verdict, r.Tasks[0].Samples[1].Error = reports.VerdictError, "boom"
			r.Tasks[0].Items = append(r.Tasks[0].Items[:1:1], r.Tasks[0].Items[2:]...)
		}, `x: 1 samples that the reference has an answer to have none in the run, first "1": error, boom`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := newRun("a", accTask("x", "1100")), newRun("b", accTask("x", "1000"))
			tc.change(b)
			var refused *Refused
			if _, err := Gate(a, b, GateOptions{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
			// A comparison is about what it finds, and says so.
			c := mustCompare(t, Options{}, a, b)
			if len(c.Runs[0].Warnings) != 1 {
				t.Errorf("warnings %+v", c.Runs[0].Warnings)
			}
			if strings.Contains(tc.name, "tokens") || strings.Contains(tc.name, "BOS") {
				if g := mustGate(t, a, b, GateOptions{OtherTokenizer: true}); !hasWarning(g.Warnings, "tokens") {
					t.Errorf("allowed, and no warning: %+v", g.Warnings)
				}
			}
		})
	}
	// What only one run has a value for.
	lacking := func(n int, fails bool) Task {
		task := accTask("x", strings.Repeat("10", 50))
		task.Items = task.Items[n:]
		for i := range n {
			if fails {
				task.Samples[i].Verdict = reports.VerdictError
			}
		}
		return task
	}
	for _, tc := range []struct {
		name string
		a, b Task
		want string
	}{
		{"half of the baseline failed", lacking(50, true), lacking(0, false), "x: 50 of 100 samples failed in the reference: it is no baseline"},
		{"half of both failed", lacking(50, true), lacking(50, true), "x: 50 of 100 samples failed in the reference: it is no baseline"},
		{"the baseline lacks values", lacking(6, false), lacking(0, false), `x: 6 of 100 items that the run has a value of acc for have none in the reference, first "0": it is no baseline`},
		{"the run lacks a value", lacking(0, false), lacking(1, false), `x: 1 items that the reference has a value of acc for have none in the run, first "0"`},
	} {
		var refused *Refused
		if _, err := Gate(newRun("a", tc.a), newRun("b", tc.b), GateOptions{}); !errors.As(err, &refused) || len(refused.Reasons) != 1 || refused.Reasons[0] != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	if g := mustGate(t, newRun("a", lacking(2, true)), newRun("b", lacking(0, false)), GateOptions{}); g.Tasks[0].N != 98 || !hasWarning(g.Warnings, "left-out") {
		t.Errorf("%+v", g)
	}
	for _, o := range []GateOptions{{Alpha: 2}, {MaxDrop: -1}, {MaxDrop: 100}, {MaxMemory: math.NaN()}} {
		if _, err := Gate(newRun("a", accTask("x", "1")), newRun("b", accTask("x", "1")), o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// A machine as timed runs see it: speed is that of the whole machine, noise the spread from piece to piece, of which the loop sees a part and the
// model all; spikes hold one of them up; offset is the spread of what the model suffers and the loop does not, the same
// through a whole run.
type machine struct{ speed, noise, loopNoise, spikes, offset float64 }

// timed scripts the calibration of a run of a program that takes slow times as long as another.
func timed(rng *rand.Rand, m machine, slow float64) *reports.Calibration {
	c := &reports.Calibration{}
	state := func() float64 { return m.speed * math.Exp(m.noise*rng.NormFloat64()) }
	if m.offset > 0 {
		slow *= math.Exp(m.offset * rng.NormFloat64())
	}
	now := state()
	for mark := 0; mark <= reports.CalibrationMarks; mark += 2 {
		next := state()
		r := reports.CalibrationRound{Mark: mark}
		for range 8 {
			r.Loop = append(r.Loop, 4*next*math.Exp(m.loopNoise*rng.NormFloat64()))
		}
		if mark > 0 {
			between := (now + next) / 2 * math.Exp(m.noise/2*rng.NormFloat64())
			if rng.Float64() < m.spikes {
				between *= 10
			}
			r.PromptTokens, r.PrefillSeconds = 10_000, 10*between*slow
			r.DecodeTokens, r.DecodeSeconds = 300, 3*between*slow
		}
		now = next
		c.Rounds = append(c.Rounds, r)
	}
	return c
}

// alarms counts, over many pairs of runs, how often a slower program on another machine is called a regression, or within the limit.
func alarms(n int, slow float64, before, now machine) (worse, within float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	a, b := newRun("a", accTask("x", "10")).Record, newRun("b", accTask("x", "10")).Record
	o, _ := GateOptions{}.withDefaults()
	for range n {
		a.Perf.Calibration, b.Perf.Calibration = timed(rng, before, 1), timed(rng, now, slow)
		switch costs(a, b, o)[0].Verdict {
		case reports.GateWorse:
			worse++
		case reports.GateEquivalent:
			within++
		}
	}
	return 100 * worse / float64(n), 100 * within / float64(n)
}

// TestGateTimes shows what docs/statistics.md says of slow programs and slow machines.
func TestGateTimes(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 200
	}
	quiet, noisy, wild := machine{1, 0.02, 0.02, 0, 0}, machine{1, 0.10, 0.10, 0, 0}, machine{1, 0.25, 0.25, 0.05, 0}
	uneven := func(m machine, offset float64) machine { m.offset = offset; return m }
	half := func(m machine) machine { m.speed = 2; return m }
	for _, tc := range []struct {
		name         string
		slow         float64
		before, now  machine
		most, atmost float64 // alarms, and runs called within the limit, in percent
		least        float64 // alarms
	}{
		{"3 % slower, quiet", 1.03, quiet, quiet, 0, 100, 0},
		{"3 % slower, noisy", 1.03, noisy, noisy, 0.5, 100, 0},
		{"3 % slower, wild", 1.03, wild, wild, 2, 100, 0},
		{"3 % slower, on half the machine", 1.03, noisy, half(noisy), 0.5, 100, 0},
		{"no change, on half the machine", 1, quiet, half(wild), 2, 100, 0},
		{"3 % slower, noisy, runs 3 % uneven", 1.03, uneven(noisy, 0.03), uneven(noisy, 0.03), 1.5, 100, 0},
		{"3 % slower, noisy, runs 10 % uneven", 1.03, uneven(noisy, 0.10), uneven(noisy, 0.10), 25, 100, 5},
		{"15 % slower is the limit", 1.15, noisy, noisy, 3.5, 4, 0},
		{"30 % slower, quiet", 1.30, quiet, quiet, 100, 0, 100},
		{"30 % slower, noisy", 1.30, noisy, noisy, 100, 0.5, 75},
		{"30 % slower, on a machine twice as fast", 1.30, half(noisy), noisy, 100, 0.5, 75},
		{"60 % slower, wild", 1.60, wild, wild, 100, 1, 60},
	} {
		t.Run(tc.name, func(t *testing.T) {
			worse, within := alarms(n, tc.slow, tc.before, tc.now)
			t.Logf("worse %.1f %%, within the limit %.1f %%", worse, within)
			slack := 300 * math.Sqrt(0.02*0.98/float64(n)) // three standard errors where one run in fifty is wrong
			if worse > tc.most+slack || within > tc.atmost+slack || worse < tc.least-2*slack {
				t.Errorf("worse %.1f %%, want %v to %v; within %.1f %%, want at most %v", worse, tc.least, tc.most, within, tc.atmost)
			}
		})
	}
}

func TestGateTimesNotMeasured(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	quiet := machine{1, 0.02, 0.02, 0, 0}
	for _, tc := range []struct {
		name   string
		change func(a, b *reports.Record)
		want   string
	}{
		{"old baseline", func(a, _ *reports.Record) { a.Perf.Calibration = nil }, "no calibration loop was timed in the baseline"},
		{"resumed", func(_, b *reports.Record) { b.Perf.SamplesResumed = 3 }, "a run that was resumed"},
		{"threads", func(_, b *reports.Record) { b.Engine.Threads = 4 }, "threads: 2 in the baseline, 4 in the run"},
		{"batch", func(_, b *reports.Record) { b.Perf.BatchSize = 1 }, "samples side by side: 16 in the baseline, 1 in the run"},
		{"other tasks", func(_, b *reports.Record) { b.TaskHashes["y"] = "more" }, "other tasks to do"},
		{"another processor with other kernels", func(a, b *reports.Record) {
			a.Host.Hardware.CPU.Brand, b.Host.Hardware.CPU.Brand, b.Engine.Kernel = "old", "new", "avx512"
		}, "processor and kernels: old with avx2 in the baseline, new with avx512 in the run"},
		{"others on the machine", func(_, b *reports.Record) {
			waited := 9.0 // of 2 threads in 20 s
			b.Perf.WallSeconds, b.Perf.Calibration.Waited = 20, &waited
		}, "the threads of the run waited for one for 22 % of its time"},
		{"short", func(_, b *reports.Record) { b.Perf.Calibration.Rounds = b.Perf.Calibration.Rounds[:4] }, "3 pieces of the runs can be compared, 6 are needed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := newRun("a", accTask("x", "10")), newRun("b", accTask("x", "10"))
			b.Record.Digest = a.Record.Digest
			a.Record.Perf.Calibration, b.Record.Perf.Calibration = timed(rng, quiet, 1), timed(rng, quiet, 3)
			tc.change(a.Record, b.Record)
			g := mustGate(t, a, b, GateOptions{})
			if c := g.Costs[0]; c.Verdict != reports.GateNotMeasured || !strings.Contains(c.Note, tc.want) || !hasWarning(g.Warnings, "cost-not-measured") {
				t.Errorf("%+v, want %q", c, tc.want)
			}
		})
	}
}

// Times go on to be gated where only the kernels change, or only the processor.
func TestGateTimesKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	quiet := machine{1, 0.02, 0.02, 0, 0}
	for _, change := range []func(r *reports.Record){
		func(r *reports.Record) { r.Engine.Kernel = "reference" },
		func(r *reports.Record) { r.Host.Hardware.CPU.Brand = "another" },
	} {
		a, b := newRun("a", accTask("x", "10")), newRun("b", accTask("x", "10"))
		a.Record.Perf.Calibration, b.Record.Perf.Calibration = timed(rng, quiet, 1), timed(rng, quiet, 3)
		change(b.Record)
		if g := mustGate(t, a, b, GateOptions{}); g.Passed || g.Costs[0].Verdict != reports.GateWorse {
			t.Errorf("%+v", g.Costs[0])
		}
	}
}

// A run that was resumed has held less than one that was not: neither its peak nor what is more than it says anything.
func TestGateMemoryResumed(t *testing.T) {
	for _, resumed := range []int{0, 1} {
		runs := []*Run{newRun("a", accTask("x", "10")), newRun("b", accTask("x", "10"))}
		for i, r := range runs {
			r.Record.Memory = reports.Memory{PeakResidentBytes: int64(1+i) << 30, Devices: []reports.DeviceMemory{{Peak: reports.Ledger{Weights: int64(1+i) << 30}}}}
		}
		runs[resumed].Record.Perf.SamplesResumed = 3
		g := mustGate(t, runs[0], runs[1], GateOptions{})
		i := slices.IndexFunc(g.Costs, func(c reports.CostGate) bool { return c.Cost == "memory" })
		for _, c := range g.Costs[i:] {
			if c.Verdict != reports.GateNotMeasured || !strings.Contains(c.Note, "a run that was resumed") {
				t.Errorf("%+v", c)
			}
		}
	}
}

// Pieces are cut where both runs were calibrated, and what lies between is added up.
func TestPieces(t *testing.T) {
	round := func(mark int, loop float64, tokens int64, seconds float64) reports.CalibrationRound {
		return reports.CalibrationRound{Mark: mark, Loop: []float64{loop}, PromptTokens: tokens, PrefillSeconds: seconds}
	}
	a := &reports.Calibration{Rounds: []reports.CalibrationRound{round(0, 4, 0, 0), round(3, 5, 10, 1), round(8, 6, 20, 2), round(32, 8, 40, 4)}}
	b := &reports.Calibration{Rounds: []reports.CalibrationRound{round(0, 1, 0, 0), round(5, 1, 9, 9), round(8, 1, 9, 9), round(32, 1, 9, 9)}}
	got := pieces(a, b, func(r reports.CalibrationRound) (int64, float64) { return r.PromptTokens, r.PrefillSeconds })
	if want := []piece{{30, 3, 5}, {40, 4, 7}}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestGateMemory(t *testing.T) {
	for _, tc := range []struct {
		name string
		a, b int64 // peak of the process
		want string
	}{
		{"within", 1000 << 20, 1090 << 20, reports.GateEquivalent},
		{"over", 1000 << 20, 1110 << 20, reports.GateWorse},
		{"over, but garbage could be so much", 100 << 20, 130 << 20, reports.GateEquivalent},
		{"less", 1000 << 20, 500 << 20, reports.GateEquivalent},
		{"unknown", 0, 500 << 20, reports.GateNotMeasured},
	} {
		o, _ := GateOptions{}.withDefaults()
		if c := memory("process memory", tc.a, tc.b, memorySlack, "", o); c.Verdict != tc.want {
			t.Errorf("%s: %+v, want %s", tc.name, c, tc.want)
		}
	}
}
