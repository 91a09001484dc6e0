package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var cpuLevels = []string{"auto", "reference", "avx2", "avx512"}

// registerEngineFlags adds the flags that say how a model is run. batch is "auto" or a number.
func registerEngineFlags(fs *pflag.FlagSet, o *inference.Options, batch *string) {
	registerDeviceFlags(fs, o)
	fs.IntVar(&o.Context, "ctx", 0, "longest prompt and answer in tokens; 0 = the model's")
	fs.IntVar(&o.Threads, "threads", 0, "threads that compute; 0 = one a processor")
	registerBatchFlag(fs, batch, "samples run side by side: auto or a number; decides no result")
	fs.StringVar(&o.PrefixCache, "prefix-cache", "auto", "auto computes what prompts have in common once; off; decides no result")
	fs.StringVar(&o.Speculation, "speculation", "auto", "auto guesses tokens of answers that quote their prompt; off; decides no result")
}

// registerDeviceFlags adds those of them that mean the same to every command.
func registerDeviceFlags(fs *pflag.FlagSet, o *inference.Options) {
	fs.StringVar(&o.Device, "device", "auto", "auto or cpu")
	fs.StringVar(&o.CPU, "cpu", "auto", "kernels: auto, reference (plain Go, float32 activations), avx2, avx512")
	fs.StringVar(&o.KVType, "kv-type", "", "keys and values: f16, f32, or q8_0, about half of f16 (default f16, f32 with --cpu reference)")
}

func registerBatchFlag(fs *pflag.FlagSet, batch *string, usage string) {
	fs.StringVarP(batch, "batch-size", "b", "auto", usage)
}

func parseBatch(s string) (int, error) {
	if s == "" || s == "auto" || strings.HasPrefix(s, "auto:") {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, usagef(`--batch-size %q: want "auto" or a number of 1 or more`, s)
	}
	return n, nil
}

// parseSamples reads which samples to run: JSON, or the name of a file that holds it. lm-evaluation-harness gives numbers,
// our ids are texts: both are taken.
func parseSamples(s string) (map[string][]string, error) {
	if s == "" {
		return nil, nil
	}
	text := []byte(s)
	if !strings.HasPrefix(strings.TrimSpace(s), "{") {
		raw, err := os.ReadFile(s)
		if err != nil {
			return nil, usagef("--samples: %w", err)
		}
		text = raw
	}
	var ids map[string][]any
	if err := json.Unmarshal(text, &ids); err != nil {
		return nil, usagef(`--samples: want {"task": ["doc_id", ...]}: %w`, err)
	}
	picked := map[string][]string{}
	for task, list := range ids {
		for _, id := range list {
			switch id := id.(type) {
			case string:
				picked[task] = append(picked[task], id)
			case float64:
				picked[task] = append(picked[task], strconv.FormatFloat(id, 'f', -1, 64))
			default:
				return nil, usagef("--samples: task %s: %v is not an id", task, id)
			}
		}
	}
	return picked, nil
}

// completeWith completes the values of a flag; comma-separated lists complete their last member.
func completeWith(cmd *cobra.Command, flag string, values func() []string) {
	// The only error is an unknown flag, which is a mistake in this program.
	err := cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if i := strings.LastIndexByte(typed, ','); i >= 0 {
			before = typed[:i+1]
		}
		var all []string
		for _, v := range values() {
			all = append(all, before+v)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err)
	}
}
