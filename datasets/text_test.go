package datasets

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	got, err := Lines("f", []byte("\ufeff甲 一\r\n\r\n  \n乙 二"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Line{{"f", 1, "甲 一"}, {"f", 4, "乙 二"}}, got); diff != "" {
		t.Error(diff)
	}
	if err := got[1].Errorf("gloss", "%q is wrong", "二"); err.Error() != `datasets: f:4: field "gloss": "二" is wrong` {
		t.Error(err)
	}
	for text, want := range map[string]string{"": "datasets: f: no rows", "\r\n \n": "datasets: f: no rows", "甲\n乙\xff": "datasets: f:2: not UTF-8: byte 0xff at character 2 of the line"} {
		if _, err := Lines("f", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestCSV(t *testing.T) {
	type row struct {
		line int
		a, b string
	}
	read := func(text string, columns ...string) []row {
		t.Helper()
		rows, err := CSV("f", []byte(text), columns...)
		if err != nil {
			t.Fatal(err)
		}
		var out []row
		for _, r := range rows {
			a, err := r.String("a")
			if err != nil {
				t.Fatal(err)
			}
			b, err := r.String("b")
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, row{r.Line, a, b})
		}
		return out
	}
	// Fields hold commas, quotes and newlines; a header may stand in the file.
	want := []row{{2, "甲,乙", "说“好”"}, {3, "两\n行", "\"引\""}, {5, "", "丙"}}
	text := "\"甲,乙\",说“好”\r\n\"两\n行\",\"\"\"引\"\"\"\r\n,丙"
	if diff := cmp.Diff(want, read("\ufeffa,b\r\n"+text), cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	for i := range want {
		want[i].line--
	}
	if diff := cmp.Diff(want, read(text, "a", "b"), cmp.AllowUnexported(row{})); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"a,b\n1,2\n3":       `f:3: 1 fields, want 2: "a, b"`,
		"a,b\n1,2,3\n":      `f:2: 3 fields, want 2`,
		"a,a\n1,2\n":        `f:1: column "a" is there twice`,
		"a,b\n":             "f: no rows",
		"":                  "f: no rows",
		"a,b\n1,\"2\n3,4\n": "f:2: not CSV",
		"a,b\n1,x\"2\"\n":   "f:2: not CSV",
		"a,b\n1,\xff\n":     "f:2: not UTF-8",
	} {
		if _, err := CSV("f", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	rows, _ := CSV("f", []byte("a,b\n1,2\n"))
	if _, err := rows[0].String("c"); err == nil || err.Error() != `datasets: f:2: field "c": missing` {
		t.Error(err)
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("a,b\r\n\"1\n2\",3\n"))
	f.Add([]byte("\ufeff甲 乙\n\n\"\""))
	f.Add([]byte("a,\xff\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		most := 1 + bytes.Count(raw, []byte("\n"))
		check := func(err error) {
			var e *Error
			if !errors.As(err, &e) || e.Line < 0 || e.Line > most {
				t.Fatalf("not an Error in the file: %v", err)
			}
		}
		if lines, err := Lines("f", raw); err != nil {
			check(err)
		} else {
			for _, l := range lines {
				if l.Number < 1 || l.Number > most || strings.Contains(l.Text, "\n") || strings.TrimSpace(l.Text) == "" {
					t.Fatalf("%+v", l)
				}
			}
		}
		rows, err := CSV("f", raw)
		if err != nil {
			check(err)
			return
		}
		for i, r := range rows {
			if r.Line < 1 || r.Line > most || i > 0 && r.Line <= rows[i-1].Line {
				t.Fatalf("row %d on line %d", i, r.Line)
			}
		}
	})
}
