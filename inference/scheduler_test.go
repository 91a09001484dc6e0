package inference

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// letters is a random text of n lower-case letters.
func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + r.IntN(3))
	}
	return string(b)
}

// TestMixedRequestsEqualNaive runs many requests of all kinds at once through engines of many shapes. Every result has to be
// exactly that of a computation without batches, pages, forks or a scheduler.
func TestMixedRequestsEqualNaive(t *testing.T) {
	shapes := []fakeOptions{
		{pages: 64, rows: 64, jobs: 16, context: 300},
		{pages: 64, rows: 64, jobs: 1, context: 300},
		{pages: 11, rows: 64, jobs: 16, context: 300}, // room for one long request at a time
		{pages: 11, rows: 1, jobs: 16, context: 300},
		{pages: 24, rows: 7, jobs: 3, context: 300},
		{pages: 500, rows: 512, jobs: 64, context: 300},
		{pages: 500, rows: 512, jobs: 64, context: 300, habit: true},
		{pages: 20, rows: 33, jobs: 16, context: 300, habit: true},
		{pages: 20, rows: 5, jobs: 1, context: 300, habit: true},
		{pages: 64, rows: 64, jobs: 16, context: 300, cold: true, noDrafts: true},
	}
	for i, o := range shapes {
		t.Run(fmt.Sprintf("pages=%d,rows=%d,jobs=%d", o.pages, o.rows, o.jobs), func(t *testing.T) {
			e, m := newFakeEngine(t, o)
			g, ctx := errgroup.WithContext(t.Context())
			g.SetLimit(20)
			for seed := range uint64(60) {
				g.Go(func() error {
					r := rand.New(rand.NewPCG(seed, uint64(i)))
					if err := mixedRequest(ctx, t, e, m, r); err != nil {
						return fmt.Errorf("request %d: %w", seed, err)
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			if s := e.Stats(); o.habit && (s.AcceptedTokens < 10 || s.AcceptedTokens == s.DraftTokens) {
				t.Errorf("%d of %d drafts were accepted: some should be, and some not", s.AcceptedTokens, s.DraftTokens)
			}
		})
	}
}

func mixedRequest(ctx context.Context, t *testing.T, e *Engine, m *fakeModel, r *rand.Rand) error {
	// Prompts begin with one of a few texts.
	stem := letters(rand.New(rand.NewPCG(r.Uint64N(4), 1)), 100)
	prompt := stem[:1+r.IntN(100)] + letters(r, r.IntN(100))
	switch r.IntN(3) {
	case 0:
		req := ScoreRequest{Context: tokenizer.Text(prompt)}
		var want []Continuation
		for range 1 + r.IntN(6) {
			c := letters(r, 1+r.IntN(1+r.IntN(60)))
			ids, _ := fakeEncode(tokenizer.Text(prompt + c))
			lp, greedy := m.logProb(ids, len(prompt))
			req.Continuations = append(req.Continuations, c)
			want = append(want, Continuation{LogProb: lp, Tokens: len(c), Chars: len(c), Bytes: len(c), Greedy: greedy})
		}
		got, err := e.Score(ctx, req)
		if err != nil {
			return err
		}
		if d := cmp.Diff(want, got.Continuations); d != "" {
			return fmt.Errorf("score of %q after %q (-want +got):\n%s", req.Continuations, prompt, d)
		}
	case 1:
		var req RollingRequest
		var want []float64
		for range 1 + r.IntN(5) {
			ids, _ := fakeEncode(tokenizer.Text(letters(r, 2+r.IntN(150))))
			from := 1 + r.IntN(len(ids)-1)
			lp, _ := m.logProb(ids, from)
			req.Windows = append(req.Windows, Window{ids, from})
			want = append(want, lp)
		}
		got, err := e.Rolling(ctx, req)
		if err != nil {
			return err
		}
		if d := cmp.Diff(want, got.LogProb); d != "" {
			return fmt.Errorf("rolling (-want +got):\n%s", d)
		}
	default:
		req := GenerateRequest{Prompt: tokenizer.Text(prompt), MaxTokens: 1 + r.IntN(40), IgnoreEOS: true}
		if r.IntN(2) == 0 {
			req.Sampling = sample.Options{Temperature: 1, TopK: r.IntN(3) * 10, TopP: 0.9, Seed: r.Uint64()}
		}
		got, err := e.Generate(ctx, req)
		if err != nil {
			return err
		}
		ids, _ := fakeEncode(req.Prompt)
		if d := cmp.Diff(m.continues(t, ids, req.MaxTokens, req.Sampling), got.Tokens); d != "" {
			return fmt.Errorf("generate (-want +got):\n%s", d)
		}
	}
	return nil
}

// TestSharedPrefixRunsOnce counts rows: four continuations of 8 tokens on a context of 480.
func TestSharedPrefixRunsOnce(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{pages: 64, rows: 128, jobs: 16, context: 1000})
	prompt := strings.Repeat("x", 480)
	res, err := e.Score(t.Context(), ScoreRequest{
		Context:       tokenizer.Text(prompt),
		Continuations: []string{"abcdefgh", "abcdEFGH", "abCDEFGH", "aBCDEFGH"},
	})
	if err != nil {
		t.Fatal(err)
	}
	// The context and the common "a"; bcdefg, EFG after "abcd", CDEFG after "ab", BCDEFG after "a": the last tokens are never run.
	if want := 481 + 6 + 3 + 5 + 6; m.total != want {
		t.Errorf("%d rows were run, want %d", m.total, want)
	}
	if want := 4*487 - m.total; res.Usage.ReusedTokens != want {
		t.Errorf("%d tokens reused, want %d", res.Usage.ReusedTokens, want)
	}
	s := e.Stats()
	if s.PrefillTokens != int64(m.total) || s.SavedTokens != int64(res.Usage.ReusedTokens) || s.DecodeTokens != 0 {
		t.Errorf("stats %+v", s)
	}
	if s.TTFT().N != 1 {
		t.Errorf("%d requests in the TTFT samples, want 1", s.TTFT().N)
	}
	// 4 chunks of the trunk (128 rows), the last with the branches.
	if len(m.batches) != 4 || len(m.batches[3]) != 2 {
		t.Errorf("batches %v", m.batches)
	}
}

// TestSingleTokenContinuationsNeedNoBranch counts rows where every continuation is one token.
func TestSingleTokenContinuationsNeedNoBranch(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{})
	if _, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text("question: "), Continuations: []string{"A", "B", "C"}}); err != nil {
		t.Fatal(err)
	}
	if want := len("question:") + 1; m.total != want { // the space is common to all
		t.Errorf("%d rows were run, want %d", m.total, want)
	}
}

