package reports

import "io"

// GateVersion is the version of the JSON that the gate command writes.
const GateVersion = 1

// Verdicts of a gate, on a task, a cost, or everything.
const (
	GateWorse        = "worse"        // a drop that chance does not explain; a cost beyond its limit
	GateEquivalent   = "equivalent"   // shown to be within the margin
	GateBetter       = "better"       // a gain that chance does not explain
	GateInconclusive = "inconclusive" // too little to tell
	GateNotMeasured  = "not measured" // costs only: the runs cannot be compared in it
)

// A GateResult is the decision about a run, by its baseline. Drops, margins and their intervals are in points: hundredths of the range
// of a metric.
type GateResult struct {
	SchemaVersion      int     `json:"schema_version"`
	Verdict            string  `json:"verdict"` // worse if anything is; of the tasks alone otherwise
	Passed             bool    `json:"passed"`
	Alpha              float64 `json:"alpha"`
	MaxDrop            float64 `json:"max_drop_points"`
	MaxSlowdown        float64 `json:"max_slowdown_percent"`
	MaxMemory          float64 `json:"max_memory_percent"`
	RequireEquivalence bool    `json:"require_equivalence"`

	Baseline     RunRef       `json:"baseline"`
	Run          RunRef       `json:"run"`
	EqualOutputs bool         `json:"equal_outputs"` // every output, log-probability and score of the common tasks is the same: no statistics
	Differs      []Difference `json:"differs"`
	Tasks        []TaskGate   `json:"tasks"`
	Pooled       *TaskGate    `json:"pooled,omitempty"` // all items of all tasks as one; absent for a single task
	Costs        []CostGate   `json:"costs"`
	OnlyRun      []string     `json:"only_run"`
	Warnings     []Warning    `json:"warnings"`
}

// A TaskGate is the decision about a task, or all of them as one. The numbers of a test are absent where all outputs are equal.
type TaskGate struct {
	Task           string  `json:"task"`
	Metric         string  `json:"metric"` // "" for all tasks as one
	HigherIsBetter bool    `json:"higher_is_better"`
	Scale          float64 `json:"scale"`
	Verdict        string  `json:"verdict"`
	N              int     `json:"n"`
	Clusters       int     `json:"clusters"`
	LeftOut        int     `json:"n_left_out"` // items that only the run has a value for
	Lost           int     `json:"n_lost"`
	Won            int     `json:"n_won"`
	Baseline       float64 `json:"baseline"` // values of the metric, not scaled; for all tasks as one the mean over items
	Run            float64 `json:"run"`

	Drop           float64     `json:"drop_points"` // above 0 = worse
	CI             *[2]float64 `json:"drop_ci_points,omitempty"`
	PWorse         *float64    `json:"p_worse,omitempty"`          // one-sided
	PWorseAdjusted *float64    `json:"p_worse_adjusted,omitempty"` // by Holm, over the tasks and all of them as one
	PBetter        *float64    `json:"p_better,omitempty"`
	PEquivalent    *float64    `json:"p_equivalent,omitempty"`
	Power          []GatePower `json:"power,omitempty"`
	SmallestDrop   *float64    `json:"smallest_drop_points,omitempty"` // found with 80 %; absent = none is
	Flips          []Flip      `json:"flips,omitempty"`
}

// GatePower is the chance to call a drop worse.
type GatePower struct {
	Drop  float64 `json:"drop_points"`
	Power float64 `json:"power"`
}

// A CostGate is the decision about latency or memory.
type CostGate struct {
	Cost     string  `json:"cost"` // "prefill time", "decode time", "memory"
	Unit     string  `json:"unit"` // of Baseline and Run
	Baseline float64 `json:"baseline"`
	Run      float64 `json:"run"`
	// Change is how much more the run costs, in percent; of times after both are divided by the calibration loop of their own run.
	Change  float64     `json:"change_percent"`
	CI      *[2]float64 `json:"change_ci_percent,omitempty"`
	Limit   float64     `json:"limit_percent"`
	Pieces  int         `json:"pieces,omitempty"`          // of the run that the interval is made of
	Machine float64     `json:"machine_percent,omitempty"` // times: how much longer the calibration loop took in the run
	Verdict string      `json:"verdict"`
	Note    string      `json:"note,omitempty"` // why it is not measured or not decided
}

// GateJSON writes the decision as JSON.
func GateJSON(w io.Writer, g *GateResult) error { return writeJSON(w, "gate", g) }
