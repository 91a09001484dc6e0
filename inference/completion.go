package inference

import (
	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/sample"
)

// completion is the work of generating tokens after a prompt.
type completion struct {
	prompt  []int32
	max     int // most tokens to generate, >= 1
	context int // most positions
	sampler *sample.Sampler
	greedy  bool
	isEnd   func(int32) bool   // end token; never true when end tokens are to be ignored
	piece   func(int32) []byte // bytes that a token adds to the text; none for control tokens
	text    *textBuilder
	lookup  *lookup // nil = tokens are not drafted

	tokens []int32
	finish string

	cache *kvcache.Cache
	seq   run
	live  []*run
}

// positions is how many positions are run at most: the last token generated never is.
func (c *completion) positions() int { return min(len(c.prompt)+c.max-1, c.context) }

func (c *completion) pages(int, int) int { return kvcache.PagesFor(c.positions()) }

func (c *completion) start(cache *kvcache.Cache, share bool) {
	c.cache = cache
	tokens := make([]int32, len(c.prompt), c.positions())
	copy(tokens, c.prompt)
	c.seq = run{
		seq: cache.NewSeq(), tokens: tokens, end: len(tokens), sampler: c.sampler, greedy: c.greedy,
		lookup: c.lookup, limit: c.positions(),
	}
	if share {
		cache.Share(c.seq.seq, c.prompt)
		c.seq.reuse = len(c.prompt) - 1
	}
	c.live = []*run{&c.seq}
}

func (c *completion) runs() []*run { return c.live }

func (c *completion) held() int {
	if c.seq.seq == nil {
		return 0
	}
	return len(c.seq.seq.Pages())
}

func (c *completion) finished(r *run, token int32) error {
	switch {
	case c.isEnd(token):
		c.finish = FinishStop
	case c.text.add(c.piece(token)):
		c.tokens = append(c.tokens, token)
		c.finish = FinishStopString
	default:
		c.tokens = append(c.tokens, token)
		switch {
		case len(c.tokens) == c.max:
			c.finish = FinishLength
		case r.end == c.context:
			c.finish = FinishContext
		}
	}
	if c.finish != "" {
		c.live = nil
		return nil
	}
	r.tokens = append(r.tokens, token)
	r.end++
	r.decode = true
	return nil
}

func (c *completion) release() {
	c.live = nil
	c.cache.Free(c.seq.seq)
}
