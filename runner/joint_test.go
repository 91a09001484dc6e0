package runner

import (
	"math"
	"slices"
	"testing"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// Each sample's value is the number of members of its cluster that were scored; a member without the statistic has none.
func TestJointValues(t *testing.T) {
	m := tasks.Metric{Name: "size", Joint: func(cluster []map[string]float64) []float64 {
		out := make([]float64, len(cluster))
		for i := range out {
			out[i] = float64(len(cluster))
			if _, ok := cluster[i]["x"]; !ok {
				out[i] = math.NaN()
			}
		}
		return out
	}}
	sample := func(cluster, verdict string, x bool) *reports.Sample {
		s := &reports.Sample{Cluster: cluster, Verdict: verdict}
		if x {
			s.Stats = map[string]float64{"x": 1}
		}
		return s
	}
	samples := []*reports.Sample{
		sample("a", "correct", true), sample("", "wrong", true), sample("b", "wrong", true), sample("a", "correct", true),
		sample("", "wrong", true), sample("a", reports.VerdictError, true), sample("b", "wrong", false),
	}
	var values []float64
	var clusters []string
	for _, item := range jointValues(m, samples) {
		values, clusters = append(values, item.Value), append(clusters, item.Cluster)
	}
	if !slices.Equal(values, []float64{2, 2, 1, 2, 1}) || !slices.Equal(clusters, []string{"a", "a", "", "b", ""}) {
		t.Errorf("values %v of clusters %q", values, clusters)
	}
	v, ok := value(m, samples, 1)
	if !ok || v.N != 5 || v.Value != 1.6 || v.CI95 == nil {
		t.Errorf("%+v %v", v, ok)
	}
	if _, ok := value(m, []*reports.Sample{sample("b", "wrong", false)}, 1); ok {
		t.Error("a value of nothing")
	}
}
