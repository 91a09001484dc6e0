package tokenizer

import (
	"fmt"
	"math"
	"strings"
)

// FromGGUF makes the tokenizer that the metadata of a GGUF file describes. meta returns the value of a key: strings,
// booleans, integers and floats of any size, arrays as slices of these. Kinds of tokenizer.ggml.model: "gpt2" (byte-level
// with merges and a named pre-tokenizer) and "llama" (SentencePiece style with scores).
func FromGGUF(meta func(key string) (any, bool)) (*Tokenizer, error) {
	v, err := ggufVocabulary(metadata(meta))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := build(v)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

// Merge-list priority and scan rules of the two kinds follow llama.cpp (src/llama-vocab.cpp); ignoring merges for the
// Llama 4 pattern follows the published tokenizer.json instead.
func ggufVocabulary(m metadata) (v vocabulary, err error) {
	model, ok := m.text("tokenizer.ggml.model")
	if !ok {
		return v, fmt.Errorf("the file has no tokenizer.ggml.model, so that it holds no tokenizer")
	}
	if v.tokens, err = m.tokens(); err != nil {
		return v, err
	}
	switch model {
	case "gpt2":
		v.model = BPE
		pre, _ := m.text("tokenizer.ggml.pre")
		if v.pre, ok = preTokenizerByName(pre); !ok {
			return v, fmt.Errorf("tokenizer.ggml.pre %s is not supported (known: %s)", printable(pre), preTokenizerNames())
		}
		v.ignoreMerges = v.pre.name == "llama-bpe" || v.pre.name == "llama4"
		v.addBOS = v.pre.name == "llama-bpe"
		if v.merges, err = m.merges(); err != nil {
			return v, err
		}
	case "llama":
		v.model = SPM
		v.addBOS = true
		v.unmatched = "</s>" // an HTML tag in Gemma's vocabulary, but llama.cpp takes it for an end token whatever its type
		v.spacePrefix = m.flag("tokenizer.ggml.add_space_prefix", true)
		if v.scores, err = m.floats("tokenizer.ggml.scores"); err != nil {
			return v, err
		}
	default:
		return v, fmt.Errorf("tokenizer.ggml.model %s is not supported (known: gpt2, llama)", printable(model))
	}
	v.bos, v.eos = -1, -1
	if v.model == SPM {
		v.bos, v.eos = 1, 2
	}
	if v.bos, err = m.id("tokenizer.ggml.bos_token_id", v.bos); err != nil {
		return v, err
	}
	if v.eos, err = m.id("tokenizer.ggml.eos_token_id", v.eos); err != nil {
		return v, err
	}
	for _, key := range []string{"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"} {
		id, err := m.id(key, -1)
		if err != nil {
			return v, err
		}
		if id >= 0 {
			v.ends = append(v.ends, id)
		}
	}
	v.addBOS = m.flag("tokenizer.ggml.add_bos_token", v.addBOS) && v.bos >= 0
	v.chatTemplate, _ = m.text("tokenizer.chat_template")
	return v, nil
}

// metadata reads the keys of a GGUF file.
type metadata func(key string) (any, bool)

func (m metadata) text(key string) (string, bool) {
	v, ok := m(key)
	if !ok {
		return "", false
	}
	s, ok := v.(string)
	return s, ok
}

func (m metadata) flag(key string, missing bool) bool {
	if v, ok := m(key); ok {
		if b, ok := v.(bool); ok {
			return b
		}
	}
	return missing
}

// id reads a token id; that it is in the vocabulary is checked by build.
func (m metadata) id(key string, missing int32) (int32, error) {
	v, ok := m(key)
	if !ok {
		return missing, nil
	}
	n, ok := integer(v)
	if ok && (n == math.MaxUint32 || n == -1) { // how some files say that there is none
		return -1, nil
	}
	if !ok || n < 0 || n > math.MaxInt32 {
		return 0, fmt.Errorf("%s is %v, which is not a token id", key, v)
	}
	return int32(n), nil
}

// tokens reads the texts and types of all tokens.
func (m metadata) tokens() ([]token, error) {
	const key = "tokenizer.ggml.tokens"
	texts, err := m.strings(key)
	if err != nil {
		return nil, err
	}
	if len(texts) > math.MaxInt32 {
		return nil, fmt.Errorf("%s has %d entries", key, len(texts))
	}
	tokens := make([]token, len(texts))
	for i, text := range texts {
		tokens[i] = token{text: text, kind: normal}
	}
	v, ok := m("tokenizer.ggml.token_type")
	if !ok {
		return tokens, nil
	}
	types, ok := integers(v)
	if !ok {
		return nil, fmt.Errorf("tokenizer.ggml.token_type is not an array of integers (%T)", v)
	}
	if len(types) != len(tokens) {
		return nil, fmt.Errorf("tokenizer.ggml.token_type has %d entries for %d tokens", len(types), len(tokens))
	}
	for i, k := range types {
		if k < int64(normal) || k > int64(byteToken) {
			return nil, fmt.Errorf("tokenizer.ggml.token_type: entry %d is %d; known are 1 to 6", i, k)
		}
		tokens[i].kind = kind(k)
	}
	return tokens, nil
}

const mergesKey = "tokenizer.ggml.merges"

// merges reads "left right" pairs, divided by the first space that is not the first character.
func (m metadata) merges() (mergeList, error) {
	lines, err := m.strings(mergesKey)
	return mergeLines(lines), err
}

// mergeLines are merges as a GGUF file has them; taking them apart when they are used saves the memory of a list of pairs.
type mergeLines []string

func (l mergeLines) size() int { return len(l) }

func (l mergeLines) at(i int) (left, right string, err error) {
	pair, err := parseMerge(l[i])
	if err != nil {
		return "", "", fmt.Errorf("%s: entry %d: %w", mergesKey, i, err)
	}
	return pair[0], pair[1], nil
}

func parseMerge(line string) ([2]string, error) {
	if line != "" {
		if at := strings.IndexByte(line[1:], ' '); at >= 0 && at+2 < len(line) {
			return [2]string{line[:at+1], line[at+2:]}, nil
		}
	}
	return [2]string{}, fmt.Errorf("%s is not two tokens with a space between", printable(line))
}

func (m metadata) strings(key string) ([]string, error) {
	v, ok := m(key)
	if !ok {
		return nil, fmt.Errorf("the file has no %s", key)
	}
	switch list := v.(type) {
	case []string:
		return list, nil
	case []any:
		out := make([]string, len(list))
		for i, e := range list {
			if out[i], ok = e.(string); !ok {
				return nil, fmt.Errorf("%s: entry %d is not a string (%T)", key, i, e)
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("%s is not an array of strings (%T)", key, v)
}

func (m metadata) floats(key string) ([]float32, error) {
	v, ok := m(key)
	if !ok {
		return nil, fmt.Errorf("the file has no %s", key)
	}
	switch list := v.(type) {
	case []float32:
		return list, nil
	case []float64:
		return convert[float64, float32](list), nil
	}
	return nil, fmt.Errorf("%s is not an array of floats (%T)", key, v)
}

type numeric interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~float32 | ~float64
}

func convert[A, B numeric](list []A) []B {
	out := make([]B, len(list))
	for i, e := range list {
		out[i] = B(e)
	}
	return out
}

// integers reads an array of integers of any size.
func integers(v any) ([]int64, bool) {
	switch list := v.(type) {
	case []int32:
		return convert[int32, int64](list), true
	case []uint32:
		return convert[uint32, int64](list), true
	case []int64:
		return list, true
	case []int:
		return convert[int, int64](list), true
	case []int8:
		return convert[int8, int64](list), true
	case []uint8:
		return convert[uint8, int64](list), true
	case []int16:
		return convert[int16, int64](list), true
	case []uint16:
		return convert[uint16, int64](list), true
	}
	return nil, false
}

// integer reads an integer of any size.
func integer(v any) (int64, bool) {
	switch n := v.(type) {
	case uint64:
		return int64(n), n <= math.MaxInt64
	case int64:
		return n, true
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case uint32:
		return int64(n), true
	case int16:
		return int64(n), true
	case uint16:
		return int64(n), true
	case int8:
		return int64(n), true
	case uint8:
		return int64(n), true
	}
	return 0, false
}
