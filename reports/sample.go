package reports

// Verdicts of a sample line.
const (
	VerdictCorrect  = "correct"
	VerdictWrong    = "wrong"
	VerdictUnparsed = "unparsed" // no answer found in the response; counts as wrong
	VerdictError    = "error"    // the sample failed; in no metric
	VerdictSkipped  = "skipped"  // longer than the context and asked to be skipped; in no metric
)

// A Sample is one line of samples/<task>.jsonl: what was asked, what came back and what was made of it. Equal runs
// give equal lines, except under perf.
type Sample struct {
	DocID      string             `json:"doc_id"` // stable within the data set
	Task       string             `json:"task"`
	DocHash    string             `json:"doc_hash"`    // sha256 of the record
	PromptHash string             `json:"prompt_hash"` // sha256 of the rendered prompts, choices and generation settings
	Cluster    string             `json:"cluster,omitempty"`
	Tags       map[string]string  `json:"tags,omitempty"` // facets of the item
	Target     string             `json:"target"`
	Response   string             `json:"response"`
	Extracted  string             `json:"extracted"`
	Rule       string             `json:"rule"` // extraction rule that found the answer
	Verdict    string             `json:"verdict"`
	Error      string             `json:"error,omitempty"`
	Finish     string             `json:"finish,omitempty"`    // why generation ended: stop, stop_string, length, context
	Truncated  string             `json:"truncated,omitempty"` // "prompt", "answer" or "prompt,answer"
	Metrics    map[string]float64 `json:"metrics"`
	Stats      map[string]float64 `json:"stats,omitempty"` // summands of metrics over the whole set
	Choices    []Choice           `json:"choices,omitempty"`
	Letters    []Choice           `json:"letters,omitempty"` // the same question with lettered options

	PromptTokens int        `json:"prompt_tokens"`
	OutputTokens int        `json:"output_tokens"`
	TokenHash    string     `json:"token_hash,omitempty"` // of the ids of prompts and choices: another tokenizer, or a BOS more, changes it
	Perf         SamplePerf `json:"perf"`
}

// A Choice is the log-likelihood of one continuation. Chars are Unicode code points, Bytes those of UTF-8.
type Choice struct {
	LogProb float64 `json:"logprob"`
	Tokens  int     `json:"tokens"`
	Chars   int     `json:"chars"`
	Bytes   int     `json:"bytes"`
}

// SamplePerf is what a sample cost, in milliseconds from its admission.
type SamplePerf struct {
	ReusedTokens int     `json:"reused_tokens"`
	TTFT         float64 `json:"ttft_ms"`
	TPOT         float64 `json:"tpot_ms"` // mean time between generated tokens; 0 = fewer than two
	Total        float64 `json:"total_ms"`
}

// Scored says whether the sample counts in the metrics.
func (s *Sample) Scored() bool {
	return s.Verdict == VerdictCorrect || s.Verdict == VerdictWrong || s.Verdict == VerdictUnparsed
}
