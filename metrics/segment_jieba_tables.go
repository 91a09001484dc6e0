package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func (h *jiebaHMM) readStart(text string) error {
	var seen [hmmStates]bool
	err := parseTable(text, 1, func(keys []string, p float64) error {
		k, err := hmmState(keys[0])
		if err == nil {
			h.start[k], seen[k] = p, true
		}
		return err
	})
	if err == nil && slices.Contains(seen[:], false) {
		return errors.New("a state is absent")
	}
	return err
}

func (h *jiebaHMM) readTrans(text string) error {
	return parseTable(text, 2, func(keys []string, p float64) error {
		from, err := hmmState(keys[0])
		if err != nil {
			return err
		}
		to, err := hmmState(keys[1])
		if err == nil {
			h.trans[from][to] = p
		}
		return err
	})
}

func (h *jiebaHMM) readEmit(text string) error {
	return parseTable(text, 2, func(keys []string, p float64) error {
		k, err := hmmState(keys[0])
		if err != nil {
			return err
		}
		r, n := utf8.DecodeRuneInString(keys[1])
		if n == 0 || n < len(keys[1]) {
			return fmt.Errorf("%q is not one character", keys[1])
		}
		if hanFirst <= r && r <= hanLast { // the model never sees others
			h.emit[r-hanFirst][k] = p
		}
		return nil
	})
}

func hmmState(key string) (int, error) {
	if k := strings.Index(hmmLetters, key); k >= 0 && len(key) == 1 {
		return k, nil
	}
	return 0, fmt.Errorf("%q is not one of the states B, E, M, S", key)
}

// tableParser reads what the finalseg/prob_*.py files hold, and nothing else of Python: comments and "from __future__" lines, then
// P = {'key': number} or P = {'key': {'key': number}}.
type tableParser struct {
	text string
	pos  int
	set  func(keys []string, p float64) error
}

// parseTable calls set for every number, with the keys that lead to it, one for each of depth levels. Numbers are log probabilities:
// at most 0 and finite. Of equal keys the last one counts, as in Python. Errors name the line.
func parseTable(text string, depth int, set func(keys []string, p float64) error) error {
	t := tableParser{text, 0, set}
	err := t.file(depth)
	if err != nil {
		return fmt.Errorf("line %d: %w", 1+strings.Count(text[:t.pos], "\n"), err)
	}
	return nil
}

func (t *tableParser) file(depth int) error {
	for t.space(); t.comes("#") || t.comes("from __future__ import "); t.space() {
		n := strings.IndexByte(t.text[t.pos:], '\n')
		if n < 0 {
			n = len(t.text) - t.pos
		}
		t.pos += n
	}
	if err := t.want("P", "="); err != nil {
		return err
	}
	if err := t.dict(make([]string, 0, depth), depth); err != nil {
		return err
	}
	if t.space(); t.pos < len(t.text) {
		return fmt.Errorf("want the end of the file, found %s", t.found())
	}
	return nil
}

func (t *tableParser) dict(keys []string, depth int) error {
	if err := t.want("{"); err != nil {
		return err
	}
	for t.space(); !t.comes("}"); t.space() {
		key, err := t.key()
		if err != nil {
			return err
		}
		if err := t.want(":"); err != nil {
			return err
		}
		path := append(keys, key)
		if depth > 1 {
			err = t.dict(path, depth-1)
		} else {
			var p float64
			if p, err = t.number(); err == nil {
				err = t.set(path, p)
			}
		}
		if err != nil {
			return err
		}
		if t.space(); !t.comes("}") {
			if err := t.want(","); err != nil {
				return err
			}
		}
	}
	return t.want("}")
}

// key reads a short string in single quotes; of the escapes it knows the one of four hexadecimal digits, \u4e00.
func (t *tableParser) key() (string, error) {
	const longest = 16
	if err := t.want("'"); err != nil {
		return "", err
	}
	rest := t.text[t.pos:]
	end := strings.IndexByte(rest[:min(len(rest), longest)], '\'')
	if end < 0 {
		return "", fmt.Errorf("want a key of less than %d bytes in single quotes, found %s", longest, t.found())
	}
	raw := rest[:end]
	if hex, ok := strings.CutPrefix(raw, `\u`); ok && len(hex) == 4 {
		r, err := strconv.ParseUint(hex, 16, 16)
		if err != nil || !utf8.ValidRune(rune(r)) {
			return "", fmt.Errorf("%q is not a character", raw)
		}
		raw = string(rune(r))
	} else if strings.ContainsAny(raw, "\\\n") || !utf8.ValidString(raw) {
		return "", fmt.Errorf("%q is not a key", raw)
	}
	t.pos += end + 1
	return raw, nil
}

func (t *tableParser) number() (float64, error) {
	t.space()
	rest := t.text[t.pos:]
	n := 0
	for n < len(rest) && (digit(rest[n]) || strings.IndexByte("+-.eE", rest[n]) >= 0) {
		n++
	}
	p, err := strconv.ParseFloat(rest[:n], 64)
	if err != nil || p > 0 || math.IsInf(p, 0) {
		return 0, fmt.Errorf("want a logarithm of a probability, found %s", t.found())
	}
	t.pos += n
	return p, nil
}

func (t *tableParser) space() {
	for t.pos < len(t.text) && strings.IndexByte(" \t\r\n", t.text[t.pos]) >= 0 {
		t.pos++
	}
}

func (t *tableParser) comes(s string) bool { return strings.HasPrefix(t.text[t.pos:], s) }

// want skips tokens, with white space before each.
func (t *tableParser) want(tokens ...string) error {
	for _, s := range tokens {
		if t.space(); !t.comes(s) {
			return fmt.Errorf("want %q, found %s", s, t.found())
		}
		t.pos += len(s)
	}
	return nil
}

// found shows what comes next, for errors.
func (t *tableParser) found() string {
	rest := t.text[t.pos:]
	if rest == "" {
		return "the end of the file"
	}
	return strconv.Quote(rest[:min(len(rest), 20)])
}
