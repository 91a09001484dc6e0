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
	rows   []int            // of the batch, to be scored
	want   []int32          // their targets
	to     []*models.Scored // where their results go
	scored []models.Scored
	drawn  []models.Scored // the greedy choices, see part.drawn
	picks  []int           // parts whose token is drawn from logits, and their rows
	logit  []int
	logits []float32
}

// A part is what one run contributes to a batch: positions of its sequence, or one of its trees.
type part struct {
	job   *job
	run   *run
	row   int // first batch row
	n     int
	tree  *tree
	draft []int32 // the last rows: tokens that may follow the sequence
	last  bool    // the run has nothing left after it
	drawn int     // index of the run's choices in stepBuffers.drawn: after position end-1, and after every draft
}

// draftRows is the number of rows up to which a batch of generating sequences is filled with drafts: kernels take that many
// for little more than the price of one.
const draftRows = 6

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

// choose fills b.parts. Sequences that are generating, and other single rows, come first, so that a long prompt does not hold them up; then the
// others in order of admission, each with as many rows as there is room for. Which rows share a batch has no influence on results.
func (s *scheduler) choose() {
	b := &s.buf
	b.parts = b.parts[:0]
	generating := 0
	for _, j := range s.active {
		for _, r := range j.work.runs() {
			if r.decode {
				generating++
			}
		}
	}
	rows := 0
	for _, short := range []bool{true, false} {
		for _, j := range s.active {
			for _, r := range j.work.runs() {
				if short == (r.decode || r.pending() == 1 && len(r.trees) == 0) && rows < s.maxRows {
					rows += s.take(j, r, rows, draftRows/max(1, generating)-1)
				}
			}
		}
	}
}

// take adds to b.parts what fits of a run behind the given number of rows, with at most the given number of drafts. It returns
// how many rows it has added: none if the run waits for another one that computes the same prefix.
func (s *scheduler) take(j *job, r *run, row, drafts int) int {
	b := &s.buf
	if s.cache.Reuse(r.seq, r.reuse) {
		return 0
	}
	room := s.maxRows - row
	if n := min(r.pending(), room); n > 0 {
		p := part{job: j, run: r, row: row, n: n}
		if r.decode && r.lookup != nil {
			if most := min(drafts, room-n, r.limit-r.end); most > 0 {
				p.draft = r.lookup.draft(r.tokens[:r.end], most)
				p.n += len(p.draft)
			}
		}
		b.parts = append(b.parts, p)
		room -= p.n
		if n < r.pending() {
			return s.maxRows - room - row
		}
	}
	for _, t := range r.trees {
		if len(t.tokens) > room {
			return s.maxRows - room - row
		}
		b.parts = append(b.parts, part{job: j, run: r, row: s.maxRows - room, n: len(t.tokens), tree: t})
		room -= len(t.tokens)
	}
	b.parts[len(b.parts)-1].last = true
	return s.maxRows - room - row
}

// forward extends the sequences and runs the batch.
func (s *scheduler) forward() error {
	b := &s.buf
	b.batch.Tokens, b.batch.Spans = b.batch.Tokens[:0], b.batch.Spans[:0]
	for _, p := range b.parts {
		seq := p.run.seq
		pos := seq.Len()
		if p.tree != nil { // the sequence is complete, or was extended just before
			b.batch.Tokens = append(b.batch.Tokens, p.tree.tokens...)
			b.batch.Spans = append(b.batch.Spans, models.Span{Row: p.row, N: p.n, Pos: pos, Pages: seq.Pages(), Parents: p.tree.parents})
			continue
		}
		copies, err := s.cache.Extend(seq, p.n)
		if err != nil {
			return fmt.Errorf("inference: internal error: reservation of pages is wrong: %w", err)
		}
		for _, c := range copies {
			s.model.CopyPage(c.Dst, c.Src)
		}
		b.batch.Tokens = append(b.batch.Tokens, p.run.tokens[pos:pos+p.n-len(p.draft)]...)
		b.batch.Tokens = append(b.batch.Tokens, p.draft...)
		b.batch.Spans = append(b.batch.Spans, models.Span{Row: p.row, N: p.n, Pos: pos, Pages: seq.Pages()})
	}
	s.stats.used(s.cache.Used())
	if err := s.model.Forward(b.batch); err != nil {
		return err
	}
	for _, p := range b.parts {
		s.cache.Publish(p.run.seq)
	}
	return nil
}

