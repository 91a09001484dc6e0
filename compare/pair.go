package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// A pairing is the headline metric of a task in two runs, item by item. Scores are turned so that higher ones are better.
type pairing struct {
	task     string
	metric   reports.MetricConfig
	ids      []string
	clusters []string
	leftOut  int // items that one run has no value for

	a, b   []float64            // scores of a mean
	corpus *metrics.CorpusPairs // of a corpus metric; a and b are nil
	flip   func(float64) float64
	most   float64 // largest value that the metric can have; 0 = not known
}

// pair matches the items of a task. The runs are known to be asked the same.
func pair(a, b *Run, name string) (*pairing, error) {
	x, y := a.task(name), b.task(name)
	p := &pairing{task: name, metric: a.headline(name), most: max(x.Range, y.Range), flip: func(v float64) float64 { return v }}
	if (x.Corpus == nil) != (y.Corpus == nil) {
		return nil, fmt.Errorf("compare: task %s: %s is a mean in one run and a corpus metric in the other", name, p.metric.Metric)
	}
	in := make(map[string]*Item, len(y.Items))
	for i := range y.Items {
		in[y.Items[i].ID] = &y.Items[i]
	}
	var both [][2]*Item
	for i := range x.Items {
		if other := in[x.Items[i].ID]; other != nil {
			both = append(both, [2]*Item{&x.Items[i], other})
		}
	}
	p.leftOut = len(x.Items) + len(y.Items) - 2*len(both)
	if len(both) == 0 {
		return nil, &Refused{a.name(), b.name(), []string{fmt.Sprintf("task %s has no items: run %s has a value for %d of its %d samples, run %s for %d of %d",
			name, a.name(), len(x.Items), len(x.Samples), b.name(), len(y.Items), len(y.Samples))}}
	}
	for _, t := range both {
		if t[0].Cluster != t[1].Cluster {
			return nil, fmt.Errorf("compare: task %s: item %q is of the text %q in run %s and of %q in run %s", name, t[0].ID, t[0].Cluster, a.name(), t[1].Cluster, b.name())
		}
		p.ids = append(p.ids, t[0].ID)
		p.clusters = append(p.clusters, t[0].Cluster)
	}
	if x.Corpus != nil {
		p.pairStats(both, x.Corpus)
	} else {
		p.pairValues(both)
	}
	return p, p.finite(a, b)
}

// finite makes sure that there is a number everywhere.
func (p *pairing) finite(a, b *Run) error {
	for i, r := range []*Run{a, b} {
		if p.corpus != nil {
			if v := p.corpus.Metric(total([][][]float64{p.corpus.Baseline, p.corpus.Run}[i])); math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("compare: task %s: %s is %v in run %s", p.task, p.metric.Metric, p.flip(v), r.name())
			}
			continue
		}
		for j, v := range [][]float64{p.a, p.b}[i] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("compare: task %s: item %q has the value %v in run %s", p.task, p.ids[j], p.flip(v), r.name())
			}
		}
	}
	return nil
}

func (p *pairing) pairValues(both [][2]*Item) {
	if !p.metric.HigherIsBetter {
		p.flip = func(v float64) float64 { return 1 - v } // zeros and ones stay such
	}
	for _, t := range both {
		p.a = append(p.a, p.flip(t[0].Value))
		p.b = append(p.b, p.flip(t[1].Value))
	}
}

func (p *pairing) pairStats(both [][2]*Item, metric func(map[string]float64) float64) {
	if !p.metric.HigherIsBetter {
		p.flip = func(v float64) float64 { return -v }
	}
	names := map[string]bool{}
	for _, t := range both {
		for _, item := range t {
			for name := range item.Stats {
				names[name] = true
			}
		}
	}
	columns := slices.Sorted(maps.Keys(names))
	row := func(item *Item) []float64 {
		r := make([]float64, len(columns))
		for j, name := range columns {
			r[j] = item.Stats[name]
		}
		return r
	}
	sums := make(map[string]float64, len(columns))
	p.corpus = &metrics.CorpusPairs{Metric: func(total []float64) float64 {
		for j, name := range columns {
			sums[name] = total[j]
		}
		return p.flip(metric(sums))
	}}
	for _, t := range both {
		p.corpus.Baseline = append(p.corpus.Baseline, row(t[0]))
		p.corpus.Run = append(p.corpus.Run, row(t[1]))
	}
}

// pairs are what a gate takes. unit is the range of the scores.
func (p *pairing) pairs() (pairs metrics.Pairs, unit float64) {
	pairs = metrics.Pairs{Name: p.task, Clusters: p.clusters}
	unit = p.unit()
	scaled := func(values []float64) []float64 {
		out := slices.Clone(values)
		for i := range out {
			out[i] /= unit
		}
		return out
	}
	if p.corpus == nil {
		pairs.Baseline, pairs.Run = scaled(p.a), scaled(p.b)
		return pairs, unit
	}
	c := *p.corpus
	c.Metric = func(sum []float64) float64 { return p.corpus.Metric(sum) / unit }
	pairs.Corpus = &c
	return pairs, unit
}

// unit is the range of the metric, 1 or 100 for most: one point is a hundredth of it. Where it is not known it is guessed from the values.
func (p *pairing) unit() float64 {
	if p.most > 0 {
		return p.most
	}
	most := 0.
	if p.corpus != nil {
		most = max(math.Abs(p.corpus.Metric(total(p.corpus.Baseline))), math.Abs(p.corpus.Metric(total(p.corpus.Run))))
	}
	for _, list := range [][]float64{p.a, p.b} {
		for _, v := range list {
			most = max(most, math.Abs(v))
		}
	}
	if most > 1 {
		return 100
	}
	return 1
}

func total(rows [][]float64) []float64 {
	sum := make([]float64, len(rows[0]))
	for _, r := range rows {
		for j, v := range r {
			sum[j] += v
		}
	}
	return sum
}

// binary says whether all scores are 0 or 1, and can be nothing else between.
func (p *pairing) binary() bool {
	for _, list := range [][]float64{p.a, p.b} {
		for _, v := range list {
			if v != 0 && v != 1 {
				return false
			}
		}
	}
	return p.corpus == nil && p.unit() == 1
}

// rows are the statistics of both runs for tests that sum them, and the metric over sums.
func (p *pairing) rows() (a, b [][]float64, metric func([]float64) float64) {
	if p.corpus != nil {
		return p.corpus.Baseline, p.corpus.Run, p.corpus.Metric
	}
	counted := func(values []float64) [][]float64 {
		out := make([][]float64, len(values))
		for i, v := range values {
			out[i] = []float64{v, 1}
		}
		return out
	}
	return counted(p.a), counted(p.b), func(sum []float64) float64 { return sum[0] / sum[1] }
}
