package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/hardware"
)

// night is a run of two tasks and their suite. Nights are a day apart.
func night(n int, change ...func(*Record)) *Record {
	r := &Record{
		SchemaVersion: SchemaVersion,
		Results: map[string]Result{
			"tnews": {Alias: "tnews", Values: map[string]Value{"acc": {Value: 0.5, CI95: &[2]float64{0.4, 0.6}, N: 100}}, Counts: &Counts{Scored: 100, ExtractRate: 1}},
			"cmrc":  {Alias: "cmrc", Values: map[string]Value{"f1": {Value: 0.62, CI95: &[2]float64{0.58, 0.66}, N: 100}}, Counts: &Counts{Scored: 100, ExtractRate: 1}},
		},
		Groups:        map[string]Result{"clue": {Alias: "clue", Values: map[string]Value{"mean": {Value: 0.56, N: 2}}, Members: 2, Of: 2}},
		GroupSubtasks: map[string][]string{"clue": {"tnews", "cmrc"}},
		Configs: map[string]TaskConfig{
			"tnews": {Task: "tnews", MetricList: []MetricConfig{{Metric: "acc", HigherIsBetter: true, Scale: 1}}},
			"cmrc":  {Task: "cmrc", MetricList: []MetricConfig{{Metric: "f1", HigherIsBetter: true, Scale: 100}}},
		},
		Versions:       map[string]int{"tnews": 1, "cmrc": 1},
		HigherIsBetter: map[string]map[string]bool{"tnews": {"acc": true}, "cmrc": {"f1": true}, "clue": {"mean": true}},
		NSamples:       map[string]SampleCount{"tnews": {100, 100}, "cmrc": {100, 100}},
		TaskHashes:     map[string]string{"tnews": "aa", "cmrc": "bb"},
		Config:         Config{Limit: "100", Chat: true, Overlength: "error", ChoiceBy: []string{"letter", "likelihood"}},
		Model:          Model{Name: "model", Quant: "Q4_0", SHA256: "12"},
		Engine:         Engine{Version: "v1", Device: "cpu", Kernel: "avx2", KVType: "f16", Threads: 2},
		Digest:         strings.Repeat("34", 32),
		Perf: Perf{
			BatchSize: 16, PrefillTokS: 1000, DecodeTokS: 50, TTFT: Percentiles{100, 200, 300},
			Calibration: &Calibration{Rounds: []CalibrationRound{
				{Mark: 0, Loop: []float64{2, 2, 2}},
				{Mark: CalibrationMarks, Loop: []float64{2, 2, 9}, PromptTokens: 10_000, DecodeTokens: 1000, PrefillSeconds: 10, DecodeSeconds: 20},
			}},
		},
		Memory: Memory{Devices: []DeviceMemory{{Device: "cpu", Peak: Ledger{Weights: 100 << 20, Other: 50 << 20}}}, PeakResidentBytes: 200 << 20},
		Host: Host{
			Started:  time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.RFC3339),
			RunID:    fmt.Sprintf("night-%03d", n),
			Hardware: hardware.Snapshot{CPU: hardware.CPU{Brand: "Some CPU", LogicalCores: 4}},
		},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func nights(n int, change func(i int, r *Record)) []*Record {
	var out []*Record
	for i := range n {
		out = append(out, night(i, func(r *Record) { change(i, r) }))
	}
	return out
}

func series(t *testing.T, h *History, name string) *HistorySeries {
	t.Helper()
	for i := range h.Groups[0].Series {
		if h.Groups[0].Series[i].Name == name {
			return &h.Groups[0].Series[i]
		}
	}
	t.Fatalf("no series %q", name)
	return nil
}

// eventful is a history with everything that a page shows.
func eventful() *History {
	return NewHistory(nights(40, func(i int, r *Record) {
		r.Perf.PrefillTokS += float64(i * 7 % 11)
		if i >= 12 { // quality falls, which no gate noticed
			r.Digest = strings.Repeat("56", 32)
			r.Results["tnews"].Values["acc"] = Value{Value: 0.45, CI95: &[2]float64{0.35, 0.55}, N: 100}
			r.Engine.Version = "v2"
		}
		if i >= 20 {
			r.Versions["cmrc"], r.TaskHashes["cmrc"] = 2, "cc"
		}
		if i >= 30 {
			r.Host.Hardware.CPU.Brand = "Other CPU"
		}
	}), []SkippedRun{{"2026/broken", "results.json: line 3: unexpected end"}})
}

func TestHistoryEvents(t *testing.T) {
	h := eventful()
	tnews, cmrc := series(t, h, "tnews"), series(t, h, "cmrc")
	if diff := cmp.Diff([]HistoryChange{{Run: 12, Before: 0.5, After: 0.45, P: 0.0005}}, tnews.Changes); diff != "" {
		t.Errorf("changes of tnews: - want + got\n%s", diff)
	}
	if tnews.Better(tnews.Changes[0]) {
		t.Error("a fall of accuracy is called better")
	}
	if diff := cmp.Diff([]HistoryBreak{{20, breakVersion, "1 → 2"}}, cmrc.Breaks); diff != "" {
		t.Errorf("breaks of cmrc: - want + got\n%s", diff)
	}
	if diff := cmp.Diff([]HistoryBreak{{20, breakPrompts, "cmrc"}}, series(t, h, "clue").Breaks); diff != "" {
		t.Errorf("breaks of the suite: - want + got\n%s", diff)
	}
	if diff := cmp.Diff([]HistoryBreak{{20, breakWork, ""}, {30, breakMachine, "Other CPU · 4 processors · cpu avx2 · 2 threads"}}, series(t, h, "prefill").Breaks); diff != "" {
		t.Errorf("breaks of prefill: - want + got\n%s", diff)
	}
	if diff := cmp.Diff([]HistoryBreak{{20, breakWork, ""}}, series(t, h, "prefill relative").Breaks); diff != "" {
		t.Errorf("breaks of the relative time: - want + got\n%s", diff)
	}
	if got := series(t, h, "prefill relative").Points[0].Value; got != 500 { // 1 ms a token, 2 ms a loop
		t.Errorf("relative time %v loops for 1,000 tokens, want 500", got)
	}
	if got := series(t, h, "engine").Points[0].Value; got != 150 {
		t.Errorf("memory of the engine %v MiB, want 150", got)
	}
	changed := map[int][]string{}
	for i, r := range h.Groups[0].Runs {
		if len(r.Changed) > 0 {
			changed[i] = r.Changed
		}
	}
	if diff := cmp.Diff(map[int][]string{12: {"outputs", "program"}, 20: {"questions"}, 30: {"machine"}}, changed); diff != "" {
		t.Errorf("what differed: - want + got\n%s", diff)
	}
}

func TestHistoryFormats(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer, *History) error{
		"history.md":   func(b *bytes.Buffer, h *History) error { return HistoryMarkdown(b, h) },
		"history.json": func(b *bytes.Buffer, h *History) error { return HistoryJSON(b, h) },
	} {
		var first, second bytes.Buffer
		if err := write(&first, eventful()); err != nil {
			t.Fatal(err)
		}
		if err := write(&second, eventful()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: the same history gives different bytes", name)
		}
		golden.Check(t, name, first.Bytes())
	}
}

