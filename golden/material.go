package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the path of a file or folder of the reference material: $LLAMA4_EVAL_SHARED, or the folder
// "shared" beside the checkout. The test is skipped when it is absent.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	root := os.Getenv("LLAMA4_EVAL_SHARED")
	if root == "" {
		root = filepath.Join(moduleRoot(t), "..", "shared")
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no reference material: %s is absent (set LLAMA4_EVAL_SHARED)", filepath.Join(elem...))
	}
	return path
}

// Model returns the path of a real model file by its name: in a folder that $LLAMA4_EVAL_MODELS names (a list as in PATH), or in
// ~/.cache/llama4-eval/models. The test is skipped when it is absent.
func Model(t testing.TB, name string) string {
	t.Helper()
	folders := filepath.SplitList(os.Getenv("LLAMA4_EVAL_MODELS"))
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".cache", "llama4-eval", "models"))
	}
	for _, dir := range folders {
		if path := filepath.Join(dir, name); dir != "" {
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
	}
	t.Skipf("no model file %s (looked in $LLAMA4_EVAL_MODELS and ~/.cache/llama4-eval/models)", name)
	return ""
}

// Jieba returns the folder of jieba's dictionary and tables: $LLAMA4_EVAL_JIEBA, or ~/.cache/llama4-eval/jieba. The test is skipped
// when it is absent.
func Jieba(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("LLAMA4_EVAL_JIEBA")
	if home, err := os.UserHomeDir(); folder == "" && err == nil {
		folder = filepath.Join(home, ".cache", "llama4-eval", "jieba")
	}
	if _, err := os.Stat(filepath.Join(folder, "dict.txt")); err != nil {
		t.Skip("no dictionary of jieba (looked in $LLAMA4_EVAL_JIEBA or ~/.cache/llama4-eval/jieba)")
	}
	return folder
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("golden: no go.mod above the test's folder")
		}
		dir = parent
	}
}

// LMEval returns the Python that lm-evaluation-harness is installed for: $LLAMA4_EVAL_LM_EVAL, or ~/.cache/llama4-eval/lm-eval/bin/python. The
// test is skipped when it is absent.
func LMEval(t testing.TB) string {
	t.Helper()
	python := os.Getenv("LLAMA4_EVAL_LM_EVAL")
	if home, err := os.UserHomeDir(); python == "" && err == nil {
		python = filepath.Join(home, ".cache", "llama4-eval", "lm-eval", "bin", "python")
	}
	if _, err := os.Stat(python); err != nil {
		t.Skip("no lm-evaluation-harness (looked at $LLAMA4_EVAL_LM_EVAL and ~/.cache/llama4-eval/lm-eval/bin/python)")
	}
	return python
}
