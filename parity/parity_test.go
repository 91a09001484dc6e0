package parity

import (
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
)

// fixturePaths are the reference values that need no real model.
func fixturePaths(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, p := range []string{"llama-tiny", "llama-tiny-tied", "qwen2-tiny", "gemma3-tiny", "gguf", "quants.json", "tokenizer"} {
		paths = append(paths, golden.Shared(t, "fixtures", p))
	}
	return paths
}

func TestFixtures(t *testing.T) {
	for _, o := range []Options{{CPU: "reference"}, {CPU: "auto"}, {CPU: "reference", KVType: "f16", Threads: 1}} {
		t.Run(o.CPU+" "+o.KVType, func(t *testing.T) {
			o.Paths = fixturePaths(t)
			report, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range report.Checks {
				t.Log(c)
				if c.Status == Fail {
					t.Error(c)
				}
			}
			if n := report.Count(Pass); n < 100 {
				t.Errorf("%s, want at least 100 passed", report.Summary())
			}
			t.Log(report.Summary())
		})
	}
}
