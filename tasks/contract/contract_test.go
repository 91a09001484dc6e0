package contract

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/tasks/draw"
)

// draws is a small generator for tests.
func draws(seed uint64) draw.Draw {
	return func(n int) int {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int(seed >> 33 % uint64(n))
	}
}

func each(t *testing.T, n int, check func(t *testing.T, ty Type, c Contract)) {
	t.Helper()
	d := draws(1)
	for i := range n {
		for _, ty := range Types {
			c := Make(ty, d)
			check(t, ty, c)
			if t.Failed() {
				t.Fatalf("contract %d of type %s:\n%s", i, ty.ID, c.Text)
			}
		}
	}
}

// Every span is a sentence of the text, holds the value as it is written there, and the text says it in no other place that counts.
func TestSpansAreSentences(t *testing.T) {
	each(t, 120, func(t *testing.T, _ Type, c Contract) {
		if !utf8.ValidString(c.Text) || strings.ContainsAny(c.Text, "{}") {
			t.Error("a slot was left, or the text is not UTF-8")
		}
		text := []rune(c.Text)
		for _, cl := range c.Clauses {
			absent := cl.Status == Missing || cl.Status == Deleted || cl.Status == Foreign
			if absent == cl.Present() {
				t.Errorf("%s: status %s with %d spans", cl.Field, cl.Status, len(cl.Spans))
			}
			for i, s := range cl.Spans {
				if s.Start < 0 || s.End <= s.Start || s.End >= len(text) {
					t.Fatalf("%s: span %v of %d code points", cl.Field, s, len(text))
				}
				if quote := string(text[s.Start:s.End]); strings.ContainsAny(quote, "。；\n") {
					t.Errorf("%s: %q is more than a sentence", cl.Field, quote)
				}
				if !strings.ContainsRune("。；\n", text[s.End]) {
					t.Errorf("%s: the sentence goes on with %q", cl.Field, text[s.End])
				}
				if before := text[s.Start-1]; !strings.ContainsRune("。；\n　） ", before) {
					t.Errorf("%s: the sentence begins after %q", cl.Field, before)
				}
				if i == 0 && (cl.Surface.Start < s.Start || cl.Surface.End > s.End || cl.Surface.Start >= cl.Surface.End) {
					t.Errorf("%s: value at %v, sentence at %v", cl.Field, cl.Surface, s)
				}
			}
		}
	})
}

// What is written reads back as the value: by the simplest means, independent of the writer, for the notations with digits.
func TestSurfacesHoldTheValue(t *testing.T) {
	checked := 0
	each(t, 120, func(t *testing.T, _ Type, c Contract) {
		text := []rune(c.Text)
		for _, cl := range c.Clauses {
			if !cl.Present() {
				continue
			}
			surface := string(text[cl.Surface.Start:cl.Surface.End])
			var want string
			switch {
			case cl.Value.Kind == Text:
				want = cl.Value.Text
			case cl.Value.Kind == Amount && strings.Contains(surface, "."):
				want = strings.TrimSuffix(strings.TrimSuffix(cl.Value.Display(), "元"), ".00")
				surface = strings.ReplaceAll(surface, ",", "")
				want = strings.TrimSuffix(strings.ReplaceAll(want, ",", ""), "0")
				if strings.Contains(surface, "万元") {
					continue
				}
			case cl.Value.Kind == Percent && strings.HasSuffix(surface, "%"):
				want = cl.Value.Display()
			case cl.Value.Kind == Date && strings.Contains(surface, "年") && surface[0] == '2':
				want = cl.Value.Display()
			default:
				continue
			}
			checked++
			if !strings.Contains(surface, want) {
				t.Errorf("%s: %q does not say %s", cl.Field, surface, want)
			}
		}
	})
	if checked < 1000 {
		t.Errorf("only %d values were looked at", checked)
	}
}

// Of each type and status there are enough contracts, no two alike.
func TestContractsVary(t *testing.T) {
	texts := map[string]bool{}
	statuses := map[Status]int{}
	kinds := map[string]map[bool]int{}
	clauses, absent := 0, 0
	each(t, 60, func(t *testing.T, _ Type, c Contract) {
		if texts[c.Text] {
			t.Error("a contract was made twice")
		}
		texts[c.Text] = true
		for _, cl := range c.Clauses {
			statuses[cl.Status]++
			if kinds[cl.Field] == nil {
				kinds[cl.Field] = map[bool]int{}
			}
			kinds[cl.Field][cl.Present()]++
			clauses++
			if !cl.Present() {
				absent++
			}
		}
		if n := utf8.RuneCountInString(c.Text); n < 500 || n > 4000 {
			t.Errorf("%d characters", n)
		}
	})
	for _, s := range []Status{Stated, Attached, Amended, Deleted, Missing, Foreign} {
		if statuses[s] < 20 {
			t.Errorf("%d clauses are %s", statuses[s], s)
		}
	}
	for _, f := range Fields {
		if kinds[f.ID][true] < 10 || !f.fixed && kinds[f.ID][false] < 3 {
			t.Errorf("%s: %d times there and %d times not", f.ID, kinds[f.ID][true], kinds[f.ID][false])
		}
	}
	if share := float64(absent) / float64(clauses); share < 0.15 || share > 0.4 {
		t.Errorf("%.0f%% of the clauses are absent", 100*share)
	}
}

func TestNearValuesDiffer(t *testing.T) {
	d := draws(9)
	each(t, 60, func(t *testing.T, _ Type, c Contract) {
		for _, cl := range c.Clauses {
			near := c.Near(cl, 3, d)
			seen := map[string]bool{}
			if len(near) != 3 {
				t.Errorf("%s: %d near values", cl.Field, len(near))
			}
			for _, v := range near {
				if seen[v.Display()] || v.Display() == "" || cl.Present() && v.Canonical() == cl.Value.Canonical() {
					t.Errorf("%s = %s: near value %s", cl.Field, cl.Value.Display(), v.Display())
				}
				seen[v.Display()] = true
			}
		}
	})
}

// Amounts of the annex of 支付结算办法, and the usual cases between.
func TestCapitalAmount(t *testing.T) {
	for _, tc := range []struct {
		fen  int64
		want string
	}{
		{140_950, "壹仟肆佰零玖元伍角整"},
		{600_714, "陆仟零柒元壹角肆分"},
		{168_032, "壹仟陆佰捌拾元叁角贰分"},
		{10_700_053, "壹拾万柒仟元零伍角叁分"},
		{1_640_902, "壹万陆仟肆佰零玖元零贰分"},
		{32_504, "叁佰贰拾伍元零肆分"},
		{200_000_000, "贰佰万元整"},
		{128_000_000, "壹佰贰拾捌万元整"},
		{10_050_000, "壹拾万零伍佰元整"},
		{1_000_000_000_000, "壹佰亿元整"},
		{50, "伍角整"},
		{5, "伍分"},
		{0, "零元整"},
	} {
		got := CapitalAmount(tc.fen)
		// 壹拾万柒仟元零伍角叁分: the zero before 角 may be left out.
		if got != tc.want && got != strings.Replace(tc.want, "元零伍角", "元伍角", 1) {
			t.Errorf("%d: %s, want %s", tc.fen, got, tc.want)
		}
	}
}

func TestPlainNumerals(t *testing.T) {
	for n, want := range map[int64]string{0: "零", 10: "十", 15: "十五", 20: "二十", 45: "四十五", 105: "一百零五", 120: "一百二十", 1001: "一千零一", 10_050: "一万零五十", 101_000_000: "一亿零一百万"} {
		if got := plain(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
