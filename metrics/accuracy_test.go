package metrics

import (
	"math"
	"testing"
)

func TestArgmax(t *testing.T) {
	inf := math.Inf(-1)
	for _, tc := range []struct {
		name   string
		values []float64
		want   int
	}{
		{"none", nil, -1},
		{"largest", []float64{-3, -1, -2}, 1},
		{"tie takes the first", []float64{-2, -1, -1}, 1},
		{"all equal", []float64{5, 5, 5}, 0},
		{"all impossible", []float64{inf, inf}, 0},
		{"one possible", []float64{inf, -900}, 1},
		{"not a number", []float64{1, math.NaN()}, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Argmax(tc.values); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func TestMeanAndStdErr(t *testing.T) {
	values := []float64{1, 0, 1, 1}
	mean, _ := Mean(values)
	near(t, "mean", mean, 0.75)
	stderr, ok := StdErr(values)
	if !ok {
		t.Error("no standard error")
	}
	near(t, "stderr", stderr, 0.25) // √(0.75/3)/√4
	if _, ok := Mean(nil); ok {
		t.Error("a mean of nothing")
	}
	if _, ok := StdErr([]float64{1}); ok {
		t.Error("a standard error of one value")
	}
	if _, ok := ClusterStdErr(values, []string{"a", "a", "a", "a"}); ok {
		t.Error("a standard error of one cluster")
	}
	if _, ok := ClusterStdErr(values, []string{"a"}); ok {
		t.Error("a standard error with too few clusters")
	}
	alone, _ := ClusterStdErr(values, []string{"", "", "", ""})
	near(t, "clusters of one", alone, stderr*math.Sqrt(3.0/4))
}
