package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/pkoukk/tiktoken-go"
)

// slowMerge merges by the definition: look through all pairs, join the best, start again.
func slowMerge(t *Tokenizer, piece string, symbols []symbol) []symbol {
	for {
		best, bestRank, bestID := -1, int32(0), int32(0)
		for i := range len(symbols) - 1 {
			if rank, id, ok := t.pair(piece, symbols[i], symbols[i+1]); ok && (best < 0 || rank < bestRank) {
				best, bestRank, bestID = i, rank, id
			}
		}
		if best < 0 {
			return symbols
		}
		symbols[best].end, symbols[best].id = symbols[best+1].end, bestID
		symbols = slices.Delete(symbols, best+1, best+2)
	}
}

// slowPiece encodes one piece with slowMerge.
func slowPiece(t *Tokenizer, piece string) (ids []int32) {
	if id, ok := t.vocab.find(piece); ok && t.ignoreMerges {
		return []int32{id}
	}
	var symbols []symbol
	for i := 0; i < len(piece); {
		n, id := 1, t.bytes[piece[i]]
		if t.model == SPM {
			_, n = utf8.DecodeRuneInString(piece[i:])
			var ok bool
			if id, ok = t.vocab.find(piece[i : i+n]); !ok {
				id = -1
			}
		}
		symbols = append(symbols, symbol{start: i, end: i + n, id: id})
		i += n
	}
	for _, s := range slowMerge(t, piece, symbols) {
		if s.id >= 0 {
			ids = append(ids, s.id)
			continue
		}
		for _, b := range []byte(piece[s.start:s.end]) {
			ids = append(ids, t.bytes[b])
		}
	}
	return ids
}

// TestMergeAgainstDefinition compares both ways of merging, for few and for many symbols, with the definition.
func TestMergeAgainstDefinition(t *testing.T) {
	ranks, err := FromRanks(strings.NewReader(rankFile("llama4")), RankOptions{Pre: "llama4"})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	words := []string{"the", "re", "th", "an", "ban", "你好", "世", "▁", "n", "a", "e", "é", "天气", "\xff"}
	for _, tok := range []*Tokenizer{mustMap(byteLevelMeta("qwen2")), mustMap(byteLevelMeta("llama4")), mustMap(spmMeta()), ranks} {
		for i := range 400 {
			var b strings.Builder
			for range 1 + i%30 {
				b.WriteString(words[r.IntN(len(words))])
			}
			piece := b.String()
			var s scratch
			if diff := cmp.Diff(slowPiece(tok, piece), tok.encodePiece(nil, piece, &s)); diff != "" {
				t.Fatalf("%s %s: piece %q (-definition +got):\n%s", tok.model, tok.pre, piece, diff)
			}
		}
	}
}

// TestLongPiece encodes 100,000 Han characters without punctuation, which is one piece. Looking through all pairs for
// every merge would take hours. The result is compared with that of a repeated shorter text.
func TestLongPiece(t *testing.T) {
	const n = 12500
	for _, tok := range []*Tokenizer{mustMap(byteLevelMeta("llama4")), mustMap(byteLevelMeta("qwen2")), mustMap(spmMeta())} {
		short := tok.Encode(strings.Repeat("今天天气你好世界", 100))
		text := strings.Repeat("今天天气你好世界", n)
		ids := tok.Encode(text)
		if got := tok.Decode(ids); got != text {
			t.Errorf("%s %s: the text did not come back", tok.model, tok.pre)
		}
		if lo, hi := (len(short)-20)*n/100, (len(short)+20)*n/100; len(ids) < lo || len(ids) > hi {
			t.Errorf("%s %s: %d tokens, want between %d and %d", tok.model, tok.pre, len(ids), lo, hi)
		}
		for _, char := range []string{" ", "\n", "A", "a", "!", "\u0301", "1"} { // other long runs
			run := strings.Repeat(char, 50000)
			if got := string(tok.DecodeBytes(tok.Encode(run))); strings.TrimPrefix(got, " ") != strings.TrimPrefix(run, " ") {
				t.Errorf("%s %s: a run of %q did not come back", tok.model, tok.pre, char)
			}
		}
	}
}

