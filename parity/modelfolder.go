package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// modelExpectation is the expected.json of a model folder.
type modelExpectation struct {
	Sequences map[string][]int32 `json:"sequences"`
	Generate  struct {
		Prompt []int32 `json:"prompt"`
		Tokens []int32 `json:"tokens"`
	} `json:"generate"`
	Pairs []struct {
		Context      []int32 `json:"context"`
		Continuation []int32 `json:"continuation"`
		LogProb      float64 `json:"sum_logprob"`
		Greedy       bool    `json:"is_greedy"`
	} `json:"loglikelihood"`
}

// positions is how many cached positions the checks need at once.
func (e modelExpectation) positions() int {
	n := len(e.Generate.Prompt) + len(e.Generate.Tokens)
	all := 0
	for _, s := range e.Sequences {
		all += len(s) + models.PageSize
	}
	for _, p := range e.Pairs {
		n = max(n, len(p.Context)+len(p.Continuation)+models.PageSize)
	}
	return max(n, all)
}

// halfTolerance bounds how far the logits of these small random models may move when keys and values are rounded to 16
// bits: 2^-11 relative, on logits of up to about 10.
const halfTolerance = 2e-2

// A folderCheck is the checks of one model folder under one spelling of its config.json.
type folderCheck struct {
	*run
	*session
	name string
	want modelExpectation
	ref  reference
}

// checkModelFolder checks a folder with weights and expectations, once with each spelling of its settings.
func checkModelFolder(ctx context.Context, r *run, dir string) error {
	var want modelExpectation
	if err := readJSON(filepath.Join(dir, "expected.json"), &want); err != nil {
		r.fail(label(dir), err)
		return nil
	}
	for _, config := range []string{"config.json", "config_alt.json"} {
		if !exists(dir, config) {
			continue
		}
		if err := checkSpelling(ctx, r, dir, config, want); err != nil {
			return err
		}
	}
	return nil
}

func checkSpelling(ctx context.Context, r *run, dir, config string, want modelExpectation) error {
	name := filepath.Base(filepath.Clean(dir)) + "/" + config
	ref, err := openReference(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		r.fail(name, err)
		return nil
	}
	defer ref.file.Close()
	folder := dir
	if config != "config.json" {
		if folder, err = withConfig(dir, config); err != nil {
			r.fail(name, err)
			return nil
		}
		defer os.RemoveAll(folder)
	}
	s, err := r.open(folder, want.positions())
	if errors.Is(err, models.ErrUnsupported) {
		r.skip(name, "%v", err)
		return nil
	}
	if err != nil {
		r.fail(name, err)
		return nil
	}
	defer s.close()
	c := &folderCheck{r, s, name, want, ref}
	for _, part := range []struct {
		name  string
		check func(context.Context) error
	}{
		{"logits", c.logitsAlone},
		{"logits in one batch", c.logitsTogether},
		{"logits in pieces", c.logitsInPieces},
		{"hidden states", c.hidden},
		{"greedy tokens", c.generate},
		{"log-likelihood", c.likelihood},
	} {
		err := part.check(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.fail(name+": "+part.name, err)
		}
	}
	return nil
}

// withConfig copies a model folder to a temporary one in which the named file is config.json.
func withConfig(dir, config string) (string, error) {
	temp, err := os.MkdirTemp("", "parity-")
	if err != nil {
		return "", fmt.Errorf("parity: %w", err)
	}
	for from, to := range map[string]string{config: "config.json", "model.safetensors": "model.safetensors"} {
		if err := copyFile(filepath.Join(temp, to), filepath.Join(dir, from)); err != nil {
			return "", errors.Join(err, os.RemoveAll(temp))
		}
	}
	return temp, nil
}

func copyFile(to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("parity: %w", err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		return errors.Join(fmt.Errorf("parity: %w", err), dst.Close())
	}
	return dst.Close()
}

// tolerance is tol, or more where a cache of 16 bits rounds keys and values.
func (c *folderCheck) tolerance(tol float64) float64 {
	if c.kvType == tensor.F32 {
		return tol
	}
	return max(tol, halfTolerance)
}

