package metrics

import (
	"math"
	"testing"
)

func TestLikelihood(t *testing.T) {
	// Two tokens of probability 1/2 and one of 1/4 for three characters of three bytes each.
	l := LikelihoodOf("北京市", []float64{-math.Ln2, -math.Ln2, -2 * math.Ln2})
	for what, c := range map[string]struct {
		f    func() (float64, bool)
		want float64
	}{
		"per token": {l.PerToken, math.Exp2(4.0 / 3)}, "per character": {l.PerChar, math.Exp2(4.0 / 3)},
		"per byte": {l.PerByte, math.Exp2(4.0 / 9)}, "bits per byte": {l.BitsPerByte, 4.0 / 9},
	} {
		got, ok := c.f()
		if !ok {
			t.Errorf("%s: no value", what)
		}
		near(t, what, got, c.want)
	}
	double := l
	double.Add(l)
	a, _ := l.PerByte()
	b, _ := double.PerByte()
	near(t, "the text twice", b, a)
	if double.Tokens != 6 || double.Chars != 6 || double.Bytes != 18 {
		t.Errorf("sums %+v", double)
	}
	for _, l := range []Likelihood{{}, {LogProb: math.NaN(), Tokens: 1, Chars: 1, Bytes: 1}, {Tokens: math.NaN(), Chars: -1}} {
		for _, f := range []func() (float64, bool){l.PerToken, l.PerChar, l.PerByte, l.BitsPerByte} {
			if got, ok := f(); ok || got != 0 {
				t.Errorf("%+v gives %v", l, got)
			}
		}
	}
	if got, ok := (Likelihood{LogProb: math.Inf(-1), Tokens: 1}).PerToken(); !ok || !math.IsInf(got, 1) {
		t.Errorf("an impossible token gives %v", got)
	}
}

func TestDivergence(t *testing.T) {
	// P = 1/4, 3/4 and Q = 1/2, 1/2: KL = ln 2 − entropy of P.
	p, q := []float64{math.Log(1), math.Log(3)}, []float64{5, 5}
	d, ok := DivergenceAt(p, q)
	if !ok || d.SameTop != 0 {
		t.Errorf("%+v, %v", d, ok)
	}
	near(t, "KL", d.KL, math.Ln2+0.25*math.Log(0.25)+0.75*math.Log(0.75))
	same, ok := DivergenceAt([]float32{1, 2, 3}, []float32{11, 12, 13})
	if !ok || same.SameTop != 1 || same.KL > 1e-15 {
		t.Errorf("shifted logits: %+v, %v", same, ok)
	}
	d.Add(same)
	kl, _ := d.Mean()
	agreement, ok := d.TopAgreement()
	near(t, "mean", kl, d.KL/2)
	if near(t, "agreement", agreement, 0.5); !ok {
		t.Error("no agreement")
	}
	inf := math.Inf(-1)
	if d, ok := DivergenceAt([]float64{0, 0, inf}, []float64{0, 0, inf}); !ok || d.KL > 1e-15 {
		t.Errorf("a token that both exclude: %+v, %v", d, ok)
	}
	if d, ok := DivergenceAt([]float64{0, 0}, []float64{0, inf}); !ok || !math.IsInf(d.KL, 1) {
		t.Errorf("a token that one excludes: %+v, %v", d, ok)
	}
	if d, ok := DivergenceAt([]float64{0, inf}, []float64{0, 0}); !ok || math.Abs(d.KL-math.Ln2) > 1e-15 {
		t.Errorf("a token that the reference excludes: %+v, %v", d, ok)
	}
	if d, ok := DivergenceAt([]float64{0, -1000}, []float64{0, inf}); !ok || d.KL > 1e-15 {
		t.Errorf("a token of no weight that the model excludes: %+v, %v", d, ok)
	}
	for _, c := range [][2][]float64{{nil, nil}, {{1}, {1, 2}}, {{math.NaN()}, {1}}, {{1, 2}, {2, math.NaN()}}, {{inf}, {inf}}, {{-inf}, {1}}} {
		if d, ok := DivergenceAt(c[0], c[1]); ok || d != (Divergence{}) {
			t.Errorf("%v gives %+v", c, d)
		}
	}
	if _, ok := (Divergence{}).Mean(); ok {
		t.Error("mean of no positions")
	}
	if _, ok := (Divergence{}).TopAgreement(); ok {
		t.Error("agreement of no positions")
	}
}
