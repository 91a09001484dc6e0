package parity

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
)

// check runs the checks of paths and returns the report; an error ends the test.
func check(t *testing.T, o Options) Report {
	t.Helper()
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// failed are the names of the checks that failed.
func failed(r Report) []string {
	var names []string
	for _, c := range r.Checks {
		if c.Status == Fail {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestFixtures(t *testing.T) {
	for _, o := range []Options{{CPU: "reference"}, {CPU: "auto"}, {CPU: "reference", KVType: "f16", Threads: 1}} {
		t.Run(o.CPU+" "+o.KVType, func(t *testing.T) {
			for _, p := range []string{"llama-tiny", "llama-tiny-tied", "qwen2-tiny", "gemma3-tiny", "gguf", "quants.json", "tokenizer"} {
				o.Paths = append(o.Paths, golden.Shared(t, "fixtures", p))
			}
			report := check(t, o)
			for _, c := range report.Checks {
				if c.Status == Fail {
					t.Error(c)
				}
			}
			if n := report.Count(Pass); n < 110 {
				t.Errorf("%s, want at least 110 passed", report.Summary())
			}
		})
	}
}

// Kinds that cannot be checked yet are skipped, each with its reason, and the rest of the folder is still checked.
func TestSkips(t *testing.T) {
	dir := golden.Shared(t, "fixtures")
	for path, reason := range map[string]string{
		"lora":                        "adapters",
		"lora-pattern":                "adapters",
		"tiling.json":                 "tiles",
		"gguf/scout-f32.gguf":         `"llama4"`,
		"llama4-text-scout":           `"llama4_text"`,
		"llama4-vision":               `"llama4"`,
		"gguf/lora-f32.gguf":          `"llama4"`,
		"gguf/vision-mmproj-f16.gguf": `"clip"`,
	} {
		t.Run(path, func(t *testing.T) {
			report := check(t, Options{Paths: []string{filepath.Join(dir, path)}, CPU: "reference"})
			for _, c := range report.Checks {
				if c.Status != Skip || !strings.Contains(c.Detail, reason) {
					t.Error(c)
				}
			}
		})
	}
}

// copyFolder copies the files of a fixture folder to a temporary one of the same name.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(from))
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// replace changes the first occurrence of a text in a file.
func replace(t *testing.T, path, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), from) {
		t.Fatalf("%s has no %q", path, from)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(raw), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// without is a list without some of its elements.
func without(list []string, drop ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// What is wrong in a model, its settings or the values is seen by the checks it concerns, and by no others.
func TestDamageIsSeen(t *testing.T) {
	dir := golden.Shared(t, "fixtures", "llama-tiny")
	numeric := []string{
		"logits", "logits in one batch", "hidden states", "final norm", "greedy tokens", "logits while generating", "log-likelihood",
		"greedy continuations",
	}
	const name = "llama-tiny/config.json"
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   []string // with the name of the folder in front
	}{
		{"nothing", func(*testing.T, string) {}, nil},
		{"theta doubled", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "config.json"), `"rope_theta": 10000.0`, `"rope_theta": 20000.0`)
		}, without(numeric, "greedy tokens", "greedy continuations")}, // whose gaps are wide
		{"no rope scaling", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "config.json"), `"rope_type": "llama3"`, `"rope_type": "default"`)
		}, numeric},
		{"a changed weight", func(t *testing.T, dir string) {
			path := filepath.Join(dir, "model.safetensors")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			raw[len(raw)-1] ^= 0x40 // the exponent of the last value
			if err := os.WriteFile(path, raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}, without(numeric, "hidden states")}, // it is of the final norm
		{"another greedy token", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "expected.json"), `"tokens": [241, 57`, `"tokens": [241, 58`)
		}, []string{"greedy tokens", "logits while generating"}},
		{"another log-probability", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "expected.json"), `"sum_logprob": -39.72`, `"sum_logprob": -39.82`)
		}, []string{"log-likelihood"}},
		{"greedy or not", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "expected.json"), `"is_greedy": true`, `"is_greedy": false`)
		}, []string{"greedy continuations"}},
		{"a token outside the vocabulary", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "expected.json"), `"long": [280`, `"long": [288`)
		}, []string{"logits", "logits in one batch", "logits in pieces", "hidden states"}},
		{"an empty continuation", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "expected.json"), `"continuation": [164]`, `"continuation": []`)
		}, []string{"log-likelihood"}},
		{"no expected values", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "expected.safetensors")); err != nil {
				t.Fatal(err)
			}
		}, []string{""}},
		{"no weights", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
				t.Fatal(err)
			}
		}, []string{""}},
		{"a wrong size", func(t *testing.T, dir string) {
			replace(t, filepath.Join(dir, "config.json"), `"intermediate_size": 64`, `"intermediate_size": 65`)
		}, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copyFolder(t, dir)
			if err := os.Remove(filepath.Join(dir, "config_alt.json")); err != nil {
				t.Fatal(err)
			}
			c.damage(t, dir)
			var want []string
			for _, w := range c.want {
				if w != "" {
					w = ": " + w
				}
				want = append(want, name+w)
			}
			if diff := cmp.Diff(want, failed(check(t, Options{Paths: []string{dir}, CPU: "reference"}))); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("expected.json is no JSON", func(t *testing.T) {
		dir := copyFolder(t, dir)
		replace(t, filepath.Join(dir, "expected.json"), "{", "[")
		if got := failed(check(t, Options{Paths: []string{dir}})); len(got) != 1 {
			t.Errorf("failed %v, want one", got)
		}
	})
}

