package parity

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

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
	res.Losses, res.Scored, err = (&realCheck{run: run, session: s, name: o.Model}).losses(ctx, windows)
	if err != nil {
		return res, err
	}
	res.Perplexity = math.Exp(total(res.Losses) / float64(res.Scored))
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

// perplexityTolerance is relative, for a whole text and a build that rounds activations; exactPerplexity for one chunk and the
// arithmetic of the reference.
const (
	perplexityTolerance = 0.015
	exactPerplexity     = 1e-3
)

// A textValue is what the float32 reference computes on the first three chapters of a novel.
type textValue struct {
	tokens, chunks int
	perplexity     float64
	losses         [3]float64 // of the first chunks: sum of -log p
}

// textValues are the values of each real model: the README.md beside the files of log-likelihoods.
var textValues = map[string]textValue{
	"smollm2-135m-instruct-q4_1.gguf":         {37758, 73, 23.6076, [3]float64{931.1964, 806.3007, 786.1247}},
	"gemma-3-270m-q4_k_m.gguf":                {17863, 34, 144.7341, [3]float64{1323.0190, 1306.5002, 1271.5959}},
	"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf": {17138, 33, 207.7001, [3]float64{1334.0804, 1465.5616, 1262.0034}},
}

// The text lies beside the folder of reference values; the part from its first chapter to before its fourth is used.
const (
	novelPath = "../../data/novels/hongloumeng_红楼梦.txt"
	novelFrom = "第一回 "
	novelTo   = "第四回 "
	maxNovel  = 64 << 20 // bytes
)

// readNovel reads the three chapters.
func readNovel(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("parity: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxNovel))
	if err != nil {
		return "", fmt.Errorf("parity: %s: %w", path, err)
	}
	text := string(raw)
	from, to := strings.Index(text, novelFrom), strings.Index(text, novelTo)
	if from < 0 || to < from {
		return "", fmt.Errorf("parity: %s: no chapters between %q and %q", path, novelFrom, novelTo)
	}
	return text[from:to], nil
}

// perplexity compares the perplexity of a novel. The whole text takes minutes in float32, so there the first chunks stand for it:
// three, or one where the number of pairs is limited. A build that rounds more is judged by the whole text only, because
// its error on single chunks is larger than on all.
func (c *realCheck) perplexity(ctx context.Context) error {
	want, known := textValues[c.file.Model]
	rounds := c.roundsMore(c.kvType)
	if !known || rounds && c.options.Limit > 0 {
		return nil
	}
	name := c.name + ": perplexity"
	path := filepath.Join(filepath.Dir(c.path), novelPath)
	if _, err := os.Stat(path); err != nil {
		c.skip(name, "the novel is absent: %s", path)
		return nil
	}
	text, err := readNovel(path)
	if err != nil {
		return err
	}
	windows, tokens, err := c.windows(text)
	if err != nil {
		return err
	}
	if tokens != want.tokens || len(windows) != want.chunks {
		return fmt.Errorf("parity: %s: %d tokens in %d chunks, want %d in %d", path, tokens, len(windows), want.tokens, want.chunks)
	}
	if rounds {
		loss, scored, err := c.losses(ctx, windows)
		if err != nil {
			return err
		}
		got := math.Exp(total(loss) / float64(scored))
		c.within(name, math.Abs(got/want.perplexity-1), perplexityTolerance, fmt.Sprintf("%.4f, want %.4f", got, want.perplexity))
		return nil
	}
	chunks := len(want.losses)
	if c.options.Limit > 0 {
		chunks = 1
	}
	loss, scored, err := c.losses(ctx, windows[:chunks])
	if err != nil {
		return err
	}
	worst := 0.0
	for i, l := range loss { // exp(d/n)-1 is the relative deviation of the perplexity of one chunk
		worst = max(worst, math.Abs(math.Expm1((l-want.losses[i])/float64(scored/chunks))))
	}
	c.within(name, worst, exactPerplexity, fmt.Sprintf("%d chunks of %d tokens", chunks, len(windows[0].Tokens)))
	return nil
}

// losses is the loss of every window, and the number of tokens scored in all.
func (c *realCheck) losses(ctx context.Context, windows []inference.Window) (loss []float64, scored int, err error) {
	for i, w := range windows {
		l, err := c.windowLoss(ctx, w)
		if err != nil {
			return nil, 0, err
		}
		loss, scored = append(loss, l), scored+len(w.Tokens)-w.From
		if (i+1)%10 == 0 {
			c.logf("%s: %d of %d chunks", c.name, i+1, len(windows))
		}
	}
	return loss, scored, nil
}

func total(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum
}
