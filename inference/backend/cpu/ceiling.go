package cpu

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A Ceiling is what this machine does at most with a number of threads, measured in loops that do nothing else: a model
// cannot be read faster than memory, nor multiplied faster than the vector units go. Rates are per second.
type Ceiling struct {
	Threads int
	Read    float64 // bytes from memory, as one stream a thread; 0 = not measured
	Int8    float64 // multiply-adds of 8-bit integers with the instructions of the level
	Float32 float64 // multiply-adds of float32 values with the instructions of the level
}

// CeilingOptions say what MeasureCeilings measures. The zero value works.
type CeilingOptions struct {
	Level   Level         // default Auto
	Threads []int         // numbers of threads to measure with; default 1 and runtime.GOMAXPROCS(0)
	Time    time.Duration // for everything; default one second
	// Buffer is how many bytes are read from: several times the caches of the machine, 64 MiB or more for each thread. Default 256 MiB;
	// with less than 64 MiB reading is not measured.
	Buffer int
}

const (
	minCeilingBuffer     = 64 << 20
	defaultCeilingBuffer = 256 << 20
	readCall             = 256 << 10 // bytes
	computeCall          = 50 * time.Microsecond
	leastCalls           = 8 // however late a busy system lets a thread begin

	// Rates are those of the best millisecond. On a busy machine the system gives a thread the processor for a few
	// milliseconds at a time, so there too some of them see all threads run.
	ceilingWindow = time.Millisecond
	// Reading prefetches far ahead and hardly at all by turns of this length: which is faster depends on the machine.
	readTurn      = 4 * ceilingWindow
	prefetchAhead = 2048 // bytes: farther than the hardware looks ahead by itself
)

// MeasureCeilings measures for o.Time, plus what it takes to fill the buffer. It keeps the threads of this process busy; run
// nothing beside it. It ends early with the context's error.
func MeasureCeilings(ctx context.Context, o CeilingOptions) ([]Ceiling, error) {
	if o.Level == Auto {
		o.Level = best()
	}
	if !supported(o.Level) {
		return nil, fmt.Errorf("cpu: no %v instructions on this machine (have %v)", o.Level, Levels())
	}
	if len(o.Threads) == 0 {
		o.Threads = []int{1}
		if n := runtime.GOMAXPROCS(0); n > 1 {
			o.Threads = append(o.Threads, n)
		}
	}
	for _, n := range o.Threads {
		if n < 1 || n > 4096 {
			return nil, fmt.Errorf("cpu: %d threads: want 1 to 4096", n)
		}
	}
	if o.Time <= 0 {
		o.Time = time.Second
	}
	if o.Buffer == 0 {
		o.Buffer = defaultCeilingBuffer
	}
	m := ceilingMeasure{kernels: ceilingKernelsFor(o.Level), share: o.Time / time.Duration(3*len(o.Threads))}
	if o.Buffer >= minCeilingBuffer {
		mem, whole, err := mapBytes(o.Buffer)
		if err != nil {
			return nil, fmt.Errorf("%w (to measure how fast it is)", err)
		}
		defer unmapBytes(whole)
		m.buffer = mem
		m.touch(ctx, slices.Max(o.Threads))
	}
	out := make([]Ceiling, len(o.Threads))
	for i, n := range o.Threads {
		out[i] = m.measure(ctx, n)
	}
	return out, ctx.Err()
}

// ceilingMeasure is what one MeasureCeilings measures with.
type ceilingMeasure struct {
	kernels ceilingKernels
	share   time.Duration // of each kind of measurement
	buffer  []byte        // nil = reading is not measured
}

// ceilingFeed is what the loops of one thread compute with, and what comes out.
type ceilingFeed struct {
	w    [64]uint8
	x    [64]int8
	a, b [16]float32
	sums [16]float32
	sum  uint64
	dot  int32
	_    [64]byte
}

