package tasks

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

func TestLoadFixtures(t *testing.T) {
	for _, tc := range []struct {
		task                      string
		files                     []string
		rows, unlabelled, dropped int
	}{
		{"tnews", []string{"tnews/dev.json"}, 3, 1, 0},
		{"ocnli", []string{"ocnli/dev.json"}, 3, 0, 1},
		{"eprstmt", []string{"eprstmt/dev.json"}, 2, 0, 0},
		{"c3", []string{"c3/c3-d-dev.json", "c3/c3-m-dev.json"}, 3, 0, 0},
		{"cmrc2018", []string{"cmrc2018/data/cmrc2018_dev.json"}, 2, 0, 0},
		{"cluener", []string{"cluener/dev.json"}, 3, 1, 0},
		{"afqmc", []string{"afqmc/dev.json"}, 3, 1, 0},
		{"cmnli", []string{"cmnli/cmnli_public/dev.json"}, 3, 0, 1},
		{"cluewsc", []string{"cluewsc2020_public/dev.json"}, 4, 0, 0},
		{"csl", []string{"csl/dev.json"}, 3, 0, 0},
		{"iflytek", []string{"iflytek/dev.json"}, 3, 0, 0},
		{"chid", []string{"chid_public/dev.json", "chid_public/dev_answer.json"}, 4, 0, 0},
		{"drcd", []string{"drcd/dev.json"}, 2, 0, 0},
	} {
		t.Run(tc.task, func(t *testing.T) {
			k, _ := ByName(tc.task)
			l, err := k.Load(LoadOptions{Dirs: []string{"testdata"}, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			var files []string
			for _, f := range l.Source.Files {
				files = append(files, f.Path)
				if len(f.SHA256) != 64 || f.Bytes == 0 {
					t.Errorf("file %+v", f)
				}
			}
			if diff := cmp.Diff(tc.files, files); diff != "" || l.Source.Split != datasets.SplitDev || l.Source.Dir != "testdata" {
				t.Errorf("source %+v\n%s", l.Source, diff)
			}
			if l.Rows != tc.rows || l.Unlabelled != tc.unlabelled || l.Dropped != tc.dropped || len(l.Samples) != tc.rows {
				t.Errorf("%d rows, %d unlabelled, %d dropped, %d samples", l.Rows, l.Unlabelled, l.Dropped, len(l.Samples))
			}
			for i, s := range l.Samples {
				if s.Index != i || s.ID != s.Record.ID || s.DocHash != DocHash(s.Record) || s.Target != Target(s.Record) || s.Seed != SampleSeed(1, tc.task, s.ID) || len(s.Shots) != 0 {
					t.Errorf("sample %+v", s)
				}
			}
		})
	}
}

func TestLoadShotsFromTraining(t *testing.T) {
	l, err := TNEWS.Load(LoadOptions{Dirs: []string{"testdata"}, Seed: 1, Shots: 3})
	if err != nil {
		t.Fatal(err)
	}
	if l.Source.ShotSplit != datasets.SplitTrain || len(l.Source.Train) != 1 || len(l.Samples) != 3 {
		t.Errorf("source %+v, %d samples", l.Source, len(l.Samples))
	}
	labels := make(map[int]bool)
	for _, s := range l.Samples[0].Shots {
		labels[s.Answer] = true
		if s.Fields["sentence"] == l.Samples[0].Record.Fields["sentence"] {
			t.Error("a scored row is an example")
		}
	}
	if len(labels) != 3 {
		t.Errorf("three examples of %d classes", len(labels))
	}
	// Nine training rows are left beside the scored one: ten examples come from the scored split, which has too few.
	if _, err := TNEWS.Load(LoadOptions{Dirs: []string{"testdata"}, Seed: 1, Shots: 10}); err == nil || !strings.Contains(err.Error(), "10 worked examples") {
		t.Errorf("too many examples: %v", err)
	}
	if _, err := TNEWS.Load(LoadOptions{Shots: -1}); err == nil {
		t.Error("a negative number of examples was taken")
	}
}

func TestLoadShotsFromScoredRows(t *testing.T) {
	l, err := OCNLI.Load(LoadOptions{Dirs: []string{"testdata"}, Seed: 1, Shots: 2})
	if err != nil {
		t.Fatal(err)
	}
	if l.Source.ShotSplit != datasets.SplitDev || l.Rows != 3 || len(l.Samples) != 1 || l.Samples[0].ID != "2" {
		t.Errorf("source %+v, %d rows, samples %+v", l.Source, l.Rows, l.Samples)
	}
	if s := l.Samples[0].Shots; len(s) != 2 || s[0].ID != "0" || s[1].ID != "1" {
		t.Errorf("examples %+v", s)
	}
}

func TestShotsAvoidScoredClusters(t *testing.T) {
	row := func(cluster, text string) datasets.Record {
		return datasets.Record{Cluster: cluster, Fields: map[string]string{"t": text}, Choices: []string{"a"}}
	}
	train := []datasets.Record{row("p1", "1"), row("p2", "2"), row("", "3"), row("", "4")}
	got := Shots(train, []datasets.Record{row("p1", "x"), row("", "3")}, 4, 1)
	var texts []string
	for _, r := range got {
		texts = append(texts, r.Fields["t"])
	}
	if len(texts) != 2 || strings.Contains(strings.Join(texts, ""), "1") || strings.Contains(strings.Join(texts, ""), "3") {
		t.Errorf("examples %q", texts)
	}
	if diff := cmp.Diff(got, Shots(train, []datasets.Record{row("p1", "x"), row("", "3")}, 4, 1)); diff != "" {
		t.Errorf("not the same again: %s", diff)
	}
}

func TestLoadGenerates(t *testing.T) {
	empty := t.TempDir()
	for _, k := range All() {
		if k.Make == nil {
			if _, err := k.Load(LoadOptions{Seed: 5, Shots: 2}); !errors.Is(err, ErrNoData) {
				t.Errorf("%s: %v, though there is neither a file nor a generator", k.Name, err)
			}
			continue
		}
		if k.Family == "novel" {
			continue // long; they have tests of their own
		}
		l, err := k.Load(LoadOptions{Dirs: []string{empty}, Seed: 5, Shots: 2, Make: 10})
		if err != nil {
			t.Fatal(err)
		}
		if l.Source.Split != SplitGenerated || l.Source.ShotSplit != SplitGenerated || len(l.Samples) != 10 || len(l.Samples[0].Shots) != 2 || len(l.Notes) != min(1, len(k.Files)) {
			t.Errorf("%s: source %+v, %d samples, notes %q", k.Name, l.Source, len(l.Samples), l.Notes)
		}
		for _, s := range l.Samples {
			if shot := s.Shots[1]; s.Record.Cluster != "" && s.Record.Cluster == shot.Cluster {
				t.Errorf("%s: %s shares its text with the example %s", k.Name, s.ID, shot.ID)
			}
		}
		plain, err := k.Load(LoadOptions{Seed: 5})
		if err != nil || len(plain.Samples) != 100 || len(plain.Notes) != 0 {
			t.Errorf("%s: %d samples, notes %q, %v", k.Name, len(plain.Samples), plain.Notes, err)
		}
	}
}

func TestLoadPassesOverUnlabelledFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("eprstmt/dev.json", `{"id":1,"sentence":"甲"}`)
	write("fewclue/eprstmt/dev_0.json", `{"id":1,"sentence":"甲","label":"Positive"}`)
	l, err := EPRSTMT.Load(LoadOptions{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Source.Files) != 1 || l.Source.Files[0].Path != "fewclue/eprstmt/dev_0.json" {
		t.Errorf("source %+v", l.Source)
	}
	write("fewclue/eprstmt/dev_0.json", `{"id":1,"sentence":"甲","label":"Neutral"}`)
	_, err = EPRSTMT.Load(LoadOptions{Dirs: []string{dir}})
	want := `tasks: eprstmt: datasets: ` + filepath.Join(dir, "fewclue", "eprstmt", "dev_0.json") + `:1: field "label": "Neutral" is none of Positive, Negative`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := EPRSTMT.Load(LoadOptions{Dirs: []string{filepath.Join(dir, "absent")}}); err == nil {
		t.Error("an absent data folder was taken")
	}
}

// Which files of the reference material are used, and how many items they give.
func TestLoadRealData(t *testing.T) {
	dir := golden.Shared(t, "data")
	for _, tc := range []struct {
		task, file, split string
		rows              int
	}{
		{"tnews", "fewclue/tnews/dev_few_all.json", datasets.SplitFewshotDev, 1098},
		{"ocnli", "fewclue/ocnli/dev_few_all.json", datasets.SplitFewshotDev, 160},
		{"eprstmt", "fewclue/eprstmt/dev_few_all.json", datasets.SplitFewshotDev, 160},
		{"c3", "c3/c3-d-dev.json c3/c3-m-dev.json", datasets.SplitDev, 3816},
		{"cmrc2018", "cmrc2018/data/cmrc2018_trial.json", datasets.SplitTrial, 1002},
		{"cluener", "cluener/dev.json", datasets.SplitDev, 1343},
		{"afqmc", "afqmc/dev.json", datasets.SplitDev, 4316},
		{"iflytek", "fewclue/iflytek/dev_few_all.json", datasets.SplitFewshotDev, 1373},
		{"cluewsc", "fewclue/cluewsc/dev_few_all.json", datasets.SplitFewshotDev, 159},
		{"csl", "fewclue/csl/dev_few_all.json", datasets.SplitFewshotDev, 160},
		{"bustm", "fewclue/bustm/dev_few_all.json", datasets.SplitFewshotDev, 160},
		{"csldcp", "fewclue/csldcp/dev_0.json", datasets.SplitFewshotDev, 536},
		{"chid", "fewclue/chid/dev_few_all.json", datasets.SplitFewshotDev, 202},
	} {
		t.Run(tc.task, func(t *testing.T) {
			k, _ := ByName(tc.task)
			l, err := k.Load(LoadOptions{Dirs: []string{dir}, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			// 170 questions of C3 have two choices, 465 three and 3,181 four.
			if want := (170/2.0 + 465/3.0 + 3181/4.0) / 3816; tc.task == "c3" && math.Abs(l.Chance-want) > 1e-12 {
				t.Errorf("chance %v, want %v", l.Chance, want)
			}
			var files []string
			for _, f := range l.Source.Files {
				files = append(files, f.Path)
			}
			if got := strings.Join(files, " "); got != tc.file || l.Source.Split != tc.split || l.Rows != tc.rows || len(l.Samples) != tc.rows {
				t.Errorf("%s of %s, %d rows, %d samples", got, l.Source.Split, l.Rows, len(l.Samples))
			}
			again, err := k.Load(LoadOptions{Dirs: []string{dir}, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(l, again); diff != "" {
				t.Errorf("loading again gives something else:\n%s", diff)
			}
		})
	}
}

func TestLoadFromTheFolderItself(t *testing.T) {
	for task, sub := range map[string]string{
		"tnews": "fewclue/tnews", "ocnli": "ocnli", "eprstmt": "fewclue", "c3": "c3", "cmrc2018": "cmrc2018/squad-style-data", "cluener": "cluener",
	} {
		k, _ := ByName(task)
		l, err := k.Load(LoadOptions{Dirs: []string{golden.Shared(t, "data", filepath.FromSlash(sub))}})
		if err != nil {
			t.Fatal(err)
		}
		if l.Source.Split == SplitGenerated {
			t.Errorf("%s was not found in %s", task, sub)
		}
	}
}

func TestSampleSeed(t *testing.T) {
	a := SampleSeed(1, "tnews", "7")
	for _, other := range []uint64{SampleSeed(2, "tnews", "7"), SampleSeed(1, "tnew", "s7"), SampleSeed(1, "ocnli", "7"), SampleSeed(1, "tnews", "8")} {
		if a == other {
			t.Error("two samples have the same seed")
		}
	}
	if a != SampleSeed(1, "tnews", "7") {
		t.Error("the seed of a sample changes")
	}
}

func TestTarget(t *testing.T) {
	for _, tc := range []struct {
		r    datasets.Record
		want string
	}{
		{datasets.Record{Choices: []string{"甲", "乙"}, Answer: 1}, "乙"},
		{datasets.Record{Answer: -1, Golds: []string{"甲", "甲", "乙"}}, "甲 | 乙"},
		{datasets.Record{Answer: -1, Spans: []datasets.Span{{Type: "name", Text: "王强"}}}, "姓名：王强"},
		{datasets.Record{Answer: -1}, "无"},
	} {
		if got := Target(tc.r); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestSortedFilesAreMixed(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for i := range 60 {
		label, name := 115, "news_agriculture"
		if i >= 30 {
			label, name = 116, "news_game"
		}
		fmt.Fprintf(&b, `{"label": %d, "label_desc": %q, "sentence": "第%d条", "keywords": "", "id": %d}`+"\n", label, name, i, i)
	}
	if err := os.MkdirAll(filepath.Join(dir, "fewclue", "tnews"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fewclue", "tnews", "dev_few_all.json"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	load := func(seed uint64) Loaded {
		l, err := TNEWS.Load(LoadOptions{Dirs: []string{dir}, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := load(1)
	count := map[string]int{}
	for _, s := range l.Samples[:20] {
		count[s.Target]++
	}
	if len(count) != 2 {
		t.Errorf("the first 20 of 60 items have targets %v, want both labels", count)
	}
	if other := load(2); other.Samples[0].ID != l.Samples[0].ID || other.Samples[59].ID != l.Samples[59].ID {
		t.Error("the order depends on the seed")
	}
	if len(l.Notes) == 0 {
		t.Error("no note says that the order is not that of the file")
	}
}
