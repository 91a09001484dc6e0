package tasks

import (
	"strings"
	"testing"
)

func TestExtractChoice(t *testing.T) {
	fruit := []string{"苹果", "香蕉", "短视频", "视频"}
	for _, tc := range []struct {
		text, want, rule string // want "" = unparsed
		choices          []string
	}{
		{"B", "B", "letter", fruit},
		{" b ", "B", "letter", fruit},
		{"Ｂ", "B", "letter", fruit},
		{"（B）", "B", "letter", fruit},
		{"B.", "B", "letter", fruit},
		{"B、香蕉", "B", "letter", fruit},
		{"B. 香蕉。", "B", "letter", fruit},
		{"**B**", "B", "letter", fruit},
		{"选项B", "B", "letter", fruit},
		{"B\n\n问题：还有吗？\n答案：A", "B", "letter", fruit},
		{"A B", "", "several letter", fruit},
		{"AC", "", "several letter", fruit},
		{"A、C", "", "several letter", fruit},
		{"E", "", "none", fruit},
		{"答案是B。", "B", "mark", fruit},
		{"答案：(B)", "B", "mark", fruit},
		{"正确答案为 选项B，因为A不对", "B", "mark", fruit},
		{"根据材料，应选B", "B", "mark", fruit},
		{"我选择香蕉", "B", "mark", fruit},
		{"答案是香蕉，苹果是另一种水果", "B", "mark", fruit},
		{"答案是苹果而不是香蕉", "A", "mark", fruit},
		{"答案是A或B", "", "several mark", fruit},
		{"答案是A。再想一想，答案是B。", "", "several mark", fruit},
		{"答案是A？不对。故选B", "B", "final", fruit},
		{"先看A，再看B。因此，答案是 C", "C", "final", fruit},
		{"The answer is B.", "B", "mark", fruit},
		{"Final answer: (C)", "C", "final", fruit},
		{"解：\\boxed{\\text{D}}", "D", "boxed", fruit},
		{"$\\boxed{B}$，不是A", "B", "boxed", fruit},
		{"```json\n{\"answer\": \"C\"}\n```", "C", "json", fruit},
		{"{\"答案\": \"香蕉\", \"理由\": \"A不对\"}", "B", "json", fruit},
		{"{\"answer\": [\"A\", \"B\"]}", "", "several json", fruit},
		{"香蕉", "B", "text", fruit},
		{"“香蕉”。", "B", "text", fruit},
		{"视频", "D", "text", fruit},
		{"我认为是短视频", "C", "only text", fruit},
		{"短视频和视频都可以", "", "several only text", fruit},
		{"这里说的是香蕉，不是苹果", "B", "only text", fruit},
		{"看来是B吧", "B", "only letter", fruit},
		{"排除A，所以是B", "B", "only letter", fruit},
		{"A model of the B type", "B", "only letter", fruit},
		{"第二个选项", "B", "ordinal", fruit},
		{"选第2项", "B", "ordinal", fruit},
		{"第九个", "", "none", fruit},
		{"不知道", "", "none", fruit},
		{"", "", "none", fruit},
		{"苹果 香蕉 短视频 视频", "", "several only text", fruit},
		{"ABCD", "", "several letter", fruit},
		{"相同", "A", "text", []string{"相同", "不同"}},
		{"意思不相同", "", "none", []string{"相同", "不同"}},
		{"不正确", "B", "text", []string{"正确", "不正确"}},
		{"这句话不正确", "B", "only text", []string{"正确", "不正确"}},
		{"Positive", "A", "text", []string{"positive", "negative"}},
		{"100", "", "none", []string{"10", "20"}},
		{"答案：３．５", "A", "mark", []string{"3.5", "5"}},
	} {
		t.Run(tc.text, func(t *testing.T) {
			i, rule, ok := extractChoice(tc.text, tc.choices)
			got := ""
			if ok {
				got = letter(i)
			}
			if got != tc.want || rule != tc.rule {
				t.Errorf("%q by %q, want %q by %q", got, rule, tc.want, tc.rule)
			}
		})
	}
}

