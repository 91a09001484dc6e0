package tasks

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rat(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q", s)
	}
	return r
}

func TestParseNumber(t *testing.T) {
	for _, tc := range []struct{ text, value, unit string }{
		{"0", "0", ""},
		{"$100 ", "100", "美元"},
		{"百分之百", "100", "%"},
		{"一百分之一", "1/100", ""},
		{"三点四五", "3.45", ""},
		{"12", "12", ""},
		{"-37.44%", "-37.44", "%"},
		{"－３７．４４％", "-37.44", "%"},
		{"1,234,567.89", "1234567.89", ""},
		{"1，234", "1234", ""},
		{"(1,234.5)", "-1234.5", ""},
		{"（500）", "-500", ""},
		{"3.5亿", "350000000", ""},
		{"3.5亿元", "350000000", "元"},
		{"三点五亿", "350000000", ""},
		{"二十三万", "230000", ""},
		{"三万五", "35000", ""},
		{"三万零五", "30005", ""},
		{"三万五千", "35000", ""},
		{"3万5千", "35000", ""},
		{"3亿5000万元", "350000000", "元"},
		{"二十三万五千亿", "23500000000000", ""},
		{"1.2万亿", "1200000000000", ""},
		{"5千万", "50000000", ""},
		{"一百零五", "105", ""},
		{"三百五", "350", ""},
		{"两千零二十四", "2024", ""},
		{"二〇二三年", "2023", "年"},
		{"十", "10", ""},
		{"十五", "15", ""},
		{"一万零一百", "10100", ""},
		{"零点五", "0.5", ""},
		{"贰佰万元整", "2000000", "元"},
		{"人民币壹拾贰万叁仟肆佰伍拾陆元柒角捌分", "123456.78", "元"},
		{"壹佰元零伍分", "100.05", "元"},
		{"柒億叁仟萬圆整", "730000000", "元"},
		{"12元5角", "12.5", "元"},
		{"¥1,000.50", "1000.5", "元"},
		{"￥ 99", "99", "元"},
		{"US$3.2 billion", "3200000000", "美元"},
		{"$12", "12", "美元"},
		{"-$12", "-12", "美元"},
		{"8.8美元", "8.8", "美元"},
		{"百分之十二点五", "12.5", "%"},
		{"百分之负三", "-3", "%"},
		{"千分之3", "3", "‰"},
		{"万分之五", "5", "bp"},
		{"25bp", "25", "bp"},
		{"25个基点", "25", "bp"},
		{"1.5个百分点", "1.5", "百分点"},
		{"三分之二", "2/3", ""},
		{"2/3", "2/3", ""},
		{"负二十", "-20", ""},
		{"1e3", "1000", ""},
		{"1.5E-2", "0.015", ""},
		{"12 倍。", "12", "倍"},
		{"0.1", "0.1", ""},
		{"00120", "120", ""},
	} {
		t.Run(tc.text, func(t *testing.T) {
			got, unit, ok := parseNumber(tc.text)
			if !ok {
				t.Fatal("no number")
			}
			if got.Cmp(rat(t, tc.value)) != 0 || unit != tc.unit {
				t.Errorf("%s %q, want %s %q", got.RatString(), unit, tc.value, tc.unit)
			}
		})
	}
	for _, text := range []string{
		"", " ", "亿", "百万", "abc", "12abc", "1,23", "1..2", "3-5", "十分好", "12 13", "-", "百分之", "1/0", "分之一", "五五开", "元",
		strings.Repeat("9", 41), strings.Repeat("一", 41), "2023-12-31", "三分之",
		"五六万元", "十五六", "一百五六十", "二十五六", "两三年", "三五百",
	} {
		t.Run("not "+text, func(t *testing.T) {
			if got, unit, ok := parseNumber(text); ok {
				t.Errorf("%s %q", got.RatString(), unit)
			}
		})
	}
}