// TestBranchesAnywhere scores sequences that share more, less or nothing of what is not scored.
func TestBranchesAnywhere(t *testing.T) {
	for _, o := range []fakeOptions{
		{pages: 64, rows: 64, jobs: 4, context: 512, cold: true},
		{pages: 9, rows: 5, jobs: 2, context: 512, cold: true},
		{pages: 16, rows: 200, jobs: 2, context: 512, cold: true},
	} {
		e, m := newFakeEngine(t, o)
		for shared := range 70 {
			for _, from := range []int{1, 20, 33, 69, 74} {
				var seqs [][]int32
				for i := range int32(3) {
					s := count(75 + int(i))
					for k := shared; k < len(s); k++ {
						s[k] += 10 * i
					}
					seqs = append(seqs, s)
				}
				w := newChoices(seqs, from)
				if w.shared != shared {
					t.Fatalf("%d tokens shared, want %d", w.shared, shared)
				}
				before := m.total
				if _, err := e.sched.do(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				if ran, want := m.total-before, shared+74-shared+75-shared+76-shared; ran != want {
					t.Errorf("shared %d: %d rows were run, want %d", shared, ran, want)
				}
				for i, s := range seqs {
					got, _, err := w.sum(i)
					if want, _ := m.logProb(s, from); got != want || err != nil {
						t.Errorf("shared %d, from %d, sequence %d: %v, %v; want %v", shared, from, i, got, err, want)
					}
				}
			}
		}
	}
}

// TestGenerationIsNotHeldUp looks at the batches while a long prompt is read: each must hold the generating sequence too.
func TestGenerationIsNotHeldUp(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{pages: 64, rows: 8, jobs: 2, context: 1000})
	gate := make(chan struct{})
	started := make(chan struct{})
	var once sync.Once
	m.before = func(models.Batch) error {
		once.Do(func() { close(started); <-gate })
		return nil
	}
	g, ctx := errgroup.WithContext(t.Context())
	g.Go(func() error {
		_, err := e.Score(ctx, ScoreRequest{Context: tokenizer.Text(strings.Repeat("y", 100)), Continuations: []string{"z"}})
		return err
	})
	<-started
	g.Go(func() error { // one row of prompt, then one a step
		_, err := e.Generate(ctx, GenerateRequest{Prompt: tokenizer.Text("x"), MaxTokens: 20, IgnoreEOS: true})
		return err
	})
	waitQueued(t, e.sched, 1)
	close(gate)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	// 8 rows of the long prompt alone, then the other 92 at 7 a step, beside one generated row: 14 batches with both.
	both := 0
	for _, b := range m.batches {
		if len(b) == 2 {
			both++
		}
	}
	if both != 14 {
		t.Errorf("%d batches hold both sequences, want 14: %v", both, m.batches)
	}
	if s := e.Stats(); s.DecodeTokens != 19 || s.PrefillTokens != 101 || s.InterToken().N != 19 {
		t.Errorf("stats: %d decoded, %d prefilled, %d intervals", s.DecodeTokens, s.PrefillTokens, s.InterToken().N)
	}
}

