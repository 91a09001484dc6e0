package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/runner"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
)

// scoreFlags are the flags of score as they were given.
type scoreFlags struct {
	metrics   []string
	score     runner.ScoreOptions
	rescore   runner.RescoreOptions
	missing   string
	smooth    string
	format    string
	perItem   string
	jieba     string
	lexicon   string
	taskFiles []string
	lowercase bool
	smoothBy  float64
}

func newScoreCommand() *cobra.Command {
	var f scoreFlags
	cmd := &cobra.Command{
		Use:   "score RUN | --metric NAME --pred FILE [--ref FILE]",
		Short: "Score saved answers again, or predictions of other programs",
		Long: `score RUN judges the saved answers of a finished run again, with the tasks of this build and without the model: it reads the data again, refuses
items that are not the same any more, writes a new run folder that says what it was made of, and shows what moved.

score --metric NAME --pred FILE scores predictions of any program. The format of a file is told by its content: plain text with a line an
item, JSON Lines, samples of lm-evaluation-harness or of this program, predictions of OpenCompass, LawBench, LongBench, CLongEval, InfiniteBench, CLUENER
and CMRC 2018. References are those beside the predictions, or those of --ref (repeatable, for several references an item); both files go
together by id where they have ids, and else by line. "llama4-eval list metrics" shows the metrics with unit and definition.

Metrics in words need the dictionary of jieba. With --lexicon FILE ("word [count] [tag]" a line) they are computed without and with the words of a domain.`,
		Example: `  llama4-eval score runs/20261123T093012Z-model-Q4_K_M-1f0c9a6e2b3d
  llama4-eval score --metric bleu,chrf --pred translations.txt --ref references.txt
  llama4-eval score --metric lawbench_2-6 --pred predictions/zero_shot/GPT4/2-6.json
  llama4-eval score --metric cmrc_em,cmrc_f1 --pred answers.json --ref cmrc2018_dev.json --missing wrong
  llama4-eval score --metric rougeL_jieba,rougeL --pred out.jsonl --pred-field summary --ref-field gold --lexicon terms.txt --format json`,
		Args: arguments(0, 1, "one RUN, or flags only"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	fs := cmd.Flags()
	fs.SetNormalizeFunc(normalizeFlag)
	formats, _ := datasets.PredictionFormats()
	fs.StringSliceVar(&f.metrics, "metric", nil, "metrics, comma-separated; llama4-eval list metrics")
	fs.StringVar(&f.score.Predictions, "pred", "", "file of predictions")
	fs.StringArrayVar(&f.score.References, "ref", nil, "file of references (repeatable: each has one of every item)")
	fs.StringVar(&f.score.Format, "pred-format", "", "format of the predictions: "+strings.Join(formats, ", ")+" (default by content)")
	fs.StringVar(&f.score.RefFormat, "ref-format", "", "format of the references: the same, or "+runner.FormatCMRC+" (default by content)")
	fs.StringVar(&f.score.Fields.TextField, "pred-field", "", "JSON field of the answer")
	fs.StringVar(&f.score.Fields.GoldField, "ref-field", "", "JSON field of the references: a text or a list")
	fs.StringVar(&f.score.Fields.IDField, "id-field", "", "JSON field of the id")
	fs.StringVar(&f.score.Fields.Cluster, "cluster-field", "", "JSON field that items on one text share: the interval resamples texts")
	fs.StringVar(&f.score.Fields.Filter, "filter", "", "filter of lm-evaluation-harness, where a file has several")
	fs.StringVar(&f.missing, "missing", "error", "items of --ref without a prediction: error, wrong (an empty answer)")
	fs.StringVar(&f.smooth, "smooth-method", "exp", "BLEU: exp, floor, add-k, none")
	fs.Float64Var(&f.smoothBy, "smooth-value", 0, "BLEU: value of floor (default 0.1) and add-k (default 1)")
	fs.BoolVar(&f.lowercase, "lowercase", false, "BLEU and chrF: without case")
	fs.Uint64Var(&f.score.Seed, "seed", 0, "seed of the bootstrap intervals")
	fs.StringVar(&f.perItem, "per-item", "", "file that gets the scores of each item as JSON Lines")
	fs.StringVar(&f.jieba, "jieba", "", "folder of the Python package jieba, whose dictionary word metrics need (default $LLAMA4_EVAL_JIEBA or ~/.cache/llama4-eval/jieba)")
	fs.StringVar(&f.lexicon, "lexicon", "", `words of a domain for word metrics: a file of lines "word [count] [tag]"`)
	fs.StringArrayVar(&f.rescore.Data, "data", nil, "RUN: folder with the data sets (repeatable), where they lie elsewhere now")
	fs.StringArrayVar(&f.taskFiles, "task-file", nil, "RUN: file of a task of your own that the run had (repeatable)")
	fs.StringVarP(&f.rescore.Out, "out", "o", "", "RUN: folder that the new run folder is made in (default beside RUN)")
	fs.StringVar(&f.format, "format", "table", "what stdout gets: table, json, md or csv")
	completeWith(cmd, "metric", scorerNames)
	for flag, values := range map[string][]string{
		"format": {"table", "json", "md", "csv"}, "missing": {"error", "wrong"}, "smooth-method": {"exp", "floor", "add-k", "none"},
		"pred-format": formats, "ref-format": append(slices.Clone(formats), runner.FormatCMRC),
	} {
		completeWith(cmd, flag, func() []string { return values })
	}
	return cmd
}

func scorerNames() []string {
	var names []string
	for _, s := range metrics.Scorers() {
		names = append(names, s.Name)
	}
	return names
}

func (f *scoreFlags) run(cmd *cobra.Command, args []string) error {
	if !slices.Contains([]string{"table", "json", "md", "csv"}, f.format) {
		return usagef("--format %q: want table, json, md or csv", f.format)
	}
	foreign := []string{
		"metric", "pred", "ref", "pred-format", "ref-format", "pred-field", "ref-field", "id-field", "cluster-field", "filter", "missing", "smooth-method",
		"smooth-value", "lowercase", "seed", "per-item",
	}
	if len(args) == 1 {
		for _, name := range foreign {
			if cmd.Flags().Changed(name) {
				return usagef("--%s is for predictions of a file, not for a run", name)
			}
		}
		return f.again(cmd, args[0])
	}
	for _, name := range []string{"data", "task-file", "out"} {
		if cmd.Flags().Changed(name) {
			return usagef("--%s is for a run, not for predictions of a file", name)
		}
	}
	switch {
	case f.score.Predictions == "" && len(f.metrics) == 0:
		return usagef("nothing to score: pass a run folder, or --metric and --pred")
	case f.score.Predictions == "":
		return usagef("no predictions: pass --pred FILE")
	case len(f.metrics) == 0:
		return usagef("no metric: pass --metric NAME (llama4-eval list metrics shows them)")
	}
	return f.predictions(cmd)
}

// predictions scores a file.
func (f *scoreFlags) predictions(cmd *cobra.Command) error {
	o := &f.score
	for _, name := range f.metrics {
		if _, ok := metrics.LookupScorer(name); !ok {
			return usagef("no metric %q%s; llama4-eval list metrics shows them", name, didYouMean(name, scorerNames()))
		}
	}
	switch f.missing {
	case "error":
	case "wrong":
		o.MissingWrong = true
	default:
		return usagef("--missing %q: want error or wrong", f.missing)
	}
	o.Metrics = f.metrics
	o.Settings = metrics.ScorerOptions{Lowercase: f.lowercase, Smoothing: metrics.Smoothing(f.smooth), SmoothValue: f.smoothBy}
	if err := (metrics.BLEU{Smoothing: o.Settings.Smoothing, SmoothValue: o.Settings.SmoothValue}).Validate(); err != nil {
		return usageError{err}
	}
	if err := f.checkFormats(); err != nil {
		return err
	}
	if f.needsWords() {
		words, err := runner.OpenWords(jiebaFolder(f.jieba), f.lexicon)
		var missing *runner.NoDictionary
		switch {
		case errors.As(err, &missing) && f.lexicon == "":
			o.NoWords = err
		case err != nil:
			return err
		default:
			o.Words = words
		}
	}
	scores, items, err := runner.Score(cmd.Context(), *o)
	if err != nil {
		return optionError(err)
	}
	if f.perItem != "" {
		if err := writeFile(f.perItem, func(w io.Writer) error { return reports.ItemScoresJSONL(w, items) }); err != nil {
			return err
		}
	}
	if err := f.write(cmd.OutOrStdout(), scores); err != nil {
		return err
	}
	for _, r := range scores.Results {
		if r.NotAvailable != "" {
			return fmt.Errorf("%s: no dictionary of jieba", r.Metric)
		}
	}
	return nil
}

func (f *scoreFlags) checkFormats() error {
	names, _ := datasets.PredictionFormats()
	if v := f.score.Format; v != "" && !slices.Contains(names, v) {
		return usagef("--pred-format %q: want %s", v, strings.Join(names, ", "))
	}
	if v := f.score.RefFormat; v != "" && v != runner.FormatCMRC && !slices.Contains(names, v) {
		return usagef("--ref-format %q: want %s, %s", v, strings.Join(names, ", "), runner.FormatCMRC)
	}
	return nil
}

// needsWords reports whether a metric compares words, or a lexicon was given, which is then read in any case so that mistakes in it
// are seen.
func (f *scoreFlags) needsWords() bool {
	return f.lexicon != "" || slices.ContainsFunc(f.metrics, func(name string) bool {
		s, ok := metrics.LookupScorer(name)
		return ok && s.Words
	})
}

func (f *scoreFlags) write(w io.Writer, s *reports.Scores) error {
	switch f.format {
	case "json":
		return reports.ScoresJSON(w, s)
	case "md":
		return reports.ScoresMarkdown(w, s)
	case "csv":
		return reports.ScoresCSV(w, s)
	}
	return reports.ScoresText(w, s)
}

// writeFile makes a file in one step: it is there whole or not at all.
func writeFile(path string, content func(io.Writer) error) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temp.Name())
		}
	}()
	err = content(temp)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	return err
}

