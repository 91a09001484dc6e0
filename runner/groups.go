package runner

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// mixed is the name of a group's metric when the metrics of its members differ.
const mixed = "mean"

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// addGroups adds the means of the suites that were asked for: plain means over tasks, whatever their sizes. Members that were not run or
// have no value are left out and named in a warning. A group with fewer than two members needs no mean.
func addGroups(rec *reports.Record, p *plan) {
	for _, g := range p.groups {
		sum := summing{known: true, higher: true, shares: true}
		for _, name := range g.Members {
			sum.add(rec, p, g, name)
		}
		if len(sum.members) < 2 {
			continue
		}
		metric := mixed
		if len(slices.Compact(slices.Clone(sum.metrics))) == 1 {
			metric = sum.metrics[0]
		}
		rec.Groups[g.Name] = reports.Result{
			Alias: cmp.Or(g.Title, g.Name), Values: map[string]reports.Value{metric: sum.value()},
			Members: len(sum.members), Of: cmp.Or(g.Of, len(g.Members)),
		}
		rec.GroupSubtasks[g.Name] = sum.members
		rec.HigherIsBetter[g.Name] = map[string]bool{metric: sum.higher}
		if len(sum.missing) > 0 {
			rec.Warnings = append(rec.Warnings, reports.Warning{
				Task: g.Name, Code: "incomplete-group",
				Text: "mean without " + strings.Join(sum.missing, ", "),
			})
		}
	}
}

// summing is a mean in the making.
type summing struct {
	members, missing, metrics []string
	total, variance           float64
	known, higher             bool // standard error of every member is known; higher is better for all
	shares                    bool // every member's value is a share: it cannot leave [0,1]
}

func (s *summing) add(rec *reports.Record, p *plan, g tasks.Group, name string) {
	i := slices.IndexFunc(p.tasks, func(t *plannedTask) bool { return t.task.Name == name })
	if i < 0 || len(p.tasks[i].task.Metrics) == 0 {
		s.missing = append(s.missing, name)
		return
	}
	metric := cmp.Or(g.Metric, p.tasks[i].task.Metrics[0].Name)
	v, ok := rec.Results[name].Values[metric]
	if !ok {
		s.missing = append(s.missing, name)
		return
	}
	s.members = append(s.members, name)
	s.metrics = append(s.metrics, metric)
	s.shares = s.shares && proportion(p.tasks[i].task, metric)
	s.total += v.Value
	s.higher = s.higher && rec.HigherIsBetter[name][metric]
	if v.Stderr == nil {
		s.known = false
	} else {
		s.variance += *v.Stderr * *v.Stderr
	}
}

func proportion(t tasks.Task, metric string) bool {
	return slices.ContainsFunc(t.Metrics, func(m tasks.Metric) bool { return m.Name == metric && m.Proportion })
}

// value is the mean with a normal interval; members are independent of each other.
func (s *summing) value() reports.Value {
	n := float64(len(s.members))
	v := reports.Value{Value: s.total / n, N: len(s.members)}
	if s.known {
		se := math.Sqrt(s.variance) / n
		v.Stderr = &se
		v.CI95 = &[2]float64{v.Value - z95*se, v.Value + z95*se}
		if s.shares {
			v.CI95[0], v.CI95[1] = max(0, v.CI95[0]), min(1, v.CI95[1])
		}
	}
	return v
}

// groupsOf lists the groups of the suites asked for that have a member in the plan; names count once.
func groupsOf(o Options, p *plan) ([]tasks.Group, error) {
	var out []tasks.Group
	for _, s := range o.Suites {
		if !slices.Contains(o.Tasks, s.Name) {
			continue
		}
		for _, g := range s.Groups {
			if p.has(g.Name) {
				return nil, fmt.Errorf("runner: suite %s: group %s has the name of a task", s.Name, g.Name)
			}
			same := func(h tasks.Group) bool { return h.Name == g.Name }
			if slices.ContainsFunc(g.Members, p.has) && !slices.ContainsFunc(out, same) {
				out = append(out, g)
			}
		}
	}
	return out, nil
}
