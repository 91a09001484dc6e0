package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGGUFErrors loads metadata that lies.
func TestGGUFErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		spm  bool
		edit func(m map[string]any)
		want string
	}{
		{"no model", false, func(m map[string]any) { delete(m, "tokenizer.ggml.model") }, "no tokenizer.ggml.model"},
		{"unknown model", false, func(m map[string]any) { m["tokenizer.ggml.model"] = "t5" }, `tokenizer.ggml.model "t5" is not supported`},
		{"no pre", false, func(m map[string]any) { delete(m, "tokenizer.ggml.pre") }, `tokenizer.ggml.pre "" is not supported (known: gpt-2, smollm`},
		{"unknown pre", false, func(m map[string]any) { m["tokenizer.ggml.pre"] = "default" }, `tokenizer.ggml.pre "default" is not supported`},
		{"no tokens", false, func(m map[string]any) { delete(m, "tokenizer.ggml.tokens") }, "no tokenizer.ggml.tokens"},
		{"empty tokens", false, func(m map[string]any) {
			m["tokenizer.ggml.tokens"], m["tokenizer.ggml.token_type"] = []string{}, []int32{}
		}, "vocabulary is empty"},
		{"tokens of another type", false, func(m map[string]any) { m["tokenizer.ggml.tokens"] = []int32{1} }, "not an array of strings ([]int32)"},
		{"tokens with a number", false, func(m map[string]any) { m["tokenizer.ggml.tokens"] = []any{"a", 1} }, "entry 1 is not a string (int)"},
		{"too few types", false, func(m map[string]any) { m["tokenizer.ggml.token_type"] = []int32{1} }, "token_type has 1 entries for"},
		{"types of another type", false, func(m map[string]any) { m["tokenizer.ggml.token_type"] = []string{"1"} }, "token_type is not an array of integers"},
		{"type out of range", false, func(m map[string]any) {
			types := slices.Clone(m["tokenizer.ggml.token_type"].([]int32))
			types[7] = 9
			m["tokenizer.ggml.token_type"] = types
		}, "token_type: entry 7 is 9"},
		{"duplicate token", false, func(m map[string]any) {
			tokens := slices.Clone(m["tokenizer.ggml.tokens"].([]string))
			tokens[9] = tokens[3]
			m["tokenizer.ggml.tokens"] = tokens
		}, "tokens 3 and 9 are both"},
		{"no merges", false, func(m map[string]any) { delete(m, "tokenizer.ggml.merges") }, "no tokenizer.ggml.merges"},
		{"merge of unknown token", false, func(m map[string]any) {
			m["tokenizer.ggml.merges"] = []string{m["tokenizer.ggml.merges"].([]string)[0], "zzz h"}
		}, `merge 1 ("zzz" with "h"): "zzz" is not a token`},
		{"merge into unknown token", false, func(m map[string]any) { m["tokenizer.ggml.merges"] = []string{"! !", "q !"} }, `merge 0 ("!" with "!"): "!!" is not a token`},
		{"merge without a space", false, func(m map[string]any) { m["tokenizer.ggml.merges"] = []string{"th"} }, `entry 0: "th" is not two tokens`},
		{"empty merge", false, func(m map[string]any) { m["tokenizer.ggml.merges"] = []string{""} }, `entry 0: "" is not two tokens`},
		{"half a merge", false, func(m map[string]any) { m["tokenizer.ggml.merges"] = []string{"t "} }, `entry 0: "t " is not two tokens`},
		{"BOS out of range", false, func(m map[string]any) { m["tokenizer.ggml.bos_token_id"] = uint64(1 << 30) }, "BOS token 1073741824 is not in the vocabulary"},
		{"huge BOS", false, func(m map[string]any) { m["tokenizer.ggml.bos_token_id"] = uint64(math.MaxUint64) }, "is not a token id"},
		{"BOS text", false, func(m map[string]any) { m["tokenizer.ggml.bos_token_id"] = "<s>" }, "is not a token id"},
		{"EOS out of range", false, func(m map[string]any) { m["tokenizer.ggml.eos_token_id"] = uint64(1 << 30) }, "end token 1073741824 is not in the vocabulary"},
		{"EOT out of range", false, func(m map[string]any) { m["tokenizer.ggml.eot_token_id"] = int64(99999) }, "end token 99999 is not in the vocabulary"},
		{"negative EOM", false, func(m map[string]any) { m["tokenizer.ggml.eom_token_id"] = int64(-5) }, "tokenizer.ggml.eom_token_id is -5"},
		{"no scores", true, func(m map[string]any) { delete(m, "tokenizer.ggml.scores") }, "no tokenizer.ggml.scores"},
		{"too few scores", true, func(m map[string]any) { m["tokenizer.ggml.scores"] = []float32{1} }, "1 scores for"},
		{"score not a number", true, func(m map[string]any) {
			scores := slices.Clone(m["tokenizer.ggml.scores"].([]float32))
			scores[5] = float32(math.NaN())
			m["tokenizer.ggml.scores"] = scores
		}, `the score of token 5 ("<0x02>") is not a number`},
		{"byte missing", true, func(m map[string]any) {
			types := slices.Clone(m["tokenizer.ggml.token_type"].([]int32))
			types[3+0x41] = int32(unused)
			m["tokenizer.ggml.token_type"] = types
		}, "there is no byte token <0x41>"},
		{"byte token without a byte", true, func(m map[string]any) {
			types := slices.Clone(m["tokenizer.ggml.token_type"].([]int32))
			types[len(types)-1] = int32(byteToken)
			m["tokenizer.ggml.token_type"] = types
		}, `"<b>" is of type byte but does not look like <0x41>`},
		{"byte twice", true, func(m map[string]any) {
			tokens := slices.Clone(m["tokenizer.ggml.tokens"].([]string))
			tokens[3+0xAB] = "<0xac>"
			m["tokenizer.ggml.tokens"] = tokens
		}, "both stand for byte 0xAC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := byteLevelMeta("qwen2")
			if c.spm {
				m = spmMeta()
			}
			c.edit(m)
			tok, err := fromMap(m)
			if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("FromGGUF = %v, error %v, want one with %q", tok != nil, err, c.want)
			}
		})
	}
}

