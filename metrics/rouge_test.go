package metrics

import (
	"math"
	"strings"
	"testing"
)

func nearPRF(t *testing.T, what string, got, want PRF) {
	t.Helper()
	near(t, what+" precision", got.Precision, want.Precision)
	near(t, what+" recall", got.Recall, want.Recall)
	near(t, what+" F", got.F, want.F)
}

func TestRougeGolden(t *testing.T) {
	type set struct {
		Precision float64 `json:"p"`
		Recall    float64 `json:"r"`
		F         float64
	}
	for metric, score := range map[string]func(string, string) (RougeScores, bool){
		"rouge_chinese": RougeChinese, "rouge_pltrdy": RougePltrdy,
	} {
		for _, v := range vectors(t, metric, "data", "golden-metrics", "vectors.jsonl") {
			var in struct {
				Hyp string `json:"hyp_tokenized"`
				Ref string `json:"ref_tokenized"`
			}
			var want struct {
				Error string
				One   set `json:"rouge-1"`
				Two   set `json:"rouge-2"`
				L     set `json:"rouge-l"`
			}
			decode(t, v.Input, &in)
			decode(t, v.Expected, &want)
			got, ok := score(in.Hyp, in.Ref)
			if ok != (want.Error == "") {
				t.Errorf("%s: ok %v, want error %q", v.ID, ok, want.Error)
			}
			nearPRF(t, v.ID+" 1", got.One, PRF(want.One))
			nearPRF(t, v.ID+" 2", got.Two, PRF(want.Two))
			nearPRF(t, v.ID+" L", got.L, PRF(want.L))
		}
	}
	type full struct {
		Precision, Recall float64
		F                 float64 `json:"fmeasure"`
	}
	for _, v := range vectors(t, "rouge_google_char", "data", "golden-metrics", "vectors.jsonl") {
		var in struct{ Hyp, Ref string }
		var want struct{ Rouge1, Rouge2, RougeL, RougeLSum full }
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		got := Rouge{}.Score(in.Hyp, in.Ref)
		nearPRF(t, v.ID+" 1", got.One, PRF(want.Rouge1))
		nearPRF(t, v.ID+" 2", got.Two, PRF(want.Rouge2))
		nearPRF(t, v.ID+" L", got.L, PRF(want.RougeL))
		nearPRF(t, v.ID+" LSum", got.LSum, PRF(want.RougeLSum))
	}
}

// Examples of section 3 of Lin 2004. The reference is "police killed the gunman"; the second text shares fewer words in order.
// In section 3.2 a reference of w1 to w5 shares w1 w2 with one line of the text and w1 w3 w5 with the other: 4 of 5.
func TestRougePublished(t *testing.T) {
	words := Rouge{Tokenizer{"none", splitSpace}}
	for text, want := range map[string]float64{
		"police kill the gunman": 0.75, "the gunman kill police": 0.5, "the gunman police killed": 0.5,
	} {
		near(t, text, words.Score(text, "police killed the gunman").L.F, want)
	}
	near(t, "union", words.Score("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5").LSum.Recall, 0.8)
	// Source: rouge_scorer_test.py of rouge_score, testRougeLSumSentence and testRouge1 to L.
	latin := Rouge{Tokenizer{"alnum", TokenizeAlnum}}
	near(t, "rouge1", latin.Score("testing", "testing one two").One.F, 0.5)
	s := latin.Score("testing one two", "testing")
	nearPRF(t, "rouge1", s.One, PRF{1.0 / 3, 1, 0.5})
	near(t, "pure Chinese", latin.Score("好", "好").One.F, 0)
}

