package tasks

import (
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// Text is the prompt for a base model: instruction, worked examples and query, parted by blank lines. It ends where the
// answer begins.
func (p Prompt) Text() string {
	parts := make([]string, 0, len(p.Shots)+2)
	if p.System != "" {
		parts = append(parts, p.System)
	}
	for _, s := range p.Shots {
		parts = append(parts, s.Query+s.Answer)
	}
	return strings.Join(append(parts, p.Query), "\n\n")
}

// A question is the wording of a choice task in its two forms.
type question struct {
	system       string // instruction when choices are scored by their text
	query        func(r datasets.Record) string
	letterSystem string                         // instruction when they are scored by letter
	letterQuery  func(r datasets.Record) string // without options; nil = options are not asked by letter
	// end follows every choice. A choice that begins with another one could never be likelier than that without it.
	end string
}

// request renders a choice both ways. The options stand below the lettered question, one a line.
func (q question) request(r datasets.Record, shots []datasets.Record) Request {
	text := Prompt{System: q.system, Query: q.query(r)}
	choices := make([]string, len(r.Choices))
	for i, c := range r.Choices {
		choices[i] = c + q.end
	}
	var examples []datasets.Record
	for _, s := range shots {
		if s.Answer < 0 || s.Answer >= len(s.Choices) {
			continue
		}
		examples = append(examples, s)
		text.Shots = append(text.Shots, Shot{q.query(s), s.Choices[s.Answer] + q.end})
	}
	if q.letterQuery == nil {
		return Request{Prompt: text, Choices: choices}
	}
	lettered := Prompt{System: q.letterSystem, Query: q.lettered(r)}
	for _, s := range examples {
		lettered.Shots = append(lettered.Shots, Shot{q.lettered(s), letter(s.Answer)})
	}
	names := make([]string, len(r.Choices))
	for i := range names {
		names[i] = letter(i)
	}
	return Request{Prompt: text, Choices: choices, Letters: &Letters{Prompt: lettered, Names: names}}
}

func (q question) lettered(r datasets.Record) string {
	var b strings.Builder
	b.WriteString(q.letterQuery(r))
	for i, c := range r.Choices {
		b.WriteString("\n" + letter(i) + ". " + c)
	}
	b.WriteString("\n答案：")
	return b.String()
}

// letter names option i, A to Z. Sets with more than 26 options are not asked by letter.
func letter(i int) string { return string(rune('A' + i)) }
