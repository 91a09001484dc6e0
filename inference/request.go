package inference

import (
	"time"

	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// ScoreRequest asks for the log-likelihood of continuations of one context, as lm-evaluation-harness defines it
// (lm_eval/api/model.py, TemplateLM._encode_pair): trailing spaces of the context move to the continuation, context and continuation
// are encoded together and cut at the length of the encoded context. An empty context becomes the prefix token (the
// tokenizer's BOS, else its EOS). The shared beginning is computed once.
type ScoreRequest struct {
	Context       []tokenizer.Segment
	Continuations []string   // none may be empty
	Overlength    Overlength // what to do when context and longest continuation do not fit
}

// Continuation is the score of one continuation.
type Continuation struct {
	LogProb float64 // sum of natural-log probabilities of its tokens
	Tokens  int     // tokens scored, those of spaces moved from the context included
	Chars   int     // Unicode code points of the text as given
	Bytes   int     // UTF-8 bytes of the text as given
	Greedy  bool    // every token is the most probable one
}

// ScoreResult answers a ScoreRequest; Continuations are in the order asked.
type ScoreResult struct {
	Continuations []Continuation
	Usage         Usage
}

// RollingRequest asks for the log-probability of given tokens: Windows are run separately, each scored
// at the positions [From, len) given everything before them in the window. PerplexityWindows and RollingWindows make windows.
type RollingRequest struct {
	Windows []Window
}

// A Window is a run of tokens of which those from index From (>= 1) on are scored.
type Window struct {
	Tokens []int32
	From   int
}

// RollingResult holds for each window the sum of log-probabilities of its scored tokens, and how many there were.
type RollingResult struct {
	LogProb []float64
	Scored  []int
	Usage   Usage
}

// GenerateRequest asks for a completion of Prompt. An empty prompt becomes the prefix token, as in ScoreRequest.
type GenerateRequest struct {
	Prompt    []tokenizer.Segment
	Tokens    []int32  // the prompt as token ids, run as they are, instead of Prompt
	MaxTokens int      // 0 = 256
	Stop      []string // text before the earliest of these is returned
	Sampling  sample.Options
	IgnoreEOS bool
	// Overlength says what to do with a prompt that does not fit. A prompt that fits but leaves less room than MaxTokens is
	// an error of neither mode: OverlengthError runs it until the context is full, the truncating modes make room for
	// MaxTokens.
	Overlength Overlength
}

// GenerateResult is a completion.
type GenerateResult struct {
	Text   string  // without the stop string, end tokens left out
	Tokens []int32 // all generated tokens, a final end token left out
	Finish string  // "stop" (end token), "stop_string", "length" (MaxTokens) or "context" (model's context full)
	Usage  Usage
}

// The values of GenerateResult.Finish.
const (
	FinishStop       = "stop"
	FinishStopString = "stop_string"
	FinishLength     = "length"
	FinishContext    = "context"
)

// Usage is what a request cost. Times depend on what else ran; counts do not, except ReusedTokens.
type Usage struct {
	PromptTokens    int           // tokens of the context after truncation (rolling: of all windows)
	OutputTokens    int           // tokens generated, or scored
	ReusedTokens    int           // tokens not run because another part of the request, or another request, has the same beginning
	TruncatedTokens int           // tokens cut out of an overlong context
	TokenHash       uint64        // of the ids of the prompt and of all continuations: another tokenization gives another one
	TTFT            time.Duration // admission to first token or score
	Total           time.Duration // admission to end
}
