package tasks

import (
	"cmp"
	"slices"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// Kind is how a task is asked and scored.
type Kind string

// The kinds of tasks.
const (
	Choice   Kind = "choice"   // pick one of several texts, by log-likelihood
	Generate Kind = "generate" // free text, an answer is extracted from it
	Extract  Kind = "extract"  // free text that must hold JSON
	Match    Kind = "match"    // pictures and texts; asked as the request says, like Long
	Long     Kind = "long"     // questions on a long text; a model whose context is too short is not asked
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Choice, Generate, Extract, Match, Long} }

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
	// Language of the texts, as an IETF tag; "" = "zh". Size is the number of items of the real set's scored split; 0 = unknown, or there is none.
	Language string
	Size     int

	// Dir is the only data folder of the task, in place of those that are given; "" = those.
	Dir string
	// Files are where the real set may lie below a --data folder, best first.
	Files []datasets.Candidate
	// Read parses one file of the set.
	Read func(name string, raw []byte) (datasets.Set, error)
	// ReadAll parses the files of a candidate together, where answers stand in a file of their own; nil = Read, one after another.
	ReadAll func(files []Content) (datasets.Set, error)
	// Derive makes n items from a file and a seed, where what is published is texts and no items. It stands in place of Read.
	Derive func(name string, raw []byte, seed uint64, n int) (datasets.Set, error)
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
	// Breakdowns are tags of records by whose values results are given as well.
	Breakdowns []string
	// Images says that questions have pictures: only models with vision are asked.
	Images bool
}

// A Content is a file of a set. Name is used in errors.
type Content struct {
	Name string
	Raw  []byte
}

// A Request is what a model is asked, free of any model's template. Choice tasks have Choices; Generate and Extract tasks have
// MaxTokens; Match and Long tasks have either, or both: then the same prompt is scored and completed.
type Request struct {
	Prompt  Prompt
	Choices []string // Choice: continuations of Prompt to score
	Letters *Letters // Choice: the same question asked with lettered options; nil = not asked
	// Generate; also a choice that is asked for a free answer, which has its letters' prompt, where these have defaults:
	MaxTokens int
	Stop      []string // for base prompting; chat ends at the end of the turn as well
	// Images are the pictures of the prompt, in the order of the marks [ImageMark] in it: system, shots, query.
	Images []Image
}

// ImageMark stands in a prompt where a picture belongs (U+FFFC, the object replacement character). Texts of data that hold it must
// lose it before they get into the prompt of a request with images.
const ImageMark = "\uFFFC"

// An Image is a picture of a request.
type Image struct {
	Name string // for messages and reports
	Data []byte // a PNG or JPEG file
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
	Text    string  // what was generated
	Finish  string  // why that ended: "stop", "stop_string", "length", "context"; "" = nothing was to be generated
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

// A Metric aggregates samples. At most one of the following is set: Corpus computes it from summed Stats; By makes it the mean over groups
// of samples; Joint finds the values of samples together. With none of them it is the mean of Verdict.Metrics[Name].
type Metric struct {
	Name           string // lm-evaluation-harness name without filter: "acc", "acc_norm", "em", "f1"
	Proportion     bool   // values are 0 or 1: Wilson interval; otherwise bootstrap
	HigherIsBetter bool
	Scale          float64 // factor to print with, e.g. 100; 0 = 1
	Range          float64 // largest value there can be, e.g. 100 of BLEU; 0 = 1, or 100 where values pass 1
	Corpus         func(sum map[string]float64) float64
	// By is a tag of records. Samples with the same value of it form a group; those without the tag are left out. Fold makes one value of
	// a group, and the metric is the mean of these. So that a limit cuts no group in two, generators put its members side by side.
	By   string
	Fold Fold
	// Members is how many samples a whole group has; others are left out, as some of theirs were not asked. 0 = any number.
	Members int
	From    string // per-sample value that is folded or averaged, where it is not called Name
	// Joint finds the values of the samples of a cluster from the Stats of all of them, NaN for those without one; the metric is their
	// mean over samples. It is pure, and returns a value for each.
	Joint func(cluster []map[string]float64) []float64
}

// Value is the name of the metric's values in [Verdict.Metrics].
func (m Metric) Value() string { return cmp.Or(m.From, m.Name) }

// Aggregation says in a few words how the metric comes from samples.
func (m Metric) Aggregation() string {
	switch {
	case m.Corpus != nil:
		return "corpus"
	case m.Joint != nil:
		return "joint by cluster"
	case m.By != "":
		return m.Fold.String() + " by " + m.By
	}
	return "mean"
}

// A Fold makes one value of the values of a group.
type Fold int

// The folds.
const (
	FoldMean   Fold = iota // their mean: accuracy of a word, so that the mean over groups is a macro average
	FoldAll                // the smallest: a group counts if all of its members are right; not defined where a member failed
	FoldDiffer             // 1 if they are not all equal: the flip rate; not defined for fewer than two, or where a member failed
)

// Of folds the values of a group's members. ok is false where that is not defined.
func (f Fold) Of(values []float64) (x float64, ok bool) {
	switch {
	case len(values) == 0, f == FoldDiffer && len(values) < 2:
		return 0, false
	case f == FoldAll:
		return slices.Min(values), true
	case f == FoldDiffer:
		if slices.Min(values) != slices.Max(values) {
			return 1, true
		}
		return 0, true
	}
	return metrics.Mean(values)
}

func (f Fold) String() string {
	switch f {
	case FoldAll:
		return "all"
	case FoldDiffer:
		return "differ"
	}
	return "mean"
}
