package tasks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// TranslateEnZh is translation from English to Chinese: news, business, legal and everyday texts with exact names, dates and amounts. Names
// of persons and firms are given with the question.
//
// Source: generated, each fact worded twice in both languages, so that every text has two references. License: that of this program.
// Metrics: bleu is corpus BLEU with sacreBLEU's zh tokenizer (nrefs:2|case:mixed|eff:no|tok:zh|smooth:exp), chrf is corpus chrF2, both 0 to 100;
// facts is the share of names, dates, numbers and amounts that the translation has.
var TranslateEnZh = Task{
	Name: "translate_en_zh", Version: 1, Kind: Generate, Family: "translation",
	Title:      "English to Chinese: BLEU (tok:zh), chrF2, share of facts kept",
	Source:     "generated",
	License:    "that of this program",
	Make:       makeTranslation("translate_en_zh", true),
	Prompt:     translatePrompt("请把下面的英文翻译成中文，人名和公司名按给出的译名，只写译文。", "英文：%s\n中文："),
	Judge:      judgeTranslation(toChinese),
	Metrics:    append(translationMetrics(toChinese), factsMetric),
	Breakdowns: []string{"domain"},
}

// TranslateZhEn is translation from Chinese to English, of the texts of translate_en_zh.
//
// Source: generated. License: that of this program.
// Metrics: as those of translate_en_zh, BLEU with the tokenizer 13a.
var TranslateZhEn = Task{
	Name: "translate_zh_en", Version: 1, Kind: Generate, Family: "translation",
	Title:      "Chinese to English: BLEU (tok:13a), chrF2, share of facts kept",
	Source:     "generated",
	License:    "that of this program",
	Make:       makeTranslation("translate_zh_en", false),
	Prompt:     translatePrompt("请把下面的中文翻译成英文，人名和公司名按给出的译名，只写译文。", "中文：%s\n英文："),
	Judge:      judgeTranslation(toEnglish),
	Metrics:    append(translationMetrics(toEnglish), factsMetric),
	Breakdowns: []string{"domain"},
}

// LexEvalEnZh is the English items of LexEval's task 5_3: legal terms, clauses and articles to be translated into Chinese, 158 of 250. Two golds are English
// all the same.
//
// Source: CSHaitao/LexEval, 5_3.json; its items go both ways, and are told apart by the language that their instruction asks for. License: MIT.
// Metrics: bleu (tok:zh) and chrf, as in translate_en_zh, with one reference.
var LexEvalEnZh = Task{
	Name: "lexeval_5_3_en_zh", Version: 1, Kind: Generate, Family: "translation",
	Title:   "legal texts, English to Chinese: BLEU (tok:zh), chrF2",
	Source:  "CSHaitao/LexEval",
	License: "MIT",
	Files:   lexevalFiles(),
	Read:    readLexEval(true),
	Prompt:  instructionPrompt(256),
	Judge:   judgeTranslation(toChinese),
	Metrics: translationMetrics(toChinese),
}

// LexEvalZhEn is the Chinese items of LexEval's task 5_3, to be translated into English, 92 of 250.
//
// Source: CSHaitao/LexEval, 5_3.json. License: MIT.
// Metrics: bleu (tok:13a) and chrf, as in translate_zh_en, with one reference.
var LexEvalZhEn = Task{
	Name: "lexeval_5_3_zh_en", Version: 1, Kind: Generate, Family: "translation",
	Title:   "legal texts, Chinese to English: BLEU (tok:13a), chrF2",
	Source:  "CSHaitao/LexEval",
	License: "MIT",
	Files:   lexevalFiles(),
	Read:    readLexEval(false),
	Prompt:  instructionPrompt(256),
	Judge:   judgeTranslation(toEnglish),
	Metrics: translationMetrics(toEnglish),
}

// BLEU of the two directions: that of a Chinese text counts characters, that of an English one words.
var (
	toChinese = metrics.BLEU{Tokenizer: metrics.Tokenizer{Name: "zh", Split: metrics.TokenizeZH}}
	toEnglish = metrics.BLEU{Tokenizer: metrics.Tokenizer{Name: "13a", Split: metrics.Tokenize13a}}
)

// translationMetrics are corpus scores, computed from sums over the samples.
func translationMetrics(bleu metrics.BLEU) []Metric {
	return []Metric{
		{Name: "bleu", HigherIsBetter: true, Range: 100, Corpus: func(sum map[string]float64) float64 {
			return bleu.Score(metrics.BLEUStatsOf(sumRow(sum, "bleu"))).Value
		}},
		{Name: "chrf", HigherIsBetter: true, Range: 100, Corpus: func(sum map[string]float64) float64 {
			return metrics.ChrF{}.Score(metrics.ChrFStatsOf(sumRow(sum, "chrf")))
		}},
	}
}

var factsMetric = Metric{Name: "facts", HigherIsBetter: true, Scale: 100}

