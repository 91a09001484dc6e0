package compare

import (
	"math"
	"testing"
)

// A metric to 100 is one also where its values are below 1.
func TestGateRange(t *testing.T) {
	bleu := func(value float64) Task {
		t := microTask("x", 2, 2, 2, 2, 2, 2)
		for i := range t.Items {
			t.Items[i].Stats = map[string]float64{"right": 4 * value, "asked": 4}
			t.Samples[i].Stats = t.Items[i].Stats
		}
		t.Range = 100
		return t
	}
	for _, tc := range []struct{ before, after float64 }{{0.8, 0.4}, {1.2, 0.8}, {40.4, 40}} {
		g := mustGate(t, newRun("a", bleu(tc.before)), newRun("b", bleu(tc.after)), GateOptions{})
		if x := g.Tasks[0]; math.Abs(x.Drop-0.4) > 1e-9 || math.Abs(x.Baseline-tc.before) > 1e-9 {
			t.Errorf("%v to %v: a drop of %v points from %v", tc.before, tc.after, x.Drop, x.Baseline)
		}
	}
	// Scores of single answers, all 0 or 1 of 100, are not right and wrong.
	a, b := accTask("x", "110"), accTask("x", "100")
	a.Range, b.Range = 100, 100
	if x := mustGate(t, newRun("a", a), newRun("b", b), GateOptions{}).Tasks[0]; math.Abs(x.Drop-1./3) > 1e-9 {
		t.Errorf("a drop of %v points", x.Drop)
	}
}
