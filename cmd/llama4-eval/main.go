// Command llama4-eval evaluates Llama-4-class models on Chinese tasks with an inference engine of its own.
//
// See README.md for what it does, and llama4-eval help for the commands. Results go to stdout, progress and logs to
// stderr. Exit codes: 0 done, 1 failed, 2 usage, 3 a gate or --fail-under missed, 4 too many sample errors,
// 130 interrupted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(command()) }

// command is main with the exit code returned, as the CLI tests run it.
func command() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