func statName(name string, i int) string { return name + ":" + strconv.Itoa(i) }

// sumRow lists the sums name:0, name:1, and so on.
func sumRow(sum map[string]float64, name string) []float64 {
	var row []float64
	for i := 0; ; i++ {
		x, ok := sum[statName(name, i)]
		if !ok {
			return row
		}
		row = append(row, x)
	}
}

func translatePrompt(system, query string) func(datasets.Record, []datasets.Record) Request {
	return func(r datasets.Record, shots []datasets.Record) Request {
		ask := func(r datasets.Record) string {
			q := fmt.Sprintf(query, r.Fields["source"])
			if names := r.Fields["names"]; names != "" {
				q = "译名：" + names + "\n" + q
			}
			return q
		}
		p := Prompt{System: system, Query: ask(r)}
		for _, s := range shots {
			p.Shots = append(p.Shots, Shot{ask(s), s.Golds[0]})
		}
		return Request{Prompt: p, MaxTokens: 160, Stop: []string{"\n中文：", "\n英文：", "\n译名："}}
	}
}

// instructionPrompt asks with the words of the set itself.
func instructionPrompt(maxTokens int) func(datasets.Record, []datasets.Record) Request {
	return func(r datasets.Record, shots []datasets.Record) Request {
		query := func(r datasets.Record) string { return strings.TrimSpace(r.Fields["text"]) + "\n答案：" }
		p := Prompt{System: strings.TrimSpace(r.Fields["instruction"]), Query: query(r)}
		for _, s := range shots {
			p.Shots = append(p.Shots, Shot{query(s), s.Golds[0]})
		}
		return Request{Prompt: p, MaxTokens: maxTokens, Stop: []string{"\n答案："}}
	}
}

// translationMarks announce a translation or a summary.
var translationMarks = []string{"译文", "翻译结果", "翻译", "中文", "英文", "答案", "摘要", "概括", "总结", "Translation", "English", "Chinese", "Answer"}

// extractText takes the first paragraph of free text by these steps:
//
//  1. "para": what follows a blank line is left out, and so is a first paragraph that only announces the text ("翻译结果：");
//  2. "mark": without one announcement before it, such as "译文：";
//  3. "trim": without quotation marks around the whole.
//
// A step that would leave nothing is not taken. rule names the steps that changed something, joined by "+"; it is "whole" when none did, and
// "none" for blank text.
func extractText(text string) (answer, rule string) {
	answer = strings.TrimSpace(text)
	if answer == "" {
		return "", "none"
	}
	var rules []string
	if first, rest, ok := cutParagraph(answer); ok {
		if strings.HasSuffix(strings.TrimRight(first, "*"), "：") || strings.HasSuffix(strings.TrimRight(first, "*"), ":") {
			first, _, _ = cutParagraph(rest)
		}
		answer, rules = first, append(rules, "para")
	}
	if after, ok := afterAnnouncement(answer); ok {
		answer, rules = after, append(rules, "mark")
	}
	for _, q := range quotePairs {
		inner, ok := strings.CutPrefix(answer, q[0])
		if inner, ok2 := strings.CutSuffix(inner, q[1]); ok && ok2 && strings.TrimSpace(inner) != "" && !strings.Contains(inner, q[0]) {
			answer, rules = strings.TrimSpace(inner), append(rules, "trim")
			break
		}
	}
	if len(rules) == 0 {
		return answer, "whole"
	}
	return answer, strings.Join(rules, "+")
}

// cutParagraph parts a text at its first blank line.
func cutParagraph(text string) (first, rest string, ok bool) {
	first, rest, ok = strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	return strings.TrimSpace(first), strings.TrimSpace(rest), ok
}

// afterAnnouncement returns what follows an announcement and its colon, Markdown's ** around it or not.
func afterAnnouncement(s string) (string, bool) {
	for _, mark := range translationMarks {
		after, ok := strings.CutPrefix(strings.TrimLeft(s, "*"), mark)
		after = strings.TrimLeft(after, "*")
		rest := strings.TrimLeft(after, "：:")
		if !ok || rest == after {
			continue
		}
		rest = strings.TrimSpace(strings.TrimLeft(rest, "*"))
		return rest, rest != ""
	}
	return s, false
}

// judgeTranslation scores a translation against all references. It is correct when it is one of them.
func judgeTranslation(bleu metrics.BLEU) func(datasets.Record, Answer) Verdict {
	return func(r datasets.Record, a Answer) Verdict {
		text, rule := extractText(a.Text)
		v := Verdict{Outcome: Wrong, Extracted: text, Rule: rule, Metrics: make(map[string]float64), Stats: make(map[string]float64)}
		for i, x := range bleu.Segment(text, r.Golds).Row() {
			v.Stats[statName("bleu", i)] = x
		}
		for i, x := range (metrics.ChrF{}).Segment(text, r.Golds).Row() {
			v.Stats[statName("chrf", i)] = x
		}
		if share, ok := factShare(r, text); ok {
			v.Metrics["facts"] = share
		}
		switch {
		case rule == "none":
			v.Outcome = Unparsed
		case slices.Contains(r.Golds, text):
			v.Outcome = Correct
		}
		return v
	}
}

