package chat

import "github.com/llama4-eval/llama4-eval/inference/tokenizer"

const (
	llamaBOS    = "<|begin_of_text|>"
	startHeader = "<|start_header_id|>"
	endHeader   = "<|end_header_id|>"
	eotID       = "<|eot_id|>"
)

// llama31Dates opens the system turn of Llama 3.1 and 3.2. The published 3.1 template has this date; that of 3.2 puts the
// current date where the program that renders it offers one, and this date otherwise. It is fixed here, so that equal
// inputs give equal prompts.
const llama31Dates = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"

// Llama3 is the format of Llama 3:
//
//	<|begin_of_text|><|start_header_id|>ROLE<|end_header_id|>\n\nCONTENT<|eot_id|>
//
// Content is trimmed.
func Llama3() *Template { return llama3("llama3", renderLlama3) }

// Llama31 is the format of Llama 3.1, 3.2 and 3.3: as Llama 3, but every conversation opens with a system turn, which
// begins with two lines of dates.
func Llama31() *Template { return llama3("llama3.1", renderLlama31) }

func llama3(name string, render func(*Template, *rendering, []Message) error) *Template {
	return &Template{
		Name: name, EndOfTurn: eotID, Tokens: []string{llamaBOS, startHeader, endHeader, eotID},
		render: render,
		prompt: []tokenizer.Segment{special(startHeader), text("assistant"), special(endHeader), text("\n\n")},
	}
}

func renderLlama3(_ *Template, r *rendering, msgs []Message) error {
	r.special(llamaBOS)
	llama3Turns(r, msgs)
	return nil
}

func renderLlama31(_ *Template, r *rendering, msgs []Message) error {
	system := ""
	if msgs[0].Role == "system" {
		system, msgs = trim(msgs[0].Content), msgs[1:]
	}
	r.special(llamaBOS)
	llama3Turn(r, "system", llama31Dates+system)
	llama3Turns(r, msgs)
	return nil
}

func llama3Turns(r *rendering, msgs []Message) {
	for _, m := range msgs {
		llama3Turn(r, m.Role, trim(m.Content))
	}
}

func llama3Turn(r *rendering, role, content string) {
	r.special(startHeader)
	r.text(role)
	r.special(endHeader)
	r.text("\n\n" + content)
	r.special(eotID)
}
