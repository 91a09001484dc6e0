package reports

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/hardware"
)

// example is a record with every kind of content: proportions and other means, a corpus metric, one item, no value, groups, skipped
// tasks, Chinese names, and text that tries to break out of a table.
func example() *Record {
	metric := func(name string, scale float64) MetricConfig {
		return MetricConfig{Metric: name, Aggregation: "mean", HigherIsBetter: true, Scale: scale}
	}
	return &Record{
		SchemaVersion: SchemaVersion,
		Results: map[string]Result{
			"tnews": {Alias: "tnews", Values: map[string]Value{
				"acc":      {Value: 0.525, Stderr: new(0.0789), CI95: &[2]float64{0.375, 0.671}, N: 40},
				"acc_norm": {Value: 0.55, Stderr: new(0.0786), CI95: &[2]float64{0.398, 0.693}, N: 40, ClusterCI95: &[2]float64{0.375, 0.725}},
			}, Counts: &Counts{Scored: 40, ExtractRate: 1}},
			"cmrc2018": {Alias: "cmrc2018", Values: map[string]Value{
				"f1": {Value: 0.61803, Stderr: new(0.021), CI95: &[2]float64{0.57, 0.66}, N: 200},
				"em": {Value: 0.35, Stderr: new(0.033), CI95: &[2]float64{0.287, 0.418}, N: 200},
			}, Counts: &Counts{Scored: 200, Unparsed: 8, Truncated: 3, AnswerTruncated: 3, ExtractRate: 0.96}},
			"阅读理解":  {Alias: "阅读理解", Values: map[string]Value{"acc": {Value: 1, Stderr: nil, CI95: nil, N: 1}}, Counts: &Counts{Scored: 1, ExtractRate: 1}},
			"empty": {Alias: "empty", Values: map[string]Value{}, Counts: &Counts{Errors: 2, ExtractRate: 1}},
			"wiki":  {Alias: "wiki", Values: map[string]Value{"ppl": {Value: 12.3456, Stderr: nil, CI95: &[2]float64{11.9, 12.8}, N: 10}}, Counts: &Counts{Scored: 10, ExtractRate: 1}},
		},
		Groups: map[string]Result{
			"clue": {Alias: "clue", Values: map[string]Value{"acc": {Value: 0.53, Stderr: new(0.04), CI95: &[2]float64{0.45, 0.61}, N: 2}}, Members: 2, Of: 6},
		},
		GroupSubtasks: map[string][]string{"clue": {"tnews", "阅读理解"}},
		Breakdowns: map[string]map[string][]Breakdown{"cmrc2018": {"distance": {
			{"1k-4k", 120, Result{Values: map[string]Value{"em": {Value: 0.4, Stderr: new(0.045), CI95: &[2]float64{0.317, 0.489}, N: 120}}, Counts: &Counts{Scored: 120, ExtractRate: 1}}},
			{"4k-16k | <b>", 80, Result{Values: map[string]Value{"em": {Value: 0.275, CI95: &[2]float64{0.189, 0.381}, N: 80}, "f1": {Value: 0.5, N: 80}}, Counts: &Counts{Scored: 80, Unparsed: 8, ExtractRate: 0.9}}},
		}}},
		Configs: map[string]TaskConfig{
			"tnews":    {Task: "tnews", Kind: "choice", Split: "dev", MetricList: []MetricConfig{metric("acc", 1), metric("acc_norm", 1)}, Files: []DataFile{{"tnews/dev.json", strings.Repeat("ab", 32)}}},
			"cmrc2018": {Task: "cmrc2018", Kind: "generate", Split: "dev", MaxTokens: 64, Stop: []string{"\n"}, MetricList: []MetricConfig{metric("em", 100), metric("f1", 100)}},
			"阅读理解":     {Task: "阅读理解", Kind: "choice", Split: "generated", MetricList: []MetricConfig{metric("acc", 1)}},
			"empty":    {Task: "empty", Kind: "choice", Split: "dev", MetricList: []MetricConfig{metric("acc", 1)}},
			"wiki":     {Task: "wiki", Kind: "choice", Split: "dev", MetricList: []MetricConfig{{Metric: "ppl", Aggregation: "corpus", Scale: 1}}},
		},
		Versions: map[string]int{"tnews": 1, "cmrc2018": 2, "阅读理解": 1, "empty": 1, "wiki": 1},
		NShot:    map[string]int{"tnews": 0, "cmrc2018": 2, "阅读理解": 0, "empty": 0, "wiki": 0},
		HigherIsBetter: map[string]map[string]bool{
			"tnews": {"acc": true, "acc_norm": true}, "cmrc2018": {"em": true, "f1": true}, "阅读理解": {"acc": true}, "empty": {"acc": true}, "wiki": {"ppl": false}, "clue": {"acc": true},
		},
		NSamples:   map[string]SampleCount{"tnews": {10000, 40}, "cmrc2018": {3219, 200}, "阅读理解": {1, 1}, "empty": {2, 2}, "wiki": {10, 10}},
		TaskHashes: map[string]string{"tnews": "aa", "cmrc2018": "bb", "阅读理解": "cc", "empty": "dd", "wiki": "ee"},
		Config: Config{
			Model: "some-0.5b-instruct-q4_k_m.gguf", Limit: "200", GenKwargs: map[string]string{}, BootstrapIters: 10000, Chat: true,
			Overlength: "error", ChoiceBy: []string{"letter", "likelihood"}, Identity: strings.Repeat("0f", 32),
		},
		ModelSource: "llama4-eval", ModelName: "some-0.5b-instruct-q4_k_m", ChatTemplateSHA: strings.Repeat("cd", 32),
		Model:   Model{Name: "some-0.5b-instruct-q4_k_m", Arch: "qwen2", Quant: "Q4_K_M", Parameters: 494032768, Bytes: 491400064, Context: 32768, SHA256: strings.Repeat("12", 32)},
		Engine:  Engine{Version: "v0.1.0", Device: "cpu", Kernel: "avx512", Quant: "Q4_K_M", KVType: "f16", Threads: 2, Context: 32768},
		Digest:  strings.Repeat("34", 32),
		Skipped: []Skipped{{"afqmc", "no data below the data folders", "llama4-eval data pull afqmc"}},
		Warnings: []Warning{
			{"", "load", "the machine was busy"},
			{"tnews", "wide-interval", "n=40: interval is wide"},
			{"cmrc2018", "unparsed", "4% unparsed"},
			{"wiki", "wide-interval", "n=40: interval is wide"},
			{"cmrc2018", "answers-cut", "3 answers reached the limit of 64 tokens"},
			{"阅读理解", "generated-data", "made-up | data\nwith <b>lines</b> and `code` \x1b[31m"},
		},
		Perf: Perf{
			WallSeconds: 83.2, LoadSeconds: 1.4, BatchSize: 16, SamplesRun: 230, SamplesResumed: 13, SamplesPerSecond: 2.76, PrefillTokens: 123456, DecodeTokens: 4321,
			PrefillTokS: 1484.4, DecodeTokS: 61.8, PrefillTokensSaved: 65432, DraftTokens: 400, AcceptedTokens: 250, TTFT: Percentiles{210.4, 480, 12345.6}, ITL: Percentiles{15.1, 18.25, 33.3},
			Cost: &Cost{0.5, 0.04756, 0.0904},
		},
		Memory: Memory{Devices: []DeviceMemory{{"cpu", Ledger{480 << 20, 192 << 20, 30 << 20, 9 << 20, 20 << 20}, Ledger{482 << 20, 192 << 20, 28 << 20, 9 << 20, 22 << 20}}}, PeakResidentBytes: 1234567890},
		Host: Host{
			RunID: "20260102T030405Z-some-Q4_K_M-0f0f0f0f0f0f", Dir: "runs/20260102T030405Z-some-Q4_K_M-0f0f0f0f0f0f", Started: "2026-01-02T03:04:05Z", Finished: "2026-01-02T03:05:30Z",
			ModelPath: "some.gguf", Hardware: hardware.Snapshot{CPU: hardware.CPU{Brand: "Some CPU", Arch: "amd64", LogicalCores: 2}},
		},
	}
}

