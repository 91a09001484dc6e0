package metrics

import (
	"math"
	"testing"
)

func TestClusterMeanOfSingles(t *testing.T) {
	values := skewed(20)
	want, _ := StdErr(values)
	got, ok := ClusterMean(values, nil)
	if !ok {
		t.Fatal("no estimate")
	}
	near(t, "standard error", got.StdErr, want)
	near(t, "degrees of freedom", got.Freedom, 19)
	_, _, ci, _ := PairedT(values, 0.95)
	near(t, "low", got.Interval(0.95).Low, ci.Low)
	near(t, "high", got.Interval(0.95).High, ci.High)
}

// The closed form is that of Bell and McCaffrey's matrices, written out for unequal clusters.
func TestClusterMeanMatrices(t *testing.T) {
	values := skewed(9)
	names := []string{"a", "b", "a", "a", "c", "b", "d", "a", "c"}
	groups := group(names, len(names))
	n := float64(len(values))
	mean, _ := Mean(values)
	columns := make([][]float64, len(groups)) // (I−H)_g·A_g·1 / n, each of length n
	var variance float64
	for g, members := range groups {
		size := float64(len(members))
		adjust := 1 / math.Sqrt(1-size/n)
		column := make([]float64, len(values))
		for i := range column {
			column[i] = -size / n * adjust / n
		}
		var sum float64
		for _, i := range members {
			column[i] += adjust / n
			sum += (values[i] - mean) * adjust / n
		}
		columns[g] = column
		variance += sum * sum
	}
	var trace, squares float64
	for g := range columns {
		for h := range columns {
			var product float64
			for i := range values {
				product += columns[g][i] * columns[h][i]
			}
			squares += product * product
			if g == h {
				trace += product
			}
		}
	}
	got, ok := ClusterMean(values, names)
	if !ok {
		t.Fatal("no estimate")
	}
	near(t, "mean", got.Value, mean)
	near(t, "standard error", got.StdErr, math.Sqrt(variance))
	near(t, "degrees of freedom", got.Freedom, trace*trace/squares)
}

func TestRatio(t *testing.T) {
	// Denominators that are all alike leave the error of a mean.
	values := skewed(30)
	threes := make([]float64, len(values))
	for i := range threes {
		threes[i] = 3
	}
	mean, _ := ClusterMean(values, nil)
	got, ok := Ratio(values, threes, nil)
	if !ok {
		t.Fatal("no estimate")
	}
	near(t, "ratio", got.Value, mean.Value/3)
	near(t, "standard error", got.StdErr, mean.StdErr/3)
	near(t, "degrees of freedom", got.Freedom, mean.Freedom)
	// An exact proportion has no error.
	if got, ok = Ratio([]float64{1, 2, 3}, []float64{2, 4, 6}, nil); !ok || got.StdErr != 0 || got.Value != 0.5 {
		t.Errorf("proportional lists: %+v %v", got, ok)
	}
	for name, ok := range map[string]bool{
		"nothing":       estimated(Ratio(nil, nil, nil)),
		"lengths":       estimated(Ratio([]float64{1}, []float64{1, 2}, nil)),
		"one cluster":   estimated(Ratio([]float64{1, 2}, []float64{1, 1}, []string{"a", "a"})),
		"zeros":         estimated(Ratio([]float64{1, 2}, []float64{0, 0}, nil)),
		"negative":      estimated(Ratio([]float64{1, 2}, []float64{3, -1}, nil)),
		"all in one":    estimated(Ratio([]float64{1, 0}, []float64{1, 0}, nil)),
		"NaN":           estimated(Ratio([]float64{math.NaN(), 0}, []float64{1, 1}, nil)),
		"many clusters": estimated(Ratio([]float64{1, 0}, []float64{1, 1}, []string{"a"})),
	} {
		if ok {
			t.Errorf("%s: an estimate", name)
		}
	}
}

func estimated(_ Estimate, ok bool) bool { return ok }
