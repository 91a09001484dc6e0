package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/spf13/cobra"
)

// gateFlags are the flags of gate as they were given.
type gateFlags struct {
	options                          compare.GateOptions
	baseline, format, junit, summary string
	shown                            int
}

var gateFormats = []string{"table", "md", "json", "junit"}

func newGateCommand() *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate --baseline RUN RUN",
		Short: "Decide whether a run is worse than its baseline (exit code 3)",
		Long: `gate tests two things about every task and all of them as one: is the run worse than the baseline, and is any difference smaller than
--max-drop points. Worse is exit code 3. Neither is inconclusive: exit code 0 with a warning, or 3 with --require-equivalence. Power at drops
of 1, 3 and 5 points and the smallest detectable drop say how small a regression could have been seen. Runs whose every output is the same
to the bit need no statistics.

Times per token are compared after both are divided by a loop that each run timed on its own machine while it went on, so that a slow machine
is no regression; memory is compared as it is. Exit code 3 too, when the lower end of the interval of a slowdown is above --max-slowdown, or
memory has grown by more than --max-memory.

A RUN is a run folder, or a folder of them: its newest finished run. Runs that were asked other questions, or got other tokens for them, are
refused (exit code 1), as are damaged and unfinished ones.`,
		Example: `  llama4-eval gate --baseline baseline runs
  llama4-eval gate --baseline baseline runs --junit gate.xml --summary "$GITHUB_STEP_SUMMARY"
  llama4-eval gate --baseline baseline runs --max-drop 2 --require-equivalence --max-slowdown 0`,
		Args: arguments(1, 1, "one RUN: a run folder, or a folder of them"),
		RunE: func(cmd *cobra.Command, a []string) error { return f.run(cmd, a[0]) },
	}
	fs := cmd.Flags()
	fs.SetNormalizeFunc(normalizeFlag)
	o := &f.options
	fs.StringVar(&f.baseline, "baseline", "", "run folder, or folder of runs, that was accepted before")
	fs.Float64Var(&o.Alpha, "alpha", 0.05, "chance of a false alarm of quality, over all tasks; of each time beside it, half as much")
	fs.Float64Var(&o.MaxDrop, "max-drop", 1, "points by which a run may differ and still be equivalent")
	fs.Float64Var(&o.MaxSlowdown, "max-slowdown", 15, "percent by which a token may take longer; 0 = not gated")
	fs.Float64Var(&o.MaxMemory, "max-memory", 10, "percent by which memory may grow; 0 = not gated")
	fs.BoolVar(&o.RequireEquivalence, "require-equivalence", false, "exit code 3 unless the run is shown to be as good, within --max-drop")
	fs.BoolVar(&o.OtherTokenizer, "other-tokenizer", false, "the run's model may cut the same prompts into other tokens")
	fs.StringSliceVarP(&o.Tasks, "tasks", "t", nil, "tasks to gate, comma-separated; none = all that the runs have in common")
	fs.IntVar(&f.shown, "flips", shownFlips, "changed samples of each task that tables show; JSON has all")
	fs.StringVar(&f.format, "format", "table", "what stdout gets: table, md, json or junit")
	fs.StringVar(&f.junit, "junit", "", "file that gets JUnit's XML: a test case for each task and cost")
	fs.StringVar(&f.summary, "summary", "", "file that the Markdown is appended to, such as the summary of a CI step")
	completeWith(cmd, "format", func() []string { return gateFormats })
	completeWith(cmd, "tasks", taskNames)
	return cmd
}

func (f *gateFlags) validate() error {
	o := &f.options
	switch {
	case f.baseline == "":
		return usagef("--baseline is missing: the run folder, or folder of runs, to compare with")
	case !slices.Contains(gateFormats, f.format):
		return usagef("--format %q: want table, md, json or junit", f.format)
	case !(o.Alpha > 0 && o.Alpha < 1):
		return usagef("--alpha %v: want a number between 0 and 1", o.Alpha)
	case !(o.MaxDrop > 0 && o.MaxDrop < 100):
		return usagef("--max-drop %v: want points between 0 and 100", o.MaxDrop)
	case !(o.MaxSlowdown >= 0):
		return usagef("--max-slowdown %v: want percent, 0 or more", o.MaxSlowdown)
	case !(o.MaxMemory >= 0):
		return usagef("--max-memory %v: want percent, 0 or more", o.MaxMemory)
	case f.shown < 0:
		return usagef("--flips %d: want 0 or more", f.shown)
	}
	for _, limit := range []*float64{&o.MaxSlowdown, &o.MaxMemory} {
		if *limit == 0 {
			*limit = -1
		}
	}
	return nil
}

func (f *gateFlags) run(cmd *cobra.Command, run string) error {
	if err := f.validate(); err != nil {
		return err
	}
	g, err := f.decide(cmd.ErrOrStderr(), run)
	if err != nil {
		// Whoever reads only the files has to see it too.
		return errors.Join(err, f.files(
			func(w io.Writer) error { return reports.GateErrorJUnit(w, err.Error()) },
			func(w io.Writer) error { return reports.GateErrorMarkdown(w, err.Error()) }))
	}
	write := map[string]func(io.Writer) error{
		"table": func(w io.Writer) error { return reports.GateText(w, g, f.shown) },
		"md":    func(w io.Writer) error { return reports.GateMarkdown(w, g, f.shown) },
		"json":  func(w io.Writer) error { return reports.GateJSON(w, g) },
		"junit": func(w io.Writer) error { return reports.GateJUnit(w, g) },
	}
	if err := errors.Join(write[f.format](cmd.OutOrStdout()), f.files(write["junit"], write["md"])); err != nil {
		return err
	}
	for _, w := range g.Warnings {
		if w.Code == "inconclusive" {
			fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", w.Text)
		}
	}
	if !g.Passed {
		return &gateMissed{g}
	}
	return nil
}

func (f *gateFlags) decide(stderr io.Writer, run string) (*reports.GateResult, error) {
	runs, err := openRuns(stderr, nil, f.baseline, run)
	if err != nil {
		return nil, err
	}
	return compare.Gate(runs[0], runs[1], f.options)
}

// files writes --junit and appends to --summary.
func (f *gateFlags) files(junit, summary func(io.Writer) error) error {
	var errs []error
	if f.junit != "" {
		errs = append(errs, writeFile(f.junit, junit))
	}
	if f.summary != "" {
		w, err := os.OpenFile(f.summary, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, summary(w), w.Close())
	}
	return errors.Join(errs...)
}

// A gateMissed ends a command whose run did not pass.
type gateMissed struct{ result *reports.GateResult }

func (e *gateMissed) Error() string {
	g := e.result
	var parts []string
	for _, t := range g.Tasks {
		if t.Verdict == reports.GateWorse {
			parts = append(parts, fmt.Sprintf("%s is worse by %.2f points", t.Task, t.Drop))
		}
	}
	if p := g.Pooled; p != nil && p.Verdict == reports.GateWorse && len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("all tasks as one are worse by %.2f points", p.Drop))
	}
	for _, c := range g.Costs {
		if c.Verdict == reports.GateWorse {
			parts = append(parts, fmt.Sprintf("%s is %.1f %% more, the limit is %g %%", c.Cost, c.Change, c.Limit))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("the run is not shown to be within %g points of the baseline", g.MaxDrop))
	}
	return "gate failed: " + strings.Join(parts, "; ")
}
