package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// dump writes a value on one line, in the order of the file.
func dump(v Value) string {
	switch v.kind {
	case kindArray:
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = dump(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case kindObject:
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = v.keys[i] + "=" + dump(item)
		}
		return "{" + strings.Join(parts, " ") + "}"
	case kindString:
		return fmt.Sprintf("%q", v.text)
	case kindNull:
		return "null"
	}
	return v.text
}

// The fixtures were written by pyarrow 26, with the Hub's metadata: zstd in two row groups, and snappy with pages of version 2.
func TestParquet(t *testing.T) {
	want := []string{
		`{sentence="天气很好" label="yes" choice=["甲" "乙"] answers={text=["a" "b"] answer_start=[1 2]} score=1.0 ok=true}`,
		`{sentence="价格上涨𠮷" label="no" choice=[] answers={text=[] answer_start=[]} score=0.25 ok=false}`,
		`{sentence="" label=-1 choice=[] answers={text=[] answer_start=[]} score=null ok=null}`,
	}
	for _, name := range []string{"hub.parquet", "snappy.parquet"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, read := range []func(string, []byte) ([]Value, error){Parquet, Rows, JSON} {
			rows, err := read(name, raw)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, r := range rows {
				got = append(got, dump(r))
				if r.Line != i+1 {
					t.Errorf("row %d has the line %d", i+1, r.Line)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
			if _, err := rows[2].String("score"); err == nil || !strings.Contains(err.Error(), name+`:3: field "score"`) {
				t.Errorf("error %v", err)
			}
		}
	}
}

// TestParquetHostile cuts a file everywhere and changes every byte of it: whatever comes back, it is rows or an error.
func TestParquetHostile(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "hub.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 17
	}
	for i := 0; i < len(raw); i += step {
		if _, err := Parquet("cut", raw[:i]); err == nil {
			t.Errorf("cut at %d: no error", i)
		}
		changed := bytes.Clone(raw)
		changed[i] ^= 0xff
		if _, err := Parquet("changed", changed); err != nil && !strings.HasPrefix(err.Error(), "datasets: changed:") {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

// A column of repetitions takes a few bytes, whatever its length.
func TestParquetBomb(t *testing.T) {
	type row struct {
		Text string `parquet:"text,dict"`
	}
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[row](&buf, parquet.PageBufferSize(1<<20), parquet.Compression(&parquet.Zstd))
	rows := make([]row, 1<<12)
	for i := range rows {
		rows[i].Text = strings.Repeat("长", 20)
	}
	for range 1 << 6 {
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	meta := f.Metadata()
	if err := checkPages(meta, buf.Bytes()); err != nil {
		t.Fatalf("an honest file: %v", err)
	}
	one := meta.RowGroups[0]
	for range maxValues/int(one.NumRows) + 1 {
		meta.RowGroups = append(meta.RowGroups, one)
	}
	if err := checkPages(meta, buf.Bytes()); err == nil || !strings.Contains(err.Error(), "unpacks to more") {
		t.Errorf("error %v", err)
	}
}

// A dictionary of one text makes a small file of rows without end.
func TestParquetDictionaryBomb(t *testing.T) {
	type row struct {
		Text string   `parquet:"text,dict"`
		List []string `parquet:"list,list,dict"`
	}
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[row](&buf, parquet.Compression(&parquet.Zstd))
	text := strings.Repeat("长", 1<<12)
	for range 1000 {
		if _, err := w.Write([]row{{text, []string{"a", "b"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if buf.Len() > 1<<17 {
		t.Fatalf("the file has %d bytes and is no bomb", buf.Len())
	}
	if rows, err := parquetRows("bomb", buf.Bytes(), &parquetBudget{values: 6000, text: 1000 * (int64(len(text)) + 2)}); err != nil || len(rows) != 1000 {
		t.Errorf("%d rows of those that fit exactly: %v", len(rows), err)
	}
	for _, tc := range []struct {
		budget parquetBudget
		says   string
	}{
		{parquetBudget{values: 5999, text: maxText}, "bomb:1000: "},
		{parquetBudget{values: maxValues, text: 10*(int64(len(text))+2) - 1}, "bomb:10: "},
		{parquetBudget{values: maxValues, text: 10 * (int64(len(text)) + 2)}, "bomb:11: "},
	} {
		_, err := parquetRows("bomb", buf.Bytes(), &tc.budget)
		if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), "bytes of text") {
			t.Errorf("error %v, want it to say %q", err, tc.says)
		}
	}
}

func TestRowsByName(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"a.csv", "id,问题\r\n1,\"甲,\n乙\"\r\n", `{id="1" 问题="甲,\n乙"}`},
		{"a.CSV", "\ufeffid\n1\n", `{id="1"}`},
		{"a.tsv", "id\t问题\n1\t\"甲\n", `{id="1" 问题="\"甲"}`},
		{"a.jsonl", `{"id": 1}`, `{id=1}`},
	} {
		rows, err := Rows(tc.name, []byte(tc.text))
		if err != nil || len(rows) != 1 || dump(rows[0]) != tc.want {
			t.Errorf("%s: %v, %v", tc.name, rows, err)
		}
	}
	for _, tc := range []struct{ name, text, says string }{
		{"a.csv", "a,b\n1\n", "a.csv:2: 1 fields, want 2"},
		{"a.csv", "a,a\n1,2\n", "twice"},
		{"a.csv", "a\n", "no rows"},
		{"a.csv", "a\n\"1\n", "a.csv:2: not CSV"},
		{"a.csv", "a\n\xff\n", "not UTF-8"},
		{"a.tsv", "a\tb\n1\n", "a.tsv:2: 1 fields, want 2"},
		{"a.tsv", "a\ta\n1\t2\n", "a.tsv:1: column"},
		{"a.tsv", "a\n", "no rows"},
		{"a.parquet", "PAR1", "not a Parquet file"},
	} {
		_, err := Rows(tc.name, []byte(tc.text))
		if e := (*Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s %q: error %v, want it to say %q", tc.name, tc.text, err, tc.says)
		}
	}
}

func FuzzRows(f *testing.F) {
	for _, name := range []string{"hub.parquet", "snappy.parquet"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, raw)
	}
	f.Add("a.csv", []byte("id,问题\n1,\"甲\"\n"))
	f.Add("a.tsv", []byte("id\t问题\n1\t甲\n"))
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		rows, err := Rows(name, raw)
		if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if err == nil && len(rows) == 0 {
			t.Fatal("neither rows nor an error")
		}
		for _, r := range rows {
			dump(r)
		}
	})
}
