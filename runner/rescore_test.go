package runner

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

func openRun(t *testing.T, dir string) *FinishedRun {
	t.Helper()
	r, err := OpenRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// again are the options that judge a run of fakeOptions with the same tasks.
func again(o Options) RescoreOptions {
	return RescoreOptions{Out: filepath.Join(o.Out, "again"), Now: o.Now, Version: o.Version, Catalog: o.Catalog, Suites: o.Suites}
}

// TestRescoreSame judges with the same tasks: every sample and every number must be the same, and the run must say where it comes from.
func TestRescoreSame(t *testing.T) {
	o := fakeOptions(t)
	first, dir := mustRun(t, o, newFake())
	rec, out, err := Rescore(t.Context(), openRun(t, dir), again(o))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range []string{"choice", "generate"} {
		was, err1 := os.ReadFile(samplesPath(dir, task))
		now, err2 := os.ReadFile(samplesPath(out, task))
		if err1 != nil || err2 != nil || string(was) != string(now) {
			t.Errorf("samples of %s differ (%v, %v)", task, err1, err2)
		}
	}
	if diff := cmp.Diff(first.Results, rec.Results); diff != "" {
		t.Errorf("results: - first + again:\n%s", diff)
	}
	if diff := cmp.Diff(first.Groups, rec.Groups); diff != "" {
		t.Errorf("groups: - first + again:\n%s", diff)
	}
	if diff := cmp.Diff(first.Warnings, rec.Warnings); diff != "" {
		t.Errorf("warnings: - first + again:\n%s", diff)
	}
	c := rec.Rescored
	if rec.Digest != first.Digest || c == nil || c.Moved() || c.Identity != first.Config.Identity || rec.Host.RescoredFrom != first.Host.RunID {
		t.Errorf("digest %s, rescored %+v from %q", rec.Digest, c, rec.Host.RescoredFrom)
	}
	if rec.Config.Identity == first.Config.Identity || filepath.Dir(out) != filepath.Join(o.Out, "again") {
		t.Errorf("identity %s in %s", rec.Config.Identity, out)
	}
	if exists(filepath.Join(out, lockName)) {
		t.Error("a finished folder keeps its lock")
	}
	// What was written is a run like any other: it can be opened, checked and judged again.
	second := openRun(t, out)
	if err := second.CheckDigest(nil); err != nil {
		t.Error(err)
	}
	if _, _, err := Rescore(t.Context(), second, again(o)); err != nil {
		t.Error(err)
	}
	// A run that asks the same does not go on in its folder.
	o.Out = filepath.Join(o.Out, "again")
	if err := os.Remove(filepath.Join(out, resultsName)); err != nil {
		t.Fatal(err)
	}
	if _, resumed := mustRun(t, o, newFake()); resumed == out {
		t.Error("a run went on in the folder of answers that were judged again")
	}
}

// TestRescoreNotMeasured keeps what a run said of items that did not fit the context: judged again, they are as little measured.
func TestRescoreNotMeasured(t *testing.T) {
	o := fakeOptions(t)
	_, dir := mustRun(t, o, newFake())
	old := openRun(t, dir)
	want := reports.Warning{Task: "generate", Code: "not-measured", Text: "2 of 14 items are longer than the context: not measured (context 600)"}
	old.Record.Warnings = append(old.Record.Warnings, want)
	rec, _, err := Rescore(t.Context(), old, again(o))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(rec.Warnings, want) {
		t.Errorf("warnings %+v", rec.Warnings)
	}
}

// TestRescoreNewJudge has a task whose judge was repaired: its version grows, and what it moved is told.
func TestRescoreNewJudge(t *testing.T) {
	o := fakeOptions(t)
	first, dir := mustRun(t, o, newFake())
	repaired := generateTask()
	repaired.Version = 3
	judge := repaired.Judge
	repaired.Judge = func(r datasets.Record, a tasks.Answer) tasks.Verdict {
		v := judge(r, a)
		if v.Outcome == tasks.Correct { // what was right is wrong and the other way around
			v.Outcome, v.Metrics["em"] = tasks.Wrong, 0
		} else {
			v.Outcome, v.Metrics["em"] = tasks.Correct, 1
		}
		return v
	}
	ro := again(o)
	ro.Catalog, ro.Version = []tasks.Task{choiceTask(), repaired}, "newer"
	rec, _, err := Rescore(t.Context(), openRun(t, dir), ro)
	if err != nil {
		t.Fatal(err)
	}
	was, now := first.Results["generate"].Values["em"].Value, rec.Results["generate"].Values["em"].Value
	c := rec.Rescored.Tasks["generate"]
	if was+now != 1 || c.VersionFrom != 2 || c.VersionTo != 3 || c.Changed != 12 || len(c.RightToWrong)+len(c.WrongToRight) != 12 || len(c.WrongToRight) == 0 {
		t.Errorf("em %v then %v, %+v", was, now, c)
	}
	if m := c.Metrics["em"]; *m.From != was || *m.To != now {
		t.Errorf("change of em: %v %v", *m.From, *m.To)
	}
	if rec.Rescored.Tasks["choice"].Changed != 0 || !rec.Rescored.Moved() || rec.Versions["generate"] != 3 {
		t.Errorf("%+v, versions %v", rec.Rescored.Tasks["choice"], rec.Versions)
	}
	if p := rec.Rescored.Program; p.From != "test" || p.To != "newer" || rec.Engine.Version != "test" {
		t.Errorf("program %+v, engine %s", p, rec.Engine.Version)
	}
	if !slices.ContainsFunc(rec.Warnings, func(w reports.Warning) bool { return w.Code == "rescored" && w.Task == "generate" }) {
		t.Errorf("no warning in %+v", rec.Warnings)
	}
}

// TestRescoreRefuses has runs that cannot be judged again. The error names what differs, and nothing is written.
func TestRescoreRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, dir string, o *RescoreOptions)
		want    string
	}{
		"data that has changed": {func(_ *testing.T, _ string, o *RescoreOptions) {
			task := choiceTask()
			made := task.Make
			task.Make = func(seed uint64, n int) datasets.Set {
				set := made(seed, n)
				set.Records[7].Fields["q"] += "？"
				return set
			}
			o.Catalog = []tasks.Task{task, generateTask()}
		}, `task choice: sample "7": its data has changed`},
		"data that is gone": {func(_ *testing.T, _ string, o *RescoreOptions) {
			task := choiceTask()
			made := task.Make
			task.Make = func(seed uint64, n int) datasets.Set {
				set := made(seed, n)
				set.Records = set.Records[:5]
				return set
			}
			o.Catalog = []tasks.Task{task, generateTask()}
		}, `task choice: sample "5": not in the data any more`},
		"a sample that was edited": {func(t *testing.T, dir string, _ *RescoreOptions) {
			edit(t, samplesPath(dir, "generate"), "答案：", "答案是：")
		}, "do not hash to the digest"},
		"a task that is gone": {func(_ *testing.T, _ string, o *RescoreOptions) {
			o.Catalog = []tasks.Task{choiceTask()}
			o.Suites = []tasks.Suite{{Name: "fake", Tasks: []string{"choice"}}}
		}, `task "generate", which is not part of this program any more`},
		"a suite that is gone": {func(_ *testing.T, _ string, o *RescoreOptions) { o.Suites = []tasks.Suite{} }, "no task or suite of this program any more"},
		"a judge that panics": {func(_ *testing.T, _ string, o *RescoreOptions) {
			task := generateTask()
			task.Judge = func(datasets.Record, tasks.Answer) tasks.Verdict { panic("broken") }
			o.Catalog = []tasks.Task{choiceTask(), task}
		}, "judging panics: broken"},
		"real data for a run of made items": {func(t *testing.T, _ string, o *RescoreOptions) {
			data := t.TempDir()
			if err := os.MkdirAll(filepath.Join(data, "choice"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(data, "choice", "dev.txt"), []byte("a\tq\t1\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			o.Data = []string{data}
		}, "the run made its items"},
	} {
		t.Run(name, func(t *testing.T) {
			o := fakeOptions(t)
			_, dir := mustRun(t, o, newFake())
			ro := again(o)
			tc.prepare(t, dir, &ro)
			_, _, err := Rescore(t.Context(), openRun(t, dir), ro)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if changed := new(DataChanged); strings.HasPrefix(name, "data that") && (!errors.As(err, &changed) || changed.DocID == "") {
				t.Errorf("error %v is no *DataChanged", err)
			}
			if exists(ro.Out) {
				t.Error("something was written")
			}
		})
	}
}

// TestRescoreFailedSamples keeps samples without an answer as they are.
func TestRescoreFailedSamples(t *testing.T) {
	o := fakeOptions(t)
	o.MaxErrors = -1
	m := newFake()
	m.fail = map[string]string{"第3题": "no"}
	first, dir := mustRun(t, o, m)
	rec, _, err := Rescore(t.Context(), openRun(t, dir), again(o))
	if err != nil {
		t.Fatal(err)
	}
	if c := rec.Results["generate"].Counts; c.Errors != 1 || *c != *first.Results["generate"].Counts || rec.Rescored.Moved() {
		t.Errorf("counts %+v", c)
	}
}
