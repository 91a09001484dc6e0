package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// put writes a file into a folder of the test.
func put(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPublishedScores scores published answers of models: the values are those that were published with them, or that the published
// program gives, to the digits given.
func TestPublishedScores(t *testing.T) {
	for _, tc := range []struct {
		metric string
		file   []string
		value  string // times 100
		n      int
	}{
		{"lawbench_1-2", []string{"lawbench", "predictions", "zero_shot", "GPT4", "1-2.json"}, "55.20", 500},
		{"lawbench_2-6", []string{"lawbench", "predictions", "zero_shot", "GPT4", "2-6.json"}, "76.5956", 500},
		{"lawbench_2-7", []string{"lawbench", "predictions", "zero_shot", "GPT4", "2-7.json"}, "37.9245", 500},
		{"longbench_f1", []string{"clongeval", "moonshot-v1", "long_story_qa", "small.jsonl"}, "60.4778", 294},
		{"longbench_f1", []string{"clongeval", "moonshot-v1", "long_story_qa", "medium.jsonl"}, "51.2091", 398},
		{"infinitebench_zh_qa", []string{"infinitebench", "gpt4", "preds_longbook_qa_chn.jsonl"}, "25.9577", 189},
	} {
		t.Run(tc.metric+" "+tc.file[len(tc.file)-1], func(t *testing.T) {
			path := golden.Shared(t, append([]string{"data"}, tc.file...)...)
			o := ScoreOptions{Metrics: []string{tc.metric}, Predictions: path, Version: "test"}
			if s, _ := metrics.LookupScorer(tc.metric); s.Words {
				words, err := OpenWords(golden.Jieba(t), "")
				if err != nil {
					t.Fatal(err)
				}
				o.Words = words
			}
			s, items, err := Score(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			r := s.Results[0]
			digits := len(tc.value) - strings.Index(tc.value, ".") - 1
			if got := fmt.Sprintf("%.*f", digits, 100**r.Value); got != tc.value || r.N != tc.n || len(items) != tc.n {
				t.Errorf("%s of %d items, want %s of %d", got, r.N, tc.value, tc.n)
			}
			if r.CI95 == nil || !(r.CI95[0] < *r.Value && *r.Value < r.CI95[1]) {
				t.Errorf("interval %v", r.CI95)
			}
		})
	}
}

func TestScoreMatching(t *testing.T) {
	dir := t.TempDir()
	byID := put(t, dir, "pred.jsonl", "{\"id\":\"b\",\"output\":\"二\"}\n{\"id\":\"a\",\"output\":\"一\"}\n")
	refs := put(t, dir, "ref.jsonl", "{\"id\":\"a\",\"gold\":\"一\"}\n{\"id\":\"b\",\"gold\":\"三\"}\n")
	more := put(t, dir, "more.jsonl", "{\"id\":\"a\",\"gold\":\"一\"}\n{\"id\":\"b\",\"gold\":\"三\"}\n{\"id\":\"c\",\"gold\":\"四\"}\n")
	lines := put(t, dir, "pred.txt", "一\n二\n")
	golds := put(t, dir, "ref.txt", "一\n三\n")
	second := put(t, dir, "ref2.txt", "五\n二\n")
	score := func(o ScoreOptions) (*reports.Scores, []reports.ItemScores, error) {
		o.Metrics = []string{"exact_match"}
		return Score(t.Context(), o)
	}
	for name, tc := range map[string]struct {
		o     ScoreOptions
		value float64
		n     int
	}{
		"by id":                   {ScoreOptions{Predictions: byID, References: []string{refs}}, 0.5, 2},
		"by line":                 {ScoreOptions{Predictions: lines, References: []string{golds}}, 0.5, 2},
		"ids on one side":         {ScoreOptions{Predictions: lines, References: []string{refs}}, 0.5, 2},
		"two references":          {ScoreOptions{Predictions: lines, References: []string{golds, second}}, 1, 2},
		"missing counts as wrong": {ScoreOptions{Predictions: byID, References: []string{more}, MissingWrong: true}, 1.0 / 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s, items, err := score(tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if r := s.Results[0]; math.Abs(*r.Value-tc.value) > 1e-12 || r.N != tc.n || len(items) != tc.n || r.Interval != reports.IntervalWilson {
				t.Errorf("%v of %d (%s), want %v of %d", *r.Value, r.N, r.Interval, tc.value, tc.n)
			}
		})
	}
	for name, tc := range map[string]struct {
		o    ScoreOptions
		want string
	}{
		"a prediction is missing":                 {ScoreOptions{Predictions: byID, References: []string{more}}, `more.jsonl:3: item "c" has no prediction`},
		"a reference is missing":                  {ScoreOptions{Predictions: put(t, dir, "x.jsonl", "{\"id\":\"z\",\"output\":\"a\"}\n{\"id\":\"a\",\"output\":\"a\"}\n{\"id\":\"b\",\"output\":\"a\"}"), References: []string{refs}}, `item "z" has no reference`},
		"an id that one prediction lacks":         {ScoreOptions{Predictions: put(t, dir, "some.jsonl", "{\"id\":\"b\",\"output\":\"二\"}\n{\"output\":\"一\"}\n"), References: []string{refs}}, "some.jsonl:2: no id"},
		"an id that one reference lacks":          {ScoreOptions{Predictions: byID, References: []string{put(t, dir, "some.ref", "{\"gold\":\"二\"}\n{\"id\":\"b\",\"gold\":\"一\"}\n")}}, "some.ref:1: no id"},
		"a field of the id that is not there":     {ScoreOptions{Predictions: byID, References: []string{refs}, Fields: datasets.PredictionOptions{IDField: "ids"}}, `pred.jsonl:1: field "ids": no id`},
		"a field of references that is not there": {ScoreOptions{Predictions: byID, References: []string{byID}, Fields: datasets.PredictionOptions{GoldField: "golds"}}, `pred.jsonl:1: field "golds": no reference`},
		"a second file with more items":           {ScoreOptions{Predictions: byID, References: []string{refs, more}, MissingWrong: true}, `more.jsonl:3: item "c" is not in ` + refs},
		"other numbers":                           {ScoreOptions{Predictions: lines, References: []string{more}}, "pred.txt has 2 items"},
		"no references":                           {ScoreOptions{Predictions: lines}, "pred.txt:1: no reference beside the answer"},
		"no file":                                 {ScoreOptions{Predictions: filepath.Join(dir, "absent")}, "absent"},
		"a reference of other form":               {ScoreOptions{Predictions: lines, References: []string{put(t, dir, "bad.json", `{"a": `)}}, "bad.json:1: the value is cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			if s, _, err := score(tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%+v, error %v, want %q", s, err, tc.want)
			}
		})
	}
	if _, _, err := Score(t.Context(), ScoreOptions{Metrics: []string{"blue"}, Predictions: lines}); err == nil {
		t.Error("no error for a metric that does not exist")
	}
	if _, _, err := Score(t.Context(), ScoreOptions{Metrics: []string{"lawbench_1-2"}, Predictions: lines, References: []string{golds}}); err == nil || !strings.Contains(err.Error(), "metric lawbench_1-2: pred.txt:1: reference") {
		t.Errorf("a reference that the metric cannot read: %v", err)
	}
}

