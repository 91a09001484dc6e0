package parity

import (
	"bytes"
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

// Any bytes give an error or a deviation, and never a panic.
func FuzzVectors(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","metric":"wilson","config":{"confidence":0.95},"input":{"successes":1,"n":10},"expected":{"low":0.01,"high":0.4}}`,
		`{"id":"a","metric":"clopper_pearson","config":{"confidence":0.9},"input":{"successes":3,"n":4},"expected":{"low":0.01,"high":0.4}}`,
		`{"id":"a","metric":"mcnemar_exact_power","config":{"alpha":0.05},"input":{"n":50,"p10":0.05,"p01":0.01},"expected":{"power":0.1}}`,
		`{"id":"a","metric":"bca_quantiles","config":{"confidence":0.9},"input":{"bootstrap":[1,2,3],"jackknife":[1,2],"estimate":2},"expected":{"z0":0}}`,
		`{"id":"a","metric":"wilcoxon_exact","config":{},"input":{"differences":[1,-2,3]},"expected":{"p":0.75}}`,
		`{"id":"a","metric":"paired_permutation_exact","config":{},"input":{"a":[1,0],"b":[0,1]},"expected":{"p_two_sided":1}}`,
		`{"id":"a","metric":"paired_t","config":{"confidence":0.9},"input":{"differences":[1,-2,3]},"expected":{"p":0.75}}`,
		`{"id":"a","metric":"cluster_stderr","config":{},"input":{"values":[1,-2,3],"clusters":[0,0,1]},"expected":{"stderr":0.75}}`,
		`{"id":"a","metric":"kendall_tau_b","config":{},"input":{"x":[1,2,2],"y":[1,3,2]},"expected":{"tau":0.75}}`,
		`{"id":"a","metric":"ece","config":{"bins":10},"input":{"probability":[0.5],"label":[1]},"expected":{"ece":0.5}}`,
		`{"id":"a","metric":"mcnemar","config":{},"input":{"b":10,"c":2},"expected":{"exact_p":0.04,"midp":null}}`,
		`{"metric":""}`,
	} {
		f.Add([]byte(seed))
	}
	checks := statisticChecks()
	f.Fuzz(func(t *testing.T, raw []byte) {
		cases, err := parseVectors(bytes.NewReader(raw), "vectors.jsonl")
		if err != nil {
			return
		}
		for metric, list := range cases {
			check, ok := checks[metric]
			if !ok {
				continue
			}
			for _, v := range list {
				if d, err := check(v); err == nil && !(d >= 0) {
					t.Errorf("%s: deviation %v", raw, d)
				}
			}
		}
	})
}
