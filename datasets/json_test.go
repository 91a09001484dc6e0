package datasets

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJSONForms(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string // member "a" of each row
		lines      []int
	}{
		{"lines", "{\"a\":1}\n{\"a\":2}\n", []string{"1", "2"}, []int{1, 2}},
		{"no last newline", "{\"a\":1}\n{\"a\":2}", []string{"1", "2"}, []int{1, 2}},
		{"crlf", "{\"a\":1}\r\n{\"a\":2}\r\n", []string{"1", "2"}, []int{1, 2}},
		{"byte order mark", "\ufeff{\"a\":1}\n", []string{"1"}, []int{1}},
		{"blank lines", "\n  \n{\"a\":1}\n\r\n\n{\"a\":2}\n\n", []string{"1", "2"}, []int{3, 6}},
		{"blanks around", "  {\"a\":1} \n\t{\"a\":2}\t\n", []string{"1", "2"}, []int{1, 2}},
		{"array on one line", `[{"a":1},{"a":2}]`, []string{"1", "2"}, []int{1, 1}},
		{"array over lines", "[\n {\"a\":\n 1},\n {\"a\":2}\n]\n", []string{"1", "2"}, []int{2, 4}},
		{"array with its first row on the first line", "[{\"a\":1},\n{\"a\":2}]", []string{"1", "2"}, []int{1, 2}},
		{"one object on one line", `{"a":1}`, []string{"1"}, []int{1}},
		{"one object over lines", "{\n \"a\": 1\n}\n", []string{"1"}, []int{1}},
		{"strings stay as they are", "{\"a\":\"\\u4e2d 𠮷\\n\"}", []string{"中 𠮷\n"}, []int{1}},
		{"repeated name", `{"a":1,"a":2}`, []string{"2"}, []int{1}},
		{"float", `{"a":147.0}`, []string{"147.0"}, []int{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows, err := JSON("f.json", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			var lines []int
			for _, r := range rows {
				s, ok, err := r.Label("a")
				if err != nil || !ok {
					t.Fatalf("%v %v", ok, err)
				}
				got = append(got, s)
				lines = append(lines, r.Line)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.lines, lines); diff != "" {
				t.Errorf("lines: %s", diff)
			}
		})
	}
}

