package compare

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// accTask is a task of choices: outcomes has a "1" for every right answer and a "0" for every wrong one.
func accTask(name, outcomes string) Task {
	t := Task{Name: name}
	for i, o := range outcomes {
		s := reports.Sample{
			DocID: fmt.Sprint(i), Task: name, DocHash: fmt.Sprintf("doc %d", i), PromptHash: fmt.Sprintf("prompt %d", i), TokenHash: fmt.Sprintf("tokens %d", i),
			Verdict: reports.VerdictWrong, Target: "甲", Extracted: "乙", Rule: "loglikelihood", Metrics: map[string]float64{"acc": 0}, PromptTokens: 7,
			Choices: []reports.Choice{{LogProb: -3}, {LogProb: -1 - float64(i)/100}},
		}
		if o == '1' {
			s.Verdict, s.Extracted, s.Metrics["acc"] = reports.VerdictCorrect, "甲", 1
			s.Choices = []reports.Choice{{LogProb: -0.5}, {LogProb: -1 - float64(i)/100}}
		}
		t.Samples = append(t.Samples, s)
		t.Items = append(t.Items, Item{ID: s.DocID, Value: s.Metrics["acc"]})
	}
	return t
}

// newRun is a run of tasks with the headline metric acc, or micro for corpus metrics.
func newRun(id string, tasks ...Task) *Run {
	r := &Run{Tasks: tasks, Record: &reports.Record{
		Configs: map[string]reports.TaskConfig{}, Versions: map[string]int{}, NShot: map[string]int{}, NSamples: map[string]reports.SampleCount{},
		TaskHashes: map[string]string{}, Digest: "digest of " + id,
		Config: reports.Config{ChoiceBy: []string{"likelihood"}, Overlength: "error"},
		Model:  reports.Model{Name: "m", Quant: "Q8_0", SHA256: "aaaaaaaaaaaaaaaa"},
		Engine: reports.Engine{Version: "v1", Device: "cpu", Kernel: "avx2", KVType: "f16", Threads: 2, Context: 4096},
		Perf:   reports.Perf{BatchSize: 16}, Host: reports.Host{RunID: id},
	}}
	for i := range tasks {
		t := &tasks[i]
		metric := reports.MetricConfig{Metric: "acc", Aggregation: "mean", HigherIsBetter: true, Scale: 1}
		if t.Corpus != nil {
			metric = reports.MetricConfig{Metric: "micro", Aggregation: "corpus", HigherIsBetter: true, Scale: 100}
		}
		r.Record.Configs[t.Name] = reports.TaskConfig{Task: t.Name, Split: "dev", MetricList: []reports.MetricConfig{metric}}
		r.Record.Versions[t.Name] = 1
		r.Record.NSamples[t.Name] = reports.SampleCount{Original: len(t.Samples), Effective: len(t.Samples)}
		r.Record.TaskHashes[t.Name] = "hash of " + t.Name
	}
	return r
}

