package tokenizer_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/gguf"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// gemmaJSON writes the vocabulary of Gemma's GGUF file as a tokenizer.json in the layout that Hugging Face publishes:
// a merge for every division of a token into two tokens, best score of the result first.
func gemmaJSON(t *testing.T, path string) []byte {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	get := func(key string) any {
		v, ok := f.Meta(key)
		if !ok {
			t.Fatalf("%s is missing", key)
		}
		return v
	}
	texts := get("tokenizer.ggml.tokens").([]string)
	scores := slices.Clone(get("tokenizer.ggml.scores").([]float32))
	types := get("tokenizer.ggml.token_type").([]int32)

	type added struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	}
	var addedTokens []added
	vocab := make(map[string]int, len(texts))
	for id, text := range texts {
		if types[id] == 4 { // the GGUF converter wrote spaces for U+2581; SentencePiece ranks these tokens first
			text = strings.ReplaceAll(text, " ", "▁")
			scores[id] = 1
		}
		vocab[text] = id
		if types[id] == 3 || types[id] == 4 {
			addedTokens = append(addedTokens, added{id, text, types[id] == 3})
		}
	}
	type merge struct {
		left, right string
		score       float32
	}
	var merges []merge
	for text, id := range vocab {
		if types[id] != 1 && types[id] != 4 {
			continue
		}
		for i := range text {
			if i == 0 {
				continue
			}
			_, left := vocab[text[:i]]
			_, right := vocab[text[i:]]
			if left && right {
				merges = append(merges, merge{text[:i], text[i:], scores[id]})
			}
		}
	}
	slices.SortFunc(merges, func(a, b merge) int {
		if a.score != b.score {
			if a.score > b.score {
				return -1
			}
			return 1
		}
		if n := len(b.left) - len(a.left); n != 0 {
			return n
		}
		return strings.Compare(a.left+" "+a.right, b.left+" "+b.right)
	})
	pairs := make([][2]string, len(merges))
	for i, m := range merges {
		pairs[i] = [2]string{m.left, m.right}
	}
	special := map[string]any{"SpecialToken": map[string]any{"id": "<bos>", "type_id": 0}}
	text := map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}}
	data, err := json.Marshal(map[string]any{
		"added_tokens":   addedTokens,
		"normalizer":     map[string]any{"type": "Replace", "pattern": map[string]any{"String": " "}, "content": "▁"},
		"pre_tokenizer":  map[string]any{"type": "Split", "pattern": map[string]any{"String": " "}, "behavior": "MergedWithPrevious", "invert": false},
		"post_processor": map[string]any{"type": "TemplateProcessing", "single": []any{special, text}},
		"model": map[string]any{
			"type": "BPE", "dropout": nil, "unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true,
			"ignore_merges": false, "vocab": vocab, "merges": pairs,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestGemmaJSON reads Gemma's vocabulary in the layout of tokenizer.json and compares with llama.cpp's ids.
func TestGemmaJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: a tokenizer.json of 30 MB")
	}
	cases := readCases(t, golden.Shared(t, "fixtures", "real-models", "gemma3-tokens.jsonl"))
	tok, err := tokenizer.FromJSON(tokenizer.Files{
		TokenizerJSON:    gemmaJSON(t, golden.Model(t, gemma3)),
		TokenizerConfig:  []byte(`{"bos_token": "<bos>", "eos_token": {"content": "<eos>"}, "add_bos_token": true, "chat_template": "T"}`),
		GenerationConfig: []byte(`{"eos_token_id": [1, 106]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		// Here "</s>" is the HTML tag that the vocabulary says it is; llama.cpp does not find it in text.
		if got := tok.Encode(c.Text); !slices.Equal(got, c.IDs) && !strings.Contains(c.Text, "</s>") {
			t.Errorf("text %q (-want +got):\n%s", c.Text, cmp.Diff(c.IDs, got))
		}
	}
	if got, want := tok.Encode("<s>a</s>"), []int32{203, 236746, 212}; !slices.Equal(got, want) {
		t.Errorf("Encode of HTML tags = %v, want %v", got, want)
	}
	if bos, add := tok.BOS(); bos != 2 || !add || tok.EOS() != 1 || !slices.Equal(tok.EndTokens(), []int32{1, 106}) {
		t.Errorf("BOS %d %t, EOS %d, end tokens %v", bos, add, tok.EOS(), tok.EndTokens())
	}
	if tok.Model() != tokenizer.SPM || tok.Pre() != "" || tok.ChatTemplate() != "T" {
		t.Errorf("Model %q, Pre %q, ChatTemplate %q", tok.Model(), tok.Pre(), tok.ChatTemplate())
	}
}
