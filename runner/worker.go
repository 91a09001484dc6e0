package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// A pool runs the samples of a plan and collects them into slots by index, so that nothing depends on the order in which
// they finish.
type pool struct {
	plan       *plan
	model      Model
	batch      int
	maxErrors  int
	dir        string
	journal    *journal
	progress   *progress
	calibrator *calibrator // nil = none
	log        logger
	slots      [][]*reports.Sample // by task, then sample; filled ones are not run

	stop     context.CancelCauseFunc // ends run with this error
	failures int
	first    *failure // in the order of the plan
}

type logger interface {
	Error(msg string, args ...any)
}

type failure struct {
	task, index int
	err         SampleError
}

type outcome struct {
	task, index int
	sample      *reports.Sample
}

// run fills all slots. It returns when every goroutine has ended; what was finished by then is in the journal.
func (p *pool) run(ctx context.Context) (ran int, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p.stop = stop
	out := make(chan outcome, p.batch)
	go p.feed(ctx, out)

	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var broken error // the journal's; later samples are dropped
	for open := true; open; {
		var round []outcome
		select {
		case o, ok := <-out:
			if !ok {
				open = false
				break
			}
			round = p.drain(append(round, o), out)
		case <-tick.C:
			p.progress.send(EventTick)
			continue
		}
		if broken != nil {
			continue
		}
		if broken = p.collect(round); broken != nil {
			stop(broken)
			continue
		}
		ran += len(round)
		if p.maxErrors >= 0 && p.failures > p.maxErrors {
			stop(nil)
		}
	}
	switch {
	case broken != nil:
		return ran, broken
	case p.maxErrors >= 0 && p.failures > p.maxErrors:
		return ran, &TooManyErrors{Dir: p.dir, Count: p.failures, Max: p.maxErrors, First: p.first.err}
	}
	return ran, context.Cause(ctx)
}

// feed starts a goroutine for every sample, at most batch at a time, and closes out when all have ended.
func (p *pool) feed(ctx context.Context, out chan<- outcome) {
	defer close(out)
	var g errgroup.Group
	g.SetLimit(p.batch)
	for _, at := range p.plan.order() {
		if p.slots[at.task][at.index] != nil || ctx.Err() != nil {
			continue
		}
		g.Go(func() error {
			t := p.plan.tasks[at.task]
			if s := p.ask(ctx, t, &t.samples[at.index]); s != nil {
				out <- outcome{at.task, at.index, s}
			}
			return nil
		})
	}
	// The goroutines return no errors: a failed sample is data.
	_ = g.Wait()
}

// drain takes what else is finished, so that one sync of the journal serves all of it.
func (p *pool) drain(round []outcome, out <-chan outcome) []outcome {
	for {
		select {
		case o, ok := <-out:
			if !ok {
				return round
			}
			round = append(round, o)
		default:
			return round
		}
	}
}

// collect makes a round durable, then tells of it.
func (p *pool) collect(round []outcome) error {
	for _, o := range round {
		if err := p.journal.add(o.sample); err != nil {
			return err
		}
	}
	if err := p.journal.commit(); err != nil {
		return err
	}
	for _, o := range round {
		p.slots[o.task][o.index] = o.sample
		if o.sample.Verdict == reports.VerdictError {
			p.failures++
			f := &failure{o.task, o.index, SampleError{o.sample.Task, o.sample.DocID, o.sample.Error}}
			p.log.Error("sample failed", "task", f.err.Task, "doc_id", f.err.DocID, "error", f.err.Reason)
			if p.first == nil || f.task < p.first.task || (f.task == p.first.task && f.index < p.first.index) {
				p.first = f
			}
		}
		work := p.plan.tasks[o.task].samples[o.index].work
		p.progress.sample(o.sample, work)
		p.calibrator.sample(work)
	}
	return nil
}

// ask runs one sample. It returns nil when the run is being stopped, and a sample with verdict "error" when anything else
// goes wrong.
func (p *pool) ask(ctx context.Context, pt *plannedTask, ps *plannedSample) (s *reports.Sample) {
	fail := func(reason string) *reports.Sample {
		f := newSample(pt, ps)
		f.Verdict, f.Error = reports.VerdictError, strings.ToValidUTF8(reason, "\uFFFD")
		return f
	}
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("panic", "task", pt.task.Name, "doc_id", ps.ID, "value", fmt.Sprint(r), "stack", string(debug.Stack()))
			s = fail(fmt.Sprintf("panic: %v", r))
		}
	}()
	q, err := p.plan.question(pt, ps)
	if err != nil {
		return fail(err.Error())
	}
	s = newSample(pt, ps)
	answer, err := answerTo(ctx, p.model, q, s)
	var over *inference.ContextError
	var lost *inference.FileError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil
	case errors.As(err, &lost): // no fault of the sample, and every later one would fail too
		p.stop(lost)
		return nil
	case errors.As(err, &over) && q.overlength == OverlengthSkip:
		skipped := newSample(pt, ps)
		skipped.Verdict = reports.VerdictSkipped
		return skipped
	case errors.As(err, &over):
		reason := fmt.Sprintf("prompt and answer need %d tokens, the context has %d", over.Tokens, over.Limit)
		if most := p.model.Info().Model.Context; over.Limit < most && over.Tokens <= most {
			reason += fmt.Sprintf("; the model has up to %d, given by --ctx", most)
		}
		if q.overlength == OverlengthError {
			reason += "; overlength skip, truncate-left or truncate-middle would go on"
		}
		return fail(reason)
	default:
		return fail(err.Error())
	}
	v := pt.task.Judge(ps.Record, answer)
	if err := fillVerdict(s, v); err != nil {
		return fail(err.Error())
	}
	return s
}

