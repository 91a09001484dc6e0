package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// spaceMark is U+2581, which stands for a space in SPM vocabularies.
const spaceMark = "▁"

// Encode returns the tokens of ordinary text, without BOS. Whatever the text says, none of them is a control token;
// user-defined tokens such as Gemma's runs of spaces are found, as the vocabulary wants it.
//
// Text that is not valid UTF-8 is taken byte by byte: the bytes of the tokens joined are the text (before normalization,
// where the tokenizer has one). The exception is a byte-level vocabulary that lacks a byte, as SmolLM2's lacks 21 that
// hardly occur: such a byte is left out, as llama.cpp does.
func (t *Tokenizer) Encode(text string) []int32 {
	return t.encodeText(nil, text, new(scratch))
}

// EncodeSegments returns the tokens of segments, without BOS. A special segment has to be the name of one special token;
// text segments are ordinary text, and adjacent ones are joined first, so that tokens may cross from one to the next.
func (t *Tokenizer) EncodeSegments(segs []Segment) ([]int32, error) {
	var ids []int32
	var s scratch
	for i := 0; i < len(segs); {
		if segs[i].Special {
			id, ok := t.texts[segs[i].Text]
			if !ok {
				return nil, fmt.Errorf("tokenizer: %s is not a special token of this model", printable(segs[i].Text))
			}
			ids = append(ids, id)
			i++
			continue
		}
		j := i + 1
		for j < len(segs) && !segs[j].Special {
			j++
		}
		ids = t.encodeText(ids, joinText(segs[i:j]), &s)
		i = j
	}
	return ids, nil
}

func joinText(segs []Segment) string {
	if len(segs) == 1 {
		return segs[0].Text
	}
	var b strings.Builder
	for _, s := range segs {
		b.WriteString(s.Text)
	}
	return b.String()
}

// EncodePrompt returns the tokens of a whole prompt, with BOS in front where the model wants it. BOS stands there once:
// it is added if the tokenizer adds one and the segments do not begin with it, as those of a chat template that prints
// BOS do. Segments that begin with two are an error.
func (t *Tokenizer) EncodePrompt(segs []Segment) ([]int32, error) {
	ids, err := t.EncodeSegments(segs)
	if err != nil {
		return nil, err
	}
	written := 0 // BOS tokens that the segments begin with
	for written < len(segs) && t.isBOS(segs[written]) {
		written++
	}
	if written > 1 {
		return nil, fmt.Errorf("tokenizer: the prompt begins with two BOS tokens %s; a template that prints BOS needs no other",
			t.describe(t.bos))
	}
	if t.addBOS && written == 0 {
		ids = append([]int32{t.bos}, ids...)
	}
	return ids, nil
}

// isBOS reports whether s is the BOS token.
func (t *Tokenizer) isBOS(s Segment) bool {
	id, ok := t.texts[s.Text]
	return ok && s.Special && id == t.bos
}

// ParseSpecial cuts text at the names of control tokens, of overlapping ones at the longest. It is for text that the user
// of a program wrote as a prompt, never for text from data, which could forge a turn with it.
func (t *Tokenizer) ParseSpecial(text string) []Segment {
	var m matcher
	for name, id := range t.texts {
		if t.tokens[id].kind == control {
			m.add(name, id)
		}
	}
	m.sort()
	var segs []Segment
	if text == "" {
		return nil
	}
	for _, p := range m.cut(text) {
		segs = append(segs, Segment{Text: p.text, Special: p.id >= 0})
	}
	return segs
}

// encodeText appends the tokens of a stretch of text that stands at the beginning or after a special token.
func (t *Tokenizer) encodeText(ids []int32, text string, s *scratch) []int32 {
	if text == "" {
		return ids
	}
	for _, p := range t.raw.cut(text) {
		if p.id >= 0 {
			ids = append(ids, p.id)
			continue
		}
		for _, q := range t.normalized.cut(t.normalize(p.text)) {
			if q.id >= 0 {
				ids = append(ids, q.id)
				continue
			}
			if t.split == nil {
				ids = t.encodePiece(ids, q.text, s)
				continue
			}
			t.split(q.text, func(piece string) { ids = t.encodePiece(ids, piece, s) })
		}
	}
	return ids
}

// normalize prepares a fragment of text for cutting and merging.
func (t *Tokenizer) normalize(text string) string {
	if t.nfc {
		text = composed(text)
	}
	if t.model == SPM {
		if t.spacePrefix {
			text = " " + text
		}
		text = strings.ReplaceAll(text, " ", spaceMark)
	}
	return text
}

// encodePiece appends the tokens of one pre-tokenizer piece.
func (t *Tokenizer) encodePiece(ids []int32, piece string, s *scratch) []int32 {
	if t.ignoreMerges {
		if id, ok := t.vocab.find(piece); ok {
			return append(ids, id)
		}
	}
	s.symbols = s.symbols[:0]
	if t.model == BPE {
		for i := range len(piece) {
			s.symbols = append(s.symbols, symbol{start: i, end: i + 1, prev: i - 1, next: i + 1, id: t.bytes[piece[i]]})
		}
	} else {
		t.startCharacters(piece, s)
	}
	s.symbols[len(s.symbols)-1].next = -1
	t.merge(piece, s)
	for i := 0; i >= 0; i = s.symbols[i].next {
		sym := s.symbols[i]
		switch {
		case sym.id >= 0:
			ids = append(ids, sym.id)
		case t.model == SPM:
			for _, b := range []byte(piece[sym.start:sym.end]) {
				ids = append(ids, t.bytes[b])
			}
		}
	}
	return ids
}

// startCharacters makes one symbol of each character, or of each byte that is not UTF-8. A character that is no token may
// still become part of one when pairs merge by score; what is left falls back to bytes afterwards.
func (t *Tokenizer) startCharacters(piece string, s *scratch) {
	for i := 0; i < len(piece); {
		_, n := utf8.DecodeRuneInString(piece[i:])
		id, ok := t.vocab.find(piece[i : i+n])
		if !ok {
			id = -1
		}
		k := len(s.symbols)
		s.symbols = append(s.symbols, symbol{start: i, end: i + n, prev: k - 1, next: k + 1, id: id})
		i += n
	}
}
