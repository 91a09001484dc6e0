package tokenizer

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// RankOptions says what a rank file leaves out.
type RankOptions struct {
	Pre     string           // pre-tokenizer: "llama4" (also called "o200k"), "llama-bpe" ("cl100k"), "qwen2", "gpt-2", "smollm"
	Special map[string]int32 // control tokens and their ids
	BOS     string           // the special token put before prompts, if any
	EOS     string           // the special token that ends a text, if any
}

// FromRanks reads a tiktoken rank file, such as the tokenizer.model of Llama 3 and 4: a line "base64(bytes) rank" for each
// token; the rank is the id and the order of merging.
func FromRanks(r io.Reader, o RankOptions) (*Tokenizer, error) {
	t, err := fromRanks(r, o)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: rank file: %w", err)
	}
	return t, nil
}

func fromRanks(r io.Reader, o RankOptions) (*Tokenizer, error) {
	v := vocabulary{model: BPE, rawBytes: true, ignoreMerges: true, bos: -1, eos: -1}
	var ok bool
	if v.pre, ok = preTokenizerByName(o.Pre); !ok {
		return nil, fmt.Errorf("pre-tokenizer %s is not known (known: %s)", printable(o.Pre), preTokenizerNames())
	}
	tokens, err := parseRanks(r)
	if err != nil {
		return nil, err
	}
	if v.tokens, err = withSpecial(tokens, o.Special); err != nil {
		return nil, err
	}
	for _, named := range []struct {
		name string
		id   *int32
	}{{o.BOS, &v.bos}, {o.EOS, &v.eos}} {
		if named.name == "" {
			continue
		}
		if *named.id, ok = o.Special[named.name]; !ok {
			return nil, fmt.Errorf("%s is not among the special tokens", printable(named.name))
		}
	}
	v.addBOS = o.BOS != ""
	return build(v)
}

// parseRanks reads lines of "base64(bytes) rank" into tokens by rank.
func parseRanks(r io.Reader) ([]token, error) {
	lines := bufio.NewScanner(r)
	var entries []rankEntry
	size := 0
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		e, err := parseRank(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		entries = append(entries, e)
		size = max(size, e.rank+1)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(entries)+1, err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("there are no ranks")
	}
	if size > 2*len(entries)+1024 {
		return nil, fmt.Errorf("the highest rank is %d but there are only %d ranks", size-1, len(entries))
	}
	tokens := make([]token, size)
	for _, e := range entries {
		if other := tokens[e.rank].piece; other != "" {
			return nil, fmt.Errorf("rank %d is given to %s and to %s", e.rank, printable(other), printable(e.piece))
		}
		tokens[e.rank] = token{text: alphabetEncode(e.piece), piece: e.piece, kind: normal}
	}
	return tokens, nil
}

type rankEntry struct {
	piece string
	rank  int
}

func parseRank(line string) (rankEntry, error) {
	word, number, ok := strings.Cut(line, " ")
	if !ok {
		return rankEntry{}, fmt.Errorf("%s is not base64, a space and a rank", printable(line))
	}
	piece, err := base64.StdEncoding.DecodeString(word)
	if err != nil || len(piece) == 0 {
		return rankEntry{}, fmt.Errorf("%s is not a token in base64", printable(word))
	}
	rank, err := strconv.ParseUint(strings.TrimRight(number, "\r"), 10, 31)
	if err != nil {
		return rankEntry{}, fmt.Errorf("%s is not a rank", printable(number))
	}
	return rankEntry{string(piece), int(rank)}, nil
}

// withSpecial adds control tokens behind or between the ranks.
func withSpecial(tokens []token, special map[string]int32) ([]token, error) {
	size := len(tokens)
	for name, id := range special {
		if id < 0 || int(id) > len(tokens)+math.MaxUint16 {
			return nil, fmt.Errorf("special token %s has id %d, with %d ranks", printable(name), id, len(tokens))
		}
		size = max(size, int(id)+1)
	}
	all := make([]token, size)
	copy(all, tokens)
	for name, id := range special {
		if all[id].text != "" {
			return nil, fmt.Errorf("special token %s has id %d, which is %s", printable(name), id, printable(all[id].text))
		}
		if name == "" {
			return nil, fmt.Errorf("special token %d has no name", id)
		}
		all[id] = token{text: name, kind: control}
	}
	return all, nil
}

// alphabetEncode spells bytes in the GPT-2 alphabet.
func alphabetEncode(piece string) string {
	var b strings.Builder
	for i := range len(piece) {
		b.WriteRune(alphabetRune(piece[i]))
	}
	return b.String()
}

const (
	llama3Ranks = 128000
	llama4Ranks = 200000
)

// llama3Special lists the 256 special tokens of Llama 3.1 and later (meta-llama/llama-models, models/llama3/tokenizer.py).
func llama3Special() map[string]int32 {
	const n = 256
	ids := make(map[string]int32, n)
	for i, name := range []string{
		"<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
		"<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
		"<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
	} {
		ids[name] = llama3Ranks + int32(i)
	}
	for i := 3; len(ids) < n; i++ {
		ids[fmt.Sprintf("<|reserved_special_token_%d|>", i)] = llama3Ranks + int32(len(ids))
	}
	return ids
}

// llama4Special lists the 2048 special tokens of Llama 4 (meta-llama/llama-models, models/llama4/tokenizer.py).
func llama4Special() map[string]int32 {
	ids := make(map[string]int32, 2048)
	next := int32(llama4Ranks)
	add := func(names ...string) {
		for _, name := range names {
			ids[name] = next
			next++
		}
	}
	series := func(prefix string, from, to int) {
		for i := from; i <= to; i++ {
			add(fmt.Sprintf("<|%s_%d|>", prefix, i))
		}
	}
	add("<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
		"<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>")
	series("text_post_train_reserved_special_token", 0, 5)
	add("<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>")
	series("text_post_train_reserved_special_token", 8, 68)
	add("<|image_start|>", "<|image_end|>")
	series("vision_reserved_special_token", 0, 1)
	add("<|tile_x_separator|>", "<|tile_y_separator|>")
	series("vision_reserved_special_token", 2, 5)
	add("<|image|>")
	series("vision_reserved_special_token", 6, 6)
	add("<|patch|>")
	series("vision_reserved_special_token", 7, 1047)
	series("reasoning_reserved_special_token", 0, 7)
	add("<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>")
	series("reserved_special_token", 0, 903)
	return ids
}
