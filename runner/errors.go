package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/inference"
)

// A SampleError is one failed sample.
type SampleError struct {
	Task, DocID string
	Reason      string
}

func (e SampleError) Error() string {
	return fmt.Sprintf("task %s: sample %s: %s", e.Task, e.DocID, e.Reason)
}

// TooManyErrors ends a run in which more samples failed than Options.MaxErrors allows. The journal is kept: the same
// call with a higher limit goes on from there and tries the failed samples again.
type TooManyErrors struct {
	Dir   string // run folder
	Count int
	Max   int
	First SampleError // the earliest of those seen, in the order of the plan
}

func (e *TooManyErrors) Error() string {
	return fmt.Sprintf("runner: samples failed: %d, allowed: %d: %v (finished samples are kept in %s)", e.Count, e.Max, e.First, e.Dir)
}

// Unwrap gives the first failure.
func (e *TooManyErrors) Unwrap() error { return e.First }

// Interrupted ends a run whose context was cancelled. The journal is whole; the same call goes on from there.
type Interrupted struct {
	Dir         string // run folder
	Done, Total int    // samples
}

func (e *Interrupted) Error() string {
	return fmt.Sprintf("runner: interrupted after %d of %d samples; the same command goes on from %s", e.Done, e.Total, e.Dir)
}

// Unwrap gives [context.Canceled].
func (e *Interrupted) Unwrap() error { return context.Canceled }

// ModelLost ends a run whose model file was truncated or changed under it, or cannot be read any more. Samples that were finished
// before are good and in the journal; those in flight have left no trace.
type ModelLost struct {
	Dir         string // run folder
	Done, Total int    // samples
	Cause       *inference.FileError
}

func (e *ModelLost) Error() string {
	return fmt.Sprintf("runner: %v (after %d of %d samples; once the file is as it was, the same command goes on from %s)", e.Cause, e.Done, e.Total, e.Dir)
}

// Unwrap gives what happened to the file.
func (e *ModelLost) Unwrap() error { return e.Cause }

// BadData are mistakes in the data of tasks. Run leaves the tasks out, and returns the error beside the finished record of the others; when
// there are no others, no run is made.
type BadData struct {
	Tasks []string // that are left out
	Err   error    // with file, line and field where they are known; the errors of several tasks are joined
}

func (e *BadData) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *BadData) Unwrap() error { return e.Err }

// asBadData tells a file with a mistake from other errors of loading, such as a data folder that is not there: those concern every task.
func asBadData(task string, err error) error {
	if _, ok := errors.AsType[*datasets.Error](err); ok {
		return &BadData{[]string{task}, err}
	}
	return err
}

// badData makes one error of those of several tasks; nil when there are none.
func badData(list []*BadData) error {
	if len(list) == 0 {
		return nil
	}
	var all BadData
	var errs []error
	for _, e := range list {
		all.Tasks = append(all.Tasks, e.Tasks...)
		errs = append(errs, e.Err)
	}
	all.Err = errors.Join(errs...)
	return &all
}

// Missed is returned beside the finished record when a value is worse than Options.FailUnder asks for.
type Missed struct{ Misses []Miss }

// A Miss is one condition that does not hold.
type Miss struct {
	Task, Metric string
	Want         float64
	Got          *float64 // nil = there is no such value
	Lower        bool     // lower values are better
}

func (m Miss) String() string {
	if m.Got == nil {
		return fmt.Sprintf("%s:%s has no value, want %g", m.Task, m.Metric, m.Want)
	}
	if m.Lower {
		return fmt.Sprintf("%s:%s is %.6g, want at most %g", m.Task, m.Metric, *m.Got, m.Want)
	}
	return fmt.Sprintf("%s:%s is %.6g, want at least %g", m.Task, m.Metric, *m.Got, m.Want)
}

func (e *Missed) Error() string {
	parts := make([]string, len(e.Misses))
	for i, m := range e.Misses {
		parts[i] = m.String()
	}
	return "runner: fail-under missed: " + strings.Join(parts, "; ")
}
