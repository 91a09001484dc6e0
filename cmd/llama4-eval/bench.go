package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/spf13/cobra"
)

// benchFlags are the flags of bench as they were given.
type benchFlags struct {
	engine   inference.Options
	models   []string
	batch    string
	prompt   []string
	generate []string
	depth    []string
	streams  []string
	threads  []string
	reps     int
	seed     uint64
	format   string
	progress string
	peer     string
	config   string
	verbose  bool

	plan benchPlan
}

// Bounds of what can be asked for.
const (
	maxBenchTokens  = 1 << 20
	maxBenchStreams = 1024
	maxBenchThreads = 4096
	maxBenchReps    = 1000
)

var benchFormats = []string{"text", "json", "md", "csv"}

func newBenchCommand() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench --model M",
		Short: "Measure speed, latency and memory; no task needed",
		Long: `bench measures prefill (pp512: a prompt of 512 tokens) and decode (tg64: 64 tokens generated) in tokens a second, the time to the first
token and between tokens, memory by kind, and how near all that is to what the machine can do, which is measured for a second at the start.

The flags are those of llama-bench; -npl is that of llama-batched-bench. -p, -n, -d, -npl and -t take lists (512,1024) and ranges
(first-last, first-last+step, first-last*factor). Every combination is measured, prompts with one stream only, on random tokens. Each test
runs once unmeasured, then -r times: the table shows the median, and as ± the repetition farthest from it.

--peer runs each test with llama.cpp too, on the same file, one repetition of theirs after each of ours, and prints the median of the
ratios.`,
		Example: `  llama4-eval bench --model model.gguf
  llama4-eval bench --model model.gguf -p 512,4096 -n 64 -t 1,2
  llama4-eval bench --model model.gguf -p 0 -n 64 -d 0,4096 -npl 1,4,8,16
  llama4-eval bench --model model.gguf --peer llama-bench=llama.cpp/build/bin/llama-bench --format json`,
		Args: arguments(0, 0, "flags only; --model names the model"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.register(cmd)
	return cmd
}

func (f *benchFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SetNormalizeFunc(normalizeFlag)
	fs.StringArrayVarP(&f.models, "model", "m", nil, "GGUF file, Hugging Face folder, or name of a file in the model folder (repeatable: one table each)")
	fs.StringSliceVarP(&f.prompt, "n-prompt", "p", []string{"512"}, "lengths of prompts in tokens; 0 = no test of prompts")
	fs.StringSliceVarP(&f.generate, "n-gen", "n", []string{"64"}, "numbers of tokens to generate; 0 = no test of generation")
	fs.StringSliceVarP(&f.depth, "n-depth", "d", []string{"0"}, "tokens that are in the cache before")
	fs.StringSliceVar(&f.streams, "npl", []string{"1"}, "sequences generated side by side (also -npl)")
	fs.StringSliceVarP(&f.threads, "threads", "t", nil, "threads that compute (default one a processor)")
	fs.IntVarP(&f.reps, "repetitions", "r", 5, "measured runs of each test")
	fs.Uint64Var(&f.seed, "seed", 0, "seed of the prompts")
	fs.StringVar(&f.peer, "peer", "", "llama-bench=PATH: run every test with that program too")
	fs.StringVarP(&f.format, "format", "o", "text", "what stdout gets: text, json, md or csv")
	fs.StringVar(&f.progress, "progress", "auto", "auto, plain or off; on stderr")
	fs.StringVar(&f.config, "config", "", "YAML file with values for these flags")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "log what the engine does")
	fs.StringVar(&f.engine.Speculation, "speculation", "off", "off, or auto: guess tokens that repeat what was before, as run does")
	registerDeviceFlags(fs, &f.engine)
	fs.IntVar(&f.engine.Context, "ctx", 0, "positions that a sequence may have; 0 = as many as the tests need")
	registerBatchFlag(fs, &f.batch, "most sequences side by side: auto (as many as the tests need) or a number")
	for flag, values := range map[string][]string{
		"format": benchFormats, "progress": {"auto", "plain", "off"}, "cpu": cpuLevels, "kv-type": {"f16", "f32", "q8_0"}, "device": {"auto", "cpu"},
		"speculation": {"off", "auto"}, "n-prompt": {"128", "512", "4096"}, "n-gen": {"32", "64", "128"}, "n-depth": {"0", "4096", "32768"}, "npl": {"1", "4", "8", "16"},
	} {
		completeWith(cmd, flag, func() []string { return values })
	}
}

// benchSpellings makes -npl, the flag of llama-batched-bench, a long flag: one dash makes single letters otherwise.
func benchSpellings(args []string) []string {
	if len(args) == 0 || args[0] != "bench" {
		return args
	}
	out := slices.Clone(args)
	for i, a := range out {
		if a == "--" {
			break
		}
		if a == "-npl" || strings.HasPrefix(a, "-npl=") {
			out[i] = "-" + a
		}
	}
	return out
}