func newSample(pt *plannedTask, ps *plannedSample) *reports.Sample {
	return &reports.Sample{
		DocID: ps.ID, Task: pt.task.Name, DocHash: ps.DocHash, PromptHash: ps.promptHash, Cluster: ps.Record.Cluster, Tags: ps.Record.Tags,
		Target: strings.ToValidUTF8(ps.Target, "\uFFFD"), Metrics: map[string]float64{},
	}
}

// answerTo asks the model and notes in s what came back.
func answerTo(ctx context.Context, m Model, q *question, s *reports.Sample) (tasks.Answer, error) {
	var a tasks.Answer
	policy := map[string]inference.Overlength{
		OverlengthTruncateMiddle: inference.OverlengthTruncateMiddle, OverlengthTruncateLeft: inference.OverlengthTruncateLeft,
	}[q.overlength]
	if q.choices != nil {
		r, err := m.Score(ctx, inference.ScoreRequest{Context: q.prompt, Continuations: q.choices, Overlength: policy})
		if err != nil {
			return a, err
		}
		if a.Choices, s.Choices, err = scores(r, len(q.choices)); err != nil {
			return a, err
		}
		note(s, r.Usage)
	}
	if q.letters != nil {
		r, err := m.Score(ctx, inference.ScoreRequest{Context: q.letterPrompt, Continuations: q.letters, Overlength: policy})
		if err != nil {
			return a, err
		}
		if a.Letters, s.Letters, err = scores(r, len(q.letters)); err != nil {
			return a, err
		}
		note(s, r.Usage)
	}
	if q.generate {
		r, err := m.Generate(ctx, inference.GenerateRequest{
			Prompt: q.open, MaxTokens: q.maxTokens, Stop: q.stop, Sampling: q.sampling, Overlength: policy,
		})
		if err != nil {
			return a, err
		}
		note(s, r.Usage)
		if n := r.Usage.OutputTokens; n > 1 {
			s.Perf.TPOT = millis(r.Usage.Total-r.Usage.TTFT) / float64(n-1)
		}
		// What is judged is what is saved, so that judging the saved line again gives the same.
		a.Text = strings.ToValidUTF8(r.Text, "\uFFFD")
		a.Finish = r.Finish
		s.Response, s.Finish = a.Text, r.Finish
		if r.Finish == inference.FinishLength || r.Finish == inference.FinishContext {
			s.Truncated = join(s.Truncated, "answer")
		}
	}
	return a, nil
}

// note adds the cost of a request to its sample.
func note(s *reports.Sample, u inference.Usage) {
	s.PromptTokens += u.PromptTokens
	s.OutputTokens += u.OutputTokens
	if u.TokenHash != 0 { // of a question asked in two ways, both
		s.TokenHash += fmt.Sprintf("%016x", u.TokenHash)
	}
	s.Perf.ReusedTokens += u.ReusedTokens
	if s.Perf.TTFT == 0 {
		s.Perf.TTFT = millis(u.TTFT)
	}
	s.Perf.Total += millis(u.Total)
	if u.TruncatedTokens > 0 && !strings.Contains(s.Truncated, "prompt") {
		s.Truncated = join(s.Truncated, "prompt")
	}
}

func join(list, what string) string {
	if list == "" {
		return what
	}
	return list + "," + what
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func scores(r inference.ScoreResult, want int) ([]tasks.Score, []reports.Choice, error) {
	if len(r.Continuations) != want {
		return nil, nil, fmt.Errorf("the model scored %d of %d choices", len(r.Continuations), want)
	}
	a, b := make([]tasks.Score, want), make([]reports.Choice, want)
	for i, c := range r.Continuations {
		if math.IsNaN(c.LogProb) || math.IsInf(c.LogProb, 0) {
			return nil, nil, fmt.Errorf("choice %d has the log-probability %v", i+1, c.LogProb)
		}
		a[i] = tasks.Score{LogProb: c.LogProb, Tokens: c.Tokens, Chars: c.Chars, Bytes: c.Bytes}
		b[i] = reports.Choice(a[i])
	}
	return a, b, nil
}

// fillVerdict notes what the task made of the answer.
func fillVerdict(s *reports.Sample, v tasks.Verdict) error {
	switch v.Outcome {
	case tasks.Correct, tasks.Wrong, tasks.Unparsed:
	case tasks.Failed:
		return fmt.Errorf("the task could not judge the answer (rule %q)", v.Rule)
	default:
		return fmt.Errorf("the task gave the verdict %q", v.Outcome)
	}
	s.Verdict, s.Rule = string(v.Outcome), strings.ToValidUTF8(v.Rule, "\uFFFD")
	s.Extracted = strings.ToValidUTF8(v.Extracted, "\uFFFD")
	for _, m := range []map[string]float64{v.Metrics, v.Stats} {
		for name, x := range m {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("the task gave %s the value %v", name, x)
			}
		}
	}
	if v.Metrics != nil {
		s.Metrics = v.Metrics
	}
	s.Stats = v.Stats
	return nil
}
