package tasks

import (
	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// Kind is how a task is asked and scored.
type Kind string

// The kinds of tasks.
const (
	Choice   Kind = "choice"   // pick one of several texts, by log-likelihood
	Generate Kind = "generate" // free text, an answer is extracted from it
)

// A Task is a value: what to load, how to ask, how to judge. It holds no state. Changing the prompt, the extraction
// or the split bumps Version; results of different versions are never compared silently.
type Task struct {
	Name    string
	Version int
	Kind    Kind
	Family  string // suite that it belongs to, such as "clue"
	Title   string // one line for lists
	Source  string // where the real set comes from
	License string // of the real set
	Shots   int    // examples in the prompt by default

	// Files are where the real set may lie below a --data folder, best first.
	Files []datasets.Candidate
	// Read parses one file of the set.
	Read func(name string, raw []byte) (datasets.Set, error)
	// Make generates n items from a seed; the same arguments give the same items.
	Make func(seed uint64, n int) datasets.Set

	// Prompt renders a record, with shots as worked examples.
	Prompt func(r datasets.Record, shots []datasets.Record) Request
	// Judge turns an answer into a verdict. It is pure: it may be repeated on saved answers.
	Judge func(r datasets.Record, a Answer) Verdict

	// Entities are those that an answer names, without places, where that is what a task asks for; nil = it does not. They are compared word
	// by word where a lexicon of a domain is given.
	Entities func(text string) []metrics.Entity

	// Metrics are what Judge's values add up to; the first one is the headline. A sample that lacks a value, since it was not
	// asked in that way, is left out of that metric.
	Metrics []Metric
}

// A Request is what a model is asked, free of any model's template.
type Request struct {
	Prompt  Prompt
	Choices []string // Choice: continuations of Prompt to score
	Letters *Letters // Choice: the same question asked with lettered options; nil = not asked
	// Generate:
	MaxTokens int
	Stop      []string // for base prompting; chat ends at the end of the turn as well
}

// Letters asks a choice with lettered options, to be scored by the letter.
type Letters struct {
	Prompt Prompt
	Names  []string // "A", "B", ... in the order of Request.Choices
}

// A Prompt is a conversation. Base models get the parts joined as plain text; chat models get turns.
type Prompt struct {
	System string // instruction; may be empty
	Shots  []Shot // worked examples
	Query  string // ends right where the answer begins, with no trailing space
}

// A Shot is a worked example: Answer follows Query directly.
type Shot struct{ Query, Answer string }

// An Answer is what the model did with a Request.
type Answer struct {
	Choices []Score // one per Request.Choices
	Letters []Score // one per Letters.Names
	Text    string  // Generate
	Finish  string  // Generate: "stop", "stop_string", "length", "context"
}

// A Score is the log-likelihood of one choice. Chars are Unicode code points, Bytes are UTF-8 bytes.
type Score struct {
	LogProb float64 `json:"logprob"`
	Tokens  int     `json:"tokens"`
	Chars   int     `json:"chars"`
	Bytes   int     `json:"bytes"`
}

// Outcome of a sample.
type Outcome string

// The outcomes. Unparsed answers count as wrong in every metric and are also counted by themselves.
const (
	Correct  Outcome = "correct"
	Wrong    Outcome = "wrong"
	Unparsed Outcome = "unparsed"
	Failed   Outcome = "error"
)

// A Verdict is what Judge makes of an answer.
type Verdict struct {
	Outcome   Outcome
	Extracted string             // the answer as understood
	Rule      string             // which extraction rule found it
	Metrics   map[string]float64 // values of this sample by metric name ("acc", "em", "f1"), finite
	Stats     map[string]float64 // sufficient statistics for corpus metrics ("tp:address": 2)
}

// A Metric aggregates samples. Exactly one of the following holds: Corpus is nil and the value is the mean of
// Verdict.Metrics[Name]; or Corpus computes it from summed Stats.
type Metric struct {
	Name           string // lm-evaluation-harness name without filter: "acc", "acc_norm", "em", "f1"
	Proportion     bool   // values are 0 or 1: Wilson interval; otherwise bootstrap
	HigherIsBetter bool
	Scale          float64 // factor to print with, e.g. 100; 0 = 1
	Corpus         func(sum map[string]float64) float64
}