func TestSPM(t *testing.T) {
	tok := mustMap(spmMeta())
	id := func(text string) int32 {
		i := slices.IndexFunc(tok.tokens, func(tok token) bool { return tok.text == text })
		if i < 0 {
			t.Fatalf("no token %q", text)
		}
		return int32(i)
	}
	ids := func(texts ...string) (out []int32) {
		for _, text := range texts {
			out = append(out, id(text))
		}
		return out
	}
	for _, c := range []struct {
		text string
		want []int32
	}{
		{"", nil},
		{"the", ids("▁the")},
		{"there", ids("▁there")},
		{"banana", ids("▁ban", "ana")}, // both an first, then ana, ban and ▁ban
		{"the\nthe", ids("▁the", "\n", "▁the")},
		{"the\n\n\nthe", ids("▁the", "\n\n", "\n", "▁the")},
		{"the     the", ids("▁the", "    ", "▁", "▁the")},
		{"é", ids("▁", "<0xC3>", "<0xA9>")},
		{"\xff", ids("▁", "<0xFF>")},
		{"</s><s>", ids("▁", "<0x3C>", "<0x2F>", "<0x73>", "<0x3E>", "<0x3C>", "<0x73>", "<0x3E>")},
		{"<0x41>", ids("▁", "<0x3C>", "<0x30>", "<0x78>", "<0x34>", "<0x31>", "<0x3E>")},
		{"<b>你好", ids("<b>", "▁", "你好")},
	} {
		t.Run(c.text, func(t *testing.T) {
			got := tok.Encode(c.text)
			if diff := cmp.Diff(c.want, got); diff != "" {
				var texts []string
				for _, id := range got {
					texts = append(texts, tok.TokenText(id))
				}
				t.Errorf("Encode = %q (-want +got):\n%s", texts, diff)
			}
		})
	}
	if bos, add := tok.BOS(); bos != 1 || !add || tok.EOS() != 2 || !tok.IsEnd(2) || tok.IsEnd(1) {
		t.Errorf("BOS %d %t, EOS %d, IsEnd(2) %t, IsEnd(1) %t", bos, add, tok.EOS(), tok.IsEnd(2), tok.IsEnd(1))
	}
	if got := tok.Decode(tok.Encode("the 你好")); got != "the 你好" {
		t.Errorf("Decode = %q", got)
	}
}

