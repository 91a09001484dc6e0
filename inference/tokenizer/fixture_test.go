package tokenizer_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// fixture is expected.json of a tokenizer fixture.
type fixture struct {
	VocabSize int              `json:"vocab_size"`
	Special   map[string]int32 `json:"special_tokens"`
	BOS       string           `json:"bos"`
	AddBOS    bool             `json:"add_bos"`
	Cases     []struct {
		Text    string   `json:"text"`
		IDs     []int32  `json:"ids"`
		Plain   *[]int32 `json:"ids_plain"`
		Rank    *[]int32 `json:"ids_rank"`
		Decoded *string  `json:"decoded"`
		Skipped *string  `json:"decoded_skip_special"`
	} `json:"cases"`
	Partial []struct {
		IDs     []int32 `json:"ids"`
		Bytes   string  `json:"bytes"`
		Decoded string  `json:"decoded"`
	} `json:"partial_decode"`
}

func readFixture(t *testing.T, dir string) fixture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// check compares every case; rank says that tok merges by rank file.
func (f fixture) check(t *testing.T, tok *tokenizer.Tokenizer, rank bool) {
	t.Helper()
	if len(f.Cases) != 300 {
		t.Fatalf("%d cases, want 300", len(f.Cases))
	}
	if tok.VocabSize() != f.VocabSize {
		t.Errorf("VocabSize() = %d, want %d", tok.VocabSize(), f.VocabSize)
	}
	for _, c := range f.Cases {
		plain := c.IDs
		if c.Plain != nil {
			plain = *c.Plain
		}
		if rank && c.Rank != nil {
			plain = *c.Rank
		}
		if got := tok.Encode(c.Text); !slices.Equal(got, plain) {
			t.Errorf("Encode(%q) (-want +got):\n%s", c.Text, cmp.Diff(plain, got))
		}
		got, err := tok.EncodeSegments(tok.ParseSpecial(c.Text))
		if err != nil || !slices.Equal(got, c.IDs) {
			t.Errorf("EncodeSegments(ParseSpecial(%q)): error %v (-want +got):\n%s", c.Text, err, cmp.Diff(c.IDs, got))
		}
		decoded := c.Text
		if c.Decoded != nil {
			decoded = *c.Decoded
		}
		if got := tok.DecodeSpecial(c.IDs); got != decoded {
			t.Errorf("DecodeSpecial of the tokens of %q = %q, want %q", c.Text, got, decoded)
		}
		if c.Skipped != nil {
			decoded = *c.Skipped
		}
		if got := tok.Decode(c.IDs); got != decoded {
			t.Errorf("Decode of the tokens of %q = %q, want %q", c.Text, got, decoded)
		}
	}
	for _, p := range f.Partial {
		if got := hex.EncodeToString(tok.DecodeBytes(p.IDs)); got != p.Bytes {
			t.Errorf("DecodeBytes(%v) = %s, want %s", p.IDs, got, p.Bytes)
		}
		if got := tok.Decode(p.IDs); got != p.Decoded {
			t.Errorf("Decode(%v) = %q, want %q", p.IDs, got, p.Decoded)
		}
	}
	if bos, add := tok.BOS(); add != f.AddBOS || f.BOS != "" && bos != f.Special[f.BOS] {
		t.Errorf("BOS() = %d, %t, want %d, %t", bos, add, f.Special[f.BOS], f.AddBOS)
	}
	for name, id := range f.Special {
		if got, ok := tok.Special(name); !ok || got != id || !tok.IsSpecial(id) || tok.TokenText(id) != name {
			t.Errorf("Special(%q) = %d, %t, want %d", name, got, ok, id)
		}
	}
}

// TestFixtures compares with the tokenizers library of Hugging Face.
func TestFixtures(t *testing.T) {
	for _, name := range []string{"llama4", "qwen2"} {
		t.Run(name, func(t *testing.T) {
			dir := golden.Shared(t, "fixtures", "tokenizer", name)
			tok, err := tokenizer.FromFolder(dir)
			if err != nil {
				t.Fatal(err)
			}
			readFixture(t, dir).check(t, tok, false)
		})
	}
	t.Run("llama4 rank file", func(t *testing.T) {
		dir := golden.Shared(t, "fixtures", "tokenizer", "llama4")
		want := readFixture(t, dir)
		f, err := os.Open(filepath.Join(dir, "tokenizer.model"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		tok, err := tokenizer.FromRanks(f, tokenizer.RankOptions{Pre: "llama4", Special: want.Special, BOS: want.BOS})
		if err != nil {
			t.Fatal(err)
		}
		want.check(t, tok, true)
	})
}

// TestFolderEqualsGGUF loads the same small models from both layouts.
func TestFolderEqualsGGUF(t *testing.T) {
	texts := readFixture(t, golden.Shared(t, "fixtures", "tokenizer", "qwen2")).Cases
	for _, m := range []struct {
		folder, gguf string
		ends         []int32
	}{
		{"llama-tiny", "llama-tiny-f32.gguf", []int32{281, 284, 285}},
		{"gemma3-tiny", "gemma3-tiny-f32.gguf", []int32{283, 287}},
		{"qwen2-tiny", "qwen2-tiny-f32.gguf", []int32{285, 287}},
		{"llama4-text-scout", "scout-f32.gguf", []int32{497, 500, 501}},
	} {
		t.Run(m.folder, func(t *testing.T) {
			a, err := tokenizer.FromFolder(golden.Shared(t, "fixtures", m.folder))
			if err != nil {
				t.Fatal(err)
			}
			b := fromGGUFFile(t, golden.Shared(t, "fixtures", "gguf", m.gguf))
			for _, c := range texts {
				text := c.Text
				if m.folder == "qwen2-tiny" { // the folder normalizes, the file has no key that says so
					text = a.Decode(a.Encode(text))
				}
				if diff := cmp.Diff(a.Encode(text), b.Encode(text)); diff != "" {
					t.Errorf("text %q (-folder +GGUF):\n%s", text, diff)
				}
			}
			for _, tok := range []*tokenizer.Tokenizer{a, b} {
				if diff := cmp.Diff(m.ends, tok.EndTokens()); diff != "" {
					t.Errorf("EndTokens (-want +got):\n%s", diff)
				}
			}
			aBOS, aAdd := a.BOS()
			bBOS, bAdd := b.BOS()
			if aBOS != bBOS || aAdd != bAdd || a.EOS() != b.EOS() || a.VocabSize() != b.VocabSize() || a.Pre() != b.Pre() {
				t.Errorf("folder: BOS %d %t, EOS %d, %d tokens, %s; GGUF: BOS %d %t, EOS %d, %d tokens, %s",
					aBOS, aAdd, a.EOS(), a.VocabSize(), a.Pre(), bBOS, bAdd, b.EOS(), b.VocabSize(), b.Pre())
			}
		})
	}
}
