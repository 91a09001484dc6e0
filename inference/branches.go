package inference

import (
	"fmt"
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
)

// branches is the work of scoring several token sequences with a common beginning, the trunk, which is run once. What comes after
// it runs as a tree of tokens in the same batch. Branches too long for that go on in forks of the trunk's KV cache, side
// by side. It serves choices (one context, several continuations) and perplexity windows (no common beginning).
type branches struct {
	seqs   [][]int32 // tokens of each sequence
	from   []int     // tokens from this index on are scored, >= 1
	shared int       // the first shared tokens are equal, and run once; below the length of every sequence. If not 0, from is the same for all
	choice bool      // they have one context, so that a tree is worth it

	scored [][]models.Scored // of each sequence, for the tokens from from on

	cache *kvcache.Cache
	trees []*tree
	forks []int // sequences that run in forks
	width int   // most forks at a time
	trunk *run  // the common beginning; its sequence lives until the last fork was made
	next  int   // fork to make next
	live  []*run
}

// newChoices scores sequences of one context, all from the same index on. What they share is run once.
func newChoices(seqs [][]int32, from int) *branches {
	b := newWindows(seqs, slices.Repeat([]int{from}, len(seqs)))
	b.choice = true
	b.shared = len(seqs[0]) - 1
	for _, s := range seqs[1:] {
		n := min(b.shared, len(s)-1)
		b.shared = 0
		for b.shared < n && s[b.shared] == seqs[0][b.shared] {
			b.shared++
		}
	}
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

// positions is the number of positions of all sequences, counted without sharing. The last token of each is never run.
func (b *branches) positions() int {
	n := 0
	for _, s := range b.seqs {
		n += len(s) - 1
	}
	return n
}

// pages decides which branches run as trees and which in forks, and picks as many forks at a time as fill a batch of rows and
// fit in total. It returns what these need at worst: the trunk, and for each fork everything from the trunk's last, partly filled
// page on.
func (b *branches) pages(total, rows int) int {
	b.plant(rows)
	trunk := kvcache.PagesFor(b.shared)
	b.width = 1
	if len(b.forks) == 0 {
		return trunk
	}
	longest, shortest := 0, math.MaxInt
	for _, i := range b.forks {
		end := len(b.seqs[i]) - 1
		longest, shortest = max(longest, end), min(shortest, end)
	}
	each := kvcache.PagesFor(longest) - b.shared/kvcache.PageSize
	b.width = max(1, min(len(b.forks), 1+rows/(shortest-b.shared), (total-trunk)/each))
	return trunk + b.width*each
}

// plant makes trees, which have to fit a batch of rows, and lists the forks.
func (b *branches) plant(rows int) {
	b.forks = nil
	limit := max(1, rows/2) // so that up to as many generating sequences leave room for it
	p := planter{limit: limit}
	for i, s := range b.seqs {
		branch := s[b.shared : len(s)-1]
		switch {
		case len(branch) == 0: // its only token is scored after the trunk
		case b.choice && len(branch) <= min(treeDepth, limit):
			p.add(branch, func(k int) []output { return b.output(i, b.shared+k) })
		default:
			b.forks = append(b.forks, i)
		}
	}
	b.trees = p.finish()
}

// output is what sequence i asks for after position pos.
func (b *branches) output(i, pos int) []output {
	if pos+1 < b.from[i] {
		return nil
	}
	return []output{{pos, b.seqs[i][pos+1], &b.scored[i][pos+1-b.from[i]]}}
}

func (b *branches) start(c *kvcache.Cache, share bool) {
	b.cache = c
	b.trunk = &run{seq: c.NewSeq(), tokens: b.seqs[0], end: b.shared, trees: b.trees}
	if b.shared == 0 && len(b.trees) == 0 {
		b.fork()
		return
	}
	// Rows of the trunk predict its own tokens and, the last one, the first token after it in every sequence.
	for pos := range b.shared {
		for i := range b.seqs {
			if pos+1 == b.shared || i == 0 {
				b.trunk.outs = append(b.trunk.outs, b.output(i, pos)...)
			}
		}
	}
	if share && b.shared > 0 {
		c.Share(b.trunk.seq, b.seqs[0][:b.shared])
		b.trunk.reuse = b.shared - 1
		if len(b.trunk.outs) > 0 {
			b.trunk.reuse = b.trunk.outs[0].pos
		}
	}
	b.live = append(b.live, b.trunk)
}

func (b *branches) runs() []*run { return b.live }

func (b *branches) held() int {
	if b.trunk == nil {
		return 0
	}
	n := len(b.trunk.seq.Pages())
	if len(b.live) > 0 && b.next == len(b.forks) && !slices.Contains(b.live, b.trunk) {
		n = b.shared / kvcache.PageSize // of the trunk, which is freed, but not its full pages
	}
	for _, r := range b.live {
		if r != b.trunk {
			// A fork has the pages of the trunk too, and a copy of the last one as soon as it runs.
			n += max(0, len(r.seq.Pages())-kvcache.PagesFor(b.shared))
		}
	}
	return n
}

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
	for b.next < len(b.forks) && len(b.live) < b.width {
		i := b.forks[b.next]
		b.next++
		s := b.seqs[i]
		r := &run{seq: b.cache.Fork(b.trunk.seq, b.shared), tokens: s, end: len(s) - 1}
		for pos := b.shared; pos < r.end; pos++ {
			r.outs = append(r.outs, b.output(i, pos)...)
		}
		b.live = append(b.live, r)
	}
	if b.next == len(b.forks) {
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
