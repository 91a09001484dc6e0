package metrics

import (
	"strings"
	"testing"
	"testing/fstest"
)

// whole fails unless the tokens are not empty and, joined, the text.
func whole(t *testing.T, text string, tokens []string) {
	t.Helper()
	n := 0
	for _, token := range tokens {
		if token == "" || !strings.HasPrefix(text[n:], token) {
			t.Fatalf("%q is cut into %q", text, tokens)
		}
		n += len(token)
	}
	if n != len(text) {
		t.Fatalf("%q is cut into %q", text, tokens)
	}
}

func FuzzJieba(f *testing.F) {
	f.Add("甲乙 5 n\n丙 3\nc++ 2\n", "甲乙丙\n丁 0\n", "甲乙丙丁中国人c++ 12.5%")
	f.Add("甲 1", "\ufeff甲乙  3 n\r\n", "\r\n\xff甲\xe4\xb8乙鿖")
	f.Add("a 4294967296", "aa\naaa\naaaa 1", "aaaaaaaa")
	f.Fuzz(func(t *testing.T, dict, lexicon, text string) {
		j, err := readJieba(smallFiles(dict))
		if err != nil {
			return
		}
		for range 2 {
			whole(t, text, j.Cut(text))
			whole(t, text, j.CutKnown(text))
			if _, err := j.AddLexicon(strings.NewReader(lexicon)); err != nil {
				return
			}
		}
	})
}

func FuzzJiebaTables(f *testing.F) {
	f.Add(smallStart, smallTrans, smallEmit, "中国人国中人人")
	f.Add("P={'B':-0,'E':-1,'M':-1,'S':-1,}", "# none\nP={}", "P={'S':{'\\u4e00':-1e300}}", "一二三")
	f.Fuzz(func(t *testing.T, start, trans, emit, text string) {
		files := smallFiles("甲 3\n")
		files["finalseg/prob_start.py"] = &fstest.MapFile{Data: []byte(start)}
		files["finalseg/prob_trans.py"] = &fstest.MapFile{Data: []byte(trans)}
		files["finalseg/prob_emit.py"] = &fstest.MapFile{Data: []byte(emit)}
		j, err := readJieba(files)
		if err != nil {
			return
		}
		whole(t, text, j.Cut(text))
	})
}
