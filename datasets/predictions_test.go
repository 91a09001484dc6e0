package datasets

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadPredictions(t *testing.T) {
	text := func(line int, s string, golds ...string) Prediction {
		return Prediction{Line: line, Text: s, HasText: true, Golds: golds}
	}
	with := func(p Prediction, id string) Prediction { p.ID = id; return p }
	for _, tc := range []struct {
		name, raw string
		o         PredictionOptions
		format    string
		want      []Prediction
	}{
		{"lines", "一\r\n\n三", PredictionOptions{}, "text", []Prediction{text(1, "一"), text(2, ""), text(3, "三")}},
		{"lines in brackets", "[正确答案]B\n[1]", PredictionOptions{}, "text", []Prediction{text(1, "[正确答案]B"), text(2, "[1]")}},
		{"references in lines", "\ufeff一\n二\n", PredictionOptions{References: true}, "text", []Prediction{{Line: 1, Golds: []string{"一"}}, {Line: 2, Golds: []string{"二"}}}},
		{"forced to lines", `{"a":1}`, PredictionOptions{Format: "text"}, "text", []Prediction{text(1, `{"a":1}`)}},
		{
			"opencompass", "{\n\"0\": {\"origin_prompt\": [{\"role\": \"HUMAN\"}], \"prediction\": \"A\", \"gold\": \"B\"},\n\"1\": {\"prediction\": \"C\", \"gold\": [\"C\", \"D\"]}}",
			PredictionOptions{},
			"opencompass",
			[]Prediction{with(text(2, "A", "B"), "0"), with(text(3, "C", "C", "D"), "1")},
		},
		{"lawbench", `{"0": {"origin_prompt": "问", "prediction": "[正确答案]A", "refr": "正确答案：B。"}}`, PredictionOptions{}, "opencompass", []Prediction{with(text(1, "[正确答案]A", "正确答案：B。"), "0")}},
		{"clongeval", `{"id": "x", "query": "q", "answer": "五百", "response_some-model": " 五百元。"}`, PredictionOptions{}, "clongeval", []Prediction{with(text(1, " 五百元。", "五百"), "x")}},
		{"infinitebench", `{"id": 0, "prediction": "两个", "ground_truth": ["2", "两个"]}`, PredictionOptions{}, "infinitebench", []Prediction{with(text(1, "两个", "2", "两个"), "0")}},
		{
			"longbench", `{"pred": "体育", "answers": ["体育"], "all_classes": ["体育", "财经"], "length": 3}`,
			PredictionOptions{},
			"longbench",
			[]Prediction{{Line: 1, Text: "体育", HasText: true, Golds: []string{"体育"}, Classes: []string{"体育", "财经"}}},
		},
		{
			"our samples", `{"doc_id": "q1", "doc_hash": "a", "prompt_hash": "b", "response": "答", "verdict": "wrong", "target": "对", "cluster": "t1"}`,
			PredictionOptions{},
			"llama4-eval",
			[]Prediction{{ID: "q1", Line: 1, Text: "答", HasText: true, Golds: []string{"对"}, Cluster: "t1"}},
		},
		{
			"lm-eval, text", `{"doc_id": 3, "target": "['1999年', \"it's\"]", "resps": [["x"]], "filtered_resps": ["1999年"], "filter": "none"}`,
			PredictionOptions{},
			"lm-eval",
			[]Prediction{with(text(1, "1999年", "1999年", "it's"), "3")},
		},
		{
			"lm-eval, choice", `{"doc_id": 3, "target": "1", "resps": [], "filtered_resps": [["-2.5", "False"], ["-0.5", "True"], ["-0.5", "False"]], "filter": "none"}`,
			PredictionOptions{},
			"lm-eval",
			[]Prediction{with(text(1, "1", "1"), "3")},
		},
		{
			"lm-eval, choice with the text of an option", `{"doc_id": 3, "target": "体育", "resps": [], "filtered_resps": [["-2.5", "None"], ["-0.5", "None"]], "filter": "none"}`,
			PredictionOptions{},
			"lm-eval",
			[]Prediction{with(text(1, "1"), "3")},
		},
		{
			"lm-eval, one of two filters", "{\"doc_id\":1,\"target\":\"a\",\"resps\":[],\"filtered_resps\":[\"x\"],\"filter\":\"strict\"}\n{\"doc_id\":1,\"target\":\"a\",\"resps\":[],\"filtered_resps\":[[\"y\"]],\"filter\":\"flexible\"}",
			PredictionOptions{Filter: "flexible"},
			"lm-eval",
			[]Prediction{with(text(2, "y", "a"), "1")},
		},
		{"cluener", `{"id": 1, "text": "t", "label": {"name": {"张三": [[0, 1]]}}}`, PredictionOptions{}, "cluener", []Prediction{with(text(1, `{"name":{"张三":[[0,1]]}}`), "1")}},
		{"cluener references", `{"label": {"name": ["a\"\u0001"]}}`, PredictionOptions{References: true}, "cluener", []Prediction{{Line: 1, Golds: []string{`{"name":["a\"\u0001"]}`}}}},
		{"map", `{"DEV_1": "答", "DEV_2": ""}`, PredictionOptions{}, "map", []Prediction{with(text(1, "答"), "DEV_1"), with(text(1, ""), "DEV_2")}},
		{"map of references", `{"DEV_1": "答"}`, PredictionOptions{References: true}, "map", []Prediction{{ID: "DEV_1", Line: 1, Golds: []string{"答"}}}},
		{"lines of strings", "{\"prediction\": \"a\", \"gold\": \"b\"}\n{\"prediction\": \"c\", \"gold\": \"d\"}", PredictionOptions{}, "jsonl", []Prediction{text(1, "a", "b"), text(2, "c", "d")}},
		{"a line of strings", `{"prediction": "a", "gold": "b"}`, PredictionOptions{}, "jsonl", []Prediction{text(1, "a", "b")}},
		{"jsonl", `[{"output": 147.0, "answers": [{"text": "147"}, 147.0], "n": null}]`, PredictionOptions{}, "jsonl", []Prediction{text(1, "147.0", "147", "147.0")}},
		{
			"jsonl, fields as given", `{"a": "x", "b": ["y"], "c": 7, "d": "t", "output": "z", "n": 1}`,
			PredictionOptions{TextField: "a", GoldField: "b", IDField: "c", Cluster: "d"},
			"jsonl",
			[]Prediction{{ID: "7", Line: 1, Text: "x", HasText: true, Golds: []string{"y"}, Cluster: "t"}},
		},
		{"jsonl, references called text", `{"id": "1", "text": "译文", "n": 1}`, PredictionOptions{References: true}, "jsonl", []Prediction{{ID: "1", Line: 1, Golds: []string{"译文"}}}},
		{"ranked", `{"prediction": ["d2", "d1"], "gold": ["d1"], "n": 1}`, PredictionOptions{}, "jsonl", []Prediction{text(1, "d2 d1", "d1")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ReadPredictions("f", []byte(tc.raw), tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Items); diff != "" || got.Format != tc.format {
				t.Errorf("format %s, want %s; - want + got:\n%s", got.Format, tc.format, diff)
			}
		})
	}
}

