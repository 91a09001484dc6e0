package reports

import (
	"github.com/llama4-eval/llama4-eval/hardware"
)

// SchemaVersion is the version of results.json. It grows when a key changes its meaning or goes away; new keys alone
// do not change it.
const SchemaVersion = 1

// A Record is the content of results.json: all numbers of one run. Its keys are a superset of those that
// lm-evaluation-harness writes.
//
// Two runs that ask the same of the same model give the same bytes, except under the keys perf, memory and host: whatever
// may differ between equal runs (times, memory, reuse of computed tokens, facts of the machine) lives only there.
type Record struct {
	SchemaVersion int `json:"schema_version"`

	Results       map[string]Result   `json:"results"`        // by task
	Groups        map[string]Result   `json:"groups"`         // by suite: the mean of its members
	GroupSubtasks map[string][]string `json:"group_subtasks"` // members of each group, in order
	// Breakdowns are results by task, then by tag, for each value of the tag: ranges of numbers by size, others as they come in the data.
	Breakdowns     map[string]map[string][]Breakdown `json:"breakdowns"`
	Configs        map[string]TaskConfig             `json:"configs"`
	Versions       map[string]int                    `json:"versions"`
	NShot          map[string]int                    `json:"n-shot"`
	HigherIsBetter map[string]map[string]bool        `json:"higher_is_better"`
	NSamples       map[string]SampleCount            `json:"n-samples"`
	TaskHashes     map[string]string                 `json:"task_hashes"` // sha256 over all prompts of the task, in order
	Config         Config                            `json:"config"`

	ModelSource       string `json:"model_source"` // "llama4-eval": our own engine
	ModelName         string `json:"model_name"`
	SystemInstruction string `json:"system_instruction,omitempty"`
	ChatTemplateSHA   string `json:"chat_template_sha,omitempty"` // "" = base prompting
	FewshotMultiturn  bool   `json:"fewshot_as_multiturn"`        // worked examples are turns of the conversation

	Model    Model     `json:"model"`
	Engine   Engine    `json:"engine"`
	Digest   string    `json:"digest"`  // sha256 over all sample outputs and log-probabilities, in stable order
	Skipped  []Skipped `json:"skipped"` // tasks that were asked for and not run
	Warnings []Warning `json:"warnings"`

	Words    *WordScores `json:"words,omitempty"`    // metrics that compare words; nil = no lexicon was given
	Rescored *Rescored   `json:"rescored,omitempty"` // nil = the answers were judged when they were given

	Perf   Perf   `json:"perf"`
	Memory Memory `json:"memory"`
	Host   Host   `json:"host"`
}

// A Value is one metric of a task or group.
type Value struct {
	Value  float64
	Stderr *float64    // standard error; nil = unknown (one item)
	CI95   *[2]float64 // 95 % interval; nil = unknown
	N      int         // items behind it; for a group, members
	// ClusterCI95 is the 95 % interval of a proportion that resamples texts instead of items; nil = no two items share a text.
	// (Other means resample texts in CI95 itself.)
	ClusterCI95 *[2]float64
}

// Counts says what became of the samples of a task.
type Counts struct {
	Scored          int // with a verdict correct, wrong or unparsed
	Unparsed        int // no answer could be extracted: counted as wrong
	Truncated       int // prompt or answer was cut: PromptTruncated + AnswerTruncated, both counted once
	PromptTruncated int // prompt shortened to fit the context
	AnswerTruncated int // answer ended by the token limit or the end of the context
	Errors          int // failed: in no metric
	Skipped         int // prompt longer than the context and --overlength skip: in no metric
	// ExtractRate is the share of scored samples whose answer could be extracted, in [0,1]; 1 when none was scored.
	ExtractRate float64
}

// A Result holds the values of one task or group. In JSON it is one flat object with the keys of lm-evaluation-harness
// ("acc,none", "acc_stderr,none") and ours ("acc_ci95,none", "acc_n,none", "n_scored").
type Result struct {
	Alias   string
	Values  map[string]Value // by metric name without filter
	Counts  *Counts          // tasks only
	Members int              // groups only: tasks that the mean is over
	Of      int              // groups only: tasks that the mean is meant to be over
}