func TestExtractNumber(t *testing.T) {
	for _, tc := range []struct{ text, unit, want, rule string }{
		{"12.5", "", "25/2", "whole"},
		{"12.5亿元", "元", "1250000000", "whole"},
		{"12.5亿元", "万元", "1250000000", "whole"},
		{"350", "万元", "3500000", "whole"},
		{"350元", "万元", "350", "whole"},
		{"3.5亿", "元", "350000000", "whole"},
		{"12.5", "%", "25/2", "whole"},
		{"125‰", "%", "25/2", "whole"},
		{"12.5%", "元", "", "none"},
		{"1.2%", "百分点", "", "none"},
		{"1.2个百分点", "%", "", "none"},
		{"1.2个百分点", "百分点", "6/5", "whole"},
		{"答案是12.5亿元，同比增长8.3%。", "", "1250000000", "mark"},
		{"答案是：2023年的净利润为12.5亿元", "元", "1250000000", "mark"},
		{"结果为约37.44%", "%", "936/25", "mark"},
		{"净利润下降了37.44%", "%", "-936/25", "last line"},
		{"净利润下降了37.44%。\n这个幅度很大。", "%", "-936/25", "only"},
		{"1264-1264/(1+0.145)=160.1", "", "1601/10", "equals"},
		{"(5-3)/3≈66.7%，即增长了约三分之二。", "%", "667/10", "equals"},
		{"\\boxed{1{,}234}", "", "1234", "boxed"},
		{"\\boxed{42}", "", "42", "boxed"},
		{"{\"answer\": 3.50, \"unit\": \"元\"}", "元", "7/2", "json"},
		{"先算2023年：10，再算2022年：8。\n差额：2万元", "元", "20000", "last line"},
		{"在3万到5万之间", "元", "", "none"},
		{"答案是3或者5", "", "3", "mark"},
		{"有10和20两个数", "", "", "several last line"},
		{"2023年", "", "", "none"},
		{"2023年", "年", "2023", "whole"},
		{"二十三万元", "元", "230000", "whole"},
		{"最终答案：１２，３４５．６元", "元", "61728/5", "final"},
		{"不知道", "", "", "none"},
		{"贰佰万元整", "元", "2000000", "whole"},
	} {
		t.Run(tc.text+" in "+tc.unit, func(t *testing.T) {
			n, rule, ok := extractNumber(tc.text, tc.unit)
			got := ""
			if ok {
				got = n.signed().RatString()
			}
			if got != tc.want || rule != tc.rule {
				t.Errorf("%q by %q, want %q by %q", got, rule, tc.want, tc.rule)
			}
		})
	}
}

func TestExtractJSON(t *testing.T) {
	for _, tc := range []struct{ text, want, rule string }{
		{`{"a": 1}`, `{"a": 1}`, "whole"},
		{` [1, 2] `, `[1, 2]`, "whole"},
		{"结果如下：\n```json\n{\"a\": \"}\"}\n```\n以上。", `{"a": "}"}`, "fenced"},
		{"```\n{}\n```\n```json\n{\"b\": 2}\n```", `{"b": 2}`, "fenced"},
		{"```json\n{\"a\": 1}", `{"a": 1}`, "fenced"},
		{`答案：{"a": {"b": [1]}}，完`, `{"a": {"b": [1]}}`, "embedded"},
		{`{坏} {"a": 1}`, `{"a": 1}`, "embedded"},
		{`根据条款[1]，{"a": 1}`, `{"a": 1}`, "embedded"},
		{`答案 [{"a": 1}] 见[2]`, `[{"a": 1}]`, "embedded"},
		{`{"a": 1`, "", "none"},
		{`{'a': 1}`, "", "none"},
		{"3.5", "", "none"},
		{"", "", "none"},
		{strings.Repeat("{", 100_000), "", "none"},
	} {
		raw, rule, _ := extractJSON(tc.text)
		if raw != tc.want || rule != tc.rule {
			t.Errorf("%.40q: %q by %q, want %q by %q", tc.text, raw, rule, tc.want, tc.rule)
		}
	}
}

func TestRulesAreNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		key := string(r.Sort) + " " + r.Name
		if r.Name == "" || r.What == "" || r.find == nil || seen[key] {
			t.Errorf("rule %q is incomplete or there twice", key)
		}
		seen[key] = true
	}
}

// FuzzExtract: no text makes a rule panic or take long, and what is found can be found again in what was found.
func FuzzExtract(f *testing.F) {
	for _, s := range []string{"答案是B。", "\\boxed{\\text{D}}", "```json\n{\"answer\": \"C\"}\n```", "第二个选项", "A、C", "=160.1", "{[", "故选", "\xff选项"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		choices := []string{"苹果", "香蕉", "短视频", "视频", ""}
		if i, rule, ok := extractChoice(text, choices); ok && (i < 0 || i >= len(choices) || rule == "") {
			t.Fatalf("%q: choice %d by %q", text, i, rule)
		}
		extractNumber(text, "万元")
		extractNumber(text, "")
		if raw, _, ok := extractJSON(text); ok {
			if again, _, ok := extractJSON(raw); !ok || again != strings.TrimSpace(raw) {
				t.Fatalf("%q: %q and then %q", text, raw, again)
			}
		}
	})
}
