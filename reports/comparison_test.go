package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/llama4-eval/llama4-eval/golden"
)

func exampleRef(id, quant string) RunRef {
	return RunRef{
		RunID: id, Digest: strings.Repeat("ab", 32), Model: Model{Name: "some-0.5b", Arch: "qwen2", Quant: quant, Parameters: 494032768, Bytes: 491400064, Context: 32768},
		Engine: Engine{Version: "v1.2.3", Device: "cpu", Kernel: "avx2", Quant: quant, KVType: "f16", Threads: 2, Context: 8192},
		Perf:   RunSpeed{812, 31.4}, Memory: RunMemory{640 << 20},
	}
}

func exampleFlips() []Flip {
	flips := []Flip{{DocID: "17|x", Direction: FlipLost, Target: "<b>体育</b>", Reference: "体育", Run: "财经", ReferenceMargin: new(0.42), RunMargin: new(-1.5)}}
	for range 4 {
		flips = append(flips, Flip{DocID: "3", Direction: FlipWon, Target: "是", Reference: "否\n\x1b[31m", Run: "是"})
	}
	return flips
}

// exampleComparison has two runs, all kinds of tests, an equal one, tasks that only one run has, and text that tries to break out of a table.
func exampleComparison() *Comparison {
	task := TaskComparison{
		Task: "tnews", Version: 1, Metric: "acc", HigherIsBetter: true, Scale: 1, N: 100, Clusters: 100, Lost: 9, Won: 2, Reference: 0.69, Run: 0.62,
		Difference: -0.07, CI95: &[2]float64{-0.1459, -0.006}, Test: TestMcNemar, P: 0.0654, PAdjusted: 0.1309, Detectable: new(0.113), Flips: exampleFlips(),
	}
	f1 := TaskComparison{
		Task: "cluener", Version: 2, Metric: "f1", HigherIsBetter: true, Scale: 100, N: 1343, Clusters: 1343, LeftOut: 1, Lost: 300, Won: 40, Reference: 0.7012, Run: 0.5821,
		Difference: -0.1191, CI95: &[2]float64{-0.14, -0.098}, Test: TestPermutation, P: 0.00009999, PAdjusted: 0.00019998, Detectable: new(0.031), Flips: []Flip{},
	}
	few := TaskComparison{
		Task: "c3", Version: 1, Metric: "acc", HigherIsBetter: true, Scale: 1, N: 4, Clusters: 1, Reference: 0.5, Run: 0.5, Test: TestSignFlip, P: 1, PAdjusted: 1, Flips: []Flip{},
	}
	same := few
	same.Test = TestNone
	return &Comparison{
		SchemaVersion: ComparisonVersion, Alpha: 0.05, Reference: exampleRef("20260101T000000Z-a", "Q8_0"),
		Runs: []ComparedRun{
			{
				Run: exampleRef("20260101T000100Z-b", "Q4_0"), Differs: []Difference{{"weights", "Q8_0", "Q4_0"}, {"program", "v1", "v2"}},
				Tasks: []TaskComparison{task, f1, few}, OnlyReference: []string{"afqmc"}, OnlyRun: []string{"drcd", "chid"},
				Warnings: []Warning{{"c3", "generated-data", "generated data"}, {"tnews", "generated-data", "generated data"}},
			},
			{
				Run: exampleRef("20260101T000200Z-c", "Q8_0"), EqualOutputs: true, Differs: []Difference{}, Tasks: []TaskComparison{same},
				OnlyReference: []string{}, OnlyRun: []string{}, Warnings: []Warning{},
			},
		},
	}
}

