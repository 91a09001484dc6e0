package inference

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/sample"
)

// ErrClosed is returned for requests to an engine that was closed.
var ErrClosed = errors.New("inference: engine is closed")

// A run is a sequence with tokens that still have to go through the model.
type run struct {
	seq    *kvcache.Seq
	tokens []int32 // of the whole sequence; positions below seq.Len() have been run
	end    int     // positions [seq.Len(), end) are to be run; end <= len(tokens)
	outs   []output
	trees  []*tree // to be run after them
	reuse  int     // positions below it need not be run if the cache has them

	// sampler, when set, draws a token from the output of position end-1 and hands it to work.finished.
	sampler *sample.Sampler
	greedy  bool // sampler is greedy: the arg max is enough
	decode  bool // a generated token is run, not a prompt

	lookup *lookup // drafts the tokens after end when decoding greedily; nil = no drafts
	limit  int     // most positions that the run may come to; for drafts

	stamp time.Time // when the last token was drawn
}

// pending is the number of positions to run.
func (r *run) pending() int { return r.end - r.seq.Len() }

// An output asks for the log-probability of target after position pos. Those of one position stand together.
type output struct {
	pos    int
	target int32
	to     *models.Scored
}

// work is the state machine of one kind of request. Its methods are called by the scheduler's goroutine only.
type work interface {
	// pages returns the most pages the work holds at once: at most total if it can be done at all. There is no use in more
	// runs at a time than fill a batch of rows.
	pages(total, rows int) int
	// start makes the first runs. share says that prompts may be shared with other works through the cache's prefixes.
	start(c *kvcache.Cache, share bool)
	// held is the number of pages that the work has of those it may need.
	held() int
	// runs are the sequences with something to run, in a fixed order. None means that the work is done.
	runs() []*run
	// finished is called when everything of r was run and its outputs are filled; token is what its sampler drew. A run that
	// goes on has a larger end after it.
	finished(r *run, token int32) error
	// release gives back every page. It may be called at any time after start.
	release()
}

// A job is a request on its way through the scheduler. After done is closed the caller may read the other fields and the work.
type job struct {
	work      work
	reserve   int         // pages, set at submission
	share     bool        // takes part in the sharing of prefixes
	abandoned atomic.Bool // the caller does not wait any more
	done      chan struct{}

	err             error
	prefill         int       // rows run that were no generated tokens
	admitted, first time.Time // first: first run of the work finished
	ended           time.Time
}

// scheduler owns a model. Its one goroutine gathers the rows of all admitted jobs into batches and runs them together
// (continuous batching): a job joins at any step and leaves as soon as it is done.
//
// Jobs are admitted in order of arrival, when the pages that they may need at worst are available; so a job that was
// admitted always finishes and no two can block each other.
type scheduler struct {
	schedulerOptions
	model models.Model
	cache *kvcache.Cache
	vocab int
	stats *recorder

	mu     sync.Mutex
	queue  []*job
	pauses []pause // asked for
	closed bool
	broken error // set by a panic: the model's state is unknown
	wake   chan struct{}
	ended  chan struct{}

	// Of the goroutine:
	active []*job
	buf    stepBuffers
}

type schedulerOptions struct {
	pages   int  // of the model's KV storage
	maxRows int  // in a batch
	maxJobs int  // side by side
	share   bool // prompts begin with what the cache has of them
	log     *slog.Logger
}

