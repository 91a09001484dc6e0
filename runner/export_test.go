package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportLMEval writes a run, and again: one file of results, one of samples for each task, and the same bytes.
func TestExportLMEval(t *testing.T) {
	o := fakeOptions(t)
	_, dir := mustRun(t, o, newFake())
	out := t.TempDir()
	var first [][]byte
	var stamp string
	for range 2 {
		paths, err := ExportLMEval(openRun(t, dir), out)
		if err != nil {
			t.Fatal(err)
		}
		if len(paths) != 3 || filepath.Base(filepath.Dir(paths[0])) != "fake-q4_0.gguf" {
			t.Fatalf("files %q", paths)
		}
		_, stamp, _ = strings.Cut(strings.TrimSuffix(filepath.Base(paths[0]), ".json"), "_")
		var content [][]byte
		for _, p := range paths {
			b, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			content = append(content, b)
		}
		if n := bytes.Count(content[1], []byte("\n")); n != 12 {
			t.Errorf("%d samples, want 12", n)
		}
		for i := range first {
			if !bytes.Equal(first[i], content[i]) {
				t.Errorf("%s differs the second time", paths[i])
			}
		}
		first = content
	}
	// What was exported is read as samples of that program.
	s, items, err := Score(t.Context(), ScoreOptions{Metrics: []string{"char_f1"}, Predictions: filepath.Join(out, "fake-q4_0.gguf", samplesName+"_generate_"+stamp+".jsonl")})
	if err != nil || s.Predictions.Format != "lm-eval" || len(items) != 12 || items[11].ID != "11" || *s.Results[0].Value == 0 {
		t.Errorf("%v: %+v", err, s)
	}
}
