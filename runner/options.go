package runner

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/tasks"
)

// Options say what to run. The zero value of every field works, except that Tasks must name something. Effective
// options are stored in the manifest of the run.
type Options struct {
	Tasks []string // names of tasks and suites, in the order wanted; repetitions count once
	Data  []string // folders that real data sets lie in; none = generated data for every task

	Limit      string              // "" = all; "50" = the first 50; "0.1" = the first tenth; "11-20" = those items, counted from 1
	NumFewshot *int                // worked examples in the prompt; nil = the task's own number
	Samples    map[string][]string // task to doc_ids: only these, for the tasks named; nil = all
	Seed       uint64              // of generated data, sampling and bootstrap intervals

	Chat       string   // "auto" (default: instruct models with a template), "always", "never"
	System     string   // stands before the task's own instruction; "" = nothing does
	Gen        Gen      // overrides of generation settings
	Overlength string   // prompt longer than the context: "error" (default), "skip", "truncate-middle", "truncate-left"
	ChoiceBy   []string // how choices are asked: "likelihood", "letter", "generate"; nil = the first two where the task has letters

	Out          string   // folder that run folders are made in; "" = "runs"
	Resume       string   // "auto" (default): go on with the newest unfinished run that asks the same; "never": start anew
	BatchSize    int      // samples in flight; 0 = as many as the model advises. It decides no number.
	MaxErrors    int      // samples that may fail before the run stops; negative = any number
	FailUnder    []string // "task:metric=value": Run returns *Missed when the value (unscaled) is worse
	PricePerHour float64  // of the machine, in any currency; 0 = no costs

	Words *Words // with a lexicon: answers are also compared word by word, without and with it; nil = they are not

	DryRun   bool      // plan only: Print gets a summary, Run returns no record
	WriteOut int       // prompts of each task that are shown with token ids on Print
	Print    io.Writer // for DryRun and WriteOut; nil = nothing is printed

	Observer Observer         // progress; nil = silent
	Log      *slog.Logger     // nil = silent
	Now      func() time.Time // clock for run ids and times; nil = time.Now
	// Calibrate runs a fixed loop of some milliseconds and returns how long it took, see [hardware.Loop]; nil = times are not calibrated.
	Calibrate func() time.Duration
	// Waited is how long the threads of the process have waited for a processor, see [hardware.Waited]; nil = unknown.
	Waited  func() (time.Duration, bool)
	Version string // of this program, as it goes into results and identity; "" = from the build information

	Catalog []tasks.Task  // tasks that names are looked up in; nil = tasks.All()
	Suites  []tasks.Suite // likewise; nil = tasks.Suites()
}

// Gen overrides generation settings of all tasks. Nil fields leave the default: greedy, the task's own number of tokens.
type Gen struct {
	Temperature *float64 // 0 = greedy
	TopP        *float64 // in (0,1]
	TopK        *int     // 0 = all
	MaxTokens   *int     // >= 1
}

// Values of Options fields.
const (
	ChatAuto   = "auto"
	ChatAlways = "always"
	ChatNever  = "never"

	ResumeAuto  = "auto"
	ResumeNever = "never"

	OverlengthError          = "error"
	OverlengthSkip           = "skip"
	OverlengthTruncateMiddle = "truncate-middle"
	OverlengthTruncateLeft   = "truncate-left"

	ByLikelihood = "likelihood"
	ByLetter     = "letter"
	ByGenerate   = "generate" // a free answer, from which the choice is extracted
)

const (
	defaultOut     = "runs"
	maxBatchSize   = 4096
	maxFewshot     = 1000
	maxGenTokens   = 1 << 20
	bootstrapDraws = 10000
)

// An OptionError names the field of Options that is wrong.
type OptionError struct {
	Field string // as in Options
	Value string
	Want  string // what would be right
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("runner: option %s: %q: want %s", e.Field, e.Value, e.Want)
}

