package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
)

// lists are what list can show: a header and rows.
var lists = []struct {
	name, short string
	rows        func() (header []string, rows [][]string, err error)
}{
	{"suites", "groups of tasks that run by one name", suiteRows},
	{"tasks", "what can be evaluated, with source and license", taskRows},
	{"metrics", "what the tasks report", metricRows},
	{"models", "model files found in the model folder", modelRows},
	{"quants", "weight types that can be read", quantRows},
	{"devices", "what can compute here", deviceRows},
}

func newListCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list WHAT",
		Short: "List suites, tasks, metrics, models, quants or devices",
		Example: `  llama4-eval list tasks
  llama4-eval list models --format json`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&format, "format", "table", "table or json")
	for _, l := range lists {
		cmd.AddCommand(&cobra.Command{
			Use: l.name, Short: "List " + l.short, Args: args(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error {
				header, rows, err := l.rows()
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), format, header, rows)
			},
		})
	}
	return cmd
}

func printRows(w io.Writer, format string, header []string, rows [][]string) error {
	switch format {
	case "json":
		all := make([]map[string]string, len(rows))
		for i, r := range rows {
			all[i] = map[string]string{}
			for j, h := range header {
				all[i][h] = r[j]
			}
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", " ")
		enc.SetEscapeHTML(false)
		return enc.Encode(all)
	case "table":
		return reports.List(w, header, rows)
	}
	return usagef("--format %q: want table or json", format)
}

func suiteNames() []string {
	var names []string
	for _, s := range tasks.Suites() {
		names = append(names, s.Name)
	}
	return names
}

func taskNames() []string {
	var names []string
	for _, t := range tasks.All() {
		names = append(names, t.Name)
	}
	return append(names, suiteNames()...)
}

func suiteRows() ([]string, [][]string, error) {
	var rows [][]string
	for _, s := range tasks.Suites() {
		rows = append(rows, []string{s.Name, s.Title, strings.Join(s.Tasks, " ")})
	}
	return []string{"suite", "what", "tasks"}, rows, nil
}

func taskRows() ([]string, [][]string, error) {
	var rows [][]string
	for _, t := range tasks.All() {
		rows = append(rows, []string{t.Name, fmt.Sprint(t.Version), t.Family, string(t.Kind), t.Metrics[0].Name, fmt.Sprint(t.Shots), t.Title, t.Source, t.License})
	}
	return []string{"task", "version", "family", "kind", "metric", "shots", "what", "source", "license"}, rows, nil
}

func metricRows() ([]string, [][]string, error) {
	var rows [][]string
	where := map[string]int{}
	for _, t := range tasks.All() {
		for _, m := range t.Metrics {
			if i, ok := where[m.Name]; ok {
				rows[i][3] += " " + t.Name
				continue
			}
			where[m.Name] = len(rows)
			how, better := "mean", "higher"
			if m.Corpus != nil {
				how = "corpus"
			}
			if !m.HigherIsBetter {
				better = "lower"
			}
			rows = append(rows, []string{m.Name, how, better, t.Name})
		}
	}
	return []string{"metric", "aggregation", "better", "tasks"}, rows, nil
}

func modelRows() ([]string, [][]string, error) {
	var rows [][]string
	for _, dir := range inference.ModelFolders() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // a folder that is not there holds no models
		}
		for _, e := range entries {
			if row := modelRow(filepath.Join(dir, e.Name())); row != nil {
				rows = append(rows, row)
			}
		}
	}
	return []string{"model", "arch", "quant", "parameters", "bytes", "folder"}, rows, nil
}

// modelRow is nil for what is no model.
func modelRow(path string) []string {
	c, err := inference.OpenCheckpoint(path)
	if err != nil {
		return nil
	}
	defer c.Close()
	var bytes int64
	for _, f := range c.Files {
		bytes += f.Bytes
	}
	return []string{filepath.Base(path), c.Arch, c.Quant, fmt.Sprint(c.Parameters), fmt.Sprint(bytes), filepath.Dir(path)}
}

func quantRows() ([]string, [][]string, error) {
	var rows [][]string
	for _, t := range tensor.All() {
		if !t.Known() {
			continue
		}
		rows = append(rows, []string{t.String(), fmt.Sprintf("%.4g", 8*float64(t.BlockBytes())/float64(t.BlockElems())), fmt.Sprint(t.BlockElems())})
	}
	return []string{"type", "bits a weight", "block"}, rows, nil
}

func deviceRows() ([]string, [][]string, error) {
	levels := cpu.Levels()
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.String()
	}
	slices.Sort(names)
	return []string{"device", "kernels"}, [][]string{{"cpu", strings.Join(names, " ")}}, nil
}
