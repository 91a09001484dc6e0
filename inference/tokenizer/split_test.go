package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// oracle cuts text with a pattern by Go's regexp, which is leftmost-first like the engines the patterns are written for.
// It knows neither \s as Unicode white space, which is spelled out, nor lookahead: the two last alternatives become one,
// whose match gives its last character back where more text follows.
type oracle struct {
	expr       *regexp.Regexp
	whitespace int // number of the group of the last alternative
}

func newOracle(pattern string) oracle {
	const ws = `\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	p, ok := strings.CutSuffix(pattern, `|\s+(?!\S)|\s+`)
	if !ok {
		panic("pattern ends differently: " + pattern)
	}
	p = strings.ReplaceAll(p, `[^\s`, `[^`+ws)
	p = strings.ReplaceAll(p, `\s`, `[`+ws+`]`)
	return oracle{regexp.MustCompile(`^(?:` + p + `|([` + ws + `]+))`), 1}
}

func (o oracle) split(text string) (pieces []string) {
	for text != "" {
		m := o.expr.FindStringSubmatchIndex(text)
		if m == nil {
			panic(fmt.Sprintf("no match at %q", text))
		}
		end := m[1]
		if m[2*o.whitespace] >= 0 && end < len(text) {
			if _, n := utf8.DecodeLastRuneInString(text[:end]); n < end {
				end -= n
			}
		}
		pieces = append(pieces, text[:end])
		text = text[end:]
	}
	return pieces
}

// oracles gives the slow splitter of each pre-tokenizer.
func oracles() map[string]func(string) []string {
	all := make(map[string]func(string) []string)
	for _, p := range preTokenizers() {
		if p.pattern != "" {
			all[p.name] = newOracle(p.pattern).split
		}
	}
	digit := regexp.MustCompile(`\p{N}`)
	all["smollm"] = func(text string) (pieces []string) {
		for text != "" {
			m := digit.FindStringIndex(text)
			if m == nil {
				return append(pieces, all["gpt-2"](text)...)
			}
			pieces = append(pieces, all["gpt-2"](text[:m[0]])...)
			pieces = append(pieces, text[m[0]:m[1]])
			text = text[m[1]:]
		}
		return pieces
	}
	return all
}

func pieces(split splitter, text string) (out []string) {
	split(text, func(p string) { out = append(out, p) })
	return out
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		pre, text string
		want      []string
	}{
		{"gpt-2", "I'll  go", []string{"I", "'ll", " ", " go"}},
		{"gpt-2", "I'LL", []string{"I", "'", "LL"}},
		{"gpt-2", "a\u3000\u3000b ", []string{"a", "\u3000", "\u3000", "b", " "}},
		{"smollm", "x  12 y", []string{"x", "  ", "1", "2", " y"}},
		{"qwen2", "I'LL 12\n\n a", []string{"I", "'LL", " ", "1", "2", "\n\n", " a"}},
		{"qwen2", "'ſoft", []string{"'ſ", "oft"}},
		{"llama-bpe", "1234567", []string{"123", "456", "7"}},
		{"llama-bpe", "x!\n\n\ty", []string{"x", "!\n\n", "\ty"}},
		{"llama4", "HTTPServer can't camelCase", []string{"HTTPServer", " can't", " camel", "Case"}},
		{"llama4", "ABCʰdef", []string{"ABCʰdef"}},
		{"llama4", "中A文B字 文Bc", []string{"中A文B字", " 文Bc"}},
		{"llama4", "\u0301ABC", []string{"\u0301", "ABC"}},
		{"llama4", "!\u0301ABC", []string{"!\u0301", "ABC"}},
		{"llama4", "//a/b/\n/", []string{"//", "a", "/b", "/\n/"}},
		{"llama4", "a  \n b", []string{"a", "  \n", " b"}},
		{"llama4", "\xff\xfea", []string{"\xff\xfe", "a"}},
		{"llama4", "", nil},
	} {
		t.Run(fmt.Sprintf("%s %q", c.pre, c.text), func(t *testing.T) {
			p, ok := preTokenizerByName(c.pre)
			if !ok {
				t.Fatal("unknown pre-tokenizer")
			}
			if diff := cmp.Diff(c.want, pieces(p.split, c.text)); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, oracles()[c.pre](c.text)); diff != "" {
				t.Errorf("pieces of the regular expression (-want +got):\n%s", diff)
			}
		})
	}
}

// alphabetOfClasses holds characters of every class that a pattern tells apart.
var alphabetOfClasses = []string{
	"a", "B", "ǅ", "ʰ", "中", "\u0301", "ſ", "s", "t", "re", "LL", "1", "½", "Ⅳ", " ", "  ", "\n", "\r", "\t", "\u3000", "\u0085",
	"'", "’", "!", "/", "_", "🙂", "\u200d", "\ufffd", "\xff", "\xe4\xbd", "\U000e0101", "𐐀", "𠮷",
}

func randomText(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(alphabetOfClasses[r.IntN(len(alphabetOfClasses))])
	}
	return b.String()
}

// TestSplitAgainstRegexp compares every splitter with its regular expression on random text of all classes.
func TestSplitAgainstRegexp(t *testing.T) {
	all := oracles()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		text := randomText(r, 1+i%12)
		for _, p := range preTokenizers() {
			if diff := cmp.Diff(all[p.name](text), pieces(p.split, text)); diff != "" {
				t.Fatalf("%s, text %q (-regexp +splitter):\n%s", p.name, text, diff)
			}
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("Hello, world! I'm 12345\n\n 中文 ABCdef")
	f.Add("\u0301A'ſ ʰB!\r\n//\xff")
	all := oracles()
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range preTokenizers() {
			if diff := cmp.Diff(all[p.name](text), pieces(p.split, text)); diff != "" {
				t.Fatalf("%s, text %q (-regexp +splitter):\n%s", p.name, text, diff)
			}
		}
	})
}

// TestClasses compares the table with package unicode over all code points.
func TestClasses(t *testing.T) {
	c := classes()
	buf := make([]byte, 0, 4)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		var want class
		mark := unicode.Is(unicode.M, r)
		for _, row := range []struct {
			class class
			is    bool
		}{
			{letter, unicode.IsLetter(r)},
			{number, unicode.IsNumber(r)},
			{space, unicode.IsSpace(r)},
			{newline, r == '\n' || r == '\r'},
			{upper, mark || unicode.In(r, unicode.Lu, unicode.Lt, unicode.Lm, unicode.Lo)},
			{lower, mark || unicode.In(r, unicode.Ll, unicode.Lm, unicode.Lo)},
		} {
			if row.is {
				want |= row.class
			}
		}
		buf = utf8.AppendRune(buf[:0], r)
		if got, n := c.at(string(buf), 0); got != want || n != len(buf) {
			t.Fatalf("class of %U = %b (%d bytes), want %b", r, got, n, want)
		}
	}
}

func TestPreTokenizerNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range preTokenizers() {
		for _, name := range append([]string{p.name}, p.aliases...) {
			if seen[name] {
				t.Errorf("two pre-tokenizers are called %s", name)
			}
			seen[name] = true
			if got, ok := preTokenizerByName(name); !ok || got.name != p.name {
				t.Errorf("preTokenizerByName(%q) = %s, %t, want %s", name, got.name, ok, p.name)
			}
		}
	}
}