// again judges the answers of a finished run.
func (f *scoreFlags) again(cmd *cobra.Command, dir string) error {
	old, err := runner.OpenRun(dir)
	if err != nil {
		return err
	}
	if f.lexicon != "" {
		if f.rescore.Words, err = runner.OpenWords(jiebaFolder(f.jieba), f.lexicon); err != nil {
			return err
		}
	}
	if f.rescore.Catalog, err = withTaskFiles(f.taskFiles); err != nil {
		return err
	}
	record, out, err := runner.Rescore(cmd.Context(), old, f.rescore)
	var bad *runner.OptionError
	if errors.As(err, &bad) && bad.Field == "Tasks" { // of the run, not of this command
		return fmt.Errorf("%s: the run has task %q, which this program does not have; give the file of a task of your own (--task-file)", dir, bad.Value)
	}
	if err != nil {
		return optionError(err)
	}
	if err := writeRecord(cmd.OutOrStdout(), f.format, record, out); err != nil {
		return err
	}
	if f.format != "table" { // the table says it itself
		fmt.Fprintf(cmd.ErrOrStderr(), "written to %s\n", out)
	}
	return nil
}

// withTaskFiles are the tasks of the program and those of files; nil without files.
func withTaskFiles(paths []string) ([]tasks.Task, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	catalog := tasks.All()
	for _, path := range paths {
		t, err := tasks.LoadUser(path)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(catalog, func(have tasks.Task) bool { return have.Name == t.Name }) {
			return nil, usagef("--task-file %s: another task has the name %q", path, t.Name)
		}
		catalog = append(catalog, t)
	}
	return catalog, nil
}
