package inference

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// says makes a fake model continue every prompt of one token with reply, token by token: the hash of what was said so far
// leads to the next token.
func says(m *fakeModel, prompt int32, reply []int32) {
	next := map[float32]int32{} // by the first logit, which the hash decides
	h := extend(0, prompt)
	for _, id := range reply {
		var logits [2]float32
		(&fakeModel{vocab: 2}).logitsOf(logits[:], h)
		next[logits[0]] = id
		h = extend(h, id)
	}
	m.after = func(logits []float32) {
		if id, ok := next[logits[0]]; ok && len(logits) > 2 {
			logits[id] = 100
		}
	}
}

func bytesOf(s string) []int32 {
	ids, _ := fakeEncode(tokenizer.Text(s))
	return ids
}

func TestGenerate(t *testing.T) {
	tests := []struct {
		name   string
		reply  []int32
		r      GenerateRequest
		text   string
		tokens int
		finish string
	}{
		{"end token", append(bytesOf("hello"), fakeEnd), GenerateRequest{}, "hello", 5, FinishStop},
		{"end token at once", []int32{fakeEnd}, GenerateRequest{}, "", 0, FinishStop},
		{"length", bytesOf("hello world"), GenerateRequest{MaxTokens: 5}, "hello", 5, FinishLength},
		{"end token at the last moment", append(bytesOf("hello"), fakeEnd), GenerateRequest{MaxTokens: 6}, "hello", 5, FinishStop},
		{"one token", bytesOf("x"), GenerateRequest{MaxTokens: 1}, "x", 1, FinishLength},
		{"stop string", bytesOf("one two\nthree"), GenerateRequest{Stop: []string{"\n"}}, "one two", 8, FinishStopString},
		{"stop string of several tokens", bytesOf("a。b\n\nc"), GenerateRequest{Stop: []string{"。c", "\n\n"}}, "a。b", 7, FinishStopString},
		{"ignored end token", append(append(bytesOf("ab"), fakeEnd), bytesOf("cd")...), GenerateRequest{IgnoreEOS: true, MaxTokens: 5}, "abcd", 5, FinishLength},
		{"cut inside a character", bytesOf("中文"), GenerateRequest{MaxTokens: 5}, "中", 5, FinishLength},
		{"control tokens have no text", append([]int32{fakeBOS}, bytesOf("a")...), GenerateRequest{MaxTokens: 2}, "a", 2, FinishLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, m := newFakeEngine(t, fakeOptions{})
			says(m, '?', tt.reply)
			tt.r.Prompt = tokenizer.Text("?")
			got, err := e.Generate(t.Context(), tt.r)
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != tt.text || got.Finish != tt.finish {
				t.Errorf("%q, %q; want %q, %q", got.Text, got.Finish, tt.text, tt.finish)
			}
			if d := cmp.Diff(tt.reply[:tt.tokens], got.Tokens); tt.tokens > 0 && d != "" {
				t.Errorf("tokens (-want +got):\n%s", d)
			}
			if got.Usage.PromptTokens != 1 || got.Usage.OutputTokens != tt.tokens || got.Usage.Total < got.Usage.TTFT {
				t.Errorf("usage %+v", got.Usage)
			}
		})
	}
}

func TestGenerateDefaults(t *testing.T) {
	e, _ := newFakeEngine(t, fakeOptions{})
	got, err := e.Generate(t.Context(), GenerateRequest{IgnoreEOS: true}) // the prefix token stands for the empty prompt
	if err != nil || len(got.Tokens) != 256 || got.Usage.PromptTokens != 1 {
		t.Errorf("%d tokens after a prompt of %d, error %v; want 256 after 1", len(got.Tokens), got.Usage.PromptTokens, err)
	}
}

func TestBadRequests(t *testing.T) {
	e, _ := newFakeEngine(t, fakeOptions{})
	ctx, text := t.Context(), tokenizer.Text("x")
	for name, f := range map[string]func() error{
		"at most -1 tokens": func() error { _, err := e.Generate(ctx, GenerateRequest{Prompt: text, MaxTokens: -1}); return err },
		"temperature -1": func() error {
			_, err := e.Generate(ctx, GenerateRequest{Prompt: text, Sampling: sample.Options{Temperature: -1}})
			return err
		},
		`no special token "<x>"`: func() error {
			_, err := e.Generate(ctx, GenerateRequest{Prompt: []tokenizer.Segment{{Text: "<x>", Special: true}}})
			return err
		},
		"without continuations": func() error { _, err := e.Score(ctx, ScoreRequest{Context: text}); return err },
		"continuation 0 is empty": func() error {
			_, err := e.Score(ctx, ScoreRequest{Context: text, Continuations: []string{""}})
			return err
		},
		"want 1 <= from < tokens": func() error { _, err := e.Rolling(ctx, RollingRequest{Windows: []Window{{count(3), 3}}}); return err },
		"window 1 of 3 tokens is scored from 0": func() error {
			_, err := e.Rolling(ctx, RollingRequest{Windows: []Window{{count(3), 1}, {count(3), 0}}})
			return err
		},
		"token 258 at index 1 is outside": func() error {
			_, err := e.Rolling(ctx, RollingRequest{Windows: []Window{{[]int32{1, fakeVocab}, 1}}})
			return err
		},
		"token -1 at index 0 is outside": func() error {
			_, err := e.Rolling(ctx, RollingRequest{Windows: []Window{{[]int32{-1, 1}, 1}}})
			return err
		},
	} {
		err := f()
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one with %q", err, name)
		}
	}
	if res, err := e.Rolling(ctx, RollingRequest{}); err != nil || len(res.LogProb) != 0 {
		t.Errorf("no windows: %+v, %v", res, err)
	}
}
