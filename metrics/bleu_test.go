package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTokenizersGolden(t *testing.T) {
	for _, name := range []string{"zh", "13a"} {
		tokenizer, ok := LookupTokenizer(name)
		if !ok {
			t.Fatalf("no tokenizer %s", name)
		}
		for _, v := range vectors(t, "bleu_tokenize_"+name, "data", "golden-metrics", "vectors.jsonl") {
			var in struct{ Text string }
			var want struct{ Tokens []string }
			decode(t, v.Input, &in)
			decode(t, v.Expected, &want)
			if diff := cmp.Diff(want.Tokens, tokenizer.Split(in.Text)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", v.ID, in.Text, diff)
			}
		}
	}
}

// refsOf are the references of segment i; files of references list one reference of every segment.
func refsOf(streams [][]string, i int) []string {
	var out []string
	for _, s := range streams {
		out = append(out, s[i])
	}
	return out
}

// fields is a signature without its version.
func fields(signature string) string {
	before, _, _ := strings.Cut(signature, "|version:")
	return before
}

func TestCorpusBLEUGolden(t *testing.T) {
	for _, v := range vectors(t, "corpus_bleu", "data", "golden-metrics", "vectors.jsonl") {
		var config struct{ Tokenize, Smooth string }
		var in struct {
			Hyps []string
			Refs [][]string
		}
		var want struct {
			Score, BP                  float64
			Counts, Totals, Precisions []float64
			SysLen                     float64 `json:"sys_len"`
			RefLen                     float64 `json:"ref_len"`
			Signature                  string
		}
		decode(t, v.Config, &config)
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		tokenizer, _ := LookupTokenizer(config.Tokenize)
		b := BLEU{Tokenizer: tokenizer, Smoothing: Smoothing(config.Smooth)}
		var sum BLEUStats
		for i, hyp := range in.Hyps {
			sum.Add(b.Segment(hyp, refsOf(in.Refs, i)))
		}
		got := b.Score(sum)
		near(t, v.ID, got.Value, want.Score)
		if diff := cmp.Diff(fields(want.Signature), fields(b.Signature(len(in.Refs)))); diff != "" {
			t.Errorf("%s: signature (-want +got):\n%s", v.ID, diff)
		}
		if want.Counts == nil {
			continue
		}
		near(t, v.ID+" bp", got.Brevity, want.BP)
		row := append(append([]float64{want.SysLen, want.RefLen}, want.Counts...), want.Totals...)
		if diff := cmp.Diff(row, sum.Row()); diff != "" {
			t.Errorf("%s: sums (-want +got):\n%s", v.ID, diff)
		}
		for n, p := range want.Precisions {
			near(t, fmt.Sprintf("%s precision %d", v.ID, n+1), got.Precisions[n], p)
		}
	}
}

func TestSentenceBLEUGolden(t *testing.T) {
	for _, v := range vectors(t, "sentence_bleu", "data", "golden-metrics", "vectors.jsonl") {
		var config struct {
			Effective bool `json:"effective_order"`
		}
		var in struct {
			Hyp  string
			Refs []string
		}
		var want struct{ Score float64 }
		decode(t, v.Config, &config)
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		got := BLEU{}.Sentence(in.Hyp, in.Refs)
		if !config.Effective {
			b := BLEU{}
			got = b.Score(b.Segment(in.Hyp, in.Refs))
		}
		near(t, v.ID, got.Value, want.Score)
	}
}

