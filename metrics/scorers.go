package metrics

import (
	"slices"
	"strings"
)

// Units of scores.
const (
	unitChars   = "characters"
	unitWords   = "words (jieba)"
	unitAnswers = "answers"
)

// Scorers lists the metrics that compare texts with references, by their names. Perplexity, KL divergence and the like need more than
// texts and are not among them.
func Scorers() []Scorer {
	return slices.Concat(answerScorers(), translationScorers(), rougeScorers(), longTextScorers(), entityScorers(), lawBenchScorers(), otherScorers())
}

func answerScorers() []Scorer {
	return []Scorer{
		{
			Name: "exact_match", Title: "1 when the text is one of the references, white space around both left out", Unit: unitAnswers,
			Convention: "ours", Scale: 100, Proportion: true,
			make: each(func(text, gold string) float64 {
				return truth(strings.TrimFunc(text, pythonSpace) == strings.TrimFunc(gold, pythonSpace))
			}),
		},
		{
			Name: "choice_letter", Title: "1 when the option letters that stand alone in the text are exactly those of the reference", Unit: unitAnswers,
			Convention: "ours; LawBench's looser rule is lawbench_1-2", Scale: 100, Proportion: true, make: choiceLetter,
		},
		{
			Name: "cmrc_em", Title: "exact match without case and a list of punctuation, best over references", Unit: unitAnswers,
			Convention: "CMRC 2018, script v5", Scale: 100, Proportion: true,
			make: item(func(i Item) (ItemScore, error) { em, _ := CMRC(i.Text, i.Golds); return ItemScore{Value: em}, nil }),
		},
		{
			Name: "cmrc_f1", Title: "F1 of the longest run of tokens in common, best over references", Unit: "characters and Latin words",
			Convention: "CMRC 2018, script v5", Scale: 100,
			make: item(func(i Item) (ItemScore, error) { _, f1 := CMRC(i.Text, i.Golds); return ItemScore{Value: f1}, nil }),
		},
		{
			Name: "char_f1", Title: "F1 of the multisets of letters and digits, best over references", Unit: unitChars,
			Convention: "CAIL, CJRC, LawBench (rc-F1)", Scale: 100, make: each(CharF1),
		},
	}
}

func translationScorers() []Scorer {
	var out []Scorer
	for _, t := range Tokenizers() {
		if t.Name == "alnum" {
			continue
		}
		name := "bleu_" + t.Name
		if t.Name == "zh" {
			name = "bleu"
		}
		out = append(out, Scorer{
			Name: name, Title: "corpus BLEU, tokenizer " + t.Name + "; per item: sentence BLEU", Unit: "tokens (" + t.Name + ")", Convention: "sacreBLEU 2.6.0", Corpus: true,
			make: func(o ScorerOptions) scoring { return bleuScoring(o, t) },
		})
	}
	out = append(
		out,
		Scorer{
			Name: "bleu_jieba", Title: "corpus BLEU over words; per item: sentence BLEU", Unit: unitWords, Convention: "sacreBLEU 2.6.0, with words", Words: true, Corpus: true,
			make: func(o ScorerOptions) scoring { return bleuScoring(o, Words("jieba", o.Cut)) },
		},
		Scorer{
			Name: "bleu_sentence", Title: "mean of sentence BLEU, effective order, tokenizer zh", Unit: "tokens (zh)", Convention: "sacreBLEU 2.6.0",
			make: func(o ScorerOptions) scoring {
				b := bleuOf(o, Tokenizer{})
				b.EffectiveOrder = true
				return scoring{item: func(i Item) (ItemScore, error) {
					return ItemScore{Value: b.Sentence(i.Text, i.Golds).Value}, nil
				}, signature: b.Signature}
			},
		},
	)
	for _, c := range []ChrF{{}, {Words: 2}} {
		name, unit := "chrf", unitChars
		if c.Words > 0 {
			name, unit = "chrf++", "characters and words"
		}
		out = append(out, Scorer{
			Name: name, Title: "corpus " + c.Name() + ": F of character n-grams; per item: sentence " + c.Name(), Unit: unit, Convention: "sacreBLEU 2.6.0", Corpus: true,
			make: func(o ScorerOptions) scoring {
				c := ChrF{Words: c.Words, Lowercase: o.Lowercase}
				return scoring{item: func(i Item) (ItemScore, error) {
					s := c.Segment(i.Text, i.Golds)
					return ItemScore{Value: c.Score(s), Sums: s.Row()}, nil
				}, total: func(sums []float64) float64 { return c.Score(ChrFStatsOf(sums)) }, signature: c.Signature}
			},
		})
	}
	return out
}

func bleuOf(o ScorerOptions, t Tokenizer) BLEU {
	return BLEU{Tokenizer: t, Lowercase: o.Lowercase, Smoothing: o.Smoothing, SmoothValue: o.SmoothValue}
}

func bleuScoring(o ScorerOptions, t Tokenizer) scoring {
	b := bleuOf(o, t)
	sentence := b
	sentence.EffectiveOrder = true
	return scoring{item: func(i Item) (ItemScore, error) {
		s := b.Segment(i.Text, i.Golds)
		return ItemScore{Value: sentence.Score(s).Value, Sums: s.Row()}, nil
	}, total: func(sums []float64) float64 { return b.Score(BLEUStatsOf(sums)).Value }, signature: b.Signature}
}