// waitQueued waits until n jobs are in the queue.
func waitQueued(t *testing.T, s *scheduler, n int) {
	t.Helper()
	for range 5000 {
		s.mu.Lock()
		got := len(s.queue)
		s.mu.Unlock()
		if got == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("the queue never held %d jobs", n)
}

// TestAdmissionIsInOrder fills the cache with one request; the others wait and are then admitted first come, first served.
func TestAdmissionIsInOrder(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{pages: 8, rows: 64, jobs: 8, context: 256})
	gate := make(chan struct{})
	started := make(chan struct{})
	var once sync.Once
	m.before = func(models.Batch) error {
		once.Do(func() { close(started); <-gate })
		return nil
	}
	var order []int
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(t.Context())
	submit := func(i, size int) {
		g.Go(func() error {
			_, err := e.Score(ctx, ScoreRequest{Context: tokenizer.Text(strings.Repeat("x", size)), Continuations: []string{"y"}})
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
			return err
		})
	}
	submit(0, 250)
	<-started
	// The second one needs the whole cache too; the small third one would fit beside the first, but has to wait its turn.
	submit(1, 250)
	waitQueued(t, e.sched, 1)
	submit(2, 3)
	waitQueued(t, e.sched, 2)
	close(gate)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	first := -1
	for i, b := range m.batches {
		if len(b) == 1 && b[0].N == 3 && b[0].Pos == 0 {
			first = i
		}
	}
	if first != len(m.batches)-1 {
		t.Errorf("the small request ran in batch %d of %d: %v", first, len(m.batches), m.batches)
	}
}

func TestRequestLargerThanTheCache(t *testing.T) {
	e, _ := newFakeEngine(t, fakeOptions{pages: 3, rows: 64, jobs: 8, context: 1000})
	_, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text(strings.Repeat("x", 97)), Continuations: []string{"y"}})
	if err == nil || !strings.Contains(err.Error(), "needs room for 128 tokens of keys and values side by side, there is room for 96") {
		t.Errorf("error %v", err)
	}
	if _, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text(strings.Repeat("x", 96)), Continuations: []string{"y"}}); err != nil {
		t.Errorf("a request that just fits: %v", err)
	}
}

func TestCancel(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{pages: 8, rows: 64, jobs: 8, context: 256})
	gate := make(chan struct{})
	started := make(chan struct{}, 100)
	m.before = func(models.Batch) error {
		started <- struct{}{}
		<-gate
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan error, 1)
	go func() {
		_, err := e.Generate(ctx, GenerateRequest{Prompt: tokenizer.Text("endless"), MaxTokens: 240, IgnoreEOS: true})
		running <- err
	}()
	<-started
	waiting := make(chan error, 1)
	go func() {
		_, err := e.Generate(ctx, GenerateRequest{Prompt: tokenizer.Text("endless"), MaxTokens: 240, IgnoreEOS: true})
		waiting <- err
	}()
	waitQueued(t, e.sched, 1)
	cancel()
	// Both callers are released although the batch is still running.
	for _, c := range []chan error{running, waiting} {
		if err := <-c; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
	}
	close(gate)
	// The pages of the cancelled request are free again: this one needs all of them.
	if _, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text(strings.Repeat("x", 250)), Continuations: []string{"y"}}); err != nil {
		t.Fatal(err)
	}
	if m.total > 7+1+250 {
		t.Errorf("%d rows were run: the cancelled request went on", m.total)
	}
	if _, err := e.Generate(ctx, GenerateRequest{Prompt: tokenizer.Text("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("request with a cancelled context: error %v", err)
	}
}

func TestForwardError(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{})
	broken := errors.New("device is on fire")
	var fail atomic.Bool
	fail.Store(true)
	m.before = func(models.Batch) error {
		if fail.Load() {
			return broken
		}
		return nil
	}
	req := ScoreRequest{Context: tokenizer.Text("question"), Continuations: []string{"aa", "bb"}}
	if _, err := e.Score(t.Context(), req); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	fail.Store(false)
	if _, err := e.Score(t.Context(), req); err != nil {
		t.Errorf("after the error has gone: %v", err)
	}
}

