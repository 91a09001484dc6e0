package runner

import (
	"fmt"
	"math"
	"slices"

	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// Comparable reads everything of a finished run that a comparison needs: samples, whose digest is checked, and the items of each headline
// metric, which are checked to give the value in the results. catalog says how metrics are computed; nil = tasks.All().
func (r *FinishedRun) Comparable(catalog []tasks.Task) (*compare.Run, error) {
	if catalog == nil {
		catalog = tasks.All()
	}
	out := &compare.Run{Record: r.Record}
	all := map[string][]reports.Sample{}
	for _, name := range r.Tasks() {
		samples, err := r.Samples(name)
		if err != nil {
			return nil, err
		}
		all[name] = samples
		t := compare.Task{Name: name, Shots: r.Shots(name), Samples: samples}
		conf := r.Record.Configs[name].MetricList[0]
		m, err := r.metric(catalog, name, conf)
		if err != nil {
			return nil, err
		}
		t.Items, t.Corpus, t.Range = items(m, pointers(samples)), m.Corpus, m.Range
		if err := r.checkValue(name, conf.Metric, &t); err != nil {
			return nil, err
		}
		out.Tasks = append(out.Tasks, t)
	}
	return out, r.CheckDigest(all)
}

func pointers(samples []reports.Sample) []*reports.Sample {
	out := make([]*reports.Sample, len(samples))
	for i := range samples {
		out[i] = &samples[i]
	}
	return out
}

// metric is how a headline metric is computed. A mean over samples needs nothing but its name; anything else must be known.
func (r *FinishedRun) metric(catalog []tasks.Task, task string, conf reports.MetricConfig) (tasks.Metric, error) {
	if i := slices.IndexFunc(catalog, func(t tasks.Task) bool { return t.Name == task }); i >= 0 {
		for _, m := range catalog[i].Metrics {
			if m.Name == conf.Metric && m.Aggregation() == conf.Aggregation {
				return m, nil
			}
		}
	}
	if conf.Aggregation == "mean" {
		return tasks.Metric{Name: conf.Metric, HigherIsBetter: conf.HigherIsBetter, Scale: conf.Scale}, nil
	}
	return tasks.Metric{}, fmt.Errorf("runner: run %s: this program cannot compute %s of task %s (%s): the task is not known to it, or has changed",
		r.Dir, conf.Metric, task, conf.Aggregation)
}

// checkValue computes a headline metric again.
func (r *FinishedRun) checkValue(task, metric string, t *compare.Task) error {
	var again float64
	ok := len(t.Items) > 0
	if t.Corpus != nil {
		sum := map[string]float64{}
		for _, item := range t.Items {
			for name, x := range item.Stats {
				sum[name] += x
			}
		}
		again = t.Corpus(sum)
		ok = ok && !math.IsNaN(again) && !math.IsInf(again, 0)
	} else {
		var values []float64
		for _, item := range t.Items {
			values = append(values, item.Value)
		}
		again, ok = metrics.Mean(values)
	}
	v, has := r.Record.Results[task].Values[metric]
	switch {
	case has != ok:
		return fmt.Errorf("runner: run %s: task %s: %s has a value in %s or by its samples, but not in both", r.Dir, task, metric, resultsName)
	case has && math.Abs(v.Value-again) > 1e-9*max(1, math.Abs(again)):
		return fmt.Errorf("runner: run %s: task %s: %s is %g in %s, and %g by its samples: the metric or the samples have changed since",
			r.Dir, task, metric, v.Value, resultsName, again)
	}
	return nil
}
