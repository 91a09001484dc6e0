package metrics

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Python's \s also matches white space beyond ASCII; Go's does not.
const anySpace = `[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]`

type rewrite struct {
	pattern *regexp.Regexp
	with    string
}

// The rewriting steps of the tokenizer, in their order. Two steps need conditions that Go's expressions lack and are
// functions: openApostrophe and contractions.
var (
	openingQuotes = []rewrite{
		{regexp.MustCompile("([«“‘„]|`+)"), " $1 "},
		{regexp.MustCompile(`^"`), "``"},
		{regexp.MustCompile("``"), " `` "},
		{regexp.MustCompile(`([ (\[{<])("|'')`), "$1 `` "},
	}
	punctuation = []rewrite{
		{regexp.MustCompile(`([^.])\.([\])}>"'»”’ ]*)` + anySpace + `*$`), "$1 . $2 "},
		{regexp.MustCompile(`([:,])(\P{Nd})`), " $1 $2"},
		{regexp.MustCompile(`([:,])(\n?)$`), " $1 $2"},
		{regexp.MustCompile(`\.{2,}`), " $0 "},
		{regexp.MustCompile(`[;@#$%&]`), " $0 "},
		{regexp.MustCompile(`([^.])\.([\])}>"']*)` + anySpace + `*$`), "$1 .$2 "},
		{regexp.MustCompile(`[?!]`), " $0 "},
		{regexp.MustCompile(`([^'])' `), "$1 ' "},
		{regexp.MustCompile(`\*`), " $0 "},
		{regexp.MustCompile(`[\][(){}<>]`), " $0 "},
		{regexp.MustCompile(`--`), " -- "},
	}
	closingQuotes = []rewrite{
		{regexp.MustCompile(`[»”’]`), " $0 "},
		{regexp.MustCompile(`''`), " '' "},
		{regexp.MustCompile(`"`), " '' "},
		{regexp.MustCompile(`([^' ])('[sSmMdD]|') `), "$1 $2 "},
		{regexp.MustCompile(`([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) `), "$1 $2 "},
	}
)

// contractions are words that are split in two. before and after say what must surround them: 'b' a word boundary, 's' white space
// (before: a blank that goes away).
var contractions = []struct {
	first, second string
	before, after byte
}{
	{"can", "not", 'b', 'b'},
	{"d", "'ye", 'b', 'b'},
	{"gim", "me", 'b', 'b'},
	{"gon", "na", 'b', 'b'},
	{"got", "ta", 'b', 'b'},
	{"lem", "me", 'b', 'b'},
	{"more", "'n", 'b', 'b'},
	{"wan", "na", 'b', 's'},
	{"'t", "is", 's', 'b'},
	{"'t", "was", 's', 'b'},
}

// Treebank splits English text into tokens by the rules of the Penn Treebank, as NLTK's NLTKWordTokenizer does: brackets, quotes
// and most punctuation are tokens, a final period too; 25,000 and 78.1 stay whole; " becomes “ or ” in TeX's spelling. Sentences are not
// split first, so that only the last period of the text is a token.
//
// Source: nltk.tokenize.destructive, NLTK 3.8.
func Treebank(text string) []string {
	if plainWord(text) {
		return []string{text}
	}
	text = apply(openingQuotes, text)
	text = openApostrophe(text)
	text = apply(punctuation, text)
	text = apply(closingQuotes, " "+text+" ")
	for _, c := range contractions {
		text = contract(text, c.first, c.second, c.before, c.after)
	}
	return strings.FieldsFunc(text, pythonSpace)
}

// plainWord reports whether no rule can touch the text: ASCII letters and digits that do not spell a contraction.
func plainWord(text string) bool {
	for i := range len(text) {
		if c := text[i] | 0x20; (c < 'a' || c > 'z') && (text[i] < '0' || text[i] > '9') {
			return false
		}
	}
	for _, c := range contractions {
		if strings.EqualFold(text, c.first+c.second) {
			return false
		}
	}
	return text != ""
}

func apply(steps []rewrite, text string) string {
	for _, s := range steps {
		text = s.pattern.ReplaceAllString(text, s.with)
	}
	return text
}

// openApostrophe puts a blank between an apostrophe and a single letter after it ('a' but not 's).
func openApostrophe(text string) string {
	if !strings.Contains(text, "'") {
		return text
	}
	var out strings.Builder
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		out.WriteRune(runes[i])
		if runes[i] != '\'' || i+1 == len(runes) || !wordRune(runes[i+1]) || i+2 < len(runes) && wordRune(runes[i+2]) {
			continue
		}
		if !strings.ContainsRune("mtsdnMTSDNſ", runes[i+1]) {
			out.WriteByte(' ')
			out.WriteRune(runes[i+1])
			i++
		}
	}
	return out.String()
}

// contract splits every occurrence of first+second, in either case, with blanks around both parts.
func contract(text, first, second string, before, after byte) string {
	word := first + second
	var out strings.Builder
	done := 0
	for i := 0; i+len(word) <= len(text); {
		end := i + len(word)
		if !foldASCII(text[i:end], word) || !opens(text, i, before, done) || !closes(text, end, after) {
			i++
			continue
		}
		start := i
		if before == 's' {
			start--
		}
		out.WriteString(text[done:start])
		out.WriteString(" " + text[i:i+len(first)] + " " + text[i+len(first):end] + " ")
		done, i = end, end
	}
	out.WriteString(text[done:])
	return out.String()
}

// opens reports whether a word may begin at byte i; done is the end of what has been replaced already.
func opens(text string, i int, before byte, done int) bool {
	if before == 's' {
		return i > done && text[i-1] == ' '
	}
	r, size := utf8.DecodeLastRuneInString(text[:i])
	return size == 0 || !wordRune(r)
}

func closes(text string, end int, after byte) bool {
	r, size := utf8.DecodeRuneInString(text[end:])
	if after == 's' {
		return size > 0 && pythonSpace(r)
	}
	return size == 0 || !wordRune(r)
}

func foldASCII(s, word string) bool {
	for i := range len(word) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// wordRune is Python's \w.
func wordRune(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r)
}