func (m *ceilingMeasure) measure(ctx context.Context, threads int) Ceiling {
	feeds := make([]ceilingFeed, threads)
	for i := range feeds {
		f := &feeds[i]
		for j := range f.w {
			f.w[j], f.x[j] = uint8(j*37), int8(j*91)
		}
		for j := range f.a {
			f.a[j], f.b[j] = float32(j)-7.5, 1/float32(j+1)
		}
	}
	c := Ceiling{Threads: threads}
	if m.buffer != nil {
		c.Read = m.rate(ctx, threads, func(thread, call int, now time.Duration) int {
			own := m.part(thread, threads)
			own = own[call*readCall%len(own):][:readCall]
			feeds[thread].sum += m.kernels.read(own, int(now/readTurn%2)*prefetchAhead)
			return readCall
		})
	}
	dots := func(f *ceilingFeed, rounds int) { f.dot += m.kernels.dots(&f.w, &f.x, rounds) }
	c.Int8 = 64 * float64(m.kernels.dotsRound) * m.rounds(ctx, feeds, dots)
	products := func(f *ceilingFeed, rounds int) { m.kernels.products(&f.a, &f.b, &f.sums, rounds) }
	c.Float32 = 16 * float64(m.kernels.productsRound) * m.rounds(ctx, feeds, products)
	return c
}

// part is the part of the buffer that a thread reads, whole calls long.
func (m *ceilingMeasure) part(thread, threads int) []byte {
	n := max(readCall, len(m.buffer)/threads&^(readCall-1))
	at := thread * n % (len(m.buffer) - n + 1)
	return m.buffer[at:][:n]
}

// touch makes the system provide memory: all pages of untouched memory may be one and the same. Threads touch what they will read.
func (m *ceilingMeasure) touch(ctx context.Context, threads int) {
	const page = 4096
	var wg sync.WaitGroup
	for t := range threads {
		wg.Go(func() {
			own := m.part(t, threads)
			for i := 0; i < len(own) && ctx.Err() == nil; i += page {
				own[i] = 1
			}
		})
	}
	wg.Wait()
}

// rounds is how many rounds a second a loop makes in all threads.
func (m *ceilingMeasure) rounds(ctx context.Context, feeds []ceilingFeed, loop func(f *ceilingFeed, rounds int)) float64 {
	rounds := 256 // in a call, then as many as take about computeCall
	for ; rounds < 1<<24; rounds *= 2 {
		took := time.Hour
		for range 3 { // an interruption makes one too long
			start := time.Now()
			loop(&feeds[0], rounds)
			took = min(took, time.Since(start))
		}
		if took > computeCall/2 {
			break
		}
	}
	return m.rate(ctx, len(feeds), func(thread, _ int, _ time.Duration) int {
		loop(&feeds[thread], rounds)
		return rounds
	})
}

// rate runs a loop in a number of threads of the system and returns the work that all of them together do in a second, as in the
// best window. call is called over and over with its number and the time, and returns the work that it did.
func (m *ceilingMeasure) rate(ctx context.Context, threads int, call func(thread, call int, now time.Duration) int) float64 {
	logs := make([]workLog, threads)
	start := time.Now()
	var wg sync.WaitGroup
	for t := range threads {
		wg.Go(func() {
			// A busy system may keep two threads on one processor, where they never run at the same time. The thread is not
			// unlocked: it ends with the goroutine, so that nothing else is bound to that processor.
			runtime.LockOSThread()
			pin(t, threads)
			log := make(workLog, 1, 1<<13)
			log[0].at = time.Since(start)
			for n := 0; ctx.Err() == nil; n++ {
				last := log[n]
				if last.at > m.share && n >= leastCalls {
					break
				}
				done := last.done + float64(call(t, n, last.at))
				log = append(log, workMark{time.Since(start), done})
			}
			logs[t] = log
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return 0
	}
	end := time.Duration(0)
	for _, l := range logs {
		end = max(end, l[len(l)-1].at)
	}
	best := 0.0
	const step = ceilingWindow / 4
	for from := time.Duration(0); from < end; from += step {
		sum := 0.0
		for t := range logs {
			sum += logs[t].until(from+ceilingWindow) - logs[t].until(from)
		}
		best = max(best, sum)
	}
	return best / ceilingWindow.Seconds()
}

// A workLog says how much work a thread had done when.
type workLog []workMark

type workMark struct {
	at   time.Duration
	done float64
}

// until is the work done at a time, as if every call went evenly.
func (l workLog) until(at time.Duration) float64 {
	i, found := slices.BinarySearchFunc(l, at, func(m workMark, at time.Duration) int { return cmp.Compare(m.at, at) })
	switch {
	case found:
		return l[i].done
	case i == 0:
		return 0
	case i == len(l):
		return l[i-1].done
	}
	a, b := l[i-1], l[i]
	return a.done + (b.done-a.done)*float64(at-a.at)/float64(b.at-a.at)
}
