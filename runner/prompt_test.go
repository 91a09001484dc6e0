package runner

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// A system text must not take away what the task says about the form of answers.
func TestSystemTextStandsBeforeTheTasksInstruction(t *testing.T) {
	for _, c := range []struct{ name, system, task, want string }{
		{"both", "你是助手", "只回答数字", "你是助手\n\n只回答数字"},
		{"system only", "你是助手", "", "你是助手"},
		{"task only", "", "只回答数字", "只回答数字"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &renderer{system: c.system}
			segs, err := r.prompt(tasks.Prompt{System: c.task, Query: "一加一？"})
			if err != nil {
				t.Fatal(err)
			}
			want := tasks.Prompt{System: c.want, Query: "一加一？"}.Text()
			if len(segs) != 1 || segs[0].Text != want {
				t.Errorf("prompt %v, want %q", segs, want)
			}
		})
	}
}

// A choice can be asked for a free answer: of the prompt with letters, or of the plain one where there are none.
func TestChoiceByGenerate(t *testing.T) {
	for _, tc := range []struct {
		by      []string
		letters bool
		asked   []string // beginnings of the prompts of one sample
	}{
		{[]string{ByGenerate}, true, []string{"A 甲 B"}},
		{[]string{ByGenerate}, false, []string{"问题"}},
		{[]string{ByGenerate, ByLikelihood}, true, []string{"问题", "A 甲 B"}},
		{[]string{ByGenerate, ByLikelihood, ByLetter}, true, []string{"问题", "A 甲 B", "A 甲 B"}},
	} {
		o := fakeOptions(t)
		task := choiceTask()
		ask := task.Prompt
		task.Prompt = func(r datasets.Record, shots []datasets.Record) tasks.Request {
			req := ask(r, shots)
			if !tc.letters {
				req.Letters = nil
			}
			return req
		}
		var judged tasks.Answer
		task.Judge = func(r datasets.Record, a tasks.Answer) tasks.Verdict {
			judged = a
			return tasks.Verdict{Outcome: tasks.Wrong, Metrics: map[string]float64{"acc": 0}}
		}
		o.Tasks, o.Catalog, o.Suites, o.Limit, o.ChoiceBy, o.Chat = []string{"choice"}, []tasks.Task{task}, nil, "1", tc.by, ChatNever
		var asked []string
		m := newFake()
		m.gate = func(_ context.Context, prompt string) error {
			asked = append(asked, prompt)
			return nil
		}
		rec, _ := mustRun(t, o, m)
		if len(asked) != len(tc.asked) {
			t.Fatalf("%v: asked %q, want %q", tc.by, asked, tc.asked)
		}
		for i, want := range tc.asked {
			if !strings.HasPrefix(asked[i], want) {
				t.Errorf("%v: asked %q, want %q", tc.by, asked, tc.asked)
			}
		}
		if judged.Finish == "" || (len(judged.Choices) > 0) != slices.Contains(tc.by, ByLikelihood) {
			t.Errorf("%v: judged %+v", tc.by, judged)
		}
		if c := rec.Configs["choice"]; c.MaxTokens != choiceTokens || len(c.Stop) != 1 {
			t.Errorf("%+v", c)
		}
	}
}