// rougeScorers are the conventions, each with its parts and units.
func rougeScorers() []Scorer {
	type part struct {
		name, title string
		of          func(RougeScores) float64
	}
	parts := []part{
		{"rouge1", "F of unigrams", func(s RougeScores) float64 { return s.One.F }},
		{"rouge2", "F of bigrams", func(s RougeScores) float64 { return s.Two.F }},
		{"rougeL", "F of the longest common subsequence", func(s RougeScores) float64 { return s.L.F }},
	}
	lsum := part{"rougeLsum", "F of common subsequences line by line", func(s RougeScores) float64 { return s.LSum.F }}
	tokens := func(t Tokenizer) func(string) string {
		return func(text string) string { return strings.Join(t.Split(text), " ") }
	}
	characters := Tokenizer{"char", Characters}
	multisets := func(t Tokenizer) func(string, string) RougeScores { return Rouge{Tokenizer: t}.Score }
	sets := func(score func(string, string) (RougeScores, bool), join func(string) string) func(string, string) RougeScores {
		return func(text, gold string) RougeScores { s, _ := score(join(text), join(gold)); return s }
	}
	words := func(o ScorerOptions) func(string) string {
		return func(text string) string { return strings.Join(o.Cut(text), " ") }
	}
	var out []Scorer
	for _, c := range []struct {
		suffix, unit, convention string
		words                    bool
		parts                    []part
		score                    func(o ScorerOptions) func(text, gold string) RougeScores
	}{
		{"", unitChars, "ours: multisets as rouge_score", false, append(slices.Clip(parts), lsum), func(ScorerOptions) func(string, string) RougeScores { return multisets(characters) }},
		{"_jieba", unitWords, "ours: multisets as rouge_score", true, append(slices.Clip(parts), lsum), func(o ScorerOptions) func(string, string) RougeScores { return multisets(Words("jieba", o.Cut)) }},
		{"_google", "runs of a-z, 0-9", "rouge_score 0.1.2, Hugging Face evaluate", false, append(slices.Clip(parts), lsum), func(ScorerOptions) func(string, string) RougeScores {
			return multisets(Tokenizer{"alnum", TokenizeAlnum})
		}},
		{"_chinese", unitWords, "rouge_chinese 1.0.3: sets", true, parts, func(o ScorerOptions) func(string, string) RougeScores { return sets(RougeChinese, words(o)) }},
		{"_chinese_char", unitChars, "rouge_chinese 1.0.3: sets", false, parts, func(ScorerOptions) func(string, string) RougeScores { return sets(RougeChinese, tokens(characters)) }},
		{"_pltrdy", unitWords, "pltrdy rouge 1.0.1: sets, sentences at full stops", true, parts, func(o ScorerOptions) func(string, string) RougeScores { return sets(RougePltrdy, words(o)) }},
		{"_pltrdy_char", unitChars, "pltrdy rouge 1.0.1: sets, sentences at full stops", false, parts, func(ScorerOptions) func(string, string) RougeScores { return sets(RougePltrdy, tokens(characters)) }},
	} {
		for _, p := range c.parts {
			out = append(out, Scorer{
				Name: p.name + c.suffix, Title: "ROUGE: " + p.title + ", best over references", Unit: c.unit, Convention: c.convention, Scale: 100, Words: c.words,
				make: func(o ScorerOptions) scoring {
					score := c.score(o)
					return each(func(text, gold string) float64 { return p.of(score(text, gold)) })(o)
				},
			})
		}
	}
	return out
}

func longTextScorers() []Scorer {
	return []Scorer{
		{
			Name: "longbench_f1", Title: "F1 of the multisets of words without punctuation (qa_f1_zh), best over references", Unit: unitWords,
			Convention: "LongBench, CLongEval", Scale: 100, Words: true,
			make: func(o ScorerOptions) scoring {
				return scoring{item: func(i Item) (ItemScore, error) { return ItemScore{Value: LongBenchF1(i.Text, i.Golds, o.Cut)}, nil }}
			},
		},
		{
			Name: "longbench_rouge", Title: "ROUGE-L of words (rouge_zh), best over references", Unit: unitWords,
			Convention: "LongBench: pltrdy rouge", Scale: 100, Words: true,
			make: func(o ScorerOptions) scoring {
				return scoring{item: func(i Item) (ItemScore, error) { return ItemScore{Value: LongBenchRouge(i.Text, i.Golds, o.Cut)}, nil }}
			},
		},
		{
			Name: "longbench_retrieval", Title: "share of the numbers in the text that are the one after 段落 in the reference (retrieval_zh)", Unit: unitAnswers,
			Convention: "LongBench", Scale: 100, make: item(longBenchRetrieval),
		},
		{
			Name: "longbench_class", Title: "1 over the number of class names in the first line of the text, if the reference is one of them", Unit: unitAnswers,
			Convention: "LongBench (lsht, trec); needs the field all_classes", Scale: 100, make: item(longBenchClass),
		},
		{
			Name: "infinitebench_zh_qa", Title: "F1 of the multisets of characters without punctuation, best over references", Unit: unitChars,
			Convention: "InfiniteBench Zh.QA", Scale: 100,
			make: item(func(i Item) (ItemScore, error) { return ItemScore{Value: InfiniteBenchF1(i.Text, i.Golds)}, nil }),
		},
	}
}

// each makes the scoring of a function of a text and one reference.
func each(score func(text, gold string) float64) func(ScorerOptions) scoring {
	return item(func(i Item) (ItemScore, error) { return best(i, score) })
}

// item makes the scoring of a function that needs no settings.
func item(score func(Item) (ItemScore, error)) func(ScorerOptions) scoring {
	return func(ScorerOptions) scoring { return scoring{item: score} }
}
