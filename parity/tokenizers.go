package parity

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// tokenizerExpectation is the expected.json of a tokenizer folder.
type tokenizerExpectation struct {
	Flavor  string           `json:"flavour"`
	Special map[string]int32 `json:"special_tokens"`
	BOS     string           `json:"bos"`
	Cases   []struct {
		Text    string   `json:"text"`
		IDs     []int32  `json:"ids"`                  // names of special tokens give these
		Plain   *[]int32 `json:"ids_plain"`            // all of it is text; absent = IDs
		Rank    *[]int32 `json:"ids_rank"`             // as Plain, merged by rank
		Decoded *string  `json:"decoded"`              // absent = Text
		Skipped *string  `json:"decoded_skip_special"` // absent = Decoded
	} `json:"cases"`
	Partial []struct {
		IDs     []int32 `json:"ids"`
		Bytes   string  `json:"bytes"` // hexadecimal
		Decoded string  `json:"decoded"`
	} `json:"partial_decode"`
}

// checkTokenizerFolder checks the tokenizer.json of a folder and, where there is one, its rank file.
func checkTokenizerFolder(_ context.Context, r *run, dir string) error {
	name := "tokenizer " + filepath.Base(filepath.Clean(dir))
	var want tokenizerExpectation
	if err := readJSON(filepath.Join(dir, "expected.json"), &want); err != nil {
		r.fail(name, err)
		return nil
	}
	tok, err := tokenizer.FromFolder(dir)
	if err != nil {
		r.fail(name, err)
	} else {
		checkTokenizer(r, name, tok, want, false)
	}
	if !exists(dir, "tokenizer.model") {
		return nil
	}
	name += ", rank file"
	f, err := os.Open(filepath.Join(dir, "tokenizer.model"))
	if err != nil {
		r.fail(name, fmt.Errorf("parity: %w", err))
		return nil
	}
	defer f.Close()
	tok, err = tokenizer.FromRanks(f, tokenizer.RankOptions{Pre: want.Flavor, Special: want.Special, BOS: want.BOS})
	if err != nil {
		r.fail(name, err)
		return nil
	}
	checkTokenizer(r, name, tok, want, true)
	return nil
}

// differences counts comparisons and remembers the first that fails.
type differences struct {
	n, wrong int
	first    string
}

func (d *differences) check(ok bool, format string, args ...any) {
	d.n++
	if ok {
		return
	}
	if d.wrong == 0 {
		d.first = fmt.Sprintf(format, args...)
	}
	d.wrong++
}

// checkTokenizer compares ids and texts; ranked says that the tokenizer merges by rank.
func checkTokenizer(r *run, name string, tok *tokenizer.Tokenizer, want tokenizerExpectation, ranked bool) {
	var ids, special, texts differences
	for _, c := range want.Cases {
		plain := c.IDs
		if c.Plain != nil {
			plain = *c.Plain
		}
		if ranked && c.Rank != nil {
			plain = *c.Rank
		}
		got := tok.Encode(c.Text)
		ids.check(slices.Equal(got, plain), "%.40q gives %v, want %v", c.Text, got, plain)
		got, err := tok.EncodeSegments(tok.ParseSpecial(c.Text))
		special.check(err == nil && slices.Equal(got, c.IDs), "%.40q gives %v, want %v (error %v)", c.Text, got, c.IDs, err)
		decoded := c.Text
		if c.Decoded != nil {
			decoded = *c.Decoded
		}
		text := tok.DecodeSpecial(c.IDs)
		texts.check(text == decoded, "%v with special tokens gives %.40q, want %.40q", c.IDs, text, decoded)
		if c.Skipped != nil {
			decoded = *c.Skipped
		}
		text = tok.Decode(c.IDs)
		texts.check(text == decoded, "%v gives %.40q, want %.40q", c.IDs, text, decoded)
	}
	for _, p := range want.Partial {
		raw := hex.EncodeToString(tok.DecodeBytes(p.IDs))
		texts.check(raw == p.Bytes, "%v gives bytes %s, want %s", p.IDs, raw, p.Bytes)
		text := tok.Decode(p.IDs)
		texts.check(text == p.Decoded, "%v gives %q, want %q", p.IDs, text, p.Decoded)
	}
	r.equal(name+": ids of plain text", ids.n, ids.wrong, ids.first)
	r.equal(name+": ids with special tokens", special.n, special.wrong, special.first)
	r.equal(name+": decoded texts", texts.n, texts.wrong, texts.first)
}
