package inference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Score returns the log-likelihood of every continuation given the context. It is safe for concurrent use: requests that are
// in flight together share batches, which changes no bit of the results. A context that does not fit gives a
// *ContextError, unless the request says how to truncate it.
func (e *Engine) Score(ctx context.Context, r ScoreRequest) (ScoreResult, error) {
	if len(r.Continuations) == 0 {
		return ScoreResult{}, errors.New("inference: score request without continuations")
	}
	seqs, from, err := e.enc.pairs(r.Context, r.Continuations)
	if err != nil {
		return ScoreResult{}, err
	}
	seqs, from, cut, err := e.fit(r, seqs, from)
	if err != nil {
		return ScoreResult{}, err
	}
	for _, s := range seqs {
		if err := e.checkTokens(s); err != nil {
			return ScoreResult{}, err
		}
	}
	work := newChoices(seqs, from)
	j, err := e.sched.do(ctx, work)
	if err != nil {
		return ScoreResult{}, err
	}
	res := ScoreResult{Continuations: make([]Continuation, len(seqs))}
	for i, text := range r.Continuations {
		lp, greedy, err := work.sum(i)
		if err != nil {
			return ScoreResult{}, err
		}
		res.Continuations[i] = Continuation{
			LogProb: lp, Tokens: len(seqs[i]) - from, Chars: utf8.RuneCountInString(text), Bytes: len(text), Greedy: greedy,
		}
		res.Usage.OutputTokens += len(seqs[i]) - from
	}
	res.Usage.PromptTokens, res.Usage.TruncatedTokens, res.Usage.ReusedTokens = from, cut, work.positions()-j.prefill
	res.Usage.TokenHash = hashTokens(seqs...)
	e.account(&res.Usage, j)
	return res, nil
}

// hashTokens is FNV-1a over the lengths and ids of sequences, in words of 32 bits.
func hashTokens(seqs ...[]int32) uint64 {
	h := uint64(14695981039346656037)
	word := func(v uint32) { h = (h ^ uint64(v)) * 1099511628211 }
	for _, s := range seqs {
		word(uint32(len(s)))
		for _, id := range s {
			word(uint32(id))
		}
	}
	return h
}

// fit truncates the contexts of a score request, the first from tokens of seqs, so that the longest sequence fits.
func (e *Engine) fit(r ScoreRequest, seqs [][]int32, from int) (fitted [][]int32, start, cut int, err error) {
	longest := 0
	for _, s := range seqs {
		longest = max(longest, len(s)-from)
	}
	// The last token of a continuation is not run, so it needs no position.
	limit := e.context + 1 - longest
	if from <= limit {
		return seqs, from, 0, nil
	}
	segs, _ := moveSpace(joinText(r.Context))
	for _, s := range seqs {
		prompt, n, err := truncatePrompt(segs, s[:from], limit, r.Overlength, e.enc.encode)
		if err != nil {
			return nil, 0, 0, overlong(err, longest-1, e.context)
		}
		cut = n
		fitted = append(fitted, slices.Concat(prompt, s[from:]))
	}
	return fitted, from - cut, cut, nil
}

// Rolling returns the log-probability of the scored tokens of every window. It is safe for concurrent use. Tokens are run as they
// are: a BOS has to be among them if the model wants one.
func (e *Engine) Rolling(ctx context.Context, r RollingRequest) (RollingResult, error) {
	res := RollingResult{LogProb: make([]float64, len(r.Windows)), Scored: make([]int, len(r.Windows))}
	if len(r.Windows) == 0 {
		return res, nil
	}
	seqs, from := make([][]int32, len(r.Windows)), make([]int, len(r.Windows))
	for i, w := range r.Windows {
		if w.From < 1 || w.From >= len(w.Tokens) {
			return RollingResult{}, fmt.Errorf("inference: window %d of %d tokens is scored from %d: want 1 <= from < tokens", i, len(w.Tokens), w.From)
		}
		if n := len(w.Tokens) - 1; n > e.context {
			return RollingResult{}, fmt.Errorf("window %d: %w", i, &ContextError{Tokens: n, Limit: e.context})
		}
		if err := e.checkTokens(w.Tokens); err != nil {
			return RollingResult{}, fmt.Errorf("window %d: %w", i, err)
		}
		seqs[i], from[i] = slices.Clone(w.Tokens), w.From
	}
	work := newWindows(seqs, from)
	j, err := e.sched.do(ctx, work)
	if err != nil {
		return RollingResult{}, err
	}
	for i, w := range r.Windows {
		if res.LogProb[i], _, err = work.sum(i); err != nil {
			return RollingResult{}, err
		}
		res.Scored[i] = len(w.Tokens) - w.From
		res.Usage.PromptTokens += len(w.Tokens)
		res.Usage.OutputTokens += res.Scored[i]
	}
	e.account(&res.Usage, j)
	return res, nil
}

// overlong completes the *ContextError of a prompt, whose limit leaves out other positions, so that it speaks of the context
// as a whole.
func overlong(err error, other, context int) error {
	var c *ContextError
	if errors.As(err, &c) {
		return &ContextError{Tokens: c.Tokens + other, Limit: context}
	}
	return err
}

// checkTokens makes sure that the model has all of tokens.
func (e *Engine) checkTokens(tokens []int32) error {
	for i, t := range tokens {
		if t < 0 || int(t) >= e.config.Vocab {
			return fmt.Errorf("inference: token %d at index %d is outside the model's vocabulary of %d", t, i, e.config.Vocab)
		}
	}
	return nil
}

// account fills in the times of a job and counts it.
func (e *Engine) account(u *Usage, j *job) {
	u.TTFT, u.Total = j.first.Sub(j.admitted), j.ended.Sub(j.admitted)
	e.stats.request(*u)
}