// TestGGUFTypes: files differ in the types of their numbers.
func TestGGUFTypes(t *testing.T) {
	want := mustMap(byteLevelMeta("qwen2"))
	types := byteLevelMeta("qwen2")["tokenizer.ggml.token_type"].([]int32)
	for _, list := range []any{
		convert[int32, int8](types), convert[int32, uint8](types), convert[int32, int16](types), convert[int32, uint16](types),
		convert[int32, uint32](types), convert[int32, int64](types), convert[int32, int](types),
	} {
		m := byteLevelMeta("qwen2")
		m["tokenizer.ggml.token_type"] = list
		if got := mustMap(m); !slices.Equal(got.tokens, want.tokens) {
			t.Errorf("token types as %T are read differently", list)
		}
	}
	for _, id := range []any{uint64(5), int64(5), 5, int32(5), uint32(5), int16(5), uint16(5), int8(5), uint8(5)} {
		m := byteLevelMeta("qwen2")
		m["tokenizer.ggml.bos_token_id"] = id
		if got, _ := mustMap(m).BOS(); got != 5 {
			t.Errorf("BOS as %T is read as %d", id, got)
		}
	}
	for _, none := range []any{int64(-1), uint64(math.MaxUint32)} {
		m := byteLevelMeta("qwen2")
		m["tokenizer.ggml.bos_token_id"] = none
		if got, add := mustMap(m).BOS(); got != -1 || add {
			t.Errorf("BOS %v is read as %d, %t", none, got, add)
		}
	}
	m := spmMeta()
	m["tokenizer.ggml.scores"] = convert[float32, float64](m["tokenizer.ggml.scores"].([]float32))
	if got := mustMap(m); !slices.Equal(got.ranks, mustMap(spmMeta()).ranks) {
		t.Error("scores as []float64 are read differently")
	}
	m = byteLevelMeta("qwen2")
	delete(m, "tokenizer.ggml.token_type")
	if got := mustMap(m); got.IsSpecial(0) {
		t.Error("without types the first token is special")
	}
}

