package hardware

import (
	"math"
	"sync"
	"time"
)

// Sizes of the calibration loop: some 3 ms on a processor of 3 GHz, about a third each for whole numbers, floating point and memory.
const (
	loopIntegers = 600_000
	loopFloats   = 300_000
	loopBytes    = 32 << 20
	loopStride   = 8 // words: each cache line once
)

// A Loop is a fixed piece of work that has nothing to do with any model: how long it takes says how fast the machine is just then, with
// whatever else runs on it. It must not be used from several goroutines.
type Loop struct {
	parts [][]uint64 // of the memory that is swept, one for each thread
	sums  []uint64   // so that nothing can be left out
}

// NewLoop makes a loop that runs on the given number of threads, at least one. It holds 32 MiB.
func NewLoop(threads int) *Loop {
	threads = max(1, threads)
	l := &Loop{sums: make([]uint64, threads)}
	words := loopBytes / 8 / threads
	for range threads {
		part := make([]uint64, words)
		for i := range part { // untouched pages would all be the same one
			part[i] = uint64(i)
		}
		l.parts = append(l.parts, part)
	}
	return l
}

// Time runs the loop once and returns how long it took until the last thread was done.
func (l *Loop) Time() time.Duration {
	started := time.Now()
	var wait sync.WaitGroup
	for i := range l.parts {
		wait.Go(func() { l.sums[i] = work(l.parts[i], uint64(i)) })
	}
	wait.Wait()
	return time.Since(started)
}

func work(part []uint64, seed uint64) uint64 {
	h := seed
	for range loopIntegers {
		h = h*6364136223846793005 + 1442695040888963407
		h ^= h >> 29
	}
	x := float64(seed) + 0.5
	for range loopFloats {
		x = math.FMA(x, 0.999999, 1e-6)
	}
	for i := 0; i < len(part); i += loopStride { // reads and writes, so that bandwidth is asked for in both directions
		part[i] ^= h
		h += part[i]
	}
	return h ^ math.Float64bits(x)
}
