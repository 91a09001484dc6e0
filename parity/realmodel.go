package parity

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// realTolerance is for log-probabilities of real models computed as the reference does, in float32 over dequantized weights. It
// is absolute.
const realTolerance = 2e-3

// A realFile is a file of values of a real model: a header, then one object a line.
type realFile struct {
	Model  string `json:"model"`
	SHA256 string `json:"sha256"`

	texts  []realText
	pairs  []realPair
	greedy []realGreedy
}

type realText struct {
	Text string  `json:"text"`
	IDs  []int32 `json:"ids"`
}

type realPair struct {
	Context         string  `json:"context"`
	Continuation    string  `json:"continuation"`
	ContextIDs      []int32 `json:"context_ids"`
	ContinuationIDs []int32 `json:"continuation_ids"`
	LogProb         float64 `json:"logprob"`
	Greedy          bool    `json:"is_greedy"`
}

type realGreedy struct {
	PromptIDs []int32        `json:"prompt_ids"`
	IDs       []int32        `json:"ids"`
	Top5      [][][2]float64 `json:"top5"` // of every step: token, log-probability
}

// llamaCPP is the deviation of llama.cpp from the float32 log-likelihoods over the 100 pairs of each file, in natural log units: the
// README.md beside the files.
var llamaCPP = map[string]struct{ rms, max float64 }{
	"smollm2-135m-instruct-q4_1.gguf":         {0.339, 1.554},
	"gemma-3-270m-q4_k_m.gguf":                {0.193, 0.669},
	"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf": {0.091, 0.300},
}

