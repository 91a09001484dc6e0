package inference

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Memory is a ledger of bytes by what they are for.
type Memory struct {
	Weights     int64 // of the model, in the back end's layout or read in place from the file
	KV          int64 // cached keys and values
	Activations int64 // buffers between the steps of a model
	Scratch     int64 // working memory of the kernels, logits of sampled tokens
	Other       int64 // tokenizer
}

// Total is the sum of all kinds.
func (m Memory) Total() int64 { return m.Weights + m.KV + m.Activations + m.Scratch + m.Other }

// MemoryReport compares what was expected before loading with what was taken.
type MemoryReport struct {
	// Predicted is what the engine may take at most: KV is the whole cache, Scratch has room for sampling BatchSize tokens.
	Predicted Memory
	// Allocated is what it has taken so far. Pages of the KV cache that were never used take address space only and do not count.
	Allocated Memory
}

// A memoryPlan sizes the KV cache.
type memoryPlan struct {
	context int // positions of a sequence
	pages   int
}

const (
	// usualContext is how many positions of each sequence the KV cache has room for by default, if the model has as many; longer ones
	// run with fewer others beside them.
	usualContext = 4096
	// kvShare is the part of the machine's memory (1/kvShare) that the KV cache may take by default.
	kvShare = 4
	// fallbackMemory is assumed where the size of the memory cannot be told.
	fallbackMemory = 8 << 30
)

// planKV chooses the context and the number of pages: room for batch sequences of up to usualContext positions, bounded by limit
// bytes, but always for one sequence of the context. A context that was asked for is not reduced, whatever the limit.
func planKV(c models.Config, t tensor.Type, asked, batch int, limit int64) (memoryPlan, error) {
	page := pageBytes(c, t)
	most := max(limit/page, 2) // pages within the limit
	p := memoryPlan{context: asked}
	switch {
	case asked > c.Context:
		return p, fmt.Errorf("inference: context of %d tokens asked for, the model was made for %d", asked, c.Context)
	case asked == 0:
		p.context = c.Context
		// One page more than the context takes: forking a full sequence copies its last page.
		if fit := (most - 1) * kvcache.PageSize; int64(p.context) > fit {
			p.context = int(fit)
		}
	}
	one := int64(kvcache.PagesFor(p.context)) + 1
	usual := int64(kvcache.PagesFor(min(p.context, usualContext))) + 1
	pages := max(one, min(usual*int64(batch), most))
	if pages > 1<<31-1 {
		return p, fmt.Errorf("inference: context of %d tokens takes %d pages of KV cache, more than can be numbered", p.context, pages)
	}
	p.pages = int(pages)
	return p, nil
}

// pageBytes is the size of a page of keys and values of all layers.
func pageBytes(c models.Config, t tensor.Type) int64 {
	// Heads that are no whole blocks are an error of the back end, not of a plan.
	blocks := (c.HeadDim + t.BlockElems() - 1) / t.BlockElems()
	return 2 * kvcache.PageSize * int64(c.Layers) * int64(c.KVHeads) * int64(blocks*t.BlockBytes())
}

// predict says what a model may take at most. weights is the size of the tensors in the file; fast says that the kernels use a
// copy of them in their own layout, of about the same size, and of the inputs of products, rounded to 8 bits with scales and sums.
func predict(c models.Config, t tensor.Type, pages, rows, batch int, weights int64, fast bool) Memory {
	inputs := c.Hidden + c.Heads*c.HeadDim + c.FFN
	width := inputs + c.Hidden + (c.Heads+2*c.KVHeads)*c.HeadDim
	m := Memory{
		Weights:     weights,
		KV:          int64(pages) * pageBytes(c, t),
		Activations: 4 * int64(rows) * int64(width),
		Scratch:     4 * int64(batch) * int64(c.Vocab),
		// About what a token's text, its place in the lookup table and its merge rule take.
		Other: 128 * int64(c.Vocab),
	}
	if fast {
		m.Weights += weights
		m.Activations += int64(rows) * int64(inputs) * 5 / 2
	}
	return m
}
