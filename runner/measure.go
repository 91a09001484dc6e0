package runner

import (
	"strings"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// A measure finds out whether questions fit the context. Questions on one text are compared with one of them that was encoded, so that
// a text of a hundred thousand characters is not encoded for each.
type measure struct {
	model   Model
	limit   int // tokens of prompt and answer
	cluster string
	text    string // prompt that was encoded last, of cluster
	tokens  int
}

// margin is how many tokens the place where two prompts part may add or take away.
const margin = 64

// fits says whether the longest prompt of a question has room for the longest answer.
func (m *measure) fits(cluster string, q *question) (bool, error) {
	answer := q.maxTokens
	for _, c := range q.choices {
		answer = max(answer, len(c)) // no text has more tokens than bytes
	}
	for _, prompt := range [][]tokenizer.Segment{q.prompt, q.letterPrompt} {
		if ok, err := m.has(cluster, prompt, answer); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

func (m *measure) has(cluster string, prompt []tokenizer.Segment, answer int) (bool, error) {
	var b strings.Builder
	for _, s := range prompt {
		b.WriteString(s.Text)
	}
	text := b.String()
	if len(text)+answer+margin <= m.limit {
		return true, nil
	}
	if cluster != "" && cluster == m.cluster {
		same := 0
		for same < min(len(text), len(m.text)) && text[same] == m.text[same] {
			same++
		}
		switch {
		case m.tokens+len(text)-same+margin+answer <= m.limit:
			return true, nil
		case m.tokens-(len(m.text)-same)-margin+answer > m.limit:
			return false, nil
		}
	}
	tokens, err := m.model.Tokens(prompt)
	if err != nil {
		return false, err
	}
	m.cluster, m.text, m.tokens = cluster, text, len(tokens)
	return m.tokens+answer <= m.limit, nil
}