func TestHistoryGroups(t *testing.T) {
	h := NewHistory([]*Record{
		night(3), night(1), night(2),
		night(4, func(r *Record) { r.Config.Limit = "50" }),
		night(0, func(r *Record) { r.Model.Quant = "Q8_0" }),
	}, nil)
	var got []string
	for _, g := range h.Groups {
		ids := append([]string{g.Quant}, g.Settings...)
		for _, r := range g.Runs {
			ids = append(ids, r.RunID)
		}
		got = append(got, strings.Join(ids, " "))
	}
	want := []string{
		"Q4_0 chat=true kv=f16 seed=0 limit=50 night-004",
		"Q4_0 chat=true kv=f16 seed=0 limit=100 night-001 night-002 night-003",
		"Q8_0 chat=true kv=f16 seed=0 limit=100 night-000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups: - want + got\n%s", diff)
	}
}

// TestHistoryLeavesOut: what was not measured, or only in part, is no point.
func TestHistoryLeavesOut(t *testing.T) {
	h := NewHistory(nights(4, func(i int, r *Record) {
		switch i {
		case 1:
			r.Perf.SamplesResumed = 7
		case 2:
			r.Perf.DecodeTokS, r.Perf.Calibration = 0, nil
			delete(r.Results, "cmrc")
		}
	}), nil)
	for name, want := range map[string][]int{"prefill": {0, 2, 3}, "decode": {0, 3}, "prefill relative": {0, 3}, "cmrc": {0, 1, 3}, "tnews": {0, 1, 2, 3}} {
		var got []int
		for _, p := range series(t, h, name).Points {
			got = append(got, p.Run)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has points of the runs %v, want %v", name, got, want)
		}
	}
	if len(NewHistory(nil, nil).Groups) != 0 {
		t.Error("groups without runs")
	}
}

