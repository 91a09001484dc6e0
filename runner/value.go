package runner

import (
	"math"

	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

const confidence = 0.95

// value computes a metric over the scored samples that have it. ok is false when there is none: an empty set has no value.
func value(m tasks.Metric, samples []*reports.Sample, seed uint64) (v reports.Value, ok bool) {
	if m.Corpus != nil {
		return corpusValue(m, samples, seed)
	}
	var values []float64
	var clusters []string
	for _, item := range items(m, samples) {
		values = append(values, item.Value)
		clusters = append(clusters, item.Cluster)
	}
	if m.By != "" {
		// A fold of zeros and ones may be one of them by its nature (all right, any flip) or by chance (a mean).
		share := m.Proportion
		m.Proportion = false
		if share || m.Fold != tasks.FoldMean {
			_, m.Proportion = proportionInterval(values)
		}
	}
	return meanValue(m, values, clusters, seed)
}

// items are what a metric is made of: samples, or what groups of them give together.
func items(m tasks.Metric, samples []*reports.Sample) []compare.Item {
	switch {
	case m.Joint != nil:
		return jointValues(m, samples)
	case m.By != "":
		return foldGroups(m, samples)
	}
	var out []compare.Item
	for _, s := range samples {
		if !s.Scored() {
			continue
		}
		item := compare.Item{ID: s.DocID, Cluster: s.Cluster}
		if m.Corpus != nil {
			item.Stats = s.Stats
		} else if x, has := s.Metrics[m.Value()]; has {
			item.Value = x
		} else {
			continue
		}
		out = append(out, item)
	}
	return out
}

// meanValue is the mean of values with its intervals.
func meanValue(m tasks.Metric, values []float64, clusters []string, seed uint64) (v reports.Value, ok bool) {
	mean, ok := metrics.Mean(values)
	if !ok {
		return v, false
	}
	v = reports.Value{Value: mean, N: len(values)}
	shared := share(clusters)
	se, ok := metrics.StdErr(values)
	if shared {
		var e metrics.Estimate
		e, ok = metrics.ClusterMean(values, clusters)
		se = e.StdErr
	}
	if ok {
		v.Stderr = &se
	}
	boot := metrics.Bootstrap{Draws: bootstrapDraws, Confidence: confidence, Seed: seed, Method: metrics.Expanded}
	if !m.Proportion {
		if independent(clusters) > 1 {
			v.CI95 = pair(boot.Mean(values, clusters))
		}
		return v, true
	}
	v.CI95 = pair(proportionInterval(values))
	if shared && independent(clusters) > 1 {
		v.ClusterCI95 = pair(boot.Mean(values, clusters))
	}
	return v, true
}

// independent counts what can be resampled: clusters, and items without one. Resampling a single thing says nothing.
func independent(clusters []string) int {
	n := 0
	seen := map[string]bool{}
	for _, c := range clusters {
		if c == "" || !seen[c] {
			n++
		}
		seen[c] = true
	}
	return n
}

// share says whether any two items belong to the same cluster.
func share(clusters []string) bool {
	seen := map[string]bool{}
	for _, c := range clusters {
		if c != "" && seen[c] {
			return true
		}
		seen[c] = true
	}
	return false
}

func pair(ci metrics.Interval, ok bool) *[2]float64 {
	if !ok || math.IsNaN(ci.Low+ci.High) || math.IsInf(ci.Low, 0) || math.IsInf(ci.High, 0) {
		return nil
	}
	return &[2]float64{ci.Low, ci.High}
}

// proportionInterval is the score interval of values that are 0 or 1.
func proportionInterval(values []float64) (metrics.Interval, bool) {
	k := 0
	for _, x := range values {
		switch x {
		case 0:
		case 1:
			k++
		default:
			return metrics.Interval{}, false
		}
	}
	return metrics.Wilson(k, len(values), confidence)
}

// corpusValue computes a metric from statistics that are summed over the set.
func corpusValue(m tasks.Metric, samples []*reports.Sample, seed uint64) (v reports.Value, ok bool) {
	var stats []map[string]float64
	var clusters []string
	sum := map[string]float64{}
	for _, s := range samples {
		if !s.Scored() {
			continue
		}
		stats = append(stats, s.Stats)
		clusters = append(clusters, s.Cluster)
		for name, x := range s.Stats {
			sum[name] += x
		}
	}
	if len(stats) == 0 {
		return v, false
	}
	whole := m.Corpus(sum)
	if math.IsNaN(whole) || math.IsInf(whole, 0) {
		return v, false
	}
	v = reports.Value{Value: whole, N: len(stats)}
	if independent(clusters) < 2 {
		return v, true
	}
	// The standard error is the spread of the draws that the interval is made of (Welford's sums).
	var draws, mean, squares float64
	boot := metrics.Bootstrap{Draws: bootstrapDraws, Confidence: confidence, Seed: seed, Method: metrics.Expanded}
	v.CI95 = pair(boot.Corpus(stats, clusters, func(sum map[string]float64) float64 {
		x := m.Corpus(sum)
		draws++
		d := x - mean
		mean += d / draws
		squares += d * (x - mean)
		return x
	}))
	if se := math.Sqrt(squares / (draws - 1)); v.CI95 != nil && !math.IsNaN(se) && !math.IsInf(se, 0) {
		v.Stderr = &se
	}
	return v, true
}
