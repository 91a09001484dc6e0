package runner

import (
	"fmt"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// wordMetrics compare answers with references word by word.
var wordMetrics = []string{"longbench_f1", "rougeL_jieba"}

// wordScores compares the answers of a run with what is right word by word, without and with a lexicon: texts by [wordMetrics], entities by the
// words in them, beside the task's own score, which compares characters and which no lexicon can move. It returns nil without a lexicon.
func wordScores(w *Words, planned []*plannedTask, slots [][]*reports.Sample, seed uint64) (*reports.WordScores, error) {
	plain, lexicon := w.cutters()
	if lexicon == nil {
		return nil, nil
	}
	out := &reports.WordScores{Lexicon: *w.Lexicon(), Results: []reports.WordScore{}}
	for i, t := range planned {
		var names []string
		switch {
		case t.task.Entities != nil:
			names = []string{"entity_words_f1"}
		case hasGolds(t):
			names = wordMetrics
		default:
			continue
		}
		for _, name := range names {
			r, err := wordScore(name, t, slots[i], plain, lexicon, metricSeed(seed, t.task.Name, name))
			if err != nil {
				return nil, fmt.Errorf("runner: task %s: metric %s: %w", t.task.Name, name, err)
			}
			if r != nil {
				out.Results = append(out.Results, reports.WordScore{Task: t.task.Name, Score: *r})
			}
		}
		if m := t.task.Metrics[0]; t.task.Entities != nil {
			if v, ok := value(m, slots[i], metricSeed(seed, t.task.Name, m.Name)); ok {
				s := reports.Score{
					Metric: m.Name, Title: "the task's own score", Unit: "characters", Convention: "the task's own", Scale: max(m.Scale, 1),
					HigherIsBetter: m.HigherIsBetter, Value: &v.Value, CI95: v.CI95, Interval: reports.IntervalBootstrap, N: v.N,
				}
				out.Results = append(out.Results, reports.WordScore{Task: t.task.Name, Score: s})
			}
		}
	}
	return out, nil
}

func hasGolds(t *plannedTask) bool {
	for i := range t.samples {
		if len(t.samples[i].Record.Golds) > 0 {
			return true
		}
	}
	return false
}

// wordScore is the value of one metric over the scored samples of a task; nil when there is none.
func wordScore(name string, t *plannedTask, samples []*reports.Sample, plain, lexicon func(string) []string, seed uint64) (*reports.Score, error) {
	s, ok := metrics.LookupScorer(name)
	if !ok {
		return nil, fmt.Errorf("no metric %q", name)
	}
	var rows [2][][]float64
	var clusters []string
	var total func([]float64) float64
	abstained, moved := 0, 0
	for k, cut := range []func(string) []string{plain, lexicon} {
		m, err := s.With(metrics.ScorerOptions{Cut: cut})
		if err != nil {
			return nil, err
		}
		total = m.Total
		for i, sample := range samples {
			record := t.samples[i].Record
			// What was chosen among options is no text of the model.
			if !sample.Scored() || t.task.Entities == nil && (len(record.Golds) == 0 || len(sample.Choices)+len(sample.Letters) > 0) {
				continue
			}
			var item metrics.ItemScore
			if t.task.Entities != nil {
				gold := make([]metrics.Entity, len(record.Spans))
				for j, g := range record.Spans {
					gold[j] = metrics.Entity{Type: g.Type, Text: g.Text}
				}
				item = metrics.EntityWords(gold, t.task.Entities(sample.Response), cut)
				item.Abstained = sample.Verdict == reports.VerdictUnparsed
			} else if item, err = m.Item(metrics.Item{Text: sample.Extracted, Golds: record.Golds}); err != nil {
				return nil, fmt.Errorf("sample %s: %w", sample.DocID, err)
			}
			if rows[k] = append(rows[k], item.Sums); k == 0 {
				clusters = append(clusters, sample.Cluster)
				if item.Abstained {
					abstained++
				}
			} else if before := rows[0][len(rows[k])-1]; m.Total(before) != m.Total(item.Sums) {
				moved++
			}
		}
	}
	if len(clusters) == 0 {
		return nil, nil
	}
	sums := make([]float64, len(rows[0][0]))
	for _, row := range rows[0] {
		for j, v := range row {
			sums[j] += v
		}
	}
	v := total(sums)
	r := &reports.Score{
		Metric: s.Name, Title: s.Title, Unit: s.Unit, Convention: s.Convention, Scale: max(s.Scale, 1), HigherIsBetter: !s.Lower, Words: true, Value: &v,
		N: len(clusters), Abstained: abstained, Lexicon: withLexicon(total, rows[0], rows[1], clusters, seed),
	}
	r.Lexicon.Moved = moved
	if independent(clusters) > 1 {
		boot := metrics.Bootstrap{Draws: bootstrapDraws, Confidence: confidence, Seed: seed, Method: metrics.Expanded}
		r.CI95, r.Interval = pair(boot.Sums(rows[0], clusters, total)), reports.IntervalBootstrap
	}
	return r, nil
}
