package tasks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
)

// fixtureOf names the fixture that prompts are rendered from.
var fixtureOf = map[string]string{
	"tnews": "tnews/dev.json", "ocnli": "ocnli/dev.json", "eprstmt": "eprstmt/dev.json", "c3": "c3/c3-d-dev.json",
	"afqmc": "afqmc/dev.json", "bustm": "bustm/dev_few_all.json", "cmnli": "cmnli/cmnli_public/dev.json", "cluewsc": "cluewsc2020_public/dev.json",
	"csl": "csl/dev.json", "csl_text": "csl/dev.json", "csldcp": "csldcp/dev_0.json", "iflytek": "iflytek/dev.json", "chid": "fewclue/chid/dev_few_all.json", "chid_text": "fewclue/chid/dev_few_all.json", "drcd": "drcd/dev.json",
	"cmrc2018": "cmrc2018/data/cmrc2018_dev.json", "cluener": "cluener/dev.json",
	"lawbench_1_2": "lawbench/1-2.json", "lawbench_2_6": "lawbench/2-6.json", "fineva_clause": "fineva/clause.csv", "fineva_attribute": "fineva/attribute.csv",
	"openfindata_compute": "openfindata/exam.json", "openfindata_extract": "openfindata/exam.json", "openfindata_term": "openfindata/exam.json",
	"openfindata_intent": "openfindata/exam.json", "openfindata_entity": "openfindata/exam.json", "openfindata_notice": "openfindata/notice.json",
	"fineva_compute": "fineva/compute.csv", "fineva_term": "fineva/term.csv", "fineva_accounting": "fineva/accounting_dev.csv",
	"financeiq": "financeiq/planner.csv", "disc_computing": "disc/computing_part.json",
}

// promptRecords are two records of a task or more, of which the first two share no text: of its fixture, of its files below testdata, or made ones.
func promptRecords(t *testing.T, k Task) []datasets.Record {
	t.Helper()
	if name, ok := fixtureOf[k.Name]; ok {
		return readFixture(t, k, name).Records
	}
	if len(k.Files) == 0 {
		made := k.Make(1, 10).Records
		if k.Family == "polysemy" { // the second is the first with its options in reverse order
			made = slices.Delete(made, 1, 2)
		}
		return made
	}
	l, err := k.Load(LoadOptions{Dirs: []string{"testdata"}})
	if err != nil {
		t.Fatal(err)
	}
	return []datasets.Record{l.Samples[0].Record, l.Samples[1].Record}
}

// The goldens show a prompt in all its forms: as a base model gets it with and without an example, by letter, and the turns of a
// conversation. A change here means a new Version of the task.
func TestPromptGoldens(t *testing.T) {
	for _, k := range short() {
		t.Run(k.Name, func(t *testing.T) {
			records := promptRecords(t, k)
			var b strings.Builder
			section := func(title, text string) { fmt.Fprintf(&b, "=== %s\n%s◁\n", title, text) }
			fmt.Fprintf(&b, "%s, version %d\n", k.Name, k.Version)
			plain, one := k.Prompt(records[0], nil), k.Prompt(records[0], records[1:2])
			section("base", plain.Prompt.Text())
			section("base, one example", one.Prompt.Text())
			section("system", one.Prompt.System)
			for _, s := range one.Prompt.Shots {
				section("user", s.Query)
				section("assistant", s.Answer)
			}
			section("user", one.Prompt.Query)
			if plain.Letters != nil {
				section("by letter", plain.Letters.Prompt.Text())
				section("by letter, one example", one.Letters.Prompt.Text())
				fmt.Fprintf(&b, "letters: %q\n", plain.Letters.Names)
			}
			fmt.Fprintf(&b, "choices: %q\nmax tokens: %d, stop: %q\n", plain.Choices, plain.MaxTokens, plain.Stop)
			golden.Check(t, k.Name+".txt", []byte(b.String()))
		})
	}
}

// A query ends where the answer begins: a blank there would be part of a token that a model has never seen apart from its word.
func TestPromptsEndWhereAnswersBegin(t *testing.T) {
	for _, k := range short() {
		for _, r := range k.Make(2, 40).Records {
			req := k.Prompt(r, []datasets.Record{r})
			prompts := []Prompt{req.Prompt}
			if req.Letters != nil {
				prompts = append(prompts, req.Letters.Prompt)
				if len(req.Letters.Names) != len(req.Choices) {
					t.Errorf("%s: %d letters, %d choices", k.Name, len(req.Letters.Names), len(req.Choices))
				}
			}
			for _, p := range prompts {
				for _, text := range []string{p.Query, p.Text(), p.Shots[0].Query} {
					if strings.TrimSpace(text) != text || !strings.HasSuffix(text, "：") {
						t.Fatalf("%s: %q", k.Name, text)
					}
				}
				if a := p.Shots[0].Answer; strings.TrimSpace(a) != a || a == "" {
					t.Fatalf("%s: answer %q", k.Name, a)
				}
				if p.Query != p.Shots[0].Query {
					t.Fatalf("%s: an example is asked in another way: %q, %q", k.Name, p.Query, p.Shots[0].Query)
				}
			}
			if (k.Kind == Generate || k.Kind == Extract) && (req.MaxTokens <= 0 || len(req.Stop) == 0) {
				t.Fatalf("%s: an answer without end", k.Name)
			}
			if k.Kind == Choice && (len(req.Choices) < 2 || (req.Letters == nil) == slices.ContainsFunc(k.Metrics, func(m Metric) bool { return m.Name == "acc_letter" })) {
				t.Fatalf("%s: %d choices, letters %v", k.Name, len(req.Choices), req.Letters)
			}
		}
	}
}

func TestPromptText(t *testing.T) {
	for _, tc := range []struct {
		name string
		p    Prompt
		want string
	}{
		{"query alone", Prompt{Query: "问："}, "问："},
		{"system", Prompt{System: "说明。", Query: "问："}, "说明。\n\n问："},
		{"examples", Prompt{System: "说明。", Shots: []Shot{{"甲：", "一"}, {"乙：", "二"}}, Query: "丙："}, "说明。\n\n甲：一\n\n乙：二\n\n丙："},
	} {
		if got := tc.p.Text(); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}