func TestJSONErrors(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for _, tc := range []struct {
		name, text string
		line       int
		msg        string
	}{
		{"empty", "", 0, "no rows"},
		{"blank", " \n\r\n", 0, "no rows"},
		{"empty array", "[\n]", 1, "no rows"},
		{"not json", "\n\nid,label\n", 3, "neither a JSON array nor JSON Lines"},
		{"invalid utf-8", "{\"a\":1}\n{\"a\":\"中\xff\"}\n", 2, "not UTF-8: byte 0xff at character 8 of the line"},
		{"gbk", "{\"a\":\"\xd6\xd0\"}", 1, "not UTF-8"},
		{"truncated last line", "{\"a\":1}\n{\"a\":", 2, "cut off"},
		{"truncated first line", "{\"a\":\n{\"a\":1}\n{\"a\":2}\n", 1, "cut off"},
		{"truncated array", "[\n{\"a\":1},\n{\"a\"", 3, "cut off"},
		{"text after the array", "[{\"a\":1}\n]\n x", 2, "more text after"},
		{"two values on a line", "{\"a\":1}\n{\"a\":1}{\"a\":2}\n", 2, "more text after"},
		{"wrong comma", "[\n{\"a\":1},\n{\"a\":2,}\n]", 3, "not JSON"},
		{"nan", "{\"a\":1}\n{\"a\":NaN}", 2, "not JSON"},
		{"too deep", "{\"a\":1}\n{\"a\":" + deep + "}", 2, "nested"},
		{"deep array", deep, 1, "nested"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := JSON("dir/f.json", []byte(tc.text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an Error", err)
			}
			if e.File != "dir/f.json" || e.Line != tc.line || !strings.Contains(e.Msg, tc.msg) {
				t.Errorf("got %v, want line %d and %q", err, tc.line, tc.msg)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestValueErrors(t *testing.T) {
	_, err := JSON("f.json", []byte("{\"s\":\"x\"}\n{\n \"s\": 1,\n \"list\": [1, {\"n\": \"x\"}], \"null\": null, \"o\": {}}"))
	if err == nil {
		t.Fatal("an object over lines among lines of JSON was read")
	}
	rows, err := JSON("f.json", []byte("[\n{\n \"s\": 1,\n \"list\": [1,\n {\"n\": \"x\"}], \"null\": null, \"o\": {}, \"big\": 99999999999}]"))
	if err != nil {
		t.Fatal(err)
	}
	row := rows[0]
	list, err := row.Array("list")
	if err != nil {
		t.Fatal(err)
	}
	n, _ := list[1].Get("n")
	big, _ := row.Get("big")
	for _, tc := range []struct {
		name string
		call func() error
		want string
	}{
		{"missing", func() error { _, err := row.String("text"); return err }, `datasets: f.json:2: field "text": missing`},
		{"wrong kind", func() error { _, err := row.String("s"); return err }, `datasets: f.json:3: field "s": want a string, found a number`},
		{"null", func() error { _, err := row.String("null"); return err }, `datasets: f.json:5: field "null": want a string, found null`},
		{"no array", func() error { _, err := row.Array("o"); return err }, `datasets: f.json:5: field "o": want an array, found an object`},
		{"no label", func() error { _, _, err := row.Label("o"); return err }, `datasets: f.json:5: field "o": want a string or a number, found an object`},
		{"no object", func() error { _, err := list[0].String("x"); return err }, `datasets: f.json:4: field "list[0]": want an object with field "x", found a number`},
		{"no number", func() error { _, err := n.Int(); return err }, `datasets: f.json:5: field "list[1].n": want a whole number, found "x"`},
		{"too large", func() error { _, err := big.Int(); return err }, `datasets: f.json:5: field "big": want a whole number, found "99999999999"`},
		{"members of an array", func() error { m, _ := row.Get("list"); _, _, err := m.Members(); return err }, `datasets: f.json:4: field "list": want an object, found an array`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.call(); err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
	if _, ok, err := row.Label("null"); ok || err != nil {
		t.Errorf("null is a label: %v %v", ok, err)
	}
	if _, ok, err := row.Label("absent"); ok || err != nil {
		t.Errorf("an absent member is a label: %v %v", ok, err)
	}
}

// The expected texts are str(json.loads(text)) in Python 3.
func TestPythonNumber(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "102": "102", "123456789012345678901234567890": "123456789012345678901234567890",
		"39764.0": "39764.0", "147.0": "147.0", "4.9": "4.9", "4.90": "4.9", "-0.0": "-0.0", "1e3": "1000.0", "1E+3": "1000.0",
		"0.0001": "0.0001", "0.00001": "1e-05", "1e16": "1e+16", "1e15": "1000000000000000.0", "123456789012345680.0": "1.2345678901234568e+17",
		"0.1000000000000000055511151231257827": "0.1", "1e400": "inf", "-1e400": "-inf", "5e-324": "5e-324",
	} {
		if got := PythonNumber(in); got != want {
			t.Errorf("PythonNumber(%s) = %s, want %s", in, got, want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		"{\"a\":1}\n{\"a\":\"中\"}", "[[[\"p\"],[{\"q\":\"x\",\"c\":[\"1\",\"2\"]}],\"id\"]]", "{\n\"data\": []}", "\ufeff[1,2]\r\n",
		"[1,2]\n[3,4]\n", "{\"a\":\xff}", "[[[[", "{\"a\":\"\\ud83d\"}", "{}{}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rows, err := JSON("f", raw)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("not an Error: %v", err)
			}
			if e.Line < 0 || e.Line > 1+strings.Count(string(raw), "\n") {
				t.Fatalf("line %d of %d", e.Line, strings.Count(string(raw), "\n"))
			}
			return
		}
		if len(rows) == 0 {
			t.Fatal("no rows and no error")
		}
		// A file that is one JSON value has as many rows as encoding/json finds.
		var list []json.RawMessage
		if text := strings.TrimSpace(strings.TrimPrefix(string(raw), "\ufeff")); json.Unmarshal([]byte(text), &list) == nil && !strings.Contains(text, "\n") && len(list) != len(rows) {
			t.Fatalf("%d rows, encoding/json has %d", len(rows), len(list))
		}
		last := 0
		for _, r := range rows {
			if r.Line < last {
				t.Fatalf("line %d after line %d", r.Line, last)
			}
			last = r.Line
		}
	})
}
