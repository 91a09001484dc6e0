package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Options says what to check and what to check it with.
type Options struct {
	Paths   []string // files and folders of reference values; at least one
	CPU     string   // "auto" (default), "reference", "avx2" or "avx512"
	Threads int      // default: one for each processor
	KVType  string   // "f32" (default) or "f16"
	Limit   int      // most log-likelihood pairs of each real-model file; 0 = all
	// Segmenter opens jieba for the vectors that need words; it is called at most once. Where it is nil or the error is fs.ErrNotExist,
	// these vectors are skipped.
	Segmenter func() (Segmenter, error)
	Each      func(Check) // called with every check as soon as it is done; may be nil
	Log       io.Writer   // progress of long checks; nil = none
}

// Validate names the first option that is wrong.
func (o Options) Validate() error {
	if len(o.Paths) == 0 {
		return errors.New("parity: no path given: name a file or folder of reference values")
	}
	if o.CPU != "" {
		if _, err := cpu.ParseLevel(o.CPU); err != nil {
			return fmt.Errorf("parity: CPU level: %w", err)
		}
	}
	switch {
	case o.Threads < 0:
		return fmt.Errorf("parity: threads %d, want 1 or more, or 0 for all processors", o.Threads)
	case o.Limit < 0:
		return fmt.Errorf("parity: limit %d, want 1 or more, or 0 for all", o.Limit)
	case o.KVType != "" && o.KVType != "f32" && o.KVType != "f16":
		return fmt.Errorf("parity: KV type %q, want f32 or f16", o.KVType)
	}
	return nil
}

// Status is how a check ended.
type Status string

// The outcomes of a check.
const (
	Pass Status = "pass"
	Fail Status = "fail"
	Skip Status = "skip" // Detail names what is missing
)

// A Check is one comparison with reference values.
type Check struct {
	Name      string // what was compared, such as "gemma3-tiny/config.json: logits"
	Status    Status
	Worst     float64 // largest deviation found; +Inf for NaN or values of another shape
	Tolerance float64 // largest deviation allowed, in the same unit; 0 = equal
	Detail    string  // counts, the first difference, or the reason of a skip
}

// String is the check as one line.
func (c Check) String() string {
	s := fmt.Sprintf("%-4s  %s", c.Status, c.Name)
	if c.Status != Skip && c.Tolerance > 0 {
		s += fmt.Sprintf("  worst %.2g (tolerance %.2g)", c.Worst, c.Tolerance)
	}
	if c.Detail != "" {
		s += "  " + c.Detail
	}
	return s
}

// A Report is the result of Run.
type Report struct {
	Checks []Check
}

// Count is the number of checks with a status.
func (r Report) Count(s Status) int {
	n := 0
	for _, c := range r.Checks {
		if c.Status == s {
			n++
		}
	}
	return n
}

// Summary is the last line of a report, "12 passed, 0 failed, 3 skipped".
func (r Report) Summary() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", r.Count(Pass), r.Count(Fail), r.Count(Skip))
}

// Run does all checks. A check that fails or cannot load what it needs is a Check of the report; an error means wrong options, a
// path that does not exist or holds nothing to check, or a cancelled context, with the checks so far.
func Run(ctx context.Context, o Options) (Report, error) {
	r, err := newRun(o)
	if err != nil {
		return Report{}, err
	}
	for _, p := range o.Paths {
		before := len(r.report.Checks)
		if err := r.path(ctx, p, 0); err != nil {
			return r.report, err
		}
		if len(r.report.Checks) == before {
			return r.report, fmt.Errorf("parity: %s: nothing to check here: no reference values of a known kind", p)
		}
	}
	return r.report, nil
}

// newRun checks the options and resolves their names.
func newRun(o Options) (*run, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := &run{options: o, level: cpu.Auto, kvType: tensor.F32, words: sync.OnceValues(o.openSegmenter)}
	if o.CPU != "" {
		level, err := cpu.ParseLevel(o.CPU)
		if err != nil {
			return nil, fmt.Errorf("parity: CPU level: %w", err)
		}
		r.level = level
	}
	if o.KVType == "f16" {
		r.kvType = tensor.F16
	}
	return r, nil
}

// A run collects the checks of one Run.
type run struct {
	options Options
	level   cpu.Level
	kvType  tensor.Type
	words   func() (Segmenter, error) // an error is unsupported where there is none
	report  Report
}

// maxDepth bounds how deep folders are walked, against links that form a circle.
const maxDepth = 8

// path checks what lies at path: a file or folder of a known kind, or else a folder with such in it.
func (r *run) path(ctx context.Context, path string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	for _, k := range kinds() {
		if k.is(path, st) {
			return k.check(ctx, r, path)
		}
	}
	if !st.IsDir() || depth == maxDepth {
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	for _, e := range entries { // in order of names
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		err := r.path(ctx, filepath.Join(path, e.Name()), depth+1)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a broken link
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) add(c Check) {
	r.report.Checks = append(r.report.Checks, c)
	if r.options.Each != nil {
		r.options.Each(c)
	}
}

// skip records what was not checked, and why.
func (r *run) skip(name, format string, args ...any) {
	r.add(Check{Name: name, Status: Skip, Detail: fmt.Sprintf(format, args...)})
}

// fail records that something needed for a check did not work.
func (r *run) fail(name string, err error) {
	r.add(Check{Name: name, Status: Fail, Detail: err.Error()})
}

// within records a deviation and what is allowed.
func (r *run) within(name string, worst, tolerance float64, detail string) {
	c := Check{Name: name, Status: Fail, Worst: worst, Tolerance: tolerance, Detail: detail}
	if worst <= tolerance { // false for NaN
		c.Status = Pass
	}
	r.add(c)
}

// equal records a comparison that has to be exact: n things compared, wrong of them different.
func (r *run) equal(name string, n, wrong int, first string) {
	c := Check{Name: name, Status: Pass, Worst: float64(wrong), Detail: fmt.Sprintf("%d equal", n)}
	switch {
	case n == 0:
		c.Status, c.Detail = Fail, "nothing was compared"
	case wrong > 0:
		c.Status, c.Detail = Fail, fmt.Sprintf("%d of %d differ; first: %s", wrong, n, first)
	}
	r.add(c)
}

// logf reports progress.
func (r *run) logf(format string, args ...any) {
	if r.options.Log != nil {
		fmt.Fprintf(r.options.Log, format+"\n", args...)
	}
}

// label is a short name of a path for checks: its last two elements.
func label(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(abs)), filepath.Base(abs)))
}
