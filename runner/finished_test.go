package runner

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/llama4-eval/llama4-eval/reports"
)

// edit replaces the first occurrence of a text in a file.
func edit(t *testing.T, path, old, now string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(b), old, now, 1)
	if changed == string(b) {
		t.Fatalf("%s has no %q", path, old)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRun(t *testing.T) {
	o := fakeOptions(t)
	rec, dir := mustRun(t, o, newFake())
	for name, path := range map[string]string{"run folder": dir, "folder of runs": o.Out} {
		t.Run(name, func(t *testing.T) {
			r, err := OpenRun(path)
			if err != nil {
				t.Fatal(err)
			}
			if r.Dir != dir || r.Newest != (path == o.Out) || r.Record.Digest != rec.Digest {
				t.Errorf("opened %s (newest %v), want %s", r.Dir, r.Newest, dir)
			}
			if got := r.Tasks(); !slices.Equal(got, []string{"choice", "generate"}) {
				t.Errorf("tasks %q", got)
			}
			if got := r.Shots("generate"); len(got) != 1 {
				t.Errorf("shots %q, want one", got)
			}
			samples, err := r.Samples("choice")
			if err != nil || len(samples) != 12 || samples[3].DocID != "3" || len(samples[3].Choices) != 3 {
				t.Errorf("samples: %d, %v", len(samples), err)
			}
			if err := r.CheckDigest(map[string][]reports.Sample{"choice": samples}); err != nil {
				t.Error(err)
			}
			if _, err := r.Samples("nothing"); err == nil {
				t.Error("samples of a task that was not run")
			}
		})
	}
}

// TestOpenRunNewest starts several runs within a second, so that names end in numbers.
func TestOpenRunNewest(t *testing.T) {
	o := fakeOptions(t)
	now := newClock().Now()
	o.Now, o.Resume, o.Limit = func() time.Time { return now }, ResumeNever, "1"
	var last string
	for range 11 {
		_, last = mustRun(t, o, newFake())
	}
	r, err := OpenRun(o.Out)
	if err != nil || r.Dir != last {
		t.Errorf("the newest of 11 runs is %v, want %s (%v)", r, last, err)
	}
	// An unfinished one is passed over, however new.
	if err := os.Remove(filepath.Join(last, resultsName)); err != nil {
		t.Fatal(err)
	}
	if r, err = OpenRun(o.Out); err != nil || r.Dir != strings.TrimSuffix(last, "-11")+"-10" {
		t.Errorf("the newest finished run is %v (%v)", r, err)
	}
}

func TestOpenRunUnfinished(t *testing.T) {
	o := fakeOptions(t)
	m := newFake()
	ctx, cancel := context.WithCancel(t.Context())
	m.gate = func(context.Context, string) error {
		if m.asked.Load() > 9 {
			cancel()
		}
		return nil
	}
	_, dir, err := Run(ctx, o, m)
	var stopped *Interrupted
	if !errors.As(err, &stopped) {
		t.Fatal(err)
	}
	for _, path := range []string{dir, o.Out} {
		var e *Unfinished
		if _, err := OpenRun(path); !errors.As(err, &e) || e.Dir != dir || e.Done != stopped.Done || e.Total != 24 || !strings.Contains(e.Error(), "the same command goes on") {
			t.Errorf("%s: %v, want %d of 24 samples", path, err, stopped.Done)
		}
	}
}

// TestOpenRunRefuses damages a run in one place each.
func TestOpenRunRefuses(t *testing.T) {
	o := fakeOptions(t)
	_, whole := mustRun(t, o, newFake())
	half := func(t *testing.T, path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(b, []byte("\n"))
		if err := os.WriteFile(path, bytes.Join(lines[:6], nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"NaN in results", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, resultsName), `"acc_n,none": 12`, `"acc_n,none": NaN`)
		}, `"results" "choice" "acc_n,none": NaN is not a number`},
		{"infinite value", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, resultsName), `"acc_n,none": 12`, `"acc_n,none": -Infinity`)
		}, `"acc_n,none": Infinity is not a number`},
		{"value beyond float64", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, resultsName), `"wall_seconds": `, `"wall_seconds": 1e999`)
		}, `number 1e999`},
		{"unknown key", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, resultsName), `"schema_version": 1,`, `"schema_version": 1, "colour": 3,`)
		}, `unknown field "colour"`},
		{"other version", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, resultsName), `"schema_version": 1`, `"schema_version": 7`)
		}, `schema_version 7`},
		{"results cut", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, resultsName), 700); err != nil {
				t.Fatal(err)
			}
		}, `unexpected end`},
		{"results of another run", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, resultsName), `"identity": "`, `"identity": "0`)
		}, `of another run`},
		{"a task is gone", func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, manifestName), `"task": "choice"`, `"task": "choices"`)
		}, `no results of task "choices"`},
		{"no manifest", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, manifestName)); err != nil {
				t.Fatal(err)
			}
		}, `no manifest.json`},
		{"half the samples", func(t *testing.T, dir string) { half(t, samplesPath(dir, "choice")) }, `6 of 12 samples of task choice`},
		{"no samples", func(t *testing.T, dir string) {
			if err := os.Remove(samplesPath(dir, "generate")); err != nil {
				t.Fatal(err)
			}
		}, `0 of 12 samples of task generate`},
		{"torn line", func(t *testing.T, dir string) {
			path := samplesPath(dir, "choice")
			b, _ := os.ReadFile(path)
			if err := os.WriteFile(path, append(b, `{"doc_id":`...), 0o644); err != nil {
				t.Fatal(err)
			}
		}, `line 13: a torn line`},
		{"NaN in a sample", func(t *testing.T, dir string) {
			edit(t, samplesPath(dir, "choice"), `"metrics":{"acc":`, `"metrics":{"acc":NaN,"x":`)
		}, `choice.jsonl: line 1: "metrics" "acc": NaN is not a number`},
		{"sample twice", func(t *testing.T, dir string) {
			edit(t, samplesPath(dir, "choice"), `"doc_id":"1"`, `"doc_id":"0"`)
		}, `line 2: sample "0" is there a second time`},
		{"sample of another task", func(t *testing.T, dir string) {
			edit(t, samplesPath(dir, "choice"), `"task":"choice"`, `"task":"chance"`)
		}, `line 1: sample of task "chance"`},
		{"unknown verdict", func(t *testing.T, dir string) {
			edit(t, samplesPath(dir, "choice"), `"verdict":"`, `"verdict":"un`)
		}, `has the verdict "un`},
		{"verdict taken back", func(t *testing.T, dir string) {
			edit(t, samplesPath(dir, "choice"), `"verdict":"wrong"`, `"verdict":"error"`)
		}, `11 samples are scored, results.json counts 12`},
		{"changed answer", func(t *testing.T, dir string) {
			edit(t, samplesPath(dir, "generate"), `"response":"`, `"response":"是`)
		}, `do not hash to the digest`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := filepath.Join(memoryDir(t), filepath.Base(whole))
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			tc.damage(t, dir)
			r, err := OpenRun(dir)
			if err == nil {
				err = r.CheckDigest(nil)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), filepath.Base(whole)) {
				t.Errorf("error %v, want one with %q that names the run", err, tc.want)
			}
		})
	}
	for name, path := range map[string]string{"no such folder": filepath.Join(whole, "nothing"), "a file": filepath.Join(whole, resultsName), "an empty folder": t.TempDir()} {
		if _, err := OpenRun(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
