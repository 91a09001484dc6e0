package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/tasks/novel"
)

// short lists the tasks that are tested all alike: those on novels have tests of their own.
func short() []Task {
	return slices.DeleteFunc(made(), func(k Task) bool { return k.Family == "novel" })
}

// novelTasks are those whose items are generated.
func novelTasks() []Task {
	return []Task{Novel1K, Novel4K, Novel16K, Novel32K, Novel64K, Novel100K, NovelForget, NovelForgetShort, NovelClosed}
}

// A change here means a new Version of the task, or other items for the same seed: results are not comparable.
func TestNovelGoldens(t *testing.T) {
	var b strings.Builder
	for _, k := range novelTasks() {
		h := sha256.New()
		for _, r := range k.Make(3, 30).Records {
			fmt.Fprintln(h, DocHash(r))
		}
		fmt.Fprintf(&b, "%s %s\n", k.Name, hex.EncodeToString(h.Sum(nil)))
	}
	r := Novel1K.Make(3, 4).Records
	req := Novel1K.Prompt(r[0], r[3:4])
	fmt.Fprintf(&b, "=== base, one example\n%s◁\n", req.Prompt.Text())
	req = Novel1K.Prompt(r[0], nil)
	fmt.Fprintf(&b, "=== by letter\n%s◁\nletters: %q\nchoices: %q\nmax tokens: %d, stop: %q\n", req.Letters.Prompt.Text(), req.Letters.Names, req.Choices, req.MaxTokens, req.Stop)
	req = NovelClosed.Prompt(NovelClosed.Make(3, 1).Records[0], nil)
	fmt.Fprintf(&b, "=== closed book\n%s◁\n=== by letter\n%s◁\n", req.Prompt.Text(), req.Letters.Prompt.Text())
	golden.Check(t, "novel.txt", []byte(b.String()))
}

func TestNovelItems(t *testing.T) {
	for _, k := range novelTasks() {
		t.Run(k.Name, func(t *testing.T) {
			n := 130
			if k.Kind == Long && testing.Short() {
				n = 60
			}
			a, other := k.Make(1, n).Records, k.Make(2, n).Records
			fewer := k.Make(1, 20).Records
			if diff := cmp.Diff(a[:len(fewer)], fewer); diff != "" {
				t.Errorf("fewer items are other items:\n%s", diff)
			}
			short := 0 // details are asked for at every length
			for _, m := range k.Metrics {
				if m.Members > 0 {
					short = n % m.Members
				}
			}
			if len(a) != n-short || len(fewer) == 0 || len(k.Make(1, 0).Records) != 0 {
				t.Fatalf("%d items, want %d", len(a), n)
			}
			seen, ids, theirs := map[string]bool{}, map[string]bool{}, map[string]bool{}
			for _, r := range other {
				theirs[r.Fields["question"]+strings.Join(r.Choices, "|")] = true
				theirs[r.Fields["text"]] = r.Fields["text"] != ""
			}
			for _, r := range a {
				key := r.Fields["question"] + r.Tags["asked_at"] + r.Cluster
				if seen[key] || ids[r.ID] || r.ID == "" {
					t.Errorf("%s: %q comes twice", r.ID, key)
				}
				seen[key], ids[r.ID] = true, true
				if theirs[r.Fields["question"]+strings.Join(r.Choices, "|")] || theirs[r.Fields["text"]] {
					t.Errorf("%s: another seed has the same item", r.ID)
				}
				for name, v := range r.Tags {
					if v == "" {
						t.Errorf("%s: tag %s is empty", r.ID, name)
					}
				}
				checkNovelSpans(t, r)
			}
		})
	}
}

// checkNovelSpans makes sure that evidence and choices are in the text that is read, and that the tags agree with them.
func checkNovelSpans(t *testing.T, r datasets.Record) {
	t.Helper()
	text := []rune(r.Fields["text"])
	for _, s := range r.Spans {
		if s.End > len(text) || string(text[s.Start:s.End]) != s.Text {
			t.Errorf("%s: span %+v is not in the text", r.ID, s)
		}
	}
	if r.Tags["distance"] == "" {
		return
	}
	e := r.Spans[0]
	if e.Type != "evidence" || r.Tags["distance"] != novelDistance(len(text)-e.End) {
		t.Errorf("%s: distance %s, evidence %+v of %d", r.ID, r.Tags["distance"], e, len(text))
	}
}

