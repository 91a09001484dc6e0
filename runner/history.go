package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/llama4-eval/llama4-eval/reports"
)

// Bounds of FindRuns.
const (
	historyDepth = 5      // folders below the one that is searched
	historyRuns  = 5_000  // runs that are read
	historyDirs  = 50_000 // folders that are looked at
)

// FindRuns reads the results of all finished runs below dir, in the order of their paths. Folders of runs that cannot be used are listed
// with the reason, paths relative to dir. Links and folders whose name begins with a dot are not followed.
func FindRuns(dir string) (runs []*reports.Record, skipped []reports.SkippedRun, err error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, nil, fmt.Errorf("runner: history: %w", err)
	} else if !info.IsDir() {
		return nil, nil, fmt.Errorf("runner: history: %s is a file, want a folder", dir)
	}
	seen := map[string]string{} // run key to folder
	dirs := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, path)
		if relErr != nil {
			return relErr
		}
		skip := func(reason error) error {
			// Reports are passed around: they need not say where on a disk the folder was.
			text := strings.ReplaceAll(reason.Error(), path+string(filepath.Separator), "")
			text = strings.ReplaceAll(strings.TrimPrefix(strings.ReplaceAll(text, path, rel), "runner: "), "run folder "+rel, "the folder")
			skipped = append(skipped, reports.SkippedRun{Dir: filepath.ToSlash(rel), Reason: text})
			return fs.SkipDir
		}
		switch {
		case err != nil && path == dir:
			return fmt.Errorf("runner: history: %w", err)
		case err != nil:
			return skip(err)
		case !d.IsDir():
			return nil
		case path != dir && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		}
		if dirs++; dirs > historyDirs {
			return fmt.Errorf("runner: history: more than %d folders below %s", historyDirs, dir)
		}
		if !exists(filepath.Join(path, resultsName)) && !exists(filepath.Join(path, manifestName)) {
			if strings.Count(filepath.ToSlash(rel), "/")+1 >= historyDepth && path != dir {
				return fs.SkipDir
			}
			return nil
		}
		if len(runs) == historyRuns {
			return skip(fmt.Errorf("there are %d runs already", historyRuns))
		}
		r, err := OpenRun(path)
		var unfinished *Unfinished
		if errors.As(err, &unfinished) { // how it goes on is of no use there
			err = fmt.Errorf("not finished: %d of %d samples", unfinished.Done, unfinished.Total)
		}
		if err != nil {
			return skip(err)
		}
		id := runKey(r.Record)
		if _, err := time.Parse(time.RFC3339, r.Record.Host.Started); err != nil {
			return skip(fmt.Errorf("%s: host.started %q is no time", resultsName, r.Record.Host.Started))
		}
		if first, ok := seen[id]; ok {
			return skip(errors.New("a copy of " + first))
		}
		seen[id] = filepath.ToSlash(rel)
		runs = append(runs, r.Record)
		return fs.SkipDir
	})
	if err != nil {
		return nil, nil, err
	}
	runs, copies := withoutRescored(runs, seen)
	return runs, append(skipped, copies...), nil
}

// withoutRescored takes out runs that judged the answers of another one again, if that one is there too: it was one night.
func withoutRescored(runs []*reports.Record, places map[string]string) (kept []*reports.Record, skipped []reports.SkippedRun) {
	ids := map[string]bool{}
	for _, r := range runs {
		ids[r.Host.RunID] = true
	}
	for _, r := range runs {
		if from := r.Host.RescoredFrom; from != "" && ids[from] {
			skipped = append(skipped, reports.SkippedRun{Dir: places[runKey(r)], Reason: "the answers of " + from + ", judged again"})
			continue
		}
		kept = append(kept, r)
	}
	return kept, skipped
}

// runKey tells runs apart. Two in different folders may begin in the same second, but hardly take the same time to the nanosecond.
func runKey(r *reports.Record) string {
	return fmt.Sprint(r.Host.RunID, r.Perf.WallSeconds, r.Perf.LoadSeconds)
}