// factShare is the share of the record's facts that a text has in one of their forms. Case, full-width forms and white space do not matter, but
// that a number does not stand inside a longer one. ok is false for a record without facts.
func factShare(r datasets.Record, text string) (share float64, ok bool) {
	facts := r.Fields["facts"]
	if facts == "" {
		return 0, false
	}
	text = plainFact(text)
	found, all := 0, 0
	for fact := range strings.SplitSeq(facts, "\n") {
		all++
		if slices.ContainsFunc(strings.Split(fact, "|"), func(form string) bool { return containsFact(text, plainFact(form)) }) {
			found++
		}
	}
	return float64(found) / float64(all), true
}

// plainFact lowers letters, narrows full-width forms and takes white space away, but for one blank where it parts two numbers.
func plainFact(s string) string {
	var b strings.Builder
	space, last := false, rune(0)
	for _, c := range s {
		if unicode.IsSpace(c) {
			space = true
			continue
		}
		if c >= '！' && c <= '～' {
			c -= '！' - '!'
		}
		if isDigit(c) && space && (isDigit(last) || last == ',' || last == '.') {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(c))
		space, last = false, c
	}
	return b.String()
}

// containsFact reports whether a text has a form at a place where it is not part of a longer number: 1,200, 12.5.
func containsFact(text, form string) bool {
	for at := 0; form != ""; {
		i := strings.Index(text[at:], form)
		if i < 0 {
			return false
		}
		start, end := at+i, at+i+len(form)
		if !(digitRun(form) > 0 && insideNumber(text[:start], digitRun(form))) && !(isDigit(rune(form[len(form)-1])) && goesOn(text[end:])) {
			return true
		}
		at = start + 1
	}
	return false
}

// digitRun is the number of digits that a text begins with.
func digitRun(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// goesOn reports whether a number before s goes on in it.
func goesOn(s string) bool {
	switch {
	case s == "":
		return false
	case s[0] == '.':
		return digitRun(s[1:]) > 0
	case s[0] == ',':
		return digitRun(s[1:]) == 3
	}
	return digitRun(s) > 0
}

// insideNumber reports whether a number that begins after before, with n digits, is the rest of a longer one.
func insideNumber(before string, n int) bool {
	digitAt := func(i int) bool { return i >= 0 && isDigit(rune(before[i])) }
	last := len(before) - 1
	if digitAt(last) {
		return true
	}
	return last >= 0 && digitAt(last-1) && (before[last] == '.' || before[last] == ',' && n == 3)
}

func lexevalFiles() []datasets.Candidate {
	var out []datasets.Candidate
	for _, dir := range []string{"lexeval/", "LexEval/data/", "lexeval/data/"} {
		out = append(out, datasets.Candidate{Paths: []string{dir + "5_3.json"}, Split: datasets.SplitDev})
	}
	return out
}

// readLexEval reads lines {"instruction", "input", "answer"} of one direction. Rows of the other direction are left out, which is not counted as
// dropped: they are the items of the other task.
func readLexEval(toChinese bool) func(string, []byte) (datasets.Set, error) {
	return func(name string, raw []byte) (datasets.Set, error) {
		rows, err := datasets.JSON(name, raw)
		if err != nil {
			return datasets.Set{}, err
		}
		var set datasets.Set
		for i, row := range rows {
			r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string)}
			if err := fields(row, &r, "instruction"); err != nil {
				return datasets.Set{}, err
			}
			if r.Fields["text"], err = row.String("input"); err != nil {
				return datasets.Set{}, err
			}
			answer, labelled, err := row.Label("answer")
			if err != nil {
				return datasets.Set{}, err
			}
			if asksForChinese(r.Fields["text"]) != toChinese {
				continue
			}
			if !labelled {
				set.Unlabelled++
				continue
			}
			r.Golds = []string{strings.TrimSpace(answer)}
			set.Records = append(set.Records, r)
		}
		return set, nil
	}
}

// asksForChinese reports whether an instruction wants Chinese: it says so, or what is to be translated is not Chinese. An instruction may name
// both languages (请将以下英文翻译成中文).
func asksForChinese(text string) bool {
	for _, s := range []string{"为中文", "成中文", "用中文", "译为汉语"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	for _, s := range []string{"为英文", "成英文", "用英文", "用英语", "为英语", "成英语"} {
		if strings.Contains(text, s) {
			return false
		}
	}
	letters, han := 0, 0
	for _, c := range text {
		switch {
		case unicode.Is(unicode.Han, c):
			han++
		case unicode.IsLetter(c):
			letters++
		}
	}
	return letters > han
}
