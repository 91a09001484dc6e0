package parity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/metrics"
)

// A Segmenter cuts Chinese text into words, as jieba does.
type Segmenter interface {
	Cut(text string) []string
}

// openSegmenter opens the segmenter of the options.
func (o Options) openSegmenter() (Segmenter, error) {
	if o.Segmenter == nil {
		return nil, unsupported("needs jieba's dictionary")
	}
	s, err := o.Segmenter()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unsupported("needs jieba's dictionary: " + err.Error())
	}
	return s, err
}

// metricChecks are the metrics of texts that vectors can name.
func metricChecks(words func() (Segmenter, error)) map[string]vectorCheck {
	return map[string]vectorCheck{
		"bleu_tokenize_zh":   checkCase(tokensOf(metrics.TokenizeZH)),
		"bleu_tokenize_13a":  checkCase(tokensOf(metrics.Tokenize13a)),
		"corpus_bleu":        tryCase(corpusBLEU),
		"sentence_bleu":      tryCase(sentenceBLEU),
		"corpus_chrf":        tryCase(corpusChrF),
		"sentence_chrf":      tryCase(sentenceChrF),
		"rouge_chinese":      tryCase(rougeOfSets(metrics.RougeChinese, words)),
		"rouge_pltrdy":       tryCase(rougeOfSets(metrics.RougePltrdy, words)),
		"rouge_google_char":  checkCase(rougeOfCharacters),
		"longbench_qa_f1_zh": tryCase(longBench(metrics.LongBenchF1, words)),
		"longbench_rouge_zh": tryCase(longBench(metrics.LongBenchRouge, words)),
		"cmrc2018":           checkCase(cmrc),
		"cluener":            checkCase(cluener),
		"seqeval_default":    checkCase(seqeval),
		"cjrc_char_f1":       checkCase(charF1),
	}
}

// same is 0 for equal lists and else +Inf.
func same[T comparable](got, want []T) float64 {
	if slices.Equal(got, want) {
		return 0
	}
	return math.Inf(1)
}

func tokensOf(split func(string) []string) func(struct{}, struct{ Text string }, struct{ Tokens []string }) float64 {
	return func(_ struct{}, in struct{ Text string }, want struct{ Tokens []string }) float64 {
		return same(split(in.Text), want.Tokens)
	}
}

// sameFields compares signatures but for the version at their end, which is of the program.
func sameFields(got, want string) float64 {
	if want == "" {
		return 0
	}
	got, _, _ = strings.Cut(got, "|version:")
	want, _, _ = strings.Cut(want, "|version:")
	return same([]string{got}, []string{want})
}

type bleuConfig struct {
	Tokenize  string
	Smooth    string
	Effective bool `json:"effective_order"`
}

func (c bleuConfig) bleu() (metrics.BLEU, error) {
	tokenizer, ok := metrics.LookupTokenizer(c.Tokenize)
	if !ok {
		return metrics.BLEU{}, unsupported(fmt.Sprintf("tokenizer %q", c.Tokenize))
	}
	b := metrics.BLEU{Tokenizer: tokenizer, Smoothing: metrics.Smoothing(c.Smooth), EffectiveOrder: c.Effective}
	if err := b.Validate(); err != nil {
		return metrics.BLEU{}, unsupported(fmt.Sprintf("smoothing %q", c.Smooth))
	}
	return b, nil
}

// A corpus has files of references: Refs[i][j] is reference i of text j.
type corpus struct {
	Hyps []string
	Refs [][]string
}

// each calls f with every text and its references. It reports false when a file of references has another length.
func (c corpus) each(f func(hyp string, refs []string)) bool {
	for _, r := range c.Refs {
		if len(r) != len(c.Hyps) {
			return false
		}
	}
	for j, hyp := range c.Hyps {
		var refs []string
		for i := range c.Refs {
			refs = append(refs, c.Refs[i][j])
		}
		f(hyp, refs)
	}
	return true
}

type wantBLEU struct {
	Score, BP                  float64
	Counts, Totals, Precisions []float64
	Length                     float64 `json:"sys_len"`
	RefLength                  float64 `json:"ref_len"`
	Signature                  string
}

func corpusBLEU(config bleuConfig, in corpus, want wantBLEU) (float64, error) {
	b, err := config.bleu()
	if err != nil {
		return 0, err
	}
	var sum metrics.BLEUStats
	if !in.each(func(hyp string, refs []string) { sum.Add(b.Segment(hyp, refs)) }) {
		return math.Inf(1), nil
	}
	got := b.Score(sum)
	worst := max(difference(got.Value, want.Score), sameFields(b.Signature(len(in.Refs)), want.Signature))
	if want.Counts == nil {
		return worst, nil
	}
	return max(worst, difference(got.Brevity, want.BP), farthest(got.Precisions[:], want.Precisions),
		farthest(sum.Row(), slices.Concat([]float64{want.Length, want.RefLength}, want.Counts, want.Totals))), nil
}