// The same four and two characters in three conventions: how different they are is why each score carries its convention.
func TestRougeConventions(t *testing.T) {
	chinese, ok1 := RougeChinese("好 好 好 好", "好 好")
	pltrdy, ok2 := RougePltrdy("好 好 好 好", "好 好")
	if !ok1 || !ok2 {
		t.Fatal("no scores")
	}
	ours := Rouge{}.Score("好好好好", "好好")
	for what, pair := range map[string][2]float64{
		"rouge_chinese 1": {chinese.One.F, 0.999999995}, "rouge_chinese L": {chinese.L.F, 0.6666666622222223},
		"pltrdy L": {pltrdy.L.F, 0.999999995}, "ours 1": {ours.One.F, 2.0 / 3}, "ours 2": {ours.Two.F, 0.5},
	} {
		near(t, what, pair[0], pair[1])
	}
	cut, _ := RougePltrdy("3.5", "3.6")
	whole, _ := RougeChinese("3.5", "3.6")
	if cut.One.F == 0 || whole.One.F != 0 {
		t.Error("pltrdy splits numbers at the point, rouge_chinese does not")
	}
	for _, pair := range [][2]string{{"", "好"}, {"好", ""}, {"...", "好"}, {"", ""}} {
		if s, ok := RougePltrdy(pair[0], pair[1]); ok || s != (RougeScores{}) {
			t.Errorf("pltrdy scores %q", pair)
		}
	}
	if s, ok := RougeChinese(" \n", "好"); ok || s != (RougeScores{}) {
		t.Error("rouge_chinese scores nothing")
	}
}

func TestRougeBest(t *testing.T) {
	s, ok := Rouge{}.Best("一二三", []string{"一二四", "三二一", "一二三四"})
	if !ok {
		t.Fatal("no scores")
	}
	nearPRF(t, "1 of 三二一", s.One, PRF{1, 1, 1})
	nearPRF(t, "L of 一二三四", s.L, PRF{1, 0.75, 6.0 / 7})
	if s, ok := (Rouge{}).Best("一", nil); ok || s != (RougeScores{}) {
		t.Error("scores without references")
	}
	if got := (Rouge{Tokenizer: Words("jieba", splitSpace)}).Signature(); got != "convention:multiset|unit:jieba|beta:1|stem:no|version:llama4-eval-1" {
		t.Error(got)
	}
}

// FuzzRouge: all numbers lie in [0,1], and a text is its own perfect summary.
func FuzzRouge(f *testing.F) {
	f.Add("好好好好", "好好")
	f.Add("第一句。\n第二句……", "3.5.\n\n")
	f.Add("", "\xff")
	f.Fuzz(func(t *testing.T, text, ref string) {
		chinese, _ := RougeChinese(text, ref)
		pltrdy, _ := RougePltrdy(text, ref)
		for _, s := range []RougeScores{Rouge{}.Score(text, ref), chinese, pltrdy} {
			for _, p := range []PRF{s.One, s.Two, s.L, s.LSum} {
				for _, v := range []float64{p.Precision, p.Recall, p.F} {
					if !(v >= 0 && v <= 1) {
						t.Fatalf("%q, %q: %+v", text, ref, s)
					}
				}
			}
		}
		if len(Characters(text)) < 2 {
			return
		}
		s := Rouge{}.Score(text, text)
		for _, p := range []PRF{s.One, s.Two, s.L, s.LSum} {
			if p != (PRF{1, 1, 1}) {
				t.Fatalf("%q and itself: %+v", text, s)
			}
		}
		if s, ok := RougeChinese(text, text); !ok || math.Abs(s.L.F-1) > 1e-8 {
			t.Fatalf("%q and itself: %+v", text, s)
		}
	})
}

// A summary of 20,000 characters is compared without a table of 20,000 by 20,000.
func TestRougeLong(t *testing.T) {
	text := strings.Repeat("今天天气很好我们去公园散步", 1500)
	ref := strings.Repeat("昨天天气不好我们在家里看书", 1500)
	s := Rouge{}.Score(text, ref)
	if !(s.L.F > 0.4 && s.L.F < 0.9) || math.Abs(s.L.F-s.LSum.F) > 0.2 {
		t.Errorf("%+v", s)
	}
}