// TestScoreCMRC reads references as the set is published, in both layouts.
func TestScoreCMRC(t *testing.T) {
	dir := t.TempDir()
	pred := put(t, dir, "pred.json", `{"Q1": "1999年。", "Q2": "张"}`)
	for name, refs := range map[string]string{
		"original": `[{"context_id": "T", "context_text": "文", "qas": [{"query_id": "Q1", "query_text": "?", "answers": ["1999年"]}, {"query_id": "Q2", "query_text": "?", "answers": ["张三"]}]}]`,
		"squad":    `{"data": [{"paragraphs": [{"id": "T", "context": "文", "qas": [{"id": "Q1", "question": "?", "answers": [{"text": "1999年"}]}, {"id": "Q2", "question": "?", "answers": [{"text": "张三"}]}]}]}]}`,
	} {
		s, _, err := Score(t.Context(), ScoreOptions{Metrics: []string{"cmrc_em", "cmrc_f1"}, Predictions: pred, References: []string{put(t, dir, name+".json", refs)}})
		if err != nil {
			t.Fatal(err)
		}
		if em, f1 := *s.Results[0].Value, *s.Results[1].Value; em != 0.5 || math.Abs(f1-5.0/6) > 1e-12 || s.References[0].Format != FormatCMRC {
			t.Errorf("%s: em %v f1 %v, format %s", name, em, f1, s.References[0].Format)
		}
	}
}

// TestScoreClusters resamples texts where items share one: the interval is wider, and a share has none of Wilson.
func TestScoreClusters(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "{\"output\":\"%d\",\"gold\":\"1\",\"text\":\"%d\"}\n", i/10%2, i/10)
	}
	path := put(t, t.TempDir(), "p.jsonl", b.String())
	width := map[string]float64{}
	for _, cluster := range []string{"", "text"} {
		s, _, err := Score(t.Context(), ScoreOptions{Metrics: []string{"exact_match"}, Predictions: path, Fields: datasets.PredictionOptions{TextField: "output", Cluster: cluster}})
		if err != nil {
			t.Fatal(err)
		}
		r := s.Results[0]
		width[r.Interval] = r.CI95[1] - r.CI95[0]
	}
	if !(width[reports.IntervalBootstrap] > 2*width[reports.IntervalWilson] && width[reports.IntervalWilson] > 0) {
		t.Errorf("widths %v", width)
	}
}

func TestScoreInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, _, err := Score(ctx, ScoreOptions{Metrics: []string{"bleu"}, Predictions: put(t, dir, "p", "一"), References: []string{put(t, dir, "r", "一")}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestScoreNeedsWords(t *testing.T) {
	_, err := OpenWords(t.TempDir(), "")
	var missing *NoDictionary
	if !errors.As(err, &missing) {
		t.Fatalf("error %v, want a *NoDictionary", err)
	}
	dir := t.TempDir()
	o := ScoreOptions{Metrics: []string{"longbench_f1", "char_f1"}, Predictions: put(t, dir, "p", "一"), References: []string{put(t, dir, "r", "一")}, NoWords: err}
	s, _, err := Score(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Results[0]; r.Value != nil || !strings.Contains(r.NotAvailable, "LLAMA4_EVAL_JIEBA") {
		t.Errorf("%+v", r)
	}
	if r := s.Results[1]; *r.Value != 1 {
		t.Errorf("%+v", r)
	}
}

// TestLexiconMoves has an entity that the dictionary cuts in two, so that half of it counts as a word in common; with the lexicon it is one
// word and does not.
func TestLexiconMoves(t *testing.T) {
	jieba := golden.Jieba(t)
	dir := t.TempDir()
	words, err := OpenWords(jieba, put(t, dir, "lex.txt", "远帆科技 100000 nt\na·b 5\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if l := words.Lexicon(); l.Words != 2 || len(l.Idle) != 1 || l.Name != "lex.txt" {
		t.Errorf("lexicon %+v", l)
	}
	o := ScoreOptions{
		Metrics: []string{"longbench_f1", "char_f1"}, Words: words,
		Predictions: put(t, dir, "p", "科技\n天气\n"), References: []string{put(t, dir, "r", "远帆科技\n天气\n")},
	}
	s, items, err := Score(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := s.Results[0]
	if l := r.Lexicon; l == nil || !(*r.Value > l.Value) || l.Value != 0.5 || l.Moved != 1 || l.DifferenceCI95 == nil {
		t.Errorf("without %v, with %+v", *r.Value, l)
	}
	if items[0].Lexicon["longbench_f1"] != 0 || items[1].Lexicon["longbench_f1"] != 1 {
		t.Errorf("items %+v", items)
	}
	if s.Results[1].Lexicon != nil {
		t.Error("a lexicon moves a metric of characters")
	}

	// The same in a run, whose answers are compared word by word; entities by their words.
	ro := fakeOptions(t)
	task := generateTask()
	made := task.Make
	task.Make = func(seed uint64, n int) datasets.Set {
		set := made(seed, n)
		for i := range set.Records {
			set.Records[i].Spans = []datasets.Span{{Type: "company", Text: "远帆科技", Start: 0, End: 4}}
		}
		return set
	}
	task.Entities = func(string) []metrics.Entity { return []metrics.Entity{{Type: "company", Text: "科技"}} }
	choice := choiceTask()
	options := choice.Make
	choice.Make = func(seed uint64, n int) datasets.Set { // options are no texts of the model, whatever stands beside them
		set := options(seed, n)
		for i := range set.Records {
			set.Records[i].Golds = []string{"远帆科技"}
		}
		return set
	}
	ro.Catalog[0], ro.Catalog[1], ro.Words = choice, task, words
	rec, run := mustRun(t, ro, newFake())
	if rec.Words == nil || len(rec.Words.Results) != 2 {
		t.Fatalf("words %+v", rec.Words)
	}
	if w := rec.Words.Results[0]; w.Metric != "entity_words_f1" || w.Lexicon == nil || !(*w.Value > 0) || w.Lexicon.Value != 0 || w.Lexicon.Moved != 12 {
		t.Errorf("entities: %+v with %+v", w.Score, w.Lexicon)
	}
	if w := rec.Words.Results[1]; w.Metric != "em" || w.Lexicon != nil || *w.Value != rec.Results["generate"].Values["em"].Value {
		t.Errorf("the task's own score: %+v", w.Score)
	}
	// Judged again without a lexicon it has none, and with it the same.
	plain := again(ro)
	if got, _, err := Rescore(t.Context(), openRun(t, run), plain); err != nil || got.Words != nil {
		t.Errorf("%v, words %+v", err, got)
	}
	plain.Words = words
	if got, _, err := Rescore(t.Context(), openRun(t, run), plain); err != nil || *got.Words.Results[0].Value != *rec.Words.Results[0].Value {
		t.Errorf("%v, words %+v", err, got)
	}
}

func TestLexiconErrors(t *testing.T) {
	dir := t.TempDir() // a mistake in the lexicon is told before the dictionary is looked for
	for name, tc := range map[string]struct{ content, want string }{
		"count":     {"词 99999999999999", "lex.txt: lexicon: line 1: the count must be"},
		"not UTF-8": {"词\n\xff\n", "line 2: not UTF-8"},
		"long":      {"词\n\n" + strings.Repeat("词", 100), "line 3: 300 bytes long"},
		"empty":     {"\n \n", "no words"},
	} {
		if _, err := OpenWords(dir, put(t, dir, "lex.txt", tc.content)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
	if _, err := OpenWords(dir, filepath.Join(dir, "absent")); err == nil {
		t.Error("no error for a lexicon that is not there")
	}
}
