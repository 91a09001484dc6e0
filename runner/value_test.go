package runner

import (
	"math"
	"testing"

	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

func scored(cluster string, metrics, stats map[string]float64) *reports.Sample {
	return &reports.Sample{Verdict: reports.VerdictWrong, Cluster: cluster, Metrics: metrics, Stats: stats}
}

func accs(clusters string, values ...float64) []*reports.Sample {
	var out []*reports.Sample
	for i, v := range values {
		c := ""
		if i < len(clusters) {
			c = clusters[i : i+1]
		}
		out = append(out, scored(c, map[string]float64{"acc": v}, nil))
	}
	return out
}

func TestValue(t *testing.T) {
	proportion := tasks.Metric{Name: "acc", Proportion: true}
	mean := tasks.Metric{Name: "acc"}
	t.Run("a proportion has the Wilson interval and the harness's standard error", func(t *testing.T) {
		v, ok := value(proportion, accs("", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1)
		// 1 of 10: 0.0178762, 0.4041500; standard error sqrt(0.1*0.9/9).
		if !ok || v.Value != 0.1 || v.N != 10 || math.Abs(v.CI95[0]-0.0178762) > 1e-7 || math.Abs(v.CI95[1]-0.4041500) > 1e-7 || math.Abs(*v.Stderr-0.1) > 1e-12 {
			t.Errorf("%+v %v %v", v, v.CI95, v.Stderr)
		}
		if v.ClusterCI95 != nil {
			t.Error("an interval over texts although no two items share one")
		}
	})
	t.Run("items that share a text", func(t *testing.T) {
		v, _ := value(proportion, accs("aaabbb", 1, 1, 1, 0, 0, 0), 1)
		if v.ClusterCI95 == nil || v.ClusterCI95[0] != 0 || v.ClusterCI95[1] != 1 {
			t.Errorf("two texts, one all right and one all wrong: %v", v.ClusterCI95)
		}
		m, _ := value(mean, accs("aaabbb", 1, 1, 1, 0, 0, 0), 1)
		if *m.CI95 != *v.ClusterCI95 || m.ClusterCI95 != nil {
			t.Errorf("a mean that is no proportion: %v", m.CI95)
		}
	})
	t.Run("one text says nothing about others", func(t *testing.T) {
		v, _ := value(mean, accs("aaa", 1, 0.5, 0), 1)
		if v.CI95 != nil || v.Stderr != nil || v.Value != 0.5 {
			t.Errorf("%+v", v)
		}
	})
	t.Run("one item", func(t *testing.T) {
		v, _ := value(proportion, accs("", 1), 1)
		if v.Stderr != nil || v.CI95 == nil || v.CI95[1] != 1 || v.CI95[0] > 0.25 {
			t.Errorf("%+v", v)
		}
	})
	t.Run("no items, or none that count", func(t *testing.T) {
		failed := accs("", 1)
		failed[0].Verdict = reports.VerdictError
		for _, samples := range [][]*reports.Sample{nil, failed, {scored("", map[string]float64{"f1": 1}, nil)}} {
			if v, ok := value(proportion, samples, 1); ok {
				t.Errorf("value %+v of nothing", v)
			}
		}
	})
	t.Run("values that are no proportion have no Wilson interval", func(t *testing.T) {
		if v, _ := value(proportion, accs("", 1, 0.5), 1); v.CI95 != nil {
			t.Errorf("%v", v.CI95)
		}
	})
	t.Run("a corpus metric is recomputed from sums", func(t *testing.T) {
		m := tasks.Metric{Name: "micro", Corpus: func(sum map[string]float64) float64 { return sum["hit"] / sum["n"] }}
		var samples []*reports.Sample
		for i := range 50 {
			samples = append(samples, scored("", nil, map[string]float64{"hit": float64(i % 2 * 3), "n": 4}))
		}
		v, ok := value(m, samples, 1)
		if !ok || v.Value != 0.375 || v.N != 50 || v.CI95[0] >= 0.375 || v.CI95[1] <= 0.375 {
			t.Fatalf("%+v %v", v, v.CI95)
		}
		// The standard error of the mean of 0 and 0.75, each with probability one half.
		if want := 0.375 / math.Sqrt(50); math.Abs(*v.Stderr-want) > 0.03*want {
			t.Errorf("standard error %v, want about %v", *v.Stderr, want)
		}
		again, _ := value(m, samples, 1)
		if *again.CI95 != *v.CI95 || *again.Stderr != *v.Stderr {
			t.Error("the same seed gives other intervals")
		}
	})
	t.Run("a corpus metric that divides by nothing has no value", func(t *testing.T) {
		m := tasks.Metric{Name: "micro", Corpus: func(sum map[string]float64) float64 { return sum["hit"] / sum["n"] }}
		if v, ok := value(m, []*reports.Sample{scored("", nil, nil)}, 1); ok {
			t.Errorf("%+v", v)
		}
	})
}

func TestPercentiles(t *testing.T) {
	var v []float64
	for i := 100; i >= 1; i-- {
		v = append(v, float64(i))
	}
	if got := percentiles(v); got != (reports.Percentiles{P50: 50, P90: 90, P99: 99}) {
		t.Errorf("%+v", got)
	}
	if got := percentiles([]float64{7}); got != (reports.Percentiles{P50: 7, P90: 7, P99: 7}) {
		t.Errorf("%+v", got)
	}
	if got := percentiles(nil); got != (reports.Percentiles{}) {
		t.Errorf("%+v", got)
	}
}
