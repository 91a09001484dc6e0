package runner

import (
	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// A group is the samples that share a value of a tag.
type group struct {
	name    string
	values  []float64
	cluster string // that all members share; "" = they have none in common
	partial bool   // a member has no value
}

// foldGroups makes one value of each group of samples, in the order of their first members. The cluster of a group is that of its
// members, if they all have the same: groups on one text are not independent either.
func foldGroups(m tasks.Metric, samples []*reports.Sample) (out []compare.Item) {
	byValue := map[string]*group{}
	var order []*group
	for _, s := range samples {
		name := s.Tags[m.By]
		if name == "" {
			continue
		}
		g := byValue[name]
		if g == nil {
			g = &group{name: name, cluster: s.Cluster}
			byValue[name] = g
			order = append(order, g)
		}
		if g.cluster != s.Cluster {
			g.cluster = ""
		}
		x, has := s.Metrics[m.Value()]
		if !has || !s.Scored() {
			g.partial = true
			continue
		}
		g.values = append(g.values, x)
	}
	for _, g := range order {
		if g.partial && m.Fold != tasks.FoldMean {
			continue
		}
		if m.Members > 0 && len(g.values) != m.Members {
			continue
		}
		if x, ok := m.Fold.Of(g.values); ok {
			out = append(out, compare.Item{ID: g.name, Cluster: g.cluster, Value: x})
		}
	}
	return out
}
