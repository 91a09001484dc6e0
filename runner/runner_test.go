package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/reports"
)

// mayDiffer are the keys that product documents except from byte comparisons.
var mayDiffer = []string{"perf", "memory", "host"}

// stable returns a JSON file without the keys that may differ between equal runs. Everything else keeps its bytes.
func stable(t *testing.T, content []byte) string {
	t.Helper()
	var out strings.Builder
	dec := json.NewDecoder(bytes.NewReader(content))
	for dec.More() {
		var m map[string]json.RawMessage
		if err := dec.Decode(&m); err != nil {
			t.Fatal(err)
		}
		for _, k := range mayDiffer {
			delete(m, k)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	return out.String()
}

// finals reads results.json and all sample files of a run folder, without what may differ.
func finals(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(dir, samplesName, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append(paths, filepath.Join(dir, resultsName)) {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(p)] = stable(t, b)
	}
	return out
}

func mustRun(t *testing.T, o Options, m Model) (*reports.Record, string) {
	t.Helper()
	rec, dir, err := Run(t.Context(), o, m)
	if err != nil {
		t.Fatal(err)
	}
	return rec, dir
}

func TestRun(t *testing.T) {
	o := fakeOptions(t)
	rec, dir := mustRun(t, o, newFake())

	acc := rec.Results["choice"].Values["acc"]
	if acc.N != 12 || acc.Stderr == nil || acc.CI95 == nil || acc.ClusterCI95 == nil {
		t.Errorf("acc is incomplete: %+v", acc)
	}
	f1 := rec.Results["generate"].Values["f1"]
	if f1.N != 12 || f1.CI95 == nil || f1.ClusterCI95 != nil || f1.CI95[0] > f1.Value || f1.CI95[1] < f1.Value {
		t.Errorf("f1 is incomplete: %+v", f1)
	}
	em, micro := rec.Results["generate"].Values["em"], rec.Results["generate"].Values["micro"]
	if micro.Value != em.Value || micro.CI95 == nil {
		t.Errorf("micro %+v, want the same value as em %+v", micro, em)
	}
	group := rec.Groups["both"].Values[mixed]
	if want := (acc.Value + em.Value) / 2; group.Value != want || rec.Groups["both"].Members != 2 {
		t.Errorf("group %+v, want the mean %v of 2", group, want)
	}
	c := rec.Results["generate"].Counts
	if c.Scored != 12 || c.Unparsed == 0 || c.Unparsed != c.AnswerTruncated || c.ExtractRate != float64(12-c.Unparsed)/12 {
		t.Errorf("counts %+v", c)
	}
	if n := rec.NSamples["generate"]; n.Original != 99+0 && n.Original != 100 {
		t.Errorf("samples %+v", n)
	}
	if rec.NShot["generate"] != 1 || rec.NShot["choice"] != 0 {
		t.Errorf("shots %v", rec.NShot)
	}
	if !rec.Config.Chat || rec.ChatTemplateSHA != "beef" {
		t.Error("an instruct model with a template must be asked through it")
	}

	golden.Check(t, "results.json", []byte(indent(t, finals(t, dir)[resultsName])))
	choice, err := os.ReadFile(filepath.Join(dir, samplesName, "choice.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "choice.jsonl", []byte(stable(t, choice)))
	var table bytes.Buffer
	rec.Perf, rec.Memory, rec.Host = reports.Perf{}, reports.Memory{}, reports.Host{}
	if err := reports.Text(&table, rec); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "table.txt", table.Bytes())

	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	if d := cmp.Diff([]string{manifestName, resultsName, samplesName}, names); d != "" {
		t.Errorf("run folder (-want +got):\n%s", d)
	}
	if exists(filepath.Join(dir, lockName)) {
		t.Error("a finished run keeps its lock file")
	}
	if name := filepath.Base(dir); !strings.HasPrefix(name, "20260102T0304") || !strings.Contains(name, "Z-fake-Q4_0-"+rec.Config.Identity[:identityLen]) {
		t.Errorf("run folder is called %s", name)
	}
}

func indent(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(s), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOrderAndBatchDecideNothing runs the same samples with different numbers in flight and random delays.
func TestOrderAndBatchDecideNothing(t *testing.T) {
	o := fakeOptions(t)
	_, dir := mustRun(t, o, newFake())
	want := finals(t, dir)
	for _, batch := range []int{1, 3, 64} {
		m := newFake()
		m.gate = func(_ context.Context, prompt string) error {
			time.Sleep(time.Duration(hashOf(prompt)%1000) * time.Microsecond)
			return nil
		}
		o.BatchSize = batch
		_, dir := mustRun(t, o, m)
		if d := cmp.Diff(want, finals(t, dir)); d != "" {
			t.Errorf("batch size %d changes the results:\n%s", batch, d)
		}
		if most := m.most.Load(); most > int64(batch) {
			t.Errorf("%d samples in flight, want at most %d", most, batch)
		}
	}
}

// TestResumeAfterEveryByte cuts the journals of a run at every length that a killed process may have left, and goes on.
func TestResumeAfterEveryByte(t *testing.T) {
	o := fakeOptions(t)
	o.Limit, o.BatchSize = "2", 1
	o.Tasks = []string{"choice", "generate"}
	// Bootstrap intervals would take most of the time of a thousand runs.
	for i := range o.Catalog {
		o.Catalog[i].Metrics = o.Catalog[i].Metrics[:1]
	}
	unclustered := o.Catalog[0].Make
	o.Catalog[0].Make = func(seed uint64, n int) datasets.Set {
		set := unclustered(seed, n)
		for i := range set.Records {
			set.Records[i].Cluster = ""
		}
		return set
	}
	_, whole := mustRun(t, o, newFake())
	want := finals(t, whole)
	journals := map[string][]byte{}
	for _, task := range o.Tasks {
		b, err := os.ReadFile(filepath.Join(whole, samplesName, task+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		journals[task] = b
	}
	man, err := os.ReadFile(filepath.Join(whole, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	// The process works on one task after the other: of the second one nothing is there before the first is complete.
	total := len(journals["choice"]) + len(journals["generate"])
	step := 1
	if testing.Short() {
		step = 37
	}
	scratch := memoryDir(t)
	for cut := 0; cut <= total; cut += step {
		out := filepath.Join(scratch, strconv.Itoa(cut))
		dir := filepath.Join(out, filepath.Base(whole))
		if err := os.MkdirAll(filepath.Join(dir, samplesName), 0o755); err != nil {
			t.Fatal(err)
		}
		left := cut
		for _, task := range o.Tasks {
			part := journals[task][:min(left, len(journals[task]))]
			left -= len(part)
			write(t, filepath.Join(dir, samplesName, task+".jsonl"), part)
		}
		write(t, filepath.Join(dir, manifestName), man)
		write(t, filepath.Join(dir, samplesName, "choice.jsonl"+tempSuffix), []byte("half-writ"))
		o.Out = out
		m := newFake()
		_, resumed := mustRun(t, o, m)
		if resumed != dir {
			t.Fatalf("cut at %d: a new run %s instead of going on with %s", cut, resumed, dir)
		}
		if d := cmp.Diff(want, finals(t, dir)); d != "" {
			t.Fatalf("cut at %d of %d:\n%s", cut, total, d)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		if cut == total && m.asked.Load() != 0 {
			t.Errorf("a complete journal still asks %d times", m.asked.Load())
		}
	}
}

// memoryDir is a folder in main memory where there is one: thousands of runs would wait for a disk to sync.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "llama4-eval-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestInterruptAndResume cancels a run at every sample, then goes on.
func TestInterruptAndResume(t *testing.T) {
	o := fakeOptions(t)
	_, dir := mustRun(t, o, newFake())
	want := finals(t, dir)
	const requests = 12*2 + 12 // choice tasks ask twice
	for stop := range requests {
		o.Out = filepath.Join(memoryDir(t), "runs")
		ctx, cancel := context.WithCancel(t.Context())
		m := newFake()
		m.gate = func(ctx context.Context, _ string) error {
			if m.asked.Load() > int64(stop) {
				cancel()
				return ctx.Err()
			}
			return nil
		}
		rec, dir, err := Run(ctx, o, m)
		cancel()
		var stopped *Interrupted
		if !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) || rec != nil {
			t.Fatalf("stopped at request %d: record %v, error %v", stop, rec, err)
		}
		if exists(filepath.Join(dir, resultsName)) {
			t.Fatal("an interrupted run has results")
		}
		for _, task := range []string{"choice", "generate"} {
			b, err := os.ReadFile(filepath.Join(dir, samplesName, task+".jsonl"))
			if err == nil && len(b) > 0 && b[len(b)-1] != '\n' {
				t.Errorf("stopped at request %d: journal of %s is torn", stop, task)
			}
		}
		rec, again := mustRun(t, o, newFake())
		if again != dir {
			t.Fatalf("went on in %s instead of %s", again, dir)
		}
		if rec.Perf.SamplesResumed != stopped.Done || rec.Perf.SamplesRun != stopped.Total-stopped.Done {
			t.Errorf("%d resumed and %d run after %d of %d", rec.Perf.SamplesResumed, rec.Perf.SamplesRun, stopped.Done, stopped.Total)
		}
		if d := cmp.Diff(want, finals(t, dir)); d != "" {
			t.Fatalf("stopped at request %d:\n%s", stop, d)
		}
	}
}

func TestResumeRules(t *testing.T) {
	interrupted := func(t *testing.T, o Options) string {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		m := newFake()
		m.gate = func(ctx context.Context, _ string) error {
			if m.asked.Load() > 8 {
				cancel()
				return ctx.Err()
			}
			return nil
		}
		_, dir, err := Run(ctx, o, m)
		if _, ok := errors.AsType[*Interrupted](err); !ok {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("the newest unfinished run goes on", func(t *testing.T) {
		o := fakeOptions(t)
		first := interrupted(t, o)
		o.Resume = ResumeNever
		second := interrupted(t, o)
		o.Resume = ResumeAuto
		if _, dir := mustRun(t, o, newFake()); dir != second || dir == first {
			t.Errorf("went on with %s, want %s", dir, second)
		}
		if _, dir := mustRun(t, o, newFake()); dir != first {
			t.Errorf("then went on with %s, want %s", dir, first)
		}
		if _, dir := mustRun(t, o, newFake()); dir == first || dir == second {
			t.Errorf("finished run %s was taken up again", dir)
		}
	})
	t.Run("other questions start anew", func(t *testing.T) {
		for name, change := range map[string]func(*Options, *fakeModel){
			"limit":      func(o *Options, _ *fakeModel) { o.Limit = "11" },
			"seed":       func(o *Options, _ *fakeModel) { o.Seed = 7 },
			"system":     func(o *Options, _ *fakeModel) { o.System = "你好" },
			"chat":       func(o *Options, _ *fakeModel) { o.Chat = ChatNever },
			"shots":      func(o *Options, _ *fakeModel) { o.NumFewshot = new(int) },
			"max tokens": func(o *Options, _ *fakeModel) { o.Gen.MaxTokens = new(int); *o.Gen.MaxTokens = 5 },
			"overlength": func(o *Options, _ *fakeModel) { o.Overlength = OverlengthSkip },
			"choice by":  func(o *Options, _ *fakeModel) { o.ChoiceBy = []string{ByLetter} },
			"version":    func(o *Options, _ *fakeModel) { o.Version = "other" },
			"model":      func(_ *Options, m *fakeModel) { m.info.Model.SHA256 = "other" },
			"kernel":     func(_ *Options, m *fakeModel) { m.info.Engine.Kernel = "avx2" },
			"KV type":    func(_ *Options, m *fakeModel) { m.info.Engine.KVType = "f16" },
		} {
			o := fakeOptions(t)
			dir := interrupted(t, o)
			m := newFake()
			change(&o, m)
			if _, other := mustRun(t, o, m); other == dir {
				t.Errorf("a run with another %s goes on with %s", name, dir)
			}
		}
	})
	t.Run("what decides nothing does not matter", func(t *testing.T) {
		for name, change := range map[string]func(*Options, *fakeModel){
			"batch size": func(o *Options, _ *fakeModel) { o.BatchSize = 1 },
			"errors":     func(o *Options, _ *fakeModel) { o.MaxErrors = 5 },
			"price":      func(o *Options, _ *fakeModel) { o.PricePerHour = 5 },
			"threads":    func(_ *Options, m *fakeModel) { m.info.Engine.Threads = 8 },
			"place":      func(_ *Options, m *fakeModel) { m.info.Path = "elsewhere/fake-q4_0.gguf" },
		} {
			o := fakeOptions(t)
			dir := interrupted(t, o)
			m := newFake()
			change(&o, m)
			if _, same := mustRun(t, o, m); same != dir {
				t.Errorf("a run with another %s starts anew", name)
			}
		}
	})
	t.Run("a run folder in use is left alone", func(t *testing.T) {
		o := fakeOptions(t)
		dir := interrupted(t, o)
		unlock, err := lock(filepath.Join(dir, lockName))
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		if _, _, err := Run(t.Context(), o, newFake()); !errors.Is(err, errLocked) || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v, want an error that names %s", err, dir)
		}
	})
	t.Run("two runs in one second", func(t *testing.T) {
		o := fakeOptions(t)
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		o.Now = func() time.Time { return now }
		_, a := mustRun(t, o, newFake())
		_, b := mustRun(t, o, newFake())
		if a+"-2" != b {
			t.Errorf("folders %s and %s", a, b)
		}
	})
}

func TestDamagedJournal(t *testing.T) {
	o := fakeOptions(t)
	o.Tasks, o.Limit, o.MaxErrors = []string{"choice"}, "3", 0
	_, whole := mustRun(t, o, newFake())
	journal, err := os.ReadFile(filepath.Join(whole, samplesName, "choice.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(journal), "\n")
	for _, tc := range []struct{ name, content, says string }{
		{"torn in the middle", lines[0][:40] + "\n" + lines[1], "line 1"},
		{"not JSON", lines[0] + "hello\n", "line 2"},
		{"zeros", lines[0] + strings.Repeat("\x00", 30) + "\n" + lines[1], "line 2"},
		{"twice the same", lines[0] + lines[0], "second time"},
		{"other prompt", strings.Replace(lines[0], `"prompt_hash":"`, `"prompt_hash":"0`, 1), "its prompt has changed"},
		{"other data", strings.Replace(lines[0], `"doc_hash":"`, `"doc_hash":"0`, 1), "its data has changed"},
		{"other sample", strings.Replace(lines[0], `"doc_id":"0"`, `"doc_id":"99"`, 1), "not in the plan"},
		{"other task", strings.Replace(lines[0], `"task":"choice"`, `"task":"poetry"`, 1), `task "poetry"`},
		{"unknown key", strings.Replace(lines[0], `{"doc_id"`, `{"colour":1,"doc_id"`, 1), "colour"},
		{"empty object", "{}\n", "missing"},
		{"two objects", strings.TrimSuffix(lines[0], "\n") + "{}\n", "more than one"},
		{"empty line", "\n" + lines[0], "line 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o.Out = memoryDir(t)
			dir := filepath.Join(o.Out, filepath.Base(whole))
			if err := os.MkdirAll(filepath.Join(dir, samplesName), 0o755); err != nil {
				t.Fatal(err)
			}
			man, err := os.ReadFile(filepath.Join(whole, manifestName))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, manifestName), man)
			path := filepath.Join(dir, samplesName, "choice.jsonl")
			write(t, path, []byte(tc.content))
			_, _, err = Run(t.Context(), o, newFake())
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want it to name %s and %q", err, path, tc.says)
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != tc.content {
				t.Errorf("the damaged journal was changed (%v)", err)
			}
		})
	}
	t.Run("damaged manifest", func(t *testing.T) {
		o.Out = memoryDir(t)
		dir := filepath.Join(o.Out, filepath.Base(whole))
		if err := os.MkdirAll(filepath.Join(dir, samplesName), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, manifestName), []byte(`{"schema_version": 1, "iden`))
		if _, _, err := Run(t.Context(), o, newFake()); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, manifestName)) {
			t.Errorf("got %v, want it to name the manifest", err)
		}
	})
}

func TestDryRunAndWriteOut(t *testing.T) {
	o := fakeOptions(t)
	var b bytes.Buffer
	o.Print, o.DryRun, o.WriteOut = &b, true, 1
	m := newFake()
	rec, dir, err := Run(t.Context(), o, m)
	if err != nil || rec != nil || dir != "" || m.asked.Load() != 0 {
		t.Errorf("record %v, folder %q, error %v, %d requests", rec, dir, err, m.asked.Load())
	}
	if entries, _ := os.ReadDir(o.Out); len(entries) > 0 {
		t.Error("a dry run writes files")
	}
	golden.Check(t, "dry-run.txt", b.Bytes())
}

func TestManifest(t *testing.T) {
	o := fakeOptions(t)
	o.Seed = 5
	_, dir := mustRun(t, o, newFake())
	m, err := readManifest(filepath.Join(dir, manifestName))
	if err != nil {
		t.Fatal(err)
	}
	if m.RunID != filepath.Base(dir) || m.Seeds.Run != 5 || m.Versions.Program != "test" || m.Model.SHA256 != "feed" || m.ModelPath == "" ||
		m.TemplateSHA != "beef" || len(m.Tasks) != 2 || m.Tasks[1].Shots[0] != "g0" || m.Hardware.CPU.LogicalCores == 0 {
		t.Errorf("manifest is incomplete: %+v", m)
	}
}

func TestStableKeysOnly(t *testing.T) {
	// Only the excepted keys of results.json differ between a run and its repetition.
	o := fakeOptions(t)
	_, a := mustRun(t, o, newFake())
	_, b := mustRun(t, o, newFake())
	var x, y map[string]json.RawMessage
	for dir, dst := range map[string]*map[string]json.RawMessage{a: &x, b: &y} {
		raw, err := os.ReadFile(filepath.Join(dir, resultsName))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, dst); err != nil {
			t.Fatal(err)
		}
	}
	var differ []string
	for k := range x {
		if !bytes.Equal(x[k], y[k]) {
			differ = append(differ, k)
		}
	}
	for _, k := range differ {
		if !slices.Contains(mayDiffer, k) {
			t.Errorf("%s differs between equal runs", k)
		}
	}
	if !slices.Contains(differ, "host") {
		t.Error("host does not differ, so this test sees nothing")
	}
}
