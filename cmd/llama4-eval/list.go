package main

import (
	"cmp"
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
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
)

// lists are what list can show: a header and rows. Cells are texts, lists of texts, numbers and sizes: JSON gets them as they are,
// the table as people read them.
var lists = []struct {
	name, short string
	rows        func() (header []string, rows [][]any, err error)
}{
	{"suites", "groups of tasks that run by one name", suiteRows},
	{"tasks", "what can be evaluated: family, metric, size, needs, source and license", taskRows},
	{"metrics", "what the tasks report, and what score can compute", metricRows},
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
		Args: func(_ *cobra.Command, a []string) error {
			if len(a) == 0 {
				return nil
			}
			names := listNames()
			return usagef("no list %q%s; there are: %s", a[0], didYouMean(a[0], names), strings.Join(names, ", "))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&format, "format", "table", "table or json")
	for _, l := range lists {
		var check []string // task files
		sub := &cobra.Command{
			Use: l.name, Short: "List " + l.short, Args: arguments(0, 0, "no arguments"),
			RunE: func(cmd *cobra.Command, _ []string) error {
				if len(check) > 0 {
					return checkTaskFiles(cmd.OutOrStdout(), check)
				}
				header, rows, err := l.rows()
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), format, header, rows)
			},
		}
		if l.name == "tasks" {
			sub.Flags().StringArrayVar(&check, "check", nil, "check a task file and its data instead, and show its first prompt (repeatable)")
			sub.Example = "  llama4-eval list tasks\n  llama4-eval list tasks --check quiz.yaml"
		}
		cmd.AddCommand(sub)
	}
	return cmd
}

// jsonOnly are columns that would make a table too wide.
var jsonOnly = []string{"metrics", "breakdowns"}

// A size is a number of bytes.
type size int64

func printRows(w io.Writer, format string, header []string, rows [][]any) error {
	switch format {
	case "json":
		all := make([]map[string]any, len(rows))
		for i, r := range rows {
			all[i] = map[string]any{}
			for j, h := range header {
				all[i][strings.ReplaceAll(h, " ", "_")] = r[j]
			}
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", " ")
		enc.SetEscapeHTML(false)
		return enc.Encode(all)
	case "table":
		cells := make([][]string, len(rows))
		var head []string
		for j, h := range header {
			if slices.Contains(jsonOnly, h) {
				continue
			}
			head = append(head, h)
			for i, r := range rows {
				cells[i] = append(cells[i], cell(r[j]))
			}
		}
		return reports.List(w, head, cells)
	}
	return usagef("--format %q: want table or json", format)
}

func cell(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, " ")
	case size:
		return formatBytes(int64(v))
	case int:
		if v == 0 { // not known
			return ""
		}
	case float64:
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprint(v)
}