// The example of the paper: "the" occurs seven times in the text and twice in a reference, so that its modified precision is 2/7; and the
// reference of 6 tokens is closer to 7 than none.
//
// Source: Papineni et al. 2002, example 2.
func TestBLEUClips(t *testing.T) {
	b := BLEU{Tokenizer: Tokenizer{"none", splitSpace}}
	s := b.Segment("the the the the the the the", []string{"the cat is on the mat", "there is a cat on the mat"})
	want := BLEUStats{Length: 7, RefLength: 7, Matches: [4]float64{2, 0, 0, 0}, Totals: [4]float64{7, 6, 5, 4}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	got := b.Score(s)
	if diff := cmp.Diff([4]float64{100 * 2.0 / 7, 100.0 / 12, 100.0 / 20, 100.0 / 32}, got.Precisions); diff != "" {
		t.Errorf("exp smoothing (-want +got):\n%s", diff)
	}
	near(t, "exp", got.Value, 100*math.Pow(2.0/7*1/12*1/20*1/32, 0.25))
	for smoothing, want := range map[Smoothing]float64{
		SmoothFloor: 100 * math.Pow(2.0/7*0.1/6*0.1/5*0.1/4, 0.25),
		SmoothAddK:  100 * math.Pow(2.0/7*1/7*1/6*1/5, 0.25),
		SmoothNone:  0,
	} {
		b.Smoothing = smoothing
		near(t, string(smoothing), b.Score(s).Value, want)
	}
	b = BLEU{Smoothing: SmoothFloor, SmoothValue: 0.5}
	near(t, "floor 0.5", b.Score(s).Value, 100*math.Pow(2.0/7*0.5/6*0.5/5*0.5/4, 0.25))
}

func TestBLEULengths(t *testing.T) {
	for _, c := range []struct {
		text string
		refs []string
		want float64
	}{
		{"一二三", []string{"一二三四", "一二"}, 2}, // equally close: the shorter
		{"一二三", []string{"一二", "一二三四"}, 2},
		{"一二三", []string{"一二三四五", "一"}, 1},
		{"一二三", []string{"一二三四", "一"}, 4},
		{"一二三", nil, 0},
		{"", []string{"一"}, 1},
	} {
		if got := (BLEU{}).Segment(c.text, c.refs); got.RefLength != c.want {
			t.Errorf("%q %q: reference length %v, want %v", c.text, c.refs, got.RefLength, c.want)
		}
	}
}

// Check values of the design notes for sacreBLEU 2.6.0.
func TestChineseExample(t *testing.T) {
	texts := []string{"今天天气很好，我们去公园散步。", "营收同比增长12.5%至3.2亿元", "“你好”——他说。"}
	refs := [][]string{{"今天天气不错，我们去公园走走。"}, {"营业收入同比增长12.5%，达到3.2亿元"}, {"“您好”，他说道。"}}
	bleu, ok := BLEU{}.Corpus(texts, refs)
	if !ok {
		t.Error("no BLEU")
	}
	near(t, "BLEU", bleu.Value, 39.53157449909601)
	for words, want := range map[int]float64{0: 41.0017883313853, 2: 35.14438999833027} {
		got, ok := ChrF{Words: words}.Corpus(texts, refs)
		if !ok {
			t.Error("no chrF")
		}
		near(t, ChrF{Words: words}.Name(), got, want)
	}
	if _, ok := (BLEU{}).Corpus(nil, nil); ok {
		t.Error("BLEU of no texts")
	}
	if _, ok := (BLEU{}).Corpus(texts, refs[:2]); ok {
		t.Error("BLEU of texts without references")
	}
	if _, ok := (ChrF{}).Corpus(nil, nil); ok {
		t.Error("chrF of no texts")
	}
}

func TestChrFGolden(t *testing.T) {
	for _, kind := range []string{"corpus_chrf", "sentence_chrf"} {
		for _, v := range vectors(t, kind, "data", "golden-metrics", "vectors.jsonl") {
			var config struct {
				Words int `json:"word_order"`
				Beta  float64
			}
			var in struct {
				Hyp  string
				Hyps []string
				Refs json.RawMessage
			}
			var want struct {
				Score     float64
				Signature string
			}
			decode(t, v.Config, &config)
			decode(t, v.Input, &in)
			decode(t, v.Expected, &want)
			c := ChrF{Words: config.Words, Beta: config.Beta}
			if kind == "sentence_chrf" {
				var refs []string
				decode(t, in.Refs, &refs)
				near(t, v.ID, c.Sentence(in.Hyp, refs), want.Score)
				continue
			}
			var streams [][]string
			decode(t, in.Refs, &streams)
			var sum ChrFStats
			for i, hyp := range in.Hyps {
				sum.Add(c.Segment(hyp, refsOf(streams, i)))
			}
			near(t, v.ID, c.Score(sum), want.Score)
			if diff := cmp.Diff(fields(want.Signature), fields(c.Signature(len(streams)))); diff != "" {
				t.Errorf("%s: signature (-want +got):\n%s", v.ID, diff)
			}
		}
	}
}

func TestScoreSettings(t *testing.T) {
	for _, c := range []interface{ Validate() error }{
		BLEU{Smoothing: "exponential"},
		BLEU{SmoothValue: -1},
		BLEU{SmoothValue: math.NaN()},
		BLEU{SmoothValue: math.Inf(1)},
		ChrF{Words: 3},
		ChrF{Words: -1},
		ChrF{Beta: -1},
		ChrF{Beta: math.NaN()},
	} {
		if c.Validate() == nil {
			t.Errorf("%+v is valid", c)
		}
	}
	for want, got := range map[string]string{
		"nrefs:var|case:mixed|eff:no|tok:zh|smooth:exp|version:llama4-eval-1": BLEU{}.Signature(0),
		"nrefs:2|case:lc|eff:yes|tok:jieba|smooth:floor[0.20]|version:llama4-eval-1": BLEU{
			Words("jieba", splitSpace), true, SmoothFloor, 0.2, true,
		}.Signature(2),
		"nrefs:1|case:lc|eff:yes|nc:6|nw:2|space:no|version:llama4-eval-1": ChrF{Words: 2, Lowercase: true}.Signature(1),
		"chrF3+": ChrF{Words: 1, Beta: 3}.Name(),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if (BLEU{}).Validate() != nil || (ChrF{}).Validate() != nil {
		t.Error("defaults are not valid")
	}
	if got := (BLEU{Lowercase: true}).Sentence("ABC DEF", []string{"abc def"}).Value; math.Abs(got-100) > 1e-9 {
		t.Errorf("lower case: %v", got)
	}
}

func TestStatsRows(t *testing.T) {
	b, c := BLEU{}, ChrF{Words: 2}
	bs, cs := b.Segment("一二三 四五", []string{"一二 三五"}), c.Segment("一二三 四五", []string{"一二 三五"})
	if got := BLEUStatsOf(bs.Row()); got != bs {
		t.Errorf("got %+v, want %+v", got, bs)
	}
	if got := ChrFStatsOf(cs.Row()); got != cs {
		t.Errorf("got %+v, want %+v", got, cs)
	}
	if BLEUStatsOf([]float64{1}) != (BLEUStats{}) || ChrFStatsOf(nil) != (ChrFStats{}) {
		t.Error("a list of another length is not refused")
	}
}

// FuzzTokenizers: tokens are the text in order, whatever the text; only 13a changes it before.
func FuzzTokenizers(f *testing.F) {
	for _, s := range []string{"", "价格为3.5.", "a\xffb，\xe4\xb8", "1-2-3,4.5 -\n&amp;lt;", "“a”—b…", "\u2000\u2001\u2a6d\u2a6e𠮷"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tokenizer := range Tokenizers() {
			tokens := tokenizer.Split(text)
			for _, token := range tokens {
				if token == "" || strings.ContainsFunc(token, pythonSpace) {
					t.Fatalf("%s: %q has the token %q", tokenizer.Name, text, token)
				}
			}
			if tokenizer.Name == "13a" || tokenizer.Name == "alnum" {
				continue
			}
			if got, want := strings.Join(tokens, ""), strings.Join(splitSpace(text), ""); got != want {
				t.Fatalf("%s: %q becomes %q", tokenizer.Name, text, got)
			}
		}
	})
}

// FuzzScores: scores are numbers from 0 to 100, and a text is a perfect translation of itself.
func FuzzScores(f *testing.F) {
	f.Add("今天天气很好", "今天天气不错")
	f.Add("", "")
	f.Add("a b", "\xff")
	f.Add("好好好好", "好好")
	f.Fuzz(func(t *testing.T, text, ref string) {
		in := func(name string, score float64) {
			if !(score >= 0 && score <= 100+1e-9) {
				t.Errorf("%s(%q, %q) = %v", name, text, ref, score)
			}
		}
		for _, smoothing := range []Smoothing{SmoothExp, SmoothFloor, SmoothAddK, SmoothNone} {
			b := BLEU{Smoothing: smoothing}
			in(string(smoothing), b.Score(b.Segment(text, []string{ref, text + ref})).Value)
			in(string(smoothing), b.Sentence(text, []string{ref}).Value)
		}
		in("chrF", ChrF{}.Sentence(text, []string{ref}))
		in("chrF++", ChrF{Words: 2}.Sentence(text, []string{ref, ref + text}))
		if len(TokenizeZH(text)) == 0 {
			return
		}
		for name, score := range map[string]float64{
			"BLEU": BLEU{}.Sentence(text, []string{ref, text}).Value, "chrF": ChrF{Words: 2}.Sentence(text, []string{ref, text}),
		} {
			if math.Abs(score-100) > 1e-9 {
				t.Errorf("%s(%q, itself) = %v", name, text, score)
			}
		}
	})
}

// The sums of 3,000 segments are resampled 10,000 times.
func BenchmarkBootstrapBLEU(b *testing.B) {
	rows := make([][]float64, 3000)
	for i := range rows {
		n := float64(20 + i%30)
		rows[i] = BLEUStats{n, n + float64(i%5), [4]float64{n / 2, n / 3, n / 4, n / 5}, [4]float64{n, n - 1, n - 2, n - 3}}.Row()
	}
	for b.Loop() {
		Bootstrap{Seed: 1}.Sums(rows, nil, func(sum []float64) float64 { return BLEU{}.Score(BLEUStatsOf(sum)).Value })
	}
}

func BenchmarkSegment(b *testing.B) {
	text, refs := strings.Repeat("今天天气很好，我们去公园散步。", 3), []string{strings.Repeat("今天天气不错，我们去公园走走。", 3)}
	b.Run("BLEU", func(b *testing.B) {
		for b.Loop() {
			BLEU{}.Segment(text, refs)
		}
	})
	b.Run("chrF++", func(b *testing.B) {
		for b.Loop() {
			ChrF{Words: 2}.Segment(text, refs)
		}
	})
	b.Run("ROUGE", func(b *testing.B) {
		for b.Loop() {
			Rouge{}.Score(text, refs[0])
		}
	})
}