func TestFormats(t *testing.T) {
	for _, tc := range []struct {
		file  string
		write func(*bytes.Buffer, *Record) error
	}{
		{"example.txt", func(b *bytes.Buffer, r *Record) error { return Text(b, r) }},
		{"example.md", func(b *bytes.Buffer, r *Record) error { return Markdown(b, r) }},
		{"breakdowns.txt", func(b *bytes.Buffer, r *Record) error { return Breakdowns(b, r) }},
		{"example.csv", func(b *bytes.Buffer, r *Record) error { return CSV(b, r) }},
		{"example.json", func(b *bytes.Buffer, r *Record) error { return JSON(b, r) }},
	} {
		t.Run(tc.file, func(t *testing.T) {
			var first, second bytes.Buffer
			if err := tc.write(&first, example()); err != nil {
				t.Fatal(err)
			}
			if err := tc.write(&second, example()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("the same record gives different bytes")
			}
			if bytes.ContainsAny(first.Bytes(), "\x1b\r") {
				t.Error("control characters of the data reach the output")
			}
			golden.Check(t, tc.file, first.Bytes())
		})
	}
}

func TestEmptyRecord(t *testing.T) {
	var text, md, js bytes.Buffer
	r := &Record{SchemaVersion: SchemaVersion}
	for _, err := range []error{Text(&text, r), Markdown(&md, r), JSON(&js, r)} {
		if err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(text.String()+md.String(), "NaN") {
		t.Errorf("NaN in %s%s", &text, &md)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var first, second bytes.Buffer
	if err := JSON(&first, example()); err != nil {
		t.Fatal(err)
	}
	r, err := Read(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example(), r); d != "" {
		t.Errorf("record changes on the way (-want +got):\n%s", d)
	}
	if err := JSON(&second, r); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("written again, the record differs")
	}
}

func TestJSONRefusesNaN(t *testing.T) {
	for name, v := range map[string]float64{"NaN": math.NaN(), "infinity": math.Inf(1)} {
		t.Run(name, func(t *testing.T) {
			r := example()
			r.Results["tnews"].Values["acc"] = Value{Value: v}
			var b bytes.Buffer
			if err := JSON(&b, r); err == nil || b.Len() > 0 {
				t.Errorf("error %v and %d bytes, want an error and none", err, b.Len())
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	for _, tc := range []struct{ name, in, says string }{
		{"not JSON", "task,acc\n", "not a JSON object"},
		{"truncated", `{"schema_version": 1, "results": {`, "not a JSON object"},
		{"foreign", `{"results": {}}`, "schema_version"},
		{"newer", `{"schema_version": 99}`, "99"},
		{"wrong type", `{"schema_version": 1, "digest": 5}`, "digest"},
		{"interval of three", `{"schema_version":1,"results":{"t":{"alias":"t","acc,none":1,"acc_ci95,none":[1,2,3]}}}`, "acc_ci95,none"},
		{"half of the counts", `{"schema_version":1,"results":{"t":{"alias":"t","n_scored":1}}}`, "n_unparsed"},
		{"counts without n_scored", `{"schema_version":1,"results":{"t":{"alias":"t","n_errors":1}}}`, "n_scored"},
		{"unknown key", `{"schema_version":1,"results":{"t":{"alias":"t","speed":1}}}`, "speed"},
		{"breakdown without a value", `{"schema_version":1,"breakdowns":{"t":{"tag":[{"n":1}]}}}`, "value"},
		{"null value", `{"schema_version":1,"results":{"t":{"acc,none":"high"}}}`, "acc,none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want it to name %q", err, tc.says)
			}
		})
	}
}

// TestPartNames: a metric whose name ends like a part of another one is still a metric of its own.
func TestPartNames(t *testing.T) {
	want := Result{Alias: "t", Values: map[string]Value{
		"best_n": {Value: 3, N: 7}, "best": {Value: 0.5, Stderr: new(0.1), N: 9},
	}}
	delete(want.Values, "best")
	b, err := want.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var got Result
	if err := got.UnmarshalJSON(b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestMarkdownCellsStayCells(t *testing.T) {
	var b bytes.Buffer
	r := example()
	r.ModelName = "a|b\n| c | <script>alert(1)</script>"
	if err := Markdown(&b, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script") {
		t.Error("HTML of the data reaches the page")
	}
	columns := -1
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "|") {
			columns = -1 // the next table
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns < 0 {
			columns = n
		}
		if n != columns {
			t.Errorf("%d bars instead of %d in %q", n, columns, line)
		}
	}
}

func TestCSVReadsBack(t *testing.T) {
	var b bytes.Buffer
	r := example()
	r.ModelName = "a,\"b\"\nc"
	if err := CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 8 || lines[1][0] != r.ModelName {
		t.Errorf("%d lines, first name %q; want 8 and %q", len(lines), lines[1][0], r.ModelName)
	}
}

func TestSizes(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{size(0), "0 B"},
		{size(2048), "2 KiB"},
		{size(3 << 20), "3 MiB"},
		{size(5 << 29), "2.50 GiB"},
		{count(9999), "9999"},
		{count(12345), "12.3 k"},
		{count(494032768), "494.0 M"},
		{count(7e9), "7.00 G"},
		{seconds(3.24), "3.2 s"},
		{seconds(83), "1 min 23 s"},
		{seconds(7500), "2 h 05 min"},
		{seconds(59.99), "60.0 s"},
		{millis(0.5), "0.5 ms"},
		{millis(123.4), "123 ms"},
		{millis(12345), "12.3 s"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}