// TestHistoryChangesStayInTheirLine: a new level that comes with a new version is a new line and no change.
func TestHistoryChangesStayInTheirLine(t *testing.T) {
	h := NewHistory(nights(40, func(i int, r *Record) {
		if i >= 20 {
			r.Versions["tnews"] = 2
			r.Results["tnews"].Values["acc"] = Value{Value: 0.9, N: 100}
		}
	}), nil)
	s := series(t, h, "tnews")
	if len(s.Changes) != 0 || len(s.Breaks) != 1 {
		t.Errorf("changes %v, breaks %v, want none and one", s.Changes, s.Breaks)
	}
	values := 0
	for _, l := range s.chart(&h.Groups[0]).lines {
		if l.kind == lineValue {
			values++
		}
	}
	if values != 2 {
		t.Errorf("%d lines, want 2: nothing connects the versions", values)
	}
}

func TestDates(t *testing.T) {
	h := NewHistory([]*Record{night(0), night(1), night(1, func(r *Record) { r.Host.RunID, r.Host.Started = "again", "2026-01-02T22:11:10Z" })}, nil)
	want := []string{"2026-01-01", "2026-01-02 03:00:00", "2026-01-02 22:11:10"}
	if diff := cmp.Diff(want, h.Groups[0].dates()); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryJSONIsWhole(t *testing.T) {
	var b bytes.Buffer
	if err := HistoryJSON(&b, eventful()); err != nil {
		t.Fatal(err)
	}
	if err := published(t, "history.schema.json").Validate(decode(t, b.Bytes())); err != nil {
		t.Error(err)
	}
	var back History
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.SchemaVersion != HistoryVersion || len(back.Groups) != 1 || len(back.Groups[0].Runs) != 40 || back.Skipped[0].Dir != "2026/broken" {
		t.Errorf("%+v", back)
	}
}

// TestHistoryMarksAreOfTheLastRuns has a step that is long past, and one that is not.
func TestHistoryMarksAreOfTheLastRuns(t *testing.T) {
	steps := func(n, at int) *HistorySeries {
		s := &HistorySeries{}
		for i := range n {
			p := HistoryPoint{Run: i, Value: 1}
			if i >= at {
				p.Value = 2
			}
			s.Points = append(s.Points, p)
		}
		s.mark(0)
		return s
	}
	if s := steps(markedPoints+200, 200); len(s.Changes) != 0 {
		t.Errorf("changes %+v of runs that are not searched", s.Changes)
	}
	if testing.Short() {
		return
	}
	if s := steps(markedPoints+200, 1100); len(s.Changes) != 1 || s.Changes[0].Run != 1100 {
		t.Errorf("changes %+v, want one at run 1100", s.Changes)
	}
}
