package cpu

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A job is one step split into independent chunks. run is called once for each chunk, by any worker; worker
// numbers scratch memory and is in [0, threads).
type job interface {
	run(chunk, worker int)
}

// pool runs jobs on the calling goroutine and threads-1 workers.
//
// A transformer has a few hundred steps a token, each some tens of microseconds, so handing work over through a
// channel would cost as much as the work. Workers therefore watch one atomic ticket counter and go to sleep only
// after idleTime without work. The caller waits for chunks, not for workers: a worker that the system has not
// scheduled delays nobody. The first chunk that no one has taken is always the next to go, so the split over
// workers varies, but no result may depend on it.
//
// A panic in a chunk ends run with that panic on the calling goroutine, whichever worker it happened on. Weights may be read where
// they lie in a mapped file, and a file that shrinks makes reading it fault, so workers have faults turned into panics;
// for the caller that is its own choice.
type pool struct {
	threads int

	_ [64]byte
	// ticket packs what a worker needs to claim a chunk in one addition: epoch<<48 | chunks<<24 | next.
	// A worker that holds a ticket with next < chunks knows that job is the one of that epoch, because the
	// caller does not go on before this chunk is done.
	ticket atomic.Uint64
	_      [56]byte
	done   atomic.Int64 // chunks of this epoch that are finished
	_      [56]byte
	active atomic.Int32 // threads that take part, the caller among them
	asleep atomic.Bool  // the caller is, until a worker finishes the last chunk
	quit   atomic.Bool
	panics atomic.Pointer[chunkPanic] // the first one of this epoch

	job      job
	epoch    uint64
	governor governor
	started  time.Time
	parked   []parking     // by worker number
	finished chan struct{} // to the sleeping caller
	wg       sync.WaitGroup
}

// parking is where a worker sleeps.
type parking struct {
	asleep atomic.Bool
	wake   chan struct{}
}

const (
	ticketBits = 24
	ticketMask = 1<<ticketBits - 1
	epochMask  = 1<<16 - 1

	// Times after which watching ends and sleep begins: of a worker without work, and of the caller when workers hold the
	// last chunks. On a quiet machine neither is reached within a token; on a busy one, watching would take
	// processor time from the very thread that is waited for.
	idleTime = 300 * time.Microsecond
	waitTime = 100 * time.Microsecond

	spinRounds = 64 // pauses between looks at the clock
)

// newPool starts threads-1 workers.
func newPool(threads int) *pool {
	p := &pool{threads: threads, governor: newGovernor(threads), started: time.Now(), finished: make(chan struct{}, 1)}
	p.active.Store(int32(threads))
	p.parked = make([]parking, threads)
	for w := 1; w < threads; w++ {
		p.parked[w].wake = make(chan struct{}, 1)
		p.wg.Add(1)
		go p.work(w)
	}
	return p
}

// close stops the workers and waits for them. The pool must be idle.
func (p *pool) close() {
	p.quit.Store(true)
	for w := 1; w < p.threads; w++ {
		close(p.parked[w].wake)
	}
	p.wg.Wait()
}

// run runs chunks [0, n) of j, n below 2^24, and returns when all are done.
func (p *pool) run(n int, j job) {
	if n <= 0 {
		return
	}
	if n > ticketMask {
		panic("cpu: too many chunks")
	}
	if p.threads == 1 || n == 1 {
		inline(n, j)
		return
	}
	begin := time.Since(p.started)
	active := p.governor.allow(begin)
	p.active.Store(int32(active))
	if active == 1 {
		inline(n, j)
		return
	}
	p.job = j
	p.done.Store(0)
	p.epoch = (p.epoch + 1) & epochMask
	p.ticket.Store(p.epoch<<(2*ticketBits) | uint64(n)<<ticketBits)
	for w := 1; w < active; w++ {
		if p.parked[w].asleep.Load() {
			select {
			case p.parked[w].wake <- struct{}{}:
			default:
			}
		}
	}
	_, own := p.claim(0)
	worked := time.Since(p.started)
	p.wait(int64(n))
	p.job = nil
	if v := p.panics.Swap(nil); v != nil {
		panic(v)
	}
	end := time.Since(p.started)

	// Lost is the time in which the caller waited, or did chunks that others should have done.
	lost := end - worked
	if fair := (n + active - 1) / active; own > fair {
		lost += (worked - begin) * time.Duration(own-fair) / time.Duration(own)
	}
	p.governor.observe(end, end-begin, lost)
}

