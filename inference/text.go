package inference

import (
	"bytes"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// A textBuilder turns the bytes of generated tokens into text and watches for stop strings. A character, or a stop string, may
// be spread over several tokens.
type textBuilder struct {
	raw     []byte
	stops   [][]byte
	longest int // bytes of the longest stop string
	stopped bool
}

// newTextBuilder keeps the stop strings that are not empty.
func newTextBuilder(stops []string) *textBuilder {
	b := &textBuilder{}
	for _, s := range stops {
		if s != "" {
			b.stops = append(b.stops, []byte(s))
			b.longest = max(b.longest, len(s))
		}
	}
	return b
}

// add appends the bytes of a token and says whether a stop string is complete now. The text is then cut before the
// earliest one; nothing may be added afterwards.
func (b *textBuilder) add(piece []byte) (stopped bool) {
	// A stop string that is complete only now ends in the new bytes.
	from := max(0, len(b.raw)-b.longest+1)
	b.raw = append(b.raw, piece...)
	cut := -1
	for _, s := range b.stops {
		if i := bytes.Index(b.raw[from:], s); i >= 0 && (cut < 0 || from+i < cut) {
			cut = from + i
		}
	}
	if cut >= 0 {
		b.raw, b.stopped = b.raw[:cut], true
	}
	return b.stopped
}

// text is everything so far as valid UTF-8: ill-formed sequences become U+FFFD each, a last character of which only the first
// bytes were generated is left out.
func (b *textBuilder) text() string {
	raw := b.raw
	if !b.stopped {
		raw = raw[:len(raw)-partialTail(raw)]
	}
	return tokenizer.ValidUTF8(string(raw))
}

// partialTail is the number of bytes at the end of b that could be the beginning of one more character (0 to 3).
func partialTail(b []byte) int {
	for n := 1; n <= min(utf8.UTFMax-1, len(b)); n++ {
		tail := b[len(b)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0 // whole, or never going to be valid
			}
			return n
		}
	}
	return 0
}