func readRealFile(path string) (realFile, error) {
	var r realFile
	f, err := os.Open(path)
	if err != nil {
		return r, fmt.Errorf("parity: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		var kind struct {
			Metric string `json:"metric"`
		}
		err := json.Unmarshal(line, &kind)
		if err == nil {
			switch {
			case n == 1:
				err = json.Unmarshal(line, &r)
			case kind.Metric == "tokenize":
				err = appendLine(&r.texts, line)
			case kind.Metric == "loglikelihood":
				err = appendLine(&r.pairs, line)
			case kind.Metric == "greedy":
				err = appendLine(&r.greedy, line)
			default:
				err = fmt.Errorf("unknown metric %q", kind.Metric)
			}
		}
		if err != nil {
			return r, fmt.Errorf("parity: %s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return r, fmt.Errorf("parity: %s: %w", path, err)
	}
	if r.Model == "" || r.SHA256 == "" {
		return r, fmt.Errorf("parity: %s:1: model or sha256 is missing", path)
	}
	return r, nil
}

func appendLine[T any](list *[]T, line []byte) error {
	var v T
	if err := json.Unmarshal(line, &v); err != nil {
		return err
	}
	*list = append(*list, v)
	return nil
}

// find looks for the model file; without one the check is skipped, with another one than the values were made with it fails.
func (f realFile) find(r *run, name string) (path string, ok bool) {
	path, err := inference.FindModel(f.Model)
	if err != nil {
		r.skip(name, "%v", err)
		return "", false
	}
	sum, err := hashFile(path)
	if err != nil {
		r.fail(name, err)
		return "", false
	}
	if sum != f.SHA256 {
		r.fail(name, fmt.Errorf("%s has sha256 %s, but the values were made with %s: a damaged or different file", path, sum, f.SHA256))
		return "", false
	}
	return path, true
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("parity: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("parity: %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// checkRealTokens compares the token ids of texts.
func checkRealTokens(ctx context.Context, r *run, path string) error {
	name := label(path)
	f, err := readRealFile(path)
	if err != nil {
		r.fail(name, err)
		return nil
	}
	model, ok := f.find(r, name)
	if !ok {
		return nil
	}
	c, err := inference.OpenCheckpoint(model)
	if err != nil {
		r.fail(name, err)
		return nil
	}
	defer c.Close()
	tok, err := (&session{checkpoint: c}).tokenizer()
	if err != nil {
		r.fail(name, err)
		return nil
	}
	var d differences
	for _, t := range f.texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		got := tok.Encode(t.Text)
		d.check(slices.Equal(got, t.IDs), "%.40q gives %v, want %v", t.Text, got, t.IDs)
	}
	r.equal(name+": token ids", d.n, d.wrong, d.first)
	return nil
}

// limited is at most n of list, spread evenly over it; all where n is 0.
func limited[T any](list []T, n int) []T {
	if n <= 0 || n >= len(list) {
		return list
	}
	out := make([]T, n)
	for i := range out {
		out[i] = list[i*len(list)/n]
	}
	return out
}

// A realCheck is the checks of one real model.
type realCheck struct {
	*run
	*session
	name string
	path string // of the file of values
	file realFile
	tok  *tokenizer.Tokenizer
}

// checkRealModel compares log-likelihoods and greedy tokens.
func checkRealModel(ctx context.Context, r *run, path string) error {
	name := label(path)
	f, err := readRealFile(path)
	if err != nil {
		r.fail(name, err)
		return nil
	}
	file, ok := f.find(r, name)
	if !ok {
		return nil
	}
	f.pairs = limited(f.pairs, r.options.Limit)
	s, err := r.open(file, max(f.positions(), batchRows))
	if err != nil {
		r.fail(name, err)
		return nil
	}
	defer s.close()
	tok, err := s.tokenizer()
	if err != nil {
		r.fail(name, err)
		return nil
	}
	c := &realCheck{r, s, name, path, f, tok}
	c.pairIDs()
	for _, check := range []func(context.Context) error{c.likelihood, c.greedy, c.perplexity} {
		if err := check(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.fail(name, err)
		}
	}
	return nil
}

// groups puts pairs together that follow each other and share their context.
func (f realFile) groups() [][]realPair {
	var groups [][]realPair
	for _, p := range f.pairs {
		last := len(groups) - 1
		if last >= 0 && slices.Equal(groups[last][0].ContextIDs, p.ContextIDs) {
			groups[last] = append(groups[last], p)
			continue
		}
		groups = append(groups, []realPair{p})
	}
	return groups
}

// positions is how many cached positions the checks need at once.
func (f realFile) positions() int {
	most := 0
	for _, g := range f.groups() {
		n := len(g[0].ContextIDs)
		for _, p := range g {
			n += len(p.ContinuationIDs) + 2*models.PageSize
		}
		most = max(most, n)
	}
	for _, g := range f.greedy {
		most = max(most, len(g.PromptIDs)+len(g.IDs))
	}
	return most
}

// pairIDs encodes every pair: white space at the end of the context moves to the continuation, both are encoded as one text, and that
// is cut at the number of tokens of the context alone. So a merge across the boundary stands in the context's last token.
func (c *realCheck) pairIDs() {
	var d differences
	for _, p := range c.file.pairs {
		head, err := c.tok.EncodePrompt(tokenizer.Text(strings.TrimRightFunc(p.Context, unicode.IsSpace)))
		if err != nil {
			d.check(false, "%.40q: %v", p.Context, err)
			continue
		}
		all, err := c.tok.EncodePrompt(tokenizer.Text(p.Context + p.Continuation))
		ok := err == nil && len(all) >= len(head) && slices.Equal(all[:len(head)], p.ContextIDs) && slices.Equal(all[len(head):], p.ContinuationIDs)
		d.check(ok, "%.40q + %.40q gives %v cut at %d (error %v)", p.Context, p.Continuation, all, len(head), err)
	}
	c.equal(c.name+": token ids of pairs", d.n, d.wrong, d.first)
}

// likelihood compares the log-likelihood of every pair.
func (c *realCheck) likelihood(ctx context.Context) error {
	var got, want []float64
	var greedy differences
	groups := c.file.groups()
	for i, g := range groups {
		tails := make([][]int32, len(g))
		for j, p := range g {
			tails[j] = p.ContinuationIDs
		}
		scores, err := c.scoreTails(ctx, g[0].ContextIDs, tails)
		if err != nil {
			return err
		}
		for j, p := range g {
			got, want = append(got, scores[j].sum), append(want, p.LogProb)
			greedy.check(scores[j].greedy == p.Greedy, "%.40q is greedy: %v, want %v", p.Continuation, scores[j].greedy, p.Greedy)
		}
		if (i+1)%10 == 0 {
			c.logf("%s: %d of %d contexts", c.name, i+1, len(groups))
		}
	}
	d := compare(got, want)
	c.closeEnough("log-likelihood", d, fmt.Sprintf("%d pairs", d.n))
	if !c.roundsMore(c.kvType) {
		c.equal(c.name+": greedy continuations", greedy.n, greedy.wrong, greedy.first)
	}
	return nil
}

// closeEnough judges log-probabilities: near equality where the arithmetic is that of the reference, else in proportion to the
// deviation of llama.cpp. Its rms is over 100 pairs; that of fewer may be larger by chance, so then only the largest counts.
func (c *realCheck) closeEnough(what string, d deviation, detail string) {
	if !c.roundsMore(c.kvType) {
		c.within(c.name+": "+what, d.max, realTolerance, detail)
		return
	}
	base, ok := llamaCPP[c.file.Model]
	if !ok {
		c.skip(c.name+": "+what, "how far llama.cpp is from the reference on %s is not known; use --cpu reference", c.file.Model)
		return
	}
	c.within(c.name+": "+what+", max", d.max, maxFactor*base.max, fmt.Sprintf("%s, llama.cpp %.3f", detail, base.max))
	if c.options.Limit == 0 {
		c.within(c.name+": "+what+", rms", d.rms, rmsFactor*base.rms, fmt.Sprintf("%s, llama.cpp %.3f", detail, base.rms))
	}
}

// greedy runs each prompt with the reference's own continuation behind it and compares what the model would pick at every
// step. All picks equal means that decoding step by step gives the same tokens.
func (c *realCheck) greedy(ctx context.Context) error {
	var picks differences
	var got, want []float64
	for _, g := range c.file.greedy {
		if len(g.IDs) == 0 || len(g.PromptIDs) == 0 || len(g.Top5) != len(g.IDs) {
			return fmt.Errorf("parity: greedy prompt with %d tokens, %d steps and %d top lists", len(g.PromptIDs), len(g.IDs), len(g.Top5))
		}
		logits, err := c.steps(ctx, g)
		if err != nil {
			return err
		}
		for i, id := range g.IDs {
			row := logits[i*c.vocab() : (i+1)*c.vocab()]
			picks.check(top(row) == id, "step %d is %d, want %d", i, top(row), id)
			norm := logSum(row)
			for _, pair := range g.Top5[i] {
				if !(pair[0] >= 0 && pair[0] < float64(len(row))) {
					return fmt.Errorf("parity: token %v in a top list", pair[0])
				}
				got, want = append(got, float64(row[int(pair[0])])-norm), append(want, pair[1])
			}
		}
	}
	if len(want) == 0 {
		return nil
	}
	d := compare(got, want)
	if c.roundsMore(c.kvType) {
		c.closeEnough("top 5 of every step", d, fmt.Sprintf("%d values, %d of %d picks equal", d.n, picks.n-picks.wrong, picks.n))
		return nil
	}
	c.equal(c.name+": greedy tokens", picks.n, picks.wrong, picks.first)
	c.closeEnough("top 5 of every step", d, fmt.Sprintf("%d values", d.n))
	return nil
}

// steps gives the logits that every token of a greedy continuation is picked from.
func (c *realCheck) steps(ctx context.Context, g realGreedy) ([]float32, error) {
	seq := c.cache.NewSeq()
	defer c.cache.Free(seq)
	tokens := append(slices.Clone(g.PromptIDs), g.IDs[:len(g.IDs)-1]...)
	logits := make([]float32, len(g.IDs)*c.vocab())
	at := 0
	err := c.extend(ctx, piece{seq, tokens}, batchRows, func(first, n int) error {
		var rows []int
		for i := max(first, len(g.PromptIDs)-1); i < first+n; i++ {
			rows = append(rows, i-first)
		}
		from := at
		at += len(rows) * c.vocab()
		return c.model.Logits(logits[from:at], rows)
	})
	return logits, err
}

// logSum is the logarithm of the sum of the exponentials.
func logSum(values []float32) float64 {
	highest := math.Inf(-1)
	for _, v := range values {
		highest = max(highest, float64(v))
	}
	var sum float64
	for _, v := range values {
		sum += math.Exp(float64(v) - highest)
	}
	return highest + math.Log(sum)
}
