package tokenizer

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// corpus is what the test vocabularies are trained on.
const corpus = "the the there then the quick brown fox isn't here, it's there\n\n  你好你好世界世界你好 1234 12345 ABC ABCdef camelCase " +
	"今天天气很好。今天天气不好，明天天气很好吗？\t\tfor (i = 0; i < 10; i++) {\n\t\treturn;\n}\n🙂🙂🙂 café naïve ÉCOLE "

// train makes byte-pair merges of the corpus as cut by pre: the most frequent pair first, the lexically first of equals.
func train(pre string, n int) (merges [][2]string) {
	p, ok := preTokenizerByName(pre)
	if !ok {
		panic(pre)
	}
	var words [][]string
	p.split(corpus, func(piece string) {
		var w []string
		for i := range len(piece) {
			w = append(w, piece[i:i+1])
		}
		words = append(words, w)
	})
	for range n {
		counts := make(map[[2]string]int)
		for _, w := range words {
			for i := range len(w) - 1 {
				counts[[2]string{w[i], w[i+1]}]++
			}
		}
		best, most := [2]string{}, 0
		for pair, n := range counts {
			if n > most || n == most && slices.Compare(pair[:], best[:]) < 0 {
				best, most = pair, n
			}
		}
		if most == 0 {
			break
		}
		merges = append(merges, best)
		for k, w := range words {
			var joined []string
			for i := 0; i < len(w); i++ {
				if i+1 < len(w) && w[i] == best[0] && w[i+1] == best[1] {
					joined = append(joined, w[i]+w[i+1])
					i++
				} else {
					joined = append(joined, w[i])
				}
			}
			words[k] = joined
		}
	}
	return merges
}

// byteLevelMeta is the GGUF metadata of a trained byte-level tokenizer: 256 bytes, merged tokens, two control tokens and
// a user-defined one.
func byteLevelMeta(pre string) map[string]any {
	var tokens, merges []string
	types := []int32{}
	for b := range 256 {
		tokens = append(tokens, string(alphabetRune(byte(255-b)))) // ids are not the bytes
	}
	for _, m := range train(pre, 150) {
		l, r := alphabetEncode(m[0]), alphabetEncode(m[1])
		if slices.Contains(tokens, l+r) {
			continue
		}
		tokens = append(tokens, l+r)
		merges = append(merges, l+" "+r)
	}
	for range tokens {
		types = append(types, int32(normal))
	}
	tokens = append(tokens, "<|begin_of_text|>", "<|im_end|>", "<tool>")
	types = append(types, int32(control), int32(control), int32(userDefined))
	return map[string]any{
		"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre, "tokenizer.ggml.tokens": tokens,
		"tokenizer.ggml.token_type": types, "tokenizer.ggml.merges": merges,
		"tokenizer.ggml.bos_token_id": uint64(len(tokens) - 3), "tokenizer.ggml.eos_token_id": uint64(len(tokens) - 2),
		"tokenizer.ggml.add_bos_token": true,
	}
}

// spmMeta is the GGUF metadata of a small SentencePiece-style tokenizer.
func spmMeta() map[string]any {
	tokens := []string{"<unk>", "<s>", "</s>"}
	types := []int32{int32(unknown), int32(control), int32(control)}
	scores := []float32{0, 0, 0}
	for b := range 256 {
		tokens = append(tokens, fmt.Sprintf("<0x%02X>", b))
		types = append(types, int32(byteToken))
		scores = append(scores, 0)
	}
	add := func(kind kind, score float32, texts ...string) {
		for _, text := range texts {
			tokens = append(tokens, text)
			types = append(types, int32(kind))
			scores = append(scores, score)
		}
	}
	for i, text := range []string{"▁t", "he", "▁the", "re", "▁there", "你好", "世界", "▁▁", "an", "na", "ana", "ban", "▁ban"} {
		add(normal, -float32(i), text)
	}
	for i, char := range strings.Split("▁theranb你好世界", "") {
		add(normal, -100-float32(i), char)
	}
	add(userDefined, -1000, "\n\n", "\n", "  ", "    ", "<b>")
	return map[string]any{
		"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": types,
		"tokenizer.ggml.scores": scores,
	}
}

func fromMap(m map[string]any) (*Tokenizer, error) {
	return FromGGUF(func(key string) (any, bool) {
		v, ok := m[key]
		return v, ok
	})
}

func mustMap(m map[string]any) *Tokenizer {
	t, err := fromMap(m)
	if err != nil {
		panic(err)
	}
	return t
}

// rankFile writes a trained vocabulary as a tiktoken rank file.
func rankFile(pre string) string {
	var b strings.Builder
	n := 0
	seen := make(map[string]bool)
	add := func(piece string) {
		if seen[piece] {
			return
		}
		seen[piece] = true
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(piece)), n)
		n++
	}
	for i := range 256 {
		add(string([]byte{byte(i*7 + 3)}))
	}
	for _, m := range train(pre, 200) {
		add(m[0] + m[1])
	}
	return b.String()
}
