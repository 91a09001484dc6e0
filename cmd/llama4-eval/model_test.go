package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/llama4-eval/llama4-eval/inference/gguf/gguftest"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// chatMLTemplate is the part of a template that tells its family.
const chatMLTemplate = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant
`

// writeModels writes the models that scripts run: tiny.gguf, a base model whose tokens are the 256 bytes and three special
// tokens, tiny-chat.gguf, the same with a chat template, and tiny-bos.gguf, the same as the first with a BOS in front of every prompt. Their weights are random, so their answers are arbitrary, and the
// same on every machine only in shape.
func writeModels(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, model := range map[string][]byte{"tiny.gguf": tinyModel(""), "tiny-chat.gguf": tinyModel(chatMLTemplate), "tiny-bos.gguf": tinyModelBOS()} {
		if err := os.WriteFile(filepath.Join(dir, name), model, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func tinyModel(template string) []byte { return tinyBuilder(template).Bytes() }

func tinyModelBOS() []byte {
	b := tinyBuilder("")
	b.Set("tokenizer.ggml.bos_token_id", uint32(256))
	b.Set("tokenizer.ggml.add_bos_token", true)
	return b.Bytes()
}

func tinyBuilder(template string) *gguftest.Builder {
	const hidden, ffn, heads, kvHeads, layers, context = 32, 64, 2, 1, 2, 8192
	tokens := make([]string, 0, 259)
	types := make([]int32, 0, 259)
	for b := range 256 {
		tokens, types = append(tokens, string(byteCharacter(byte(b)))), append(types, 1)
	}
	for _, special := range []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"} {
		tokens, types = append(tokens, special), append(types, 3)
	}
	b := gguftest.New("llama")
	b.Set("general.name", "tiny")
	b.Set("general.file_type", uint32(0))
	b.Set("llama.block_count", uint32(layers))
	b.Set("llama.context_length", uint32(context))
	b.Set("llama.embedding_length", uint32(hidden))
	b.Set("llama.feed_forward_length", uint32(ffn))
	b.Set("llama.attention.head_count", uint32(heads))
	b.Set("llama.attention.head_count_kv", uint32(kvHeads))
	b.Set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	b.Set("llama.rope.freq_base", float32(10000))
	b.Set("tokenizer.ggml.model", "gpt2")
	b.Set("tokenizer.ggml.pre", "qwen2")
	b.Set("tokenizer.ggml.tokens", tokens)
	b.Set("tokenizer.ggml.token_type", types)
	b.Set("tokenizer.ggml.merges", []string{})
	if template == "" {
		b.Set("tokenizer.ggml.eos_token_id", uint32(256))
	} else {
		b.Set("tokenizer.ggml.eos_token_id", uint32(258))
		b.Set("tokenizer.chat_template", template)
	}

	rng := rand.New(rand.NewPCG(3, 4))
	weights := func(name string, rows, width int) {
		values := make([]float32, rows*width)
		for i := range values {
			values[i] = float32(rng.NormFloat64() * 0.2)
		}
		b.Quantized(name, tensor.F32, []int{rows, width}, values...)
	}
	norm := func(name string) {
		values := make([]float32, hidden)
		for i := range values {
			values[i] = 1
		}
		b.F32(name, []int{hidden}, values...)
	}
	kv := hidden / heads * kvHeads
	weights("token_embd.weight", len(tokens), hidden)
	for _, layer := range []string{"blk.0.", "blk.1."} {
		norm(layer + "attn_norm.weight")
		weights(layer+"attn_q.weight", hidden, hidden)
		weights(layer+"attn_k.weight", kv, hidden)
		weights(layer+"attn_v.weight", kv, hidden)
		weights(layer+"attn_output.weight", hidden, hidden)
		norm(layer + "ffn_norm.weight")
		weights(layer+"ffn_gate.weight", ffn, hidden)
		weights(layer+"ffn_up.weight", ffn, hidden)
		weights(layer+"ffn_down.weight", hidden, ffn)
	}
	norm("output_norm.weight")
	return b
}

// byteCharacter is the character that a byte-level vocabulary writes for a byte: printable bytes stand for themselves, the
// others for U+0100 onwards in order (the table of GPT-2).
func byteCharacter(b byte) rune {
	printable := func(b byte) bool { return b >= 33 && b <= 126 || b >= 161 && b != 173 }
	if printable(b) {
		return rune(b)
	}
	r := rune(0x100)
	for c := range b {
		if !printable(c) {
			r++
		}
	}
	return r
}
