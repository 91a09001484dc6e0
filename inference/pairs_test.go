package inference

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// words is a tokenizer that takes the longest of its words at each place. Ids are indexes; special segments are words too, but
// only there.
type words struct {
	list    []string
	special []string // ids follow those of list
	bos     bool     // special[0] is put in front
}

func (w words) encode(segs []tokenizer.Segment) ([]int32, error) {
	var ids []int32
	if w.bos && (len(segs) == 0 || segs[0].Text != w.special[0]) {
		ids = append(ids, int32(len(w.list)))
	}
	for _, s := range segs {
		if s.Special {
			for i, name := range w.special {
				if name == s.Text {
					ids = append(ids, int32(len(w.list)+i))
				}
			}
			continue
		}
		for text := s.Text; text != ""; {
			best := -1
			for i, word := range w.list {
				if strings.HasPrefix(text, word) && (best < 0 || len(word) > len(w.list[best])) {
					best = i
				}
			}
			if best < 0 {
				return nil, errors.New("no word for " + text)
			}
			ids = append(ids, int32(best))
			text = text[len(w.list[best]):]
		}
	}
	return ids, nil
}

func (w words) show(ids []int32) string {
	var s []string
	for _, id := range ids {
		if int(id) < len(w.list) {
			s = append(s, w.list[id])
		} else {
			s = append(s, w.special[int(id)-len(w.list)])
		}
	}
	return strings.Join(s, "|")
}

func TestPairs(t *testing.T) {
	plain := words{
		list:    []string{"a", "b", "c", " ", " b", "ab", "cc", "\n", "\n\n", "　", "答", "："},
		special: []string{"<s>", "<turn>", "</turn>"},
	}
	bos := plain
	bos.bos = true
	text := tokenizer.Text
	turn := func(parts ...string) (segs []tokenizer.Segment) {
		for _, p := range parts {
			segs = append(segs, tokenizer.Segment{Text: p, Special: strings.HasPrefix(p, "<")})
		}
		return segs
	}
	tests := []struct {
		name    string
		w       words
		prefix  int32
		context []tokenizer.Segment
		conts   []string
		want    []string // context, then continuations
		err     string
	}{
		{"simple", plain, NoToken, text("ac"), []string{"b", "ab"}, []string{"a|c", "b", "ab"}, ""},
		// "cc" is one token of "accb": what the whole has beyond its first two tokens is "b" alone.
		{"merge over the boundary", plain, NoToken, text("ac"), []string{"cb", "b"}, []string{"a|cc", "b", "b"}, ""},
		{"merge swallows the continuation", plain, NoToken, text("a"), []string{"b"}, nil, "continuation 0 (\"b\") adds no token"},
		{"trailing space moves", plain, NoToken, text("a "), []string{"b", "c"}, []string{"a", " b", " |c"}, ""},
		{"several, of any kind", plain, NoToken, text("a \n　\n"), []string{"c"}, []string{"a", " |\n|　|\n|c"}, ""},
		{"leading space stays", plain, NoToken, text(" a"), []string{" b"}, []string{" |a", " b"}, ""},
		{"space of the continuation", plain, NoToken, text("答："), []string{" b"}, []string{"答|：", " b"}, ""},
		{"empty context", plain, 12, text(""), []string{"ab"}, []string{"<s>", "ab"}, ""},
		{"no segments", plain, 12, nil, []string{"ab"}, []string{"<s>", "ab"}, ""},
		{"nothing but space", plain, 12, text("\n"), []string{"a"}, []string{"<s>", "\n|a"}, ""},
		{"empty context, no prefix", plain, NoToken, text(""), []string{"ab"}, nil, "neither BOS nor EOS"},
		{"BOS", bos, 12, text("a"), []string{"c"}, []string{"<s>|a", "c"}, ""},
		{"BOS and empty context", bos, 12, text(""), []string{"c", "ab"}, []string{"<s>", "c", "ab"}, ""},
		{"empty continuation", plain, 12, text("a"), []string{"c", ""}, nil, "continuation 1 is empty"},
		{"unknown text", plain, 12, text("a"), []string{"z"}, nil, "no word for z"},

		{"chat", plain, NoToken, turn("<turn>", "ab", "</turn>", "a\n"), []string{"c"}, []string{"<turn>|ab|</turn>|a", "\n|c"}, ""},
		{
			"chat, only space after the last special", plain, NoToken, turn("<turn>", "ab", "</turn>", "\n\n"),
			[]string{"c", "a"},
			[]string{"<turn>|ab|</turn>", "\n\n|c", "\n\n|a"},
			"",
		},
		{"chat, special last", plain, NoToken, turn("<turn>", "ab", "</turn>"), []string{"c"}, []string{"<turn>|ab|</turn>", "c"}, ""},
		{"chat with BOS", bos, 12, turn("<s>", "ab", "<turn>"), []string{"c"}, []string{"<s>|ab|<turn>", "c"}, ""},
		{"text segments join", plain, NoToken, turn("a", "", "b", " "), []string{"b"}, []string{"ab", " b"}, ""},
		{
			"text that looks special is text",
			words{list: []string{"<", "turn", ">"}, special: []string{"<turn>"}},
			NoToken,
			text("<turn"),
			[]string{">"},
			[]string{"<|turn", ">"},
			"",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := encoder{encode: tt.w.encode, prefix: tt.prefix}
			before := append([]tokenizer.Segment(nil), tt.context...)
			seqs, from, err := e.pairs(tt.context, tt.conts)
			checkError(t, err, tt.err)
			if err != nil {
				return
			}
			got := []string{tt.w.show(seqs[0][:from])}
			for _, s := range seqs {
				got = append(got, tt.w.show(s[from:]))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("context and continuations (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, tt.context); len(before) > 0 && d != "" {
				t.Errorf("the request was changed:\n%s", d)
			}
		})
	}
}

// TestIsSpace lists what Python's rstrip takes off and Go's TrimSpace does not, and the other way round.
func TestIsSpace(t *testing.T) {
	for _, r := range " \t\n\v\f\r\x1c\x1d\x1e\x1f\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000" {
		if !isSpace(r) {
			t.Errorf("%U is not space", r)
		}
	}
	for _, r := range "a\u200b\u2060\ufeff\u180e\x1b\x00" {
		if isSpace(r) {
			t.Errorf("%U is space", r)
		}
	}
}