type sentence struct {
	Hyp  string
	Refs []string
}

func sentenceBLEU(config bleuConfig, in sentence, want struct{ Score float64 }) (float64, error) {
	b, err := config.bleu()
	if err != nil {
		return 0, err
	}
	return difference(b.Score(b.Segment(in.Hyp, in.Refs)).Value, want.Score), nil
}

type chrfConfig struct {
	Chars int `json:"char_order"`
	Words int `json:"word_order"`
	Beta  float64
}

func (c chrfConfig) chrf() (metrics.ChrF, error) {
	m := metrics.ChrF{Words: c.Words, Beta: c.Beta}
	if c.Chars != 6 || m.Validate() != nil {
		return metrics.ChrF{}, unsupported(fmt.Sprintf("chrF of %d characters and %d words with beta %v", c.Chars, c.Words, c.Beta))
	}
	return m, nil
}

func corpusChrF(config chrfConfig, in corpus, want wantBLEU) (float64, error) {
	c, err := config.chrf()
	if err != nil {
		return 0, err
	}
	var sum metrics.ChrFStats
	if !in.each(func(hyp string, refs []string) { sum.Add(c.Segment(hyp, refs)) }) {
		return math.Inf(1), nil
	}
	return max(difference(c.Score(sum), want.Score), sameFields(c.Signature(len(in.Refs)), want.Signature)), nil
}

func sentenceChrF(config chrfConfig, in sentence, want struct{ Score float64 }) (float64, error) {
	c, err := config.chrf()
	if err != nil {
		return 0, err
	}
	return difference(c.Sentence(in.Hyp, in.Refs), want.Score), nil
}

type rougePair struct {
	Hyp, Ref  string
	HypTokens string `json:"hyp_tokenized"`
	RefTokens string `json:"ref_tokenized"`
}

type setScore struct{ P, R, F float64 }

func (w setScore) difference(got metrics.PRF) float64 {
	return farthest([]float64{got.Precision, got.Recall, got.F}, []float64{w.P, w.R, w.F})
}

type wantSets struct {
	Error string
	One   setScore `json:"rouge-1"`
	Two   setScore `json:"rouge-2"`
	L     setScore `json:"rouge-l"`
}

// rougeOfSets compares a convention on the tokens that the case carries; where these are words and there is a segmenter, it must give
// the same ones.
func rougeOfSets(score func(text, ref string) (metrics.RougeScores, bool), words func() (Segmenter, error)) func(struct{ Unit string }, rougePair, wantSets) (float64, error) {
	return func(config struct{ Unit string }, in rougePair, want wantSets) (float64, error) {
		var worst float64
		if config.Unit == "jieba" {
			jieba, err := words()
			if err == nil {
				worst = max(same([]string{in.HypTokens}, []string{strings.Join(jieba.Cut(in.Hyp), " ")}),
					same([]string{in.RefTokens}, []string{strings.Join(jieba.Cut(in.Ref), " ")}))
			} else if _, ok := errors.AsType[unsupported](err); !ok {
				return 0, err
			}
		}
		got, ok := score(in.HypTokens, in.RefTokens)
		if want.Error != "" || !ok {
			return max(worst, same([]bool{ok}, []bool{want.Error == ""})), nil
		}
		return max(worst, want.One.difference(got.One), want.Two.difference(got.Two), want.L.difference(got.L)), nil
	}
}

type wantScore struct{ Precision, Recall, FMeasure float64 }

func (w wantScore) difference(got metrics.PRF) float64 {
	return farthest([]float64{got.Precision, got.Recall, got.F}, []float64{w.Precision, w.Recall, w.FMeasure})
}

func rougeOfCharacters(_ struct{}, in rougePair, want struct{ Rouge1, Rouge2, RougeL, RougeLSum wantScore }) float64 {
	got := metrics.Rouge{}.Score(in.Hyp, in.Ref)
	return max(want.Rouge1.difference(got.One), want.Rouge2.difference(got.Two), want.RougeL.difference(got.L),
		want.RougeLSum.difference(got.LSum))
}

type answered struct {
	Pred  string
	Golds []string
}

func longBench(score func(string, []string, func(string) []string) float64, words func() (Segmenter, error)) func(struct{}, answered, struct{ Score float64 }) (float64, error) {
	return func(_ struct{}, in answered, want struct{ Score float64 }) (float64, error) {
		jieba, err := words()
		if err != nil {
			return 0, err
		}
		return difference(score(in.Pred, in.Golds, jieba.Cut), want.Score), nil
	}
}