func TestNovelBins(t *testing.T) {
	for n, want := range map[int]string{0: "0-500", 499: "0-500", 500: "500-1k", 3_999: "2k-4k", 99_999: "64k-100k", 100_000: "100k+", 1_000_000: "100k+"} {
		if got := novelDistance(n); got != want {
			t.Errorf("distance %d: %s, want %s", n, got, want)
		}
	}
	for at, want := range map[int]string{0: "0-10%", 99: "0-10%", 100: "10-20%", 999: "90-100%", 1_000: "90-100%"} {
		if got := novelDepth(at, 1_000); got != want {
			t.Errorf("depth %d: %s, want %s", at, got, want)
		}
	}
}

// All questions on a text begin with the same characters, up to the question itself, in both forms.
func TestNovelQuestionsShareTheirText(t *testing.T) {
	texts := map[string]string{}
	for _, r := range Novel4K.Make(1, 40).Records {
		req := Novel4K.Prompt(r, nil)
		for _, p := range []Prompt{req.Prompt, req.Letters.Prompt} {
			before, _, ok := strings.Cut(p.Text(), "\n请")
			if !ok {
				t.Fatal(p.Text())
			}
			if texts[r.Cluster] == "" {
				texts[r.Cluster] = before
			}
			if texts[r.Cluster] != before || !strings.HasSuffix(before, r.Fields["text"]) {
				t.Errorf("%s begins in another way", r.ID)
			}
		}
	}
	if len(texts) != 4 {
		t.Errorf("%d texts", len(texts))
	}
}

// A detail is asked for in the same words after ever more of the same text, and for the first time soon after it was read.
func TestForgettingIsPaired(t *testing.T) {
	for _, k := range []Task{NovelForget, NovelForgetShort} {
		n := 240
		if testing.Short() {
			n = 96
		}
		details := map[string][]datasets.Record{}
		for _, r := range k.Make(1, n).Records {
			details[r.Tags["detail"]] = append(details[r.Tags["detail"]], r)
		}
		for name, list := range details {
			for i, r := range list {
				first := list[0]
				if r.Fields["question"] != first.Fields["question"] || !slices.Equal(r.Choices, first.Choices) || !strings.HasPrefix(r.Fields["text"], first.Fields["text"]) {
					t.Errorf("%s %s: asked in another way", k.Name, name)
				}
				if i > 0 && len(r.Fields["text"]) <= len(list[i-1].Fields["text"]) {
					t.Errorf("%s %s: no more text at %s", k.Name, name, r.Tags["asked_at"])
				}
				runes := utf8.RuneCountInString(r.Fields["text"])
				asked := map[string]int{"1k": 1_000, "2k": 2_000, "4k": 4_000, "6k": 6_000, "8k": 8_000, "16k": 16_000, "32k": 32_000, "64k": 64_000, "100k": 100_000}[r.Tags["asked_at"]]
				if runes > asked || runes < asked*9/10-100 {
					t.Errorf("%s %s: %d code points read, said to be %s", k.Name, name, runes, r.Tags["asked_at"])
				}
				if at := first.Spans[0].Start; k.Name == "novel_forget" && (at < 4_450 || at > 5_600) {
					t.Errorf("%s: a detail stands at %d", name, at)
				}
			}
		}
		// A limit asks for no detail at some lengths only.
		for _, n := range []int{1, 7, 97} {
			asked := map[string]int{}
			records := k.Make(1, n).Records
			for _, r := range records {
				asked[r.Tags["detail"]]++
			}
			for name, times := range asked {
				if times*len(asked) != len(records) {
					t.Errorf("%s %s: asked for %d times, among %d items of %d details", k.Name, name, times, len(records), len(asked))
				}
			}
		}
		if len(details) < n/8 {
			t.Errorf("%s: %d details among %d items", k.Name, len(details), n)
		}
	}
}

// asked gives a choice and a short answer.
func asked(r datasets.Record, choice int, text string) Answer {
	a := Answer{Text: text, Finish: "stop"}
	for i, c := range r.Choices {
		s := Score{LogProb: -9, Tokens: 1, Chars: utf8.RuneCountInString(c), Bytes: len(c)}
		if i == choice {
			s.LogProb = -0.01
		}
		a.Choices, a.Letters = append(a.Choices, s), append(a.Letters, s)
	}
	return a
}