// A Breakdown is the result of the samples that have one value of a tag: the headline metric and all proportions. In JSON it is an object
// like that of a Result with the keys "value" and "n".
type Breakdown struct {
	Value  string
	N      int // samples with that value, failed ones included
	Result Result
}

// TaskConfig is how a task was asked.
type TaskConfig struct {
	Task       string         `json:"task"`
	Title      string         `json:"description,omitempty"`
	Kind       string         `json:"output_type"` // "choice", "generate", "extract", "match", "long"
	Family     string         `json:"family,omitempty"`
	Shots      int            `json:"num_fewshot"`
	ShotSource string         `json:"fewshot_split,omitempty"` // "train", or the scored split
	Split      string         `json:"test_split"`              // "generated" for made data
	Files      []DataFile     `json:"files,omitempty"`
	MetricList []MetricConfig `json:"metric_list"` // headline first
	MaxTokens  int            `json:"max_gen_toks,omitempty"`
	Stop       []string       `json:"until,omitempty"`
	Source     string         `json:"source,omitempty"`
	License    string         `json:"license,omitempty"`
}

// Generates says whether answers are free text, from which something is extracted.
func (c TaskConfig) Generates() bool { return c.MaxTokens > 0 && c.Kind != "choice" }

// A DataFile is a file that samples or examples were read from. Path is relative to the data folder.
type DataFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// MetricConfig describes a metric of a task.
type MetricConfig struct {
	Metric         string  `json:"metric"`
	Aggregation    string  `json:"aggregation"` // "mean", "corpus", "mean by word", "all by group", "differ by pair"
	HigherIsBetter bool    `json:"higher_is_better"`
	Scale          float64 `json:"scale"` // factor to print values with; values in this file are not scaled
}

// SampleCount is how many items a task has and how many were asked.
type SampleCount struct {
	Original  int `json:"original"`
	Effective int `json:"effective"`
}

// Config holds the options that decide the numbers.
type Config struct {
	Model          string            `json:"model"`            // file or folder name
	Limit          string            `json:"limit,omitempty"`  // as asked
	GenKwargs      map[string]string `json:"gen_kwargs"`       // overrides of generation settings
	RandomSeed     uint64            `json:"random_seed"`      // of generated data and of sampling
	BootstrapIters int               `json:"bootstrap_iters"`  // draws of the bootstrap intervals
	Chat           bool              `json:"chat"`             // prompts went through the chat template
	Overlength     string            `json:"overlength"`       // what was done with prompts longer than the context
	ChoiceBy       []string          `json:"choice_by"`        // how choices were asked
	Samples        map[string]int    `json:"samples,omitzero"` // number of samples picked by id, by task
	Identity       string            `json:"identity"`         // hash of everything that decides the numbers
}

// Model says what was evaluated.
type Model struct {
	Name       string `json:"name"`
	Arch       string `json:"arch"`
	Quant      string `json:"quant"`
	Parameters int64  `json:"parameters,omitempty"`
	Bytes      int64  `json:"bytes,omitempty"` // of the weight files
	Context    int    `json:"context"`         // tokens
	SHA256     string `json:"sha256,omitempty"`
}

// Engine says what computed the answers.
type Engine struct {
	Version string `json:"version"` // of this program
	Device  string `json:"device"`
	Kernel  string `json:"kernel"` // level: "reference", "avx2", "avx512"
	Quant   string `json:"quant"`
	KVType  string `json:"kv_type"`
	Threads int    `json:"threads"`
	Context int    `json:"context"` // tokens that a sample may have
}

// Skipped is a task that was asked for and not run.
type Skipped struct {
	Task   string `json:"task"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"` // the command that helps
}

// A Warning is something that a reader of the numbers should know. Task is "" when it concerns the whole run.
type Warning struct {
	Task string `json:"task,omitempty"`
	Code string `json:"code"` // stable, for scripts: "wide-interval", "unparsed", "generated-data", ...
	Text string `json:"text"`
}

// Percentiles of a distribution; all zero when there was nothing to measure.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
}

