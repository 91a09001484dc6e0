package runner

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/llama4-eval/llama4-eval/reports"
)

// ExportLMEval writes a finished run below dir in the layout of lm-evaluation-harness, see [reports.LMEval], each file in one step, and
// returns their paths. Files of the same names are replaced: the same run gives the same files.
func ExportLMEval(r *FinishedRun, dir string) (paths []string, err error) {
	files, err := reports.LMEval(r.Record, r.Samples)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return paths, fmt.Errorf("runner: export: %w", err)
		}
		if err := writeAtomic(path, files[name]); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
