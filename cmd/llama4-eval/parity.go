package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/parity"
	"github.com/spf13/cobra"
)

func newParityCommand() *cobra.Command {
	var o parity.Options
	var device, jieba string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "parity PATH...",
		Short: "Check this build against recorded reference values",
		Long: `parity looks at what each PATH is (a model fixture, a tokenizer fixture, GGUF files with expected values, quants.json, recorded values of
real models, vectors of metrics and statistics; a folder is walked) and prints a line a check with the worst deviation. Exit code 1 if any check failed.`,
		Example: `  llama4-eval parity fixtures
  llama4-eval parity --cpu reference --limit 10 fixtures/real-models
  llama4-eval parity --cpu avx2 --threads 1 fixtures/gguf`,
		Args: arguments(1, math.MaxInt, "a PATH or more"),
		RunE: func(cmd *cobra.Command, a []string) error {
			if device != "auto" && device != "cpu" {
				return usagef("--device %q: want auto or cpu", device)
			}
			o.Paths = a
			if err := o.Validate(); err != nil {
				return usageError{err}
			}
			o.Segmenter = func() (parity.Segmenter, error) { return metrics.NewJieba(jiebaFolder(jieba)) }
			w := cmd.OutOrStdout()
			o.Each = func(c parity.Check) { fmt.Fprintln(w, c) }
			o.Log = io.Discard
			if verbose {
				o.Log = cmd.ErrOrStderr()
			}
			report, err := parity.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			fmt.Fprintln(w, report.Summary())
			if n := report.Count(parity.Fail); n > 0 {
				return fmt.Errorf("%d checks failed", n)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SetNormalizeFunc(normalizeFlag)
	f.StringVar(&device, "device", "auto", "auto or cpu")
	f.StringVar(&o.CPU, "cpu", "auto", "kernels: auto, reference, avx2, avx512")
	f.IntVar(&o.Threads, "threads", 0, "threads that compute; 0 = one a processor")
	f.StringVar(&o.KVType, "kv-type", "", "keys and values: f32 (default) or f16")
	f.IntVarP(&o.Limit, "limit", "L", 0, "most pairs and texts of each real model; 0 = all")
	f.StringVar(&jieba, "jieba", "", "folder of the Python package jieba, whose dictionary word metrics need (default $LLAMA4_EVAL_JIEBA or ~/.cache/llama4-eval/jieba)")
	f.BoolVarP(&verbose, "verbose", "v", false, "show progress of long checks")
	completeWith(cmd, "cpu", func() []string { return cpuLevels })
	return cmd
}

// jiebaFolder is where the dictionary of jieba is looked for.
func jiebaFolder(flag string) string {
	if flag == "" {
		flag = os.Getenv("LLAMA4_EVAL_JIEBA")
	}
	if flag != "" {
		return flag
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "jieba"
	}
	return filepath.Join(home, ".cache", "llama4-eval", "jieba")
}
