package reports

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// ComparisonVersion is the version of comparison.json. Like SchemaVersion it grows when a key changes its meaning or goes away.
const ComparisonVersion = 1

// A Comparison is the content of comparison.json: what runs differ in from the first of them, on the same items. Values and differences
// are those of metrics, not scaled.
type Comparison struct {
	SchemaVersion int           `json:"schema_version"`
	Alpha         float64       `json:"alpha"` // level of the tests, over all tasks of a run
	Reference     RunRef        `json:"reference"`
	Runs          []ComparedRun `json:"runs"`
}

// A RunRef says which run is compared, and what it cost.
type RunRef struct {
	RunID  string    `json:"run_id"`
	Digest string    `json:"digest"`
	Model  Model     `json:"model"`
	Engine Engine    `json:"engine"`
	Perf   RunSpeed  `json:"perf"`
	Memory RunMemory `json:"memory"`
}

// RunSpeed is how fast a run was, in tokens per second.
type RunSpeed struct {
	PrefillTokS float64 `json:"prefill_tok_s"`
	DecodeTokS  float64 `json:"decode_tok_s"` // 0 = nothing was generated
}

// RunMemory is what a run held.
type RunMemory struct {
	PeakBytes int64 `json:"peak_bytes"` // as allocated, over all devices
}

// Ref is what comparisons keep of a record.
func Ref(r *Record) RunRef {
	ref := RunRef{
		RunID: r.Host.RunID, Digest: r.Digest, Model: r.Model, Engine: r.Engine,
		Perf: RunSpeed{r.Perf.PrefillTokS, r.Perf.DecodeTokS},
	}
	for _, d := range r.Memory.Devices {
		ref.Memory.PeakBytes += d.Peak.Total()
	}
	return ref
}

// A ComparedRun is the comparison of one run with the reference.
type ComparedRun struct {
	Run           RunRef           `json:"run"`
	EqualOutputs  bool             `json:"equal_outputs"` // every output, log-probability and score of the common tasks is the same: nothing was tested
	Differs       []Difference     `json:"differs"`       // what the comparison is about
	Tasks         []TaskComparison `json:"tasks"`
	OnlyReference []string         `json:"only_reference"` // tasks that the run lacks
	OnlyRun       []string         `json:"only_run"`       // tasks that the reference lacks
	Warnings      []Warning        `json:"warnings"`
}

// A Difference is a property of two runs that is not the same, such as the quantization.
type Difference struct {
	What      string `json:"what"`
	Reference string `json:"reference"`
	Run       string `json:"run"`
}

// Tests by which two runs are compared.
const (
	TestNone        = "none"        // all outputs are equal
	TestMcNemar     = "mcnemar"     // exact, on right and wrong
	TestSignFlip    = "sign-flip"   // the same for items that share texts: exact, signs of whole texts
	TestPermutation = "permutation" // exchanges of the outputs of items or texts; corpus metrics are computed again
)

// A TaskComparison compares the headline metric of a task.
type TaskComparison struct {
	Task           string  `json:"task"`
	Version        int     `json:"version"`
	Metric         string  `json:"metric"`
	HigherIsBetter bool    `json:"higher_is_better"`
	Scale          float64 `json:"scale"` // factor to print with
	N              int     `json:"n"`     // items that both runs have a value for
	Clusters       int     `json:"clusters"`
	LeftOut        int     `json:"n_left_out"` // items that one of the runs has no value for
	Lost           int     `json:"n_lost"`     // items that are worse in the run
	Won            int     `json:"n_won"`      // items that are better

	Reference  float64     `json:"reference"`
	Run        float64     `json:"run"`
	Difference float64     `json:"difference"`     // run − reference
	CI95       *[2]float64 `json:"ci95,omitempty"` // of the difference; absent = too few items, or equal outputs
	Test       string      `json:"test"`           // "none", "mcnemar", "sign-flip", "permutation"
	P          float64     `json:"p"`              // two-sided
	PAdjusted  float64     `json:"p_adjusted"`     // by Holm, over the tasks of the run
	// Detectable is the smallest difference that the test finds with 80 %, at the first step of Holm's correction; absent = none is.
	Detectable *float64 `json:"smallest_detectable,omitempty"`
	Flips      []Flip   `json:"flips"`
}

// Directions of a flip.
const (
	FlipLost = "right→wrong"
	FlipWon  = "wrong→right"
)

// A Flip is an item that one run has right and the other wrong. Margins are the log-probability of the right choice less that of the best
// other one, in nats: below 0 where the answer is wrong; absent where no choices were scored.
type Flip struct {
	DocID           string   `json:"doc_id"`
	Direction       string   `json:"direction"` // "right→wrong", "wrong→right"
	Target          string   `json:"target"`
	Reference       string   `json:"reference"` // answers as understood
	Run             string   `json:"run"`
	ReferenceMargin *float64 `json:"reference_margin,omitempty"`
	RunMargin       *float64 `json:"run_margin,omitempty"`
}

// ComparisonJSON writes comparison.json: indented, keys in a fixed order, ending in a newline.
func ComparisonJSON(w io.Writer, c *Comparison) error { return writeJSON(w, "comparison", c) }

// writeJSON writes any record; a number that JSON cannot hold is an error and nothing is written.
func writeJSON(w io.Writer, what string, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("reports: %s as JSON: %w", what, err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}
