package compare

import (
	"fmt"
	"slices"

	"github.com/llama4-eval/llama4-eval/reports"
)

// A Run is a finished run as it is compared.
type Run struct {
	Record *reports.Record
	Tasks  []Task // in the order of the run
}

// A Task is what one run says of a task.
type Task struct {
	Name    string
	Shots   []string // doc ids of the worked examples
	Samples []reports.Sample
	Items   []Item // of the headline metric
	// Range is the largest value that the headline metric can have; 0 = not known: 1, or 100 where values pass 1.
	Range float64
	// Corpus computes the headline metric from summed statistics; nil = it is the mean of the items' values.
	Corpus func(sum map[string]float64) float64
}

// An Item is what the headline metric is made of: a sample, or a group of samples that make one value together.
type Item struct {
	ID      string             // unique in the task
	Cluster string             // items of one cluster are not independent; "" = it stands alone
	Value   float64            // finite; of a mean
	Stats   map[string]float64 // finite; of a corpus metric
}

func (r *Run) task(name string) *Task {
	i := slices.IndexFunc(r.Tasks, func(t Task) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Tasks[i]
}

// byID finds samples.
func (t *Task) byID() map[string]*reports.Sample {
	in := make(map[string]*reports.Sample, len(t.Samples))
	for i := range t.Samples {
		in[t.Samples[i].DocID] = &t.Samples[i]
	}
	return in
}

// headline is the first metric of a task.
func (r *Run) headline(task string) reports.MetricConfig {
	if list := r.Record.Configs[task].MetricList; len(list) > 0 {
		return list[0]
	}
	return reports.MetricConfig{}
}

// name is how messages call a run.
func (r *Run) name() string { return r.Record.Host.RunID }

// common lists the tasks of both runs in the order of the first one, and those that only one has. With only, other tasks do not exist.
func common(a, b *Run, only []string) (both, onlyA, onlyB []string, err error) {
	wanted := func(name string) bool { return len(only) == 0 || slices.Contains(only, name) }
	for _, name := range only {
		if a.task(name) == nil && b.task(name) == nil {
			return nil, nil, nil, fmt.Errorf("compare: neither run has the task %q", name)
		}
	}
	onlyA, onlyB = []string{}, []string{}
	for _, t := range a.Tasks {
		switch {
		case !wanted(t.Name):
		case b.task(t.Name) == nil:
			onlyA = append(onlyA, t.Name)
		default:
			both = append(both, t.Name)
		}
	}
	for _, t := range b.Tasks {
		if wanted(t.Name) && a.task(t.Name) == nil {
			onlyB = append(onlyB, t.Name)
		}
	}
	if len(both) == 0 {
		return nil, nil, nil, &Refused{a.name(), b.name(), []string{fmt.Sprintf("no task in common: %v in the reference, %v in the run", onlyA, onlyB)}}
	}
	return both, onlyA, onlyB, nil
}
