package parity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// With jieba all cases of the file are equal.
func TestWordVectors(t *testing.T) {
	folder := golden.Jieba(t)
	report := check(t, Options{
		Paths:     []string{golden.Shared(t, "data", "golden-metrics", "vectors.jsonl")},
		Segmenter: func() (Segmenter, error) { return metrics.NewJieba(folder) },
	})
	for _, c := range report.Checks {
		if c.Status == Fail || c.Status == Skip && strings.Contains(c.Detail, "jieba") {
			t.Error(c)
		}
	}
}

// Cases of every metric of texts are equal; what needs words is skipped without a segmenter and says so.
func TestMetricVectors(t *testing.T) {
	report := check(t, Options{Paths: []string{golden.Shared(t, "data", "golden-metrics", "vectors.jsonl")}})
	seen := make(map[string]Check)
	for _, c := range report.Checks {
		_, metric, _ := strings.Cut(c.Name, ": ")
		seen[metric] = c
	}
	for metric := range metricChecks(nil) {
		c, ok := seen[metric]
		want := Pass
		if strings.HasPrefix(metric, "longbench") {
			want = Skip
		}
		if !ok || c.Status != want {
			t.Errorf("%s: %v, want %s", metric, c, want)
		}
	}
}

// spaces is a segmenter for texts that are cut already.
type spaces struct{}

func (spaces) Cut(text string) []string { return strings.Fields(text) }

func openSpaces() (Segmenter, error) { return spaces{}, nil }

// writeVectors writes cases to a file.
func writeVectors(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vectors.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSegmenter(t *testing.T) {
	lines := []string{
		`{"id":"a","metric":"longbench_qa_f1_zh","config":{},"input":{"pred":"买 了 车","golds":["买 车"]},"expected":{"score":0.8}}`,
		`{"id":"b","metric":"rouge_chinese","config":{"unit":"jieba"},"input":{"hyp":"好 的","ref":"好","hyp_tokenized":"好 的","ref_tokenized":"好"},` +
			`"expected":{"rouge-1":{"r":1,"p":0.5,"f":0.66666666222},"rouge-2":{"r":0,"p":0,"f":0},"rouge-l":{"r":1,"p":0.5,"f":0.66666666222}}}`,
	}
	report := check(t, Options{Paths: []string{writeVectors(t, lines...)}, Segmenter: openSpaces})
	if got := report.Summary(); got != "2 passed, 0 failed, 0 skipped" {
		t.Errorf("%s: %v", got, report.Checks)
	}
	// Tokens that the segmenter does not give are a difference, also where the scores are those of the tokens.
	lines[1] = strings.Replace(lines[1], `"hyp":"好 的"`, `"hyp":"好的"`, 1)
	report = check(t, Options{Paths: []string{writeVectors(t, lines...)}, Segmenter: openSpaces})
	if got := report.Summary(); got != "1 passed, 1 failed, 0 skipped" {
		t.Errorf("%s: %v", got, report.Checks)
	}
}

// Without a dictionary the reason names the place; a dictionary that cannot be read is a failure.
func TestNoSegmenter(t *testing.T) {
	path := writeVectors(t, `{"id":"a","metric":"longbench_qa_f1_zh","config":{},"input":{"pred":"好","golds":["好"]},"expected":{"score":1}}`,
		`{"id":"b","metric":"rouge_pltrdy","config":{"unit":"jieba"},"input":{},"expected":{"error":"empty"}}`)
	for want, err := range map[string]error{
		"1 passed, 0 failed, 1 skipped": fmt.Errorf("jieba in here: %w", fs.ErrNotExist),
		"0 passed, 2 failed, 0 skipped": errors.New("jieba in here: line 1 is damaged"),
	} {
		report := check(t, Options{Paths: []string{path}, Segmenter: func() (Segmenter, error) { return nil, err }})
		if got := report.Summary(); got != want || !strings.Contains(report.Checks[0].Detail, "jieba in here") {
			t.Errorf("%v: %v, want %s", err, report.Checks, want)
		}
	}
}

// Every expected value counts: each number or text of the first case of each metric is changed in turn, and each time the check fails.
func TestMetricDamage(t *testing.T) {
	raw, err := os.ReadFile(golden.Shared(t, "data", "golden-metrics", "vectors.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	checks := metricChecks(openSpaces)
	done := make(map[string]bool)
	for line := range bytes.Lines(raw) {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		check, ok := checks[v.Metric]
		if !ok || done[v.Metric] || strings.HasPrefix(v.Metric, "longbench") {
			continue
		}
		done[v.Metric] = true
		if d, err := check(v); err != nil || d > vectorTolerance {
			t.Errorf("%s: difference %v, error %v", v.ID, d, err)
		}
		var expected any
		if err := json.Unmarshal(v.Expected, &expected); err != nil {
			t.Fatal(err)
		}
		n := leaves(expected)
		if n == 0 {
			t.Errorf("%s expects nothing", v.ID)
		}
		for i := range n {
			at := i
			v.Expected, err = json.Marshal(damaged(expected, &at))
			if err != nil {
				t.Fatal(err)
			}
			if d, err := check(v); err == nil && d <= vectorTolerance {
				t.Errorf("%s: difference %v with %s", v.ID, d, v.Expected)
			}
		}
	}
}

// leaves counts the numbers and texts of a value.
func leaves(value any) int {
	n := 0
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			n += leaves(v)
		}
	case []any:
		for _, v := range value {
			n += leaves(v)
		}
	default:
		n = 1
	}
	return n
}

// damaged copies a value with its at-th number or text changed.
func damaged(value any, at *int) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(value)) {
			out[k] = damaged(value[k], at)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = damaged(v, at)
		}
		return out
	}
	*at--
	if *at != -1 {
		return value
	}
	if n, ok := value.(float64); ok {
		return n + 1
	}
	return "x" + value.(string)
}

