package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/llama4-eval/llama4-eval/golden"
)

// process is the command llama4-eval with a home of its own, which holds the models of writeModels.
func process(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	models := filepath.Join(home, "models")
	if err := writeModels(models); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "llama4-eval", args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "LLAMA4_EVAL_MODELS="+models)
	return cmd
}

func exitOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

// TestInterruptedRuns stops a run in the middle, in several ways, starts the same command again, and compares results and samples
// with those of a run that nobody stopped.
func TestInterruptedRuns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted by a signal here")
	}
	home := t.TempDir()
	arguments := func(out string) []string {
		return []string{"run", "--tasks", "ocnli,cmrc2018,eprstmt", "--limit", "4", "--model", "tiny", "--out", out, "--batch-size", "2", "--progress", "json"}
	}
	whole := filepath.Join(home, "whole")
	if out, err := process(t, home, arguments(whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := loadRun(whole)
	if err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name  string
		stop  os.Signal
		exit  int // -1 = ended by the signal
		after func(t *testing.T, dir string)
	}{
		{"kill -9", os.Kill, -1, nil},
		{"kill -9 in the middle of a line", os.Kill, -1, tearJournals},
		{"Ctrl-C", os.Interrupt, exitInterrupted, func(t *testing.T, dir string) {
			for _, path := range journals(t, dir) {
				if b, err := os.ReadFile(path); err != nil || !bytes.HasSuffix(b, []byte("\n")) {
					t.Errorf("%s: the journal is not whole (%v)", path, err)
				}
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if testing.Short() && test.after == nil {
				t.Skip("the next case is the same and more")
			}
			out := filepath.Join(t.TempDir(), "runs")
			// Stopped twice, so that a resumed run is resumed as well.
			for _, samples := range []int{3, 5} {
				cmd := process(t, home, arguments(out)...)
				stderr, err := runUntil(t, cmd, samples, func() error { return cmd.Process.Signal(test.stop) })
				if code := exitOf(t, err); code != test.exit {
					t.Fatalf("exit code %d, want %d\n%s", code, test.exit, stderr)
				}
				if test.exit == exitInterrupted && !strings.Contains(stderr, "the same command goes on from "+out) {
					t.Errorf("no word of how to go on:\n%s", stderr)
				}
				dir, err := onlyRun(out)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := os.Stat(filepath.Join(dir, "results.json")); err == nil {
					t.Fatal("a stopped run has results")
				}
				if test.after != nil {
					test.after(t, dir)
				}
			}
			text, err := process(t, home, arguments(out)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			start, _, _ := strings.Cut(string(text), "\n")
			if strings.Contains(start, `"resumed":0`) || !strings.Contains(start, `"resumed":`) {
				t.Errorf("nothing was resumed: %s", start)
			}
			got, err := loadRun(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("a resumed run differs (-whole +resumed):\n%s", diff)
			}
		})
	}
}

// runUntil runs a command that reports progress in JSON and calls then after some samples. It returns standard error and the error
// of the process.
func runUntil(t *testing.T, cmd *exec.Cmd, samples int, then func() error) (string, error) {
	t.Helper()
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	lines := bufio.NewScanner(io.TeeReader(pipe, &stderr))
	for seen := 0; lines.Scan(); {
		if strings.Contains(lines.Text(), `"event":"sample"`) {
			seen++
		}
		if seen == samples {
			seen++ // once is enough
			if err := then(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return stderr.String(), cmd.Wait()
}

// TestModelFileTruncated cuts the weight file while a run reads it where it lies. There is one message, and with the file as it was the
// same command goes on to the results of a run that nothing happened to.
func TestModelFileTruncated(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("whether a mapped file can be truncated depends on the system")
	}
	home := t.TempDir()
	arguments := func(out string) []string {
		return []string{
			"run", "--tasks", "ocnli,cmrc2018,eprstmt", "--limit", "4", "--model", "tiny", "--out", out, "--batch-size", "2", "--progress", "json",
			"--cpu", "reference",
		}
	}
	whole := filepath.Join(home, "whole")
	if out, err := process(t, home, arguments(whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := loadRun(whole)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(home, "runs")
	model := filepath.Join(home, "models", "tiny.gguf")
	for _, samples := range []int{3, 5} {
		stderr, err := runUntil(t, process(t, home, arguments(out)...), samples, func() error { return os.Truncate(model, 10_000) })
		if code := exitOf(t, err); code != exitFailed {
			t.Fatalf("exit code %d, want %d\n%s", code, exitFailed, stderr)
		}
		var said []string
		for line := range strings.Lines(stderr) {
			if !strings.HasPrefix(line, "{") { // no progress
				said = append(said, line)
			}
		}
		if len(said) != 1 || !strings.Contains(said[0], model+`" was truncated or changed while it was in use`) || !strings.Contains(said[0], "goes on from "+out) {
			t.Errorf("want one message, got %q", said)
		}
	}
	text, err := process(t, home, arguments(out)...).CombinedOutput() // writes the model anew
	if err != nil || strings.Contains(string(text), `"resumed":0`) {
		t.Fatalf("%v\n%s", err, text)
	}
	got, err := loadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a resumed run differs (-whole +resumed):\n%s", diff)
	}
}

func journals(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "samples", "*.jsonl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has no journals (%v)", dir, err)
	}
	return paths
}

// tearJournals cuts the last line of every journal in its middle.
func tearJournals(t *testing.T, dir string) {
	for _, path := range journals(t, dir) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		last := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
		if err := os.Truncate(path, int64(last+(len(b)-last)/2)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamagedJournal changes a line that is not the last one: nothing is guessed, the message names the line.
func TestDamagedJournal(t *testing.T) {
	home := t.TempDir()
	out := filepath.Join(home, "runs")
	arguments := []string{"run", "--tasks", "eprstmt", "--limit", "3", "--model", "tiny", "--out", out, "--progress", "off"}
	if text, err := process(t, home, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	dir, err := onlyRun(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "results.json")); err != nil {
		t.Fatal(err)
	}
	path := journals(t, dir)[0]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines[1] = []byte("{\"doc_id\":\n")
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := process(t, home, arguments...).CombinedOutput()
	if code := exitOf(t, err); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	if got, want := string(text), "llama4-eval: runner: journal "+path+": line 2: not a whole JSON object\n"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestParityCommand checks a reference model, and the same with a changed value.
func TestParityCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("package parity tests the same with less")
	}
	source := golden.Shared(t, "fixtures", "llama-tiny")
	home := t.TempDir()
	text, err := process(t, home, "parity", source).CombinedOutput()
	if err != nil || !strings.Contains(string(text), " passed, 0 failed, 0 skipped\n") {
		t.Errorf("%v\n%s", err, text)
	}
	damaged := filepath.Join(home, "llama-tiny")
	if err := os.CopyFS(damaged, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(damaged, "model.safetensors")
	b, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 0x40 // the exponent of the last weight
	if err := os.WriteFile(weights, b, 0o644); err != nil {
		t.Fatal(err)
	}
	text, err = process(t, home, "parity", damaged).CombinedOutput()
	if code := exitOf(t, err); code != exitFailed || !strings.HasPrefix(string(text), "fail  llama-tiny") {
		t.Errorf("exit code %d, want %d\n%s", code, exitFailed, text)
	}
}
