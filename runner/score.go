package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// maxPredictions bounds a file of predictions or references, in bytes.
const maxPredictions = 512 << 20

// ScoreOptions say which predictions are scored and how. Metrics and Predictions are needed.
type ScoreOptions struct {
	Metrics     []string // of metrics.Scorers
	Predictions string   // file
	References  []string // files, each with references of every item; none = those beside the predictions

	Format    string                     // of the predictions; "" = by content
	RefFormat string                     // of the references; "" = by content
	Fields    datasets.PredictionOptions // names of fields; Format and References are ignored

	MissingWrong bool // an item without a prediction counts as an empty answer; otherwise it is an error
	Seed         uint64
	Settings     metrics.ScorerOptions // Cut is ignored
	Words        *Words                // nil = metrics of words are not available
	NoWords      error                 // why Words is nil
	Version      string                // of this program; "" = from the build information
}

// FormatCMRC is the format of references that CMRC 2018 and DRCD publish, in either of their layouts.
const FormatCMRC = "cmrc"

// Score scores the predictions of a file with the metrics asked for. Metrics that compare words are marked as not available where
// there is no dictionary. Errors name the file, and the line or item where there is one. The values of equal calls are the same to the bit.
func Score(ctx context.Context, o ScoreOptions) (*reports.Scores, []reports.ItemScores, error) {
	var scorers []metrics.Scorer
	for _, name := range o.Metrics {
		s, ok := metrics.LookupScorer(name)
		if !ok {
			return nil, nil, &OptionError{"Metrics", name, "a metric that \"list metrics\" shows with a unit"}
		}
		if !slices.ContainsFunc(scorers, func(t metrics.Scorer) bool { return t.Name == s.Name }) {
			scorers = append(scorers, s)
		}
	}
	if len(scorers) == 0 {
		return nil, nil, &OptionError{"Metrics", "", "the name of a metric"}
	}
	out := &reports.Scores{
		SchemaVersion: reports.ScoresSchemaVersion, Version: o.Version, Seed: o.Seed, BootstrapIters: bootstrapDraws, Lexicon: o.Words.Lexicon(),
		Results: []reports.Score{}, References: []reports.ScoreFile{}, Warnings: []reports.Warning{},
	}
	if out.Version == "" {
		out.Version = buildVersion()
	}
	items, err := o.items(out)
	if err != nil {
		return nil, nil, err
	}
	each := make([]reports.ItemScores, len(items))
	for i, item := range items {
		each[i] = reports.ItemScores{ID: item.ID, Line: item.Line, Scores: map[string]float64{}}
	}
	for _, s := range scorers {
		r, err := o.result(ctx, s, items, each)
		if err != nil {
			return nil, nil, err
		}
		out.Results = append(out.Results, r)
	}
	out.Warnings = append(out.Warnings, scoreWarnings(out)...)
	return out, each, nil
}

// items reads the files and puts predictions and references together.
func (o ScoreOptions) items(out *reports.Scores) ([]datasets.Prediction, error) {
	pred, err := o.read(o.Predictions, o.Format, false, &out.Predictions)
	if err != nil {
		return nil, err
	}
	items := pred.Items
	for i, path := range o.References {
		var facts reports.ScoreFile
		refs, err := o.read(path, o.RefFormat, true, &facts)
		if err != nil {
			return nil, err
		}
		out.References = append(out.References, facts)
		if i == 0 { // the file of references decides, not what lies beside the predictions
			for k := range items {
				items[k].Golds = nil
			}
		}
		if items, err = o.match(items, refs.Items, path, i == 0, out); err != nil {
			return nil, err
		}
	}
	for _, item := range items {
		if item.Golds == nil {
			return nil, fmt.Errorf("runner: %s:%d: no reference beside the answer; give a file of references (--ref) or the name of their field (--ref-field)", o.Predictions, item.Line)
		}
	}
	out.Items = len(items)
	return items, nil
}

// someIDs is an error where some items of a file have ids and others do not: by line, none of them would be looked at.
func someIDs(path string, list []datasets.Prediction) error {
	without := func(p datasets.Prediction) bool { return p.ID == "" }
	i := slices.IndexFunc(list, without)
	if i < 0 || !slices.ContainsFunc(list, func(p datasets.Prediction) bool { return !without(p) }) {
		return nil
	}
	return fmt.Errorf("runner: %s:%d: no id, while other items have one", path, list[i].Line)
}

