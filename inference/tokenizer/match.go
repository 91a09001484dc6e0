package tokenizer

import (
	"slices"
	"strings"
)

// A matcher finds user-defined tokens in text.
type matcher struct {
	tokens   []part
	byFirst  [256][]int // indices into tokens, by first byte, longest first
	leftmost bool       // the leftmost match wins (the longest of those); else the longest of all wins
}

// part is a stretch of text, or a user-defined token found in it (id >= 0).
type part struct {
	text string
	id   int32
}

func (m *matcher) add(text string, id int32) {
	if text != "" {
		m.tokens = append(m.tokens, part{text, id})
	}
}

// sort makes the matcher ready: longest tokens first, then by id.
func (m *matcher) sort() {
	slices.SortStableFunc(m.tokens, func(a, b part) int { return len(b.text) - len(a.text) })
	for i, tok := range m.tokens {
		m.byFirst[tok.text[0]] = append(m.byFirst[tok.text[0]], i)
	}
}

// cut divides text at the tokens; without any, the text is one part.
func (m *matcher) cut(text string) []part {
	if len(m.tokens) == 0 {
		return []part{{text, -1}}
	}
	if m.leftmost {
		return m.cutLeftmost(text)
	}
	return m.cutLongest(text)
}

func (m *matcher) cutLeftmost(text string) []part {
	var parts []part
	from := 0
	for pos := 0; pos < len(text); {
		i := m.longestAt(text[pos:])
		if i < 0 {
			pos++
			continue
		}
		if from < pos {
			parts = append(parts, part{text[from:pos], -1})
		}
		parts = append(parts, m.tokens[i])
		pos += len(m.tokens[i].text)
		from = pos
	}
	if from < len(text) {
		parts = append(parts, part{text[from:], -1})
	}
	return parts
}

func (m *matcher) longestAt(text string) int {
	for _, i := range m.byFirst[text[0]] {
		if strings.HasPrefix(text, m.tokens[i].text) {
			return i
		}
	}
	return -1
}

// cutLongest gives the longest token all its occurrences first, then the next in what is left.
func (m *matcher) cutLongest(text string) []part {
	parts := []part{{text, -1}}
	for _, i := range m.present(text) {
		tok := m.tokens[i]
		var next []part
		for _, p := range parts {
			if p.id >= 0 {
				next = append(next, p)
				continue
			}
			rest := p.text
			for {
				at := strings.Index(rest, tok.text)
				if at < 0 {
					break
				}
				if at > 0 {
					next = append(next, part{rest[:at], -1})
				}
				next = append(next, tok)
				rest = rest[at+len(tok.text):]
			}
			if rest != "" {
				next = append(next, part{rest, -1})
			}
		}
		parts = next
	}
	return parts
}

// present returns the tokens that occur anywhere in text, longest first.
func (m *matcher) present(text string) []int {
	var found []int
	seen := make([]bool, len(m.tokens))
	for pos := range len(text) {
		for _, i := range m.byFirst[text[pos]] {
			if !seen[i] && strings.HasPrefix(text[pos:], m.tokens[i].text) {
				seen[i] = true
				found = append(found, i)
			}
		}
	}
	slices.Sort(found)
	return found
}
