package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/runner"
	"github.com/spf13/cobra"
)

// Formats of report, the default first.
var (
	reportFormats  = []string{"table", "md", "json", "csv", formatLMEval}
	historyFormats = []string{"html", "md", "json"}
)

// formatLMEval is the format that writes files instead of a text.
const formatLMEval = "lm-eval"

type reportFlags struct {
	format  string
	history string
	out     string
	static  bool
}

func newReportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RUN... | --history DIR",
		Short: "Show finished runs again, or how they went over time",
		Long: `report reads run folders and writes their numbers once more, as a table, Markdown, JSON or CSV; a folder of runs stands for its newest
finished one. Several runs come one after the other; as JSON they are an array. With --format lm-eval it writes each run below the
folder --out in the layout of lm-evaluation-harness, results and samples, for tools that read those.

With --history it reads all finished runs below a folder and shows quality, latency and memory over time, by model and settings: with 95 %
intervals, with a mark where a level changed, and with a new line where a task's version, its questions or the machine changed. The
page is one file in Chinese and English that loads nothing. Folders that hold no usable run are listed with the reason.`,
		Example: `  llama4-eval report runs --format md
  llama4-eval report runs/20261123T093012Z-model-Q4_K_M-1f0c9a6e2b7d --format csv
  llama4-eval report runs --format lm-eval --out harness
  llama4-eval report --history nightly/runs --out trend.html
  llama4-eval report --history nightly/runs --format md`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case f.history == "" && len(args) == 0:
				return usagef("nothing to report: name a run folder, or a folder of runs with --history")
			case f.history != "" && len(args) > 0:
				return usagef("--history %s and runs by name don't go together", f.history)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.format, "format", "", "table (default), md, json, csv or lm-eval; of a history html (default), md or json")
	fs.StringVar(&f.history, "history", "", "folder with runs, at any depth: show how they went over time")
	fs.StringVarP(&f.out, "out", "o", "", "file to write, none = stdout; folder of lm-eval")
	fs.BoolVar(&f.static, "static", false, "charts as pictures only, also where interactive ones are built in")
	completeWith(cmd, "format", func() []string {
		return slices.Compact(slices.Sorted(slices.Values(slices.Concat(reportFormats, historyFormats))))
	})
	return cmd
}

func (f *reportFlags) run(cmd *cobra.Command, args []string) error {
	formats := reportFormats
	if f.history != "" {
		formats = historyFormats
	}
	if f.format == "" {
		f.format = formats[0]
	}
	if !slices.Contains(formats, f.format) {
		return usagef("--format %q: want %s", f.format, strings.Join(formats, ", "))
	}
	if f.format == formatLMEval {
		return f.exportLMEval(cmd.ErrOrStderr(), args)
	}
	write := func(w io.Writer) error {
		if f.history != "" {
			return f.writeHistory(w, cmd.ErrOrStderr())
		}
		return f.writeRuns(w, args)
	}
	if f.out != "" {
		return writeFile(f.out, write)
	}
	return write(cmd.OutOrStdout())
}

func (f *reportFlags) writeRuns(w io.Writer, args []string) error {
	var records []*reports.Record
	for _, dir := range args {
		r, err := runner.OpenRun(dir)
		if err != nil {
			return err
		}
		records = append(records, r.Record)
	}
	switch f.format {
	case "json":
		return reports.JSONRecords(w, records)
	case "csv":
		return reports.CSV(w, records...)
	}
	for i, r := range records {
		if i > 0 {
			fmt.Fprintln(w)
		}
		write := reports.Text
		if f.format == "md" {
			write = reports.Markdown
		}
		if err := write(w, r); err != nil {
			return err
		}
	}
	return nil
}

// exportLMEval writes the files of each run and lists them.
func (f *reportFlags) exportLMEval(stderr io.Writer, args []string) error {
	if f.out == "" {
		return usagef("--format %s writes several files: name their folder with --out", formatLMEval)
	}
	for _, dir := range args {
		r, err := runner.OpenRun(dir)
		if err != nil {
			return err
		}
		paths, err := runner.ExportLMEval(r, f.out)
		for _, path := range paths {
			fmt.Fprintln(stderr, "written to", path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *reportFlags) writeHistory(w, stderr io.Writer) error {
	runs, skipped, err := runner.FindRuns(f.history)
	if err != nil {
		return err
	}
	for _, s := range skipped {
		fmt.Fprintf(stderr, "left out: %s: %s\n", s.Dir, s.Reason)
	}
	if len(runs) == 0 {
		return fmt.Errorf("no run in %s that can be used", f.history)
	}
	h := reports.NewHistory(runs, skipped)
	switch f.format {
	case "json":
		return reports.HistoryJSON(w, h)
	case "md":
		return reports.HistoryMarkdown(w, h)
	}
	return reports.HistoryHTML(w, h, reports.PageOptions{Static: f.static})
}