// scripted runs a scripted model over items of a task.
func scripted(t *testing.T, k Task, n int, answer func(r datasets.Record) Answer) (values map[string][]float64, stats map[string]float64, byTag map[string][]float64) {
	t.Helper()
	values, stats, byTag = map[string][]float64{}, map[string]float64{}, map[string][]float64{}
	for _, r := range k.Make(1, n).Records {
		v := k.Judge(r, answer(r))
		if v.Outcome == Failed || v.Outcome == Unparsed {
			t.Fatalf("%s: %+v", r.ID, v)
		}
		for name, x := range v.Metrics {
			values[name] = append(values[name], x)
		}
		for name, x := range v.Stats {
			stats[name] += x
		}
		for name, tag := range r.Tags {
			byTag[name+"="+tag] = append(byTag[name+"="+tag], v.Metrics["acc"])
		}
	}
	return values, stats, byTag
}

func mean(x []float64) float64 { m, _ := metrics.Mean(x); return m }

func TestNovelOracle(t *testing.T) {
	for _, k := range novelTasks() {
		values, stats, _ := scripted(t, k, 100, func(r datasets.Record) Answer {
			a := asked(r, r.Answer, r.Golds[0])
			if k.Name == "novel_closed" {
				a.Text = r.Choices[r.Answer]
			}
			return a
		})
		for _, m := range k.Metrics {
			want, ok := 1.0, true
			switch {
			case strings.HasPrefix(m.Name, "confused"):
				ok = false
			case strings.HasPrefix(m.Name, "forgot"):
				want = 0
			case m.Name == "loss":
				values[m.Name], want = []float64{m.Corpus(stats)}, 0
			case m.Name == "effective_length":
				values[m.Name] = []float64{m.Corpus(stats)}
				want = map[string]float64{"novel_forget": 100_000, "novel_forget_short": 16_000}[k.Name]
			}
			if got := values[m.Value()]; m.Corpus == nil && m.By == "" && (len(got) > 0) != ok {
				t.Errorf("%s: %d values of %s", k.Name, len(got), m.Name)
			}
			if got := values[m.Name]; m.By == "" && ok && mean(got) != want {
				t.Errorf("%s: %s = %v, want %v", k.Name, m.Name, mean(got), want)
			}
		}
	}
}

func TestNovelGuessing(t *testing.T) {
	r := newRandom(1, "guess")
	for _, k := range []Task{Novel1K, Novel4K, Novel16K, NovelClosed} {
		n := 600
		values, _, _ := scripted(t, k, n, func(q datasets.Record) Answer {
			i := r.below(4)
			return asked(q, i, q.Choices[i])
		})
		for name, x := range values {
			if strings.HasPrefix(name, "acc") && math.Abs(mean(x)-0.25) > 4*0.433/math.Sqrt(float64(n)) {
				t.Errorf("%s: %s = %v by guessing", k.Name, name, mean(x))
			}
		}
		_, _, byTag := scripted(t, k, n, func(q datasets.Record) Answer { return asked(q, 0, q.Choices[0]) })
		if mean(byTag["position=A"]) != 1 || mean(byTag["position=B"]) != 0 || len(byTag["position=C"]) < n/6 {
			t.Errorf("%s: whoever takes the first choice is not seen by position: %v, %v", k.Name, mean(byTag["position=A"]), mean(byTag["position=B"]))
		}
	}
}

