package inference

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// A MemoryError says that there is not enough memory to run a model with the options it was given. Nothing was run.
type MemoryError struct {
	Need  Memory // at least
	Limit string // what there is: "this machine has 7.8 GiB", "the system refuses more"

	Context, BatchSize int
	KVType             string
	Cause              error // of the system; nil if it was not asked

	addresses bool // they are what is short: the whole batch takes them at once
}

func (e *MemoryError) Error() string {
	var parts []string
	for _, p := range []struct {
		name  string
		bytes int64
	}{
		{"weights", e.Need.Weights},
		{fmt.Sprintf("%s keys and values for a context of %d tokens", e.KVType, e.Context), e.Need.KV},
		{"the rest", e.Need.Activations + e.Need.Scratch + e.Need.Other},
	} {
		if p.bytes > 0 {
			parts = append(parts, fmt.Sprintf("%s for %s", binarySize(p.bytes), p.name))
		}
	}
	s := fmt.Sprintf("not enough memory: at least %s are needed (%s), but %s", binarySize(e.Need.Total()), strings.Join(parts, ", "), e.Limit)
	if 4*e.Need.KV < e.Need.Total() {
		return s + "; a smaller model, or weights of fewer bits, would take less"
	}
	s += "; a smaller --ctx takes less"
	if e.BatchSize > 1 && e.addresses {
		s += ", so does a smaller --batch-size"
	}
	if less := lighterKV(e.KVType); less != "" {
		s += ", so does --kv-type " + less
	}
	return s
}

// lighterKV is the type of keys and values that comes after t in size, "" if there is none.
func lighterKV(t string) string {
	types := []string{"f32", "f16", "q8_0"}
	for i, smaller := range types[1:] {
		if _, err := kvType(smaller); err == nil && types[i] == t {
			return smaller
		}
	}
	return ""
}

// Unwrap gives the error of the system.
func (e *MemoryError) Unwrap() error { return e.Cause }

func binarySize(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20)
}

// A memoryLimit is something that bounds the memory of the process.
type memoryLimit struct {
	bytes int64
	space bool   // bounds addresses, whether they are used or not
	what  string // before the number: "this machine has"
}

// A budget is what a model with its options takes at least.
type budget struct {
	used  Memory // when a single sequence fills the context
	space Memory // of addresses
	err   MemoryError
}

// newBudget adds up what a model takes. Weights that are read in place can be thrown out of memory again, so they do not count.
func newBudget(c models.Config, kv tensor.Type, p memoryPlan, o Options, rows int, weights int64, fast bool) budget {
	all := predict(c, kv, p.pages, rows, o.BatchSize, weights, fast)
	all.Weights = 0 // the files are mapped already
	if fast {
		all.Weights = weights
	}
	one := all
	one.KV = int64(kvcache.PagesFor(p.context)+1) * pageBytes(c, kv)
	return budget{used: one, space: all, err: MemoryError{Context: p.context, BatchSize: o.BatchSize, KVType: o.KVType}}
}

// check returns a *MemoryError if the model cannot fit.
func (b *budget) check(limits []memoryLimit) error {
	for _, l := range limits {
		e := b.err
		if e.Need = b.used; l.space {
			e.Need, e.addresses = b.space, true
		}
		if e.Need.Total() > l.bytes {
			e.Limit = l.what + " " + binarySize(max(l.bytes, 0))
			return &e
		}
	}
	return nil
}

// explain makes a *MemoryError of an allocation that the system refused; other errors stay as they are.
func (b *budget) explain(err error) error {
	if !errors.Is(err, syscall.ENOMEM) {
		return err
	}
	e := b.err
	e.Need, e.Limit, e.Cause, e.addresses = b.space, fmt.Sprintf("the system refuses to give it (%v)", err), err, true
	return &e
}