func TestUnsupportedConfig(t *testing.T) {
	for _, c := range []struct{ line, reason string }{
		{`{"metric":"sentence_bleu","config":{"tokenize":"ja-mecab"},"input":{"hyp":"a","refs":["a"]},"expected":{"score":1}}`, `tokenizer "ja-mecab"`},
		{`{"metric":"corpus_bleu","config":{"tokenize":"zh","smooth":"best"},"input":{},"expected":{}}`, `smoothing "best"`},
		{`{"metric":"sentence_chrf","config":{"char_order":4},"input":{},"expected":{}}`, "chrF of 4 characters"},
		{`{"metric":"corpus_chrf","config":{"char_order":6,"word_order":9},"input":{},"expected":{}}`, "9 words"},
		{`{"metric":"longbench_rouge_zh","config":{},"input":{},"expected":{}}`, "needs jieba's dictionary"},
	} {
		report := check(t, Options{Paths: []string{writeVectors(t, c.line)}})
		if len(report.Checks) != 1 || report.Checks[0].Status != Skip || !strings.Contains(report.Checks[0].Detail, c.reason) {
			t.Errorf("%v, want a skip with %q", report.Checks, c.reason)
		}
	}
	// Files of references that end early are a difference, not a crash.
	for _, line := range []string{
		`{"metric":"corpus_bleu","config":{"tokenize":"zh"},"input":{"hyps":["a","b"],"refs":[["a"]]},"expected":{}}`,
		`{"metric":"corpus_chrf","config":{"char_order":6},"input":{"hyps":["a","b"],"refs":[["a"]]},"expected":{}}`,
		`{"metric":"cluener","config":{},"input":{"gold":[{}]},"expected":{}}`,
		`{"metric":"seqeval_default","config":{},"input":{"y_true":[["O"]]},"expected":{}}`,
		`{"metric":"seqeval_default","config":{},"input":{"y_true":[[]],"y_pred":[[]]},"expected":{"entities_true":[[["A",1]]],"entities_pred":[[]]}}`,
		`{"metric":"cmrc2018","config":{},"input":{"answers":["a"]},"expected":{}}`,
	} {
		report := check(t, Options{Paths: []string{writeVectors(t, line)}})
		if len(report.Checks) != 1 || report.Checks[0].Status != Fail {
			t.Errorf("%v of %s, want one failed", report.Checks, line)
		}
	}
}
