package tokenizer

import "unicode/utf8"

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

// alphabetDecode returns the bytes that token spells; ok is false if it has a character outside the alphabet.
func alphabetDecode(token string) (s string, ok bool) {
	buf := make([]byte, 0, len(token))
	for i := 0; i < len(token); {
		r, n := utf8.DecodeRuneInString(token[i:])
		b, ok := alphabetByte(r)
		if !ok {
			return "", false
		}
		buf = append(buf, b)
		i += n
	}
	return string(buf), true
}
