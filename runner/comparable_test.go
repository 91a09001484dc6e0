package runner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// knowing is a model that knows the answers of choiceTask, but for the items whose number hashes below wrong percent. A token takes it slow
// milliseconds on a machine that is then as busy as busy says.
type knowing struct {
	*fakeModel
	wrong uint64
	slow  float64
	busy  func() float64
	work  time.Duration
}

func (m *knowing) Score(ctx context.Context, r inference.ScoreRequest) (inference.ScoreResult, error) {
	res, err := m.fakeModel.Score(ctx, r)
	prompt := text(r.Context)
	var seed, item int
	if _, tail, ok := strings.Cut(prompt, "问题"); ok {
		if _, serr := fmt.Sscanf(tail, "%d-%d", &seed, &item); serr != nil {
			return res, serr
		}
	}
	gold := int(hashOf("gold", fmt.Sprint(seed, item)) % 3)
	if hashOf("damage", fmt.Sprint(item))%100 < m.wrong {
		gold = (gold + 1) % 3
	}
	for i := range res.Continuations {
		res.Continuations[i].LogProb = -5
	}
	res.Continuations[gold].LogProb = -1
	m.mu.Lock()
	m.work += time.Duration(m.slow * m.busy() * float64(10*time.Millisecond))
	m.mu.Unlock()
	return res, err
}

func (m *knowing) Stats() inference.Stats {
	s := m.fakeModel.Stats()
	m.mu.Lock()
	defer m.mu.Unlock()
	s.PrefillTime = m.work
	return s
}

// TestGateOfRuns goes all the way from runs to the decision, with a model that is damaged or slow by so much.
func TestGateOfRuns(t *testing.T) {
	evaluate := func(wrong uint64, slow, speed float64) *compare.Run {
		t.Helper()
		o := fakeOptions(t)
		o.Tasks, o.Limit = []string{"choice"}, "300"
		rng := rand.New(rand.NewPCG(7, uint64(1000*slow*speed)))
		var mu sync.Mutex        // samples and the calibration loop run side by side
		busy := func() float64 { // of both, so that neither is steady
			mu.Lock()
			defer mu.Unlock()
			return speed * (1 + 0.3*rng.Float64())
		}
		o.Calibrate = func() time.Duration { return time.Duration(busy() * float64(4*time.Millisecond)) }
		o.BatchSize = 1
		_, dir := mustRun(t, o, &knowing{fakeModel: newFake(), wrong: wrong, slow: slow, busy: busy})
		finished, err := OpenRun(dir)
		if err != nil {
			t.Fatal(err)
		}
		run, err := finished.Comparable(o.Catalog)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	baseline := evaluate(20, 1, 1)
	for _, tc := range []struct {
		name           string
		wrong          uint64
		slow, speed    float64
		verdict, times string
		passed         bool
	}{
		{"the same", 20, 1, 1, reports.GateEquivalent, reports.GateEquivalent, true},
		{"damaged", 35, 1, 1, reports.GateWorse, reports.GateEquivalent, false},
		{"3 % slower", 20, 1.03, 1, reports.GateEquivalent, reports.GateEquivalent, true},
		{"30 % slower", 20, 1.3, 1, reports.GateWorse, reports.GateWorse, false},
		{"on a machine of half the speed", 20, 1, 2, reports.GateEquivalent, reports.GateEquivalent, true},
		{"30 % slower on a faster machine", 20, 1.3, 0.5, reports.GateWorse, reports.GateWorse, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := evaluate(tc.wrong, tc.slow, tc.speed)
			g, err := compare.Gate(baseline, run, compare.GateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if g.Verdict != tc.verdict || g.Passed != tc.passed || g.Costs[0].Verdict != tc.times || g.EqualOutputs != (tc.wrong == 20) {
				t.Errorf("%s, passed %v, equal %v, costs %+v", g.Verdict, g.Passed, g.EqualOutputs, g.Costs)
			}
		})
	}
}

func TestCalibrationRounds(t *testing.T) {
	o := fakeOptions(t)
	o.Limit = "40"
	calls := 0
	o.Calibrate = func() time.Duration { calls++; return 3 * time.Millisecond }
	waited := time.Second
	o.Waited = func() (time.Duration, bool) { waited += 250 * time.Millisecond; return waited, true }
	rec, dir := mustRun(t, o, newFake())
	if w := rec.Perf.Calibration.Waited; w == nil || *w != 0.25 {
		t.Errorf("waited %v", w)
	}
	rounds := rec.Perf.Calibration.Rounds
	last := rounds[len(rounds)-1]
	if len(rounds) < 4 || rounds[0].Mark != 0 || last.Mark != reports.CalibrationMarks || calls != calibrationLoops*len(rounds) {
		t.Fatalf("%d calls, rounds %+v", calls, rounds)
	}
	var tokens int64
	for i, r := range rounds {
		tokens += r.PromptTokens
		if len(r.Loop) != calibrationLoops || r.Loop[0] != 3 || i > 0 && r.Mark <= rounds[i-1].Mark {
			t.Errorf("round %d: %+v", i, r)
		}
	}
	if tokens != rec.Perf.PrefillTokens+rec.Perf.PrefillTokensSaved {
		t.Errorf("%d tokens in the rounds, %d in all", tokens, rec.Perf.PrefillTokens)
	}
	// It is no part of what equal runs have in common.
	o.Calibrate = nil
	o.Out, o.Now = memoryDir(t), newClock().Now
	plain, other := mustRun(t, o, newFake())
	if plain.Perf.Calibration != nil {
		t.Error("calibrated without being asked to")
	}
	a, b := finals(t, dir), finals(t, other)
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs", name)
		}
	}
}

