package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Piece returns the bytes that a token stands for, often a part of a character only: none for control tokens and for
// ids out of range. The caller must not change them.
func (t *Tokenizer) Piece(id int32) []byte {
	if !t.valid(id) {
		return nil
	}
	return []byte(t.tokens[id].piece)
}

// DecodeBytes joins the pieces of ids, which is what a model wrote after a prompt.
func (t *Tokenizer) DecodeBytes(ids []int32) []byte {
	var b []byte
	for _, id := range ids {
		if t.valid(id) {
			b = append(b, t.tokens[id].piece...)
		}
	}
	return b
}

// Decode returns the text of ids that stand for a whole text: control tokens are left out, the space that the tokenizer
// puts before a text is taken off again, and bytes that are not UTF-8 become U+FFFD, one for each ill-formed sequence as
// Unicode recommends (section 3.9, "maximal subpart").
func (t *Tokenizer) Decode(ids []int32) string {
	return t.wholeText(string(t.DecodeBytes(ids)))
}

// DecodeSpecial is Decode with control tokens written as their names.
func (t *Tokenizer) DecodeSpecial(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		switch {
		case t.IsSpecial(id):
			b.WriteString(t.tokens[id].text)
		case t.valid(id):
			b.WriteString(t.tokens[id].piece)
		}
	}
	return t.wholeText(b.String())
}

func (t *Tokenizer) wholeText(s string) string {
	if t.spacePrefix {
		s = strings.TrimPrefix(s, " ")
	}
	return ValidUTF8(s)
}

// ValidUTF8 replaces each ill-formed sequence of s by one U+FFFD. A sequence cut short (such as the first two bytes of a
// Chinese character) is one; so is each byte that can't stand where it does.
func ValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError || n > 1 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		b.WriteRune(utf8.RuneError)
		i += subpart(s[i:])
	}
	return b.String()
}

// subpart returns the length of the longest beginning of s that could have begun a character, at least 1. s begins with
// an ill-formed sequence.
func subpart(s string) int {
	need, lo, hi := 0, byte(0x80), byte(0xBF) // bytes to follow, range of the first of them
	switch b := s[0]; {
	case b >= 0xC2 && b <= 0xDF:
		need = 1
	case b == 0xE0:
		need, lo = 2, 0xA0
	case b == 0xED:
		need, hi = 2, 0x9F
	case b >= 0xE1 && b <= 0xEF:
		need = 2
	case b == 0xF0:
		need, lo = 3, 0x90
	case b == 0xF4:
		need, hi = 3, 0x8F
	case b >= 0xF1 && b <= 0xF3:
		need = 3
	}
	n := 1
	for n <= need && n < len(s) && s[n] >= lo && s[n] <= hi {
		n++
		lo, hi = 0x80, 0xBF
	}
	return n
}
