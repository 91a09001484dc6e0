package reports

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/golden"
)

// exampleScores have every kind of row: with and without a signature, an interval, words, and a value.
func exampleScores(lexicon bool) *Scores {
	s := &Scores{
		SchemaVersion: ScoresSchemaVersion, Version: "v0.1.0", Items: 40, Missing: 1, BootstrapIters: 10000,
		Predictions: ScoreFile{"preds.jsonl", strings.Repeat("ab", 32), "jsonl", 39}, References: []ScoreFile{{"参考|译文.txt", strings.Repeat("cd", 32), "text", 40}},
		Results: []Score{
			{
				Metric: "bleu", Title: "corpus BLEU", Unit: "tokens (zh)", Convention: "sacreBLEU 2.6.0", Signature: "nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp|version:1",
				Scale: 1, HigherIsBetter: true, Value: new(39.53157), CI95: &[2]float64{30.1, 48.9}, Interval: IntervalBootstrap, N: 40,
			},
			{
				Metric: "lawbench_1-2", Title: "knowledge", Unit: "answers", Convention: "LawBench 1-2", Scale: 100, HigherIsBetter: true, Value: new(0.552),
				CI95: &[2]float64{0.4, 0.7}, Interval: IntervalWilson, N: 39, Abstained: 2, Excluded: 1,
			},
		},
		Warnings: []Warning{{Code: "wide-interval", Text: "n=40: intervals are wide"}},
	}
	word := Score{Metric: "longbench_f1", Title: "F1 of words", Unit: "words (jieba)", Convention: "LongBench", Scale: 100, HigherIsBetter: true, Words: true, N: 40}
	if lexicon {
		s.Lexicon = &Lexicon{Name: "terms.txt", SHA256: strings.Repeat("ef", 32), Words: 12, Idle: []string{"a·b"}}
		word.Value, word.CI95, word.Interval = new(0.604778), &[2]float64{0.56, 0.65}, IntervalBootstrap
		word.Lexicon = &LexiconScore{Value: 0.5975, CI95: &[2]float64{0.55, 0.64}, DifferenceCI95: &[2]float64{-0.02, 0.001}, Moved: 7}
	} else {
		word.NotAvailable = "not available: no dictionary"
	}
	s.Results = append(s.Results, word)
	return s
}

func TestScoreFormats(t *testing.T) {
	for name, s := range map[string]*Scores{"scores": exampleScores(false), "scores_lexicon": exampleScores(true)} {
		for ext, write := range map[string]func(io.Writer, *Scores) error{"txt": ScoresText, "md": ScoresMarkdown, "csv": ScoresCSV, "json": ScoresJSON} {
			t.Run(name+"."+ext, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, s); err != nil {
					t.Fatal(err)
				}
				golden.Check(t, name+"."+ext, b.Bytes())
				if ext == "json" {
					if err := published(t, "scores.schema.json").Validate(decode(t, b.Bytes())); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
}

func TestItemScores(t *testing.T) {
	var b bytes.Buffer
	items := []ItemScores{{ID: "甲", Line: 3, Scores: map[string]float64{"cmrc_f1": 0.5, "bleu": 12}}, {Scores: map[string]float64{}, Lexicon: map[string]float64{"longbench_f1": 1}}}
	if err := ItemScoresJSONL(&b, items); err != nil {
		t.Fatal(err)
	}
	want := "{\"id\":\"甲\",\"line\":3,\"scores\":{\"bleu\":12,\"cmrc_f1\":0.5}}\n{\"scores\":{},\"with_lexicon\":{\"longbench_f1\":1}}\n"
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
	schema := published(t, "item_scores.schema.json")
	for line := range strings.Lines(b.String()) {
		if err := schema.Validate(decode(t, []byte(line))); err != nil {
			t.Error(err)
		}
	}
}

// again is a record of answers that were judged again, with a lexicon.
func again() *Record {
	r := example()
	r.Host.RescoredFrom = r.Host.RunID
	r.Rescored = &Rescored{
		Identity: strings.Repeat("9a", 32), Program: ProgramChange{"v0.1.0", "v0.2.0"}, Tasks: map[string]RescoredTask{
			"cmrc2018": {
				VersionFrom: 1, VersionTo: 2, Samples: 200, Changed: 14, RightToWrong: []string{"q1", "q|2"}, WrongToRight: []string{"3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"},
				Metrics: map[string]ValueChange{"em": {new(0.3), new(0.35)}, "f1": {nil, new(0.61803)}},
			},
			"tnews": {VersionFrom: 1, VersionTo: 1, Samples: 40, RightToWrong: []string{}, WrongToRight: []string{}, Metrics: map[string]ValueChange{"acc": {new(0.525), new(0.525)}}},
		},
	}
	s := exampleScores(true)
	r.Words = &WordScores{Lexicon: *s.Lexicon, Results: []WordScore{{"cmrc2018", s.Results[2]}, {"cmrc2018", s.Results[1]}}}
	return r
}

func TestRescoredFormats(t *testing.T) {
	for ext, write := range map[string]func(io.Writer, *Record) error{"txt": Text, "md": Markdown, "json": JSON} {
		t.Run(ext, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b, again()); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "rescored."+ext, b.Bytes())
			if ext != "json" {
				return
			}
			if err := published(t, "results.schema.json").Validate(decode(t, b.Bytes())); err != nil {
				t.Error(err)
			}
		})
	}
	r := again()
	r.Rescored.Tasks = map[string]RescoredTask{"tnews": r.Rescored.Tasks["tnews"]}
	r.Words.Results = nil
	var b bytes.Buffer
	if err := Text(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"nothing: every verdict and every value is the same", "the lexicon changes nothing"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
