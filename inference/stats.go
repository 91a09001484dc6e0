package inference

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Stats are counters of an engine since it was loaded. Take one before and one after something and call Since to
// see what that something did.
type Stats struct {
	PrefillTokens  int64 // positions of prompts, continuations and windows that were run
	DecodeTokens   int64 // generated tokens that were run
	SavedTokens    int64 // positions that did not have to be run because others have the same beginning
	DraftTokens    int64 // tokens that were run because they might be the next ones
	AcceptedTokens int64 // drafts that the model chose; they count as generated tokens too
	Steps          int64 // batches

	// PrefillTime and DecodeTime add up to the time that batches took. A batch with both kinds of rows counts for each by
	// its share of the rows.
	PrefillTime, DecodeTime time.Duration

	ttft, itl histogram
}

// PrefillRate is PrefillTokens per second of PrefillTime, 0 when there were none.
func (s Stats) PrefillRate() float64 { return rate(s.PrefillTokens, s.PrefillTime) }

// DecodeRate is DecodeTokens per second of DecodeTime, 0 when there were none. Sequences that are generated side by side
// count together.
func (s Stats) DecodeRate() float64 { return rate(s.DecodeTokens, s.DecodeTime) }

// TTFT is the time from admission to the first token or score, over requests.
func (s Stats) TTFT() Quantiles { return s.ttft.quantiles() }

// InterToken is the time from one generated token to the next, over tokens.
func (s Stats) InterToken() Quantiles { return s.itl.quantiles() }

// Since is what happened between before and s.
func (s Stats) Since(before Stats) Stats {
	s.PrefillTokens -= before.PrefillTokens
	s.DecodeTokens -= before.DecodeTokens
	s.SavedTokens -= before.SavedTokens
	s.DraftTokens -= before.DraftTokens
	s.AcceptedTokens -= before.AcceptedTokens
	s.Steps -= before.Steps
	s.PrefillTime -= before.PrefillTime
	s.DecodeTime -= before.DecodeTime
	s.ttft = s.ttft.minus(before.ttft)
	s.itl = s.itl.minus(before.itl)
	return s
}

func rate(n int64, d time.Duration) float64 {
	if n == 0 || d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// Quantiles of a set of durations, to 1 %. All are 0 when N is.
type Quantiles struct {
	N             int64
	P50, P90, P99 time.Duration
}

// histogram counts durations in buckets whose bounds grow by 2 %, from 1 µs to about 40 minutes.
type histogram []int64

const (
	buckets     = 1100
	bucketRatio = 1.02
)

func bucketOf(d time.Duration) int {
	us := float64(d) / float64(time.Microsecond)
	if us <= 1 {
		return 0
	}
	return min(int(math.Log(us)/math.Log(bucketRatio)), buckets-1)
}

// bucketValue is the middle of a bucket, on the logarithmic scale.
func bucketValue(i int) time.Duration {
	return time.Duration(math.Pow(bucketRatio, float64(i)+0.5) * float64(time.Microsecond))
}

func (h *histogram) add(d time.Duration) {
	if *h == nil {
		*h = make(histogram, buckets)
	}
	(*h)[bucketOf(d)]++
}

func (h histogram) minus(o histogram) histogram {
	if o == nil {
		return h
	}
	out := make(histogram, len(h))
	for i := range h {
		out[i] = h[i] - o[i]
	}
	return out
}

func (h histogram) quantiles() Quantiles {
	var q Quantiles
	for _, n := range h {
		q.N += n
	}
	// The nearest rank: the smallest value with at least a share p of the values at or below it.
	at := func(p float64) time.Duration {
		rank := int64(math.Ceil(p * float64(q.N)))
		for i, n := range h {
			if rank -= n; n > 0 && rank <= 0 {
				return bucketValue(i)
			}
		}
		return 0
	}
	if q.N > 0 {
		q.P50, q.P90, q.P99 = at(0.5), at(0.9), at(0.99)
	}
	return q
}

// recorder gathers Stats. It is safe for concurrent use.
type recorder struct {
	mu sync.Mutex
	s  Stats

	logits  atomic.Int64 // bytes of the buffer that tokens are sampled from
	kvPages atomic.Int64 // most pages in use at a time; freed pages are taken again first, so no others were ever touched
}

// stepCount is what a batch did: generated tokens that were run, other rows, drafts, and how many of these were accepted (and
// are generated tokens too).
type stepCount struct{ decode, prefill, drafted, accepted int }

func (r *recorder) step(c stepCount, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.Steps++
	r.s.PrefillTokens += int64(c.prefill)
	r.s.DecodeTokens += int64(c.decode)
	r.s.DraftTokens += int64(c.drafted)
	r.s.AcceptedTokens += int64(c.accepted)
	d := time.Duration(float64(took) * float64(c.decode) / float64(max(1, c.prefill+c.decode)))
	r.s.DecodeTime += d
	r.s.PrefillTime += took - d
}

// interToken takes note of n tokens that came together, d after the one before them.
func (r *recorder) interToken(d time.Duration, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range n {
		r.s.itl.add(d / time.Duration(n))
	}
}

// used takes note of the pages in use.
func (r *recorder) used(pages int) {
	if n := int64(pages); n > r.kvPages.Load() {
		r.kvPages.Store(n)
	}
}

// request counts a request that has ended well.
func (r *recorder) request(u Usage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.ttft.add(u.TTFT)
	r.s.SavedTokens += int64(u.ReusedTokens)
}

// snapshot returns a copy that later events do not change.
func (r *recorder) snapshot() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.s
	s.ttft = append(histogram(nil), s.ttft...)
	s.itl = append(histogram(nil), s.itl...)
	return s
}
