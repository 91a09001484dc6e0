package inference

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A context of 2^30 tokens takes a TiB.
func TestContextTooLargeForMemory(t *testing.T) {
	if totalMemory() > 1<<40 {
		t.Skip("this machine may have room for it")
	}
	path := smallModel(t, 1<<30)
	_, err := Load(t.Context(), path, Options{CPU: "reference", KVType: "f32", Context: 1 << 30, BatchSize: 1})
	if short := new(MemoryError); !errors.As(err, &short) || !strings.HasPrefix(err.Error(), path+": not enough memory: at least 1024.") {
		t.Errorf("got %v", err)
	}
	// Left to itself, the engine takes the context that fits.
	e := load(t, path, Options{CPU: "reference"})
	if n := e.Options().Context; n < 512 || n >= 1<<30 {
		t.Errorf("context of %d", n)
	}
}

const limitedChild = "LLAMA4_EVAL_TEST_LIMITED"

// TestAddressSpaceLimited loads a model in a process that may not take more than 256 MiB of addresses more.
func TestAddressSpaceLimited(t *testing.T) {
	path := os.Getenv(limitedChild)
	if path == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAddressSpaceLimited$", "-test.v")
		cmd.Env = append(os.Environ(), limitedChild+"="+smallModel(t, 4096))
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	limit := uint64(addressSpace()) + 256<<20
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), path, Options{BatchSize: 1024, Context: 4096})
	if short := new(MemoryError); !errors.As(err, &short) || !strings.Contains(err.Error(), "but the limit of addresses (ulimit -v) leaves") {
		t.Errorf("got %v", err)
	}
	e, err := Load(t.Context(), path, Options{BatchSize: 2, Context: 4096})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}
