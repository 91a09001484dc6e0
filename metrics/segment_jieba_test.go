package metrics

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
)

func openJieba(t testing.TB) *Jieba {
	t.Helper()
	j, err := NewJieba(golden.Jieba(t))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestJiebaReference compares with what jieba 0.42.1 gives for sentences of our own. In a line of sentences.jsonl, cut is
// jieba.lcut(text), known the same with HMM=False, cutLexicon and knownLexicon the same again after jieba.load_userdict("lexicon.txt");
// known and cutLexicon are left out where they equal cut, and knownLexicon where it equals known.
func TestJiebaReference(t *testing.T) {
	f, err := os.Open("testdata/jieba/sentences.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type row struct{ Cut, Known, CutLexicon, KnownLexicon []string }
	var rows []row
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r row
		decode(t, lines.Bytes(), &r)
		rows = append(rows, r)
	}
	if len(rows) < 300 {
		t.Fatalf("%d sentences", len(rows))
	}
	or := func(a, b []string) []string {
		if a == nil {
			return b
		}
		return a
	}
	check := func(name string, cut func(string) []string, text string, want []string) {
		if got := cut(text); !slices.Equal(got, want) {
			t.Errorf("%s(%q):\n got %q\nwant %q", name, text, got, want)
		}
	}

	j := openJieba(t)
	for _, r := range rows {
		text := strings.Join(r.Cut, "")
		check("Cut", j.Cut, text, r.Cut)
		check("CutKnown", j.CutKnown, text, or(r.Known, r.Cut))
	}

	lexicon, err := os.Open("testdata/jieba/lexicon.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer lexicon.Close()
	idle, err := j.AddLexicon(lexicon)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"iPhone 15 Pro", "乔治·华盛顿", "史蒂夫·乔布斯", "PE(TTM)", "毕达哥拉斯定理 2", "甲方 乙方", "红包 1 N"}
	if diff := cmp.Diff(want, idle); diff != "" {
		t.Errorf("idle words (-want +got):\n%s", diff)
	}
	if want := int64(61427613); j.total != want { // jieba.dt.total
		t.Errorf("counts add up to %d with the lexicon, want %d", j.total, want)
	}
	for _, r := range rows {
		text := strings.Join(r.Cut, "")
		check("Cut with lexicon", j.Cut, text, or(r.CutLexicon, r.Cut))
		check("CutKnown with lexicon", j.CutKnown, text, or(r.KnownLexicon, or(r.Known, r.Cut)))
	}
}

// The reference vectors of word ROUGE carry the tokens that the package made.
func TestJiebaVectors(t *testing.T) {
	j := openJieba(t)
	n := 0
	for _, metric := range []string{"rouge_chinese", "rouge_pltrdy"} {
		for _, v := range vectors(t, metric, "data", "golden-metrics", "vectors.jsonl") {
			var config struct{ Unit string }
			decode(t, v.Config, &config)
			if config.Unit != "jieba" {
				continue
			}
			var in map[string]json.RawMessage
			decode(t, v.Input, &in)
			for _, side := range []string{"hyp", "ref"} {
				var text, want string
				decode(t, in[side], &text)
				if in[side+"_tokenized"] == nil {
					continue
				}
				decode(t, in[side+"_tokenized"], &want)
				if got := strings.Join(j.Cut(text), " "); got != want {
					t.Errorf("%s %s:\n got %q\nwant %q", v.ID, side, got, want)
				}
				n++
			}
		}
	}
	if n == 0 {
		t.Error("no cases")
	}
}

const (
	smallStart = "P={'B': -0.5, 'E': -3.14e+100,\n 'M': -3.14e+100, 'S': -1.5}\n"
	smallTrans = "P={'B': {'E': -0.5, 'M': -0.9}, 'E': {'B': -0.6, 'S': -0.8},\n 'M': {'E': -0.3, 'M': -1.3}, 'S': {'B': -0.7, 'S': -0.7}}\n"
	smallEmit  = "from __future__ import unicode_literals\n\nP={'B': {'\\u4e2d': -2.0, '\\u56fd': -9},\n" +
		"'E': {'\\u56fd': -2.5,}, 'M': {}, 'S': {'\\u4eba': -3.0, '\\u2236': -1}}\n"
)

func smallFiles(dict string) fstest.MapFS {
	return fstest.MapFS{
		"dict.txt":               {Data: []byte(dict)},
		"finalseg/prob_start.py": {Data: []byte(smallStart)},
		"finalseg/prob_trans.py": {Data: []byte(smallTrans)},
		"finalseg/prob_emit.py":  {Data: []byte(smallEmit)},
	}
}

func smallJieba(t testing.TB, dict string) *Jieba {
	t.Helper()
	j, err := readJieba(smallFiles(dict))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJiebaSmall(t *testing.T) {
	j := smallJieba(t, "甲乙 5 n\n丙 3\nc++ 2 nz\n乙丙丁 4\n甲 90\n乙 90\n")
	for _, tc := range []struct {
		text       string
		cut, known []string
	}{
		{"", nil, nil},
		{"\r\n \t\r", []string{"\r\n", " ", "\t", "\r"}, nil},
		{"。！𠮷\xff\xe4", []string{"。", "！", "𠮷", "\xff", "\xe4"}, nil},
		{"中国", []string{"中国"}, []string{"中", "国"}}, // the model joins
		{"中国人中国", []string{"中国", "人", "中国"}, []string{"中", "国", "人", "中", "国"}},
		{"甲乙", []string{"甲", "乙"}, nil}, // a word less probable than its characters stays apart
		{"乙丙丁甲", []string{"乙丙丁", "甲"}, nil},
		{"乙丙丁中国c++", []string{"乙丙丁", "中国", "c++"}, []string{"乙丙丁", "中", "国", "c++"}},
		{"a中国12.5%x1.y-+", []string{"a", "中国", "12.5%", "x1", ".", "y", "-+"}, []string{"a", "中", "国", "12", ".", "5", "%", "x1", ".", "y", "-", "+"}},
		{"1%2.%3.4.5", []string{"1%", "2", ".%", "3.4", ".", "5"}, []string{"1", "%", "2", ".", "%", "3", ".", "4", ".", "5"}},
		{"中　国", []string{"中", "　", "国"}, nil},
	} {
		if tc.known == nil {
			tc.known = tc.cut
		}
		if got := j.Cut(tc.text); !slices.Equal(got, tc.cut) {
			t.Errorf("Cut(%q) = %q, want %q", tc.text, got, tc.cut)
		}
		if got := j.CutKnown(tc.text); !slices.Equal(got, tc.known) {
			t.Errorf("CutKnown(%q) = %q, want %q", tc.text, got, tc.known)
		}
	}
}

func TestJiebaConcurrent(t *testing.T) {
	j := smallJieba(t, "甲乙 5 n\n丙 3\n")
	text := strings.Repeat("甲乙丙中国人，c++ 12.5%", 20)
	want := j.Cut(text)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := j.Cut(text); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

// The path must be the best of all, found by trying each.
func TestJiebaBestPath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []string{"甲", "乙", "丙", "a"}
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 300 {
		var dict strings.Builder
		for range 1 + r.IntN(12) {
			dict.WriteString(random(1+r.IntN(4)) + " " + []string{"1", "2", "4", "8", "64"}[r.IntN(5)] + "\n") // ties abound
		}
		j := smallJieba(t, dict.String())
		for range 10 {
			text := random(1 + r.IntN(8))
			c := jiebaCut{Jieba: j}
			c.route(text)
			var got []string
			for i := 0; i < len(text); i += int(c.step[i]) {
				got = append(got, text[i:i+int(c.step[i])])
			}
			if _, want := bestPath(j, text); !slices.Equal(got, want) {
				t.Fatalf("%q with the words\n%s\n got %q\nwant %q", text, dict.String(), got, want)
			}
		}
	}
}

func bestPath(j *Jieba, text string) (best float64, path []string) {
	if text == "" {
		return 0, nil
	}
	for end := range len(text) + 1 {
		first := text[:end]
		if j.words[first].count == 0 {
			continue
		}
		rest, tail := bestPath(j, text[end:])
		if p := j.words[first].log - j.logTotal + rest; path == nil || p >= best {
			best, path = p, append([]string{first}, tail...)
		}
	}
	if path == nil {
		n := charLen(text[0])
		rest, tail := bestPath(j, text[n:])
		return 0 - j.logTotal + rest, append([]string{text[:n]}, tail...)
	}
	return best, path
}

// The expected values are correctly rounded ones of a 60-digit computation; for the second four, common C libraries are one bit off.
func TestJiebaLog(t *testing.T) {
	for n, want := range map[int64]float64{
		0: 0, 1: 0, 2: 0x1.62e42fefa39efp-1, 3: 0x1.193ea7aad030bp+0, 10: 0x1.26bb1bbb55516p+1, 883634: 0x1.b6233609fb790p+3,
		60101967: 0x1.1e95b8bb84672p+4, 1 << 32: 0x1.62e42fefa39efp+4, 1<<60 - 1: 0x1.4cb5ecf0a9650p+5,
		9170: 0x1.23f54a1c504c1p+3, 136837: 0x1.7a7310000e6dbp+3, 318976651: 0x1.394a41126c610p+4, 918011676: 0x1.4a341a962b748p+4,
	} {
		if got := jiebaLog(n); got != want {
			t.Errorf("jiebaLog(%d) = %x, want %x", n, got, want)
		}
	}
}

func TestJiebaLexicon(t *testing.T) {
	for _, tc := range []struct{ name, lexicon, text, want string }{
		{"count computed", "丁戊己", "丁戊己", "丁戊己"},
		{"of known words", "甲乙丙", "甲乙丙", "甲乙丙"},
		{"too rare", "甲乙 1", "甲乙", "甲 乙"},
		{"deleted, and not joined by the model", "中国 0", "中国", "中 国"},
		{"deleted", "丙丁 0", "丙丁", "丙 丁"},
		{"byte order mark, CRLF, tag", "\ufeff丁戊己 nz\r\n\r\n", "丁戊己", "丁戊己"},
		{"the last one counts", "丁戊 0\n丁戊 9", "丁戊", "丁戊"},
		{"letters", "ab-1", "ab-1", "ab-1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j := smallJieba(t, "甲 900\n乙 900\n丙 30\n丙丁 50\n")
			if idle, err := j.AddLexicon(strings.NewReader(tc.lexicon)); err != nil || idle != nil {
				t.Fatal(idle, err)
			}
			if got := strings.Join(j.Cut(tc.text), " "); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestJiebaErrors(t *testing.T) {
	for _, tc := range []struct{ name, file, data, want string }{
		{"empty dictionary", "dict.txt", "", "dict.txt: no words"},
		{"zero counts", "dict.txt", "甲 0\n", "dict.txt: no words"},
		{"empty line", "dict.txt", "甲 3\n\n乙 4\n", `dict.txt: line 2: want "word count tag", found ""`},
		{"no count", "dict.txt", "甲\n", `dict.txt: line 1: want "word count tag", found "甲"`},
		{"two spaces", "dict.txt", "甲  3\n", `dict.txt: line 1: want "word count tag", found "甲  3"`},
		{"negative", "dict.txt", "甲 3\n乙 -4 n\n", `dict.txt: line 2: the count must be an integer from 0 to 4294967296, found "-4"`},
		{"huge", "dict.txt", "甲 4294967297\n", `dict.txt: line 1: the count must be an integer from 0 to 4294967296, found "4294967297"`},
		{"not UTF-8", "dict.txt", "甲 3\n\xd6\xd0 4\n", `dict.txt: line 2: not UTF-8`},
		{"long line", "dict.txt", strings.Repeat("a", 300) + " 1\n", `dict.txt: line 1: 302 bytes long, at most 256 are allowed`},
		{"large", "dict.txt", strings.Repeat("a 1\n", 4<<20+1), "dict.txt: larger than 16 MiB"},
		{"no table", "finalseg/prob_emit.py", "import os\n", `finalseg/prob_emit.py: line 1: want "P", found "import os\n"`},
		{"a call", "finalseg/prob_start.py", "P={'B': exit(1)}", `finalseg/prob_start.py: line 1: want a logarithm of a probability, found "exit(1)}"`},
		{"state", "finalseg/prob_start.py", "P={'B': -1,\n'X': -1}", `finalseg/prob_start.py: line 2: "X" is not one of the states B, E, M, S`},
		{"absent state", "finalseg/prob_start.py", "P={'B': -1, 'B': -1, 'M': -2, 'E': -3}", `finalseg/prob_start.py: a state is absent`},
		{"more than 1", "finalseg/prob_start.py", "P={'B': 1}", `finalseg/prob_start.py: line 1: want a logarithm of a probability, found "1}"`},
		{"infinite", "finalseg/prob_start.py", "P={'B': -1e999}", `finalseg/prob_start.py: line 1: want a logarithm of a probability, found "-1e999}"`},
		{"too flat", "finalseg/prob_trans.py", "P={'B': -1}", `finalseg/prob_trans.py: line 1: want "{", found "-1}"`},
		{"too deep", "finalseg/prob_start.py", "P={'B': {'E': -1}}", `finalseg/prob_start.py: line 1: want a logarithm of a probability, found "{'E': -1}}"`},
		{"cut off", "finalseg/prob_trans.py", "# comment\nP={'B': {'E': -1,\n", `finalseg/prob_trans.py: line 3: want "'", found the end of the file`},
		{"no comma", "finalseg/prob_trans.py", "P={'B': {'E': -1 'M': -2}}", `finalseg/prob_trans.py: line 1: want ",", found "'M': -2}}"`},
		{"more after it", "finalseg/prob_trans.py", "P={}\nQ={}", `finalseg/prob_trans.py: line 2: want the end of the file, found "Q={}"`},
		{"open key", "finalseg/prob_emit.py", "P={'B': {'" + strings.Repeat("a", 30) + "': -1}}", `finalseg/prob_emit.py: line 1: want a key of less than 16 bytes in single quotes, found "aaaaaaaaaaaaaaaaaaaa"`},
		{"two characters", "finalseg/prob_emit.py", "P={'B': {'ab': -1}}", `finalseg/prob_emit.py: line 1: "ab" is not one character`},
		{"surrogate", "finalseg/prob_emit.py", `P={'B': {'\ud800': -1}}`, `finalseg/prob_emit.py: line 1: "\\ud800" is not a character`},
		{"escape", "finalseg/prob_emit.py", `P={'B': {'\x41': -1}}`, `finalseg/prob_emit.py: line 1: "\\x41" is not a key`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := smallFiles("甲 3\n")
			files[tc.file] = &fstest.MapFile{Data: []byte(tc.data)}
			if _, err := readJieba(files); err == nil || err.Error() != tc.want {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
	for name := range smallFiles("") {
		files := smallFiles("甲 3\n")
		delete(files, name)
		if _, err := readJieba(files); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	want := "jieba in testdata: open dict.txt: "
	if _, err := NewJieba("testdata"); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v\nwant %s...", err, want)
	}
	for _, tc := range []struct{ lexicon, want string }{
		{"乙\n丙 99999999999\n", `lexicon: line 2: the count must be an integer from 0 to 4294967296, found "99999999999"`},
		{"乙\n\xff\n", "lexicon: line 2: not UTF-8"},
		{"乙\n" + strings.Repeat("a", 257), "lexicon: line 2: 257 bytes long, at most 256 are allowed"},
	} {
		j := smallJieba(t, "甲 3\n")
		if _, err := j.AddLexicon(strings.NewReader(tc.lexicon)); err == nil || err.Error() != tc.want {
			t.Errorf("got %v\nwant %s", err, tc.want)
		}
		if len(j.words) != 1 || j.total != 3 {
			t.Errorf("an unreadable lexicon left words behind: %v", j.words)
		}
	}
}

func BenchmarkJieba(b *testing.B) {
	j := openJieba(b)
	text, err := os.ReadFile(golden.Shared(b, "data", "novels", "xiyouji_Journey_to_the_West.txt"))
	if err != nil {
		b.Fatal(err)
	}
	s := string(text[:300_000])
	for name, cut := range map[string]func(string) []string{"Cut": j.Cut, "CutKnown": j.CutKnown} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				cut(s)
			}
		})
	}
}
