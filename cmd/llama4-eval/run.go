package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/runner"
	"github.com/llama4-eval/llama4-eval/tasks"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

var errNoModel = usagef("no model: pass --model with a GGUF file, a Hugging Face folder (config.json and safetensors), or the name of a file in " +
	"$LLAMA4_EVAL_MODELS or ~/.cache/llama4-eval/models; no model is built in yet")

// runFlags are the flags of run as they were given.
type runFlags struct {
	options    runner.Options
	engine     inference.Options
	models     []string
	tasks      []string
	suites     []string
	samples    string
	fewshot    int
	gen        []string
	template   bool // --apply_chat_template
	logSamples bool
	batch      string
	progress   string
	format     string
	config     string
	breakdowns bool
	verbose    bool
	jieba      string
	lexicon    string
}

func newRunCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --suite NAME | --tasks A,B --model M",
		Short: "Evaluate tasks or a suite, write one run folder",
		Long: `run evaluates a model and writes one folder: manifest.json, results.json, samples/*.jsonl and report.md. The same command again resumes
the newest unfinished run of the same questions; if it had finished, a new one starts. Results are the same to the bit for every --threads
and --batch-size, and for a resumed run.

Without --data the tasks make seeded sets of their own in the format of the real ones. Every flag can also be given as LLAMA4_EVAL_FLAG_NAME
in the environment or as "flag-name: value" in a YAML file (--config); flag wins over environment, environment over file.`,
		Example: `  llama4-eval run --suite clue --model model.gguf --data ~/clue --limit 50
  llama4-eval run --tasks tnews,ocnli --model model.gguf --num-fewshot 3 --chat never
  llama4-eval run --tasks c3 --model model.gguf --write-out 1 --dry-run
  llama4-eval run --tasks ./quiz.yaml --model model.gguf
  llama4-eval run --suite smoke --model model.gguf --fail-under tnews:acc=0.5`,
		Args: arguments(0, 0, "flags only; --model names the model, --tasks what is evaluated"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.register(cmd)
	return cmd
}

func (f *runFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.SetNormalizeFunc(normalizeFlag)
	o := &f.options
	fs.StringSliceVar(&f.suites, "suite", nil, "suites to run; llama4-eval list suites")
	fs.StringSliceVarP(&f.tasks, "tasks", "t", nil, "tasks, suites or task files (.yaml) to run, comma-separated; llama4-eval list tasks")
	fs.StringArrayVarP(&f.models, "model", "m", nil, "GGUF file, Hugging Face folder, or name of a file in the model folder (repeatable: one run each)")
	fs.StringArrayVar(&o.Data, "data", nil, "folder with real data sets (repeatable); none = generated data")
	fs.StringVarP(&o.Limit, "limit", "L", "", `items of each task: a number ("50"), a share ("0.1") or a range ("11-20")`)
	fs.IntVarP(&f.fewshot, "num-fewshot", "f", -1, "worked examples in the prompt; -1 = the task's own number")
	fs.StringVar(&f.samples, "samples", "", `only these samples: a file or text of JSON, {"task": ["doc_id", ...]}`)
	fs.Uint64Var(&o.Seed, "seed", 0, "seed of generated data, sampling and bootstrap intervals")
	fs.StringVar(&o.Chat, "chat", "auto", "chat template: auto (instruct models that have one), always, never")
	fs.BoolVar(&f.template, "apply-chat-template", false, "the same as --chat always")
	fs.StringVar(&o.System, "system", "", "system text before every prompt")
	fs.StringSliceVar(&f.gen, "gen", nil, "generation settings: temperature=0,top_p=1,top_k=0,max_tokens=N")
	fs.StringVar(&o.Overlength, "overlength", "error", "prompts longer than the context: error, skip, truncate-middle, truncate-left")
	fs.StringSliceVar(&o.ChoiceBy, "choice-by", nil, "how choices are asked: likelihood, letter (default both), generate (a free answer)")
	fs.StringVarP(&o.Out, "out", "o", "runs", "folder that run folders are made in")
	fs.StringVar(&o.Resume, "resume", "auto", "auto: go on with an unfinished run that asks the same; never: start anew")
	fs.IntVar(&o.MaxErrors, "max-errors", 0, "samples that may fail; more end the run with exit code 4")
	fs.StringArrayVar(&o.FailUnder, "fail-under", nil, "exit code 3 when task:metric is worse than value, such as tnews:acc=0.5 (repeatable)")
	fs.Float64Var(&o.PricePerHour, "price-per-hour", 0, "price of the machine: adds cost per 1,000 items and per million tokens")
	fs.StringVar(&f.lexicon, "lexicon", "", `words of a domain, a file of lines "word [count] [tag]": answers are also compared word by word, without and with it`)
	fs.StringVar(&f.jieba, "jieba", "", "folder of the Python package jieba, whose dictionary --lexicon needs (default $LLAMA4_EVAL_JIEBA or ~/.cache/llama4-eval/jieba)")
	fs.BoolVar(&o.DryRun, "dry-run", false, "plan only: show what would run")
	fs.IntVarP(&o.WriteOut, "write-out", "w", 0, "show the first N prompts of each task with token ids")
	fs.StringVar(&f.progress, "progress", "auto", "auto, plain, json or off; on stderr")
	fs.StringVar(&f.format, "format", "table", "what stdout gets: table, json, md or csv")
	fs.BoolVar(&f.breakdowns, "breakdowns", false, "show results by word, distance and other facets of items as well (report.md has them)")
	fs.StringVar(&f.config, "config", "", "YAML file with values for these flags")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "log what the engine does")
	fs.BoolVar(&f.logSamples, "log-samples", true, "accepted for scripts: samples are always written")
	fs.MarkHidden("log-samples")
	registerEngineFlags(fs, &f.engine, &f.batch)
	completeWith(cmd, "tasks", taskNames)
	completeWith(cmd, "suite", suiteNames)
	for flag, values := range map[string][]string{
		"chat": {"auto", "always", "never"}, "overlength": {"error", "skip", "truncate-middle", "truncate-left"},
		"resume": {"auto", "never"}, "progress": {"auto", "plain", "json", "off"}, "format": {"table", "json", "md", "csv"},
		"cpu": cpuLevels, "kv-type": {"f16", "f32", "q8_0"}, "choice-by": {"likelihood", "letter", "generate"}, "device": {"auto", "cpu"},
		"prefix-cache": {"auto", "off"}, "speculation": {"auto", "off"},
	} {
		completeWith(cmd, flag, func() []string { return values })
	}
}

