package sample

import (
	"errors"
	"math"
	"math/rand/v2"
)

// ErrLogits is returned when logits hold no finite maximum (a NaN, +Inf, or nothing but -Inf): the model's output is broken and
// no token can be called the next one.
var ErrLogits = errors.New("sample: logits are not finite")

// stream is the second half of the generator's seed: a fixed odd constant (the 64-bit golden ratio), so that Seed alone names a
// sequence of random numbers.
const stream = 0x9e3779b97f4a7c15

// A Sampler draws the tokens of one sequence. It is not safe for concurrent use.
type Sampler struct {
	o    Options
	rng  *rand.Rand
	pool []candidate // reused between calls
}

type candidate struct {
	p  float64 // logit, later the unnormalised probability
	id int32
}

// New makes a sampler; it fails when the options are out of range.
func New(o Options) (*Sampler, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Sampler{o: o, rng: rand.New(rand.NewPCG(o.Seed, stream))}, nil
}

// Greedy returns the index of the largest logit, the lowest one on ties.
func Greedy(logits []float32) (int32, error) {
	best, top := -1, float32(math.Inf(-1))
	for i, v := range logits {
		if v != v {
			return 0, ErrLogits
		}
		if v > top {
			best, top = i, v
		}
	}
	if best < 0 || math.IsInf(float64(top), 1) {
		return 0, ErrLogits
	}
	return int32(best), nil
}

// Next draws a token from logits, which it does not change. With a temperature of 0 it is Greedy.
func (s *Sampler) Next(logits []float32) (int32, error) {
	top, err := Greedy(logits)
	if err != nil || s.o.Greedy() {
		return top, err
	}
	u := s.rng.Float64()
	c := s.candidates(logits, float64(logits[top]))
	return pick(s.filter(c), u), nil
}

// filter keeps the candidates that TopK and TopP allow, in ascending order; without a filter it returns c in the order of ids,
// which is as good and needs no sorting. It reorders c.
func (s *Sampler) filter(c []candidate) []candidate {
	topP := s.o.TopP
	if topP == 1 {
		topP = 0
	}
	k := len(c)
	if s.o.TopK > 0 {
		k = min(k, s.o.TopK)
	}
	if k == len(c) && topP == 0 {
		return c
	}
	need := math.Inf(1) // probability mass after which no more candidates are taken
	if k == len(c) {
		need = topP * mass(c)
	}
	h := heap(c)
	h.init()
	n := len(c) // c[n:] are the candidates taken so far, ascending
	for cum := 0.0; n > len(c)-k && cum < need; {
		h.pop(n)
		n--
		cum += c[n].p
	}
	kept := c[n:]
	if topP == 0 || k == len(c) {
		return kept
	}
	need = topP * mass(kept)
	cum := 0.0
	for i := len(kept) - 1; i >= 0; i-- {
		if cum += kept[i].p; cum >= need {
			return kept[i:]
		}
	}
	return kept
}

// mass sums probabilities from the last candidate to the first.
func mass(c []candidate) float64 {
	var sum float64
	for i := len(c) - 1; i >= 0; i-- {
		sum += c[i].p
	}
	return sum
}

// candidates returns every token with its unnormalised probability exp((logit-max)/temperature), in (0,1]; those that underflow
// to 0 can never be drawn and are left out.
func (s *Sampler) candidates(logits []float32, top float64) []candidate {
	if cap(s.pool) < len(logits) {
		s.pool = make([]candidate, 0, len(logits))
	}
	c := s.pool[:0]
	for i, v := range logits {
		// Divided before the exponential, so that a tiny temperature sends losers to 0 and leaves the winner at 1.
		if p := math.Exp((float64(v) - top) / s.o.Temperature); p > 0 {
			c = append(c, candidate{p, int32(i)})
		}
	}
	return c
}

// pick returns the candidate in whose share of [0,1) u falls, the shares being laid out from the last candidate to the first.
func pick(c []candidate, u float64) int32 {
	x := u * mass(c)
	for i := len(c) - 1; i > 0; i-- {
		if x -= c[i].p; x < 0 {
			return c[i].id
		}
	}
	return c[0].id
}

// heap is a max-heap of candidates by (probability, then lower id).
type heap []candidate

func (h heap) less(i, j int) bool { // i is drawn after j
	if h[i].p != h[j].p {
		return h[i].p < h[j].p
	}
	return h[i].id > h[j].id
}

func (h heap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i, len(h))
	}
}

// pop moves the best of h[:n] to h[n-1].
func (h heap) pop(n int) {
	h[0], h[n-1] = h[n-1], h[0]
	h.down(0, n-1)
}

func (h heap) down(i, n int) {
	for {
		c := 2*i + 1
		if c >= n {
			return
		}
		if c+1 < n && h.less(c, c+1) {
			c++
		}
		if !h.less(i, c) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}