func TestFindNumbers(t *testing.T) {
	show := func(n number) string {
		out := n.value.RatString()
		if !n.value.IsInt() {
			out = strings.TrimRight(n.value.FloatString(6), "0")
		}
		out += n.unit
		if n.direction != 0 {
			out += fmt.Sprintf(" %+d", n.direction)
		}
		if n.about {
			out += " about"
		}
		if n.ranged {
			out += " ranged"
		}
		return out
	}
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"营业收入为12.5亿元，同比增长8.3%。", []string{"1250000000元", "8.3% +1"}},
		{"净利润下降了37.44%", []string{"37.44% -1"}},
		{"净利润同比下降约 37.44 %", []string{"37.44% -1 about"}},
		{"净利润同比-37.44%", []string{"-37.44%"}},
		{"毛利率提高1.2个百分点至35.6%", []string{"1.2百分点 +1", "35.6%"}},
		{"约3-5万元", []string{"3元 about ranged", "50000元 ranged"}},
		{"增长10%～15%", []string{"10% +1 ranged", "15% ranged"}},
		{"二者之比为三分之一，共二十三万人", []string{"0.333333", "230000人"}},
		{"(1,234.5)|500", []string{"-1234.5", "500"}},
		{"（3）占比（12.5%）", []string{"3", "12.5%"}},
		{"2023-12-31 12:30 发布的v1.2.3版，A4纸，5G", nil},
		{"2023年12月31日", []string{"2023年", "12月", "31日"}},
		{"十分重要，万一不行就一起统一一下", nil},
		{"一个苹果", nil},
		{"三十人", []string{"30人"}},
		{"1264-1264/(1+0.145)=160.1", []string{"1264 ranged", "1264 ranged", "1", "0.145", "160.1"}},
		{"第3题：1,234和5,678", []string{"3", "1234", "5678"}},
		{"负债-3.5亿", []string{"-350000000"}},
		{strings.Repeat("9", 41) + " 123abc", nil},
		{"USD100", []string{"100美元"}},
		{"共$100 左右", []string{"100美元"}},
		{"五六万元，两三年，十七八岁，二十五六人，一百五六十户，共30户", []string{"30户"}},
		{"百分之百", []string{"100%"}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			var got []string
			for _, n := range findNumbers(tc.text) {
				got = append(got, show(n))
				if n.start < 0 || n.end > len(tc.text) || n.start >= n.end {
					t.Errorf("place %d to %d", n.start, n.end)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	n := findNumbers("共计１２.５亿元。")[0]
	if got := "共计１２.５亿元。"[n.start:n.end]; got != "１２.５亿元" || n.step.Cmp(big.NewRat(1e7, 1)) != 0 {
		t.Errorf("%q, step %s", got, n.step.RatString())
	}
}

func TestRoundHalfUp(t *testing.T) {
	for _, tc := range []struct {
		x        string
		decimals int
		want     string
	}{
		{"2.675", 2, "2.68"}, // a binary 2.675 is below the half
		{"1.005", 2, "1.01"},
		{"0.5", 0, "1"},
		{"-0.5", 0, "-1"},
		{"-2.345", 2, "-2.35"},
		{"1/3", 4, "0.3333"},
		{"12", 2, "12.00"},
		{"1249", -2, "1200"},
	} {
		if got := roundHalfUp(rat(t, tc.x), tc.decimals); tc.decimals < 0 {
			if got.RatString() != tc.want {
				t.Errorf("%s to %d: %s, want %s", tc.x, tc.decimals, got.RatString(), tc.want)
			}
		} else if text := decimalText(rat(t, tc.x), tc.decimals); text != tc.want {
			t.Errorf("%s to %d: %s, want %s", tc.x, tc.decimals, text, tc.want)
		}
	}
}

// FuzzNumbers: numbers lie in the text in order, what is found reads back alone, and nothing is slow or panics.
func FuzzNumbers(f *testing.F) {
	for _, s := range []string{
		"营业收入为12.5亿元，同比增长8.3%", "(1,234.5)", "贰佰万元整", "百分之十二", "三万五", "约3-5万元", "1e99", "2023-12-31", "1，２３４", "US$3.2 billion", "\xff12", "三分之〇",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parseNumber(text)
		last := 0
		for _, n := range findNumbers(text) {
			if n.start < last || n.end <= n.start || n.end > len(text) {
				t.Fatalf("%q: a number from %d to %d after %d", text, n.start, n.end, last)
			}
			last = n.end
			if len(n.value.Num().Bits()) > 30 || n.step == nil {
				t.Fatalf("%q: %s is too long, or has no step", text, n.value.RatString())
			}
		}
	})
}
