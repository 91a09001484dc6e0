package chat

import "github.com/llama4-eval/llama4-eval/inference/tokenizer"

const (
	headerStart = "<|header_start|>"
	headerEnd   = "<|header_end|>"
	eot         = "<|eot|>"
)

// Llama4 is the format of Llama 4 (chat template of meta-llama/Llama-4-Scout-17B-16E-Instruct):
//
//	<|begin_of_text|><|header_start|>ROLE<|header_end|>\n\nCONTENT<|eot|>
//
// Only the text of a system turn at the beginning is trimmed. There is no system turn by default.
func Llama4() *Template {
	return &Template{
		Name: "llama4", EndOfTurn: eot, Tokens: []string{llamaBOS, headerStart, headerEnd, eot},
		render: renderLlama4,
		prompt: []tokenizer.Segment{special(headerStart), text("assistant"), special(headerEnd), text("\n\n")},
	}
}

func renderLlama4(_ *Template, r *rendering, msgs []Message) error {
	r.special(llamaBOS)
	for i, m := range msgs {
		content := m.Content
		if i == 0 && m.Role == "system" {
			content = trim(content)
		}
		r.special(headerStart)
		r.text(m.Role)
		r.special(headerEnd)
		r.text("\n\n" + content)
		r.special(eot)
	}
	return nil
}