func TestPanicBecomesAnError(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{pages: 64, rows: 64, jobs: 1, context: 256})
	started, gate := make(chan struct{}), make(chan struct{})
	m.before = func(models.Batch) error {
		close(started)
		<-gate
		panic("index out of range")
	}
	req := GenerateRequest{Prompt: tokenizer.Text("x")}
	errs := make(chan error, 2)
	ask := func() { _, err := e.Generate(t.Context(), req); errs <- err }
	go ask()
	<-started
	go ask()
	waitQueued(t, e.sched, 1)
	close(gate)
	for range 2 { // the running one and the waiting one
		if err := <-errs; err == nil || !strings.Contains(err.Error(), "internal error: index out of range") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := e.Generate(t.Context(), req); err == nil || !strings.Contains(err.Error(), "internal error") {
		t.Errorf("a later request: error %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestNaNIsAnError(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{})
	m.after = func(logits []float32) { logits[3] = float32(nan()) }
	if _, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text("x"), Continuations: []string{"y"}}); err == nil {
		t.Error("Score gave no error")
	}
	_, err := e.Generate(t.Context(), GenerateRequest{Prompt: tokenizer.Text("x"), Sampling: sample.Options{Temperature: 1}})
	if !errors.Is(err, sample.ErrLogits) {
		t.Errorf("Generate: error %v, want %v", err, sample.ErrLogits)
	}
}

func nan() float64 { var z float64; return z / z }

func TestCloseWaits(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{})
	gate, started := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m.before = func(models.Batch) error {
		once.Do(func() { close(started); <-gate })
		return nil
	}
	done := make(chan error, 1)
	go func() {
		_, err := e.Generate(t.Context(), GenerateRequest{Prompt: tokenizer.Text("x"), MaxTokens: 5, IgnoreEOS: true})
		done <- err
	}()
	<-started
	closed := make(chan error, 1)
	go func() { closed <- e.Close() }()
	for { // until Close has shut the door
		e.sched.mu.Lock()
		shut := e.sched.closed
		e.sched.mu.Unlock()
		if shut {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := e.Generate(t.Context(), GenerateRequest{Prompt: tokenizer.Text("x")}); !errors.Is(err, ErrClosed) {
		t.Errorf("request while closing: error %v, want ErrClosed", err)
	}
	select {
	case <-closed:
		t.Error("Close returned while a request was running")
	default:
	}
	close(gate)
	if err := <-done; err != nil {
		t.Errorf("the running request: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// While Idle's function runs no batch does, and the requests in flight go on after it.
func TestIdle(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{})
	var paused atomic.Bool
	var batches atomic.Int64
	first := make(chan struct{})
	m.before = func(models.Batch) error {
		if batches.Add(1) == 1 {
			close(first)
		}
		if paused.Load() {
			t.Error("a batch runs while the engine is idle")
		}
		time.Sleep(time.Millisecond)
		return nil
	}
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			_, err := e.Generate(t.Context(), GenerateRequest{Prompt: tokenizer.Text("x"), MaxTokens: 30, IgnoreEOS: true})
			return err
		})
	}
	<-first
	calls := 0
	for range 5 {
		if err := e.Idle(func() {
			calls++
			paused.Store(true)
			time.Sleep(3 * time.Millisecond)
			paused.Store(false)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Wait(); err != nil || calls != 5 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if err := e.Idle(func() { calls++ }); err != nil || calls != 6 { // nothing is in flight
		t.Errorf("%d calls, %v", calls, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Idle(func() { t.Error("called after Close") }); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

func TestHashTokens(t *testing.T) {
	seen := map[uint64][][]int32{}
	for _, seqs := range [][][]int32{nil, {{}}, {{1}}, {{1, 2}}, {{2, 1}}, {{1}, {2}}, {{1, 2}, {}}, {{0, 1, 2}}, {{1, 1, 2}}} {
		h := hashTokens(seqs...)
		if other, ok := seen[h]; ok {
			t.Errorf("%v and %v hash the same", seqs, other)
		}
		seen[h] = seqs
	}
}