// Perf says what the run cost: the work of this process, which after an interruption is less than that of all samples. Rates are in
// tokens per second; times of a sample count from its admission.
type Perf struct {
	WallSeconds        float64     `json:"wall_seconds"` // of this process, loading left out
	LoadSeconds        float64     `json:"load_seconds"`
	BatchSize          int         `json:"batch_size"`      // samples in flight
	SamplesRun         int         `json:"samples_run"`     // by this process
	SamplesResumed     int         `json:"samples_resumed"` // taken from the journal of an interrupted run
	SamplesPerSecond   float64     `json:"samples_per_second"`
	PrefillTokens      int64       `json:"prefill_tokens"` // of prompts and choices, run through the model
	DecodeTokens       int64       `json:"decode_tokens"`  // generated
	PrefillTokS        float64     `json:"prefill_tok_s"`
	DecodeTokS         float64     `json:"decode_tok_s"`         // 0 = nothing was generated
	PrefillTokensSaved int64       `json:"prefill_tokens_saved"` // not run because choices or prompts have the same beginning
	DraftTokens        int64       `json:"draft_tokens"`         // guessed from the prompt and run along with the next token
	AcceptedTokens     int64       `json:"accepted_tokens"`      // drafts that the model chose; among decode_tokens too
	TTFT               Percentiles `json:"ttft_ms"`              // over all samples: admission to first token or score
	ITL                Percentiles `json:"itl_ms"`               // from one generated token to the next
	Cost               *Cost       `json:"cost,omitempty"`
	// Calibration tells a slow program from a slow machine; nil = the run was not calibrated.
	Calibration *Calibration `json:"calibration,omitempty"`
}

// Calibration is how long a fixed loop took while the run went on: whole-number and floating-point arithmetic and a sweep through memory
// on as many threads as the engine has, at moments when the engine rested.
type Calibration struct {
	Rounds []CalibrationRound `json:"rounds"` // from before the first sample to after the last
	// Waited is how many seconds the threads of the process were ready to run and had no processor, all together; nil = unknown. The loop
	// is too short to lose its processor, so it does not see that others use the machine.
	Waited *float64 `json:"waited_seconds,omitempty"`
}

// CalibrationMarks is into how many parts of about the same work a run is divided for its calibration.
const CalibrationMarks = 32

// A CalibrationRound is several repetitions of the loop, and the work of the engine since the round before.
type CalibrationRound struct {
	Mark           int       `json:"mark"`          // parts of the work done by then, 0 to CalibrationMarks
	Loop           []float64 `json:"loop_ms"`       // each repetition
	PromptTokens   int64     `json:"prompt_tokens"` // of prompts and choices, those that did not have to be run included
	DecodeTokens   int64     `json:"decode_tokens"`
	PrefillSeconds float64   `json:"prefill_seconds"`
	DecodeSeconds  float64   `json:"decode_seconds"`
}

// Cost is what the run costs at a price per hour, in the currency of the price.
type Cost struct {
	PricePerHour     float64 `json:"price_per_hour"`
	Per1000Items     float64 `json:"per_1000_items"`
	PerMillionTokens float64 `json:"per_million_tokens"` // prompt and generated tokens together
}

// A Ledger is memory by kind, in bytes.
type Ledger struct {
	Weights     int64 `json:"weights"`
	KV          int64 `json:"kv"`
	Activations int64 `json:"activations"`
	Scratch     int64 `json:"scratch"`
	Other       int64 `json:"other"`
}

// Total is the sum over all kinds.
func (l Ledger) Total() int64 { return l.Weights + l.KV + l.Activations + l.Scratch + l.Other }

// DeviceMemory is the ledger of one device.
type DeviceMemory struct {
	Device    string `json:"device"`
	Predicted Ledger `json:"predicted"` // before loading
	Peak      Ledger `json:"peak"`      // as allocated
}

// Memory says what the run held.
type Memory struct {
	Devices           []DeviceMemory `json:"devices"`
	PeakResidentBytes int64          `json:"peak_resident_bytes"` // of the process, loading included; 0 = unknown
}

// Host says where and when the run took place.
type Host struct {
	RunID     string `json:"run_id"`
	Dir       string `json:"dir"`     // run folder, as the process saw it
	Started   string `json:"started"` // UTC, RFC 3339
	Finished  string `json:"finished"`
	ModelPath string `json:"model_path"`
	// RescoredFrom is the run whose answers were judged again; "" = the run's own.
	RescoredFrom string            `json:"rescored_from,omitempty"`
	Hardware     hardware.Snapshot `json:"hardware"`
}
