package inference

import (
	"errors"
	"sync"

	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// An Engine is a loaded model that answers requests. Score, Rolling and Generate, and the methods that describe it, are safe for
// concurrent use; requests in flight together are run in common batches.
type Engine struct {
	info      Info
	options   Options
	config    models.Config
	context   int // most positions of a sequence
	tok       *tokenizer.Tokenizer
	template  *chat.Template // nil = none
	backend   *cpu.Backend
	predicted Memory
	pageBytes int64 // of a page of the KV cache

	// What requests need of the tokenizer.
	enc   encoder
	isEnd func(int32) bool
	piece func(int32) []byte

	sched *scheduler
	stats *recorder

	closing sync.Once
	release []func() error // called from the last to the first, after the scheduler has ended
	closed  error
}

// Info describes a loaded model.
type Info struct {
	Path           string // as given to Load
	Name           string // of the file or folder, without the ending
	Arch           string // "llama", "qwen2", ...
	Quant          string // how the weights are stored: "Q4_K_M", "BF16"
	Parameters     int64
	FileBytes      int64  // of all files that the model is made of
	Vocab          int    // rows of the output matrix; the tokenizer may have fewer tokens
	TrainedContext int    // positions the model was made for; Options.Context is what this engine has room for
	Template       string // name of its own chat template, "" = none
	Instruct       bool   // it was trained on that template, see chat.Instruct
	Kernels        string // how it is computed: "avx512, 2 threads"
}

// Info describes the model.
func (e *Engine) Info() Info { return e.info }

// Options are those in effect: defaults filled in, "auto" resolved.
func (e *Engine) Options() Options { return e.options }

// Config is the shape of the network.
func (e *Engine) Config() models.Config { return e.config }

// Tokenizer is the model's.
func (e *Engine) Tokenizer() *tokenizer.Tokenizer { return e.tok }

// Template is the chat template that the model's files bring; false if they bring none, or one that is not known.
// chat.ForVocabulary finds one that a model without its own could be asked with.
func (e *Engine) Template() (*chat.Template, bool) { return e.template, e.template != nil }

// Stats is a snapshot of the counters.
func (e *Engine) Stats() Stats { return e.stats.snapshot() }

// Idle calls f while no batch runs; requests in flight wait meanwhile. It is for measuring what else the machine does. After Close it
// returns [ErrClosed] and does not call f.
func (e *Engine) Idle(f func()) error { return e.sched.idle(f) }

// Memory is the ledger: what was expected, and what is taken now.
func (e *Engine) Memory() MemoryReport {
	r := MemoryReport{Predicted: e.predicted}
	for kind, n := range e.backend.Memory() {
		switch kind {
		case cpu.Weights, cpu.Mapped:
			r.Allocated.Weights += n
		case cpu.KVCache:
			r.Allocated.KV += min(n, e.stats.kvPages.Load()*e.pageBytes)
		case cpu.Activations:
			r.Allocated.Activations += n
		case cpu.Scratch:
			r.Allocated.Scratch += n
		default:
			r.Allocated.Other += n
		}
	}
	r.Allocated.Scratch += e.stats.logits.Load()
	return r
}

// Close refuses new requests, waits for those that are running, and releases the model. A second call returns what the
// first one did.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		e.sched.close()
		var errs []error
		for i := len(e.release) - 1; i >= 0; i-- {
			errs = append(errs, e.release[i]())
		}
		e.closed = errors.Join(errs...)
	})
	return e.closed
}
