package inference

import (
	"fmt"
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
)

// branches is the work of scoring several token sequences with a common beginning: the beginning is run once, each sequence
// goes on in a fork of its KV cache, and all of them run side by side. It serves choices (one context, several continuations)
// and perplexity windows (no common beginning).
type branches struct {
	seqs   [][]int32 // tokens of each sequence
	from   []int     // tokens from this index on are scored, >= 1
	shared int       // the first shared tokens are equal, and run once; below the length of every sequence. If not 0, from is the same for all
	width  int       // most forks at a time

	scored [][]models.Scored // of each sequence, for the tokens from from on

	cache *kvcache.Cache
	trunk *run   // the common beginning; its sequence lives until the last fork was made
	next  int    // sequence to fork next
	live  []*run // what can run now
	reuse int    // positions not run because they are shared
}

// newChoices scores sequences of one context, all from the same index on. What they share is run once.
func newChoices(seqs [][]int32, from int) *branches {
	b := newWindows(seqs, slices.Repeat([]int{from}, len(seqs)))
	b.shared = len(seqs[0]) - 1
	for _, s := range seqs[1:] {
		n := min(b.shared, len(s)-1)
		b.shared = 0
		for b.shared < n && s[b.shared] == seqs[0][b.shared] {
			b.shared++
		}
	}
	b.reuse = b.shared * (len(seqs) - 1)
	return b
}

// newWindows scores sequences that have nothing to do with each other, sequence i from index from[i] on.
func newWindows(seqs [][]int32, from []int) *branches {
	b := &branches{seqs: seqs, from: from, scored: make([][]models.Scored, len(seqs))}
	for i, s := range seqs {
		b.scored[i] = make([]models.Scored, len(s)-from[i])
	}
	return b
}

// pages picks as many forks at a time as fill a batch of rows and fit in total. It returns what these need at worst: the trunk,
// and for each fork everything from the trunk's last, partly filled page on.
func (b *branches) pages(total, rows int) int {
	trunk := kvcache.PagesFor(b.shared)
	longest, shortest, forks := 0, math.MaxInt, 0
	for _, s := range b.seqs {
		if end := len(s) - 1; end > b.shared {
			longest, shortest = max(longest, end), min(shortest, end)
			forks++
		}
	}
	b.width = 1
	if forks == 0 {
		return trunk
	}
	each := kvcache.PagesFor(longest) - b.shared/kvcache.PageSize
	b.width = max(1, min(forks, 1+rows/(shortest-b.shared), (total-trunk)/each))
	return trunk + b.width*each
}

func (b *branches) start(c *kvcache.Cache) {
	b.cache = c
	b.trunk = &run{seq: c.NewSeq(), tokens: b.seqs[0], end: b.shared}
	if b.shared == 0 {
		b.fork()
		return
	}
	// Rows of the trunk predict its own tokens and, the last one, the first token after it in every sequence.
	for pos := range b.shared {
		for i, s := range b.seqs {
			if pos+1 < b.from[i] {
				continue
			}
			if pos+1 == b.shared || i == 0 {
				b.trunk.outs = append(b.trunk.outs, output{pos, s[pos+1], b.slot(i, pos+1)})
			}
		}
	}
	b.live = append(b.live, b.trunk)
}

// slot is where the score of token index of sequence i goes.
func (b *branches) slot(i, index int) *models.Scored { return &b.scored[i][index-b.from[i]] }

func (b *branches) runs() []*run { return b.live }

func (b *branches) finished(r *run, _ int32) error {
	for i, l := range b.live {
		if l == r {
			b.live = append(b.live[:i], b.live[i+1:]...)
			break
		}
	}
	if r != b.trunk {
		b.cache.Free(r.seq)
	}
	b.fork()
	return nil
}

// fork starts sequences until width of them are live. The trunk is freed when it is not needed any more.
func (b *branches) fork() {
	for b.next < len(b.seqs) && len(b.live) < b.width {
		i := b.next
		b.next++
		s := b.seqs[i]
		end := len(s) - 1 // the last token is scored, never run
		if end == b.shared {
			continue
		}
		r := &run{seq: b.cache.Fork(b.trunk.seq, b.shared), tokens: s, end: end}
		for pos := b.shared; pos < end; pos++ {
			if pos+1 >= b.from[i] {
				r.outs = append(r.outs, output{pos, s[pos+1], b.slot(i, pos+1)})
			}
		}
		b.live = append(b.live, r)
	}
	if b.next == len(b.seqs) {
		b.cache.Free(b.trunk.seq)
	}
}

func (b *branches) release() {
	for _, r := range b.live {
		b.cache.Free(r.seq)
	}
	b.live = nil
	b.cache.Free(b.trunk.seq)
}

// sum adds up the log-probabilities of sequence i. greedy says whether every token was the most probable one.
func (b *branches) sum(i int) (logProb float64, greedy bool, err error) {
	greedy = true
	for k, s := range b.scored[i] {
		if index := b.from[i] + k; index < b.shared {
			s = b.scored[0][k]
		}
		if math.IsNaN(s.LogProb) || math.IsInf(s.LogProb, 0) {
			return 0, false, fmt.Errorf("inference: log-probability of token %d of sequence %d is %v", b.from[i]+k, i, s.LogProb)
		}
		logProb += s.LogProb
		greedy = greedy && s.Top == b.seqs[i][b.from[i]+k]
	}
	return logProb, greedy, nil
}