// Who knows what was read last, 10,000 characters, forgets what is farther away, and the numbers say so.
func TestForgetfulModel(t *testing.T) {
	r := newRandom(1, "forgetful")
	values, stats, byTag := scripted(t, NovelForget, 480, func(q datasets.Record) Answer {
		e := q.Spans[0]
		if utf8.RuneCountInString(q.Fields["text"])-e.End < 10_000 {
			return asked(q, q.Answer, q.Choices[q.Answer])
		}
		return asked(q, (q.Answer+1+r.below(3))%4, "不知道")
	})
	if mean(byTag["asked_at=8k"]) != 1 || mean(byTag["asked_at=16k"]) != 0 || mean(values["forgot"]) != 1 || mean(values["forgot_generate"]) != 1 {
		t.Errorf("at 8k %v, at 16k %v, forgot %v, %v", mean(byTag["asked_at=8k"]), mean(byTag["asked_at=16k"]), mean(values["forgot"]), mean(values["forgot_generate"]))
	}
	if got := effectiveLength(stats); got != 8_000 {
		t.Errorf("effective length %v", got)
	}
	if got := forgetLoss(stats); got != 1 {
		t.Errorf("loss %v", got)
	}
	if sum := mean(values["confused_before"]) + mean(values["confused_after"]) + mean(values["confused_absent"]); math.Abs(sum-1) > 1e-12 {
		t.Errorf("wrong choices stand somewhere in %v of cases", sum)
	}
	if forgetLoss(nil) != 0 || effectiveLength(nil) != 0 {
		t.Error("nothing asked gives a value")
	}
}

func TestJudgeShort(t *testing.T) {
	r := datasets.Record{Choices: []string{"左眉有道疤", "右颊有颗痣", novel.NotSaid, "门牙镶着金"}, Answer: 0, Golds: []string{"左眉有道疤"}}
	none := datasets.Record{Choices: r.Choices, Answer: 2, Golds: []string{novel.NotSaid}}
	count := datasets.Record{Choices: []string{"两次", "三次", "四次", "五次"}, Answer: 1, Golds: []string{"三次", "3次", "三回", "3"}}
	price := datasets.Record{Choices: []string{"三十二块", "四十五块"}, Answer: 0, Golds: []string{"三十二块"}}
	pet := datasets.Record{Choices: []string{"一只八哥", "一匹小马", "一条黑狗", "一对鸽子"}, Answer: 0, Golds: []string{"一只八哥", "八哥"}}
	for _, tc := range []struct {
		r    datasets.Record
		text string
		want bool
	}{
		{pet, "八哥", true},
		{pet, "他养了一只会说话的八哥", true},
		{pet, "八哥和小马", false},
		{pet, "小马", false},
		{r, "左眉有道疤。", true},
		{r, "他左眉有道疤，很显眼", true},
		{r, "左眉上有一道疤", true},
		{r, "左眉有道疤，右颊有颗痣", false},
		{r, "右颊有颗痣", false},
		{r, "右颊上有一颗痣", false},
		{r, "左眉有颗痣", false},
		{r, "书中没有提到", false},
		{r, "书中没有提到左眉有道疤", false},
		{r, "", false},
		{none, "书中没有提到", true},
		{none, "没有提及这一点。", true},
		{none, "左眉有道疤", false},
		{count, "答案：3次", true},
		{count, "三回", true},
		{count, "四次", false},
		{count, "他一共去了三次，第二次是雨天", true},
		{count, "3", true},
		{count, "13次", false},
		{count, "5次，见第3章", false},
		{count, "三次或四次", false},
		{count, "两三次", false},
		{price, "32块", true},
		{price, "花了三十二块钱", true},
		{price, "132块", false},
		{price, "三十二块，不是三十五块", false},
	} {
		got, f1, answer, _ := judgeShort(tc.r, tc.text)
		if got != tc.want || f1 < 0 || f1 > 1 {
			t.Errorf("%q: %v (%q, F1 %v), want %v", tc.text, got, answer, f1, tc.want)
		}
	}
}

