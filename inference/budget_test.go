package inference

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

func TestBudget(t *testing.T) {
	// A page takes 2*32*32*8*64*2 bytes = 2 MiB in f16, a context of 1<<20 tokens 64 GiB; the batch is planned to take the same.
	c := models.Config{Layers: 32, KVHeads: 8, HeadDim: 64, Heads: 8, Hidden: 512, FFN: 2048, Vocab: 1000, Context: 1 << 20}
	const gib = 1 << 30
	machine := func(n int64) []memoryLimit { return []memoryLimit{{bytes: n, what: "this machine has"}} }
	space := func(n int64) []memoryLimit {
		return append(machine(1<<50), memoryLimit{bytes: n, space: true, what: "the limit leaves"})
	}
	for _, test := range []struct {
		name           string
		context, batch int
		kv             string
		weights        int64
		fast           bool
		limits         []memoryLimit
		want           []string // nothing: it fits
	}{
		{"fits", 4096, 16, "f16", 4 * gib, true, machine(8 * gib), nil},
		{"no limits known", 1 << 20, 16, "f16", 4 * gib, true, nil, nil},
		{"context too long", 1 << 20, 1, "f16", gib, true, machine(8 * gib), []string{
			"at least 65.0 GiB are needed (1.0 GiB for weights, 64.0 GiB for f16 keys and values for a context of 1048576 tokens, ", "but this machine has 8.0 GiB; a smaller --ctx takes less",
		}},
		{"context too long in f32", 1 << 20, 1, "f32", gib, true, machine(8 * gib), []string{"128.0 GiB for f32 keys", "so does --kv-type f16"}},
		{"weights too large", 4096, 16, "f16", 9 * gib, true, machine(8 * gib), []string{"9.0 GiB for weights", "a smaller model, or weights of fewer bits"}},
		{"weights that are read in place", 4096, 16, "f16", 9 * gib, false, machine(8 * gib), nil},
		{"a batch fills memory when it can", 4096, 16, "f16", gib, true, machine(3 * gib), nil},
		{"a batch takes addresses", 4096, 16, "f16", gib, true, space(3 * gib), []string{"4.0 GiB for f16 keys", "but the limit leaves 3.0 GiB; a smaller --ctx takes less, so does a smaller --batch-size"}},
		{"addresses are used up", 4096, 1, "f16", gib, true, space(-5), []string{"but the limit leaves 0 MiB"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			kv, err := kvType(test.kv)
			if err != nil {
				t.Fatal(err)
			}
			p, err := planKV(c, kv, test.context, test.batch, 64*gib)
			if err != nil {
				t.Fatal(err)
			}
			b := newBudget(c, kv, p, Options{BatchSize: test.batch, KVType: test.kv}, 512, test.weights, test.fast)
			err = b.check(test.limits)
			if test.want == nil && err != nil {
				t.Error(err)
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %q in it", err, want)
				}
			}
		})
	}
}

func TestBudgetExplainsRefusals(t *testing.T) {
	c := models.Config{Layers: 32, KVHeads: 8, HeadDim: 64, Heads: 8, Hidden: 512, FFN: 2048, Vocab: 1000, Context: 1 << 20}
	b := newBudget(c, tensor.F16, memoryPlan{4096, 129}, Options{BatchSize: 1, KVType: "f16"}, 512, 1<<20, true)
	other := errors.New("other")
	if err := b.explain(other); err != other {
		t.Errorf("got %v", err)
	}
	refused := fmt.Errorf("cpu: 12 bytes of memory: %w", syscall.ENOMEM)
	err := b.explain(refused)
	if short := new(MemoryError); !errors.As(err, &short) || !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"258 MiB for f16 keys and values for a context of 4096 tokens", "the system refuses to give it (cpu: 12 bytes of memory: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %q in it", err, want)
		}
	}
}
