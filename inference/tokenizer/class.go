package tokenizer

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// class is a set of properties of one code point, as the pre-tokenizer patterns name them.
type class uint8

const (
	letter  class = 1 << iota // \p{L}
	number                    // \p{N}
	space                     // \s, that is Unicode White_Space: U+0085, U+00A0 and U+3000 belong to it
	upper                     // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], the first half of an o200k word
	lower                     // [\p{Ll}\p{Lm}\p{Lo}\p{M}], its second half
	newline                   // [\r\n]
)

// tabled is where the table of classes ends. All letters and numbers lie below; of what lies above, only the
// variation selectors U+E0100..U+E01EF have a class (they are marks).
const tabled = 0x40000

type classTable [tabled]class

// classes returns the table, filled at the first call (about a millisecond, 256 KiB).
var classes = sync.OnceValue(func() *classTable {
	t := new(classTable)
	for _, row := range []struct {
		table *unicode.RangeTable
		class class
	}{
		{unicode.L, letter},
		{unicode.N, number},
		{unicode.White_Space, space},
		{unicode.Lu, upper},
		{unicode.Lt, upper},
		{unicode.Lm, upper | lower},
		{unicode.Lo, upper | lower},
		{unicode.M, upper | lower},
		{unicode.Ll, lower},
	} {
		for _, r := range row.table.R16 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				t[c] |= row.class
			}
		}
		for _, r := range row.table.R32 {
			for c := int(r.Lo); c <= int(r.Hi) && c < tabled; c += int(r.Stride) {
				t[c] |= row.class
			}
		}
	}
	t['\r'] |= newline
	t['\n'] |= newline
	return t
})

// at returns the class and the length in bytes of the code point at pos. A byte that is not valid UTF-8 counts as a
// code point of its own without any class, like punctuation. pos must be inside text.
func (t *classTable) at(text string, pos int) (class, int) {
	if b := text[pos]; b < utf8.RuneSelf {
		return t[b], 1
	}
	r, n := utf8.DecodeRuneInString(text[pos:])
	if r < tabled {
		return t[r], n
	}
	if unicode.Is(unicode.M, r) {
		return upper | lower, n
	}
	return 0, n
}

// run returns the end of the run of code points from pos on that have a property of want.
func (t *classTable) run(text string, pos int, want class) int {
	for pos < len(text) {
		c, n := t.at(text, pos)
		if c&want == 0 {
			break
		}
		pos += n
	}
	return pos
}
