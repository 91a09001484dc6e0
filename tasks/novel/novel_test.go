package novel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func draws(seed int) func(n int) int { return rand.New(rand.NewPCG(uint64(seed), 7)).IntN }

// Whoever reads the text can answer every question, and what is called the evidence is in the text.
func TestReaderAnswersEverything(t *testing.T) {
	seen := map[string]int{}
	for _, tc := range []struct{ length, novels int }{{500, 40}, {1_000, 200}, {4_000, 60}, {16_000, 12}, {32_000, 4}, {100_000, 2}} {
		for i := range tc.novels {
			n := Write(draws(i), Options{Length: tc.length})
			r, text := read(n.Text), []rune(n.Text)
			for _, q := range n.Questions {
				seen[q.Kind]++
				if got := r.answer(q); got != q.Choices[q.Answer] {
					t.Errorf("length %d, seed %d: %s\n%q, want %q of %q; evidence %v", tc.length, i, q.Text, got, q.Choices[q.Answer], q.Choices, q.Evidence)
				}
				for _, e := range q.Evidence {
					if e.Start >= e.End || string(text[e.Start:e.End]) != e.Text {
						t.Errorf("length %d, seed %d: evidence %+v is not in the text", tc.length, i, e)
					}
				}
				if !slices.IsSortedFunc(q.Evidence, func(a, b Span) int { return a.Start - b.Start }) {
					t.Errorf("evidence out of order: %v", q.Evidence)
				}
				for k, at := range q.Mentions {
					c := q.Choices[k]
					if at < 0 == strings.Contains(n.Text, c) || at >= 0 && string(text[at:at+utf8.RuneCountInString(c)]) != c {
						t.Errorf("length %d, seed %d: choice %q is not at %d", tc.length, i, c, at)
					}
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	for _, k := range Kinds() {
		if seen[k] < 20 {
			t.Errorf("%d questions of kind %s", seen[k], k)
		}
	}
}

// The evidence of a question about one sentence is enough, and the sentence beside it misleads.
func TestEvidenceAlone(t *testing.T) {
	for i := range 10 {
		n := Write(draws(i), Options{Length: 16_000})
		for _, q := range n.Questions {
			var b strings.Builder
			for _, e := range q.Evidence {
				b.WriteString(e.Text + "\n")
			}
			if got := read(b.String()).answer(q); q.Kind != None && got != q.Choices[q.Answer] {
				t.Errorf("seed %d: %s\nfrom %q: %q, want %q", i, q.Text, b.String(), got, q.Choices[q.Answer])
			}
			near := 0
			for k, at := range q.Mentions {
				if k != q.Answer && at >= 0 && distance(at, q.Evidence[0].Start) < 250 {
					near++
				}
			}
			if near == 0 && (q.Kind == Detail || q.Kind == Fact || q.Kind == None) {
				t.Errorf("seed %d: %s: no wrong choice stands near the evidence: %v of %v", i, q.Text, q.Mentions, q.Evidence)
			}
		}
	}
}

// Somebody who sees the questions and choices alone, of any number of other novels too, guesses.
func TestQuestionsTellNothing(t *testing.T) {
	var train, test []Question
	for i := range 300 {
		length := []int{1_000, 4_000, 8_000}[i%3]
		qs := Write(draws(i), Options{Length: length}).Questions
		if i%2 == 0 {
			train = append(train, qs...)
		} else {
			test = append(test, qs...)
		}
	}
	prior := map[string]int{}
	for _, q := range train {
		prior[q.About+q.Choices[q.Answer]]++
		for _, c := range q.Choices {
			prior["offered "+q.About+c]++
		}
	}
	best := func(score func(q Question, i int) float64) func(q Question) int {
		return func(q Question) int {
			at := 0
			for i := range q.Choices {
				if score(q, i) > score(q, at) {
					at = i
				}
			}
			return at
		}
	}
	size := func(q Question, i int) float64 { return float64(utf8.RuneCountInString(q.Choices[i])) }
	for name, pick := range map[string]func(q Question) int{
		"first":    func(Question) int { return 0 },
		"last":     func(Question) int { return 3 },
		"longest":  best(size),
		"shortest": best(func(q Question, i int) float64 { return -size(q, i) }),
		"majority": best(func(q Question, i int) float64 {
			return (float64(prior[q.About+q.Choices[i]]) + 1) / (float64(prior["offered "+q.About+q.Choices[i]]) + 4)
		}),
		"not said": best(func(q Question, i int) float64 { return float64(strings.Count(q.Choices[i], NotSaid)) }),
		"in the question": best(func(q Question, i int) float64 {
			return float64(strings.Count(q.Text, q.Choices[i]))*1000 - float64(strings.Index(q.Text, q.Choices[i]))
		}),
	} {
		right := 0
		for _, q := range test {
			if pick(q) == q.Answer {
				right++
			}
		}
		// Four standard errors of guessing.
		n := float64(len(test))
		if share := float64(right) / n; share < 0.25-4*0.433/math.Sqrt(n) || share > 0.25+4*0.433/math.Sqrt(n) {
			t.Errorf("%s: %d of %d right", name, right, len(test))
		}
	}
}

func TestChoicesAreFour(t *testing.T) {
	for i := range 60 {
		offered, none := 0, 0
		for _, q := range Write(draws(i), Options{Length: 4_000}).Questions {
			if len(q.Choices) != 4 || len(slices.Compact(slices.Sorted(slices.Values(q.Choices)))) != 4 || len(q.Mentions) != 4 || len(q.Golds) == 0 {
				t.Errorf("%+v", q)
			}
			if slices.Contains(q.Choices, NotSaid) {
				offered++
			}
			if q.Kind == None {
				none++
			}
		}
		if offered != 4*none {
			t.Errorf("that the text does not say is a choice %d times, right %d times", offered, none)
		}
	}
}

func TestLengths(t *testing.T) {
	for _, length := range []int{0, 500, 777, 1_000, 2_000, 4_000, 8_000, 16_000, 64_000, 100_000, 1_000_000, 2_000_000} {
		if testing.Short() && length > 100_000 {
			continue
		}
		for i := range 20 {
			if length > 16_000 && i > 1 {
				break
			}
			n := Write(draws(i), Options{Length: length})
			want := min(max(length, MinLength), MaxLength)
			if n.Runes != utf8.RuneCountInString(n.Text) {
				t.Fatalf("%d code points, said to be %d", utf8.RuneCountInString(n.Text), n.Runes)
			}
			low, high := want*97/100, want
			if want < 8_000 {
				low, high = want*85/100, want*108/100
			}
			if want < 1_000 {
				high = want * 2 // the facts need that much
			}
			if n.Runes < low || n.Runes > high {
				t.Errorf("length %d, seed %d: %d code points", length, i, n.Runes)
			}
		}
	}
}

// Evidence of single facts is spread over the whole text.
func TestDepths(t *testing.T) {
	var tenths [10]int
	for i := range 12 {
		n := Write(draws(i), Options{Length: 64_000})
		for _, q := range n.Questions {
			if q.Kind == Detail || q.Kind == Fact {
				tenths[q.Evidence[0].Start*10/n.Runes]++
			}
		}
	}
	for i, n := range tenths {
		if n < 12 || n > 48 { // 288 in ten parts
			t.Errorf("%d facts in tenth %d: %v", n, i, tenths)
		}
	}
}

func TestEarlyDetails(t *testing.T) {
	for i := range 20 {
		n := Write(draws(i), Options{Length: 16_000, Early: 8, EarlyFrom: 4_500, EarlyTo: 5_500})
		early := 0
		for _, q := range n.Questions {
			if q.Early {
				early++
				if at := q.Evidence[0].Start; at < 4_500 || at > 5_900 {
					t.Errorf("seed %d: a detail for 5,000 stands at %d", i, at)
				}
			}
		}
		if early != 8 {
			t.Errorf("%d early details", early)
		}
	}
}

func TestCut(t *testing.T) {
	n := Write(draws(1), Options{Length: 4_000})
	for _, length := range []int{-1, 0, 5, 100, 1_000, 3_999, 4_000, 9_000} {
		text, runes := n.Cut(length)
		if runes > max(length, 0) || runes != utf8.RuneCountInString(text) || !strings.HasPrefix(n.Text, text) || text != "" && !strings.HasSuffix(text, "\n") {
			t.Errorf("cut at %d: %d code points", length, runes)
		}
		if length > 1_000 && runes < length*9/10 && runes != n.Runes {
			t.Errorf("cut at %d: only %d code points", length, runes)
		}
	}
	if text, _ := n.Cut(9_000); text != n.Text {
		t.Error("a cut behind the end is not the whole text")
	}
}

// Sentences seldom repeat, in one novel or in another.
func TestSentencesSeldomRepeat(t *testing.T) {
	first := read(Write(draws(1), Options{Length: 100_000}).Text).sentences
	second := read(Write(draws(2), Options{Length: 100_000}).Text).sentences
	seen := map[string]bool{}
	share := func(list []string) float64 {
		n, repeated := 0, 0
		for _, s := range list {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			n++
			if seen[s] {
				repeated++
			}
			seen[s] = true
		}
		return float64(repeated) / float64(n)
	}
	if x := share(first); x > 0.02 {
		t.Errorf("%.3f of the sentences of a novel repeat", x)
	}
	if x := share(second); x > 0.10 {
		t.Errorf("%.3f of the sentences of a novel are those of another, or repeat", x)
	}
}

func TestSameDrawsSameNovel(t *testing.T) {
	a, b, c := Write(draws(3), Options{Length: 4_000}), Write(draws(3), Options{Length: 4_000}), Write(draws(4), Options{Length: 4_000})
	if a.Text != b.Text || fmt.Sprint(a.Questions) != fmt.Sprint(b.Questions) {
		t.Error("the same draws give another novel")
	}
	if a.Text == c.Text {
		t.Error("other draws give the same novel")
	}
}

func TestInsert(t *testing.T) {
	var story strings.Builder
	for i := range 300 {
		fmt.Fprintf(&story, "话说第%d日，山中无事，那僧人依旧扫地烧香，不在话下。\n", i)
	}
	n := Insert(draws(1), story.String(), 12)
	if len(n.Questions) != 12 || n.Runes != utf8.RuneCountInString(n.Text) {
		t.Fatalf("%d questions, %d code points of %d", len(n.Questions), utf8.RuneCountInString(n.Text), n.Runes)
	}
	r, text := read(n.Text), []rune(n.Text)
	for _, q := range n.Questions {
		e := q.Evidence[0]
		if got := r.answer(q); got != q.Choices[q.Answer] || string(text[e.Start:e.End]) != e.Text {
			t.Errorf("%s: %q, want %q from %+v", q.Text, got, q.Choices[q.Answer], e)
		}
	}
	rest := 0
	for line := range strings.Lines(story.String()) {
		if strings.Contains(n.Text, line) {
			rest++
		}
	}
	if rest != 300 {
		t.Errorf("%d of 300 paragraphs are still there", rest)
	}
	if got := Insert(draws(1), "一行，没有换行", 3); len(got.Questions) != 0 || got.Text != "一行，没有换行" {
		t.Errorf("%+v", got)
	}
}

func TestRenamer(t *testing.T) {
	text := "孙悟空和悟空，还有悟空山。"
	out := Renamer(draws(1), text, []string{"悟空", "悟空山"}).Replace(text)
	if strings.Contains(out, "悟空") || utf8.RuneCountInString(out) != utf8.RuneCountInString(text) {
		t.Errorf("%s", out)
	}
	name := []rune(out)[1:3]
	if !strings.HasPrefix(out, "孙"+string(name)+"和"+string(name)+"，还有") {
		t.Errorf("not the same name everywhere: %s", out)
	}
}

func TestBare(t *testing.T) {
	for v, want := range map[string]string{
		"一只八哥": "八哥", "两只山羊": "山羊", "半枚铜符": "铜符", "三十二块": "三十二", "左眉有道疤": "左眉有道疤", "两次": "两次", NotSaid: NotSaid, "打雷": "打雷",
	} {
		if got := Bare(v); got != want {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
	}
	// What is left still tells the values of a sort apart.
	for name, alts := range rules() {
		if !strings.HasPrefix(name, "value.") {
			continue
		}
		var bare []string
		for _, seq := range alts {
			bare = append(bare, Bare(seq[0].text))
		}
		for i, a := range bare {
			for k, b := range bare {
				if i != k && strings.Contains(a, b) {
					t.Errorf("%s: %s and %s", name, a, b)
				}
			}
		}
	}
}

func TestNumeral(t *testing.T) {
	for n, want := range map[int]string{1: "一", 10: "十", 12: "十二", 20: "二十", 35: "三十五", 100: "一百", 105: "一百零五", 110: "一百一十", 312: "三百一十二"} {
		if got := numeral(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, length := range []int{4_000, 100_000} {
		b.Run(fmt.Sprintf("length=%d", length), func(b *testing.B) {
			for b.Loop() {
				Write(draws(1), Options{Length: length})
			}
		})
	}
}
