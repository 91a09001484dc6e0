package metrics

import (
	"strings"
	"unicode/utf8"
)

// A Tokenizer splits a text into the tokens that a metric compares. Its name is part of what a report calls the score.
type Tokenizer struct {
	Name  string
	Split func(text string) []string
}

// Tokenizers are the tokenizers that need no dictionary: zh, 13a, char and none of sacreBLEU, and alnum of rouge_score.
func Tokenizers() []Tokenizer {
	return []Tokenizer{
		{"zh", TokenizeZH},
		{"13a", Tokenize13a},
		{"char", Characters},
		{"none", splitSpace},
		{"alnum", TokenizeAlnum},
	}
}

// LookupTokenizer finds a tokenizer of [Tokenizers] by name.
func LookupTokenizer(name string) (Tokenizer, bool) {
	for _, t := range Tokenizers() {
		if t.Name == name {
			return t, true
		}
	}
	return Tokenizer{}, false
}

// Words makes a tokenizer of a function that cuts a text into words, such as [Jieba.Cut]. Words of white space are dropped.
func Words(name string, cut func(text string) []string) Tokenizer {
	return Tokenizer{name, func(text string) []string {
		var out []string
		for _, w := range cut(text) {
			if w = strings.TrimFunc(w, pythonSpace); w != "" {
				out = append(out, w)
			}
		}
		return out
	}}
}

// or is t, or the named tokenizer where t is zero.
func (t Tokenizer) or(name string, split func(string) []string) Tokenizer {
	if t.Split == nil {
		return Tokenizer{name, split}
	}
	return t
}

func splitSpace(text string) []string { return strings.FieldsFunc(text, pythonSpace) }

// Characters splits a text into its code points, without white space.
func Characters(text string) []string {
	out := make([]string, 0, len(text)/3+1)
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if !pythonSpace(r) {
			out = append(out, text[:n])
		}
		text = text[n:]
	}
	return out
}

// TokenizeAlnum lowers a text and keeps runs of a-z and 0-9, all that the default tokenizer of rouge_score without stemming keeps: a
// Chinese text has no tokens.
func TokenizeAlnum(text string) []string {
	return strings.FieldsFunc(lower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// Tokenize13a splits a text as mteval-v13a does: ASCII punctuation apart from words, but not ' and not . , - inside numbers. Text in other
// alphabets is only split at white space, so that a Chinese clause is one token.
//
// Source: tokenizer_13a.py and tokenizer_re.py of sacreBLEU 2.6.0.
func Tokenize13a(text string) []string {
	text = strings.ReplaceAll(text, "<skipped>", "")
	text = strings.ReplaceAll(text, "-\n", "")
	text = strings.ReplaceAll(text, "\n", " ")
	// In this order: &amp;lt; becomes <.
	for _, entity := range [][2]string{{"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}} {
		text = strings.ReplaceAll(text, entity[0], entity[1])
	}
	return splitSpace(string(splitASCII([]byte(" " + text + " "))))
}

// TokenizeZH makes every Chinese character and mark a token and splits the rest like [Tokenize13a], without its treatment of lines
// and entities and without the blanks around the text: a final period after a digit stays with it.
//
// Source: tokenizer_zh.py of sacreBLEU 2.6.0.
func TokenizeZH(text string) []string {
	text = strings.TrimFunc(text, pythonSpace)
	spaced := make([]byte, 0, 2*len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if zhRune(r) && (r != utf8.RuneError || n > 1) {
			spaced = append(spaced, ' ')
			spaced = append(spaced, text[i:i+n]...)
			spaced = append(spaced, ' ')
		} else {
			spaced = append(spaced, text[i:i+n]...)
		}
		i += n
	}
	return splitSpace(string(splitASCII(spaced)))
}

// zhRune reports whether the zh tokenizer makes a token of r. The list of sacreBLEU writes '\u20000', which in Python is U+2000 and a
// zero: U+2001 to U+2A6D are split, dashes, quotes and arrows with them, and ideographs of extension B are not.
func zhRune(r rune) bool {
	switch {
	case r < 0x2001:
		return false
	case r <= 0x2a6d, // and what follows from U+2E80 on, as intended
		r >= 0x2e80 && r <= 0x2fdf,
		r >= 0x2ff0 && r <= 0x303f,
		r >= 0x3100 && r <= 0x312f,
		r >= 0x31a0 && r <= 0x31bf,
		r >= 0x31c0 && r <= 0x31ef,
		r >= 0x3200 && r <= 0x4db5,
		r >= 0x4e00 && r <= 0x9fbb,
		r >= 0xf900 && r <= 0xfa2d,
		r >= 0xfa30 && r <= 0xfa6a,
		r >= 0xfa70 && r <= 0xfad9,
		r >= 0xfe10 && r <= 0xfe1f,
		r >= 0xfe30 && r <= 0xfe4f,
		r >= 0xff00 && r <= 0xffef:
		return true
	}
	return false
}

// splitASCII puts blanks around ASCII punctuation, in the four passes of sacreBLEU's tokenizer_re.py. Its expressions look at code points;
// what they match is ASCII but for one character beside it, so that bytes give the same.
func splitASCII(text []byte) []byte {
	number := func(c byte) bool { return c >= '0' && c <= '9' }
	point := func(c byte) bool { return c == '.' || c == ',' }
	// [{-~[-` -&(-+:-@/]: all of ASCII punctuation but ' , - .
	out := make([]byte, 0, 2*len(text)+8)
	for _, c := range text {
		if c >= '{' && c <= '~' || c >= '[' && c <= '`' || c >= ' ' && c <= '&' || c >= '(' && c <= '+' || c >= ':' && c <= '@' || c == '/' {
			out = append(out, ' ', c, ' ')
		} else {
			out = append(out, c)
		}
	}
	text, out = out, text[:0:0]
	for i := 0; i < len(text); i++ { // ([^0-9])([.,])
		if out = append(out, text[i]); !number(text[i]) && i+1 < len(text) && point(text[i+1]) {
			out = append(out, ' ', text[i+1], ' ')
			i++
		}
	}
	text, out = out, text[:0:0]
	for i := 0; i < len(text); i++ { // ([.,])([^0-9])
		if !point(text[i]) || i+1 == len(text) || number(text[i+1]) {
			out = append(out, text[i])
			continue
		}
		out = append(out, ' ', text[i], ' ', text[i+1])
		i++
	}
	text, out = out, text[:0:0]
	for i := 0; i < len(text); i++ { // ([0-9])(-)
		if out = append(out, text[i]); number(text[i]) && i+1 < len(text) && text[i+1] == '-' {
			out = append(out, ' ', '-', ' ')
			i++
		}
	}
	return out
}