// Validate checks every field by itself. Names of tasks are checked when the run is planned.
func (o Options) Validate() error {
	oneOf := func(field, value string, allowed ...string) error {
		if value == "" || slices.Contains(allowed, value) {
			return nil
		}
		return &OptionError{field, value, strings.Join(allowed, ", ")}
	}
	errs := []error{
		oneOf("Chat", o.Chat, ChatAuto, ChatAlways, ChatNever),
		oneOf("Resume", o.Resume, ResumeAuto, ResumeNever),
		oneOf("Overlength", o.Overlength, OverlengthError, OverlengthSkip, OverlengthTruncateMiddle, OverlengthTruncateLeft),
		o.Gen.validate(),
	}
	if len(o.Tasks) == 0 {
		errs = append(errs, &OptionError{"Tasks", "", "the name of a task or suite"})
	}
	for _, by := range o.ChoiceBy {
		errs = append(errs, oneOf("ChoiceBy", by, ByLikelihood, ByLetter, ByGenerate))
	}
	if _, err := parseLimit(o.Limit); err != nil {
		errs = append(errs, err)
	}
	if n := o.NumFewshot; n != nil && (*n < 0 || *n > maxFewshot) {
		errs = append(errs, &OptionError{"NumFewshot", strconv.Itoa(*n), fmt.Sprintf("0 to %d", maxFewshot)})
	}
	if o.BatchSize < 0 || o.BatchSize > maxBatchSize {
		errs = append(errs, &OptionError{"BatchSize", strconv.Itoa(o.BatchSize), fmt.Sprintf("0 (auto) to %d", maxBatchSize)})
	}
	if o.PricePerHour < 0 || math.IsNaN(o.PricePerHour) || math.IsInf(o.PricePerHour, 0) {
		errs = append(errs, &OptionError{"PricePerHour", fmt.Sprint(o.PricePerHour), "a price of 0 or more"})
	}
	if o.WriteOut < 0 {
		errs = append(errs, &OptionError{"WriteOut", strconv.Itoa(o.WriteOut), "0 or more"})
	}
	for _, f := range o.FailUnder {
		if _, err := parseGate(f); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (g Gen) validate() error {
	var errs []error
	finite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	if v := g.Temperature; v != nil && (*v < 0 || !finite(*v)) {
		errs = append(errs, &OptionError{"Gen.Temperature", fmt.Sprint(*v), "0 (greedy) or more"})
	}
	if v := g.TopP; v != nil && !(*v > 0 && *v <= 1) {
		errs = append(errs, &OptionError{"Gen.TopP", fmt.Sprint(*v), "more than 0, at most 1"})
	}
	if v := g.TopK; v != nil && *v < 0 {
		errs = append(errs, &OptionError{"Gen.TopK", fmt.Sprint(*v), "0 (all) or more"})
	}
	if v := g.MaxTokens; v != nil && (*v < 1 || *v > maxGenTokens) {
		errs = append(errs, &OptionError{"Gen.MaxTokens", fmt.Sprint(*v), fmt.Sprintf("1 to %d", maxGenTokens)})
	}
	return errors.Join(errs...)
}

// withDefaults fills the fields whose zero value stands for a default.
func (o Options) withDefaults() Options {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&o.Chat, ChatAuto)
	set(&o.Resume, ResumeAuto)
	set(&o.Overlength, OverlengthError)
	set(&o.Out, defaultOut)
	set(&o.Version, buildVersion())
	if o.ChoiceBy == nil {
		o.ChoiceBy = []string{ByLikelihood, ByLetter}
	}
	o.ChoiceBy = slices.Clone(o.ChoiceBy)
	slices.Sort(o.ChoiceBy)
	o.ChoiceBy = slices.Compact(o.ChoiceBy)
	if o.Print == nil {
		o.Print = io.Discard
	}
	if o.Observer == nil {
		o.Observer = silent{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Catalog == nil {
		o.Catalog = tasks.All()
		for _, name := range o.Tasks { // those that are not in the list, since there is no end of them
			if t, ok := tasks.ByName(name); ok && !slices.ContainsFunc(o.Catalog, func(c tasks.Task) bool { return c.Name == name }) {
				o.Catalog = append(o.Catalog, t)
			}
		}
	}
	if o.Suites == nil {
		o.Suites = tasks.Suites()
	}
	return o
}

// A limit picks a range of items.
type limit struct {
	n        int     // first n; 0 = not this form
	fraction float64 // first share, rounded up; 0 = not this form
	from, to int     // items from..to counted from 1; 0 = not this form
}

func parseLimit(s string) (limit, error) {
	bad := &OptionError{"Limit", s, `a number of items ("50"), a share below 1 ("0.1") or a range ("11-20")`}
	if s == "" {
		return limit{}, nil
	}
	if a, b, ok := strings.Cut(s, "-"); ok {
		from, err1 := strconv.Atoi(a)
		to, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil || from < 1 || to < from {
			return limit{}, bad
		}
		return limit{from: from, to: to}, nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		if n < 1 {
			return limit{}, bad
		}
		return limit{n: n}, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || !(f > 0) || math.IsInf(f, 0):
		return limit{}, bad
	case f < 1:
		return limit{fraction: f}, nil
	case f == math.Trunc(f) && f < 1<<31: // "50.0", as lm-evaluation-harness takes it
		return limit{n: int(f)}, nil
	}
	return limit{}, bad
}

// bounds gives the half-open range of n items that the limit picks; it may be empty.
func (l limit) bounds(n int) (from, to int) {
	switch {
	case l.n > 0:
		return 0, min(n, l.n)
	case l.fraction > 0:
		return 0, min(n, int(math.Ceil(l.fraction*float64(n))))
	case l.from > 0:
		return min(n, l.from-1), min(n, l.to)
	}
	return 0, n
}

// last is the number of items that must exist for the limit to be met; 0 = as many as there are.
func (l limit) last() int { return max(l.n, l.to) }
