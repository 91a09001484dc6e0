package runner

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/reports"
)

// TestFindRuns looks through a folder with runs at several depths and with everything that is none.
func TestFindRuns(t *testing.T) {
	dir := t.TempDir()
	o := fakeOptions(t)
	o.Out = filepath.Join(dir, "2026", "01")
	_, first := mustRun(t, o, newFake())
	_, second := mustRun(t, o, newFake())

	write := func(path, content string) {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	write("unfinished/manifest.json", read(filepath.Join(first, manifestName)))
	write("bare/results.json", "{}")
	write("torn/manifest.json", read(filepath.Join(first, manifestName)))
	write("torn/results.json", read(filepath.Join(first, resultsName))[:100])
	write("undated/manifest.json", read(filepath.Join(first, manifestName)))
	write("undated/results.json", strings.Replace(read(filepath.Join(first, resultsName)), `"started": "`, `"started": "on `, 1))
	write("zcopy/manifest.json", read(filepath.Join(second, manifestName)))
	write("zcopy/results.json", read(filepath.Join(second, resultsName)))
	write(".hidden/results.json", "{}")
	write("a/b/c/d/e/f/results.json", "{}") // too deep
	write("notes.txt", "results.json")
	if err := os.Symlink(first, filepath.Join(dir, "link")); err != nil {
		t.Logf("no links here: %v", err)
	}

	runs, skipped, err := FindRuns(dir)
	if err != nil {
		t.Fatal(err)
	}
	var ids, dirs []string
	for _, r := range runs {
		ids = append(ids, r.Host.RunID)
	}
	if want := []string{filepath.Base(first), filepath.Base(second)}; !slices.Equal(ids, want) {
		t.Errorf("runs %q, want %q", ids, want)
	}
	for _, s := range skipped {
		dirs = append(dirs, s.Dir)
		if s.Reason == "" || strings.Contains(s.Reason, dir) {
			t.Errorf("%s: reason %q", s.Dir, s.Reason)
		}
	}
	if diff := cmp.Diff([]string{"bare", "torn", "undated", "unfinished", "zcopy"}, dirs); diff != "" {
		t.Errorf("skipped: - want + got\n%s", diff)
	}
	for dir, want := range map[string]string{
		"bare": "manifest.json", "torn": "results", "undated": `host.started "on `, "unfinished": "not finished: ", "zcopy": "a copy of 2026/01/" + filepath.Base(second),
	} {
		i := slices.IndexFunc(skipped, func(s reports.SkippedRun) bool { return s.Dir == dir })
		if i < 0 || !strings.Contains(skipped[i].Reason, want) {
			t.Errorf("%s: %+v, want %q", dir, skipped, want)
		}
	}
}

// TestFindRunsRescored: answers that were judged again are no second night, unless the first is not there.
func TestFindRunsRescored(t *testing.T) {
	o := fakeOptions(t)
	_, first := mustRun(t, o, newFake())
	old, err := OpenRun(first)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(o.Out, "again")
	rec, _, err := Rescore(t.Context(), old, RescoreOptions{Out: again, Now: newClock().Now, Version: "later", Catalog: o.Catalog, Suites: o.Suites})
	if err != nil {
		t.Fatal(err)
	}
	if runs, skipped, err := FindRuns(again); err != nil || len(runs) != 1 || len(skipped) != 0 {
		t.Errorf("alone: %d runs, %v, %v", len(runs), skipped, err)
	}
	runs, skipped, err := FindRuns(o.Out)
	if err != nil || len(runs) != 1 || runs[0].Host.RunID != old.Record.Host.RunID {
		t.Errorf("beside the first: %d runs, %v", len(runs), err)
	}
	want := []reports.SkippedRun{{Dir: "again/" + rec.Host.RunID, Reason: "the answers of " + old.Record.Host.RunID + ", judged again"}}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped: - want + got\n%s", diff)
	}
}

func TestFindRunsNowhere(t *testing.T) {
	if _, _, err := FindRuns(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("a folder that is not there has a history")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := FindRuns(file); err == nil {
		t.Error("a file has a history")
	}
	runs, skipped, err := FindRuns(t.TempDir())
	if len(runs) != 0 || len(skipped) != 0 || err != nil {
		t.Errorf("an empty folder: %v, %v, %v", runs, skipped, err)
	}
}
