package chat

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

const (
	gemmaBOS   = "<bos>"
	gemmaStart = "<start_of_turn>"
	gemmaEnd   = "<end_of_turn>"
)

// Gemma3 is the format of Gemma 3 (chat template of google/gemma-3-1b-it):
//
//	<bos><start_of_turn>ROLE\nCONTENT<end_of_turn>\n
//
// ROLE is user or model; the two alternate and the user begins. Content is trimmed. There is no system turn: system text
// and an empty line stand before the first user text.
func Gemma3() *Template { return gemma("gemma3", renderGemma3) }

// Gemma2 is the same without system text, which the template of Gemma 1 and 2 refuses.
func Gemma2() *Template { return gemma("gemma2", renderGemma2) }

func gemma(name string, render func(*Template, *rendering, []Message) error) *Template {
	return &Template{
		Name: name, EndOfTurn: gemmaEnd, Tokens: []string{gemmaBOS, gemmaStart, gemmaEnd},
		render: render,
		prompt: []tokenizer.Segment{special(gemmaStart), text("model\n")},
	}
}

func renderGemma3(_ *Template, r *rendering, msgs []Message) error {
	if msgs[0].Role == "system" {
		if len(msgs) == 1 {
			return fmt.Errorf("a system message needs a user message after it")
		}
		return gemmaTurns(r, msgs[1:], 2, msgs[0].Content+"\n\n")
	}
	return gemmaTurns(r, msgs, 1, "")
}

func renderGemma2(_ *Template, r *rendering, msgs []Message) error {
	if msgs[0].Role == "system" {
		return fmt.Errorf("message 1 is a system message, which this family does not have")
	}
	return gemmaTurns(r, msgs, 1, "")
}

// gemmaTurns renders user and assistant turns; number is that of the first message, prefix stands before its text.
func gemmaTurns(r *rendering, msgs []Message, number int, prefix string) error {
	r.special(gemmaBOS)
	for i, m := range msgs {
		role, want := "user", "user"
		if i%2 == 1 {
			role, want = "model", "assistant"
		}
		if m.Role != want {
			return fmt.Errorf("message %d has role %s, but turns alternate and this one is the %s's", number+i, m.Role, want)
		}
		r.special(gemmaStart)
		r.text(role + "\n" + prefix + trim(m.Content))
		r.special(gemmaEnd)
		r.text("\n")
		prefix = ""
	}
	return nil
}
