package inference

import (
	"fmt"
	"log/slog"
	"runtime"

	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Options say how a model is run. The zero value works. Engine.Options returns them with every default filled in.
//
// Only CPU, KVType and Context can change results. The others never do, not one bit.
type Options struct {
	Device    string // "auto" (default) or "cpu"
	CPU       string // "auto" (default: the fastest that this processor has), "reference", "avx2" or "avx512"
	Threads   int    // that compute at the same time; 0 = one for each processor
	BatchSize int    // most requests that are run side by side; 0 = 16
	Context   int    // most positions of a sequence; 0 = the model's, less if a quarter of the machine's memory cannot hold it
	KVType    string // "f16", "f32" or "q8_0" (heads of a multiple of 32 values); default "f32" with CPU "reference", else "f16"
	// PrefixCache "auto" (default) computes what prompts have in common once, also over requests that come one after the other;
	// Speculation "auto" (default) guesses tokens of greedy completions that quote their prompt. Off turns either off.
	PrefixCache, Speculation string
	Log                      *slog.Logger // default: nothing is logged
}

// Off is the value of options that turns something off.
const Off = "off"

const (
	defaultBatchSize = 16
	maxBatchSize     = 1024
	// stepRows is how many rows a batch has at most, if requests are not more than that: enough to keep the kernels at full speed, few enough that a generating
	// sequence, or an interrupt, does not wait long behind a prompt.
	stepRows = 512
)

// Validate names the first field that is wrong.
func (o Options) Validate() error {
	switch o.Device {
	case "", "auto", "cpu":
	default:
		return fmt.Errorf(`inference: device %q does not exist here; devices are "auto" and "cpu"`, o.Device)
	}
	if o.CPU != "" {
		if _, err := cpu.ParseLevel(o.CPU); err != nil {
			return fmt.Errorf("inference: CPU option: %w", err)
		}
	}
	switch {
	case o.Threads < 0:
		return fmt.Errorf("inference: %d threads: want 1 or more, or 0 for one for each processor", o.Threads)
	case o.BatchSize < 0 || o.BatchSize > maxBatchSize:
		return fmt.Errorf("inference: batch size %d: want 1 to %d, or 0 for %d", o.BatchSize, maxBatchSize, defaultBatchSize)
	case o.Context < 0:
		return fmt.Errorf("inference: context of %d tokens: want 1 or more, or 0 for the model's", o.Context)
	}
	for _, v := range []struct{ name, value string }{{"prefix cache", o.PrefixCache}, {"speculation", o.Speculation}} {
		if v.value != "" && v.value != "auto" && v.value != Off {
			return fmt.Errorf(`inference: %s %q: want "auto" or %q`, v.name, v.value, Off)
		}
	}
	if _, err := kvType(o.KVType); o.KVType != "" && err != nil {
		return err
	}
	return nil
}

// withDefaults fills in what does not depend on the model.
func (o Options) withDefaults() Options {
	if o.Device == "" || o.Device == "auto" {
		o.Device = "cpu"
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.BatchSize == 0 {
		o.BatchSize = defaultBatchSize
	}
	if o.PrefixCache == "" {
		o.PrefixCache = "auto"
	}
	if o.Speculation == "" {
		o.Speculation = "auto"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func kvType(s string) (tensor.Type, error) {
	switch s {
	case "f16":
		return tensor.F16, nil
	case "f32":
		return tensor.F32, nil
	case "q8_0":
		return tensor.Q8_0, nil
	}
	return 0, fmt.Errorf(`inference: KV type %q is not supported; types are "f16", "f32" and "q8_0"`, s)
}
