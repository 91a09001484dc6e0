package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/runner"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
)

// shownFlips is how many changed samples of each task tables show unless --flips says otherwise.
const shownFlips = 10

func newCompareCommand() *cobra.Command {
	var o compare.Options
	var format string
	var shown int
	cmd := &cobra.Command{
		Use:   "compare RUN RUN...",
		Short: "Compare finished runs, item by item",
		Long: `compare tests every task of runs against the first one, which is the reference. A RUN is a run folder, or a folder of them: its newest
finished run. Items are paired by id: exact McNemar for right and wrong, exchanges of outputs for other scores and corpus metrics, signs of
whole texts where items share one; intervals of differences, Holm's correction over tasks, the smallest difference that would have been
found with 80 %, and the samples that changed with their margins (log-probability of the right choice less that of the best other one).

Model, weights, kernels and program may differ. Runs that were asked other questions are refused, with a line for each difference.`,
		Example: `  llama4-eval compare runs/20261123T093012Z-model-Q8_0-1f0c9a6e2b7d runs/20261123T101500Z-model-Q4_K_M-77aa01c2d3e4
  llama4-eval compare baseline runs --format md > comparison.md
  llama4-eval compare baseline runs --tasks tnews,c3 --flips 50`,
		Args: arguments(2, math.MaxInt, "two RUNs or more: run folders, or folders of them"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if !slices.Contains(comparisonFormats, format) {
				return usagef("--format %q: want table, md, json or csv", format)
			}
			if shown < 0 {
				return usagef("--flips %d: want 0 or more", shown)
			}
			if !(o.Alpha > 0 && o.Alpha < 1) {
				return usagef("--alpha %v: want a number between 0 and 1", o.Alpha)
			}
			runs, err := openRuns(cmd.ErrOrStderr(), nil, a...)
			if err != nil {
				return err
			}
			c, err := compare.Compare(runs, o)
			if err != nil {
				return err
			}
			return writeComparison(cmd.OutOrStdout(), c, format, shown)
		},
	}
	f := cmd.Flags()
	f.SetNormalizeFunc(normalizeFlag)
	f.Float64Var(&o.Alpha, "alpha", 0.05, "chance of calling any task different when none is")
	f.StringSliceVarP(&o.Tasks, "tasks", "t", nil, "tasks to compare, comma-separated; none = all that the runs have in common")
	f.IntVar(&shown, "flips", shownFlips, "changed samples of each task that tables show; JSON has all")
	f.StringVar(&format, "format", "table", "table, md, json or csv")
	completeWith(cmd, "format", func() []string { return comparisonFormats })
	completeWith(cmd, "tasks", taskNames)
	return cmd
}

var comparisonFormats = []string{"table", "md", "json", "csv"}

// openRuns reads finished runs for a comparison and says which ones stand for folders. catalog has their tasks; nil = those of this program.
func openRuns(stderr io.Writer, catalog []tasks.Task, paths ...string) ([]*compare.Run, error) {
	var out []*compare.Run
	for _, path := range paths {
		finished, err := runner.OpenRun(path)
		if err != nil {
			return nil, err
		}
		if finished.Newest {
			fmt.Fprintf(stderr, "%s: newest finished run %s\n", path, finished.Dir)
		}
		run, err := finished.Comparable(catalog)
		if err != nil {
			return nil, err
		}
		out = append(out, run)
	}
	return out, nil
}

func writeComparison(w io.Writer, c *reports.Comparison, format string, flips int) error {
	switch format {
	case "json":
		return reports.ComparisonJSON(w, c)
	case "md":
		return reports.ComparisonMarkdown(w, c, flips)
	case "csv":
		return reports.ComparisonCSV(w, c)
	}
	return reports.ComparisonText(w, c, flips)
}

// compareRuns compares the runs of one command, writes comparison.json and comparison.md into their common folder and shows the table.
// Runs that cannot be compared are no failure of the command: they are finished.
func (f *runFlags) compareRuns(dirs []string, stdout, stderr io.Writer) error {
	runs, err := openRuns(stderr, f.options.Catalog, dirs...)
	if err != nil {
		return err
	}
	c, err := compare.Compare(runs, compare.Options{})
	if refused := (*compare.Refused)(nil); errors.As(err, &refused) {
		fmt.Fprintf(stderr, "the runs are not compared: %v\n", err)
		return nil
	} else if err != nil {
		return err
	}
	for name, format := range map[string]string{"comparison.json": "json", "comparison.md": "md"} {
		if err := writeFile(filepath.Join(f.options.Out, name), func(w io.Writer) error { return writeComparison(w, c, format, shownFlips) }); err != nil {
			return err
		}
	}
	if f.format == "table" || f.format == "md" {
		fmt.Fprintln(stdout)
		if err := writeComparison(stdout, c, f.format, shownFlips); err != nil {
			return err
		}
	}
	fmt.Fprintf(stderr, "comparison written to %s\n", filepath.Join(f.options.Out, "comparison.json"))
	return nil
}