// match gives items the references of a file: by id where both have ids, and else in order.
func (o ScoreOptions) match(items, refs []datasets.Prediction, path string, first bool, out *reports.Scores) ([]datasets.Prediction, error) {
	if err := errors.Join(someIDs(o.Predictions, items), someIDs(path, refs)); err != nil {
		return nil, err
	}
	named := func(list []datasets.Prediction) bool {
		return !slices.ContainsFunc(list, func(p datasets.Prediction) bool { return p.ID == "" })
	}
	if !named(items) || !named(refs) {
		if len(items) != len(refs) {
			return nil, fmt.Errorf("runner: %s has %d items, %s %d: without ids in both they must be as many", o.Predictions, len(items), path, len(refs))
		}
		for i := range items {
			items[i].Golds = append(items[i].Golds, refs[i].Golds...)
			items[i].ID = orElse(items[i].ID, refs[i].ID)
			items[i].Cluster = orElse(items[i].Cluster, refs[i].Cluster)
		}
		return items, nil
	}
	byID := make(map[string]int, len(items))
	for i, item := range items {
		byID[item.ID] = i
	}
	matched := make([]datasets.Prediction, 0, len(refs))
	for _, r := range refs {
		i, ok := byID[r.ID]
		if !ok {
			if !first { // the first file says which items there are
				return nil, fmt.Errorf("runner: %s:%d: item %q is not in %s", path, r.Line, r.ID, o.References[0])
			}
			if !o.MissingWrong {
				return nil, fmt.Errorf("runner: %s:%d: item %q has no prediction in %s (--missing wrong counts such items as wrong)", path, r.Line, r.ID, o.Predictions)
			}
			out.Missing++
			matched = append(matched, datasets.Prediction{ID: r.ID, Golds: r.Golds, Classes: r.Classes, Cluster: r.Cluster})
			continue
		}
		delete(byID, r.ID)
		item := items[i]
		item.Golds = append(item.Golds, r.Golds...)
		item.Cluster = orElse(item.Cluster, r.Cluster)
		if item.Classes == nil {
			item.Classes = r.Classes
		}
		matched = append(matched, item)
	}
	for _, item := range items {
		if _, left := byID[item.ID]; left {
			return nil, fmt.Errorf("runner: %s:%d: item %q has no reference in %s", o.Predictions, item.Line, item.ID, path)
		}
	}
	return matched, nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// read reads a file of predictions or references.
func (o ScoreOptions) read(path, format string, references bool, facts *reports.ScoreFile) (datasets.Predictions, error) {
	raw, err := readPredictions(path)
	if err != nil {
		return datasets.Predictions{}, err
	}
	sum := sha256.Sum256(raw)
	*facts = reports.ScoreFile{Path: path, SHA256: hex.EncodeToString(sum[:])}
	var p datasets.Predictions
	if references && (format == FormatCMRC || format == "" && isCMRC(raw)) {
		p, err = readCMRCReferences(path, raw)
	} else {
		po := o.Fields
		po.Format, po.References = format, references
		p, err = datasets.ReadPredictions(path, raw, po)
	}
	facts.Format, facts.Items = p.Format, len(p.Items)
	return p, err
}

func readPredictions(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("runner: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPredictions+1))
	if err != nil {
		return nil, fmt.Errorf("runner: %s: %w", path, err)
	}
	if len(raw) > maxPredictions {
		return nil, fmt.Errorf("runner: %s: longer than %d bytes", path, maxPredictions)
	}
	return raw, nil
}

// isCMRC tells the data files of extractive reading by the fields that no other format has, near their beginning.
func isCMRC(raw []byte) bool {
	head := raw[:min(len(raw), 4<<10)]
	return bytes.Contains(head, []byte(`"context_text"`)) || bytes.Contains(head, []byte(`"paragraphs"`))
}

func readCMRCReferences(path string, raw []byte) (datasets.Predictions, error) {
	set, err := tasks.CMRC2018.Read(path, raw)
	p := datasets.Predictions{Format: FormatCMRC}
	for _, r := range set.Records {
		p.Items = append(p.Items, datasets.Prediction{ID: r.ID, Golds: r.Golds, Cluster: r.Cluster})
	}
	if err == nil && len(p.Items) == 0 {
		err = fmt.Errorf("runner: %s: no question has an answer", path)
	}
	return p, err
}

// result scores all items with one metric, and again with the lexicon where there is one.
func (o ScoreOptions) result(ctx context.Context, s metrics.Scorer, items []datasets.Prediction, each []reports.ItemScores) (reports.Score, error) {
	r := reports.Score{
		Metric: s.Name, Title: s.Title, Unit: s.Unit, Convention: s.Convention, Scale: s.Scale, HigherIsBetter: !s.Lower, Words: s.Words, N: len(items),
	}
	if r.Scale == 0 {
		r.Scale = 1
	}
	settings := o.Settings
	plain, lexicon := o.Words.cutters()
	settings.Cut = plain
	m, err := s.With(settings)
	if errors.Is(err, metrics.ErrNeedsWords) && o.NoWords != nil {
		r.NotAvailable = o.NoWords.Error()
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.Signature = m.Signature(referenceCount(items))
	first, err := o.measure(ctx, m, items)
	if err != nil {
		return r, err
	}
	r.N, r.Abstained, r.Excluded = len(first.rows), first.abstained, len(items)-len(first.rows)
	if r.N == 0 {
		return r, fmt.Errorf("runner: metric %s leaves out all %d items: no value", s.Name, len(items))
	}
	r.Value = &first.value
	r.CI95, r.Interval = first.interval(m, metricSeed(o.Seed, "score", s.Name))
	for i, v := range first.each {
		each[first.index[i]].Scores[s.Name] = v
	}
	if lexicon == nil || !s.Words {
		return r, nil
	}
	settings.Cut = lexicon
	if m, err = s.With(settings); err != nil {
		return r, err
	}
	second, err := o.measure(ctx, m, items)
	if err != nil {
		return r, err
	}
	w := withLexicon(m.Total, first.rows, second.rows, first.clusters, metricSeed(o.Seed, "score", s.Name))
	for i, v := range second.each {
		if v != first.each[i] {
			w.Moved++
		}
		e := &each[second.index[i]]
		if e.Lexicon == nil {
			e.Lexicon = map[string]float64{}
		}
		e.Lexicon[s.Name] = v
	}
	r.Lexicon = w
	return r, nil
}

// referenceCount is the number of references of each item, 0 where it varies.
func referenceCount(items []datasets.Prediction) int {
	n := 0
	for i, item := range items {
		if i > 0 && len(item.Golds) != n {
			return 0
		}
		n = len(item.Golds)
	}
	return n
}

// measured are the scores of the items that a metric takes.
type measured struct {
	index     []int // of the item
	each      []float64
	rows      [][]float64
	clusters  []string
	value     float64
	abstained int
}

func (o ScoreOptions) measure(ctx context.Context, m metrics.Measure, items []datasets.Prediction) (*measured, error) {
	out := &measured{}
	var sums []float64
	for i, item := range items {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("runner: scoring: %w", err)
		}
		s, err := m.Item(metrics.Item{Text: item.Text, Golds: item.Golds, Classes: item.Classes})
		if err != nil {
			where := fmt.Sprintf("%s:%d", filepath.Base(o.Predictions), item.Line)
			if item.ID != "" {
				where += fmt.Sprintf(" (item %q)", item.ID)
			}
			return nil, fmt.Errorf("runner: metric %s: %s: %w", m.Name, where, err)
		}
		if s.Excluded {
			continue
		}
		out.index = append(out.index, i)
		out.each = append(out.each, s.Value)
		out.rows = append(out.rows, s.Sums)
		out.clusters = append(out.clusters, item.Cluster)
		if s.Abstained {
			out.abstained++
		}
		if sums == nil {
			sums = make([]float64, len(s.Sums))
		}
		for k, v := range s.Sums {
			sums[k] += v
		}
	}
	if sums != nil {
		out.value = m.Total(sums)
	}
	return out, nil
}

// interval is that of the value, and how it was made.
func (m *measured) interval(by metrics.Measure, seed uint64) (ci *[2]float64, method string) {
	if by.Proportion && !share(m.clusters) {
		return pair(proportionInterval(m.each)), reports.IntervalWilson
	}
	if independent(m.clusters) < 2 {
		return nil, ""
	}
	boot := metrics.Bootstrap{Draws: bootstrapDraws, Confidence: confidence, Seed: seed, Method: metrics.Expanded}
	return pair(boot.Sums(m.rows, m.clusters, by.Total)), reports.IntervalBootstrap
}

// withLexicon compares the values of two ways to cut the same items.
func withLexicon(total func([]float64) float64, without, with [][]float64, clusters []string, seed uint64) *reports.LexiconScore {
	sums := make([]float64, len(with[0]))
	for _, row := range with {
		for k, v := range row {
			sums[k] += v
		}
	}
	w := &reports.LexiconScore{Value: total(sums)}
	if independent(clusters) < 2 {
		return w
	}
	boot := metrics.Bootstrap{Draws: bootstrapDraws, Confidence: confidence, Seed: seed, Method: metrics.Expanded}
	w.CI95 = pair(boot.Sums(with, clusters, total))
	if d, ok := boot.Difference(without, with, clusters, total); ok {
		w.DifferenceCI95 = pair(d.CI, true)
	}
	return w
}

func scoreWarnings(s *reports.Scores) []reports.Warning {
	var out []reports.Warning
	add := func(code, format string, args ...any) {
		out = append(out, reports.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	if s.Missing > 0 {
		add("missing", "%s without a prediction, counted as wrong", plural(s.Missing, "item"))
	}
	if s.Items < wideItems {
		add("wide-interval", "n=%d: intervals are wide", s.Items)
	}
	if l := s.Lexicon; l != nil {
		if !slices.ContainsFunc(s.Results, func(r reports.Score) bool { return r.Words }) {
			add("lexicon-unused", "no metric compares words: the lexicon changes nothing")
		}
		if n := len(l.Idle); n > 0 {
			add("lexicon-idle", "%s of the lexicon can never be found, since jieba cuts inside: %s", plural(n, "word"), l.IdleText())
		}
	}
	for _, r := range s.Results {
		if r.Excluded > 0 {
			add("left-out", "%s: %s left out by its own rules", r.Metric, plural(r.Excluded, "item"))
		}
		if strings.HasSuffix(r.Metric, "_google") {
			add("no-tokens", "%s sees no Chinese character: its tokens are runs of a-z and 0-9", r.Metric)
		}
		if r.Metric == "bleu_13a" {
			add("no-tokens", "bleu_13a takes a Chinese clause for one token: compare Chinese text with bleu")
		}
	}
	return out
}