// exampleGate has every verdict.
func exampleGate() *GateResult {
	task := func(name, verdict string, drop float64) TaskGate {
		return TaskGate{
			Task: name, Metric: "acc", HigherIsBetter: true, Scale: 1, Verdict: verdict, N: 300, Clusters: 300, Lost: 30, Won: 10, Baseline: 0.7, Run: 0.7 - drop/100,
			Drop: drop, CI: &[2]float64{drop - 3, drop + 3}, PWorse: new(0.00105), PWorseAdjusted: new(0.0042), PBetter: new(0.99), PEquivalent: new(0.98),
			Power: []GatePower{{1, 0.11}, {3, 0.55}, {5, 0.913}}, SmallestDrop: new(4.2),
		}
	}
	worse := task("tnews", GateWorse, 6.667)
	worse.Flips = exampleFlips()
	f1 := task("cluener", GateBetter, -3)
	f1.Metric, f1.Scale = "f1", 100
	few := task("c3|x", GateInconclusive, 0.5)
	few.N, few.CI, few.Power, few.SmallestDrop = 1, nil, nil, nil
	pooled := task("all tasks", GateInconclusive, 1.2)
	pooled.Metric, pooled.Scale = "", 100
	return &GateResult{
		SchemaVersion: GateVersion, Verdict: GateWorse, Alpha: 0.05, MaxDrop: 1, MaxSlowdown: 15, MaxMemory: 10,
		Baseline: exampleRef("20260101T000000Z-a", "Q8_0"), Run: exampleRef("20260101T000100Z-b", "Q4_0"), Differs: []Difference{{"weights", "Q8_0", "Q4_0"}},
		Tasks: []TaskGate{worse, f1, few, task("ocnli", GateEquivalent, 0)}, Pooled: &pooled,
		Costs: []CostGate{
			{Cost: "prefill time", Unit: "ms/token", Baseline: 1.231, Run: 1.6, Change: 29.6, CI: &[2]float64{24.1, 35.2}, Limit: 15, Pieces: 15, Machine: -2.5, Verdict: GateWorse},
			{Cost: "decode time", Unit: "ms/token", Limit: 15, Verdict: GateNotMeasured, Note: "no calibration loop was timed in the baseline"},
			{Cost: "memory", Unit: "bytes", Baseline: 640 << 20, Run: 641 << 20, Change: 0.16, Limit: 10, Verdict: GateEquivalent},
		},
		OnlyRun: []string{"afqmc"}, Warnings: []Warning{{"tnews", "left-out", "2 items that only the run has a value for are left out"}},
	}
}

func equalGate() *GateResult {
	return &GateResult{
		SchemaVersion: GateVersion, Verdict: GateEquivalent, Passed: true, Alpha: 0.05, MaxDrop: 1, EqualOutputs: true, Baseline: exampleRef("a", "Q8_0"), Run: exampleRef("b", "Q8_0"),
		Differs: []Difference{}, Tasks: []TaskGate{{Task: "tnews", Metric: "acc", HigherIsBetter: true, Scale: 1, Verdict: GateEquivalent, N: 10, Clusters: 10, Baseline: 0.5, Run: 0.5}},
		Costs: []CostGate{}, OnlyRun: []string{}, Warnings: []Warning{},
	}
}

