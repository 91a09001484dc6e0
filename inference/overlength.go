package inference

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// Overlength says what happens to a context that, with what is asked of it, does not fit the model's context.
type Overlength int

// The policies. Truncation takes tokens out of the longest ordinary text of the prompt only, so that a chat template
// and the BOS stay whole; the continuation is never cut.
const (
	OverlengthError          Overlength = iota // return a *ContextError
	OverlengthTruncateMiddle                   // keep the beginning and the end of the text
	OverlengthTruncateLeft                     // keep the end of the text
)

// String is the policy's name on the command line: "error", "truncate-middle", "truncate-left".
func (o Overlength) String() string {
	switch o {
	case OverlengthError:
		return "error"
	case OverlengthTruncateMiddle:
		return "truncate-middle"
	case OverlengthTruncateLeft:
		return "truncate-left"
	}
	return fmt.Sprintf("overlength policy %d", int(o))
}

// A ContextError says that a request does not fit the context of the model. Use errors.As to tell it from other errors.
type ContextError struct {
	Tokens int // positions that the request needs
	Limit  int // positions there are
}

func (e *ContextError) Error() string {
	return fmt.Sprintf("inference: %d tokens do not fit the context of %d", e.Tokens, e.Limit)
}

// TruncateTokens returns tokens cut to limit: OverlengthTruncateMiddle keeps the first limit-limit/2 and the last limit/2,
// OverlengthTruncateLeft the last limit. Tokens that fit are returned as they are. OverlengthError, or a negative limit, gives
// a *ContextError when they do not fit. The argument is not changed.
func TruncateTokens(tokens []int32, limit int, o Overlength) ([]int32, error) {
	if len(tokens) <= limit {
		return tokens, nil
	}
	if limit < 0 || o == OverlengthError {
		return nil, &ContextError{Tokens: len(tokens), Limit: max(limit, 0)}
	}
	head := 0
	switch o {
	case OverlengthTruncateMiddle:
		head = limit - limit/2
	case OverlengthTruncateLeft:
	default:
		return nil, fmt.Errorf("inference: unknown %v", o)
	}
	out := make([]int32, 0, limit)
	out = append(out, tokens[:head]...)
	return append(out, tokens[len(tokens)-(limit-head):]...), nil
}

// truncatePrompt cuts the tokens of segs to limit by taking them out of the longest ordinary segment. tokens is the encoding
// of segs, and encode encodes a beginning of segs to the same tokens. It reports how many tokens were cut.
func truncatePrompt(segs []tokenizer.Segment, tokens []int32, limit int, o Overlength,
	encode func([]tokenizer.Segment) ([]int32, error),
) ([]int32, int, error) {
	over := len(tokens) - limit
	if over <= 0 {
		return tokens, 0, nil
	}
	tooLong := &ContextError{Tokens: len(tokens), Limit: max(limit, 0)}
	if o == OverlengthError {
		return nil, 0, tooLong
	}
	from, to, err := longestText(segs, tokens, encode)
	if err != nil {
		return nil, 0, err
	}
	// At least one token of the text stays: a prompt of nothing but template is not what was asked.
	if to-from <= over {
		return nil, 0, tooLong
	}
	cut, err := TruncateTokens(tokens[from:to], to-from-over, o)
	if err != nil {
		return nil, 0, err
	}
	out := make([]int32, 0, limit)
	out = append(out, tokens[:from]...)
	out = append(out, cut...)
	return append(out, tokens[to:]...), over, nil
}

// longestText finds the tokens [from,to) of the ordinary segment that has most of them.
func longestText(segs []tokenizer.Segment, tokens []int32, encode func([]tokenizer.Segment) ([]int32, error)) (from, to int, err error) {
	start := 0
	for i, s := range segs {
		head, err := encode(segs[:i+1])
		if err != nil {
			return 0, 0, err
		}
		end := min(len(head), len(tokens))
		if i == len(segs)-1 {
			end = len(tokens)
		}
		if i == 0 {
			// What the tokenizer puts before the first text (a BOS) is not part of it.
			none, err := encode(nil)
			if err != nil {
				return 0, 0, err
			}
			start = min(len(none), end)
		}
		if !s.Special && end-start > to-from {
			from, to = start, end
		}
		start = end
	}
	return from, to, nil
}
