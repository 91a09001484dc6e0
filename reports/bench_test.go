package reports

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/hardware"
)

// exampleBench has every kind of content: prompts and generation, tests with and without a peer's answer, one whose ceiling could not be
// told, skipped tests, and text that tries to break out of a table.
func exampleBench() *Bench {
	ledger := Ledger{Weights: 420 << 20, KV: 50 << 20, Activations: 11 << 20, Scratch: 9 << 20}
	b := &Bench{
		SchemaVersion: BenchVersion,
		Model:         Model{Name: "some-0.5b-instruct-q4_k_m", Arch: "qwen2", Quant: "Q4_K_M", Parameters: 494032768, Bytes: 491400064, Context: 32768},
		Engine:        BenchEngine{Version: "v0.1.0", Device: "cpu", Kernel: "avx512", KVType: "f16", Context: 4608, Speculation: "off", Repetitions: 3, Seed: 7},
		Hardware:      hardware.Snapshot{CPU: hardware.CPU{Brand: "Some CPU", Arch: "amd64", LogicalCores: 2}, OS: hardware.OS{Name: "linux"}},
		Ceilings:      []BenchCeiling{{1, 30.4e9, 508e9, 118e9}, {2, 0, 1012e9, 236e9}},
		Peer:          &BenchPeer{Name: "llama-bench", Path: "bin/llama-bench", Build: "0c1e570 \x1b[31m(build 1)"},
		Rows: []BenchRow{
			{
				BenchTest: BenchTest{"pp512", 0, 1, 1}, TokS: []float64{1200, 1250, 1210}, TTFT: 421.5,
				Peak: BenchMemory{ledger, 600 << 20}, Top: &BenchShare{64.4, OfCompute}, Peer: &BenchPeerRow{TokS: []float64{400, 500, 100}},
			},
			{
				BenchTest: BenchTest{"tg64", 4096, 1, 2}, TokS: []float64{61.25, 60, 62.5}, TTFT: 17, ITL: &Percentiles{16.1, 18.25, 33.3},
				Peak: BenchMemory{ledger, 610 << 20}, Top: &BenchShare{88.2, OfDRAM}, Peer: &BenchPeerRow{TokS: []float64{50, 50, 50}},
			},
			{BenchTest: BenchTest{"tg64", 0, 16, 2}, TokS: []float64{5.5, 5.25}, TTFT: 12000, ITL: &Percentiles{30, 31, 32}},
		},
		Skipped:  []BenchSkipped{{BenchTest{"pp512", 32768, 1, 2}, "takes 33280 positions, the context has 32768"}},
		Warnings: []string{"not all tests were run: interrupted", "made-up | text\nwith <b>lines</b>"},
		Started:  "2026-01-02T03:04:05Z",
	}
	for i := range b.Rows {
		b.Rows[i].Summarize()
	}
	return b
}

func TestBenchFormats(t *testing.T) {
	for _, tc := range []struct {
		file  string
		write func(*bytes.Buffer, *Bench) error
	}{
		{"bench.txt", func(w *bytes.Buffer, b *Bench) error { return BenchText(w, b) }},
		{"bench.md", func(w *bytes.Buffer, b *Bench) error { return BenchMarkdown(w, b) }},
		{"bench.csv", func(w *bytes.Buffer, b *Bench) error { w.WriteString(BenchCSVHeader); return BenchCSV(w, b) }},
		{"bench.json", func(w *bytes.Buffer, b *Bench) error { return BenchJSON(w, b) }},
	} {
		t.Run(tc.file, func(t *testing.T) {
			var out, empty bytes.Buffer
			if err := tc.write(&out, exampleBench()); err != nil {
				t.Fatal(err)
			}
			if bytes.ContainsAny(out.Bytes(), "\x1b\r") {
				t.Error("control characters of the data reach the output")
			}
			golden.Check(t, tc.file, out.Bytes())
			if err := tc.write(&empty, &Bench{}); err != nil || strings.Contains(empty.String(), "NaN") {
				t.Errorf("of nothing: %v\n%s", err, &empty)
			}
		})
	}
}

// TestBenchCSVColumns: every line has a value for each name.
func TestBenchCSVColumns(t *testing.T) {
	var out bytes.Buffer
	out.WriteString(BenchCSVHeader)
	if err := BenchCSV(&out, exampleBench()); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll() // fails when lines differ in length
	if err != nil || len(lines) != 4 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

func TestBenchSummarize(t *testing.T) {
	for _, tc := range []struct {
		name          string
		ours, peers   []float64
		median, ratio float64
		spread        float64
	}{
		{"odd", []float64{10, 30, 20}, []float64{10, 10, 10}, 20, 2, 50},
		{"even", []float64{10, 20, 20, 40}, []float64{10, 10, 20, 10}, 20, 1.5, 100},
		// The pairs are (1, 1), (4, 1), (10, 10): the median of the ratios is not the ratio of the medians.
		{"paired", []float64{1, 4, 10}, []float64{1, 1, 10}, 4, 1, 150},
		{"one", []float64{7}, []float64{2}, 7, 3.5, 0},
		{"none", nil, nil, 0, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := BenchRow{TokS: tc.ours, Peer: &BenchPeerRow{TokS: tc.peers}}
			r.Summarize()
			if r.Median != tc.median || r.Peer.Ratio != tc.ratio || math.Abs(r.Spread-tc.spread) > 1e-9 {
				t.Errorf("median %g, ratio %g, spread %g; want %g, %g, %g", r.Median, r.Peer.Ratio, r.Spread, tc.median, tc.ratio, tc.spread)
			}
		})
	}
}

func TestBenchJSONRefusesNaN(t *testing.T) {
	b := exampleBench()
	b.Rows[0].Median = math.NaN()
	var out bytes.Buffer
	if err := BenchJSON(&out, b); err == nil || out.Len() > 0 {
		t.Errorf("error %v, %d bytes written", err, out.Len())
	}
}

func benchSchema(t *testing.T) *jsonschema.Schema {
	s := schemaFor[Bench](t, "llama4-eval bench --format json, schema_version 1")
	s.Properties["schema_version"].Const = new(any(BenchVersion))
	s.Properties["rows"].Items.Properties["ceiling"].Properties["of"].Enum = []any{OfDRAM, OfCompute}
	return s
}

func TestBenchMeetsSchema(t *testing.T) {
	schema := published(t, "bench.schema.json")
	var out bytes.Buffer
	if err := BenchJSON(&out, exampleBench()); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(decode(t, out.Bytes())); err != nil {
		t.Error(err)
	}
	for _, tc := range []struct{ name, old, new string }{
		{"version", `"schema_version": 1`, `"schema_version": 2`},
		{"ceiling", `"of": "dram"`, `"of": "disk"`},
		{"a value for a list", `"skipped": [`, `"skipped": 1, "was": [`},
		{"a key that is missing", `"median": 1210`, `"medium": 1210`},
		{"a text for a number", `"depth": 4096`, `"depth": "4096"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			broken := strings.Replace(out.String(), tc.old, tc.new, 1)
			if broken == out.String() {
				t.Fatalf("%q is not in the output", tc.old)
			}
			if err := schema.Validate(decode(t, []byte(broken))); err == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}
