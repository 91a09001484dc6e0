package inference

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// errNoPrefix is for an empty context where the tokenizer names neither BOS nor EOS.
var errNoPrefix = errors.New("inference: empty context, and the tokenizer has neither BOS nor EOS to stand for it")

// An encoder turns segments into token ids, with a BOS in front where the model wants one. prefix stands for an empty context.
type encoder struct {
	encode func([]tokenizer.Segment) ([]int32, error)
	prefix int32 // NoToken = none
}

// prompt encodes a context; an empty one becomes the prefix token.
func (e encoder) prompt(segs []tokenizer.Segment) ([]int32, error) {
	ids, err := e.encode(segs)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		if e.prefix == NoToken {
			return nil, errNoPrefix
		}
		ids = []int32{e.prefix}
	}
	return ids, nil
}

// pairs encodes every continuation with its context, as lm-evaluation-harness does (TemplateLM._encode_pair and loglikelihood):
// trailing white space of the context goes to the continuation, context and continuation are encoded as one text, and what
// lies beyond the number of tokens of the context alone, from, is the continuation.
//
// Where a token reaches over the boundary ("。\n" where the context ends in "。"), the sequence is that of the whole text. The harness
// puts the tokens of the context alone in front instead, which would lose the character that has moved into the token.
func (e encoder) pairs(segs []tokenizer.Segment, continuations []string) (seqs [][]int32, from int, err error) {
	segs, space := moveSpace(joinText(segs))
	alone, err := e.encode(segs)
	if err != nil {
		return nil, 0, err
	}
	var head []int32
	if len(alone) == 0 {
		if head, err = e.prompt(nil); err != nil {
			return nil, 0, err
		}
	}
	for i, c := range continuations {
		if c == "" {
			return nil, 0, fmt.Errorf("inference: continuation %d is empty", i)
		}
		whole, err := e.encode(appendText(segs, space+c))
		if err != nil {
			return nil, 0, err
		}
		if len(whole) <= len(alone) {
			return nil, 0, fmt.Errorf("inference: continuation %d (%.40q) adds no token of its own to the context", i, c)
		}
		seqs = append(seqs, append(head[:len(head):len(head)], whole...))
	}
	return seqs, len(head) + len(alone), nil
}

// joinText returns segs with neighboring ordinary segments joined and empty ones left out, so that tokens do not depend on how a
// prompt was put together.
func joinText(segs []tokenizer.Segment) []tokenizer.Segment {
	out := make([]tokenizer.Segment, 0, len(segs)+1)
	for _, s := range segs {
		n := len(out)
		switch {
		case s.Text == "":
		case !s.Special && n > 0 && !out[n-1].Special:
			out[n-1].Text += s.Text
		default:
			out = append(out, s)
		}
	}
	return out
}

// moveSpace cuts trailing white space off segs, which joinText made, and returns it.
func moveSpace(segs []tokenizer.Segment) ([]tokenizer.Segment, string) {
	n := len(segs)
	if n == 0 || segs[n-1].Special {
		return segs, ""
	}
	text := segs[n-1].Text
	kept := strings.TrimRightFunc(text, isSpace)
	if kept == "" {
		return segs[:n-1], text
	}
	segs[n-1].Text = kept
	return segs, text[len(kept):]
}

// isSpace is Python's str.isspace, which rstrip goes by: Unicode white space and the four separators U+001C to U+001F.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// appendText adds ordinary text to segs, which joinText made, without changing them.
func appendText(segs []tokenizer.Segment, text string) []tokenizer.Segment {
	n := len(segs)
	out := append(make([]tokenizer.Segment, 0, n+1), segs...)
	if n > 0 && !out[n-1].Special {
		out[n-1].Text += text
		return out
	}
	return append(out, tokenizer.Segment{Text: text})
}