func TestJudgeNovelPartly(t *testing.T) {
	r := datasets.Record{
		Choices: []string{"甲乙", "丙丁"}, Golds: []string{"甲乙"}, Tags: map[string]string{"distance": "0-500"},
		Spans: []datasets.Span{{Type: "evidence", Start: 100, End: 110}, {Type: "choice", Text: "丙丁", Start: 50, End: 52}},
	}
	for _, tc := range []struct {
		name string
		a    Answer
		want Verdict
	}{
		{"nothing", Answer{}, Verdict{Outcome: Failed, Rule: "no answer"}},
		{"answer only", Answer{Text: "甲乙", Finish: "stop"}, Verdict{Outcome: Correct, Extracted: "甲乙", Rule: "whole", Metrics: map[string]float64{"acc_generate": 1, "extracted_generate": 1, "f1": 1}}},
		{"empty answer", Answer{Finish: "stop"}, Verdict{Outcome: Unparsed, Rule: "none", Metrics: map[string]float64{"acc_generate": 0, "extracted_generate": 0, "f1": 0}}},
		{"letters only", Answer{Letters: []Score{{LogProb: -2}, {LogProb: -1}}}, Verdict{Outcome: Wrong, Extracted: "丙丁", Rule: "letter", Metrics: map[string]float64{"acc_letter": 0}}},
		{"wrong choice", Answer{Choices: []Score{{LogProb: -2}, {LogProb: -1}}}, Verdict{
			Outcome: Wrong, Extracted: "丙丁", Rule: "loglikelihood",
			Metrics: map[string]float64{
				"acc": 0, "acc_norm": 0, "acc_bytes": 0, "acc_token": 0, "confused_before": 1, "confused_after": 0, "confused_absent": 0, "confused_near": 1,
			},
		}},
	} {
		if diff := cmp.Diff(tc.want, judgeNovel(r, tc.a)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tc.name, diff)
		}
	}
}

// madeNovel is a file as novels are published: paragraphs, headings, separators, both kinds of line ends.
func madeNovel() []byte {
	var b strings.Builder
	b.WriteString("\uFEFF------------\r\n\r\n第1章 开头\r\n\r\n")
	r := newRandom(1, "story")
	for i := range 900 {
		fmt.Fprintf(&b, "    却说悟空与八戒在第%d处山头，%s了%d里路，又遇见三藏。", i, one(r, []string{"走", "赶", "行", "飞"}), r.between(10, 9_000))
		fmt.Fprintf(&b, "行者道，这%s中有%s，须要小心%d分才好。\r\n\r\n", one(r, []string{"山", "林", "洞", "谷"}), one(r, []string{"妖", "仙", "鬼", "虎"}), r.between(3, 99))
	}
	return []byte(b.String())
}

func TestNovelReal(t *testing.T) {
	raw := madeNovel()
	set, err := deriveNovelReal("d/novels/书.txt", raw, 1, 45)
	if err != nil || len(set.Records) != 45 {
		t.Fatalf("%d items, %v", len(set.Records), err)
	}
	again, _ := deriveNovelReal("elsewhere/书.txt", raw, 1, 45)
	other, _ := deriveNovelReal("d/novels/书.txt", raw, 2, 45)
	if diff := cmp.Diff(set, again); diff != "" {
		t.Error("the folder matters")
	}
	for i, r := range set.Records {
		checkNovelSpans(t, r)
		text := r.Fields["text"]
		for _, name := range []string{"悟空", "八戒", "三藏", "行者", "---", "\r"} {
			if strings.Contains(text, name) {
				t.Fatalf("%q is still in the text", name)
			}
		}
		if n := utf8.RuneCountInString(text); n < realLength*9/10 || n > realLength*13/10 {
			t.Errorf("%d code points", n)
		}
		if r.Fields["question"] == other.Records[i].Fields["question"] {
			t.Errorf("two seeds ask %s", r.Fields["question"])
		}
	}
	for name, bad := range map[string][]byte{
		"want text in UTF-8":             {0xff, 0xfe, 'a'},
		"characters, found 0":            nil,
		"want paragraphs, found a line ": []byte(strings.Repeat("一句很长的话，", 6_000)),
	} {
		if _, err := deriveNovelReal("x.txt", bad, 1, 5); err == nil || !strings.Contains(err.Error(), name) || !strings.HasPrefix(err.Error(), "x.txt: ") {
			t.Errorf("error %v, want %s", err, name)
		}
	}
}

