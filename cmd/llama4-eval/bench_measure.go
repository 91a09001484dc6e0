package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/llama4-eval/llama4-eval/reports"
)

// bench measures one model.
type bench struct {
	flags    *benchFlags
	path     string
	peer     *peer // nil = none
	progress *benchProgress
	ceilings []cpu.Ceiling
	record   reports.Bench

	config models.Config
	cost   benchCost
}

// run fills the record. Threads are a property of a loaded model, so it is loaded once for each number of them.
func (b *bench) run(ctx context.Context) error {
	c, err := inference.OpenCheckpoint(b.path)
	if err != nil {
		return err
	}
	defer c.Close()
	arch, err := models.Lookup(c.Checkpoint)
	if err != nil {
		return fmt.Errorf("%s: %w", b.path, err)
	}
	if b.config, err = arch.Configure(c.Checkpoint); err != nil {
		return fmt.Errorf("%s: %w", b.path, err)
	}
	b.cost = newBenchCost(c, b.config)
	b.progress.start(len(b.flags.plan.threads) * len(b.flags.plan.tests(1)))
	for i, threads := range b.flags.plan.threads {
		if err := b.runThreads(ctx, threads, b.ceilings[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) runThreads(ctx context.Context, threads int, top cpu.Ceiling) error {
	o := b.options(threads)
	tests := slices.DeleteFunc(b.flags.plan.tests(threads), func(t benchTest) bool {
		if t.positions() > b.context() {
			b.skip(t, fmt.Sprintf("takes %d positions, the context has %d", t.positions(), b.context()))
			return true
		}
		return false
	})
	if len(tests) == 0 {
		return nil
	}
	b.progress.say(fmt.Sprintf("loading %s", b.path))
	e, err := inference.Load(ctx, b.path, o)
	if err != nil {
		return err
	}
	defer e.Close()
	b.describe(e)
	if e.Options().CPU == cpu.Reference.String() { // it multiplies floats, whatever the weights are stored as
		top.Int8 = top.Float32
	}
	r, err := newBenchRunner(e, b.flags.seed)
	if err != nil {
		return err
	}
	for _, t := range tests {
		if need, have := b.cacheBytes(cachePages(t)-1, e.Options().KVType), e.Memory().Predicted.KV; need > have {
			b.skip(t, fmt.Sprintf("needs %s of KV cache, there are %s", formatBytes(need), formatBytes(have)))
			continue
		}
		row, err := b.row(ctx, r, t, top)
		if err != nil {
			return err
		}
		b.record.Rows = append(b.record.Rows, row)
		b.progress.done(row)
	}
	return nil
}

// context is how many positions a sequence can have: as many as was asked for, else as the model was made for.
func (b *bench) context() int {
	if n := b.flags.engine.Context; n > 0 {
		return n
	}
	return b.config.Context
}

// options ask for a context and a cache that the tests fit into, and no more: what the cache keeps would look like need.
func (b *bench) options(threads int) inference.Options {
	o := b.flags.engine
	o.Threads = threads
	o.PrefixCache = inference.Off
	longest := 1
	tests := b.flags.plan.tests(threads)
	for _, t := range tests {
		if t.depth > 0 {
			o.PrefixCache = "auto"
		}
		if t.positions() <= b.context() {
			longest = max(longest, t.positions())
		}
	}
	if o.Context == 0 {
		o.Context = longest
	}
	if o.BatchSize == 0 {
		pages := 1
		for _, t := range tests {
			if t.positions() <= o.Context {
				o.BatchSize = max(o.BatchSize, t.streams)
				pages = max(pages, cachePages(t))
			}
		}
		// The cache gets room for as many sequences of the context, up to a length.
		each := kvcache.PagesFor(min(o.Context, 4096)) + 1
		o.BatchSize = min(maxBenchStreams, max(o.BatchSize, (pages+each-1)/each))
	}
	return o
}

// cachePages is what the streams of a test take of the cache, with a page for each that is copied when it is shared in part.
func cachePages(t benchTest) int { return t.streams*(kvcache.PagesFor(t.positions())+1) + 1 }

// cacheBytes is the size of pages of the cache.
func (b *bench) cacheBytes(pages int, kvType string) int64 {
	return int64(float64(pages*kvcache.PageSize) * float64(b.cost.kvValues) * kvValueBytes(kvType))
}

// kvValueBytes is the size of a cached key or value.
func kvValueBytes(kvType string) float64 {
	switch kvType {
	case "f32":
		return 4
	case "q8_0":
		return 34.0 / 32
	}
	return 2
}

func (b *bench) skip(t benchTest, reason string) {
	b.record.Skipped = append(b.record.Skipped, reports.BenchSkipped{BenchTest: t.record(), Reason: reason})
	b.progress.skipped()
}

// warn adds a warning once.
func (b *bench) warn(text string) {
	if !slices.Contains(b.record.Warnings, text) {
		b.record.Warnings = append(b.record.Warnings, text)
	}
}

// describe says what is measured; it is the same for every number of threads.
func (b *bench) describe(e *inference.Engine) {
	in, o := e.Info(), e.Options()
	b.record.Model = reports.Model{
		Name: in.Name, Arch: in.Arch, Quant: in.Quant, Parameters: in.Parameters, Bytes: in.FileBytes, Context: in.TrainedContext,
	}
	b.record.Engine = reports.BenchEngine{
		Version: version(), Device: o.Device, Kernel: o.CPU, KVType: o.KVType, Context: o.Context,
		Speculation: o.Speculation, Repetitions: b.flags.reps, Seed: b.flags.seed,
	}
}

// row measures one test: a run that does not count, then the repetitions, each followed by one of the peer.
func (b *bench) row(ctx context.Context, r *benchRunner, t benchTest, top cpu.Ceiling) (reports.BenchRow, error) {
	row := reports.BenchRow{BenchTest: t.record()}
	resident := hardware.StartSampler(0)
	defer resident.Stop()
	b.progress.running(t, 0, b.flags.reps)
	warm := t
	warm.generate = min(t.generate, 2)
	if _, err := r.once(ctx, warm); err != nil {
		return row, fmt.Errorf("%v: %w", row.BenchTest, err)
	}
	before := r.engine.Stats()
	var ttft []float64
	recomputed := false
	for i := range b.flags.reps {
		b.progress.running(t, i+1, b.flags.reps)
		got, err := r.once(ctx, t)
		if err != nil {
			return row, fmt.Errorf("%v: %w", row.BenchTest, err)
		}
		row.TokS = append(row.TokS, got.tokS)
		ttft = append(ttft, got.ttft...)
		recomputed = recomputed || got.recomputed
		if b.peer == nil {
			continue
		}
		if err := b.askPeer(ctx, t, r.engine.Options().KVType, &row); err != nil {
			return row, err
		}
	}
	row.Summarize()
	row.TTFT = middle(ttft)
	if q := r.engine.Stats().Since(before).InterToken(); t.generate > 0 && q.N > 0 {
		row.ITL = &reports.Percentiles{P50: milliseconds(q.P50), P90: milliseconds(q.P90), P99: milliseconds(q.P99)}
	}
	row.Peak = reports.BenchMemory{Ledger: reports.Ledger(r.engine.Memory().Allocated), Process: int64(resident.Stop())}
	row.Top = b.cost.share(t, row.Median, kvValueBytes(r.engine.Options().KVType), top)
	if recomputed {
		b.warn(fmt.Sprintf("depth %d: the tokens before were not in the cache and were run again each time; rates of prompts count them, "+
			"and streams side by side waited for each other", t.depth))
	}
	return row, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// middle is the median, the higher of two.
func middle(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// benchRunner runs tests on an engine.
type benchRunner struct {
	engine *inference.Engine
	tokens []int32 // ordinary ones, to draw prompts from
	seed   uint64
	fresh  *rand.Rand // tokens that no request had before
	depths [][]int32  // tokens of the depth, by stream
}

func newBenchRunner(e *inference.Engine, seed uint64) (*benchRunner, error) {
	r := &benchRunner{engine: e, tokens: ordinaryTokens(e.Tokenizer()), seed: seed, fresh: rand.New(rand.NewPCG(seed, 0))}
	if len(r.tokens) < 2 {
		return nil, errors.New("bench: the vocabulary has no ordinary tokens to make prompts of")
	}
	return r, nil
}

// ordinaryTokens are those that stand for text.
func ordinaryTokens(t *tokenizer.Tokenizer) []int32 {
	var out []int32
	for id := range int32(t.VocabSize()) {
		if !t.IsSpecial(id) && !t.IsEnd(id) && len(t.Piece(id)) > 0 {
			out = append(out, id)
		}
	}
	return out
}

func (r *benchRunner) draw(to []int32, n int, from *rand.Rand) []int32 {
	for range n {
		to = append(to, r.tokens[from.IntN(len(r.tokens))])
	}
	return to
}

// prompt is the tokens of the depth, the same every time, so that a cache of prefixes has them, and the others, which are
// new every time, so that it does not.
func (r *benchRunner) prompt(t benchTest, stream int) []int32 {
	for len(r.depths) <= stream {
		r.depths = append(r.depths, nil)
	}
	if d := r.depths[stream]; len(d) < t.depth {
		// The same stream of numbers from its beginning: a greater depth goes on from a smaller one.
		r.depths[stream] = r.draw(nil, t.depth, rand.New(rand.NewPCG(r.seed, uint64(stream)+1)))
	}
	p := make([]int32, 0, t.given())
	p = append(p, r.depths[stream][:t.depth]...)
	return r.draw(p, t.given()-t.depth, r.fresh)
}

// A benchResult is what one repetition gave.
type benchResult struct {
	tokS       float64
	ttft       []float64 // milliseconds, by stream
	recomputed bool      // tokens of the depth were not in the cache
}

// once runs a test.
func (r *benchRunner) once(ctx context.Context, t benchTest) (benchResult, error) {
	usages := make([]inference.Usage, t.streams)
	ends := make([]time.Time, t.streams)
	prompts := make([][]int32, t.streams)
	for s := range prompts {
		prompts[s] = r.prompt(t, s)
	}
	ctx, cancel := context.WithCancelCause(ctx) // one that fails ends the others
	defer cancel(nil)
	var wg sync.WaitGroup
	for s := range t.streams {
		wg.Go(func() {
			// The first token comes out of the prompt; those that are measured follow.
			res, err := r.engine.Generate(ctx, inference.GenerateRequest{Tokens: prompts[s], MaxTokens: t.generate + 1, IgnoreEOS: true})
			ends[s], usages[s] = time.Now(), res.Usage
			if err == nil && res.Usage.OutputTokens != t.generate+1 {
				err = fmt.Errorf("bench: %d tokens came, want %d", res.Usage.OutputTokens, t.generate+1)
			}
			if err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return benchResult{}, err
	}
	return summarize(t, usages, ends), nil
}

// summarize computes rates. Of a prompt, the tokens that were run count, in the time to the first token: whatever the cache had is in
// neither. What streams generate counts from the first token of the first one to the last token of the last one.
func summarize(t benchTest, usages []inference.Usage, ends []time.Time) benchResult {
	var res benchResult
	var first, last time.Time
	for s, u := range usages {
		res.ttft = append(res.ttft, milliseconds(u.TTFT))
		run := u.PromptTokens - u.ReusedTokens
		// A page that the cache has in part may be run again.
		res.recomputed = res.recomputed || run > t.given()-t.depth+kvcache.PageSize
		if t.prompt > 0 {
			res.tokS = float64(run) / u.TTFT.Seconds()
		}
		if begin := ends[s].Add(u.TTFT - u.Total); s == 0 || begin.Before(first) {
			first = begin
		}
		if s == 0 || ends[s].After(last) {
			last = ends[s]
		}
	}
	if t.prompt == 0 {
		res.tokS = float64(t.streams*t.generate) / last.Sub(first).Seconds()
	}
	return res
}
