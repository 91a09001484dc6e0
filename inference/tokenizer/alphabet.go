package tokenizer

import "strings"

// Byte-level vocabularies spell every byte as one printable character (the table is GPT-2's): the bytes 33..126,
// 161..172 and 174..255 stand for themselves as code points, the others for U+0100 onwards in order of the byte.

// alphabetRune returns the character that stands for b.
func alphabetRune(b byte) rune {
	switch {
	case b <= 32:
		return 0x100 + rune(b)
	case b >= 127 && b <= 160:
		return rune(b) + 162
	case b == 173:
		return 0x143
	}
	return rune(b)
}

// alphabetByte is the inverse; ok is false for a character outside the alphabet.
func alphabetByte(r rune) (b byte, ok bool) {
	switch {
	case r >= 0x100 && r <= 0x120:
		return byte(r - 0x100), true
	case r >= 0x121 && r <= 0x142:
		return byte(r - 162), true
	case r == 0x143:
		return 173, true
	case r >= 33 && r <= 126, r >= 161 && r <= 172, r >= 174 && r <= 255:
		return byte(r), true
	}
	return 0, false
}

// A speller spells out what tokens stand for. What it makes lies in one buffer, which is far less work than a string each.
type speller struct{ buf strings.Builder }

// newSpeller makes room for a piece of every token.
func newSpeller(tokens []token, m Model) *speller {
	n := 0
	for i := range tokens {
		if text := tokens[i].text; m == BPE && !plain(text) || m == SPM && strings.Contains(text, spaceMark) {
			n += len(text)
		}
	}
	p := &speller{}
	p.buf.Grow(n)
	return p
}

// plain says whether every character of a token in the alphabet stands for itself.
func plain(token string) bool {
	for i := range len(token) {
		if c := token[i]; c < 33 || c > 126 {
			return false
		}
	}
	return true
}

// decoded is the bytes that a token in the alphabet spells; ok is false if it has a character outside the alphabet.
func (p *speller) decoded(token string) (s string, ok bool) {
	if plain(token) {
		return token, true
	}
	start := p.buf.Len()
	for _, r := range token {
		b, ok := alphabetByte(r)
		if !ok {
			return "", false
		}
		p.buf.WriteByte(b)
	}
	return p.buf.String()[start:], true
}

// spaced is a token with spaces for U+2581.
func (p *speller) spaced(token string) string {
	start := p.buf.Len()
	rest := token
	for {
		before, after, found := strings.Cut(rest, spaceMark)
		if !found && start == p.buf.Len() && len(rest) == len(token) {
			return token
		}
		p.buf.WriteString(before)
		if !found {
			return p.buf.String()[start:]
		}
		p.buf.WriteByte(' ')
		rest = after
	}
}