// A metric over groups is compared group by group, and a joint one by the samples that it is of.
func TestComparableGroups(t *testing.T) {
	o := fakeOptions(t)
	task := choiceTask()
	task.Metrics = []tasks.Metric{{Name: "acc_text", From: "acc", By: "text", Fold: tasks.FoldAll, HigherIsBetter: true}}
	inner := task.Make
	task.Make = func(seed uint64, n int) datasets.Set {
		set := inner(seed, n)
		for i := range set.Records {
			set.Records[i].Tags = map[string]string{"text": set.Records[i].Cluster}
		}
		return set
	}
	o.Catalog, o.Tasks, o.Suites = []tasks.Task{task}, []string{"choice"}, nil
	_, dir := mustRun(t, o, newFake())
	finished, err := OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	run, err := finished.Comparable(o.Catalog)
	if err != nil {
		t.Fatal(err)
	}
	if list := run.Tasks[0].Items; len(list) != 4 || list[1].ID != "1" || list[1].Cluster != "1" {
		t.Errorf("items %+v, want one for each text", list)
	}
	c, err := compare.Compare([]*compare.Run{run, run}, compare.Options{})
	if err != nil || c.Runs[0].Tasks[0].N != 4 || c.Runs[0].Tasks[0].Metric != "acc_text" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestComparableChecksValues(t *testing.T) {
	o := fakeOptions(t)
	_, dir := mustRun(t, o, newFake())
	open := func() (*compare.Run, error) {
		r, err := OpenRun(dir)
		if err != nil {
			return nil, err
		}
		return r.Comparable(o.Catalog)
	}
	r, err := open()
	if err != nil || len(r.Tasks) != 2 || len(r.Tasks[0].Items) != 12 || r.Tasks[0].Items[5].Cluster != "1" {
		t.Fatalf("%+v, %v", r, err)
	}
	edit(t, samplesPath(dir, "generate"), `"metrics":{"em":0`, `"metrics":{"em":1`)
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "task generate: em is") || !strings.Contains(err.Error(), "by its samples") {
		t.Errorf("a changed value: %v", err)
	}
	edit(t, samplesPath(dir, "generate"), `"metrics":{"em":1`, `"metrics":{"em":0`)
	edit(t, filepath.Join(dir, resultsName), `"aggregation": "mean"`, `"aggregation": "corpus"`)
	o.Catalog = o.Catalog[:0:0]
	o.Catalog = append(o.Catalog, generateTask())
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "cannot compute acc of task choice") {
		t.Errorf("an unknown corpus metric: %v", err)
	}
}
