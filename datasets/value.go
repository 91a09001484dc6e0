package datasets

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

var kindNames = [...]string{"null", "true or false", "a number", "a string", "an array", "an object"}

// A Value is a value of a JSON, CSV or Parquet file that knows where it stands. Its methods return an [*Error] that names file, line and field.
// It is safe for concurrent use, and the slices that it returns must not be changed.
type Value struct {
	File string
	Line int // 1-based

	kind  kind     // of a value of Parquet as well as of JSON
	text  string   // of strings, numbers (as written) and booleans
	keys  []string // of objects, in order; a repeated name counts where it stands last
	items []Value  // of arrays and objects
	path  string   // way to the value inside its row
}

// root makes v a row: paths in errors begin at it.
func (v *Value) root() {
	cut := len(v.path)
	var walk func(*Value)
	walk = func(x *Value) {
		x.path = strings.TrimPrefix(x.path[cut:], ".")
		for i := range x.items {
			walk(&x.items[i])
		}
	}
	walk(v)
}

// Errorf makes an error at v; field is the way to a field below v, "" = v itself.
func (v Value) Errorf(field, format string, args ...any) error {
	path := v.path
	if field != "" {
		path = join(path, field)
	}
	return &Error{File: v.File, Line: v.Line, Field: path, Msg: fmt.Sprintf(format, args...)}
}

// Get returns a member of an object. ok is false when v is no object or has no such member.
func (v Value) Get(name string) (member Value, ok bool) {
	if v.kind != kindObject {
		return Value{}, false
	}
	for i := len(v.keys) - 1; i >= 0; i-- {
		if v.keys[i] == name {
			return v.items[i], true
		}
	}
	return Value{}, false
}

// member returns a member that must be there.
func (v Value) member(name string) (Value, error) {
	if v.kind != kindObject {
		return Value{}, v.Errorf("", "want an object with field %q, found %s", name, kindNames[v.kind])
	}
	m, ok := v.Get(name)
	if !ok {
		return Value{}, v.Errorf(name, "missing")
	}
	return m, nil
}

// String returns a member that must be a string.
func (v Value) String(name string) (string, error) {
	m, err := v.member(name)
	if err != nil {
		return "", err
	}
	if m.kind != kindString {
		return "", m.Errorf("", "want a string, found %s", kindNames[m.kind])
	}
	return m.text, nil
}

// Label returns a member that may be a string, a number or a boolean, as text: labels and ids are strings in one file of a set
// and numbers in the next. present is false when the member is absent, null or empty, which is how unlabelled rows look.
func (v Value) Label(name string) (text string, present bool, err error) {
	m, ok := v.Get(name)
	if !ok || m.kind == kindNull {
		return "", false, nil
	}
	text, err = m.Text()
	return text, err == nil && text != "", err
}

// Array returns the elements of a member that must be an array.
func (v Value) Array(name string) ([]Value, error) {
	m, err := v.member(name)
	if err != nil {
		return nil, err
	}
	return m.Elements()
}

// Elements returns the elements of v, which must be an array.
func (v Value) Elements() ([]Value, error) {
	if v.kind != kindArray {
		return nil, v.Errorf("", "want an array, found %s", kindNames[v.kind])
	}
	return v.items, nil
}

// Members returns names and values of v, which must be an object, in the order of the file.
func (v Value) Members() ([]string, []Value, error) {
	if v.kind != kindObject {
		return nil, nil, v.Errorf("", "want an object, found %s", kindNames[v.kind])
	}
	return v.keys, v.items, nil
}

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.kind == kindArray }

// IsNull reports whether v is null, which is how files mark what is absent.
func (v Value) IsNull() bool { return v.kind == kindNull }

// Text returns v as text: a string as it is, a number as Python prints it, a boolean as true or false.
func (v Value) Text() (string, error) {
	switch v.kind {
	case kindString, kindBool:
		return v.text, nil
	case kindNumber:
		return PythonNumber(v.text), nil
	}
	return "", v.Errorf("", "want a string or a number, found %s", kindNames[v.kind])
}

// Int returns v, which must be a whole number in the range of int32, written as a number or as a string.
func (v Value) Int() (int, error) {
	if v.kind == kindNumber || v.kind == kindString {
		if n, err := strconv.ParseInt(v.text, 10, 32); err == nil {
			return int(n), nil
		}
	}
	if v.kind == kindNumber || v.kind == kindString {
		return 0, v.Errorf("", "want a whole number, found %s", quoteShort(v.text))
	}
	return 0, v.Errorf("", "want a whole number, found %s", kindNames[v.kind])
}

// PythonNumber gives a JSON number the text that Python's str gives it after json.load: whole numbers as they are, anything with
// a fraction or an exponent as the shortest text of a double, always with ".0" or an exponent. Reference scorers compare this
// text. An integer beyond all bounds stays as written.
func PythonNumber(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return "0"
		}
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case err != nil:
		return text
	}
	// Python switches to the exponent form below 1e-4 and from 1e16 on.
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
