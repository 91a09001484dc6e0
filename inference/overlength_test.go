package inference

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

func TestTruncateTokens(t *testing.T) {
	tests := []struct {
		name  string
		n     int
		limit int
		o     Overlength
		want  []int32
		err   bool
	}{
		{"fits", 3, 3, OverlengthError, []int32{0, 1, 2}, false},
		{"error", 4, 3, OverlengthError, nil, true},
		{"left", 5, 3, OverlengthTruncateLeft, []int32{2, 3, 4}, false},
		{"middle, odd", 7, 5, OverlengthTruncateMiddle, []int32{0, 1, 2, 5, 6}, false},
		{"middle, even", 7, 4, OverlengthTruncateMiddle, []int32{0, 1, 5, 6}, false},
		{"to one", 7, 1, OverlengthTruncateMiddle, []int32{0}, false},
		{"to none", 7, 0, OverlengthTruncateLeft, []int32{}, false},
		{"below none", 7, -1, OverlengthTruncateLeft, nil, true},
		{"unknown policy", 7, 1, Overlength(9), nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := TruncateTokens(count(tt.n), tt.limit, tt.o)
			if d := cmp.Diff(tt.want, got); d != "" || (err != nil) != tt.err {
				t.Errorf("error %v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestTruncatePrompt(t *testing.T) {
	special := func(s string) tokenizer.Segment { return tokenizer.Segment{Text: s, Special: true} }
	chat := []tokenizer.Segment{special("<bos>"), {Text: "sys"}, special("<end>"), {Text: "0123456789"}, special("<end>"), {Text: "yes"}}
	tests := []struct {
		name  string
		segs  []tokenizer.Segment
		limit int
		o     Overlength
		want  string
		cut   int
		err   string
	}{
		{"fits", chat, 19, OverlengthError, "<sys>0123456789>yes", 0, ""},
		{"error", chat, 18, OverlengthError, "", 0, "19 tokens do not fit the context of 18"},
		{"left", chat, 15, OverlengthTruncateLeft, "<sys>456789>yes", 4, ""},
		{"middle", chat, 14, OverlengthTruncateMiddle, "<sys>01289>yes", 5, ""},
		{"to one token of text", chat, 10, OverlengthTruncateLeft, "<sys>9>yes", 9, ""},
		{"nothing would stay", chat, 9, OverlengthTruncateLeft, "", 0, "do not fit"},
		{"one text", tokenizer.Text("0123456789"), 4, OverlengthTruncateMiddle, "0189", 6, ""},
		{"no room at all", tokenizer.Text("0123456789"), -5, OverlengthTruncateLeft, "", 0, "10 tokens do not fit the context of 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, err := fakeEncode(tt.segs)
			if err != nil {
				t.Fatal(err)
			}
			got, cut, err := truncatePrompt(tt.segs, ids, tt.limit, tt.o, fakeEncode)
			checkError(t, err, tt.err)
			if show := showFake(got); show != tt.want || cut != tt.cut {
				t.Errorf("%q, %d cut; want %q, %d", show, cut, tt.want, tt.cut)
			}
			var c *ContextError
			if err != nil && !errors.As(err, &c) {
				t.Errorf("error %v is not a *ContextError", err)
			}
		})
	}
}

// showFake spells the BOS as "<" and end tokens as ">".
func showFake(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		switch id {
		case fakeBOS:
			b.WriteByte('<')
		case fakeEnd:
			b.WriteByte('>')
		default:
			b.WriteByte(byte(id))
		}
	}
	return b.String()
}

// TestTruncationLeavesBOS uses a tokenizer that puts the BOS there itself.
func TestTruncationLeavesBOS(t *testing.T) {
	encode := func(segs []tokenizer.Segment) ([]int32, error) {
		ids, err := fakeEncode(segs)
		return append([]int32{fakeBOS}, ids...), err
	}
	ids, _ := encode(tokenizer.Text("0123456789"))
	got, cut, err := truncatePrompt(tokenizer.Text("0123456789"), ids, 4, OverlengthTruncateLeft, encode)
	if err != nil || showFake(got) != "<789" || cut != 7 {
		t.Errorf("%q, %d cut, error %v", showFake(got), cut, err)
	}
}

func TestContextOfRequests(t *testing.T) {
	e, _ := newFakeEngine(t, fakeOptions{pages: 64, rows: 64, jobs: 4, context: 100})
	ctx := t.Context()
	var c *ContextError
	text := func(n int) []tokenizer.Segment { return tokenizer.Text(strings.Repeat("x", n)) }

	// The last token of a continuation is not run: 98 + 3 tokens take 100 positions.
	if _, err := e.Score(ctx, ScoreRequest{Context: text(98), Continuations: []string{"a", "abc"}}); err != nil {
		t.Errorf("score that just fits: %v", err)
	}
	_, err := e.Score(ctx, ScoreRequest{Context: text(99), Continuations: []string{"a", "abc"}})
	if !errors.As(err, &c) || *c != (ContextError{Tokens: 101, Limit: 100}) {
		t.Errorf("score of 101 positions: %v", err)
	}
	res, err := e.Score(ctx, ScoreRequest{Context: text(150), Continuations: []string{"a", "abc"}, Overlength: OverlengthTruncateMiddle})
	if err != nil || res.Usage.PromptTokens != 98 || res.Usage.TruncatedTokens != 52 {
		t.Errorf("truncated score: %+v, %v", res.Usage, err)
	}

	if _, err = e.Rolling(ctx, RollingRequest{Windows: []Window{{count(101), 1}}}); err != nil {
		t.Errorf("window that just fits: %v", err)
	}
	if _, err = e.Rolling(ctx, RollingRequest{Windows: []Window{{count(102), 1}}}); !errors.As(err, &c) {
		t.Errorf("window of 101 positions: %v", err)
	}

	gen, err := e.Generate(ctx, GenerateRequest{Prompt: text(97), MaxTokens: 10, IgnoreEOS: true})
	if err != nil || gen.Finish != FinishContext || len(gen.Tokens) != 4 {
		t.Errorf("generation into the end of the context: %d tokens, %q, %v", len(gen.Tokens), gen.Finish, err)
	}
	gen, err = e.Generate(ctx, GenerateRequest{Prompt: text(100), MaxTokens: 10, IgnoreEOS: true})
	if err != nil || gen.Finish != FinishContext || len(gen.Tokens) != 1 {
		t.Errorf("generation after a full context: %d tokens, %q, %v", len(gen.Tokens), gen.Finish, err)
	}
	if _, err = e.Generate(ctx, GenerateRequest{Prompt: text(101)}); !errors.As(err, &c) || *c != (ContextError{Tokens: 101, Limit: 100}) {
		t.Errorf("prompt of 101 tokens: %v", err)
	}
	gen, err = e.Generate(ctx, GenerateRequest{Prompt: text(101), MaxTokens: 10, IgnoreEOS: true, Overlength: OverlengthTruncateLeft})
	if err != nil || gen.Finish != FinishLength || gen.Usage.PromptTokens != 91 || gen.Usage.TruncatedTokens != 10 || len(gen.Tokens) != 10 {
		t.Errorf("truncated prompt: %+v, %q, %v", gen.Usage, gen.Finish, err)
	}
	gen, err = e.Generate(ctx, GenerateRequest{Prompt: text(101), MaxTokens: 500, IgnoreEOS: true, Overlength: OverlengthTruncateLeft})
	if err != nil || gen.Finish != FinishContext || gen.Usage.PromptTokens != 50 || len(gen.Tokens) != 51 {
		t.Errorf("truncated prompt, long answer: %+v, %q, %v", gen.Usage, gen.Finish, err)
	}
}