// TestControlInMerges: a merge list cannot make a control token of text.
func TestControlInMerges(t *testing.T) {
	m := byteLevelMeta("gpt-2")
	tokens := append(slices.Clone(m["tokenizer.ggml.tokens"].([]string)), "xy", "xyz")
	m["tokenizer.ggml.tokens"] = tokens
	m["tokenizer.ggml.token_type"] = append(slices.Clone(m["tokenizer.ggml.token_type"].([]int32)), int32(control), int32(normal))
	m["tokenizer.ggml.merges"] = []string{"x y", "xy z", "x y"}
	tok := mustMap(m)
	if got, want := tok.Encode("xyz"), tok.Encode("x"+"y"+"z"); len(got) != 3 || !slices.Equal(got, want) {
		t.Errorf("Encode = %v, want three single bytes", got)
	}
}

// jsonFiles is a small Hugging Face folder with a byte-level tokenizer.
func jsonFiles() map[string]any {
	vocab := make(map[string]any)
	for b := range 256 {
		vocab[string(alphabetRune(byte(b)))] = b
	}
	vocab["th"], vocab["the"] = 256, 257
	return map[string]any{
		"added_tokens": []any{
			map[string]any{"id": 258, "content": "<|im_end|>", "special": true},
			map[string]any{"id": 259, "content": "<tool>", "special": false},
		},
		"normalizer":    map[string]any{"type": "NFC"},
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []any{"t h", []any{"th", "e"}}},
	}
}