// score fills the outputs of this step's rows and finds the greedy choices.
func (s *scheduler) score() error {
	b := &s.buf
	b.rows, b.want, b.to = b.rows[:0], b.want[:0], b.to[:0]
	choices := 0
	for i := range b.parts {
		p := &b.parts[i]
		p.drawn = choices
		if p.last && p.run.sampler != nil {
			choices += 1 + len(p.draft)
		}
	}
	b.drawn = append(b.drawn[:0], make([]models.Scored, choices)...)
	for i := range b.parts {
		p := &b.parts[i]
		if p.tree != nil {
			p.ask(b, p.tree.outs, 0)
			continue
		}
		pos := p.run.seq.Len() - p.n
		n := 0
		for n < len(p.run.outs) && p.run.outs[n].pos < pos+p.n {
			n++
		}
		p.ask(b, p.run.outs[:n], pos)
		p.run.outs = p.run.outs[n:]
		if p.last && p.run.sampler != nil && p.run.greedy {
			for k := range 1 + len(p.draft) {
				b.rows = append(b.rows, p.row+p.n-1-len(p.draft)+k)
				b.want = append(b.want, 0)
				b.to = append(b.to, &b.drawn[p.drawn+k])
			}
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

// ask adds outputs of a part whose first row is position pos.
func (p *part) ask(b *stepBuffers, outs []output, pos int) {
	for _, o := range outs {
		b.rows = append(b.rows, p.row+o.pos-pos)
		b.want = append(b.want, o.target)
		b.to = append(b.to, o.to)
	}
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
		b.drawn[p.drawn].Top = token
	}
	return nil
}

// deliver tells the works which of their runs are finished, and ends the jobs that are done.
func (s *scheduler) deliver(started time.Time) error {
	b := &s.buf
	now := time.Now()
	var c stepCount
	for i := range b.parts {
		p := &b.parts[i]
		switch {
		case p.run.decode:
			c.decode += p.n - len(p.draft)
		default:
			c.prefill += p.n
			p.job.prefill += p.n
		}
		if p.tree != nil {
			p.run.trees = p.run.trees[1:]
		}
		if !p.last || p.job.err != nil {
			continue
		}
		if p.job.first.IsZero() {
			p.job.first = now
		}
		accepted := s.hand(p, now)
		c.drafted += len(p.draft)
		c.accepted += accepted
		c.decode += accepted
	}
	s.stats.step(c, now.Sub(started))
	s.keep(func(j *job) bool { return j.err == nil && len(j.work.runs()) > 0 })
	return nil
}

// hand gives a finished run its token, and after that those of its drafts that are what the model would have chosen. It
// returns how many these were.
func (s *scheduler) hand(p *part, now time.Time) (accepted int) {
	r, b := p.run, &s.buf
	was, decode := r.end, r.decode
	for k := range 1 + len(p.draft) {
		accepted = k
		token := int32(0)
		if r.sampler != nil {
			choice := b.drawn[p.drawn+k]
			if r.greedy && math.IsNaN(choice.LogProb) {
				p.job.err = sample.ErrLogits
				break
			}
			token = choice.Top
		}
		if err := p.job.work.finished(r, token); err != nil {
			p.job.err = err
			break
		}
		if r.end != was+k+1 || k < len(p.draft) && p.draft[k] != token {
			break
		}
	}
	if decode {
		s.stats.interToken(now.Sub(r.stamp), 1+accepted)
	}
	r.stamp = now
	if len(p.draft) > 0 {
		r.lookup.learn(len(p.draft), accepted)
		if p.job.err == nil && r.end > was {
			s.cache.Truncate(r.seq, min(r.seq.Len(), r.end-1))
		}
	}
	return accepted
}
