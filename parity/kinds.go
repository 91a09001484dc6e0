package parity

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A kind is a kind of reference values.
type kind struct {
	is    func(path string, st fs.FileInfo) bool
	check func(ctx context.Context, r *run, path string) error // an error only when the whole run has to end
}

// kinds are all kinds of reference values; the first that fits a path is used.
func kinds() []kind {
	return []kind{
		{isAdapterFolder, notYet("adapters are not supported by this build")},
		{isModelFolder, checkModelFolder},
		{isTokenizerFolder, checkTokenizerFolder},
		{isGGUFFolder, checkGGUFFolder},
		{isGGUF, checkGGUFFile},
		{isFile("quants.json"), checkQuants},
		{isFile("tiling.json"), notYet("cutting images into tiles is not supported by this build")},
		{isLines("model", "tokenize"), checkRealTokens},
		{isLines("model", "loglikelihood"), checkRealModel},
		{isLines("", "metric"), checkVectors},
	}
}

// notYet is the check of a kind that this build knows and cannot do.
func notYet(reason string) func(context.Context, *run, string) error {
	return func(_ context.Context, r *run, path string) error {
		r.skip(label(path), "%s", reason)
		return nil
	}
}

// exists says whether all the named files lie in a folder.
func exists(dir string, names ...string) bool {
	for _, n := range names {
		if st, err := os.Stat(filepath.Join(dir, n)); err != nil || !st.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func isAdapterFolder(path string, st fs.FileInfo) bool {
	return st.IsDir() && exists(path, "expected.json", "adapter_config.json")
}

func isModelFolder(path string, st fs.FileInfo) bool {
	return st.IsDir() && exists(path, "expected.json", "config.json")
}

func isTokenizerFolder(path string, st fs.FileInfo) bool {
	return st.IsDir() && exists(path, "expected.json", "tokenizer.json")
}

func isGGUFFolder(path string, st fs.FileInfo) bool {
	if !st.IsDir() || !exists(path, "expected.json", "expected.safetensors") {
		return false
	}
	files, err := filepath.Glob(filepath.Join(path, "*.gguf"))
	return err == nil && len(files) > 0
}

func isGGUF(path string, st fs.FileInfo) bool {
	return st.Mode().IsRegular() && strings.EqualFold(filepath.Ext(path), ".gguf")
}

func isFile(name string) func(string, fs.FileInfo) bool {
	return func(path string, st fs.FileInfo) bool { return st.Mode().IsRegular() && filepath.Base(path) == name }
}

// isLines finds files of JSON lines. With header, the first line has that key and the second has the metric; without one, the
// first line has the key metric.
func isLines(header, metric string) func(string, fs.FileInfo) bool {
	return func(path string, st fs.FileInfo) bool {
		if !st.Mode().IsRegular() || filepath.Ext(path) != ".jsonl" {
			return false
		}
		f, err := os.Open(path)
		if err != nil {
			return false
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxLine)
		next := func() map[string]any {
			var m map[string]any
			if !lines.Scan() || json.Unmarshal(lines.Bytes(), &m) != nil {
				return nil
			}
			return m
		}
		first := next()
		if header == "" {
			return first[metric] != nil
		}
		return first[header] != nil && next()["metric"] == metric
	}
}

// maxLine is the longest line of a file of reference values, in bytes.
const maxLine = 16 << 20