func listNames() []string {
	names := make([]string, len(lists))
	for i, l := range lists {
		names[i] = l.name
	}
	return names
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

func suiteRows() ([]string, [][]any, error) {
	var rows [][]any
	for _, s := range tasks.Suites() {
		rows = append(rows, []any{s.Name, s.Title, s.Tasks})
	}
	return []string{"suite", "what", "tasks"}, rows, nil
}

func taskRows() ([]string, [][]any, error) {
	var rows [][]any
	for _, t := range tasks.All() {
		var names []string
		for _, m := range t.Metrics {
			names = append(names, m.Name)
		}
		rows = append(rows, []any{
			t.Name, t.Version, t.Family, t.Kind, names[0], cmp.Or(t.Language, "zh"), t.Size, t.Shots, needs(t), t.Title, t.Source, t.License, names, list(t.Breakdowns),
		})
	}
	return []string{
		"task", "version", "family", "kind", "metric", "language", "size", "shots", "needs", "what", "source", "license", "metrics", "breakdowns",
	}, rows, nil
}

// list makes an absent list an empty one, which is not null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// needs says what a task cannot do without.
func needs(t tasks.Task) string {
	var parts []string
	if t.Make == nil {
		parts = append(parts, "data")
	}
	if t.Images {
		parts = append(parts, "vision")
	}
	if t.Kind == tasks.Long {
		parts = append(parts, "context")
	}
	return strings.Join(parts, ", ")
}

// taskMetrics are the units and definitions of metrics that tasks report.
var taskMetrics = map[string][2]string{
	"acc":                {"answers", "share of items whose likeliest choice (sum of log-likelihoods) is right"},
	"acc_norm":           {"answers", "the same by log-likelihood per character"},
	"acc_bytes":          {"answers", "the same by log-likelihood per byte"},
	"acc_token":          {"answers", "the same by log-likelihood per token"},
	"acc_letter":         {"answers", "share of items whose likeliest option letter is right"},
	"acc_generate":       {"answers", "share of items whose free answer picks the right option (--choice-by generate)"},
	"acc_macro":          {"answers", "mean over the values of a tag (classes, strings, idioms) of acc"},
	"acc_joint":          {"answers", "share of blanks that are right when those of a line get different idioms, likeliest together"},
	"acc_pair":           {"pairs", "share of questions that are right in both orders of the options"},
	"flip_rate":          {"pairs", "share of questions where the order of the options decides whether acc is 1"},
	"flip_rate_letter":   {"pairs", "the same for acc_letter"},
	"em":                 {"answers", "exact match of the extracted answer, CMRC 2018 script v5"},
	"f1":                 {"characters, entities", "F1 of the extracted answer: cmrc2018 as its script v5, cluener the mean over its types"},
	"extracted_generate": {"answers", "share of free answers that pick an option"},
	"em_raw":             {"answers", "em of the whole answer"},
	"f1_raw":             {"characters", "f1 of the whole answer"},
	"f1_span":            {"entities", "micro F1 of (type, start, end)"},
	"precision_span":     {"entities", "precision of (type, start, end)"},
	"recall_span":        {"entities", "recall of (type, start, end)"},
	"exact_match":        {"answers", "share of sentences whose entities are all right"},
}

// metricRows lists the metrics of tasks, then those that score has by name. A name may be both; the last column tells them apart.
func metricRows() ([]string, [][]any, error) {
	var rows [][]any
	where := map[string]int{}
	better := func(higher bool) string {
		if higher {
			return "higher"
		}
		return "lower"
	}
	for _, t := range tasks.All() {
		for _, m := range t.Metrics {
			how := m.Aggregation()
			key := m.Name + " " + how // the same name may stand for values that are put together in different ways
			if i, ok := where[key]; ok {
				rows[i][5] = append(rows[i][5].([]string), t.Name)
				continue
			}
			where[key] = len(rows)
			known := taskMetrics[m.Name]
			rows = append(rows, []any{m.Name, how, better(m.HigherIsBetter), known[0], known[1], []string{t.Name}})
		}
	}
	for _, s := range metrics.Scorers() {
		how := "mean"
		if s.Corpus {
			how = "corpus"
		}
		rows = append(rows, []any{s.Name, how, better(!s.Lower), s.Unit, s.Title + " (" + s.Convention + ")", []string{"score"}})
	}
	return []string{"metric", "aggregation", "better", "unit", "definition", "tasks"}, rows, nil
}

func modelRows() ([]string, [][]any, error) {
	var rows [][]any
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

// modelRow is nil for what is no model. A model that cannot be read is listed as such.
func modelRow(path string) []any {
	c, err := inference.OpenCheckpoint(path)
	if err != nil {
		if !strings.HasSuffix(path, ".gguf") {
			return nil
		}
		var bytes size
		if st, err := os.Stat(path); err == nil {
			bytes = size(st.Size())
		}
		return []any{filepath.Base(path), "unreadable", "", 0, bytes, filepath.Dir(path)}
	}
	defer c.Close()
	var bytes size
	for _, f := range c.Files {
		bytes += size(f.Bytes)
	}
	return []any{filepath.Base(path), c.Arch, c.Quant, c.Parameters, bytes, filepath.Dir(path)}
}

func quantRows() ([]string, [][]any, error) {
	var rows [][]any
	for _, t := range tensor.All() {
		if !t.Known() {
			continue
		}
		rows = append(rows, []any{t.String(), 8 * float64(t.BlockBytes()) / float64(t.BlockElems()), t.BlockElems()})
	}
	return []string{"type", "bits a weight", "block"}, rows, nil
}

func deviceRows() ([]string, [][]any, error) {
	levels := cpu.Levels()
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.String()
	}
	slices.Sort(names)
	return []string{"device", "kernels"}, [][]any{{"cpu", names}}, nil
}
