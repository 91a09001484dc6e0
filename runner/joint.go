package runner

import (
	"math"

	"github.com/llama4-eval/llama4-eval/compare"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// jointValues are the values of a metric that the samples of a cluster get together, in the order of clusters. A sample that failed is
// not there for the others; one that has no value is left out.
func jointValues(m tasks.Metric, samples []*reports.Sample) (out []compare.Item) {
	var order [][]*reports.Sample
	place := map[string]int{}
	for _, s := range samples {
		if !s.Scored() {
			continue
		}
		at, seen := place[s.Cluster]
		if !seen || s.Cluster == "" {
			at = len(order)
			place[s.Cluster] = at
			order = append(order, nil)
		}
		order[at] = append(order[at], s)
	}
	for _, members := range order {
		stats := make([]map[string]float64, len(members))
		for i, s := range members {
			stats[i] = s.Stats
		}
		for i, x := range m.Joint(stats) {
			if !math.IsNaN(x) {
				out = append(out, compare.Item{ID: members[i].DocID, Cluster: members[i].Cluster, Value: x})
			}
		}
	}
	return out
}
