package datasets

import (
	"bytes"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Rows parses a data file in any of the formats that are read: Parquet by its content, CSV and TSV by the ending of the name, and otherwise
// JSON as [JSON] does. CSV and TSV begin with the names of their columns.
func Rows(name string, raw []byte) ([]Value, error) {
	if bytes.HasPrefix(raw, []byte(parquetMagic)) {
		return Parquet(name, raw)
	}
	switch strings.ToLower(path.Ext(filepath.ToSlash(name))) {
	case ".csv":
		return CSV(name, raw)
	case ".tsv":
		return TSV(name, raw)
	}
	return JSON(name, raw)
}

// TSV parses lines of fields that are parted by tabs, as objects with string members; the first line names the columns. Quotation marks are
// ordinary characters. A byte order mark and CRLF are accepted. name is only used in errors, which are of type [*Error].
func TSV(name string, raw []byte) ([]Value, error) {
	lines, err := Lines(name, raw)
	if err != nil {
		return nil, err
	}
	columns := strings.Split(lines[0].Text, "\t")
	for i, c := range columns {
		if slices.Contains(columns[:i], c) {
			return nil, lines[0].Errorf("", "column %s is there twice", quoteShort(c))
		}
	}
	out := make([]Value, 0, len(lines)-1)
	for _, l := range lines[1:] {
		row := strings.Split(l.Text, "\t")
		if len(row) != len(columns) {
			return nil, l.Errorf("", "%d fields, want %d: %s", len(row), len(columns), quoteShort(strings.Join(columns, ", ")))
		}
		v := Value{File: name, Line: l.Number, kind: kindObject, keys: columns, items: make([]Value, len(row))}
		for i, text := range row {
			v.items[i] = Value{File: name, Line: l.Number, kind: kindString, text: text, path: columns[i]}
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, &Error{File: name, Msg: "no rows"}
	}
	return out, nil
}
