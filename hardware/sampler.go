package hardware

import (
	"sync"
	"time"
)

// A Sampler keeps the peak of this process's resident memory between Start and Stop. Weight files that are mapped
// count with the pages that were touched. It is safe for concurrent use.
type Sampler struct {
	read func() uint64
	stop chan struct{}
	done chan struct{}
	once sync.Once

	mu   sync.Mutex
	peak uint64
}

// SampleEvery is the usual pause between two looks.
const SampleEvery = 100 * time.Millisecond

// StartSampler starts looking at the resident memory every interval (0 = [SampleEvery]). Stop must be called.
func StartSampler(interval time.Duration) *Sampler {
	if interval <= 0 {
		interval = SampleEvery
	}
	return startSampler(interval, residentBytes)
}

func startSampler(interval time.Duration, read func() uint64) *Sampler {
	s := &Sampler{read: read, stop: make(chan struct{}), done: make(chan struct{})}
	s.look()
	go func() {
		defer close(s.done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-s.stop:
				return
			case <-tick.C:
				s.look()
			}
		}
	}()
	return s
}

func (s *Sampler) look() {
	n := s.read()
	s.mu.Lock()
	s.peak = max(s.peak, n)
	s.mu.Unlock()
}

// Peak looks once more and returns the highest value seen, in bytes; 0 where the system does not tell.
func (s *Sampler) Peak() uint64 {
	s.look()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// Stop ends the sampling and returns the peak. It may be called more than once.
func (s *Sampler) Stop() uint64 {
	s.once.Do(func() { close(s.stop) })
	<-s.done
	return s.Peak()
}
