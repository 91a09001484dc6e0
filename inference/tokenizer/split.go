package tokenizer

import (
	"slices"
	"strings"
)

// A splitter cuts text into pre-tokenizer pieces and hands each to emit, in order; the pieces joined are the text. It is
// a hand-written matcher of one regular expression: Go's regexp has no lookahead, and a backtracking engine is slow.
type splitter func(text string, emit func(piece string))

// The patterns that the splitters match, as tokenizer.json files spell them. \s means Unicode White_Space.
const (
	patternGPT2   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternO200k  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// A preTokenizer is one known way to cut text.
type preTokenizer struct {
	name    string   // what Tokenizer.Pre returns
	aliases []string // further spellings of tokenizer.ggml.pre
	pattern string   // as in tokenizer.json; empty for smollm, which is a sequence of two
	split   splitter
}

// preTokenizers lists the known ones.
func preTokenizers() []preTokenizer {
	return []preTokenizer{
		{"gpt-2", []string{"gpt2"}, patternGPT2, splitGPT2},
		{"smollm", nil, "", splitSmolLM},
		{"qwen2", nil, patternQwen2, splitQwen2},
		{"llama-bpe", []string{"llama3", "llama-v3", "cl100k"}, patternLlama3, splitLlama3},
		{"llama4", []string{"gpt-4o", "o200k"}, patternO200k, splitO200k},
	}
}

// preTokenizerByName finds name among the names and aliases.
func preTokenizerByName(name string) (preTokenizer, bool) {
	for _, p := range preTokenizers() {
		if p.name == name {
			return p, true
		}
		if slices.Contains(p.aliases, name) {
			return p, true
		}
	}
	return preTokenizer{}, false
}

// preTokenizerNames lists the names for error messages.
func preTokenizerNames() string {
	var names []string
	for _, p := range preTokenizers() {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// contraction returns the length of an English contraction ('s, 't, 're, 've, 'm, 'll, 'd) at the start of text, or 0.
// With fold, case is ignored as regular expressions do it: U+017F (long s) folds to s.
func contraction(text string, fold bool) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	a, b := text[1], byte(0)
	if len(text) > 2 {
		b = text[2]
	}
	if fold {
		if a == 0xC5 && b == 0xBF {
			return 3
		}
		a, b = lowerASCII(a), lowerASCII(b)
	}
	switch {
	case a == 's' || a == 't' || a == 'm' || a == 'd':
		return 2
	case a == 'r' && b == 'e' || a == 'v' && b == 'e' || a == 'l' && b == 'l':
		return 3
	}
	return 0
}

func lowerASCII(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// whitespace matches `\s+(?!\S)|\s+` at pos, a white space: the run without its last character, which is left for the
// word that follows; the whole run at the end of text, and a single character whatever follows.
func whitespace(c *classTable, text string, pos int) int {
	end, last := pos, pos
	for end < len(text) {
		k, n := c.at(text, end)
		if k&space == 0 {
			break
		}
		last = end
		end += n
	}
	if end < len(text) && last > pos {
		return last
	}
	return end
}

// lineBreaks matches `\s*[\r\n]+` at pos: the run of white space up to its last line break, or -1 if there is none.
func lineBreaks(c *classTable, text string, pos int) int {
	end := -1
	for pos < len(text) {
		k, n := c.at(text, pos)
		if k&space == 0 {
			break
		}
		pos += n
		if k&newline != 0 {
			end = pos
		}
	}
	return end
}

// punctuation matches ` ?[^\s\p{L}\p{N}]+` at pos, or returns -1.
func punctuation(c *classTable, text string, pos int) int {
	if text[pos] == ' ' {
		pos++
	}
	end := pos
	for end < len(text) {
		k, n := c.at(text, end)
		if k&(space|letter|number) != 0 {
			break
		}
		end += n
	}
	if end == pos {
		return -1
	}
	return end
}

// digits matches `\p{N}{1,limit}` at pos, a number.
func digits(c *classTable, text string, pos, limit int) int {
	for i := 0; i < limit && pos < len(text); i++ {
		k, n := c.at(text, pos)
		if k&number == 0 {
			break
		}
		pos += n
	}
	return pos
}

// splitGPT2 matches patternGPT2.
func splitGPT2(text string, emit func(string)) {
	c := classes()
	for pos := 0; pos < len(text); {
		end := nextGPT2(c, text, pos)
		emit(text[pos:end])
		pos = end
	}
}

func nextGPT2(c *classTable, text string, pos int) int {
	if n := contraction(text[pos:], false); n > 0 {
		return pos + n
	}
	word := pos
	if text[pos] == ' ' {
		word++
	}
	if word < len(text) {
		switch k, _ := c.at(text, word); {
		case k&letter != 0:
			return c.run(text, word, letter)
		case k&number != 0:
			return c.run(text, word, number)
		case k&space == 0:
			return punctuation(c, text, pos)
		}
	}
	return whitespace(c, text, pos)
}

// splitSmolLM isolates every number character, then cuts what lies between with patternGPT2, whose lookahead does not
// see beyond.
func splitSmolLM(text string, emit func(string)) {
	c := classes()
	for pos := 0; pos < len(text); {
		k, n := c.at(text, pos)
		if k&number != 0 {
			emit(text[pos : pos+n])
			pos += n
			continue
		}
		end := pos + n
		for end < len(text) {
			k, n := c.at(text, end)
			if k&number != 0 {
				break
			}
			end += n
		}
		splitGPT2(text[pos:end], emit)
		pos = end
	}
}

// splitQwen2 matches patternQwen2.
func splitQwen2(text string, emit func(string)) { splitCL100k(text, 1, emit) }

// splitLlama3 matches patternLlama3.
func splitLlama3(text string, emit func(string)) { splitCL100k(text, 3, emit) }

func splitCL100k(text string, maxDigits int, emit func(string)) {
	c := classes()
	for pos := 0; pos < len(text); {
		end := nextCL100k(c, text, pos, maxDigits)
		emit(text[pos:end])
		pos = end
	}
}

func nextCL100k(c *classTable, text string, pos, maxDigits int) int {
	if n := contraction(text[pos:], true); n > 0 {
		return pos + n
	}
	k, n := c.at(text, pos)
	switch {
	case k&letter != 0:
		return c.run(text, pos+n, letter)
	case k&number != 0:
		return digits(c, text, pos, maxDigits)
	case k&newline == 0: // any one other character may open a word
		if end := c.run(text, pos+n, letter); end > pos+n {
			return end
		}
	}
	if end := punctuation(c, text, pos); end > 0 {
		return c.run(text, end, newline)
	}
	if end := lineBreaks(c, text, pos); end > 0 {
		return end
	}
	return whitespace(c, text, pos)
}

// splitO200k matches patternO200k, the pattern of Llama 4 and of GPT-4o.
func splitO200k(text string, emit func(string)) {
	c := classes()
	for pos := 0; pos < len(text); {
		end := nextO200k(c, text, pos)
		emit(text[pos:end])
		pos = end
	}
}

func nextO200k(c *classTable, text string, pos int) int {
	k, n := c.at(text, pos)
	if end := wordO200k(c, text, pos, k, n); end > 0 {
		return end + contraction(text[end:], true)
	}
	if k&number != 0 {
		return digits(c, text, pos, 3)
	}
	if end := punctuation(c, text, pos); end > 0 {
		for end < len(text) && (text[end] == '\r' || text[end] == '\n' || text[end] == '/') {
			end++
		}
		return end
	}
	if end := lineBreaks(c, text, pos); end > 0 {
		return end
	}
	return whitespace(c, text, pos)
}

// wordO200k matches the two word alternatives at pos, whose first character has class k and length n, without the
// contraction that may follow; -1 if neither matches. Each alternative is tried with the optional leading character and
// then without, as a backtracking engine does; a mark can be either that character or part of the word.
func wordO200k(c *classTable, text string, pos int, k class, n int) int {
	prefix := k&(letter|number|newline) == 0
	if prefix {
		if end := upperLower(c, text, pos+n); end > 0 {
			return end
		}
	}
	if end := upperLower(c, text, pos); end > 0 {
		return end
	}
	// The second alternative, [upper]+[lower]*, is reached only where the first failed: no character of the upper run
	// is in lower, nor is the one after it, so that the run is the match.
	if prefix {
		if end := c.run(text, pos+n, upper); end > pos+n {
			return end
		}
	}
	if end := c.run(text, pos, upper); end > pos {
		return end
	}
	return -1
}

// upperLower matches [upper]*[lower]+ at pos, or returns -1. The greedy run of upper gives characters back until one is
// in lower too (Lm, Lo and M are in both).
func upperLower(c *classTable, text string, pos int) int {
	both := -1 // end of the last character so far that is in both
	for pos < len(text) {
		k, n := c.at(text, pos)
		if k&upper == 0 {
			if k&lower != 0 {
				return c.run(text, pos, lower)
			}
			break
		}
		pos += n
		if k&lower != 0 {
			both = pos
		}
	}
	return both
}
