package novel

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

// The grammar. A line "= name" begins a rule; the lines below it are its alternatives. "= name: a b c" is a rule of words.
// In an alternative {name} stands for a variable of the writer or another rule, {a|b|c} for one of several texts, which may nest.
// Lines that begin with # are comments.
//
//go:embed prose/*.txt
var prose embed.FS

// A sequence is text with places to fill.
type sequence []part

// A part is literal text, a reference, or one of several sequences; exactly one is set.
type part struct {
	text string
	ref  string
	alts []sequence
}

// A ruleset maps names of rules to their alternatives.
type ruleset map[string][]sequence

// rules is the grammar, parsed once. It is never changed.
var rules = sync.OnceValue(func() ruleset {
	out := ruleset{}
	names, err := fs.Glob(prose, "prose/*.txt") // in lexical order
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		raw, err := prose.ReadFile(name)
		if err != nil {
			panic(err)
		}
		if err := out.parse(string(raw)); err != nil {
			panic(fmt.Sprintf("novel: %s: %v", name, err))
		}
	}
	return out
})

func (rs ruleset) parse(src string) error {
	name := ""
	for i, line := range strings.Split(src, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "= "):
			head, words, list := strings.Cut(line[2:], ":")
			if _, ok := rs[head]; ok {
				return fmt.Errorf("line %d: rule %s is there already", i+1, head)
			}
			name = head
			rs[name] = nil
			if !list && !strings.Contains(head, " ") {
				continue
			}
			for w := range strings.FieldsSeq(words) {
				rs[name] = append(rs[name], sequence{{text: w}})
			}
		case name == "":
			return fmt.Errorf("line %d: an alternative before the first rule", i+1)
		default:
			seq, rest, err := parseSequence(line)
			if err == nil && rest != "" {
				err = fmt.Errorf("%q is left over", rest)
			}
			if err != nil {
				return fmt.Errorf("line %d: %w", i+1, err)
			}
			rs[name] = append(rs[name], seq)
		}
	}
	return nil
}

// parseSequence reads up to a | or } that belongs to what is around it.
func parseSequence(s string) (seq sequence, rest string, err error) {
	for s != "" {
		i := strings.IndexAny(s, "{|}")
		switch {
		case i < 0:
			return append(seq, part{text: s}), "", nil
		case i > 0:
			seq = append(seq, part{text: s[:i]})
			s = s[i:]
		case s[0] != '{':
			return seq, s, nil
		default:
			var p part
			if p, s, err = parseBraces(s[1:]); err != nil {
				return nil, "", err
			}
			seq = append(seq, p)
		}
	}
	return seq, "", nil
}

func parseBraces(s string) (p part, rest string, err error) {
	for {
		seq, after, err := parseSequence(s)
		if err != nil {
			return p, "", err
		}
		if after == "" {
			return p, "", fmt.Errorf("{ without }")
		}
		p.alts = append(p.alts, seq)
		s = after[1:]
		if after[0] == '}' {
			break
		}
	}
	// One text alone is the name of a variable or rule.
	if len(p.alts) == 1 && len(p.alts[0]) == 1 && p.alts[0][0].text != "" {
		return part{ref: p.alts[0][0].text}, s, nil
	}
	return p, s, nil
}

// words lists the alternatives of a rule of words.
func words(name string) []string {
	alts := rules()[name]
	out := make([]string, len(alts))
	for i, seq := range alts {
		out[i] = seq[0].text
	}
	return out
}
