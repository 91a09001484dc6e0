package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/reports"
)

func TestNumberList(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want []int // nil = an error
	}{
		{"512", []int{512}},
		{"1,2,2,4", []int{1, 2, 4}},
		{"1-4", []int{1, 2, 3, 4}},
		{"256-1024+256", []int{256, 512, 768, 1024}},
		{"1-16*2", []int{1, 2, 4, 8, 16}},
		{"3-20*3,7", []int{3, 9, 7}},
		{"0", []int{0}},
		{"0-4*2", []int{0}},
		{"5-5*1", []int{5}},
		{" 8 ", []int{8}},
		{"", nil},
		{"-1", nil},
		{"4-1", nil},
		{"1-", nil},
		{"1-4+0", nil},
		{"1-4*-2", nil},
		{"1-4+2+2", nil},
		{"1e3", nil},
		{"2000000", nil},
		{"1-5000", nil}, // more numbers than anyone means
		{"9999999999999999999", nil},
	} {
		t.Run(tc.in, func(t *testing.T) {
			got, err := numberList("-p", strings.Split(tc.in, ","), 0, 1<<20)
			if tc.want == nil {
				if err == nil || !strings.HasPrefix(err.Error(), "-p ") {
					t.Errorf("%v, error %v; want an error that names the flag", got, err)
				}
			} else if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("%v, %v; want %v", got, err, tc.want)
			}
		})
	}
}