func (f *runFlags) run(cmd *cobra.Command) error {
	chatGiven := cmd.Flags().Changed("chat")
	if f.template && chatGiven && f.options.Chat != runner.ChatAlways {
		return usagef("--apply-chat-template and --chat %s say different things", f.options.Chat)
	}
	if err := applySettings(cmd, f.config); err != nil {
		return err
	}
	if f.template && !chatGiven {
		f.options.Chat = runner.ChatAlways
	}
	if err := f.resolve(cmd); err != nil {
		return err
	}
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	f.options.Log, f.engine.Log = log, log
	f.options.Print = cmd.OutOrStdout()
	observer, err := newObserver(f.progress, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	f.options.Observer = observer
	return f.evaluate(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
}

// resolve turns flags into options and checks them.
func (f *runFlags) resolve(cmd *cobra.Command) error {
	if len(f.models) == 0 {
		return errNoModel
	}
	o := &f.options
	o.Tasks = slices.Concat(f.suites, f.tasks)
	if len(o.Tasks) == 0 {
		return usagef("nothing to run: pass --suite or --tasks (llama4-eval list tasks shows them)")
	}
	if err := f.loadTasks(); err != nil {
		return err
	}
	if f.fewshot >= 0 {
		o.NumFewshot = &f.fewshot
	} else if cmd.Flags().Changed("num-fewshot") && f.fewshot != -1 {
		return usagef("--num-fewshot %d: want 0 or more, or -1 for the task's own number", f.fewshot)
	}
	gen, err := parseGen(f.gen)
	if err != nil {
		return err
	}
	o.Gen = gen
	if o.Samples, err = parseSamples(f.samples); err != nil {
		return err
	}
	if f.engine.BatchSize, err = parseBatch(f.batch); err != nil {
		return err
	}
	o.BatchSize = f.engine.BatchSize
	if !slices.Contains([]string{"table", "json", "md", "csv"}, f.format) {
		return usagef("--format %q: want table, json, md or csv", f.format)
	}
	if err := o.Validate(); err != nil {
		return optionError(err)
	}
	if err := f.engine.Validate(); err != nil {
		return usageError{err}
	}
	if f.lexicon != "" {
		o.Words, err = runner.OpenWords(jiebaFolder(f.jieba), f.lexicon)
	}
	return err
}

// loadTasks checks the names of tasks, and reads those that are files.
func (f *runFlags) loadTasks() error {
	o := &f.options
	var names []string
	for i, name := range o.Tasks {
		if !tasks.IsUserTask(name) {
			names = append(names, name)
			continue
		}
		t, err := tasks.LoadUser(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(o.Catalog, func(have tasks.Task) bool { return have.Name == t.Name }) {
			return usagef("two task files have the name %q", t.Name)
		}
		if o.Catalog == nil {
			o.Catalog = tasks.All()
		}
		o.Catalog = append(o.Catalog, t)
		o.Tasks[i] = t.Name
	}
	return checkTasks(names)
}

// evaluate makes one run of each model, in order. A missed --fail-under, or a mistake in the data of some of the tasks, does not keep the
// next model from being run; any other error does.
func (f *runFlags) evaluate(ctx context.Context, stdout, stderr io.Writer) error {
	var missed []error
	var dirs []string
	for _, name := range f.models { // a wrong name is told before the first run
		if _, err := inference.FindModel(name); err != nil {
			return err
		}
	}
	for i, name := range f.models {
		if i > 0 && f.format != "json" {
			fmt.Fprintln(stdout)
		}
		dir, err := f.evaluateModel(ctx, name, stdout, stderr)
		dirs = append(dirs, dir)
		var miss *runner.Missed
		var bad *runner.BadData
		if errors.As(err, &miss) || dir != "" && errors.As(err, &bad) {
			missed = append(missed, err)
		} else if err != nil {
			return errors.Join(append(missed, err)...)
		}
	}
	if len(dirs) > 1 && !f.options.DryRun {
		missed = append(missed, f.compareRuns(dirs, stdout, stderr))
	}
	return errors.Join(missed...)
}

func (f *runFlags) evaluateModel(ctx context.Context, name string, stdout, stderr io.Writer) (dir string, err error) {
	model, err := runner.Open(ctx, name, f.engine)
	if err != nil {
		return "", err
	}
	defer model.Close()
	o := f.options
	o.Calibrate = hardware.NewLoop(model.Info().Engine.Threads).Time
	o.Waited = hardware.Waited
	record, dir, err := runner.Run(ctx, o, model)
	if record == nil {
		return "", optionError(err)
	}
	if f.breakdowns && f.format == "table" && len(record.Breakdowns) > 0 {
		if err := reports.Breakdowns(stdout, record); err != nil {
			return "", err
		}
		fmt.Fprintln(stdout)
	}
	if werr := writeRecord(stdout, f.format, record, dir); werr != nil {
		return "", errors.Join(err, werr)
	}
	if f.format != "table" { // the table says it itself
		fmt.Fprintf(stderr, "written to %s\n", dir)
	}
	return dir, err
}

// writeRecord puts a finished record on stdout and report.md into the run folder.
func writeRecord(stdout io.Writer, format string, record *reports.Record, dir string) error {
	md, err := os.Create(filepath.Join(dir, "report.md"))
	if err != nil {
		return err
	}
	if err := errors.Join(reports.Markdown(md, record), md.Close()); err != nil {
		return err
	}
	switch format {
	case "json":
		return reports.JSON(stdout, record)
	case "md":
		return reports.Markdown(stdout, record)
	case "csv":
		return reports.CSV(stdout, record)
	}
	return reports.Text(stdout, record)
}

// newObserver picks how progress is shown. auto is a bar on a terminal, plain lines elsewhere.
func newObserver(kind string, w io.Writer) (runner.Observer, error) {
	switch kind {
	case "auto":
		if width, ok := terminalWidth(w); ok {
			return runner.NewBar(w, width), nil
		}
		return runner.NewPlain(w), nil
	case "plain":
		return runner.NewPlain(w), nil
	case "json":
		return runner.NewJSONLines(w), nil
	case "off":
		return nil, nil
	}
	return nil, usagef("--progress %q: want auto, plain, json or off", kind)
}

// terminalWidth is the number of columns of a terminal that a line can be drawn on; false if w is none.
func terminalWidth(w io.Writer) (int, bool) {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("CI") != "" || os.Getenv("TERM") == "dumb" {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width < 20 {
		width = 80
	}
	return width, true
}

// parseGen reads generation settings; the names of lm-evaluation-harness are accepted too.
func parseGen(settings []string) (runner.Gen, error) {
	var g runner.Gen
	for _, s := range settings {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return g, usagef("--gen %q: want name=value", s)
		}
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return g, usagef("--gen %s: %q is not a number", name, value)
		}
		whole := int(number)
		switch strings.ReplaceAll(name, "-", "_") {
		case "temperature":
			g.Temperature = &number
		case "top_p":
			g.TopP = &number
		case "top_k":
			g.TopK = &whole
		case "max_tokens", "max_gen_toks", "max_new_tokens":
			g.MaxTokens = &whole
		default:
			return g, usagef("--gen: unknown setting %q; known: temperature, top_p, top_k, max_tokens", name)
		}
		if strings.HasPrefix(name, "max") || strings.HasSuffix(name, "k") {
			if float64(whole) != number {
				return g, usagef("--gen %s: %q is not a whole number", name, value)
			}
		}
	}
	return g, nil
}