// names are the sequences in order.
func (c *folderCheck) names() []string {
	var names []string
	for n := range c.want.Sequences {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// logitsAlone runs every sequence by itself.
func (c *folderCheck) logitsAlone(ctx context.Context) error {
	worst, n := 0.0, 0
	for _, name := range c.names() {
		want, err := c.ref.floats(name + ".logits")
		if err != nil {
			return err
		}
		got, err := c.logits(ctx, c.want.Sequences[name], batchRows)
		if err != nil {
			return err
		}
		worst = max(worst, compare(got, want).worst)
		n += len(c.want.Sequences[name])
	}
	c.within(c.name+": logits", worst, c.tolerance(logitTolerance), fmt.Sprintf("%d positions", n))
	return nil
}

// logitsTogether runs all sequences in one batch.
func (c *folderCheck) logitsTogether(context.Context) error {
	var pieces []piece
	var want []float32
	rows := 0
	for _, name := range c.names() {
		tokens := c.want.Sequences[name]
		if rows+len(tokens) > batchRows {
			continue
		}
		w, err := c.ref.floats(name + ".logits")
		if err != nil {
			return err
		}
		seq := c.cache.NewSeq()
		defer c.cache.Free(seq)
		pieces, want, rows = append(pieces, piece{seq, tokens}), append(want, w...), rows+len(tokens)
	}
	if err := c.forward(pieces...); err != nil {
		return err
	}
	got := make([]float32, rows*c.vocab())
	if err := c.model.Logits(got, count(rows)); err != nil {
		return err
	}
	c.within(c.name+": logits in one batch", compare(got, want).worst, c.tolerance(logitTolerance), fmt.Sprintf("%d sequences", len(pieces)))
	return nil
}

// logitsInPieces runs a sequence a few tokens at a time, which must not change a bit.
func (c *folderCheck) logitsInPieces(ctx context.Context) error {
	n, wrong, first := 0, 0, ""
	for _, name := range c.names() {
		tokens := c.want.Sequences[name]
		whole, err := c.logits(ctx, tokens, batchRows)
		if err != nil {
			return err
		}
		pieces, err := c.logits(ctx, tokens, 7)
		if err != nil {
			return err
		}
		for i := range whole {
			n++
			if math.Float32bits(whole[i]) != math.Float32bits(pieces[i]) {
				if wrong == 0 {
					first = fmt.Sprintf("sequence %s position %d: %g, want %g", name, i/c.vocab(), pieces[i], whole[i])
				}
				wrong++
			}
		}
	}
	c.equal(c.name+": logits in pieces of 7", n, wrong, first)
	return nil
}

// hidden compares the residual stream after the embedding and every layer, and the final norm.
func (c *folderCheck) hidden(ctx context.Context) error {
	for _, name := range c.names() {
		if !c.ref.has(name + ".hidden") {
			continue
		}
		wantHidden, err := c.ref.floats(name + ".hidden")
		if err != nil {
			return err
		}
		wantNormed, err := c.ref.floats(name + ".normed")
		if err != nil {
			return err
		}
		var hidden, normed []float32
		c.model.SetProbe(func(name string, _ int, values []float32) {
			switch name {
			case "embed", "hidden":
				hidden = append(hidden, values...)
			case "final_norm":
				normed = append(normed, values...)
			}
		})
		tokens := c.want.Sequences[name]
		_, err = c.logits(ctx, tokens, max(1, len(tokens)))
		c.model.SetProbe(nil)
		if err != nil {
			return err
		}
		c.within(c.name+": hidden states", compare(hidden, wantHidden).worst, c.tolerance(hiddenTolerance), "after every layer")
		c.within(c.name+": final norm", compare(normed, wantNormed).worst, c.tolerance(hiddenTolerance), "")
	}
	return nil
}

// generate decodes greedily, one token at a time after the prompt, end tokens ignored.
func (c *folderCheck) generate(ctx context.Context) error {
	want, err := c.ref.floats("generate.logits")
	if err != nil {
		return err
	}
	g := c.want.Generate
	seq := c.cache.NewSeq()
	defer c.cache.Free(seq)
	row := make([]float32, c.vocab())
	var all []float32
	next, wrong, first := g.Prompt, 0, ""
	for i, token := range g.Tokens {
		err := c.extend(ctx, piece{seq, next}, batchRows, func(_, n int) error { return c.model.Logits(row, []int{n - 1}) })
		if err != nil {
			return err
		}
		all = append(all, row...)
		got := top(row)
		if got != token {
			if wrong == 0 {
				first = fmt.Sprintf("step %d is %d, want %d", i, got, token)
			}
			wrong++
		}
		next = []int32{token}
	}
	c.equal(c.name+": greedy tokens", len(g.Tokens), wrong, first)
	c.within(c.name+": logits while generating", compare(all, want).worst, c.tolerance(logitTolerance), fmt.Sprintf("%d steps", len(g.Tokens)))
	return nil
}

// top is the index of the largest value, the lowest on ties.
func top(values []float32) int32 {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return int32(best)
}

// likelihood compares log-probabilities of continuations.
func (c *folderCheck) likelihood(ctx context.Context) error {
	var got, want []float64
	wrong, first := 0, ""
	for i, p := range c.want.Pairs {
		s, err := c.scoreTails(ctx, p.Context, [][]int32{p.Continuation})
		if err != nil {
			return err
		}
		got, want = append(got, s[0].sum), append(want, p.LogProb)
		if s[0].greedy != p.Greedy {
			if wrong == 0 {
				first = fmt.Sprintf("pair %d is greedy: %v, want %v", i, s[0].greedy, p.Greedy)
			}
			wrong++
		}
	}
	c.within(c.name+": log-likelihood", compare(got, want).worst, c.tolerance(logProbTolerance), fmt.Sprintf("%d pairs", len(want)))
	c.equal(c.name+": greedy continuations", len(want), wrong, first)
	return nil
}