func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func TestJSON(t *testing.T) {
	tok, err := FromJSON(Files{
		TokenizerJSON:    marshal(jsonFiles()),
		TokenizerConfig:  []byte(`{"eos_token": "<|im_end|>", "bos_token": null, "chat_template": [{"name": "tool_use", "template": "A"}, {"name": "default", "template": "B"}]}`),
		GenerationConfig: []byte(`{"eos_token_id": 257, "bos_token_id": 256}`),
		Config:           []byte(`{"text_config": {"eos_token_id": [255]}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tok.Encode("the<tool>the<|im_end|>")[:3], []int32{257, 259, 257}; !slices.Equal(got, want) {
		t.Errorf("Encode begins with %v, want %v", got, want)
	}
	if got, want := tok.Encode("e\u0301"), tok.Encode("é"); !slices.Equal(got, want) {
		t.Errorf("Encode of a decomposed character = %v, want %v", got, want)
	}
	if bos, add := tok.BOS(); bos != 256 || add || tok.EOS() != 258 || !slices.Equal(tok.EndTokens(), []int32{255, 257, 258}) {
		t.Errorf("BOS %d %t, EOS %d, EndTokens %v", bos, add, tok.EOS(), tok.EndTokens())
	}
	if tok.ChatTemplate() != "B" || tok.Pre() != "gpt-2" || tok.Model() != BPE {
		t.Errorf("ChatTemplate %q, Pre %q, Model %q", tok.ChatTemplate(), tok.Pre(), tok.Model())
	}
	tok, err = FromJSON(Files{
		TokenizerJSON: marshal(jsonFiles()), TokenizerConfig: []byte(`{"bos_token": {"content": "th"}, "add_bos_token": true}`),
		ChatTemplate: []byte("J"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if bos, add := tok.BOS(); bos != 256 || !add || tok.ChatTemplate() != "J" {
		t.Errorf("BOS %d %t, ChatTemplate %q", bos, add, tok.ChatTemplate())
	}
}

// TestNormalizedAddedToken: an added token marked "normalized" is looked for after normalization, others before.
func TestNormalizedAddedToken(t *testing.T) {
	files := jsonFiles()
	files["added_tokens"] = []any{
		map[string]any{"id": 258, "content": "[e\u0301]", "normalized": true},
		map[string]any{"id": 259, "content": "<e\u0301>", "normalized": false},
	}
	tok, err := FromJSON(Files{TokenizerJSON: marshal(files)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		want int32 // -1: not one token
	}{{"[e\u0301]", 258}, {"[\u00e9]", 258}, {"<e\u0301>", 259}, {"<\u00e9>", -1}} {
		got := tok.Encode(c.text)
		if one := len(got) == 1 && got[0] == c.want; one != (c.want >= 0) {
			t.Errorf("Encode(%q) = %v, want %d", c.text, got, c.want)
		}
	}
}

func TestPreTokenizerDetection(t *testing.T) {
	split := func(pattern string) map[string]any {
		return map[string]any{"type": "Split", "pattern": map[string]any{"Regex": pattern}, "behavior": "Isolated", "invert": false}
	}
	byteLevel := func(regex bool) map[string]any {
		return map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": regex}
	}
	sequence := func(steps ...any) map[string]any {
		return map[string]any{"type": "Sequence", "pretokenizers": steps}
	}
	for _, c := range []struct {
		name string
		step any
		want string // name, or an error after "!"
	}{
		{"gpt2", byteLevel(true), "gpt-2"},
		{"gpt2 in a sequence", sequence(sequence(byteLevel(true))), "gpt-2"},
		{"gpt2 pattern", sequence(split(patternGPT2), byteLevel(false)), "gpt-2"},
		{"smollm", sequence(map[string]any{"type": "Digits", "individual_digits": true}, byteLevel(true)), "smollm"},
		{"qwen2", sequence(split(patternQwen2), byteLevel(false)), "qwen2"},
		{"llama3", sequence(split(patternLlama3), byteLevel(false)), "llama-bpe"},
		{"llama4", sequence(split(patternO200k), byteLevel(false)), "llama4"},
		{"unknown pattern", sequence(split(`\w+`), byteLevel(false)), `!pre_tokenizer pattern "\\w+" is not known`},
		{"twice cut", sequence(split(patternQwen2), byteLevel(true)), `!pre_tokenizer with "Split" before ByteLevel (use_regex true)`},
		{"whole numbers", sequence(map[string]any{"type": "Digits"}, byteLevel(true)), `!pre_tokenizer with "Digits" before ByteLevel`},
		{"prefix", map[string]any{"type": "ByteLevel", "add_prefix_space": true}, "!add_prefix_space is not supported"},
		{"metaspace", map[string]any{"type": "Metaspace"}, `!pre_tokenizer "Metaspace" does not end with ByteLevel`},
		{"none", nil, `!pre_tokenizer "" does not end with ByteLevel`},
		{"string split", sequence(map[string]any{"type": "Split", "pattern": map[string]any{"String": "x"}}, byteLevel(false)), "!Split is supported with a known Regex"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := jsonFiles()
			files["pre_tokenizer"] = c.step
			tok, err := FromJSON(Files{TokenizerJSON: marshal(files)})
			if want, isError := strings.CutPrefix(c.want, "!"); isError {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
			} else if err != nil || tok.Pre() != c.want {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestJSONErrors(t *testing.T) {
	model := func(key string, value any) func(map[string]any) {
		return func(f map[string]any) { f["model"].(map[string]any)[key] = value }
	}
	vocab := func(key string, value any) func(map[string]any) {
		return func(f map[string]any) { f["model"].(map[string]any)["vocab"].(map[string]any)[key] = value }
	}
	top := func(key string, value any) func(map[string]any) {
		return func(f map[string]any) { f[key] = value }
	}
	added := func(fields string) func(map[string]any) {
		return func(f map[string]any) {
			f["added_tokens"] = append(f["added_tokens"].([]any), json.RawMessage(fields))
		}
	}
	template := func(single string) func(map[string]any) {
		return top("post_processor", json.RawMessage(`{"type": "TemplateProcessing", "single": [`+single+`]}`))
	}
	for _, c := range []struct {
		name string
		edit func(map[string]any)
		want string
	}{
		{"unigram", model("type", "Unigram"), `model type "Unigram" is not supported`},
		{"dropout", model("dropout", 0.1), "dropout 0.1"},
		{"suffix", model("end_of_word_suffix", "</w>"), "end_of_word_suffix"},
		{"byte fallback", model("byte_fallback", true), "byte_fallback but no normalizer"},
		{"no vocab", model("vocab", nil), "model.vocab is missing"},
		{"vocab list", model("vocab", []any{}), "model.vocab: json:"},
		{"huge id", vocab("zz", int64(1)<<40), `model.vocab: "zz" has id 1099511627776`},
		{"large id", vocab("zz", 1000000), `"zz" has id 1000000`},
		{"negative id", vocab("zz", -1), `"zz" has id -1`},
		{"same id", vocab("zz", 257), `model.vocab: "the" and "zz" both have id 257`},
		{"fraction", vocab("zz", 1.5), "model.vocab: json:"},
		{"merges missing", func(f map[string]any) { delete(f["model"].(map[string]any), "merges") }, "model.merges"},
		{"merge of three", model("merges", []any{[]any{"t", "h", "e"}}), `is not a pair of tokens`},
		{"merge of unknown", model("merges", []any{"q q"}), `merge 0 ("q" with "q"): "qq" is not a token`},
		{"merge of nothing", model("merges", []any{[]any{"", "th"}}), `merge 0 ("" with "th"): "" is not a token`},
		{"merge number", model("merges", []any{7}), "is not a pair of tokens"},
		{"normalizer", top("normalizer", map[string]any{"type": "Lowercase"}), `normalizer "Lowercase" is not supported`},
		{"normalizer text", top("normalizer", "NFC"), "normalizer: json:"},
		{"added huge id", added(`{"id": 4000000000, "content": "x"}`), `added token "x" has id 4000000000`},
		{"added same id", added(`{"id": 0, "content": "x"}`), `added token "x" has id 0, which is "Ā"`},
		{"added lstrip", added(`{"id": 260, "content": "x", "lstrip": true}`), `added token "x": lstrip`},
		{"added twice", added(`{"id": 261, "content": "<tool>"}`), `tokens 259 and 261 are both "<tool>"`},
		{"post-processor token", template(`{"SpecialToken": {"id": "<s>"}}`), `post_processor: "<s>" is not a token`},
		{"post-processor end", template(`{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<|im_end|>"}}`), "or one after it, is not supported"},
		{"post-processor two", template(`{"SpecialToken": {"id": "<|im_end|>"}}, {"SpecialToken": {"id": "<|im_end|>"}}`), "more than one token before a text"},
		{"only spaces marked", top("normalizer", json.RawMessage(`{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}`)), "byte_fallback and without NFC only"},
		{"prepend alone", top("normalizer", json.RawMessage(`{"type": "Prepend", "prepend": "▁"}`)), "no normalizer that replaces a space"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := jsonFiles()
			c.edit(files)
			tok, err := FromJSON(Files{TokenizerJSON: marshal(files)})
			if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: tokenizer.json: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("FromJSON = %t, error %v, want one with %q", tok != nil, err, c.want)
			}
		})
	}
	good := marshal(jsonFiles())
	for n := 0; n < len(good); n += 97 {
		if _, err := FromJSON(Files{TokenizerJSON: good[:n]}); err == nil {
			t.Fatalf("tokenizer.json cut after %d bytes gave no error", n)
		}
	}
	for _, c := range []struct {
		name  string
		files Files
		want  string
	}{
		{"unknown EOS", Files{TokenizerConfig: []byte(`{"eos_token": "</s>"}`)}, `tokenizer_config.json: eos_token "</s>" is not a token`},
		{"add EOS", Files{TokenizerConfig: []byte(`{"add_eos_token": true}`)}, "add_eos_token is not supported"},
		{"config text", Files{TokenizerConfig: []byte(`x`)}, "tokenizer_config.json: invalid character"},
		{"EOS range", Files{GenerationConfig: []byte(`{"eos_token_id": [1, 5000]}`)}, "generation_config.json: token 5000 is not in the vocabulary of 260"},
		{"EOS text", Files{Config: []byte(`{"eos_token_id": "x"}`)}, "config.json: json:"},
		{"EOS too large", Files{Config: []byte(`{"eos_token_id": 4294967296}`)}, "config.json: json:"},
		{"negative EOS", Files{Config: []byte(`{"eos_token_id": -1}`)}, "config.json: token -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.files.TokenizerJSON = good
			if _, err := FromJSON(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestPrependJSON reads the layout of Llama 2: BPE over characters with a space before the text.
func TestPrependJSON(t *testing.T) {
	vocab := map[string]any{"<unk>": 0, "<s>": 1, "</s>": 2}
	for b := range 256 {
		vocab[fmt.Sprintf("<0x%02X>", b)] = 3 + b
	}
	for _, text := range []string{"▁", "t", "h", "e", "▁t", "he", "▁the"} {
		vocab[text] = len(vocab)
	}
	tok, err := FromJSON(Files{TokenizerJSON: marshal(map[string]any{
		"added_tokens": []any{map[string]any{"id": 1, "content": "<s>", "special": true}, map[string]any{"id": 2, "content": "</s>", "special": true}},
		"normalizer": map[string]any{"type": "Sequence", "normalizers": []any{
			map[string]any{"type": "Prepend", "prepend": "▁"},
			map[string]any{"type": "Replace", "pattern": map[string]any{"String": " "}, "content": "▁"},
		}},
		"model": map[string]any{"vocab": vocab, "unk_token": "<unk>", "byte_fallback": true, "merges": []any{"▁ t", "h e", "▁t he"}},
	})})
	if err != nil {
		t.Fatal(err)
	}
	the := int32(vocab["▁the"].(int))
	space := int32(vocab["▁"].(int))
	if got, want := tok.Encode("the the é"), []int32{the, the, space, 3 + 0xC3, 3 + 0xA9}; !slices.Equal(got, want) {
		t.Errorf("Encode = %v, want %v", got, want)
	}
	got, err := tok.EncodeSegments([]Segment{{Text: "the"}, {Text: "<s>", Special: true}, {Text: "the"}})
	if want := []int32{the, 1, the}; err != nil || !slices.Equal(got, want) {
		t.Errorf("EncodeSegments = %v, %v, want %v", got, err, want)
	}
	if got := tok.Decode(tok.Encode("the é")); got != "the é" {
		t.Errorf("Decode = %q", got)
	}
}

func TestRankErrors(t *testing.T) {
	line := func(piece string, rank any) string {
		return fmt.Sprintf("%s %v\n", base64.StdEncoding.EncodeToString([]byte(piece)), rank)
	}
	for _, c := range []struct {
		name, file string
		options    RankOptions
		want       string
	}{
		{"empty", "", RankOptions{}, "there are no ranks"},
		{"no rank", "YQ==\n", RankOptions{}, `line 1: "YQ==" is not base64, a space and a rank`},
		{"not base64", line("a", 0) + "*** 1\n", RankOptions{}, `line 2: "***" is not a token in base64`},
		{"empty token", " 1\n", RankOptions{}, "is not a token in base64"},
		{"negative", line("a", -1), RankOptions{}, `"-1" is not a rank`},
		{"huge", line("a", 1<<40), RankOptions{}, "is not a rank"},
		{"sparse", line("a", 2000000000), RankOptions{}, "the highest rank is 2000000000 but there are only 1 ranks"},
		{"same rank", line("a", 0) + line("b", 0), RankOptions{}, `rank 0 is given to "a" and to "b"`},
		{"same token", line("a", 0) + line("a", 1), RankOptions{}, `tokens 0 and 1 both stand for "a"`},
		{"long line", strings.Repeat("A", 1<<20), RankOptions{}, "token too long"},
		{"pre", line("a", 0), RankOptions{Pre: "x"}, `pre-tokenizer "x" is not known`},
		{"special on a rank", line("a", 0), RankOptions{Special: map[string]int32{"<s>": 0}}, `special token "<s>" has id 0, which is "a"`},
		{"special far away", line("a", 0), RankOptions{Special: map[string]int32{"<s>": math.MaxInt32}}, `special token "<s>" has id 2147483647`},
		{"special negative", line("a", 0), RankOptions{Special: map[string]int32{"<s>": -1}}, `special token "<s>" has id -1`},
		{"special without name", line("a", 0), RankOptions{Special: map[string]int32{"": 1}}, "special token 1 has no name"},
		{"BOS", line("a", 0), RankOptions{BOS: "<s>"}, `"<s>" is not among the special tokens`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.options.Pre == "" {
				c.options.Pre = "llama4"
			}
			_, err := FromRanks(strings.NewReader(c.file), c.options)
			if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: rank file: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestMetaSpecials checks ids of the published Llama 3 and 4 vocabularies.
func TestMetaSpecials(t *testing.T) {
	for _, c := range []struct {
		name string
		ids  map[string]int32
		size int
		want map[string]int32
	}{
		{"llama3", llama3Special(), 256, map[string]int32{
			"<|begin_of_text|>": 128000, "<|end_of_text|>": 128001, "<|finetune_right_pad_id|>": 128004, "<|start_header_id|>": 128006,
			"<|end_header_id|>": 128007, "<|eom_id|>": 128008, "<|eot_id|>": 128009, "<|python_tag|>": 128010,
			"<|reserved_special_token_247|>": 128255,
		}},
		{"llama4", llama4Special(), 2048, map[string]int32{
			"<|begin_of_text|>": 200000, "<|end_of_text|>": 200001, "<|header_start|>": 200005, "<|header_end|>": 200006, "<|eom|>": 200007,
			"<|eot|>": 200008, "<|python_start|>": 200016, "<|finetune_right_pad|>": 200018,
			"<|text_post_train_reserved_special_token_8|>": 200019, "<|text_post_train_reserved_special_token_68|>": 200079,
			"<|image_start|>": 200080, "<|image_end|>": 200081, "<|tile_x_separator|>": 200084, "<|image|>": 200090, "<|patch|>": 200092,
			"<|vision_reserved_special_token_7|>": 200093, "<|vision_reserved_special_token_1047|>": 201133,
			"<|reasoning_thinking_start|>": 201142, "<|reserved_special_token_903|>": 202047,
		}},
	} {
		if len(c.ids) != c.size {
			t.Errorf("%s: %d special tokens, want %d", c.name, len(c.ids), c.size)
		}
		for name, id := range c.want {
			if got := c.ids[name]; got != id {
				t.Errorf("%s: %s = %d, want %d", c.name, name, got, id)
			}
		}
	}
}

func TestFolderErrors(t *testing.T) {
	for _, c := range []struct{ name, file, data, want string }{
		{"nothing", "README.md", "", "has neither tokenizer.json nor tokenizer.model"},
		{"protobuf", "tokenizer.model", "\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02", "this is not a rank file; a SentencePiece model has to be converted"},
		{"other ranks", "tokenizer.model", "YQ== 0\n", "1 ranks are neither Llama 3 (128000) nor Llama 4 (200000)"},
		{"bad json", "tokenizer.json", "{", "tokenizer.json: unexpected end of JSON input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.data), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := FromFolder(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one with %q and the folder", err, c.want)
			}
		})
	}
}

// TestMetaFolder reads a rank file of Llama 4's size, found by itself in a folder.
func TestMetaFolder(t *testing.T) {
	var b bytes.Buffer
	for i := range llama4Ranks {
		piece := binary.BigEndian.AppendUint32(nil, uint32(i))
		if i < 256 {
			piece = []byte{byte(i)}
		}
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString(piece), i)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.model"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"text_config": {"eos_token_id": [200001, 200007, 200008]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tok, err := FromFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if bos, add := tok.BOS(); bos != 200000 || !add || tok.VocabSize() != 202048 || tok.Pre() != "llama4" ||
		!slices.Equal(tok.EndTokens(), []int32{200001, 200007, 200008}) {
		t.Errorf("BOS %d %t, %d tokens, Pre %q, EndTokens %v", bos, add, tok.VocabSize(), tok.Pre(), tok.EndTokens())
	}
	if got := tok.Encode("a!"); !slices.Equal(got, []int32{'a', '!'}) {
		t.Errorf("Encode = %v", got)
	}
}

// use encodes and decodes with a tokenizer that came from a hostile file.
func use(t *testing.T, tok *Tokenizer, data string) {
	t.Helper()
	for _, id := range tok.Encode(data) {
		if !tok.valid(id) || tok.IsSpecial(id) {
			t.Fatalf("Encode gave %s of %d tokens", tok.describe(id), tok.VocabSize())
		}
	}
	if _, err := tok.EncodePrompt(tok.ParseSpecial(data)); err != nil && !strings.Contains(err.Error(), "two BOS") {
		t.Fatal(err)
	}
	var all []int32
	for id := range tok.VocabSize() {
		all = append(all, int32(id))
		if len(all) > 1000 {
			break
		}
	}
	tok.Decode(all)
	tok.DecodeSpecial(all)
}

func FuzzFromJSON(f *testing.F) {
	f.Add([]byte(`{"model": {"vocab": {"t": 0, "h": 1, "th": 2}, "merges": [["t", "h"]]}, "pre_tokenizer": {"type": "ByteLevel"}, "normalizer": {"type": "NFC"},
		"added_tokens": [{"id": 3, "content": "<s>", "special": true}, {"id": 4, "content": "th", "normalized": true}]}`),
		[]byte(`{"eos_token": "<s>", "add_bos_token": true}`), []byte(`{"eos_token_id": [1, 2]}`))
	f.Add([]byte(`{"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}, "pre_tokenizer": {"type": "ByteLevel"}}`), []byte(`{}`), []byte(`{}`))
	f.Add([]byte(`{"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}]}}`), []byte(`{"chat_template": []}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, tokenizer, config, generation []byte) {
		tok, err := FromJSON(Files{TokenizerJSON: tokenizer, TokenizerConfig: config, GenerationConfig: generation})
		if err == nil {
			use(t, tok, string(tokenizer))
		}
	})
}

func FuzzFromRanks(f *testing.F) {
	f.Add("YQ== 0\nYg== 1\nYWI= 2\n", "ab<s>", int32(3))
	f.Add("YQ== 900\r\n\n", "", int32(-1))
	f.Fuzz(func(t *testing.T, file, text string, id int32) {
		tok, err := FromRanks(strings.NewReader(file), RankOptions{Pre: "llama4", Special: map[string]int32{"<s>": id}, BOS: "<s>"})
		if err == nil {
			use(t, tok, text)
		}
	})
}

// FuzzFromGGUF edits the metadata of small tokenizers: tokens, merges, types and scores from lines and bytes of the input.
func FuzzFromGGUF(f *testing.F) {
	f.Add("a\nb\nab", "a b\nab a", []byte{1, 1, 1}, true, int64(1), false)
	f.Add("<|im_end|>\nĠ\n▁▁", "Ġ Ġ", []byte{3, 4, 6}, false, int64(-1), true)
	metas := map[bool]map[string]any{false: byteLevelMeta("llama4"), true: spmMeta()}
	f.Fuzz(func(t *testing.T, tokens, merges string, types []byte, spm bool, bos int64, keep bool) {
		m := maps.Clone(metas[spm])
		list := strings.Split(tokens, "\n")
		kinds := make([]int32, len(list))
		scores := make([]float32, len(list))
		for i := range list {
			kinds[i] = 1
			if i < len(types) {
				kinds[i] = int32(types[i])
				scores[i] = math.Float32frombits(uint32(types[i]) << 24)
			}
		}
		if keep {
			list = append(slices.Clone(m["tokenizer.ggml.tokens"].([]string)), list...)
			kinds = append(slices.Clone(m["tokenizer.ggml.token_type"].([]int32)), kinds...)
			if spm {
				scores = append(slices.Clone(m["tokenizer.ggml.scores"].([]float32)), scores...)
			}
		}
		m["tokenizer.ggml.tokens"], m["tokenizer.ggml.token_type"] = list, kinds
		m["tokenizer.ggml.merges"], m["tokenizer.ggml.scores"] = strings.Split(merges, "\n"), scores
		m["tokenizer.ggml.bos_token_id"] = bos
		tok, err := fromMap(m)
		if err == nil {
			use(t, tok, tokens+merges)
		}
	})
}
