package reports

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
)

// exampleSamples are samples for the tasks of example: choices, text with characters that break lines in some readers, and samples that
// are in no metric.
func exampleSamples(task string) ([]Sample, error) {
	sample := func(id, verdict string) Sample {
		return Sample{DocID: id, Task: task, DocHash: strings.Repeat("ab", 32), PromptHash: strings.Repeat("cd", 32), Verdict: verdict, Metrics: map[string]float64{}}
	}
	var out []Sample
	switch task {
	case "tnews":
		for i := range 4 {
			s := sample(string(rune('a'+i)), VerdictCorrect)
			s.Target, s.Extracted = "体育", "体育"
			s.Choices = []Choice{{LogProb: -1.25, Tokens: 1, Chars: 2, Bytes: 6}, {LogProb: -3, Tokens: 1, Chars: 2, Bytes: 6}}
			s.Metrics = map[string]float64{"acc": 1, "acc_norm": float64(i % 2)}
			out = append(out, s)
		}
	case "cmrc2018":
		for i, text := range []string{"1999年\u2028“是”\n\\n</script>\x01", "", "二"} {
			s := sample(string(rune('a'+i)), VerdictWrong)
			s.Target, s.Response, s.Extracted, s.Cluster = "2000年", text, text, "text 1"
			s.Metrics = map[string]float64{"em": 0, "f1": 0.25}
			out = append(out, s)
		}
		out = append(out, sample("skipped", VerdictSkipped), sample("failed", VerdictError))
	case "阅读理解":
		s := sample("1", VerdictCorrect)
		s.Letters = []Choice{{LogProb: -0.5}, {LogProb: -2}}
		s.Metrics = map[string]float64{"acc": 1}
		out = append(out, s)
	}
	return out, nil
}

func TestLMEvalGolden(t *testing.T) {
	files, err := LMEval(example(), exampleSamples)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"some-0.5b-instruct-q4_k_m/results_2026-01-02T03-05-30.json", "some-0.5b-instruct-q4_k_m/samples_cmrc2018_2026-01-02T03-05-30.jsonl",
		"some-0.5b-instruct-q4_k_m/samples_tnews_2026-01-02T03-05-30.jsonl", "some-0.5b-instruct-q4_k_m/samples_阅读理解_2026-01-02T03-05-30.jsonl",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
	golden.Check(t, "lmeval/results.json", files[want[0]])
	golden.Check(t, "lmeval/cmrc2018.jsonl", files[want[1]])
	golden.Check(t, "lmeval/tnews.jsonl", files[want[2]])
}

// TestLMEvalKinds has a task of a kind that is asked either way: its samples say which.
func TestLMEvalKinds(t *testing.T) {
	r := example()
	for task, want := range map[string]string{"tnews": "multiple_choice", "cmrc2018": "generate_until"} {
		c := r.Configs[task]
		c.Kind = "long"
		r.Configs[task] = c
		files, err := LMEval(r, exampleSamples)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Configs map[string]struct {
				OutputType string         `json:"output_type"`
				Generation map[string]any `json:"generation_kwargs"`
			}
		}
		if err := json.Unmarshal(files["some-0.5b-instruct-q4_k_m/results_2026-01-02T03-05-30.json"], &got); err != nil {
			t.Fatal(err)
		}
		if c := got.Configs[task]; c.OutputType != want || (c.Generation == nil) != (want == "multiple_choice") {
			t.Errorf("%s: %+v, want %s", task, c, want)
		}
	}
}

func TestLMEvalErrors(t *testing.T) {
	r := example()
	r.Host.Finished = ""
	if _, err := LMEval(r, exampleSamples); err == nil {
		t.Error("no error for a record without a time")
	}
	broken := errors.New("cannot be read")
	if _, err := LMEval(example(), func(string) ([]Sample, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v, want that of the samples", err)
	}
	r = example()
	r.Results["tnews"].Values["acc"] = Value{Value: math.NaN()}
	if _, err := LMEval(r, exampleSamples); err == nil {
		t.Error("no error for NaN")
	}
	r = example()
	r.Results["a/b"], r.Results["a|b"] = Result{}, Result{}
	if _, err := LMEval(r, exampleSamples); err == nil || !strings.Contains(err.Error(), "two tasks") {
		t.Errorf("error %v for two tasks with one file name", err)
	}
}

// TestLMEvalLoads loads an export with the tools of lm-evaluation-harness itself.
func TestLMEvalLoads(t *testing.T) {
	python := golden.LMEval(t)
	dir := t.TempDir()
	r := example()
	r.ModelName = "org/some:model"
	files, err := LMEval(r, exampleSamples)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "lmeval.py"), dir, t.TempDir())
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+t.TempDir(), "TQDM_DISABLE=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var got struct {
		Version, Folder, Time, Table, Groups string
		Tasks                                map[string]struct {
			Time, Hash   string
			Rows         int
			TargetHashes bool `json:"target_hashes"`
			Means        map[string]float64
		}
		TaskHashes map[string]string `json:"task_hashes"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	t.Logf("lm-evaluation-harness %s\n%s\n%s", got.Version, got.Table, got.Groups)
	if got.Folder != "org__some__model" || got.Time != "2026-01-02T03-05-30" {
		t.Errorf("folder %q and time %q", got.Folder, got.Time)
	}
	for _, line := range []string{"acc_norm|↑  |0.5500|±  |0.0786|", "|f1|", "|acc|↑  |1.0000|±  |   N/A|"} {
		squeezed := strings.ReplaceAll(got.Table, " ", "")
		if !strings.Contains(squeezed, strings.ReplaceAll(line, " ", "")) {
			t.Errorf("their table lacks %q:\n%s", line, got.Table)
		}
	}
	if strings.Contains(got.Table, "ci95") || strings.Contains(got.Table, "n_scored") {
		t.Errorf("their table shows what is no metric:\n%s", got.Table)
	}
	if !strings.Contains(got.Groups, "clue") {
		t.Errorf("their table of groups:\n%s", got.Groups)
	}
	for task, rows := range map[string]int{"tnews": 4, "cmrc2018": 3, "阅读理解": 1} {
		s := got.Tasks[task]
		if s.Rows != rows || !s.TargetHashes || s.Hash != got.TaskHashes[task] || s.Time != got.Time {
			t.Errorf("%s: %+v, task hash %s, want %d rows", task, s, got.TaskHashes[task], rows)
		}
	}
	if m := got.Tasks["tnews"].Means; m["acc"] != 1 || m["acc_norm"] != 0.5 {
		t.Errorf("means of tnews: %v", m)
	}
}