type wantCMRC struct {
	F1, EM         float64
	Segments       []string   `json:"pred_segments"`
	AnswerSegments [][]string `json:"answer_segments"`
}

func cmrc(_ struct{}, in struct {
	Pred    string
	Answers []string
}, want wantCMRC,
) float64 {
	em, f1 := metrics.CMRC(in.Pred, in.Answers)
	worst := max(difference(em, want.EM), difference(f1, want.F1), same(metrics.CMRCSegments(in.Pred), want.Segments))
	if len(in.Answers) != len(want.AnswerSegments) {
		return math.Inf(1)
	}
	for i, a := range in.Answers {
		worst = max(worst, same(metrics.CMRCSegments(a), want.AnswerSegments[i]))
	}
	return worst
}

// labeled are the entities of a sentence in the layout of CLUENER: type, surface, and where it is, the end included.
type labeled map[string]map[string][][2]int

func (l labeled) entities() []metrics.Entity {
	var out []metrics.Entity
	for typ, surfaces := range l {
		for text, spans := range surfaces {
			for _, s := range spans {
				out = append(out, metrics.Entity{Type: typ, Text: text, Start: s[0], End: s[1] + 1})
			}
		}
	}
	return out
}

type wantCLUENER struct {
	Macro float64                                     `json:"official_macro_f1_surface"`
	Types map[string]struct{ TP, FP, FN, F1 float64 } `json:"per_label"`
	Spans struct{ Precision, Recall, F1 float64 }     `json:"strict_span_micro"`
}

func cluener(_ struct{}, in struct{ Gold, Pred []labeled }, want wantCLUENER) float64 {
	if len(in.Gold) != len(in.Pred) {
		return math.Inf(1)
	}
	surfaces, spans := make(map[string]metrics.Counts), metrics.Counts{}
	for i := range in.Gold {
		gold, pred := in.Gold[i].entities(), in.Pred[i].entities()
		for typ, c := range metrics.SurfaceCounts(gold, pred) {
			sum := surfaces[typ]
			sum.Add(c)
			surfaces[typ] = sum
		}
		for _, c := range metrics.SpanCounts(gold, pred) {
			spans.Add(c)
		}
	}
	var types []string
	var worst float64
	for typ, w := range want.Types {
		types = append(types, typ)
		c := surfaces[typ]
		worst = max(worst, farthest([]float64{c.TP, c.FP, c.FN, c.F1()}, []float64{w.TP, w.FP, w.FN, w.F1}))
	}
	slices.Sort(types)
	return max(worst, number(want.Macro)(metrics.MacroF1(surfaces, types)),
		farthest([]float64{spans.Precision(), spans.Recall(), spans.F1()}, []float64{want.Spans.Precision, want.Spans.Recall, want.Spans.F1}))
}

// A taggedEntity is [type, start, end], the end included.
type taggedEntity metrics.Entity

func (e *taggedEntity) UnmarshalJSON(raw []byte) error {
	parts := []any{&e.Type, &e.Start, &e.End}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	if len(parts) != 3 {
		return fmt.Errorf("entity of %d parts, want type, start and end", len(parts))
	}
	e.End++
	return nil
}

type wantTags struct {
	True      [][]taggedEntity `json:"entities_true"`
	Pred      [][]taggedEntity `json:"entities_pred"`
	Precision float64          `json:"precision_micro"`
	Recall    float64          `json:"recall_micro"`
	F1        float64          `json:"f1_micro"`
}

func seqeval(_ struct{}, in struct {
	True [][]string `json:"y_true"`
	Pred [][]string `json:"y_pred"`
}, want wantTags,
) float64 {
	if len(in.True) != len(in.Pred) || len(in.True) != len(want.True) || len(in.True) != len(want.Pred) {
		return math.Inf(1)
	}
	var counts metrics.Counts
	var worst float64
	read := func(tags []string, want []taggedEntity) []metrics.Entity {
		got := metrics.TagEntities(tags)
		entities := make([]metrics.Entity, len(want))
		for i, w := range want {
			entities[i] = metrics.Entity(w)
		}
		worst = max(worst, same(got, entities))
		return got
	}
	for i := range in.True {
		gold, pred := read(in.True[i], want.True[i]), read(in.Pred[i], want.Pred[i])
		for _, c := range metrics.SpanCounts(gold, pred) {
			counts.Add(c)
		}
	}
	return max(worst, farthest([]float64{counts.Precision(), counts.Recall(), counts.F1()}, []float64{want.Precision, want.Recall, want.F1}))
}

func charF1(_ struct{}, in struct{ Pred, Gold string }, want struct{ F1 float64 }) float64 {
	return difference(metrics.CharF1(in.Pred, in.Gold), want.F1)
}
