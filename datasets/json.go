package datasets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Bounds on hostile files.
const (
	maxDepth = 32       // nesting of arrays and objects; no published set goes beyond 10
	maxRows  = 20 << 20 // rows of a file
)

// JSON parses a data file: the elements of a JSON array, the values of JSON Lines, or one object, told apart by content and
// not by name. A byte order mark, CRLF, blank lines and a missing last newline are accepted; bytes that are not UTF-8 and
// values that do not end on their line are an [*Error] with the line. name is only used in errors. A Parquet file, which is how the Hub
// stores the same sets, is read by [Parquet].
func JSON(name string, raw []byte) ([]Value, error) {
	if bytes.HasPrefix(raw, []byte(parquetMagic)) {
		return Parquet(name, raw)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := checkUTF8(name, raw); err != nil {
		return nil, err
	}
	p := parser{name: name}
	first, rest := firstLine(raw)
	if first == nil {
		return nil, &Error{File: name, Msg: "no rows"}
	}
	switch {
	case first[0] == '[' && (len(bytes.TrimSpace(rest)) == 0 || !json.Valid(first)):
		return p.array(raw)
	case first[0] == '{' && !json.Valid(first) && !oneLine(rest):
		v, err := p.document(raw)
		if err != nil {
			return nil, err
		}
		return []Value{v}, nil
	case first[0] == '[' || first[0] == '{':
		return p.lines(raw)
	}
	return nil, &Error{
		File: name, Line: 1 + bytes.Count(raw[:len(raw)-len(rest)-len(first)], []byte("\n")),
		Msg: fmt.Sprintf("neither a JSON array nor JSON Lines: begins with %s", quoteShort(string(first))),
	}
}

// firstLine returns the first line that is not blank, without surrounding white space, and what follows it. line is nil when
// there is none.
func firstLine(raw []byte) (line, rest []byte) {
	for rest = raw; len(rest) > 0; {
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, rest
		}
	}
	return nil, nil
}

// oneLine reports whether the first of the given lines is a whole JSON value that a line of JSON Lines may hold. It tells a
// broken first line of JSON Lines from the beginning of an object that is spread over lines.
func oneLine(rest []byte) bool {
	line, _ := firstLine(rest)
	return len(line) > 1 && line[0] == '{' && json.Valid(line)
}

func checkUTF8(name string, raw []byte) error {
	if utf8.Valid(raw) {
		return nil
	}
	line, col := 1, 1
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size == 1 {
			return &Error{File: name, Line: line, Msg: fmt.Sprintf("not UTF-8: byte 0x%02x at character %d of the line", raw[i], col)}
		}
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
		i += size
	}
	return nil
}

// A parser turns JSON text into values. Lines are counted as the tokens go by.
type parser struct {
	name string
	text []byte
	dec  *json.Decoder
	base int // line number of the first byte of text
	seen int // bytes of text that are counted in line
	line int
}

// lines parses one value a line.
func (p *parser) lines(raw []byte) ([]Value, error) {
	var out []Value
	for n := 1; len(raw) > 0; n++ {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if len(out) == maxRows {
			return nil, &Error{File: p.name, Line: n, Msg: fmt.Sprintf("more than %d rows", maxRows)}
		}
		p.base = n
		v, err := p.document(line)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// array parses one array and returns its elements.
func (p *parser) array(raw []byte) ([]Value, error) {
	v, err := p.document(raw)
	if err != nil {
		return nil, err
	}
	if len(v.items) == 0 {
		return nil, &Error{File: p.name, Line: v.Line, Msg: "no rows: the array is empty"}
	}
	if len(v.items) > maxRows {
		return nil, &Error{File: p.name, Line: v.Line, Msg: fmt.Sprintf("more than %d rows", maxRows)}
	}
	for i := range v.items {
		v.items[i].root()
	}
	return v.items, nil
}

// document parses a text that is exactly one value.
func (p *parser) document(text []byte) (Value, error) {
	p.text, p.dec, p.seen = text, json.NewDecoder(bytes.NewReader(text)), 0
	p.base = max(p.base, 1)
	p.line = p.base
	p.dec.UseNumber()
	v, err := p.value("", 0)
	if err != nil {
		return Value{}, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return Value{}, p.errorf("more text after the end of the value")
	}
	return v, nil
}

// value parses the next value. path is the way to it inside its row.
func (p *parser) value(path string, depth int) (Value, error) {
	tok, err := p.token()
	if err != nil {
		return Value{}, err
	}
	v := Value{File: p.name, Line: p.line, path: path}
	switch t := tok.(type) {
	case string:
		v.kind, v.text = kindString, t
	case json.Number:
		v.kind, v.text = kindNumber, t.String()
	case bool:
		v.kind, v.text = kindBool, fmt.Sprint(t)
	case nil:
		v.kind = kindNull
	case json.Delim:
		if depth == maxDepth {
			return v, p.errorf("nested more than %d deep", maxDepth)
		}
		if t == '[' {
			err = p.elements(&v, path, depth)
		} else {
			err = p.members(&v, path, depth)
		}
	}
	return v, err
}

func (p *parser) elements(v *Value, path string, depth int) error {
	v.kind = kindArray
	for p.dec.More() {
		item, err := p.value(fmt.Sprintf("%s[%d]", path, len(v.items)), depth+1)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, err := p.token()
	return err
}

func (p *parser) members(v *Value, path string, depth int) error {
	v.kind = kindObject
	for p.dec.More() {
		key, err := p.token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return p.errorf("a name is expected in the object")
		}
		item, err := p.value(join(path, name), depth+1)
		if err != nil {
			return err
		}
		v.keys = append(v.keys, name)
		v.items = append(v.items, item)
	}
	_, err := p.token()
	return err
}

// token returns the next token and brings line up to where it ends. No token of JSON holds a line break.
func (p *parser) token() (json.Token, error) {
	tok, err := p.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		p.count(int(p.dec.InputOffset()))
		return tok, nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		p.count(len(bytes.TrimRight(p.text, " \t\r\n")))
		return nil, p.errorf("the value is cut off")
	case errors.As(err, &syntax):
		// Offset counts from where the decoder's current read began on some paths and from the start on others; it is
		// trusted only where it lies ahead of what is read already.
		p.count(min(max(int(syntax.Offset)-1, p.seen), len(p.text)))
		return nil, p.errorf("not JSON: %v", err)
	}
	return nil, p.errorf("not JSON: %v", err)
}

func (p *parser) count(end int) {
	p.line += bytes.Count(p.text[p.seen:end], []byte("\n"))
	p.seen = end
}

func (p *parser) errorf(format string, args ...any) error {
	return &Error{File: p.name, Line: p.line, Msg: fmt.Sprintf(format, args...)}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
