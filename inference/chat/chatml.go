package chat

import "github.com/llama4-eval/llama4-eval/inference/tokenizer"

const (
	imStart = "<|im_start|>"
	imEnd   = "<|im_end|>"
)

// ChatML is the format as such, without a system turn of its own:
//
//	<|im_start|>ROLE\nCONTENT<|im_end|>\n
func ChatML() *Template { return chatML("chatml", "") }

// SmolLM2 is ChatML with the system text of SmolLM2 (tokenizer_config.json of HuggingFaceTB/SmolLM2-135M-Instruct).
func SmolLM2() *Template {
	return chatML("smollm2", "You are a helpful AI assistant named SmolLM, trained by Hugging Face")
}

// Qwen25 is ChatML with the system text of Qwen2.5 (tokenizer_config.json of Qwen/Qwen2.5-0.5B-Instruct).
func Qwen25() *Template {
	return chatML("qwen2.5", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.")
}

// Qwen2 is ChatML with the system text of Qwen2 (tokenizer_config.json of Qwen/Qwen2-0.5B-Instruct).
func Qwen2() *Template { return chatML("qwen2", "You are a helpful assistant.") }

func chatML(name, system string) *Template {
	return &Template{
		Name: name, EndOfTurn: imEnd, Tokens: []string{imStart, imEnd}, System: system,
		render: renderChatML,
		prompt: []tokenizer.Segment{special(imStart), text("assistant\n")},
	}
}

func renderChatML(t *Template, r *rendering, msgs []Message) error {
	turn := func(role, content string) {
		r.special(imStart)
		r.text(role + "\n" + content)
		r.special(imEnd)
		r.text("\n")
	}
	if t.System != "" && msgs[0].Role != "system" {
		turn("system", t.System)
	}
	for _, m := range msgs {
		turn(m.Role, m.Content)
	}
	return nil
}