func TestNovelMemory(t *testing.T) {
	same := []byte(strings.Repeat("这一天的天气同昨天一样，没有什么可说的。\n", 2_000))
	if _, err := deriveNovelMemory("书.txt", same, 1, 80); err == nil || !strings.Contains(err.Error(), "found 1 different") {
		t.Errorf("a sentence without end: %v", err)
	}
	set, err := deriveNovelMemory("书.txt", madeNovel(), 1, 80)
	if err != nil || len(set.Records) != 80 {
		t.Fatalf("%d items, %v", len(set.Records), err)
	}
	whole, _ := realParagraphs("书.txt", madeNovel())
	text := strings.Join(whole, "")
	for i := 0; i < len(set.Records); i += 2 {
		a, b := set.Records[i], set.Records[i+1]
		if a.Tags["form"] != "original" || b.Tags["form"] != "renamed" || a.Tags["passage"] != b.Tags["passage"] || a.Answer != b.Answer {
			t.Fatalf("%+v, %+v", a.Tags, b.Tags)
		}
		if !strings.Contains(text, a.Fields["before"]+a.Choices[a.Answer]) || strings.Contains(b.Fields["before"], "悟空") {
			t.Errorf("%s: %s → %s", a.ID, a.Fields["before"], a.Choices[a.Answer])
		}
		for _, c := range a.Choices {
			if d := utf8.RuneCountInString(c) - utf8.RuneCountInString(a.Choices[a.Answer]); d < -3 || d > 3 {
				t.Errorf("%s: choice %q tells by its length", a.ID, c)
			}
		}
		v := NovelMemory.Judge(a, asked(a, a.Answer, ""))
		if v.Metrics["acc_original"] != 1 || v.Outcome != Correct {
			t.Errorf("%+v", v)
		}
	}
	if _, err := deriveNovelMemory("x.txt", []byte(strings.Repeat("没有句号的行\n", 9_000)), 1, 5); err == nil || !strings.Contains(err.Error(), "sentences") {
		t.Errorf("error %v", err)
	}
}

func TestNovelRealLoads(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "novels"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "novels", "xiyouji_Journey_to_the_West.txt"), madeNovel(), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := NovelReal.Load(LoadOptions{Dirs: []string{dir}, Seed: 1, Make: 30})
	if err != nil || len(l.Samples) != 30 || len(l.Source.Files) != 1 {
		t.Errorf("%d samples of %+v, %v", len(l.Samples), l.Source, err)
	}
}

func TestPublishedNovels(t *testing.T) {
	dir := filepath.Join(golden.Shared(t), "data")
	l, err := NovelReal.Load(LoadOptions{Dirs: []string{dir}, Seed: 1, Make: 60})
	if err != nil || len(l.Samples) != 60 {
		t.Fatalf("%d samples, %v", len(l.Samples), err)
	}
	for _, s := range l.Samples {
		checkNovelSpans(t, s.Record)
		for _, name := range []string{"宝玉", "黛玉", "袭人", "悟空", "八戒", "行者"} {
			if strings.Contains(s.Record.Fields["text"], name) {
				t.Errorf("%s: %s keeps its name", s.ID, name)
			}
		}
	}
	m, err := NovelMemory.Load(LoadOptions{Dirs: []string{dir}, Seed: 1, Make: 60})
	if err != nil || len(m.Samples) != 60 {
		t.Fatalf("%d samples, %v", len(m.Samples), err)
	}
}

func FuzzDeriveNovel(f *testing.F) {
	f.Add(madeNovel(), uint64(1))
	f.Add([]byte("第一回 甲\n乙。"), uint64(2))
	f.Fuzz(func(t *testing.T, raw []byte, seed uint64) {
		for _, derive := range []func(string, []byte, uint64, int) (datasets.Set, error){deriveNovelReal, deriveNovelMemory} {
			set, err := derive("f.txt", raw, seed, 6)
			if err != nil {
				continue
			}
			for _, r := range set.Records {
				checkNovelSpans(t, r)
				if r.Answer < 0 || r.Answer >= len(r.Choices) {
					t.Errorf("answer %d of %d", r.Answer, len(r.Choices))
				}
			}
		}
	})
}

func TestNovelOnRequest(t *testing.T) {
	k, ok := ByName("novel_3k")
	if !ok || k.Name != "novel_3k" || k.Kind != Long {
		t.Fatalf("%+v, %v", k, ok)
	}
	if r := k.Make(1, 1).Records[0]; r.ID != "novel_3k-0-0" || len([]rune(r.Fields["text"])) < 2_700 {
		t.Errorf("%s has %d code points", r.ID, len([]rune(r.Fields["text"])))
	}
	for _, name := range []string{"novel_0k", "novel_1001k", "novel_03k", "novel_+3k", "novel_k", "novel_-1k", "3k", "novel_3", "novel_9999999999999999999k"} {
		if _, ok := ByName(name); ok {
			t.Errorf("there is a task %s", name)
		}
	}
}
