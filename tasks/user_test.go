package tasks

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
)

// docExamples are the files that docs/tasks.md shows: a name in backquotes and a colon, then a block.
func docExamples(t *testing.T) map[string]string {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "docs", "tasks.md"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)\n`([a-z_]+\\.[a-z]+)`:\n\n```[a-z]+\n(.*?)```\n").FindAllStringSubmatch(string(doc), -1) {
		out[m[1]] = m[2]
	}
	if len(out) < 7 {
		t.Fatalf("docs/tasks.md has %d example files", len(out))
	}
	return out
}

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The examples of the documentation are tasks that load, ask what is expected, and judge a right answer as right.
func TestDocumentedTasks(t *testing.T) {
	dir := writeFiles(t, docExamples(t))
	var b strings.Builder
	for _, name := range []string{"quiz", "rent", "parties"} {
		k, err := LoadUser(filepath.Join(dir, name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := k.Load(LoadOptions{Shots: k.Shots, Dirs: []string{"elsewhere"}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "=== %s: %d rows, %d without an answer, chance %.3f, metrics %v\n", k.Name, data.Rows, data.Unlabelled, data.Chance, metricNames(k.Metrics))
		for _, s := range data.Samples {
			req := k.Prompt(s.Record, s.Shots)
			fmt.Fprintf(&b, "--- %s, tags %v\n%s⏎\n", s.ID, s.Record.Tags, req.Prompt.Text())
			if req.Letters != nil {
				fmt.Fprintf(&b, "--- by letter\n%s⏎\n", req.Letters.Prompt.Text())
			}
			fmt.Fprintf(&b, "--- target\n%s\n", s.Target)
			if v := k.Judge(s.Record, rightAnswer(k, s.Record)); v.Outcome != Correct {
				t.Errorf("%s %s: the right answer is %+v", name, s.ID, v)
			}
		}
	}
	golden.Check(t, "user-tasks.txt", []byte(b.String()))
}

// The documentation lists the rules as they are.
func TestDocumentedRules(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "docs", "tasks.md"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| answer | rule | finds |\n|---|---|---|\n")
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Sort, r.Name, strings.ReplaceAll(r.What, "|", `\|`))
	}
	if !strings.Contains(string(doc), b.String()) {
		t.Errorf("docs/tasks.md lacks this table:\n%s", b.String())
	}
}

const goodTask = `name: quiz
kind: choice
data:
  files: [quiz.jsonl]
prompt: |
  第一行
  问题：{{.question}}
  答案：
choices:
  columns: [A, B]
answer: answer
`

const goodRow = `{"question": "问", "A": "甲", "B": "乙", "answer": "A", "id": "1", "topic": "x"}` + "\n"

// Every mistake is told with the line where it stands.
func TestTaskFileErrors(t *testing.T) {
	for _, tc := range []struct{ name, old, new, says string }{
		{"unknown key", "kind: choice", "kind: choice\ncolour: red", `quiz.yaml:3: unknown field "colour"`},
		{"key twice", "kind: choice", "kind: choice\nkind: choice", `quiz.yaml:3: `},
		{"not YAML", "kind: choice", "kind: [", `quiz.yaml:`},
		{"wrong type", "kind: choice", "kind: choice\nshots: many", `quiz.yaml:3: `},
		{"name", "name: quiz", "name: a b", `quiz.yaml:1: name: "a b": want a letter`},
		{"name of a task", "name: quiz", "name: tnews", `quiz.yaml:1: name: "tnews" is the name of a built-in task`},
		{"no name", "name: quiz", "", `quiz.yaml: name: "": want`},
		{"kind", "kind: choice", "kind: chioce", `quiz.yaml:2: kind: "chioce": want choice, generate or extract`},
		{"no such file", "[quiz.jsonl]", "[other.jsonl]", `quiz.yaml:4: data.files[0]: there is no file`},
		{"file elsewhere", "[quiz.jsonl]", "[../quiz.jsonl]", `quiz.yaml:4: data.files[0]: "../quiz.jsonl": want a file below the folder`},
		{"no files", "  files: [quiz.jsonl]", "  files: []", `data.files: want at least one file`},
		{"template", "{{.question}}", "{{.question", `quiz.yaml:8: prompt: bad character`},
		{"function", "{{.question}}", "{{env}}", `quiz.yaml:7: prompt: function "env" not defined`},
		{"template in template", "{{.question}}", "{{define \"a\"}}{{end}}{{.question}}", `prompt: {{define}} and {{block}} are not for prompts`},
		{"call of itself", "{{.question}}", "{{if .A}}{{template \"prompt\" .}}{{end}}", `prompt: {{template}} is not for prompts`},
		{"loop", "{{.question}}", "{{range 9000000000}}{{end}}", `prompt: {{range}} is not for prompts`},
		{"growing text", "{{.question}}", "{{with $x := .A | printf \"%[1]s%[1]s\"}}{{end}}", `prompt: function printf is not for prompts`},
		{"long prompt", "{{.question}}", strings.Repeat("{{.huge}}", 200), `quiz.jsonl:1: `},
		{"label that is a list", "  columns: [A, B]", "  labels: {a: x, b: [y]}", `choices.labels: want texts or numbers alone`},
		{"label of a list", "  columns: [A, B]", "  labels: {a: x, b: }", `choices.labels: want texts or numbers alone`},
		{"nested aliases", "  columns: [A, B]", "  labels:\n    a: &a [x, x]\n    b: &b [*a, *a]\n    c: [*b, *b]", `quiz.yaml:12: an alias or anchor inside an anchor`},
		{"no prompt", "prompt: |\n  第一行\n  问题：{{.question}}\n  答案：\n", "", `prompt: missing`},
		{"choices twice", "  columns: [A, B]", "  columns: [A, B]\n  column: C", `quiz.yaml:10: choices: want exactly one`},
		{"one choice", "[A, B]", "[A]", `quiz.yaml:10: choices.columns: 1 columns: want 2 to 26`},
		{"no answer", "answer: answer\n", "", `answer: missing`},
		{"answer form", "answer: answer", "answer: answer\nanswer_form: word", `quiz.yaml:12: answer_form: "word": want letter, number, index, text`},
		{"metric", "answer: answer", "answer: answer\nmetrics: [acc, em]", `quiz.yaml:12: metrics[1]: "em": want each of acc, acc_norm`},
		{"key of another kind", "answer: answer", "answer: answer\nunit: 元", `quiz.yaml:12: unit: means nothing for kind choice`},
		{"too many shots", "answer: answer", "answer: answer\nshots: 1000", `quiz.yaml:12: shots: 1000: want 0 to 100`},
		// What only the data shows.
		{"no such column", "{{.question}}", "{{.query}}", `quiz.yaml:7: prompt: no column "query"; columns are A, B, answer, id, question, topic`},
		{"answer is no letter", "answer: answer", "answer: question", `quiz.jsonl:1: field "question": "问" is none of the 2 options (answer_form is letter)`},
		{"no answer column", "answer: answer", "answer: nothing", `quiz.jsonl:1: field "nothing": missing; answer of`},
		{"no column of options", "[A, B]", "[A, X]", `quiz.jsonl:1: 1 options: want 2 to 26`},
		{"no id", "answer: answer", "answer: answer\nid: number", `quiz.jsonl:1: field "number": missing; id of`},
		{"no breakdown", "answer: answer", "answer: answer\nbreakdowns: [level]", `quiz.jsonl:1: field "level": missing; breakdowns of`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Replace(goodTask, tc.old, tc.new, 1)
			if text == goodTask {
				t.Fatal("nothing is replaced")
			}
			row := strings.Replace(goodRow, `"id"`, `"huge": "`+strings.Repeat("x", 100_000)+`", "id"`, 1)
			if !strings.Contains(tc.new, ".huge") {
				row = goodRow
			}
			dir := writeFiles(t, map[string]string{"quiz.yaml": text, "quiz.jsonl": row})
			k, err := LoadUser(filepath.Join(dir, "quiz.yaml"))
			if err == nil {
				_, err = k.Load(LoadOptions{})
			}
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want it to say %q", err, tc.says)
			}
		})
	}
	t.Run("id twice", func(t *testing.T) {
		dir := writeFiles(t, map[string]string{"quiz.yaml": goodTask + "id: id\n", "quiz.jsonl": goodRow + goodRow})
		k, err := LoadUser(filepath.Join(dir, "quiz.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Load(LoadOptions{}); err == nil || !strings.Contains(err.Error(), `quiz.jsonl:2: field "id": "1" is the id of line 1 already`) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("id twice in two files", func(t *testing.T) {
		text := strings.Replace(goodTask, "[quiz.jsonl]", "[quiz.jsonl, more.jsonl]", 1)
		dir := writeFiles(t, map[string]string{"quiz.yaml": text + "id: id\n", "quiz.jsonl": goodRow, "more.jsonl": goodRow, "none.yaml": text})
		for name, says := range map[string]string{"quiz.yaml": `more.jsonl:1: field "id": "1" is the id of`, "none.yaml": ""} {
			k, err := LoadUser(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			data, err := k.Load(LoadOptions{})
			if says == "" && (err != nil || len(data.Samples) != 2 || data.Samples[1].ID != "0#2") {
				t.Errorf("%s: %+v, %v", name, data.Samples, err)
			}
			if says != "" && (err == nil || !strings.Contains(err.Error(), says) || !strings.HasSuffix(err.Error(), "quiz.jsonl:1 already")) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	})
	t.Run("several at once", func(t *testing.T) {
		text := strings.NewReplacer("name: quiz", "name: a b", "kind: choice", "kind: x").Replace(goodTask)
		_, err := parseUser(filepath.Join(writeFiles(t, map[string]string{"quiz.jsonl": goodRow}), "quiz.yaml"), []byte(text))
		if err == nil || !strings.Contains(err.Error(), ":1: name") || !strings.Contains(err.Error(), ":2: kind") {
			t.Errorf("error %v", err)
		}
	})
}

func TestUserChoiceForms(t *testing.T) {
	for _, tc := range []struct{ choices, form, row string }{
		{"columns: [A, B]", "number", `{"question":"","A":"甲","B":"乙","answer":2}`},
		{"columns: [A, B]", "index", `{"question":"","A":"甲","B":"乙","answer":1}`},
		{"columns: [A, B]", "text", `{"question":"","A":"甲","B":"乙","answer":"乙"}`},
		{"columns: [A, B, C]", "letter", `{"question":"","A":"甲","B":"乙","C":"","answer":"b"}`},
		{"column: list", "letter", `{"question":"","list":["甲","乙"],"answer":"B"}`},
		{"labels: {\"0\": 甲, \"1\": 乙}", "label", `{"question":"","answer":1}`},
	} {
		text := strings.Replace(goodTask, "columns: [A, B]", tc.choices, 1) + "answer_form: " + tc.form + "\n"
		dir := writeFiles(t, map[string]string{"quiz.yaml": text, "quiz.jsonl": tc.row})
		k, err := LoadUser(filepath.Join(dir, "quiz.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := k.Load(LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r := data.Samples[0].Record; r.Answer != 1 || !cmp.Equal(r.Choices, []string{"甲", "乙"}) {
			t.Errorf("%s, %s: %+v", tc.choices, tc.form, r)
		}
	}
}

func TestUserJudges(t *testing.T) {
	load := func(text, row string) (Task, Sample) {
		dir := writeFiles(t, map[string]string{"a.yaml": "name: a\ndata: {files: [a.jsonl]}\nprompt: 问\n" + text, "a.jsonl": row})
		k, err := LoadUser(filepath.Join(dir, "a.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := k.Load(LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return k, data.Samples[0]
	}
	for _, tc := range []struct {
		name, task, row, answer string
		outcome                 Outcome
		rule                    string
		metrics                 map[string]float64
	}{
		{"span", "kind: generate\nanswer: a", `{"a":["白塔","塔"]}`, "答案是白塔。", Correct, "mark+trim", map[string]float64{"em": 1, "f1": 1}},
		{"nothing", "kind: generate\nanswer: a", `{"a":"白塔"}`, "  ", Unparsed, "none", map[string]float64{"em": 0, "f1": 0}},
		{"whole", "kind: generate\nanswer: a\nextract: whole\nmetrics: [contains, char_f1, em]", `{"a":"白塔"}`, "是白塔", Wrong, "whole", map[string]float64{"contains": 1, "char_f1": 0.8, "em": 0}},
		{"number", "kind: generate\nanswer: a\nextract: number\nunit: 万元", `{"a":"350"}`, "答案是3,500,000元", Correct, "mark", map[string]float64{"acc_number": 1}},
		{"number, rounded", "kind: generate\nanswer: a\nextract: number\nunit: \"%\"", `{"a":12.35}`, "=12.345%", Correct, "equals", map[string]float64{"acc_number": 1}},
		{"number, other", "kind: generate\nanswer: a\nextract: number\nunit: \"%\"", `{"a":12.35}`, "12.344", Wrong, "whole", map[string]float64{"acc_number": 0}},
		{"regexp", "kind: generate\nanswer: a\nextract: regexp\npattern: \"结论[：:](.+)\"", `{"a":"白塔"}`, "想想\n结论：白塔\n结论：白塔", Correct, "regexp", map[string]float64{"em": 1, "f1": 1}},
		{"regexp, two", "kind: generate\nanswer: a\nextract: regexp\npattern: \"结论[：:](.+)\"", `{"a":"白塔"}`, "结论：黑塔\n结论：白塔", Unparsed, "several regexp", map[string]float64{"em": 0, "f1": 0}},
		{"rouge", "kind: generate\nanswer: a\nmetrics: [rouge_l, rouge_1]", `{"a":"白塔寺"}`, "白寺塔", Wrong, "whole", map[string]float64{"rouge_l": 2. / 3, "rouge_1": 1}},
		{"fields", "kind: extract\nfields: {x: a, y: b}", `{"a":"１２元","b":""}`, "```json\n{\"x\": \" 12元 \"}\n```", Correct, "fenced", map[string]float64{"exact_match": 1, "field_acc": 1, "json": 1}},
		{"fields, half", "kind: extract\nfields: {x: a, y: b}", `{"a":"甲","b":3}`, `{"x": "甲", "y": 4}`, Wrong, "whole", map[string]float64{"exact_match": 0, "field_acc": 0.5, "json": 1}},
		{"no JSON", "kind: extract\nfields: {x: a, y: b}", `{"a":"甲","b":""}`, `甲`, Unparsed, "none", map[string]float64{"exact_match": 0, "field_acc": 0, "json": 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k, s := load(tc.task, tc.row)
			v := k.Judge(s.Record, Answer{Text: tc.answer, Finish: "stop"})
			if v.Outcome != tc.outcome || v.Rule != tc.rule {
				t.Errorf("%s by %q, want %s by %q", v.Outcome, v.Rule, tc.outcome, tc.rule)
			}
			if d := cmp.Diff(tc.metrics, v.Metrics); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	// Sums over the corpus: BLEU and chrF of equal texts are 100.
	k, s := load("kind: generate\nanswer: a\nmetrics: [bleu, chrf]", `{"a":"今天天气很好"}`)
	v := k.Judge(s.Record, Answer{Text: "今天天气很好"})
	for _, m := range k.Metrics {
		if got := m.Corpus(v.Stats); got < 99.999 || got > 100.001 {
			t.Errorf("%s is %v", m.Name, got)
		}
	}
}

// FuzzTaskFile: no task file makes the reader panic, and one that is accepted has all that a run needs.
func FuzzTaskFile(f *testing.F) {
	f.Add([]byte(goodTask), []byte(goodRow))
	f.Add([]byte("name: a\nkind: extract\ndata: {files: [quiz.jsonl]}\nprompt: x\nfields: {a: b}\n"), []byte(`{"b": 1}`))
	f.Add([]byte("name: &a b\nkind: *a\n"), []byte(``))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, task, rows []byte) {
		if err := os.WriteFile(filepath.Join(dir, "quiz.jsonl"), rows, 0o644); err != nil {
			t.Fatal(err)
		}
		k, err := parseUser(filepath.Join(dir, "quiz.yaml"), task)
		if err != nil {
			return
		}
		if k.Name == "" || len(k.Metrics) == 0 || k.Judge == nil || k.Prompt == nil || k.Read == nil {
			t.Fatalf("%+v", k)
		}
		data, err := k.Load(LoadOptions{})
		if err != nil {
			return
		}
		for _, s := range data.Samples {
			k.Prompt(s.Record, nil)
			k.Judge(s.Record, Answer{Text: string(rows), Finish: "stop"})
		}
	})
}