func (f *benchFlags) run(cmd *cobra.Command) error {
	if err := applySettings(cmd, f.config); err != nil {
		return err
	}
	if err := f.resolve(); err != nil {
		return err
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	f.engine.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	progress, err := newBenchProgress(f.progress, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	return f.measure(cmd.Context(), cmd.OutOrStdout(), progress)
}

// resolve turns flags into a plan and checks them.
func (f *benchFlags) resolve() error {
	if len(f.models) == 0 {
		return errNoModel
	}
	p := &f.plan
	var err error
	for _, list := range []struct {
		flag        string
		values      []string
		least, most int
		to          *[]int
	}{
		{"-p", f.prompt, 0, maxBenchTokens, &p.prompts},
		{"-n", f.generate, 0, maxBenchTokens, &p.generates},
		{"-d", f.depth, 0, maxBenchTokens, &p.depths},
		{"-npl", f.streams, 1, maxBenchStreams, &p.streams},
		{"-t", f.threads, 1, maxBenchThreads, &p.threads},
	} {
		if *list.to, err = numberList(list.flag, list.values, list.least, list.most); err != nil {
			return err
		}
	}
	if len(p.threads) == 0 {
		p.threads = []int{defaultThreads()}
	}
	zero := func(n int) bool { return n == 0 }
	p.prompts, p.generates = slices.DeleteFunc(p.prompts, zero), slices.DeleteFunc(p.generates, zero)
	if len(p.prompts)+len(p.generates) == 0 {
		return usagef("nothing to measure: -p and -n are both 0")
	}
	if f.reps < 1 || f.reps > maxBenchReps {
		return usagef("-r %d: want 1 to %d", f.reps, maxBenchReps)
	}
	if f.engine.BatchSize, err = parseBatch(f.batch); err != nil {
		return err
	}
	if most := slices.Max(p.streams); f.engine.BatchSize > 0 && f.engine.BatchSize < most && len(p.generates) > 0 {
		return usagef("--batch-size %d: -npl %d needs as many or more", f.engine.BatchSize, most)
	}
	if !slices.Contains(benchFormats, f.format) {
		return usagef("--format %q: want %s", f.format, strings.Join(benchFormats, ", "))
	}
	if err := f.engine.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

// measure makes one record of each model, in order. What was measured before an error or an interruption is written too.
func (f *benchFlags) measure(ctx context.Context, stdout io.Writer, progress *benchProgress) error {
	var paths []string
	for _, name := range f.models { // a wrong name is told before anything is measured
		path, err := inference.FindModel(name)
		if err != nil {
			return err
		}
		paths = append(paths, path)
	}
	var p *peer
	if f.peer != "" {
		var err error
		if p, err = newPeer(f.peer, paths); err != nil {
			return err
		}
	}
	machine := hardware.Take(ctx)
	level, err := cpu.ParseLevel(f.engine.CPU)
	if err != nil {
		return err
	}
	progress.say("measuring what the machine can do")
	ceilings, err := measureCeilings(ctx, machine, level, f.plan.threads)
	if err != nil {
		return err
	}
	for i, path := range paths {
		b := &bench{
			flags: f, path: path, peer: p, progress: progress, ceilings: ceilings,
			record: reports.Bench{
				SchemaVersion: reports.BenchVersion, Hardware: machine, Ceilings: benchCeilings(ceilings),
				Rows: []reports.BenchRow{}, Skipped: []reports.BenchSkipped{}, Warnings: []string{},
				Started: time.Now().UTC().Format(time.RFC3339),
			},
		}
		if load := machine.CPU.Load; load > float64(machine.CPU.LogicalCores)/2 {
			b.warn(fmt.Sprintf("the machine was busy when this began: load %.1f on %s", load, plural(machine.CPU.LogicalCores, "processor")))
		}
		err := b.run(ctx)
		progress.clear()
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		if len(b.record.Rows) == 0 {
			if err == nil {
				first := b.record.Skipped[0]
				err = fmt.Errorf("bench: %s: no test fits: %v %s", path, first.BenchTest, first.Reason)
			}
			return err
		}
		if err != nil {
			b.record.Warnings = append(b.record.Warnings, "not all tests were run: "+err.Error())
		}
		if werr := f.write(stdout, &b.record, i); werr != nil || err != nil {
			return errors.Join(err, werr)
		}
	}
	return nil
}

func (f *benchFlags) write(w io.Writer, r *reports.Bench, i int) error {
	switch f.format {
	case "json":
		return reports.BenchJSON(w, r)
	case "csv":
		if i == 0 {
			if _, err := io.WriteString(w, reports.BenchCSVHeader); err != nil {
				return err
			}
		}
		return reports.BenchCSV(w, r)
	}
	if i > 0 {
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	if f.format == "md" {
		return reports.BenchMarkdown(w, r)
	}
	return reports.BenchText(w, r)
}

func benchCeilings(measured []cpu.Ceiling) []reports.BenchCeiling {
	out := make([]reports.BenchCeiling, len(measured))
	for i, c := range measured {
		out[i] = reports.BenchCeiling{Threads: c.Threads, DRAMBytes: c.Read, Int8MACs: c.Int8, Float32MAC: c.Float32}
	}
	return out
}