func TestReadPredictionsErrors(t *testing.T) {
	for _, tc := range []struct {
		name, raw string
		o         PredictionOptions
		line      int
		want      string
	}{
		{"empty", "", PredictionOptions{}, 0, "no rows"},
		{"not UTF-8", "a\n\xff", PredictionOptions{}, 2, "not UTF-8"},
		{"cut off", `{"0": {"prediction": "a"`, PredictionOptions{}, 1, "cut off"},
		{"no answer", "{\"id\": 1, \"gold\": \"a\"}\n", PredictionOptions{}, 1, "no answer: none of the fields prediction"},
		{"no answer in the second row", "{\"output\": \"a\", \"n\": 1}\n{\"n\": 1}", PredictionOptions{}, 2, "the row has n"},
		{"no such field", `{"output": "a", "n": 1}`, PredictionOptions{TextField: "x"}, 1, "none of the fields x"},
		{"id twice", "{\"id\": 1, \"output\": \"a\"}\n{\"id\": \"1\", \"output\": \"b\"}", PredictionOptions{}, 2, "first in line 1"},
		{"no reference", "{\"id\": 1}", PredictionOptions{References: true}, 1, "no reference"},
		{"the answer is no reference of another name", `{"prediction": "a", "reference": "b"}`, PredictionOptions{References: true, GoldField: "refrence"}, 1, "no reference"},
		{"the answer is no reference that is null", `{"prediction": "a", "gold": null}`, PredictionOptions{References: true}, 1, "no reference"},
		{"the answer is no reference that one row lacks", "{\"prediction\": \"a\", \"gold\": \"a\"}\n{\"prediction\": \"b\", \"n\": 1}", PredictionOptions{References: true}, 2, "no reference"},
		{"a response is no target", `{"doc_id": "1", "doc_hash": "", "prompt_hash": "", "verdict": "", "response": "a"}`, PredictionOptions{References: true}, 1, "no reference"},
		{"a prediction is no gold", `{"0": {"prediction": "a"}}`, PredictionOptions{References: true}, 1, "no reference"},
		{"no such id", "{\"id\": 1, \"output\": \"a\"}", PredictionOptions{IDField: "ident"}, 1, "no id; the row has id, output"},
		{"no such id of references", "{\"id\": 1, \"gold\": \"a\"}", PredictionOptions{IDField: "ident", References: true}, 1, "no id"},
		{"no such id in one row", "{\"ident\": 1, \"output\": \"a\"}\n{\"ident\": null, \"output\": \"a\"}", PredictionOptions{IDField: "ident"}, 2, "no id"},
		{"answer that is an array of arrays", `{"output": [["a"]]}`, PredictionOptions{}, 1, "want a string"},
		{"several models", `{"query": "q", "answer": "a", "response_x": "1", "response_y": "2"}`, PredictionOptions{}, 1, "several models"},
		{"several filters", "{\"resps\":[],\"filtered_resps\":[\"x\"],\"filter\":\"a\"}\n{\"resps\":[],\"filtered_resps\":[\"x\"],\"filter\":\"b\"}", PredictionOptions{}, 1, "several filters: a, b"},
		{"no such filter", `{"resps":[],"filtered_resps":["x"],"filter":"a"}`, PredictionOptions{Filter: "b"}, 1, `no filter "b"`},
		{"several answers", `{"resps":[],"filtered_resps":["x","y"]}`, PredictionOptions{}, 1, "2 answers"},
		{"nothing to choose", `{"resps":[],"filtered_resps":[["-1","False"]]}`, PredictionOptions{}, 1, "nothing to choose"},
		{"log-likelihood that is none", `{"resps":[],"filtered_resps":[["NaN","False"],["-1","True"]]}`, PredictionOptions{}, 1, "no log-likelihood"},
		{"no cluster", `{"output": "a", "n": 1}`, PredictionOptions{Cluster: "text"}, 1, "missing"},
		{"map forced on rows", "{\"a\": \"b\"}\n{\"a\": \"c\"}", PredictionOptions{Format: "map"}, 2, "more than one object"},
		{"numbers", "[1, 2]", PredictionOptions{Format: "jsonl"}, 1, "want an object"},
		{"unknown format", `{"output": "a"}`, PredictionOptions{Format: "xml"}, -1, `format "xml": want llama4-eval, lm-eval`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := ReadPredictions("f", []byte(tc.raw), tc.o)
			if err == nil {
				t.Fatalf("no error; %+v", p)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			var at *Error
			if errors.As(err, &at) != (tc.line >= 0) || at != nil && at.Line != tc.line {
				t.Errorf("error %v, want line %d", err, tc.line)
			}
		})
	}
}

