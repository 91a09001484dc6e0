package chat

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// A Template is the chat format of a family of models. It is a value without state; copies and concurrent use are fine.
type Template struct {
	Name      string   // such as "chatml"
	EndOfTurn string   // the token with which the assistant ends its turn, such as "<|im_end|>"
	Tokens    []string // special tokens that Render writes; a model without one of them can't use the template

	// System is the text of the system turn that is put before a conversation without one, "" for none.
	System string

	render func(t *Template, r *rendering, msgs []Message) error
	prompt []tokenizer.Segment // what opens the assistant's turn
}

// Render gives the prompt of a conversation. addGenerationPrompt opens the assistant's turn at the end, for the model to
// fill. A template whose prompts begin with BOS writes it; tokenizer.EncodePrompt then adds no other.
//
// It is an error if there are no messages, a role is not known, or turns stand where the family's own template refuses
// them; the error names the message, counted from 1.
func (t *Template) Render(msgs []Message, addGenerationPrompt bool) ([]tokenizer.Segment, error) {
	if len(msgs) == 0 {
		return nil, fmt.Errorf("chat: %s: there are no messages", t.Name)
	}
	for i, m := range msgs {
		switch m.Role {
		case "system", "user", "assistant":
		default:
			return nil, fmt.Errorf("chat: %s: message %d has role %q; known are system, user and assistant", t.Name, i+1, m.Role)
		}
	}
	var r rendering
	if err := t.render(t, &r, msgs); err != nil {
		return nil, fmt.Errorf("chat: %s: %w", t.Name, err)
	}
	if addGenerationPrompt {
		for _, s := range t.prompt {
			r.add(s)
		}
	}
	return r.segments, nil
}

// rendering collects segments; adjacent text is joined.
type rendering struct{ segments []tokenizer.Segment }

func (r *rendering) special(name string) { r.add(tokenizer.Segment{Text: name, Special: true}) }

func (r *rendering) text(s string) { r.add(tokenizer.Segment{Text: s}) }

func (r *rendering) add(s tokenizer.Segment) {
	if n := len(r.segments); !s.Special && n > 0 && !r.segments[n-1].Special {
		r.segments[n-1].Text += s.Text
		return
	}
	if s.Special || s.Text != "" {
		r.segments = append(r.segments, s)
	}
}

// String shows segments as one text, special tokens by name. It is for people: the difference between a special token and
// text that spells it is lost.
func String(segs []tokenizer.Segment) string {
	var b strings.Builder
	for _, s := range segs {
		b.WriteString(s.Text)
	}
	return b.String()
}

// trim is the trim filter of Jinja, Python's str.strip: Unicode white space and the separators U+001C to U+001F.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F })
}

// special and text make the segments of a generation prompt.
func special(name string) tokenizer.Segment { return tokenizer.Segment{Text: name, Special: true} }

func text(s string) tokenizer.Segment { return tokenizer.Segment{Text: s} }
