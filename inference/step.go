package inference

import (
	"fmt"
	"math"
	"time"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/sample"
)

// stepBuffers are reused from step to step.
type stepBuffers struct {
	parts  []part
	batch  models.Batch
	rows   []int // outputs to score: batch rows, targets, where the result goes
	want   []int32
	to     []*models.Scored
	scored []models.Scored
	drawn  []models.Scored // by part: the greedy choice
	picks  []int           // parts whose token is drawn from logits, and their rows
	logit  []int
	logits []float32
}

// A part is what one sequence contributes to a batch.
type part struct {
	job  *job
	run  *run
	row  int // first batch row
	n    int
	last bool // the run's last position is among them
}

// step runs one batch and hands the results on. An error ends the jobs that are active.
func (s *scheduler) step() error {
	started := time.Now()
	b := &s.buf
	s.choose()
	if len(b.parts) == 0 {
		return fmt.Errorf("inference: internal error: %d jobs without a row to run", len(s.active))
	}
	if err := s.forward(); err != nil {
		return err
	}
	if err := s.score(); err != nil {
		return err
	}
	if err := s.draw(); err != nil {
		return err
	}
	return s.deliver(started)
}

// choose fills b.parts. Single rows come first, so that a long prompt does not hold up sequences that are generating; then the
// others in order of admission, each with as many rows as there is room for. Which rows share a batch has no influence on results.
func (s *scheduler) choose() {
	b := &s.buf
	b.parts = b.parts[:0]
	rows := 0
	for _, single := range []bool{true, false} {
		for _, j := range s.active {
			for _, r := range j.work.runs() {
				n := r.pending()
				if (n == 1) != single {
					continue
				}
				if rows == s.maxRows {
					return
				}
				n = min(n, s.maxRows-rows)
				b.parts = append(b.parts, part{job: j, run: r, row: rows, n: n, last: n == r.pending()})
				rows += n
			}
		}
	}
}

// forward extends the sequences and runs the batch.
func (s *scheduler) forward() error {
	b := &s.buf
	b.batch.Tokens, b.batch.Spans = b.batch.Tokens[:0], b.batch.Spans[:0]
	for _, p := range b.parts {
		seq := p.run.seq
		pos := seq.Len()
		copies, err := s.cache.Extend(seq, p.n)
		if err != nil {
			return fmt.Errorf("inference: internal error: reservation of pages is wrong: %w", err)
		}
		for _, c := range copies {
			s.model.CopyPage(c.Dst, c.Src)
		}
		b.batch.Tokens = append(b.batch.Tokens, p.run.tokens[pos:pos+p.n]...)
		b.batch.Spans = append(b.batch.Spans, models.Span{Row: p.row, N: p.n, Pos: pos, Pages: seq.Pages()})
	}
	if used := int64(s.cache.Total() - s.cache.Available()); used > s.stats.kvPages.Load() {
		s.stats.kvPages.Store(used)
	}
	return s.model.Forward(b.batch)
}

// score fills the outputs of this step's rows and finds the greedy choices.
func (s *scheduler) score() error {
	b := &s.buf
	b.rows, b.want, b.to = b.rows[:0], b.want[:0], b.to[:0]
	b.drawn = append(b.drawn[:0], make([]models.Scored, len(b.parts))...)
	for i, p := range b.parts {
		pos := p.run.seq.Len() - p.n
		n := 0
		for ; n < len(p.run.outs) && p.run.outs[n].pos < pos+p.n; n++ {
			o := p.run.outs[n]
			b.rows = append(b.rows, p.row+o.pos-pos)
			b.want = append(b.want, o.target)
			b.to = append(b.to, o.to)
		}
		p.run.outs = p.run.outs[n:]
		if p.last && p.run.sampler != nil && p.run.greedy {
			b.rows = append(b.rows, p.row+p.n-1)
			b.want = append(b.want, 0)
			b.to = append(b.to, &b.drawn[i])
		}
	}
	if len(b.rows) == 0 {
		return nil
	}
	b.scored = append(b.scored[:0], make([]models.Scored, len(b.rows))...)
	if err := s.model.Score(b.scored, b.rows, b.want); err != nil {
		return err
	}
	for i, to := range b.to {
		*to = b.scored[i]
	}
	return nil
}

// draw samples the next token of the sequences that are not greedy.
func (s *scheduler) draw() error {
	b := &s.buf
	b.picks, b.logit = b.picks[:0], b.logit[:0]
	for i, p := range b.parts {
		if p.last && p.run.sampler != nil && !p.run.greedy {
			b.picks = append(b.picks, i)
			b.logit = append(b.logit, p.row+p.n-1)
		}
	}
	if len(b.picks) == 0 {
		return nil
	}
	if n := len(b.picks) * s.vocab; cap(b.logits) < n {
		b.logits = make([]float32, n)
		s.stats.logits.Store(4 * int64(n))
	}
	logits := b.logits[:len(b.picks)*s.vocab]
	if err := s.model.Logits(logits, b.logit); err != nil {
		return err
	}
	for k, i := range b.picks {
		p := b.parts[i]
		token, err := p.run.sampler.Next(logits[k*s.vocab : (k+1)*s.vocab])
		if err != nil {
			p.job.err = err
			continue
		}
		b.drawn[i].Top = token
	}
	return nil
}

// deliver tells the works which of their runs are finished, and ends the jobs that are done.
func (s *scheduler) deliver(started time.Time) error {
	b := &s.buf
	now := time.Now()
	var prefill, decode int
	for i, p := range b.parts {
		if p.run.decode {
			decode += p.n
		} else {
			prefill += p.n
		}
		if !p.last || p.job.err != nil {
			continue
		}
		if p.job.first.IsZero() {
			p.job.first = now
		}
		if p.run.decode {
			s.stats.interToken(now.Sub(p.run.stamp))
		}
		p.run.stamp = now
		if p.run.greedy && math.IsNaN(b.drawn[i].LogProb) {
			p.job.err = sample.ErrLogits
			continue
		}
		if err := p.job.work.finished(p.run, b.drawn[i].Top); err != nil {
			p.job.err = err
		}
	}
	s.stats.step(prefill, decode, now.Sub(started))
	s.keep(func(j *job) bool { return j.err == nil && len(j.work.runs()) > 0 })
	return nil
}
