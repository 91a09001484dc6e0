// Package chat renders conversations as the prompts that instruct models were trained on.
//
//   - Message: one turn of a conversation.
//   - Template: one family's format. Render gives tokenizer segments: the template's own special tokens are special segments,
//     what the messages say is text and stays text, even where it spells a special token.
//   - All: Llama 4, Llama 3, Llama 3.1, Gemma 3, Gemma 2, SmolLM2, Qwen2.5, Qwen2 and plain ChatML, one file each family.
//   - Detect: finds the template that a model file's Jinja text stands for; ForVocabulary goes by the special tokens alone.
//   - Instruct: whether a model with a template was trained to follow it.
//
// The templates are written in Go after the published ones. Jinja is not interpreted: a file can't bring code, and a
// template that is not known is not guessed. Tools, images and thinking are not rendered.
//
//	t, ok := chat.Detect(tok.ChatTemplate(), "qwen2", tok.HasSpecial)
//	segs, err := t.Render([]chat.Message{{Role: "user", Content: "你好"}}, true)
//	ids, err := tok.EncodePrompt(segs)
package chat