func TestSegments(t *testing.T) {
	tok := mustMap(byteLevelMeta("qwen2"))
	end, _ := tok.Special("<|im_end|>")
	text := func(s string) Segment { return Segment{Text: s} }
	special := func(s string) Segment { return Segment{Text: s, Special: true} }
	for _, c := range []struct {
		name string
		segs []Segment
		want []int32
		err  string
	}{
		{
			"adjacent text is joined",
			[]Segment{text("th"), text(""), text("ere"), special("<|im_end|>"), text("the")},
			slices.Concat(tok.Encode("there"), []int32{end}, tok.Encode("the")), "",
		},
		{"spelled special is text", []Segment{text("<|im_"), text("end|>")}, tok.Encode("<|im_end|>"), ""},
		{"unknown", []Segment{special("<|nope|>")}, nil, `tokenizer: "<|nope|>" is not a special token of this model`},
		{"two in one", []Segment{special("<|im_end|><|im_end|>")}, nil, "is not a special token"},
		{"ordinary token", []Segment{special("a")}, nil, "is not a special token"},
		{"empty", []Segment{special("")}, nil, "is not a special token"},
		{"long", []Segment{special(strings.Repeat("界", 1000))}, nil, "…"},
		{"none", nil, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tok.EncodeSegments(c.segs)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || len(err.Error()) > 400 {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
	if slices.Contains(tok.Encode("a<|im_end|>"), end) {
		t.Error("Encode gave a control token")
	}
	tool, _ := tok.Special("<tool>")
	if got := tok.Encode("<tool>"); !slices.Equal(got, []int32{tool}) {
		t.Errorf("Encode of a user-defined token = %v, want [%d]", got, tool)
	}
	if got := tok.Decode([]int32{end, tool, -1, 1 << 30}); got != "<tool>" {
		t.Errorf("Decode of control, user-defined and ids out of range = %q", got)
	}
	if got := tok.ParseSpecial(""); got != nil {
		t.Errorf("ParseSpecial of nothing = %v", got)
	}
}

// TestDoubleBOS: a prompt begins with BOS once, whoever writes it.
func TestDoubleBOS(t *testing.T) {
	bos := Segment{Text: "<|begin_of_text|>", Special: true}
	text := Segment{Text: "the"}
	for _, add := range []bool{true, false} {
		m := byteLevelMeta("qwen2")
		m["tokenizer.ggml.add_bos_token"] = add
		tok := mustMap(m)
		id, _ := tok.BOS()
		plain := tok.Encode("the")
		with := append([]int32{id}, plain...)
		want := plain
		if add {
			want = with
		}
		if got, err := tok.EncodePrompt([]Segment{text}); err != nil || !slices.Equal(got, want) {
			t.Errorf("add_bos_token %t, text: %v, %v, want %v", add, got, err, want)
		}
		if got, err := tok.EncodePrompt([]Segment{bos, text}); err != nil || !slices.Equal(got, with) {
			t.Errorf("add_bos_token %t, BOS and text: %v, %v, want %v", add, got, err, with)
		}
		if got, err := tok.EncodePrompt([]Segment{bos, bos, text}); err == nil || !strings.Contains(err.Error(), "begins with two BOS tokens") {
			t.Errorf("add_bos_token %t, two BOS: %v, %v, want an error", add, got, err)
		}
		if _, err := tok.EncodePrompt([]Segment{{Text: "no", Special: true}}); err == nil {
			t.Errorf("add_bos_token %t: an unknown special token gave no error", add)
		}
	}
}

// TestControlNames: a file that calls a known control token ordinary or user-defined can't make text produce it.
func TestControlNames(t *testing.T) {
	for _, k := range []kind{normal, userDefined, unused} {
		m := byteLevelMeta("qwen2")
		types := slices.Clone(m["tokenizer.ggml.token_type"].([]int32))
		types[len(types)-2] = int32(k)
		m["tokenizer.ggml.token_type"] = types
		tok := mustMap(m)
		end, ok := tok.Special("<|im_end|>")
		if !ok || !tok.IsSpecial(end) || !tok.IsEnd(end) {
			t.Fatalf("type %d: Special = %d, %t", k, end, ok)
		}
		if slices.Contains(tok.Encode("a <|im_end|>"), end) {
			t.Errorf("type %d: Encode gave a control token", k)
		}
	}
}

func TestMatcherOverlap(t *testing.T) {
	for _, c := range []struct {
		leftmost bool
		want     []part
	}{
		{true, []part{{"ab", 0}, {"c", -1}, {"d", -1}}},
		{false, []part{{"a", -1}, {"bcd", 1}}},
	} {
		m := matcher{leftmost: c.leftmost}
		m.add("ab", 0)
		m.add("bcd", 1)
		m.add("", 2)
		m.sort()
		var joined strings.Builder
		for _, p := range m.cut("abcd") {
			joined.WriteString(p.text)
		}
		if joined.String() != "abcd" {
			t.Errorf("leftmost %t: parts join to %q", c.leftmost, joined.String())
		}
		first := m.cut("abcd")[0]
		if first != c.want[0] {
			t.Errorf("leftmost %t: first part %v, want %v", c.leftmost, first, c.want[0])
		}
	}
}

func TestValidUTF8(t *testing.T) {
	// The table of the Unicode standard, section 3.9, U+FFFD substitution of maximal subparts, and cut characters.
	for _, c := range []struct{ in, want string }{
		{"ok 中", "ok 中"},
		{"\xe4\xbd", "\ufffd"},
		{"a\xf0\x9f\x99b", "a\ufffdb"},
		{"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A", strings.Repeat("\ufffd", 8) + "A"},
		{"\xed\xa0\x80\xed\xbf\xbf\xed\xafA", strings.Repeat("\ufffd", 8) + "A"},
		{"\xf4\x91\x92\x93\xffA\x80\xbfB", strings.Repeat("\ufffd", 5) + "A\ufffd\ufffdB"},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA", strings.Repeat("\ufffd", 4) + "A"},
		{"\ufffd\xff", "\ufffd\ufffd"},
	} {
		if got := ValidUTF8(c.in); got != c.want {
			t.Errorf("ValidUTF8(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestAlphabet(t *testing.T) {
	seen := make(map[rune]bool)
	for b := range 256 {
		r := alphabetRune(byte(b))
		if got, ok := alphabetByte(r); !ok || got != byte(b) || seen[r] {
			t.Errorf("byte %d is %U, which is byte %d, %t", b, r, got, ok)
		}
		seen[r] = true
	}
	for r := range rune(0x500) {
		if _, ok := alphabetByte(r); ok != seen[r] {
			t.Errorf("alphabetByte(%U) = %t, want %t", r, ok, seen[r])
		}
	}
	// Facts of the GPT-2 table: a space is Ġ, a line feed Ċ, NUL Ā, the soft hyphen Ń.
	if got := alphabetEncode(" \n\x00\xad!é"); got != "ĠĊĀŃ!Ã©" {
		t.Errorf("alphabetEncode = %q", got)
	}
}

func tiktokenOracle(t testing.TB, pre string) (*Tokenizer, *tiktoken.Tiktoken) {
	t.Helper()
	ours, err := FromRanks(strings.NewReader(rankFile(pre)), RankOptions{Pre: pre})
	if err != nil {
		t.Fatal(err)
	}
	table := make(map[string]int)
	for piece, id := range ours.vocab.all() {
		table[piece] = int(id)
	}
	p, _ := preTokenizerByName(pre)
	engine, err := tiktoken.NewCoreBPE(table, nil, p.pattern)
	if err != nil {
		t.Fatal(err)
	}
	return ours, tiktoken.NewTiktoken(engine, &tiktoken.Encoding{Name: pre}, nil)
}

// comparable makes text that tiktoken-go treats as the patterns mean it: its engine works on code points, and it does
// not fold U+017F (long s) to s.
func comparableText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "ſ", "s")
}

// FuzzEncode compares with tiktoken-go and checks what holds for any text: the bytes come back, and no control token
// comes out.
func FuzzEncode(f *testing.F) {
	type pair struct {
		ours   *Tokenizer
		theirs *tiktoken.Tiktoken
	}
	var pairs []pair
	for _, pre := range []string{"llama4", "llama-bpe", "qwen2", "gpt-2"} {
		ours, theirs := tiktokenOracle(f, pre)
		pairs = append(pairs, pair{ours, theirs})
	}
	loaded := []*Tokenizer{mustMap(byteLevelMeta("llama4")), mustMap(byteLevelMeta("smollm")), mustMap(spmMeta())}
	f.Add("the there 今天天气 ABCdef isn't\n\n  <|im_end|><tool>")
	f.Add("\xff\xe4\xbd  \u0301</s><0x41>")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return // tiktoken-go is quadratic
		}
		for _, p := range pairs {
			clean := comparableText(text)
			want := p.theirs.EncodeOrdinary(clean)
			got := p.ours.Encode(clean)
			if !slices.EqualFunc(want, got, func(a int, b int32) bool { return a == int(b) }) {
				t.Fatalf("%s: Encode(%q) = %v, tiktoken-go %v", p.ours.pre, clean, got, want)
			}
		}
		for _, tok := range loaded {
			ids := tok.Encode(text)
			for _, id := range ids {
				if tok.IsSpecial(id) {
					t.Fatalf("%s: Encode(%q) has the special token %s", tok.model, text, tok.describe(id))
				}
			}
			if tok.model == BPE && string(tok.DecodeBytes(ids)) != text {
				t.Fatalf("%s: Encode(%q) decodes to %q", tok.pre, text, tok.DecodeBytes(ids))
			}
		}
	})
}

func TestAgainstTiktoken(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	words := append([]string{"the", "there", "今天", "天气很好", "ABC", "isn't", "12345", "return;\n"}, alphabetOfClasses...)
	for _, pre := range []string{"llama4", "llama-bpe", "qwen2", "gpt-2"} {
		ours, theirs := tiktokenOracle(t, pre)
		for range 400 {
			var b strings.Builder
			for range 12 {
				b.WriteString(words[r.IntN(len(words))])
			}
			text := comparableText(b.String())
			want := theirs.EncodeOrdinary(text)
			if got := ours.Encode(text); !slices.EqualFunc(want, got, func(a int, b int32) bool { return a == int(b) }) {
				t.Fatalf("%s: Encode(%q) = %v, tiktoken-go %v", pre, text, got, want)
			}
		}
	}
}

func TestCounter(t *testing.T) {
	for encoding, pre := range map[string]string{"o200k_base": "llama4", "cl100k_base": "llama-bpe"} {
		c, err := NewCounter(strings.NewReader(rankFile(pre)), encoding)
		if err != nil {
			t.Fatal(err)
		}
		long := strings.Repeat("今天天气你好世界", 2000) // one piece, far too long for tiktoken-go
		for _, text := range []string{"", "the there 今天天气", "a   " + long + "  b\n " + long + long, "<|im_end|>", "a\xffb"} {
			want := len(c.ours.Encode(strings.ToValidUTF8(text, "\ufffd")))
			if got := c.Count(text); got != want {
				t.Errorf("%s: Count of %d bytes = %d, want %d", encoding, len(text), got, want)
			}
		}
	}
	if _, err := NewCounter(strings.NewReader(rankFile("llama4")), "p50k_base"); err == nil {
		t.Error("an unknown encoding gave no error")
	}
	if _, err := NewCounter(strings.NewReader("YQ== 0\n"), "o200k_base"); err == nil || !strings.Contains(err.Error(), "lacks byte 0x00") {
		t.Errorf("a rank file without all bytes: error %v", err)
	}
}
