package parity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
)

func TestStatistics(t *testing.T) {
	report := check(t, Options{Paths: []string{golden.Shared(t, "fixtures", "statistics.jsonl")}})
	for _, c := range report.Checks {
		if c.Status != Pass {
			t.Error(c)
		}
	}
	if len(report.Checks) != 15 {
		t.Errorf("%s, want 15 metrics", report.Summary())
	}
}

// Vectors that are wrong, cannot be read or name what does not exist each end in one check that says so.
func TestVectorDamage(t *testing.T) {
	const wilson = `{"id":"w-0","metric":"wilson","config":{"confidence":0.95},"input":{"successes":1,"n":10},"expected":{"low":0.0178762,"high":0.4041500}}`
	for _, tc := range []struct {
		name, lines string
		status      Status
		detail      string
	}{
		{"rounded", wilson, Fail, "1 of 1 cases differ; first: w-0"},
		{"unknown metric", strings.Replace(wilson, `"wilson"`, `"wilsin"`, 1), Skip, "1 cases: metric is not supported"},
		{"no input", `{"id":"w-0","metric":"wilson","config":{},"expected":{}}`, Fail, "case w-0: input is missing"},
		{"wrong type", strings.Replace(wilson, "10}", `"ten"}`, 1), Fail, "case w-0: input: json"},
		{"no metric", wilson + "\n{}", Fail, `:2: no "metric"`},
		{"cut", wilson + "\n" + wilson[:40], Fail, ":2: unexpected end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vectors.jsonl")
			if err := os.WriteFile(path, []byte(tc.lines+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			report := check(t, Options{Paths: []string{path}})
			if len(report.Checks) != 1 || report.Checks[0].Status != tc.status || !strings.Contains(report.Checks[0].Detail, tc.detail) {
				t.Errorf("%v, want one %s with %q", report.Checks, tc.status, tc.detail)
			}
		})
	}
}
