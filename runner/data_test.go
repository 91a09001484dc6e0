package runner

import (
	"errors"
	"fmt"
	"io"
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

// choiceOf generates at most n items, whatever is asked for.
func choiceOf(n int) func(uint64, int) datasets.Set {
	return func(seed uint64, _ int) datasets.Set { return choiceTask().Make(seed, n) }
}

// dataFolder holds the files given, by path.
func dataFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := memoryDir(t)
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte(content))
	}
	return dir
}

func lines(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s%d\t%s第%d题\t%d\n", prefix, i, prefix, i, i%3)
	}
	return b.String()
}

func TestRealData(t *testing.T) {
	o := fakeOptions(t)
	shots := 2
	o.Tasks, o.NumFewshot, o.Limit = []string{"choice"}, &shots, ""
	o.Data = []string{dataFolder(t, map[string]string{"choice/dev.txt": lines("d", 5) + "u\t没有答案\n", "choice/train.txt": lines("t", 9)})}
	rec, dir := mustRun(t, o, newFake())
	c := rec.Configs["choice"]
	if c.Split != "dev" || c.ShotSource != "train" || len(c.Files) != 2 || len(c.Files[0].SHA256) != 64 || rec.NSamples["choice"] != (reports.SampleCount{Original: 5, Effective: 5}) {
		t.Errorf("config %+v, samples %+v", c, rec.NSamples["choice"])
	}
	has := func(code string) bool {
		return slices.ContainsFunc(rec.Warnings, func(w reports.Warning) bool { return w.Task == "choice" && w.Code == code })
	}
	if !has("unlabelled") || has("generated-data") || has("shots-from-scored-split") {
		t.Errorf("warnings %+v", rec.Warnings)
	}
	man, err := readManifest(filepath.Join(dir, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	if got := man.Tasks[0]; len(got.Shots) != 2 || !strings.HasPrefix(got.Shots[0], "t") || len(got.Files) != 2 {
		t.Errorf("manifest %+v", got)
	}
}

func TestShotsFromTheScoredSplit(t *testing.T) {
	o := fakeOptions(t)
	shots := 2
	o.Tasks, o.NumFewshot, o.Limit = []string{"choice"}, &shots, ""
	o.Data = []string{dataFolder(t, map[string]string{"choice/dev.txt": lines("d", 5)})}
	rec, dir := mustRun(t, o, newFake())
	if n := rec.NSamples["choice"]; n.Original != 3 || n.Effective != 3 {
		t.Errorf("samples %+v, want the 3 rows that are no examples", n)
	}
	if !slices.ContainsFunc(rec.Warnings, func(w reports.Warning) bool { return w.Code == "shots-from-scored-split" }) {
		t.Errorf("no warning: %+v", rec.Warnings)
	}
	b, err := os.ReadFile(filepath.Join(dir, samplesName, "choice.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), `"doc_id":"d0"`) || !strings.Contains(string(b), `"doc_id":"d2"`) {
		t.Errorf("an example is scored:\n%s", b)
	}
}

func TestAbsentData(t *testing.T) {
	t.Run("a set that the folders lack is skipped and named", func(t *testing.T) {
		o := fakeOptions(t)
		o.Data = []string{dataFolder(t, nil)}
		rec, _ := mustRun(t, o, newFake()) // the task "generate" has no real set
		if len(rec.Skipped) != 1 || rec.Skipped[0].Task != "choice" || rec.Skipped[0].Hint == "" || !strings.Contains(rec.Skipped[0].Reason, o.Data[0]) {
			t.Errorf("skipped %+v", rec.Skipped)
		}
		if len(rec.Results) != 1 || len(rec.Groups) != 0 {
			t.Errorf("%d results, %d groups", len(rec.Results), len(rec.Groups))
		}
	})
	t.Run("a set that cannot be made is skipped with the files that it wants", func(t *testing.T) {
		o := fakeOptions(t)
		o.Catalog[0].Make, o.Data = nil, nil
		rec, _ := mustRun(t, o, newFake())
		want := []reports.Skipped{{Task: "choice", Reason: "no data", Hint: "it needs its files below a --data folder, such as choice/dev.txt"}}
		if diff := cmp.Diff(want, rec.Skipped); diff != "" || len(rec.Results) != 1 {
			t.Errorf("%d results\n%s", len(rec.Results), diff)
		}
		o.Tasks = []string{"choice"}
		if _, _, err := Run(t.Context(), o, newFake()); err == nil || !strings.Contains(err.Error(), "nothing to run") || !strings.Contains(err.Error(), "choice") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nothing left to run", func(t *testing.T) {
		o := fakeOptions(t)
		o.Tasks, o.Data = []string{"choice"}, []string{dataFolder(t, nil)}
		if _, _, err := Run(t.Context(), o, newFake()); err == nil || !strings.Contains(err.Error(), "choice") || !strings.Contains(err.Error(), o.Data[0]) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a task that cannot do without data", func(t *testing.T) {
		o := fakeOptions(t)
		i := slices.IndexFunc(o.Catalog, func(k tasks.Task) bool { return k.Name == "choice" })
		o.Catalog[i].Make = nil
		rec, _ := mustRun(t, o, newFake())
		if len(rec.Skipped) != 1 || rec.Skipped[0].Reason != "no data" || !strings.HasPrefix(rec.Skipped[0].Hint, "it needs ") {
			t.Errorf("skipped %+v", rec.Skipped)
		}
	})
	t.Run("no such folder", func(t *testing.T) {
		o := fakeOptions(t)
		o.Data = []string{filepath.Join(memoryDir(t), "nowhere")}
		if _, _, err := Run(t.Context(), o, newFake()); err == nil || !strings.Contains(err.Error(), o.Data[0]) {
			t.Errorf("got %v", err)
		}
	})
}

func TestBadData(t *testing.T) {
	o := fakeOptions(t)
	o.Data = []string{dataFolder(t, map[string]string{"choice/dev.txt": lines("d", 2) + "x\ty\t7\n"})}
	says := func(err error) bool {
		bad, ok := errors.AsType[*BadData](err)
		return ok && slices.Equal(bad.Tasks, []string{"choice"}) && strings.Contains(err.Error(), "dev.txt:3") && strings.Contains(err.Error(), "answer")
	}
	rec, dir, err := Run(t.Context(), o, newFake())
	if !says(err) || rec == nil {
		t.Fatalf("record %v, error %v", rec, err)
	}
	if len(rec.Results) != 1 || rec.NSamples["generate"].Effective != 12 || len(rec.Skipped) != 1 || rec.Skipped[0].Task != "choice" || !strings.Contains(rec.Skipped[0].Reason, "dev.txt:3") {
		t.Errorf("%d results, skipped %+v", len(rec.Results), rec.Skipped)
	}
	if !slices.ContainsFunc(rec.Warnings, func(w reports.Warning) bool { return w.Task == "choice" && w.Code == "bad-data" }) {
		t.Errorf("warnings %+v", rec.Warnings)
	}
	if _, err := os.Stat(filepath.Join(dir, resultsName)); err != nil {
		t.Error(err)
	}
	t.Run("with a missed condition both are told", func(t *testing.T) {
		o := o
		o.FailUnder = []string{"generate:em=2"}
		_, _, err := Run(t.Context(), o, newFake())
		if _, ok := errors.AsType[*Missed](err); !ok || !strings.Contains(err.Error(), "dev.txt:3") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("alone, in a dry run and under a condition no run is made", func(t *testing.T) {
		alone, dry, gated := o, o, o
		alone.Tasks, dry.DryRun, gated.FailUnder = []string{"choice"}, true, []string{"choice:acc=0.5"}
		dry.Print = io.Discard
		for _, o := range []Options{alone, dry, gated} {
			o.Out = memoryDir(t)
			if rec, _, err := Run(t.Context(), o, newFake()); !says(err) || rec != nil {
				t.Errorf("record %v, error %v", rec, err)
			}
			if left, _ := os.ReadDir(o.Out); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		}
	})
}

func TestSamplesByID(t *testing.T) {
	o := fakeOptions(t)
	o.Limit, o.Samples = "", map[string][]string{"choice": {"7", "3"}}
	rec, dir := mustRun(t, o, newFake())
	b, err := os.ReadFile(filepath.Join(dir, samplesName, "choice.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	samples, _, err := readJournal("choice", b)
	if err != nil || len(samples) != 2 || samples[0].DocID != "3" || samples[1].DocID != "7" {
		t.Errorf("samples %+v, %v", samples, err)
	}
	if rec.Config.Samples["choice"] != 2 || rec.NSamples["generate"].Effective < 90 {
		t.Errorf("config %+v, samples %+v", rec.Config.Samples, rec.NSamples)
	}
}

func TestSuiteLimit(t *testing.T) {
	o := fakeOptions(t)
	o.Limit, o.Suites[0].Limit = "", 3
	rec, _ := mustRun(t, o, newFake())
	if n := rec.NSamples["choice"].Effective; n != 3 {
		t.Errorf("%d items, want the suite's 3", n)
	}
	o.Limit = "5"
	rec, _ = mustRun(t, o, newFake())
	if n := rec.NSamples["choice"].Effective; n != 5 {
		t.Errorf("%d items, want the 5 asked for", n)
	}
}

func TestIDsMustDiffer(t *testing.T) {
	for name, ids := range map[string][2]string{"the same id": {"a", "a"}, "has no id": {"a", ""}} {
		t.Run(name, func(t *testing.T) {
			o := fakeOptions(t)
			o.Tasks = []string{"choice"}
			o.Catalog = []tasks.Task{choiceTask()}
			o.Catalog[0].Make = func(seed uint64, _ int) datasets.Set {
				set := choiceTask().Make(seed, 2)
				set.Records[0].ID, set.Records[1].ID = ids[0], ids[1]
				return set
			}
			if _, _, err := Run(t.Context(), o, newFake()); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestChat(t *testing.T) {
	for _, tc := range []struct {
		name, mode string
		template   string
		instruct   bool
		want       bool
		fails      bool
	}{
		{"auto, instruct model", ChatAuto, "beef", true, true, false},
		{"auto, base model with a template", ChatAuto, "beef", false, false, false},
		{"auto, no template", ChatAuto, "", true, false, false},
		{"always, base model", ChatAlways, "beef", false, true, false},
		{"always, no template", ChatAlways, "", false, false, true},
		{"never", ChatNever, "beef", true, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := newFake()
			m.info.TemplateSHA256, m.info.Instruct = tc.template, tc.instruct
			o := fakeOptions(t)
			o.Chat = tc.mode
			rec, _, err := Run(t.Context(), o, m)
			if (err != nil) != tc.fails {
				t.Fatal(err)
			}
			if err == nil && (rec.Config.Chat != tc.want || (rec.ChatTemplateSHA != "") != tc.want) {
				t.Errorf("chat %v, want %v", rec.Config.Chat, tc.want)
			}
		})
	}
}
