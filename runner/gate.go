package runner

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// A gate is one condition of Options.FailUnder.
type gate struct {
	task, metric string
	value        float64
}

func parseGate(s string) (gate, error) {
	bad := &OptionError{"FailUnder", s, `"task:metric=value", for example "tnews:acc=0.5"`}
	name, number, ok := strings.Cut(s, "=")
	task, metric, ok2 := strings.Cut(name, ":")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || !ok2 || err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return gate{}, bad
	}
	g := gate{strings.TrimSpace(task), strings.TrimSpace(metric), v}
	g.metric = strings.TrimSuffix(g.metric, ",none") // the key of results.json is accepted too
	if g.task == "" || g.metric == "" {
		return gate{}, bad
	}
	return g, nil
}

// checkGates finds conditions on tasks that are not run, before hours are spent on the others.
func checkGates(o Options, p *plan) error {
	for _, s := range o.FailUnder {
		g, err := parseGate(s)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.groups, func(h tasks.Group) bool { return h.Name == g.task }) {
			continue
		}
		i := slices.IndexFunc(p.tasks, func(t *plannedTask) bool { return t.task.Name == g.task })
		if i < 0 {
			return &OptionError{"FailUnder", s, "a task or suite that is run"}
		}
		var names []string
		for _, m := range p.tasks[i].task.Metrics {
			names = append(names, m.Name)
		}
		if !slices.Contains(names, g.metric) {
			return &OptionError{"FailUnder", s, "a metric of " + g.task + ": " + strings.Join(names, ", ")}
		}
	}
	return nil
}

// missed compares a finished record with the conditions. A value that does not exist misses its condition.
func missed(conditions []string, r *reports.Record) error {
	var e Missed
	for _, s := range conditions {
		g, err := parseGate(s)
		if err != nil {
			return err
		}
		res, ok := r.Results[g.task]
		if !ok {
			res = r.Groups[g.task]
		}
		higher := r.HigherIsBetter[g.task][g.metric]
		v, ok := res.Values[g.metric]
		switch {
		case !ok:
			e.Misses = append(e.Misses, Miss{Task: g.task, Metric: g.metric, Want: g.value, Lower: !higher})
		case higher && v.Value < g.value, !higher && v.Value > g.value:
			e.Misses = append(e.Misses, Miss{Task: g.task, Metric: g.metric, Want: g.value, Got: &v.Value, Lower: !higher})
		}
	}
	if len(e.Misses) == 0 {
		return nil
	}
	return &e
}