// TestBenchRates: what counts, and in which time.
func TestBenchRates(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	usage := func(prompt, reused, ttft, total int) inference.Usage {
		return inference.Usage{
			PromptTokens: prompt, ReusedTokens: reused, TTFT: time.Duration(ttft) * time.Millisecond, Total: time.Duration(total) * time.Millisecond,
		}
	}
	for _, tc := range []struct {
		name   string
		test   benchTest
		usages []inference.Usage
		ends   []time.Time
		want   benchResult
	}{
		{"prompt", benchTest{prompt: 100, streams: 1}, []inference.Usage{usage(100, 0, 500, 510)}, []time.Time{at(510)}, benchResult{200, []float64{500}, false}},
		{
			"prompt after a depth in the cache",
			benchTest{prompt: 100, depth: 1000, streams: 1},
			[]inference.Usage{usage(1100, 1000, 500, 510)},
			[]time.Time{at(510)},
			benchResult{200, []float64{500}, false},
		},
		{
			"prompt after a depth that was run again",
			benchTest{prompt: 100, depth: 1000, streams: 1},
			[]inference.Usage{usage(1100, 0, 5000, 5010)},
			[]time.Time{at(5010)},
			benchResult{220, []float64{5000}, true},
		},
		{"generation", benchTest{generate: 10, streams: 1}, []inference.Usage{usage(1, 0, 100, 600)}, []time.Time{at(700)}, benchResult{20, []float64{100}, false}},
		{
			// The first tokens come at 100 and 200, the last ones at 900 and 1100.
			"streams",
			benchTest{generate: 10, streams: 2},
			[]inference.Usage{usage(1, 0, 100, 900), usage(1, 0, 150, 1050)},
			[]time.Time{at(900), at(1100)},
			benchResult{20, []float64{100, 150}, false},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := summarize(tc.test, tc.usages, tc.ends)
			if math.Abs(got.tokS-tc.want.tokS) > 1e-9 || !slices.Equal(got.ttft, tc.want.ttft) || got.recomputed != tc.want.recomputed {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestBenchCost counts the work of the tiny model by hand.
func TestBenchCost(t *testing.T) {
	dir := t.TempDir()
	if err := writeModels(dir); err != nil {
		t.Fatal(err)
	}
	c, err := inference.OpenCheckpoint(filepath.Join(dir, "tiny.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	arch, err := models.Lookup(c.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	config, err := arch.Configure(c.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	cost := newBenchCost(c, config)
	const layer = 32*32*2 + 16*32*2 + 3*64*32
	want := benchCost{
		weights: 4 * (259*32 + 2*layer + 5*32), floatMACs: 2 * layer, outputFloats: 259 * 32, kvValues: 2 * 2 * 16, known: true,
	}
	if cost != want {
		t.Errorf("%+v, want %+v", cost, want)
	}

	top := cpu.Ceiling{Threads: 1, Read: 1e9, Int8: 1e9, Float32: 1e6}
	percent := func(of string, v float64) *reports.BenchShare { return &reports.BenchShare{Percent: v, Of: of} }
	for _, tc := range []struct {
		name string
		cost benchCost
		test benchTest
		top  cpu.Ceiling
		want *reports.BenchShare
	}{
		{"prompt", cost, benchTest{prompt: 8, streams: 1}, top, percent(reports.OfCompute, 100*10*2*layer/1e6)},
		{"generation", cost, benchTest{generate: 8, depth: 96, streams: 1}, top, percent(reports.OfDRAM, 100*10*(float64(want.weights)+2*64*100)/1e9)},
		// Four streams share the weights, and arithmetic is the nearer ceiling.
		{"streams", cost, benchTest{generate: 8, streams: 4}, top, percent(reports.OfCompute, 100*10*(2*layer+259*32)/1e6)},
		{"unknown memory", cost, benchTest{generate: 8, streams: 1}, cpu.Ceiling{Int8: 1, Float32: 1}, nil},
		{"experts", benchCost{}, benchTest{generate: 8, streams: 1}, top, nil},
		{"window", benchCost{known: true, kvValues: 1, window: 10}, benchTest{generate: 8, depth: 96, streams: 1}, top, percent(reports.OfDRAM, 100*10*2*10/1e9)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.cost.share(tc.test, 10, 2, tc.top)
			if got != nil && tc.want != nil && math.Abs(got.Percent-tc.want.Percent) < 1e-9 {
				got.Percent = tc.want.Percent
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestPeerOutput: only a whole answer to the very test is taken.
func TestPeerOutput(t *testing.T) {
	one := benchTest{prompt: 32, depth: 64, streams: 1, threads: 2}
	const good = `[{"build_commit": "abc", "build_number": 7, "n_prompt": 32, "n_gen": 0, "n_depth": 64, "n_threads": 2, "samples_ts": [12.5], "new": {}}]`
	p := &peer{path: "llama-bench"}
	if rate, err := p.parse([]byte(good), one); err != nil || rate != 12.5 || p.build != "abc (build 7)" {
		t.Errorf("rate %g, build %q, %v", rate, p.build, err)
	}
	for name, change := range map[string][2]string{
		"empty":          {good, ""},
		"text":           {good, "error: unable to load model"},
		"cut":            {`"samples_ts"`, ``},
		"two values":     {`}]`, `}] {}`},
		"two tests":      {`}]`, `}, {}]`},
		"no test":        {good, "[]"},
		"other prompt":   {`"n_prompt": 32`, `"n_prompt": 64`},
		"other depth":    {`"n_depth": 64`, `"n_depth": 0`},
		"other threads":  {`"n_threads": 2`, `"n_threads": 1`},
		"no threads":     {`"n_threads": 2, `, ``},
		"no rate":        {`[12.5]`, `[]`},
		"two rates":      {`[12.5]`, `[12.5, 13]`},
		"no speed":       {`[12.5]`, `[0]`},
		"negative":       {`[12.5]`, `[-1]`},
		"text for speed": {`[12.5]`, `["fast"]`},
		"too large":      {`[12.5]`, `[1e999]`},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.Replace(good, change[0], change[1], 1)
			if broken == good {
				t.Fatal("nothing was changed")
			}
			if rate, err := p.parse([]byte(broken), one); err == nil {
				t.Errorf("a rate of %g is taken", rate)
			}
		})
	}

	many := benchTest{generate: 16, depth: 3, streams: 4, threads: 2}
	const line = `{"n_threads": 2, "pp": 4, "tg": 16, "pl": 4, "speed_tg": 99.5}`
	if rate, err := parseBatched([]byte("\nmessage\n"+line+"\n\n"), many); err != nil || rate != 99.5 {
		t.Errorf("rate %g, %v", rate, err)
	}
	for name, out := range map[string]string{
		"empty": "", "text": "error", "twice": line + "\n" + line, "cut": line[:30],
		"other streams": strings.Replace(line, `"pl": 4`, `"pl": 8`, 1), "no speed": strings.Replace(line, `"speed_tg": 99.5`, `"speed": 99.5`, 1),
	} {
		t.Run("batched "+name, func(t *testing.T) {
			if rate, err := parseBatched([]byte(out), many); err == nil {
				t.Errorf("a rate of %g is taken", rate)
			}
		})
	}
}

// TestPeerInterrupted stops bench while the peer runs: it ends the peer, and shows what was measured before.
func TestPeerInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted by a signal here")
	}
	home := t.TempDir()
	script, pid := filepath.Join(home, "llama-bench"), filepath.Join(home, "pid")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho $$ > '"+pid+".new'\nmv '"+pid+".new' '"+pid+"'\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := process(t, home, "bench", "-m", "tiny", "-p", "8", "-n", "0", "-t", "1", "-r", "1", "--peer", "llama-bench="+script)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var child string
	for child == "" && t.Context().Err() == nil {
		b, _ := os.ReadFile(pid)
		child = strings.TrimSpace(string(b))
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, cmd.Wait()); code != exitInterrupted || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d, want %d\n%s", code, exitInterrupted, &stderr)
	}
	if err := exec.CommandContext(t.Context(), "kill", "-0", child).Run(); err == nil {
		t.Errorf("the peer still runs as process %s", child)
	}
}
