package tasks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// PolysemySense is the choice of the sense that a word has in a sentence: 苹果 the fruit or the company, 打 in 打毛衣 or 打电话. The sentences come
// from a grammar of a hundred words of eight kinds, each word in all of its senses equally often, and nothing but the sentence tells which
// one is meant. Each sentence is asked twice, the second time with the options in reverse order.
//
// Source: generated. License: that of this program.
// Metrics: acc_letter, the headline, is the share of questions (a sentence with one order of its options) whose likeliest letter is right. It
// is what a claim such as "polysemy 76.5 %" is to be compared with: senses are balanced, so that a constant answer for each word scores only
// what guessing does, and both orders count, so that a preference for a letter cancels out. acc_letter_word and acc_letter_sense are means
// over words and over senses (macro averages); acc_letter_both is the share of sentences that are right in both orders; flip_letter is the
// share of sentences whose answer changes with the order. acc, acc_both and flip are the same for the log-likelihood of the options' texts,
// where a model's habits of wording weigh more than the sentence does. acc_majority is a control that does not depend on the model: the score
// of answering each word with its plainest sense. The task polysemy_nocontext is the other control.
var PolysemySense = Task{
	Name: "polysemy_sense", Version: 1, Kind: Choice, Family: "polysemy",
	Title:   "which sense does the word have in the sentence, both orders of options",
	Source:  "generated",
	License: "that of this program",
	Make:    makePolysemySense,
	Prompt:  polysemySenseQuestion.request,
	Judge:   judgePolysemy,
	Metrics: slices.Concat(letterFirst, []Metric{
		{Name: "acc_letter_sense", HigherIsBetter: true, By: "sense", From: "acc_letter"}, majorityMetric,
	}, polysemyMacro),
	Breakdowns: []string{"kind", "senses", "rank", "position", "word", "sense"},
}

// PolysemyPair is whether a word has the same sense in two sentences. Half of the pairs do; they never come from the same template. Each
// pair is asked twice, with the two answers in either order.
//
// Source: generated, from the grammar of polysemy_sense. License: that of this program.
// Metrics: as those of polysemy_sense.
var PolysemyPair = Task{
	Name: "polysemy_pair", Version: 1, Kind: Choice, Family: "polysemy",
	Title:      "does the word have the same sense in two sentences, both orders of answers",
	Source:     "generated",
	License:    "that of this program",
	Make:       makePolysemyPair,
	Prompt:     polysemyPairQuestion.request,
	Judge:      judgePolysemy,
	Metrics:    slices.Concat(letterFirst, polysemyMacro),
	Breakdowns: []string{"kind", "same", "position", "word"},
}

// PolysemyNoContext is a control: the questions of polysemy_sense without their sentences. Whatever it scores above guessing comes from the
// options and not from reading; since senses are balanced, a model that only knows which sense is the most usual gets no more than that.
//
// Source: generated, the items of polysemy_sense. License: that of this program.
// Metrics: as those of polysemy_sense.
var PolysemyNoContext = Task{
	Name: "polysemy_nocontext", Version: 1, Kind: Choice, Family: "polysemy",
	Title:      "control: the questions of polysemy_sense without the sentence",
	Source:     "generated",
	License:    "that of this program",
	Make:       makePolysemySense,
	Prompt:     polysemyNoContextQuestion.request,
	Judge:      judgePolysemy,
	Metrics:    slices.Concat(letterFirst, polysemyMacro),
	Breakdowns: []string{"rank", "position"},
}

// letterFirst are the metrics of choices whose headline is the answer by letter.
var letterFirst = func() []Metric {
	i := slices.IndexFunc(choiceMetrics, func(m Metric) bool { return m.Name == "acc_letter" })
	return slices.Concat(choiceMetrics[i:i+1], choiceMetrics[:i], choiceMetrics[i+1:])
}()

