package cpu

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// countJob counts how often each chunk ran and which workers took part.
type countJob struct {
	ran     []atomic.Int32
	plain   []int // written without atomics: the race detector checks that the caller may read it afterwards
	workers [8]atomic.Int32
	wait    time.Duration
}

func (j *countJob) run(chunk, worker int) {
	if j.wait > 0 {
		time.Sleep(j.wait)
	}
	j.ran[chunk].Add(1)
	j.plain[chunk] = chunk + 1
	j.workers[worker].Add(1)
}

func newCountJob(n int) *countJob {
	return &countJob{ran: make([]atomic.Int32, n), plain: make([]int, n)}
}

func (j *countJob) check(t *testing.T) {
	t.Helper()
	for c := range j.ran {
		if n := j.ran[c].Load(); n != 1 || j.plain[c] != c+1 {
			t.Fatalf("chunk %d of %d ran %d times", c, len(j.ran), n)
		}
	}
}

func TestPool(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := newPool(threads)
		for i := range 300 {
			j := newCountJob([]int{0, 1, 2, 3, 7, 64}[i%6])
			p.run(len(j.ran), j)
			j.check(t)
			if i%100 == 99 {
				time.Sleep(3 * idleTime) // the workers go to sleep and must come back
			}
		}
		p.close()
	}
}

func TestPoolWakesSleepers(t *testing.T) {
	p := newPool(3)
	defer p.close()
	for !p.parked[1].asleep.Load() || !p.parked[2].asleep.Load() {
		time.Sleep(idleTime)
	}
	j := newCountJob(12)
	j.wait = 5 * time.Millisecond
	p.run(12, j)
	j.check(t)
	if j.workers[1].Load()+j.workers[2].Load() == 0 {
		t.Error("no worker helped with 60 ms of work")
	}
}

func TestPoolCloseEndsWorkers(t *testing.T) {
	before := runtime.NumGoroutine()
	newPool(5).close()
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before the pool", runtime.NumGoroutine(), before)
}

type emptyJob struct{}

func (emptyJob) run(int, int) {}

func BenchmarkPool(b *testing.B) {
	p := newPool(2)
	defer p.close()
	for b.Loop() {
		p.run(2, emptyJob{})
	}
}