// newScheduler starts the goroutine; close ends it.
func newScheduler(m models.Model, stats *recorder, o schedulerOptions) *scheduler {
	s := &scheduler{
		schedulerOptions: o, model: m, cache: kvcache.New(o.pages), vocab: m.Config().Vocab,
		stats: stats, wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go s.loop()
	return s
}

// do runs w to its end, or until ctx is done; the work then leaves the scheduler by itself before its next step.
func (s *scheduler) do(ctx context.Context, w work) (*job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j := &job{work: w, done: make(chan struct{})}
	// The cache's size never changes, so the worst case can be told before the job waits for its turn.
	total := s.cache.Total()
	if j.reserve = w.pages(total, s.maxRows); j.reserve > total {
		return nil, fmt.Errorf("inference: request needs room for %d tokens of keys and values side by side, there is room for %d: a larger --ctx, or a --kv-type of fewer bits, makes more",
			j.reserve*kvcache.PageSize, total*kvcache.PageSize)
	}
	// A page that is shared when only a part of it is in use is copied, which takes one more for a moment.
	if j.share = s.share && j.reserve < total; j.share {
		j.reserve++
	}
	if err := s.submit(j); err != nil {
		return nil, err
	}
	select {
	case <-j.done:
		return j, j.err
	case <-ctx.Done():
		j.abandoned.Store(true)
		s.poke()
		return nil, ctx.Err()
	}
}

func (s *scheduler) submit(j *job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	if s.closed {
		return ErrClosed
	}
	s.queue = append(s.queue, j)
	s.poke()
	return nil
}

// poke makes the goroutine look at the queue again.
func (s *scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// A pause is a stretch of time in which no batch runs: it begins when begun is closed and ends when over is.
type pause struct{ begun, over chan struct{} }

// idle calls f between two batches. The requests in flight wait.
func (s *scheduler) idle(f func()) error {
	p := pause{make(chan struct{}), make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.pauses = append(s.pauses, p)
	s.mu.Unlock()
	s.poke()
	<-p.begun
	defer close(p.over)
	f()
	return nil
}

// rest waits while callers of idle want it to.
func (s *scheduler) rest() {
	s.mu.Lock()
	pauses := s.pauses
	s.pauses = nil
	s.mu.Unlock()
	for _, p := range pauses {
		close(p.begun)
		<-p.over
	}
}

// close refuses new jobs, lets those that were submitted finish, and returns when the goroutine has ended.
func (s *scheduler) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.poke()
	<-s.ended
}

func (s *scheduler) loop() {
	defer close(s.ended)
	for {
		s.rest()
		s.dropAbandoned()
		closed := s.admit()
		if len(s.active) == 0 {
			if closed {
				return
			}
			<-s.wake
			continue
		}
		if err := s.safely(s.step); err != nil {
			s.fail(err)
		}
	}
}

// admit moves jobs from the queue to the active ones while they fit. It reports whether the scheduler is closed with
// nothing left in the queue.
func (s *scheduler) admit() (drained bool) {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 || len(s.active) >= s.maxJobs || s.promised()+s.queue[0].reserve > s.cache.Available() {
			drained = s.closed && len(s.queue) == 0 && len(s.pauses) == 0
			s.mu.Unlock()
			return drained
		}
		j := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		s.mu.Unlock()

		s.active = append(s.active, j)
		j.admitted = time.Now()
		if err := s.safely(func() error { j.work.start(s.cache, j.share); return nil }); err != nil {
			s.fail(err)
		}
	}
}

// promised is the number of pages that the active jobs may still take.
func (s *scheduler) promised() int {
	n := 0
	for _, j := range s.active {
		n += max(0, j.reserve-j.work.held())
	}
	return n
}

// dropAbandoned ends the jobs whose caller has left.
func (s *scheduler) dropAbandoned() {
	s.mu.Lock()
	kept := s.queue[:0]
	for _, j := range s.queue {
		if j.abandoned.Load() {
			close(j.done)
		} else {
			kept = append(kept, j)
		}
	}
	clear(s.queue[len(kept):])
	s.queue = kept
	s.mu.Unlock()
	s.keep(func(j *job) bool { return !j.abandoned.Load() })
}

// keep ends the active jobs for which f is false.
func (s *scheduler) keep(f func(*job) bool) {
	kept := s.active[:0]
	for _, j := range s.active {
		if f(j) {
			kept = append(kept, j)
			continue
		}
		j.ended = time.Now()
		if j.first.IsZero() {
			j.first = j.ended
		}
		j.work.release()
		close(j.done)
	}
	clear(s.active[len(kept):])
	s.active = kept
}

// fail ends every active job with err. A panic leaves the model, and whatever it was in the middle of, in an unknown state: then
// waiting and later requests get the error too.
func (s *scheduler) fail(err error) {
	var p *panicError
	if broken := errors.As(err, &p); broken {
		s.log.Error("inference: panic while a batch ran", "panic", p.value, "stack", string(p.stack))
		s.mu.Lock()
		s.broken = err
		for _, j := range s.queue {
			j.err = err
			close(j.done)
		}
		s.queue = nil
		s.mu.Unlock()
		// Pages are not given back: what panicked may have been the bookkeeping itself.
		for _, j := range s.active {
			j.err = err
			close(j.done)
		}
		s.active = nil
		return
	}
	for _, j := range s.active {
		j.err = err
	}
	s.keep(func(*job) bool { return false })
}

// A panicError is a panic caught in the scheduler's goroutine.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("inference: internal error: %v", e.value) }

// safely turns a panic of f into a *panicError.
func (s *scheduler) safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p := &panicError{v, debug.Stack()}
			if w, ok := v.(interface{ Origin() (any, []byte) }); ok { // it comes from another goroutine
				p.value, p.stack = w.Origin()
			}
			err = p
		}
	}()
	return f()
}
