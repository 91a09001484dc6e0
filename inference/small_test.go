package inference

import (
	"math/rand/v2"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/gguf/gguftest"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// smallModel writes a model of some dozen pages of memory with random weights, whose tokens are the printable characters of ASCII.
func smallModel(t *testing.T, context uint32) string {
	t.Helper()
	const hidden, ffn, layers = 64, 96, 2
	b := gguftest.New("llama")
	for key, v := range map[string]uint32{"block_count": layers, "context_length": context, "embedding_length": hidden, "feed_forward_length": ffn, "attention.head_count": 2} {
		b.Set("llama."+key, v)
	}
	b.Set("llama.attention.layer_norm_rms_epsilon", float32(1e-5))
	var tokens []string
	for c := '!'; c <= '~'; c++ {
		tokens = append(tokens, string(c))
	}
	b.Set("tokenizer.ggml.model", "gpt2")
	b.Set("tokenizer.ggml.pre", "qwen2")
	b.Set("tokenizer.ggml.tokens", tokens)
	b.Set("tokenizer.ggml.merges", []string{})
	b.Set("tokenizer.ggml.eos_token_id", uint32(0))
	rng := rand.New(rand.NewPCG(5, 6))
	weights := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(rng.NormFloat64() * 0.2)
		}
		b.Quantized(name, tensor.F32, shape, values...)
	}
	weights("token_embd.weight", len(tokens), hidden)
	for _, block := range []string{"blk.0.", "blk.1."} {
		weights(block+"attn_norm.weight", hidden)
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			weights(block+name+".weight", hidden, hidden)
		}
		weights(block+"ffn_norm.weight", hidden)
		weights(block+"ffn_gate.weight", ffn, hidden)
		weights(block+"ffn_up.weight", ffn, hidden)
		weights(block+"ffn_down.weight", hidden, ffn)
	}
	weights("output_norm.weight", hidden)
	return b.WriteFile(t, "small.gguf")
}
