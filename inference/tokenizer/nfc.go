package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// joiner is U+034F, which x/text puts into long runs of combining marks (its output is "stream-safe"); the Unicode NFC
// that tokenizers use does not.
const joiner = "\u034f"

// composed returns text in normalization form C. Ill-formed bytes stay as they are.
func composed(text string) string {
	if norm.NFC.IsNormalString(text) {
		return text
	}
	out := norm.NFC.String(text)
	if strings.Count(out, joiner) == strings.Count(text, joiner) {
		return out
	}
	return composedSlowly(text)
}

// composedSlowly is NFC without limits on runs of marks: decompose, order marks by class, compose (UAX #15).
func composedSlowly(text string) string {
	type char struct {
		s   string // one code point, or one ill-formed byte
		ccc uint8
	}
	var chars []char
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		p := norm.NFD.PropertiesString(text[i:])
		d := string(p.Decomposition())
		if d == "" {
			d = text[i : i+n]
		}
		if n == 3 && isHangulSyllable(text[i:i+n]) {
			d = norm.NFD.String(text[i : i+n])
		}
		for d != "" {
			_, k := utf8.DecodeRuneInString(d)
			chars = append(chars, char{d[:k], norm.NFD.PropertiesString(d).CCC()})
			d = d[k:]
		}
		i += n
	}
	for i := 0; i < len(chars); {
		j := i + 1
		for j < len(chars) && chars[i].ccc != 0 && chars[j].ccc != 0 {
			j++
		}
		slices.SortStableFunc(chars[i:j], func(a, b char) int { return int(a.ccc) - int(b.ccc) })
		i = j
	}
	starter, last := -1, uint8(0) // last: class of the last character kept after the starter
	var out []char
	for _, c := range chars {
		if starter >= 0 && (last < c.ccc || starter == len(out)-1) {
			pair := norm.NFC.String(out[starter].s + c.s)
			if utf8.RuneCountInString(pair) == 1 {
				out[starter].s = pair
				continue
			}
		}
		if c.ccc == 0 {
			starter = len(out)
		}
		last = c.ccc
		out = append(out, c)
	}
	var b strings.Builder
	for _, c := range out {
		b.WriteString(c.s)
	}
	return b.String()
}

func isHangulSyllable(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r >= 0xAC00 && r <= 0xD7A3
}
