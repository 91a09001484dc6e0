package inference

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/sample"
)

// defaultMaxTokens is what a GenerateRequest with MaxTokens 0 generates at most.
const defaultMaxTokens = 256

// Generate completes a prompt. It is safe for concurrent use: requests in flight together share batches, and the tokens of a
// request depend on the request alone. A cancelled ctx ends it between two tokens. A prompt that does not fit gives a *ContextError,
// unless the request says how to truncate it.
func (e *Engine) Generate(ctx context.Context, r GenerateRequest) (GenerateResult, error) {
	if r.MaxTokens < 0 {
		return GenerateResult{}, fmt.Errorf("inference: at most %d tokens asked for", r.MaxTokens)
	}
	if r.MaxTokens == 0 {
		r.MaxTokens = defaultMaxTokens
	}
	sampler, err := sample.New(r.Sampling)
	if err != nil {
		return GenerateResult{}, err
	}
	segs := joinText(r.Prompt)
	prompt := slices.Clone(r.Tokens) // the cache of prefixes keeps it
	if len(prompt) == 0 {
		if prompt, err = e.enc.prompt(segs); err != nil {
			return GenerateResult{}, err
		}
	} else if len(segs) > 0 {
		return GenerateResult{}, errors.New("inference: prompt given both as text and as tokens")
	}
	limit := e.context
	if r.Overlength != OverlengthError {
		// As much room for the answer as was asked for, but no more than half of the context.
		limit -= min(r.MaxTokens-1, e.context/2)
	}
	prompt, cut, err := truncatePrompt(segs, prompt, limit, r.Overlength, e.enc.encode)
	if err != nil {
		return GenerateResult{}, overlong(err, e.context-limit, e.context)
	}
	if err := e.checkTokens(prompt); err != nil {
		return GenerateResult{}, err
	}
	work := &completion{
		prompt: prompt, max: r.MaxTokens, context: e.context, sampler: sampler, greedy: r.Sampling.Greedy(),
		isEnd: e.isEnd, piece: e.piece, text: newTextBuilder(r.Stop),
	}
	if work.greedy && e.options.Speculation != Off {
		work.lookup = &lookup{}
	}
	if r.IgnoreEOS {
		work.isEnd = func(int32) bool { return false }
	}
	j, err := e.sched.do(ctx, work)
	if err != nil {
		return GenerateResult{}, err
	}
	res := GenerateResult{Text: work.text.text(), Tokens: work.tokens, Finish: work.finish}
	res.Usage = Usage{PromptTokens: len(prompt), OutputTokens: len(work.tokens), TruncatedTokens: cut, ReusedTokens: len(prompt) - j.prefill}
	res.Usage.TokenHash = hashTokens(prompt)
	e.account(&res.Usage, j)
	return res, nil
}