func rendered(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestComparisonFormats(t *testing.T) {
	c, g := exampleComparison(), exampleGate()
	for name, write := range map[string]func(io.Writer) error{
		"comparison.txt":  func(w io.Writer) error { return ComparisonText(w, c, 3) },
		"comparison.md":   func(w io.Writer) error { return ComparisonMarkdown(w, c, 3) },
		"comparison.json": func(w io.Writer) error { return ComparisonJSON(w, c) },
		"comparison.csv":  func(w io.Writer) error { return ComparisonCSV(w, c) },
		"gate.txt":        func(w io.Writer) error { return GateText(w, g, 3) },
		"gate.md":         func(w io.Writer) error { return GateMarkdown(w, g, 3) },
		"gate.json":       func(w io.Writer) error { return GateJSON(w, g) },
		"gate.xml":        func(w io.Writer) error { return GateJUnit(w, g) },
		"gate_equal.txt":  func(w io.Writer) error { return GateText(w, equalGate(), 3) },
		"gate_error.md": func(w io.Writer) error {
			return GateErrorMarkdown(w, "compare: run b cannot be compared with a:\n  x: <version> 1 | 2\n")
		},
		"gate_error.xml": func(w io.Writer) error { return GateErrorJUnit(w, "a \"quoted\" <reason>\n\x00") },
	} {
		t.Run(name, func(t *testing.T) {
			got := rendered(t, write)
			golden.Check(t, name, got)
			if bytes.ContainsRune(got, 0x1b) {
				t.Error("a control character came through")
			}
			if !bytes.Equal(got, rendered(t, write)) {
				t.Error("the second time gives other bytes")
			}
		})
	}
}

func comparisonSchema(t *testing.T) *jsonschema.Schema {
	s := schemaFor[Comparison](t, "llama4-eval comparison.json, schema_version 1")
	s.Properties["schema_version"].Const = new(any(ComparisonVersion))
	tasks := s.Properties["runs"].Items.Properties["tasks"].Items
	tasks.Properties["test"].Enum = []any{TestNone, TestMcNemar, TestSignFlip, TestPermutation}
	tasks.Properties["flips"].Items.Properties["direction"].Enum = []any{FlipLost, FlipWon}
	return s
}

func gateSchema(t *testing.T) *jsonschema.Schema {
	s := schemaFor[GateResult](t, "llama4-eval gate --format json, schema_version 1")
	s.Properties["schema_version"].Const = new(any(GateVersion))
	s.Properties["verdict"].Enum = []any{GateWorse, GateEquivalent, GateBetter, GateInconclusive}
	s.Properties["tasks"].Items.Properties["verdict"].Enum = s.Properties["verdict"].Enum
	s.Properties["costs"].Items.Properties["verdict"].Enum = append(s.Properties["verdict"].Enum, GateNotMeasured)
	return s
}

func TestComparisonMeetsSchema(t *testing.T) {
	for _, tc := range []struct {
		file  string
		write func(io.Writer) error
		bites [][2]string
	}{
		{"comparison.schema.json", func(w io.Writer) error { return ComparisonJSON(w, exampleComparison()) }, [][2]string{
			{`"test": "mcnemar"`, `"test": "guess"`},
			{`"direction": "right→wrong"`, `"direction": "left"`},
			{`"p_adjusted": 0.1309`, `"p_adjusted": "low"`},
			{`"n_lost": 9,`, ``},
			{`"schema_version": 1`, `"schema_version": 2`},
		}},
		{"gate.schema.json", func(w io.Writer) error { return GateJSON(w, exampleGate()) }, [][2]string{
			{`"verdict": "worse"`, `"verdict": "bad"`},
			{`"passed": false,`, ``},
			{`"verdict": "not measured"`, `"verdict": "unknown"`},
			{`"power": 0.913`, `"power": null`},
		}},
	} {
		schema := published(t, tc.file)
		out := rendered(t, tc.write)
		if err := schema.Validate(decode(t, out)); err != nil {
			t.Errorf("%s: %v", tc.file, err)
		}
		for _, b := range tc.bites {
			broken := bytes.Replace(out, []byte(b[0]), []byte(b[1]), 1)
			if bytes.Equal(broken, out) {
				t.Fatalf("%s: %q is not in the output", tc.file, b[0])
			}
			if err := schema.Validate(decode(t, broken)); err == nil {
				t.Errorf("%s accepts %q", tc.file, b[1])
			}
		}
	}
	if err := published(t, "gate.schema.json").Validate(decode(t, rendered(t, func(w io.Writer) error { return GateJSON(w, equalGate()) }))); err != nil {
		t.Error(err)
	}
}

// JUnit's counts are those of its cases, and every failure has its numbers.
func TestGateJUnit(t *testing.T) {
	g := exampleGate()
	g.RequireEquivalence = true
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suite    struct {
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(rendered(t, func(w io.Writer) error { return GateJUnit(w, g) }), &doc); err != nil {
		t.Fatal(err)
	}
	failed := map[string]string{}
	for _, c := range doc.Suite.Cases {
		if c.Failure != nil {
			failed[c.Name] = c.Failure.Message
		}
	}
	if doc.Tests != 8 || len(doc.Suite.Cases) != 8 || doc.Failures != len(failed) {
		t.Errorf("%d tests, %d cases, %d failures, %d failed", doc.Tests, len(doc.Suite.Cases), doc.Failures, len(failed))
	}
	for name, want := range map[string]string{
		"tnews acc": "drop of +6.67 points (+3.67 to +9.67)", "c3|x acc": "inconclusive", "all tasks": "smallest detectable drop 4.20 points",
		"prefill time": "+29.6 %, limit 15 %",
	} {
		if !strings.Contains(failed[name], want) {
			t.Errorf("%s: %q, want %q", name, failed[name], want)
		}
	}
	if len(failed) != 4 {
		t.Errorf("failed: %v", failed)
	}
}

func TestComparisonCSVReadsBack(t *testing.T) {
	lines, err := csv.NewReader(bytes.NewReader(rendered(t, func(w io.Writer) error { return ComparisonCSV(w, exampleComparison()) }))).ReadAll()
	if err != nil || len(lines) != 5 || lines[1][11] != "-0.07" {
		t.Errorf("%v %v", lines, err)
	}
}

func TestWithSign(t *testing.T) {
	for _, tc := range []struct {
		v        float64
		decimals int
		want     string
	}{{0.5, 2, "+0.50"}, {-0.5, 1, "−0.5"}, {0, 2, "0.00"}, {-0.001, 2, "0.00"}, {0.001, 2, "0.00"}} {
		if got := withSign(tc.v, tc.decimals); got != tc.want {
			t.Errorf("withSign(%v, %d) = %q, want %q", tc.v, tc.decimals, got, tc.want)
		}
	}
}
