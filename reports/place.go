package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Located adds to an error of encoding/json where in raw it is: the line, if there are several, and the keys that lead there. NaN and
// infinities, which JSON has no way to write and some writers put down all the same, are named as what they are. Other errors are
// returned as they are.
func Located(raw []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var offset int64
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset - 1 // it counts the byte that is wrong
	case errors.As(err, &kind):
		offset = kind.Offset - 1
	default:
		return err
	}
	if offset < 0 || offset > int64(len(raw)) {
		return err
	}
	// The syntax error is at the first letter that cannot be; a minus before it belongs to the number.
	at := bytes.TrimPrefix(raw[offset:], []byte("-"))
	if offset > 0 && raw[offset-1] == '-' {
		offset--
	}
	for _, name := range []string{"NaN", "Infinity"} {
		if syntax != nil && bytes.HasPrefix(at, []byte(name)) {
			err = fmt.Errorf("%s is not a number", name)
		}
	}
	place := ""
	if line := bytes.TrimRight(raw, "\n"); bytes.Contains(line, []byte("\n")) {
		place = fmt.Sprintf("line %d: ", 1+bytes.Count(raw[:offset], []byte("\n")))
	}
	if keys := keysAt(raw, offset); keys != "" {
		place += keys + ": "
	}
	return fmt.Errorf("%s%w", place, err)
}

// keysAt lists the keys and indices that lead to the value at an offset.
func keysAt(raw []byte, offset int64) string {
	type level struct {
		object bool
		key    string // of the value that comes next or is being read; "" in an object = a key comes next
		index  int
	}
	var path []level
	dec := json.NewDecoder(bytes.NewReader(raw[:min(offset, int64(len(raw)))]))
	done := func() { // a value has ended
		if n := len(path); n > 0 {
			path[n-1].key = ""
			path[n-1].index++
		}
	}
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				path = append(path, level{object: t == '{'})
				continue
			}
			path = path[:len(path)-1]
			done()
		case string:
			if n := len(path); n > 0 && path[n-1].object && path[n-1].key == "" {
				path[n-1].key = t
				continue
			}
			done()
		default:
			done()
		}
	}
	var parts []string
	for _, l := range path {
		switch {
		case l.object && l.key != "":
			parts = append(parts, strconv.Quote(l.key))
		case !l.object:
			parts = append(parts, strconv.Itoa(l.index))
		}
	}
	return strings.Join(parts, " ")
}
