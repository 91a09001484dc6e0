package datasets

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Line is a line of a text file.
type Line struct {
	File   string
	Number int // 1-based
	Text   string
}

// Errorf makes an error at l; field names a part of the line, "" = the whole.
func (l Line) Errorf(field, format string, args ...any) error {
	return &Error{File: l.File, Line: l.Number, Field: field, Msg: fmt.Sprintf(format, args...)}
}

// Lines splits a text file into its lines without their ends; blank ones are left out. A byte order mark, CRLF and a missing last
// newline are accepted; bytes that are not UTF-8 and a file without a line that is not blank are an [*Error]. name is only used in errors.
func Lines(name string, raw []byte) ([]Line, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := checkUTF8(name, raw); err != nil {
		return nil, err
	}
	var out []Line
	for n := 1; len(raw) > 0; n++ {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if len(out) == maxRows {
			return nil, &Error{File: name, Line: n, Msg: fmt.Sprintf("more than %d rows", maxRows)}
		}
		out = append(out, Line{name, n, string(line)})
	}
	if len(out) == 0 {
		return nil, &Error{File: name, Msg: "no rows"}
	}
	return out, nil
}

// CSV parses a file of comma-separated values as objects with string members. columns names the columns of a file without a header; without
// them the first row is the header. Each row must have as many fields as there are columns. A byte order mark and CRLF are accepted. name is
// only used in errors, which are of type [*Error].
func CSV(name string, raw []byte, columns ...string) ([]Value, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if err := checkUTF8(name, raw); err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord = -1
	var out []Value
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			return nil, &Error{File: name, Line: parse.StartLine, Msg: fmt.Sprintf("not CSV: %v", parse.Err)}
		}
		if err != nil {
			return nil, &Error{File: name, Msg: err.Error()}
		}
		line, _ := r.FieldPos(0)
		if columns == nil {
			seen := make(map[string]bool)
			for _, c := range row {
				if seen[c] {
					return nil, &Error{File: name, Line: line, Msg: fmt.Sprintf("column %s is there twice", quoteShort(c))}
				}
				seen[c] = true
			}
			columns = row
			continue
		}
		if len(row) != len(columns) {
			return nil, &Error{File: name, Line: line, Msg: fmt.Sprintf("%d fields, want %d: %s", len(row), len(columns), quoteShort(strings.Join(columns, ", ")))}
		}
		if len(out) == maxRows {
			return nil, &Error{File: name, Line: line, Msg: fmt.Sprintf("more than %d rows", maxRows)}
		}
		v := Value{File: name, Line: line, kind: kindObject, keys: columns, items: make([]Value, len(row))}
		for i, text := range row {
			v.items[i] = Value{File: name, Line: line, kind: kindString, text: text, path: columns[i]}
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, &Error{File: name, Msg: "no rows"}
	}
	return out, nil
}
