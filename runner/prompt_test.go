package runner

import (
	"testing"

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
