package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary also the command llama4-eval, which scripts and tests start as a process of its own.
func TestMain(m *testing.M) {
	// Under the race detector a process sleeps for a second before it exits; the tests start a hundred.
	os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0")
	testscript.Main(m, map[string]func(){"llama4-eval": func() { os.Exit(command()) }})
}

// TestScripts runs the archives of testdata/script. Beside the commands of testscript they have those of script_test.go.
// Each starts in a folder of its own, where $LLAMA4_EVAL_MODELS holds tiny.gguf, tiny-chat.gguf and tiny-bos.gguf; $REPOSITORY is the
// folder of go.mod.
func TestScripts(t *testing.T) {
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			models := filepath.Join(e.WorkDir, "models")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Setenv("LLAMA4_EVAL_MODELS", models)
			e.Setenv("REPOSITORY", repository)
			return writeModels(models)
		},
		Cmds:                scriptCommands,
		UpdateScripts:       golden.Updating(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