func mustCompare(t *testing.T, o Options, runs ...*Run) *reports.Comparison {
	t.Helper()
	c, err := Compare(runs, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// outcomes writes lost, won, right and wrong items of two runs.
func outcomes(lost, won, right, wrong int) (a, b string) {
	r := strings.Repeat
	return r("1", lost) + r("0", won) + r("1", right) + r("0", wrong), r("0", lost) + r("1", won) + r("1", right) + r("0", wrong)
}

func TestCompareProportions(t *testing.T) {
	a, b := outcomes(9, 2, 60, 29)
	c := mustCompare(t, Options{}, newRun("a", accTask("x", a), accTask("y", b)), newRun("b", accTask("x", b), accTask("y", b)))
	r := c.Runs[0]
	x, y := r.Tasks[0], r.Tasks[1]
	if x.Reference != 0.69 || math.Abs(x.Run-0.62) > 1e-15 || math.Abs(x.Difference+0.07) > 1e-15 || x.Lost != 9 || x.Won != 2 || x.N != 100 {
		t.Errorf("%+v", x)
	}
	// scipy.stats.binomtest(2, 11).pvalue
	if x.Test != reports.TestMcNemar || math.Abs(x.P-0.0654296875) > 1e-12 || x.PAdjusted != 2*x.P {
		t.Errorf("test %s, p %v, adjusted %v", x.Test, x.P, x.PAdjusted)
	}
	if y.P != 1 || y.PAdjusted != 1 || y.Difference != 0 || len(y.Flips) != 0 {
		t.Errorf("equal answers: %+v", y)
	}
	if x.CI95 == nil || !(x.CI95[0] < x.Difference && x.Difference < x.CI95[1]) {
		t.Errorf("interval %v of %v", x.CI95, x.Difference)
	}
	want, _ := metrics.McNemarDesign{N: 100, Won: 0.02, Alpha: 0.0125, OneSided: true}.SmallestDrop(0.8)
	if x.Detectable == nil || math.Abs(*x.Detectable-want) > 1e-9 {
		t.Errorf("detectable %v, want %v", x.Detectable, want)
	}
}

func TestCompareFlips(t *testing.T) {
	a, b := outcomes(3, 2, 5, 5)
	c := mustCompare(t, Options{}, newRun("a", accTask("x", a)), newRun("b", accTask("x", b)))
	flips := c.Runs[0].Tasks[0].Flips
	if len(flips) != 5 {
		t.Fatalf("%d flips, want 5", len(flips))
	}
	first := flips[0]
	if first.Direction != reports.FlipLost || first.Reference != "甲" || first.Run != "乙" || first.Target != "甲" {
		t.Errorf("%+v", first)
	}
	// Right: −0.5 against −1 or a little less; wrong: −3 against the same. The one whose margin moved most stands first.
	for i, f := range flips {
		before, after := *f.ReferenceMargin, *f.RunMargin
		if f.Direction == reports.FlipWon {
			before, after = after, before
		}
		if before < 0.5 || after > -1.9 || (f.Direction == reports.FlipLost) != (i < 3) {
			t.Errorf("flip %d: %+v, margins %v and %v", i, f, *f.ReferenceMargin, *f.RunMargin)
		}
	}
}

// A margin is one of the choices that decided: not of letters beside them, and of none where a text did.
func TestCompareMargins(t *testing.T) {
	for _, tc := range []struct {
		rule   string
		letter bool
		want   float64 // margin of the reference, which is right; 0 = none
	}{{"loglikelihood", true, 0.5}, {"letter", true, 2}, {"letter; generate: mark", true, 2}, {"mark", true, 0}, {"mark", false, 0}} {
		a, b := accTask("x", "1"), accTask("x", "0")
		for _, task := range []Task{a, b} {
			s := &task.Samples[0]
			s.Rule = tc.rule
			if tc.letter {
				s.Letters = []reports.Choice{{LogProb: -4}, {LogProb: -3}, {LogProb: -1}}
			}
		}
		f := mustCompare(t, Options{}, newRun("a", a), newRun("b", b)).Runs[0].Tasks[0].Flips[0]
		switch {
		case (f.ReferenceMargin != nil) != (tc.want > 0) || (f.RunMargin != nil) != (tc.want > 0):
			t.Errorf("%s: margins %v and %v", tc.rule, f.ReferenceMargin, f.RunMargin)
		case tc.want > 0 && *f.ReferenceMargin != tc.want:
			t.Errorf("%s: margin %v, want %v", tc.rule, *f.ReferenceMargin, tc.want)
		}
	}
}

// Items on one text are exchanged together: five copies of a text say no more than one.
func TestCompareClusters(t *testing.T) {
	a, b := outcomes(30, 5, 40, 25)
	x, y := accTask("x", a), accTask("x", b)
	for i := range x.Items {
		x.Items[i].Cluster, y.Items[i].Cluster = fmt.Sprint(i/5), fmt.Sprint(i/5)
	}
	r := mustCompare(t, Options{}, newRun("a", x), newRun("b", y)).Runs[0].Tasks[0]
	// Seven texts differ: six lost all of five, one won all of five. Of 128 signs, 8 are as far to this side, and 8 to the other.
	if r.Test != reports.TestSignFlip || r.Clusters != 20 || math.Abs(r.P-16./128) > 1e-12 {
		t.Errorf("%+v, want p 0.125", r)
	}
}

// microTask is a corpus metric: right over asked, of which each item has four.
func microTask(name string, right ...int) Task {
	t := Task{Name: name, Corpus: func(sum map[string]float64) float64 { return sum["right"] / sum["asked"] }}
	for i, n := range right {
		s := reports.Sample{DocID: fmt.Sprint(i), Task: name, DocHash: "d", PromptHash: "p", Verdict: reports.VerdictWrong}
		s.Stats = map[string]float64{"asked": 4}
		if n > 0 { // tasks leave out what is 0
			s.Stats["right"] = float64(n)
		}
		t.Samples = append(t.Samples, s)
		t.Items = append(t.Items, Item{ID: s.DocID, Stats: s.Stats})
	}
	return t
}

func TestCompareCorpus(t *testing.T) {
	var a, b []int
	for i := range 60 {
		a = append(a, 2+i%3)
		b = append(b, max(0, 2+i%3-(i%2)))
	}
	r := mustCompare(t, Options{Draws: 2000}, newRun("a", microTask("x", a...)), newRun("b", microTask("x", b...))).Runs[0].Tasks[0]
	if r.Reference != 0.75 || r.Run != 0.625 || r.Test != reports.TestPermutation || r.Scale != 100 {
		t.Errorf("%+v", r)
	}
	if r.P > 0.001 || r.CI95 == nil || r.CI95[1] >= 0 || r.CI95[0] > -0.125 || r.Detectable == nil {
		t.Errorf("p %v, interval %v, detectable %v", r.P, r.CI95, r.Detectable)
	}
	// The same on means, which the same rows give as well.
	x, y := accTask("x", strings.Repeat("0", 60)), accTask("x", strings.Repeat("0", 60))
	for i := range x.Items {
		x.Items[i].Value, y.Items[i].Value = float64(a[i])/4, float64(b[i])/4
		y.Samples[i].Response = "another"
	}
	m := mustCompare(t, Options{Draws: 2000}, newRun("a", x), newRun("b", y)).Runs[0].Tasks[0]
	if m.P != r.P || math.Abs(m.CI95[0]-r.CI95[0]) > 1e-12 || math.Abs(*m.Detectable-*r.Detectable) > 1e-12 {
		t.Errorf("as a mean %+v, as a corpus metric %+v", m, r)
	}
}

// A metric whose lower values are better is turned, and turned back in what is reported.
func TestCompareLowerIsBetter(t *testing.T) {
	a, b := outcomes(9, 2, 60, 29)
	runs := []*Run{newRun("a", accTask("x", a)), newRun("b", accTask("x", b))}
	up := mustCompare(t, Options{}, runs...).Runs[0].Tasks[0]
	for _, r := range runs {
		r.Record.Configs["x"].MetricList[0].HigherIsBetter = false
	}
	down := mustCompare(t, Options{}, runs...).Runs[0].Tasks[0]
	if down.Reference != up.Reference || down.Run != up.Run || math.Abs(down.Difference-up.Difference) > 1e-15 || down.P != up.P || down.Lost != up.Won || down.Won != up.Lost {
		t.Errorf("lower is better: %+v\nhigher is better: %+v", down, up)
	}
	if math.Abs(down.CI95[0]-up.CI95[0]) > 1e-9 || math.Abs(down.CI95[1]-up.CI95[1]) > 1e-9 {
		t.Errorf("intervals %v and %v", down.CI95, up.CI95)
	}
}

func TestCompareEqualOutputs(t *testing.T) {
	// The digests differ, since only one run has another task.
	a := newRun("a", accTask("x", "1010"))
	b := newRun("b", accTask("x", "1010"), accTask("y", "1"))
	c := mustCompare(t, Options{}, a, b)
	if r := c.Runs[0]; !r.EqualOutputs || r.Tasks[0].Test != reports.TestNone || r.Tasks[0].P != 1 || r.Tasks[0].CI95 != nil || r.Tasks[0].Reference != 0.5 {
		t.Errorf("%+v", r)
	}
}

// A verdict that comes out the same by another log-probability is no equal output.
func TestCompareAlmostEqualOutputs(t *testing.T) {
	for name, change := range map[string]func(s *reports.Sample){
		"log-probability": func(s *reports.Sample) { s.Choices[1].LogProb = math.Nextafter(s.Choices[1].LogProb, 0) },
		"response":        func(s *reports.Sample) { s.Response = "甲 " },
		"tokens":          func(s *reports.Sample) { s.OutputTokens++ },
	} {
		a, b := newRun("a", accTask("x", "1010")), newRun("b", accTask("x", "1010"))
		change(&b.Tasks[0].Samples[2])
		if r := mustCompare(t, Options{}, a, b).Runs[0]; r.EqualOutputs || r.Tasks[0].Test != reports.TestMcNemar || r.Tasks[0].P != 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestCompareListsTasks(t *testing.T) {
	c := mustCompare(t, Options{}, newRun("a", accTask("x", "10"), accTask("y", "10")), newRun("b", accTask("z", "10"), accTask("x", "11")))
	r := c.Runs[0]
	if len(r.Tasks) != 1 || fmt.Sprint(r.OnlyReference, r.OnlyRun) != "[y] [z]" {
		t.Errorf("%+v", r)
	}
}

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(r *Run)
		want   []string
	}{
		{"version", func(r *Run) { r.Record.Versions["x"] = 2 }, []string{"x: version of the task: 1 in the reference, 2 in the run"}},
		{"chat", func(r *Run) { r.Record.Config.Chat = true }, []string{"prompts: as plain text in the reference, through the chat template in the run"}},
		{"system", func(r *Run) { r.Record.SystemInstruction = "回答" }, []string{`system text: none in the reference, "回答" in the run`}},
		{"limit", func(r *Run) {
			r.Record.Config.Limit = "2"
			r.Record.NSamples["x"] = reports.SampleCount{Original: 4, Effective: 2}
			r.Tasks[0].Samples = r.Tasks[0].Samples[:2]
		}, []string{"x: items: 4 in the reference (limit none), 2 in the run (limit 2)", "y: limit: none in the reference, 2 in the run"}},
		{"data", func(r *Run) {
			c := r.Record.Configs["x"]
			c.Files = []reports.DataFile{{Path: "x/dev.json", SHA256: "123456789012345"}}
			r.Record.Configs["x"] = c
		}, []string{"x: data files: none in the reference, x/dev.json 123456789012 in the run"}},
		{"split", func(r *Run) {
			for _, name := range []string{"x", "y"} {
				c := r.Record.Configs[name]
				c.Split = "generated"
				r.Record.Configs[name] = c
			}
		}, []string{"x, y: split: dev in the reference, generated in the run"}},
		{"few-shot", func(r *Run) { r.Record.NShot["x"] = 3 }, []string{"x: worked examples: 0 in the reference, 3 in the run"}},
		{"other examples", func(r *Run) { r.Tasks[0].Shots = []string{"7"} }, []string{"x: documents of the worked examples: none in the reference, 7 in the run"}},
		{"generation", func(r *Run) { r.Record.Config.GenKwargs = map[string]string{"temperature": "1", "top_p": "0.9"} }, []string{"generation settings: none in the reference, temperature=1,top_p=0.9 in the run"}},
		{"choices", func(r *Run) { r.Record.Config.ChoiceBy = []string{"letter"} }, []string{"choices asked by: likelihood in the reference, letter in the run"}},
		{"metric", func(r *Run) { r.Record.Configs["y"].MetricList[0].Metric = "f1" }, []string{"y: headline metric: acc (mean, higher is better) in the reference, f1 (mean, higher is better) in the run"}},
		{"one prompt", func(r *Run) { r.Tasks[0].Samples[2].PromptHash = "other" }, []string{`x: the prompts of 1 of 4 items differ, first of "2"`}},
		{"one document", func(r *Run) { r.Tasks[0].Samples[1].DocHash = "other" }, []string{`x: the data of 1 of 4 items differ, first of "1"`}},
		{"other items", func(r *Run) { r.Tasks[0].Samples[1].DocID = "77" }, []string{`x: 1 of 4 items are not in the run, the first is "1"`}},
		{"order", func(r *Run) {
			s := r.Tasks[0].Samples
			s[0], s[1] = s[1], s[0]
		}, []string{"x: the order of the items differs"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newRun("a", accTask("x", "1100"), accTask("y", "1100"))
			b := newRun("b", accTask("x", "1000"), accTask("y", "1100"))
			if tc.name != "version" && tc.name != "metric" {
				b.Record.TaskHashes["x"] = "other"
				if len(tc.want) > 1 || strings.Contains(tc.want[0], "y") {
					b.Record.TaskHashes["y"] = "other"
				}
			}
			tc.change(b)
			for name, err := range map[string]error{
				"compare": func() error { _, err := Compare([]*Run{a, b}, Options{}); return err }(),
				"gate":    func() error { _, err := Gate(a, b, GateOptions{}); return err }(),
			} {
				var refused *Refused
				if !errors.As(err, &refused) || len(refused.Reasons) != len(tc.want) {
					t.Fatalf("%s: %v, want %q", name, err, tc.want)
				}
				for i, want := range tc.want {
					if !strings.HasPrefix(refused.Reasons[i], want) {
						t.Errorf("%s: reason %q, want %q", name, refused.Reasons[i], want)
					}
				}
			}
		})
	}
}

// Two chat templates ask different questions, and the message says that it was the template.
func TestRefusesOtherTemplate(t *testing.T) {
	a, b := newRun("a", accTask("x", "1100")), newRun("b", accTask("x", "1100"))
	a.Record.Config.Chat, b.Record.Config.Chat = true, true
	a.Record.ChatTemplateSHA, b.Record.ChatTemplateSHA = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
	b.Record.TaskHashes["x"] = "other"
	want := "chat template, sha256: aaaaaaaaaaaa in the reference, bbbbbbbbbbbb in the run"
	var refused *Refused
	if _, err := Gate(a, b, GateOptions{}); !errors.As(err, &refused) || len(refused.Reasons) != 1 || refused.Reasons[0] != want {
		t.Errorf("%v, want %q", err, want)
	}
}

// The same hash of prompts is the same question, whatever flags led to it; and what differs by intention is listed.
func TestCompareTakesWhatMayDiffer(t *testing.T) {
	a, b := newRun("a", accTask("x", "1100")), newRun("b", accTask("x", "1000"))
	b.Record.Config.GenKwargs = map[string]string{"temperature": "0"}
	b.Record.Config.Limit = "100"
	b.Record.Model.Quant, b.Record.Engine.Kernel, b.Record.Engine.KVType, b.Record.Model.SHA256, b.Record.Engine.Version = "Q4_0", "avx512", "q8_0", "bbbb", "v2"
	c := mustCompare(t, Options{}, a, b)
	var got []string
	for _, d := range c.Runs[0].Differs {
		got = append(got, d.What+" "+d.Reference+" "+d.Run)
	}
	want := "model file, sha256 aaaaaaaaaaaa bbbb|weights Q8_0 Q4_0|kernels avx2 avx512|keys and values f16 q8_0|program v1 v2"
	if strings.Join(got, "|") != want {
		t.Errorf("differs %q, want %q", got, want)
	}
}

func TestCompareErrors(t *testing.T) {
	run := func(id string, tasks ...Task) *Run { return newRun(id, tasks...) }
	empty := accTask("x", "")
	unscored := accTask("x", "11")
	unscored.Items = nil
	nan := accTask("x", "11")
	nan.Items[1].Value = math.NaN()
	infinite := microTask("x", 1, 2)
	infinite.Items[0].Stats = map[string]float64{"right": math.Inf(1), "asked": 4}
	for _, tc := range []struct {
		name string
		a, b *Run
		want string
	}{
		{"no common task", run("a", accTask("x", "1")), run("b", accTask("y", "1")), "no task in common: [x] in the reference, [y] in the run"},
		{"empty task", run("a", empty), run("b", empty), "task x has no items"},
		{"nothing scored", run("a", accTask("x", "11")), run("b", unscored), "task x has no items: run a has a value for 2 of its 2 samples, run b for 0 of 2"},
		{"NaN", run("a", accTask("x", "11")), run("b", nan), `task x: item "1" has the value NaN in run b`},
		{"infinite sums", run("a", infinite), run("b", microTask("x", 1, 2)), `task x: micro is +Inf in run a`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Compare([]*Run{tc.a, tc.b}, Options{}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("compare: %v, want %q", err, tc.want)
			}
			if _, err := Gate(tc.a, tc.b, GateOptions{}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("gate: %v, want %q", err, tc.want)
			}
		})
	}
	if _, err := Compare([]*Run{run("a", accTask("x", "1"))}, Options{}); err == nil {
		t.Error("one run is compared")
	}
	if _, err := Compare([]*Run{run("a", accTask("x", "1")), run("b", accTask("x", "1"))}, Options{Tasks: []string{"z"}}); err == nil || !strings.Contains(err.Error(), `"z"`) {
		t.Errorf("unknown task: %v", err)
	}
}