// polysemyMacro are the averages over words and the agreement of the two orders.
var polysemyMacro = []Metric{
	{Name: "acc_letter_word", HigherIsBetter: true, By: "word", From: "acc_letter"},
	{Name: "acc_letter_both", Proportion: true, HigherIsBetter: true, By: "item", Fold: FoldAll, From: "acc_letter"},
	{Name: "flip_letter", Proportion: true, By: "item", Fold: FoldDiffer, From: "pick_letter"},
	{Name: "acc_both", Proportion: true, HigherIsBetter: true, By: "item", Fold: FoldAll, From: "acc"},
	{Name: "flip", Proportion: true, By: "item", Fold: FoldDiffer, From: "pick"},
}

var majorityMetric = Metric{Name: "acc_majority", Proportion: true, HigherIsBetter: true}

// The options stand in the question also where they are scored by their text, so that their order can
// matter.
func optionList(choices []string) string { return "\n- " + strings.Join(choices, "\n- ") }

func polysemySenseText(r datasets.Record) string {
	return fmt.Sprintf("句子：%s\n问题：这句话里的“%s”是下面哪个意思？", r.Fields["sentence"], r.Fields["word"])
}

func polysemyNoContextText(r datasets.Record) string {
	return fmt.Sprintf("词语：%s\n问题：“%s”是下面哪个意思？", r.Fields["word"], r.Fields["word"])
}

func polysemyPairText(r datasets.Record) string {
	return fmt.Sprintf("句子一：%s\n句子二：%s\n问题：“%s”在这两句话里的意思%s还是%s？",
		r.Fields["sentence1"], r.Fields["sentence2"], r.Fields["word"], r.Choices[0], r.Choices[1])
}

// optionQuestion asks with the text and the options below it.
func optionQuestion(system string, text func(datasets.Record) string) question {
	return question{
		system:       system,
		query:        func(r datasets.Record) string { return text(r) + optionList(r.Choices) + "\n答案：" },
		letterSystem: system + "只回答选项前的字母。",
		letterQuery:  text,
	}
}

var (
	polysemySenseQuestion     = optionQuestion("请根据句子判断词语的意思，从选项中选出一个。", polysemySenseText)
	polysemyNoContextQuestion = optionQuestion("请判断词语的意思，从选项中选出一个。", polysemyNoContextText)
	polysemyPairQuestion      = question{
		system:       "请判断同一个词语在两句话里的意思是否相同。",
		query:        func(r datasets.Record) string { return polysemyPairText(r) + "\n答案：" },
		letterSystem: "请判断同一个词语在两句话里的意思是否相同，只回答选项前的字母。",
		letterQuery:  polysemyPairText,
	}
)

// judgePolysemy judges a choice and stores what was picked, whatever its place: pick and pick_letter number the options in the order of
// their texts. The outcome is that of the letter, if letters were asked.
func judgePolysemy(r datasets.Record, a Answer) Verdict {
	v := judgeChoice(r, a)
	if v.Outcome == Failed {
		return v
	}
	pick := func(name string, scores []Score) int {
		if len(scores) == 0 {
			return -1
		}
		values := make([]float64, len(scores))
		for i, s := range scores {
			values[i] = s.LogProb
		}
		best := metrics.Argmax(values)
		v.Metrics[name] = float64(textRank(r.Choices, best))
		return best
	}
	pick("pick", a.Choices)
	if best := pick("pick_letter", a.Letters); best >= 0 {
		v.Extracted, v.Outcome = r.Choices[best], Wrong
		v.Rule = strings.Replace(v.Rule, "loglikelihood", "letter", 1)
		if best == r.Answer {
			v.Outcome = Correct
		}
	}
	if rank, ok := r.Tags["rank"]; ok {
		v.Metrics["acc_majority"] = 0
		if rank == "1" {
			v.Metrics["acc_majority"] = 1
		}
	}
	return v
}

// textRank is the place of a choice among all in the order of their texts.
func textRank(choices []string, picked int) int {
	rank := 0
	for i, c := range choices {
		if c < choices[picked] || c == choices[picked] && i < picked {
			rank++
		}
	}
	return rank
}
