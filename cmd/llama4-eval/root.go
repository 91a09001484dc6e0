package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/llama4-eval/llama4-eval/runner"
	"github.com/spf13/cobra"
)

// Exit codes of every command.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitGate        = 3
	exitErrors      = 4
	exitInterrupted = 130
)

// A usageError is a mistake in how the command was called.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes one command line and returns its exit code. An interruption shows as a canceled ctx.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(benchSpellings(args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	code := exitCode(ctx, err)
	fmt.Fprintf(stderr, "llama4-eval: %v\n", err)
	if code == exitUsage {
		fmt.Fprintf(stderr, "see '%s --help'\n", cmd.CommandPath())
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "llama4-eval",
		Short: "Evaluate Llama-4-class models on Chinese tasks",
		Long: `llama4-eval measures how good a model is at Chinese, and what it costs in latency and memory.
It reads GGUF files and Hugging Face folders with an engine of its own and needs no network.`,
		Example: `  llama4-eval run --suite clue --model model.gguf --limit 50
  llama4-eval run --tasks tnews,c3 --model model.gguf --data ~/clue
  llama4-eval bench --model model.gguf
  llama4-eval inspect model.gguf
  llama4-eval doctor`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return usagef("unknown command %q, did you mean %s?", args[0], strings.Join(near, " or "))
			}
			return usagef("unknown command %q", args[0])
		},
	}
	root.SetFlagErrorFunc(flagError)
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(newRunCommand(), newBenchCommand(), newCompareCommand(), newGateCommand(), newReportCommand(), newListCommand(), newDataCommand(), newInspectCommand(), newTokenizeCommand(), newParityCommand(), newScoreCommand(), newDoctorCommand())
	return root
}

// exitCode maps an error to the exit code of product contract: the error decides, then the context.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var option *runner.OptionError
	var missed *runner.Missed
	var gate *gateMissed
	var samples *runner.TooManyErrors
	switch {
	case errors.As(err, &usage), errors.As(err, &option):
		return exitUsage
	case errors.As(err, &missed), errors.As(err, &gate):
		return exitGate
	case errors.As(err, &samples):
		return exitErrors
	case errors.Is(err, context.Canceled) || ctx.Err() != nil:
		return exitInterrupted
	}
	return exitFailed
}

// version is the module's version as the go command recorded it, with the commit for builds of a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				v += "-" + s.Value[:12]
			}
		}
	}
	return v
}
