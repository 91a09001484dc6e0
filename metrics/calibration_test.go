package metrics

import (
	"math"
	"testing"
)

func TestCalibrationGolden(t *testing.T) {
	for _, metric := range []string{"brier", "ece"} {
		for _, v := range vectors(t, metric, "fixtures", "statistics.jsonl") {
			var config struct{ Bins int }
			var in struct {
				Probability []float64
				Label       []int
			}
			var want struct{ Brier, ECE float64 }
			decode(t, v.Config, &config)
			decode(t, v.Input, &in)
			decode(t, v.Expected, &want)
			outcomes := make([]bool, len(in.Label))
			for i, l := range in.Label {
				outcomes[i] = l == 1
			}
			got, ok := ECE(in.Probability, outcomes, config.Bins)
			if metric == "brier" {
				got, ok = Brier(in.Probability, outcomes)
			}
			if !ok {
				t.Errorf("%s: no value", v.ID)
			}
			near(t, v.ID, got, want.Brier+want.ECE)
		}
	}
}

// The edges of bins are i/n as float64 divides: 0.29·100 rounds below 29, and 0.29 still opens the 30th of 100 bins.
func TestCalibrationEdges(t *testing.T) {
	for n := 1; n <= 100; n++ {
		for i := range n + 1 {
			c := NewCalibration(n)
			if !c.Observe(float64(i)/float64(n), true) {
				t.Fatalf("%d/%d is not counted", i, n)
			}
			if c[min(i, n-1)].N != 1 {
				t.Errorf("%d/%d is in another bin: %v", i, n, c)
			}
		}
	}
}

func TestCalibrationSums(t *testing.T) {
	p := []float64{0, 0.05, 0.15, 0.5, 0.55, 0.95, 1}
	y := []bool{false, true, false, true, true, false, true}
	want, _ := ECE(p, y, 10)
	sum := NewCalibration(10)
	for i := range p {
		one := NewCalibration(0)
		one.Observe(p[i], y[i])
		sum.Add(one)
	}
	got, ok := sum.ECE()
	if !ok || math.Abs(got-want) > 1e-15 {
		t.Errorf("ECE of added bins %v (%v), want %v", got, ok, want)
	}
	for name, values := range map[string][]float64{"none": nil, "NaN": {math.NaN()}, "above": {1.5}, "below": {-0.1}, "longer": {0.5, 0.5}} {
		outcomes := []bool{true}[:min(1, len(values))]
		if got, ok := ECE(values, outcomes, 10); ok || got != 0 {
			t.Errorf("%s: ECE %v", name, got)
		}
		if got, ok := Brier(values, outcomes); ok || got != 0 {
			t.Errorf("%s: Brier %v", name, got)
		}
	}
	if got, ok := BrierChoices([]float64{0.2, 0.5, 0.3}, 1); !ok || math.Abs(got-0.38) > 1e-15 {
		t.Errorf("BrierChoices %v, want 0.38", got)
	}
	if _, ok := BrierChoices([]float64{1}, 1); ok {
		t.Error("BrierChoices of a gold that is no choice")
	}
}
