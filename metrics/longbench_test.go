package metrics

import (
	"math"
	"strings"
	"testing"
)

// Expected values of metrics.py of LongBench, run with Python 3.11.
func TestLongBench(t *testing.T) {
	if got := LongBenchPlain("《家》，〈“ABC”〉…… 3.5％\u3000Ⅲ-b_c"); got != "《家〈abc〉35ⅲbc" {
		t.Errorf("plain text %q", got)
	}
	near(t, "F1", LongBenchF1("祥子 ， 买 了 车 。", []string{"刘四", "祥子 买车 了"}, splitSpace), 2*(2.0/4)*(2.0/3)/(2.0/4+2.0/3))
	near(t, "F1 of nothing", LongBenchF1("。", []string{"，"}, splitSpace), 0)
	near(t, "F1 without golds", LongBenchF1("好", nil, splitSpace), 0)
	near(t, "ROUGE", LongBenchRouge("好 的", []string{"", "好"}, splitSpace), 2*(0.5*1/(1.5+1e-8)))
	near(t, "ROUGE of nothing", LongBenchRouge("", []string{"好"}, splitSpace), 0)
	for _, c := range []struct {
		prediction string
		golds      []string
		want       float64
		ok         bool
	}{
		{"段落12", []string{"段落12"}, 1, true},
		{"段落12或段落3", []string{"段落3", "段落7"}, 0.5, true},
		{"第 1 2 1 个", []string{"段落1"}, 2.0 / 3, true},
		{"段落十", []string{"段落10"}, 0, true},
		{"段落１", []string{"段落1"}, 0, true},
		{"段落1", []string{"Paragraph 1"}, 0, false},
		{"段落1", nil, 0, false},
	} {
		got, ok := LongBenchRetrieval(c.prediction, c.golds)
		if ok != c.ok || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("retrieval of %q: %v, %v, want %v, %v", c.prediction, got, ok, c.want, c.ok)
		}
	}
	for _, c := range []struct {
		prediction, gold, classes string
		want                      float64
	}{
		{"体育新闻", "体育", "体育 财经", 1},
		{"体育和财经", "体育", "体育 财经", 0.5},
		{"财经", "体育", "体育 财经", 0},
		{"", "体育", "体育 财经", 0},
		{"国内体育", "国内体育", "体育 国内体育", 1},            // 体育 is part of the gold
		{"国内体育", "国内体育", "国内 体育 国内体育", 0.5},       // 体育 comes after what is taken off and is passed over
		{"国内体育", "国内体育", "国内 国内体育 体育", 1},         // not so here
		{"国内体育", "国内体育", "国 内 体 育 国内体育", 1.0 / 3}, // every other one stays
	} {
		if got := LongBenchClass(c.prediction, []string{c.gold}, strings.Fields(c.classes)); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("class of %q with %q: %v, want %v", c.prediction, c.classes, got, c.want)
		}
	}
	for in, want := range map[string]string{"\n\na\nb": "a", "": "", " \nb": " ", "a": "a"} {
		if got := LongBenchFirstLine(in); got != want {
			t.Errorf("first line of %q: %q, want %q", in, got, want)
		}
	}
	// 0.125 is exact in binary and goes to even.
	for want, scores := range map[float64][]float64{33.33: {1, 0, 0}, 0.12: {0.00125}, 100: {1}} {
		if got, ok := LongBenchScore(scores); !ok || got != want {
			t.Errorf("result of %v: %v, want %v", scores, got, want)
		}
	}
	if _, ok := LongBenchScore(nil); ok {
		t.Error("result of no scores")
	}
}

func TestCharF1(t *testing.T) {
	for _, v := range vectors(t, "cjrc_char_f1", "data", "golden-metrics", "vectors.jsonl") {
		var in struct{ Pred, Gold string }
		var want struct{ F1 float64 }
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		near(t, v.ID, CharF1(in.Pred, in.Gold), want.F1)
	}
	for _, c := range []struct {
		prediction, gold string
		want             float64
	}{
		{"", "", 1}, {"，。", "!", 1}, {"好", "", 0}, {"", "好", 0}, {"A 好。", "a好", 1}, {"好好", "好", 2.0 / 3}, {"①²", "²①", 1}, {"½", "一", 0}, {"½", "，", 1},
	} {
		near(t, c.prediction+" "+c.gold, CharF1(c.prediction, c.gold), c.want)
	}
}