// inline runs all chunks on the calling goroutine.
func inline(n int, j job) {
	for c := range n {
		j.run(c, 0)
	}
}

// wait returns when n chunks are done.
func (p *pool) wait(n int64) {
	var since time.Time // zero at first
	for spins := 1; p.done.Load() < n; spins++ {
		pause()
		if spins%spinRounds != 0 {
			continue
		}
		runtime.Gosched()
		if now := time.Now(); since.IsZero() {
			since = now
		} else if now.Sub(since) > waitTime {
			p.asleep.Store(true)
			if p.done.Load() < n || !p.asleep.CompareAndSwap(true, false) {
				<-p.finished
			}
		}
	}
}

// claim takes and runs chunks of the current job until none is left, and returns the epoch that it saw and how many it ran.
func (p *pool) claim(worker int) (epoch uint64, ran int) {
	for ; ; ran++ {
		t := p.ticket.Add(1) - 1
		next, chunks := t&ticketMask, t>>ticketBits&ticketMask
		if next >= chunks {
			return t >> (2 * ticketBits), ran
		}
		p.chunk(int(next), worker)
		// A late message wakes the caller during a later job; it looks at done again and goes back to sleep.
		if p.done.Add(1) == int64(chunks) && p.asleep.CompareAndSwap(true, false) {
			p.finished <- struct{}{}
		}
	}
}

// chunk runs a chunk of the current job, unless one has panicked already, and keeps its panic.
func (p *pool) chunk(chunk, worker int) {
	defer func() {
		if v := recover(); v != nil {
			p.panics.CompareAndSwap(nil, &chunkPanic{v, debug.Stack()})
		}
	}()
	if p.panics.Load() == nil {
		p.job.run(chunk, worker)
	}
}

// A chunkPanic is a panic on its way from a worker to the caller of run.
type chunkPanic struct {
	value any
	stack []byte
}

func (p *chunkPanic) Error() string {
	return fmt.Sprintf("%v\n\non another goroutine:\n%s", p.value, p.stack)
}

// Unwrap gives the value if it is an error, as those of the runtime are.
func (p *chunkPanic) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// Origin is the panic as it was, and the stack of the goroutine that it happened on.
func (p *chunkPanic) Origin() (value any, stack []byte) { return p.value, p.stack }

// idle says whether a worker that has seen an epoch has nothing to do.
func (p *pool) idle(worker int, seen uint64) bool {
	return p.ticket.Load()>>(2*ticketBits) == seen || worker >= int(p.active.Load())
}

// work is a worker's life.
func (p *pool) work(worker int) {
	defer p.wg.Done()
	debug.SetPanicOnFault(true)
	var seen uint64
	var since time.Time // idle; zero while busy
	for spins := 1; !p.quit.Load(); spins++ {
		if !p.idle(worker, seen) {
			seen, _ = p.claim(worker)
			since = time.Time{}
			continue
		}
		pause()
		if spins%spinRounds != 0 {
			continue
		}
		if now := time.Now(); since.IsZero() {
			since = now
		} else if now.Sub(since) > idleTime {
			p.park(worker, seen)
			since = time.Time{}
		}
		runtime.Gosched()
	}
}

// park sleeps until the caller has work. A worker says that it sleeps before it looks for work a last time, and the caller
// publishes work before it looks for sleepers, so a wake-up cannot get lost. One too many does no harm.
func (p *pool) park(worker int, seen uint64) {
	place := &p.parked[worker]
	place.asleep.Store(true)
	if p.idle(worker, seen) && !p.quit.Load() {
		<-place.wake
	}
	place.asleep.Store(false)
}
