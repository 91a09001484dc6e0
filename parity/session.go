package parity

import (
	"context"
	"errors"
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// batchRows is the most rows that a session runs at once.
const batchRows = 512

// A session is a model that is ready to run.
type session struct {
	checkpoint *inference.Checkpoint
	backend    *cpu.Backend
	model      models.Model
	cache      *kvcache.Cache
}

// open loads the model at path with room for the given number of cached positions.
func (r *run) open(path string, positions int) (*session, error) {
	c, err := inference.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	s := &session{checkpoint: c}
	if err := s.build(r.level, r.options.Threads, r.kvType, positions); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *session) build(level cpu.Level, threads int, kv tensor.Type, positions int) error {
	arch, err := models.Lookup(s.checkpoint.Checkpoint)
	if err != nil {
		return err
	}
	if s.backend, err = cpu.New(cpu.Options{Level: level, Threads: threads}); err != nil {
		return err
	}
	pages := kvcache.PagesFor(positions) + 1
	s.cache = kvcache.New(pages)
	return s.checkpoint.Guard(func() error {
		m, err := arch.Build(s.checkpoint.Checkpoint, s.backend, models.BuildOptions{MaxRows: batchRows, Pages: pages, KVType: kv})
		s.model = s.checkpoint.Guarded(m)
		return err
	})
}

func (s *session) close() error {
	var errs []error
	if s.backend != nil {
		errs = append(errs, s.backend.Close())
	}
	return errors.Join(append(errs, s.checkpoint.Close())...)
}

func (s *session) vocab() int { return s.model.Config().Vocab }

// tokenizer makes the tokenizer of the model.
func (s *session) tokenizer() (*tokenizer.Tokenizer, error) {
	if s.checkpoint.GGUF != nil {
		return tokenizer.FromGGUF(s.checkpoint.GGUF.Meta)
	}
	return tokenizer.FromFolder(s.checkpoint.Folder)
}

// roundsMore says whether the session rounds more than float32 arithmetic over the stored weights does: a fast kernel level with
// quantized weights, or a cache of 16 bits.
func (s *session) roundsMore(kv tensor.Type) bool {
	if kv != tensor.F32 {
		return true
	}
	if s.backend.Level() == cpu.Reference {
		return false
	}
	for _, t := range s.checkpoint.Tensors {
		if t.Type.BlockElems() > 1 {
			return true
		}
	}
	return false
}

// A piece is a run of tokens at the end of a sequence.
type piece struct {
	seq    *kvcache.Seq
	tokens []int32
}

// forward runs pieces of different sequences in one batch; together they have at most batchRows tokens.
func (s *session) forward(pieces ...piece) error {
	var b models.Batch
	for _, p := range pieces {
		pos := p.seq.Len()
		copies, err := s.cache.Extend(p.seq, len(p.tokens))
		if err != nil {
			return err
		}
		for _, c := range copies {
			s.model.CopyPage(c.Dst, c.Src)
		}
		b.Spans = append(b.Spans, models.Span{Row: len(b.Tokens), N: len(p.tokens), Pos: pos, Pages: p.seq.Pages()})
		b.Tokens = append(b.Tokens, p.tokens...)
	}
	return s.model.Forward(b)
}

// extend runs tokens at the end of a sequence in batches of at most size, and calls each after every batch with the index of its first
// token and the number of its rows.
func (s *session) extend(ctx context.Context, p piece, size int, each func(first, n int) error) error {
	for first := 0; first < len(p.tokens); first += size {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(size, len(p.tokens)-first)
		if err := s.forward(piece{p.seq, p.tokens[first : first+n]}); err != nil {
			return err
		}
		if each == nil {
			continue
		}
		if err := each(first, n); err != nil {
			return err
		}
	}
	return nil
}

// logits runs a new sequence in batches of at most size rows and returns the logits of every position.
func (s *session) logits(ctx context.Context, tokens []int32, size int) ([]float32, error) {
	seq := s.cache.NewSeq()
	defer s.cache.Free(seq)
	all := make([]float32, len(tokens)*s.vocab())
	err := s.extend(ctx, piece{seq, tokens}, size, func(first, n int) error {
		return s.model.Logits(all[first*s.vocab():(first+n)*s.vocab()], count(n))
	})
	return all, err
}

// count is 0, 1, ..., n-1.
func count(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// A scoredTail is the log-likelihood of a continuation.
type scoredTail struct {
	sum    float64
	greedy bool // every token is the most probable one
}

func (t *scoredTail) add(s models.Scored, token int32) {
	t.sum += s.LogProb
	t.greedy = t.greedy && s.Top == token
}

// scoreTails gives the log-likelihood of every tail after head. The head is run once; the tails share its cached keys and
// values and run side by side. None may be empty.
func (s *session) scoreTails(ctx context.Context, head []int32, tails [][]int32) ([]scoredTail, error) {
	if len(head) == 0 {
		return nil, errors.New("parity: log-likelihood without a context")
	}
	out := make([]scoredTail, len(tails))
	seq := s.cache.NewSeq()
	defer s.cache.Free(seq)
	err := s.extend(ctx, piece{seq, head}, batchRows, func(first, n int) error {
		if first+n < len(head) {
			return nil
		}
		rows, targets := make([]int, len(tails)), make([]int32, len(tails))
		for i, t := range tails {
			if len(t) == 0 || len(t) > batchRows {
				return fmt.Errorf("parity: continuation of %d tokens, want 1 to %d", len(t), batchRows)
			}
			rows[i], targets[i] = n-1, t[0]
		}
		scored := make([]models.Scored, len(tails))
		if err := s.model.Score(scored, rows, targets); err != nil {
			return err
		}
		for i := range tails {
			out[i].greedy = true
			out[i].add(scored[i], targets[i])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(tails); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to, rows := from, 0
		for to < len(tails) && rows+len(tails[to])-1 <= batchRows {
			rows += len(tails[to]) - 1
			to++
		}
		if err := s.scoreBatch(seq, tails[from:to], out[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	return out, nil
}

// scoreBatch adds the scores of all tokens but the first of tails that fit one batch. The last token of a tail is only a target.
func (s *session) scoreBatch(head *kvcache.Seq, tails [][]int32, out []scoredTail) error {
	var pieces []piece
	var owner []int // of each row
	var targets []int32
	for i, t := range tails {
		if len(t) == 1 {
			continue
		}
		fork := s.cache.Fork(head, head.Len())
		defer s.cache.Free(fork)
		pieces = append(pieces, piece{fork, t[:len(t)-1]})
		for _, next := range t[1:] {
			owner, targets = append(owner, i), append(targets, next)
		}
	}
	if len(pieces) == 0 {
		return nil
	}
	if err := s.forward(pieces...); err != nil {
		return err
	}
	scored := make([]models.Scored, len(targets))
	if err := s.model.Score(scored, count(len(targets)), targets); err != nil {
		return err
	}
	for j, sc := range scored {
		out[owner[j]].add(sc, targets[j])
	}
	return nil
}
