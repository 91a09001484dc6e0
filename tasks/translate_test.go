package tasks

import (
	"math"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

func TestExtractText(t *testing.T) {
	for _, tc := range []struct{ text, want, rule string }{
		{"", "", "none"},
		{" \n", "", "none"},
		{" 第一句。\n第二句。", "第一句。\n第二句。", "whole"},
		{"译文：今天很冷。", "今天很冷。", "mark"},
		{"**翻译：** “今天很冷。”", "今天很冷。", "mark+trim"},
		{"Translation: It is cold.", "It is cold.", "mark"},
		{"“你好”和“再见”", "“你好”和“再见”", "whole"},
		{"\"It is cold.\"", "It is cold.", "trim"},
		{"摘要：", "摘要：", "whole"},
		{"翻译结果：\n\n今天很冷。\n明天也冷。\n\n注：意译。", "今天很冷。\n明天也冷。", "para"},
		{"**译文：**\r\n\r\n“今天很冷。”", "今天很冷。", "para+trim"},
		{"今天很冷。\n\n英文：It", "今天很冷。", "para"},
		{"译文：\n今天很冷。", "今天很冷。", "mark"},
		{"中文很难。", "中文很难。", "whole"},
		{"English is hard: very hard.", "English is hard: very hard.", "whole"},
	} {
		if got, rule := extractText(tc.text); got != tc.want || rule != tc.rule {
			t.Errorf("%q: got %q by %q, want %q by %q", tc.text, got, rule, tc.want, tc.rule)
		}
	}
}

func TestFactShare(t *testing.T) {
	r := datasets.Record{Fields: map[string]string{"facts": "12.5%|12.5 percent\n3人\nXi'an\n1,200|1200"}}
	for _, tc := range []struct {
		text string
		want float64
	}{
		{"", 0},
		{"１２.５％", 0.25},
		{"12.5 Percent, xi'an", 0.5},
		{"112.5%，13人", 0},
		{"3.12.5%", 0},
		{"共1 200人，死3人，13人伤", 0.25},
		{"in 2018, 1200 and 12.5 percent", 0.5},
		{"0.1,200,000", 0},
		{"1200.5和12005", 0},
		{"一千，12005，1200。", 0.25},
		{"12.5%的3人，到Xi'an，花了1,200元", 1},
	} {
		if got, ok := factShare(r, tc.text); !ok || got != tc.want {
			t.Errorf("%q: %v, want %v", tc.text, got, tc.want)
		}
	}
	if _, ok := factShare(datasets.Record{}, "x"); ok {
		t.Error("a record without facts has a share of them")
	}
}

func TestRepetition(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "甲乙丙": 0, "甲乙丙丁": 0, "甲乙丙丁甲乙丙丁": 0.2, "哈哈哈哈哈哈哈": 0.75} {
		if got := repetition(text); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestAsksForChinese(t *testing.T) {
	for text, want := range map[string]bool{
		"请将以下英文翻译成中文：The buyer": true, "请将以下中文翻译成英文：买方": false, "“不可抗力”用英语怎么说？": false, "请用中文翻译：The seller": true,
		"Translate: the buyer": true, "翻译：买方": false, "请你将以下术语翻译为中文：“estoppel”": true,
	} {
		if got := asksForChinese(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// The corpus score of a task is that of package metrics over all texts, and depends on the tokenizer of the direction.
func TestTranslationScores(t *testing.T) {
	for _, k := range []Task{TranslateEnZh, TranslateZhEn} {
		records := k.Make(6, 60).Records
		// Each answer is one reference with its last quarter cut off.
		answer := func(r datasets.Record) Answer {
			runes := []rune(r.Golds[1])
			return Answer{Text: string(runes[:len(runes)*3/4])}
		}
		var texts []string
		var refs [][]string
		for _, r := range records {
			texts, refs = append(texts, strings.TrimSpace(answer(r).Text)), append(refs, r.Golds)
		}
		bleu := toChinese
		if k.Name == "translate_zh_en" {
			bleu = toEnglish
		}
		want, _ := bleu.Corpus(texts, refs)
		wantF, _ := metrics.ChrF{}.Corpus(texts, refs)
		got := score(t, k, records, answer)
		if math.Abs(got["bleu"]-want.Value) > 1e-9 || math.Abs(got["chrf"]-wantF) > 1e-9 || want.Value < 30 || want.Value > 95 {
			t.Errorf("%s: %v, want %v and %v", k.Name, got, want.Value, wantF)
		}
		if got["facts"] < 0.4 || got["facts"] > 0.95 {
			t.Errorf("%s: three quarters of a text have %v of the facts", k.Name, got["facts"])
		}
		// The translation of another text is worth little, and the source itself next to nothing of the words.
		at := 0
		other := score(t, k, records, func(datasets.Record) Answer {
			at++
			return Answer{Text: records[at%len(records)].Golds[0]}
		})
		source := score(t, k, records, func(r datasets.Record) Answer { return Answer{Text: r.Fields["source"]} })
		if other["facts"] > 0.1 || other["bleu"] > 15 || source["bleu"] > 10 {
			t.Errorf("%s: another translation %v, the source %v", k.Name, other, source)
		}
		if v := k.Judge(records[0], Answer{Text: " \n"}); v.Outcome != Unparsed || v.Metrics["facts"] != 0 {
			t.Errorf("%s: a blank answer is %+v", k.Name, v)
		}
	}
}

// Every fact stands in its references, every name of the text in the glossary, and nothing is left unfilled.
func TestGeneratedTexts(t *testing.T) {
	for _, k := range []Task{TranslateEnZh, TranslateZhEn, SummaryNews} {
		for _, r := range k.Make(8, 800).Records {
			for _, gold := range r.Golds {
				if share, _ := factShare(r, gold); share != 1 || strings.Contains(gold, "%!") || repetition(gold) > 0.1 && k.Name == "summary_news" {
					t.Errorf("%s: %v of the facts %q in %s", k.Name, share, r.Fields["facts"], gold)
				}
			}
			for name := range strings.SplitSeq(r.Fields["names"], "；") {
				from, to, _ := strings.Cut(name, " = ")
				if !strings.Contains(r.Fields["source"], from) || !strings.Contains(r.Golds[0], to) {
					t.Errorf("%s: name %q of %s", k.Name, name, r.Fields["source"])
				}
			}
			if strings.Contains(r.Fields["text"]+r.Fields["source"], "%!") {
				t.Errorf("%+v", r.Fields)
			}
		}
	}
}

// Who copies the report has every fact and is exposed by ROUGE and compression; who repeats a clause, by repetition.
func TestSummaryExposesCopies(t *testing.T) {
	records := SummaryNews.Make(8, 80).Records
	copied := score(t, SummaryNews, records, func(r datasets.Record) Answer { return Answer{Text: r.Fields["text"]} })
	if copied["facts"] < 0.95 || copied["compression"] != 1 || copied["rougeL"] > 0.5 {
		t.Errorf("a copy scores %v", copied)
	}
	twice := score(t, SummaryNews, records, func(r datasets.Record) Answer { return Answer{Text: r.Golds[0] + r.Golds[0]} })
	if twice["repetition"] < 0.4 || twice["rougeL"] > 0.7 {
		t.Errorf("a summary written twice scores %v", twice)
	}
}

func FuzzJudgeText(f *testing.F) {
	f.Add("译文：“今天很冷。”", "今天很冷。", "今天\n冷|凉")
	f.Add("**Translation:** \"cold\"", "cold", "12.5%|12.5 percent")
	f.Add("12.5", "", "\n||")
	f.Fuzz(func(t *testing.T, text, gold, facts string) {
		if len(text)+len(gold)+len(facts) > 1<<12 {
			return
		}
		r := datasets.Record{Answer: -1, Golds: []string{gold}, Fields: map[string]string{"facts": facts, "text": gold}}
		for _, judge := range []func(datasets.Record, Answer) Verdict{judgeTranslation(toChinese), judgeTranslation(toEnglish), judgeSummary} {
			v := judge(r, Answer{Text: text})
			if (v.Outcome == Unparsed) != (strings.TrimSpace(text) == "") || v.Rule == "" || !strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), v.Extracted) && !strings.Contains(text, v.Extracted) {
				t.Fatalf("%+v", v)
			}
			for name, x := range v.Metrics {
				if !(x >= 0 && x <= 1+1e-12) && name != "compression" {
					t.Fatalf("%s = %v", name, x)
				}
			}
			for name, x := range v.Stats {
				if !(x >= 0 && x <= 1<<20) {
					t.Fatalf("%s = %v", name, x)
				}
			}
		}
	})
}