func TestDamagedTokenizerAndBlocks(t *testing.T) {
	t.Run("tokenizer", func(t *testing.T) {
		dir := copyFolder(t, golden.Shared(t, "fixtures", "tokenizer", "qwen2"))
		replace(t, filepath.Join(dir, "expected.json"), `"text": "a", "ids": [64]`, `"text": "a", "ids": [65]`)
		want := []string{"tokenizer qwen2: ids of plain text", "tokenizer qwen2: ids with special tokens", "tokenizer qwen2: decoded texts"}
		if diff := cmp.Diff(want, failed(check(t, Options{Paths: []string{dir}}))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("blocks", func(t *testing.T) {
		dir := t.TempDir()
		for _, n := range []string{"quants.json", "quants.safetensors"} {
			raw, err := os.ReadFile(golden.Shared(t, "fixtures", n))
			if err != nil {
				t.Fatal(err)
			}
			if n == "quants.safetensors" {
				raw[len(raw)-1] ^= 1 // the last tensor is one of quantized bytes
			}
			if err := os.WriteFile(filepath.Join(dir, n), raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := failed(check(t, Options{Paths: []string{dir}})); len(got) != 1 {
			t.Errorf("failed %v, want one", got)
		}
	})
}

func TestGGUFWithoutValues(t *testing.T) {
	raw, err := os.ReadFile(golden.Shared(t, "fixtures", "gguf", "llama-tiny-f32.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "own.gguf")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	for i, files := range []string{"", `{"files":{}}`, `{"files":{"own.gguf":{"sequence":[1]}}}`} {
		if files != "" {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), "expected.json"), []byte(files), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		c := check(t, Options{Paths: []string{path}}).Checks
		want := []Status{Skip, Skip, Fail}[i]
		if len(c) != 1 || c[0].Status != want || !strings.Contains(c[0].Detail, "expected") {
			t.Errorf("%v, want one check with status %s", c, want)
		}
	}
}

func TestRunErrors(t *testing.T) {
	if _, err := Run(t.Context(), Options{Paths: []string{filepath.Join(t.TempDir(), "absent")}}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of an absent path", err)
	}
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Skip("no links here:", err)
	}
	if _, err := Run(t.Context(), Options{Paths: []string{dir}}); err == nil || !strings.Contains(err.Error(), "nothing to check") {
		t.Errorf("error %v of a folder with nothing in it", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Options{Paths: []string{golden.Shared(t, "fixtures", "llama-tiny")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after a cancel", err)
	}
}

func TestOptionsValidate(t *testing.T) {
	for want, o := range map[string]Options{
		"path":    {},
		"level":   {Paths: []string{"x"}, CPU: "sse9"},
		"threads": {Paths: []string{"x"}, Threads: -1},
		"limit":   {Paths: []string{"x"}, Limit: -1},
		"KV type": {Paths: []string{"x"}, KVType: "q8_0"},
	} {
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
}

func TestReportLines(t *testing.T) {
	var seen []string
	r := &run{options: Options{Each: func(c Check) { seen = append(seen, c.String()) }}}
	r.within("a: logits", 3e-6, 2e-4, "9 positions")
	r.within("b: logits", 0.5, 2e-4, "")
	r.within("c: logits", compare([]float64{1}, []float64{1, 2}).worst, 2e-4, "")
	r.equal("d: ids", 4, 0, "")
	r.equal("e: ids", 4, 1, "text x")
	r.equal("f: nothing compared", 0, 0, "")
	r.skip("g", "%s is absent", "model")
	want := []string{
		"pass  a: logits  worst 3e-06 (tolerance 0.0002)  9 positions",
		"fail  b: logits  worst 0.5 (tolerance 0.0002)",
		"fail  c: logits  worst +Inf (tolerance 0.0002)",
		"pass  d: ids  4 equal",
		"fail  e: ids  1 of 4 differ; first: text x",
		"fail  f: nothing compared  nothing was compared",
		"skip  g  model is absent",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	if got := r.report.Summary(); got != "2 passed, 4 failed, 1 skipped" {
		t.Error(got)
	}
}

func TestCompare(t *testing.T) {
	nan := []float64{0}
	nan[0] /= nan[0]
	for _, c := range []struct {
		got, want []float64
		worst     float64
	}{
		{[]float64{1, 2}, []float64{1, 2}, 0},
		{[]float64{1.5, 2}, []float64{1, 2}, 0.5},
		{[]float64{0.5}, []float64{0.25}, 0.25},
		{[]float64{-110}, []float64{-100}, 0.1},
	} {
		if d := compare(c.got, c.want); d.worst != c.worst {
			t.Errorf("compare(%v, %v) = %+v, want worst %g", c.got, c.want, d, c.worst)
		}
	}
	for _, c := range [][2][]float64{{nil, nil}, {{1}, {1, 2}}, {nan, {1}}, {{1}, nan}} {
		if d := compare(c[0], c[1]); d.worst <= 1e300 || d.rms <= 1e300 {
			t.Errorf("compare(%v, %v) = %+v, want infinite", c[0], c[1], d)
		}
	}
	if d := compare([]float64{3, 4}, []float64{0, 0}); d.max != 4 || d.rms != 3.5355339059327378 {
		t.Errorf("compare: %+v", d)
	}
}

func TestLimited(t *testing.T) {
	list := []int{0, 1, 2, 3, 4, 5, 6, 7}
	for n, want := range map[int][]int{0: list, 2: {0, 4}, 3: {0, 2, 5}, 8: list, 99: list} {
		if got := limited(list, n); !slices.Equal(got, want) {
			t.Errorf("limited to %d: %v, want %v", n, got, want)
		}
	}
}