// TestReadPredictionsTruncated cuts a file at every byte: it is either whole or an error, but never fewer items.
func TestReadPredictionsTruncated(t *testing.T) {
	const whole = `{"0": {"prediction": "一", "gold": "二"}, "1": {"prediction": "三", "gold": ["四"]}}`
	for n := range len(whole) {
		if p, err := ReadPredictions("f", []byte(whole[:n]), PredictionOptions{}); err == nil {
			t.Errorf("cut to %q: %+v", whole[:n], p)
		}
	}
}

func TestPythonStrings(t *testing.T) {
	for in, want := range map[string][]string{
		`['a', 'b']`: {"a", "b"}, `["it's"]`: {"it's"}, `['\'\n\\']`: {"'\n\\"}, `[]`: nil, `['a' 'b']`: nil, `['a',]`: nil, `['a`: nil, `['\x41']`: nil,
		`[1]`: nil, `a`: nil, `['a'] b`: nil, ` ['一'] `: {"一"}, `['\`: nil,
	} {
		if got, ok := pythonStrings(in); ok != (want != nil) || ok && !slices.Equal(got, want) {
			t.Errorf("%s: %q %t, want %q", in, got, ok, want)
		}
	}
}

// FuzzReadPredictions looks for panics, and for files that are taken but not whole.
func FuzzReadPredictions(f *testing.F) {
	f.Add([]byte(`{"0": {"prediction": "a", "gold": ["b"]}}`), false)
	f.Add([]byte("{\"resps\":[],\"filtered_resps\":[[\"-1\",\"True\"],[\"-2\",\"False\"]],\"target\":\"['a']\"}"), false)
	f.Add([]byte("{\"label\": {\"name\": {\"x\": [[0,0]]}}}\n{\"label\": {}}"), true)
	f.Add([]byte("一\n二"), true)
	f.Add([]byte(`[{"query":"q","answer":"a","response_x":null}]`), false)
	f.Fuzz(func(t *testing.T, raw []byte, references bool) {
		for _, format := range []string{"", "lm-eval", "opencompass", "map", "clongeval", "jsonl"} {
			p, err := ReadPredictions("f", raw, PredictionOptions{Format: format, References: references})
			if err != nil {
				continue
			}
			for _, item := range p.Items {
				if references && len(item.Golds) == 0 || !references && !item.HasText || item.Line < 1 {
					t.Fatalf("format %s: %+v", p.Format, item)
				}
			}
		}
	})
}
