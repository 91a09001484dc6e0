package parity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// PerplexityOptions says what text to measure with which model.
type PerplexityOptions struct {
	Model   string    // GGUF file or Hugging Face folder
	Text    string    // the whole text; it is tokenized once
	Chunks  int       // most chunks; 0 = all full ones
	CPU     string    // as in Options
	Threads int       // as in Options
	KVType  string    // as in Options
	Log     io.Writer // a line for every ten chunks; nil = none
}

// PerplexityResult is the perplexity of a text.
type PerplexityResult struct {
	Tokens     int       // of the text, BOS included
	Scored     int       // tokens that were scored
	Losses     []float64 // of every chunk: sum of -log p of its scored tokens
	Perplexity float64   // exp(sum of Losses / Scored)
}

// Perplexity counts as `llama-perplexity -c 512 -b 512` does: the text is cut into full chunks of 512 tokens, the first token of
// every chunk becomes BOS where the model wants one, and the tokens at positions 257 to 511 are scored given all before them
// in the chunk.
func Perplexity(ctx context.Context, o PerplexityOptions) (PerplexityResult, error) {
	run, err := newRun(Options{Paths: []string{o.Model}, CPU: o.CPU, Threads: o.Threads, KVType: o.KVType, Log: o.Log})
	if err != nil {
		return PerplexityResult{}, err
	}
	s, err := run.open(o.Model, batchRows)
	if err != nil {
		return PerplexityResult{}, err
	}
	defer s.close()
	windows, tokens, err := s.windows(o.Text)
	if err != nil {
		return PerplexityResult{}, err
	}
	if o.Chunks > 0 && o.Chunks < len(windows) {
		windows = windows[:o.Chunks]
	}
	res := PerplexityResult{Tokens: tokens}
	total := 0.0
	for i, w := range windows {
		loss, err := s.windowLoss(ctx, w)
		if err != nil {
			return res, err
		}
		res.Losses = append(res.Losses, loss)
		res.Scored += len(w.Tokens) - w.From
		total += loss
		if (i+1)%10 == 0 {
			run.logf("chunk %d of %d: perplexity %.4f", i+1, len(windows), math.Exp(total/float64(res.Scored)))
		}
	}
	if res.Scored == 0 {
		return res, errors.New("parity: no token was scored")
	}
	res.Perplexity = math.Exp(total / float64(res.Scored))
	return res, nil
}

// windows tokenizes the text and cuts it.
func (s *session) windows(text string) (windows []inference.Window, tokens int, err error) {
	tok, err := s.tokenizer()
	if err != nil {
		return nil, 0, err
	}
	ids, err := tok.EncodePrompt(tokenizer.Text(text))
	if err != nil {
		return nil, 0, err
	}
	bos, wanted := tok.BOS()
	if !wanted {
		bos = inference.NoToken
	}
	windows, err = inference.PerplexityWindows(ids, bos, inference.WindowOptions{})
	return windows, len(ids), err
}

// windowLoss is the sum of -log p of the scored tokens of a window.
func (s *session) windowLoss(ctx context.Context, w inference.Window) (float64, error) {
	seq := s.cache.NewSeq()
	defer s.cache.Free(seq)
	var loss float64
	// The last token is only a target.
	err := s.extend(ctx, piece{seq, w.Tokens[:len(w.Tokens)-1]}, batchRows, func(first, n int) error {
		var rows []int
		var targets []int32
		for i := max(first, w.From-1); i < first+n; i++ {
			rows, targets = append(rows, i-first), append(targets, w.Tokens[i+1])
		}
		scored := make([]models.Scored, len(rows))
		if err := s.model.Score(scored, rows, targets); err != nil {
			return err
		}
		for _, sc := range scored {
			loss -= sc.LogProb
		}
		return nil
	})
	if err == nil && math.IsNaN(loss) {
		err = fmt.Errorf("parity: the model gives NaN")
	}
	return loss, err
}
