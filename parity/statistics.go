package parity

import (
	"encoding/json"
	"math"

	"github.com/llama4-eval/llama4-eval/metrics"
)

type (
	confidence  struct{ Confidence float64 }
	nothing     struct{}
	pValue      struct{ P float64 }
	adjusted    struct{ Adjusted []float64 }
	disagreeing struct{ B, C int }
	paired      struct{ Differences []float64 }
	lists       struct{ X, Y []float64 }
	forecasts   struct {
		Probability []float64
		Label       []int
	}
)

// statisticChecks are the intervals, tests and measures of association and calibration that vectors can name.
func statisticChecks() map[string]vectorCheck {
	return map[string]vectorCheck{
		"wilson": checkCase(func(c confidence, in struct{ Successes, N int }, want metrics.Interval) float64 {
			return interval(want)(metrics.Wilson(in.Successes, in.N, c.Confidence))
		}),
		"wilson_95": checkCase(func(_ nothing, in struct{ K, N int }, want metrics.Interval) float64 {
			return interval(want)(metrics.Wilson(in.K, in.N, 0.95))
		}),
		"clopper_pearson": checkCase(func(c confidence, in struct{ Successes, N int }, want metrics.Interval) float64 {
			return interval(want)(metrics.ClopperPearson(in.Successes, in.N, c.Confidence))
		}),
		"cluster_stderr": checkCase(func(_ nothing, in clustered, want struct{ Stderr float64 }) float64 {
			return number(want.Stderr)(metrics.ClusterStdErr(in.Values, in.names()))
		}),
		"bca_quantiles": checkCase(checkBCA),
		"mcnemar_exact": checkCase(func(_ nothing, in disagreeing, want pValue) float64 {
			return difference(metrics.McNemarExact(in.B, in.C), want.P)
		}),
		"mcnemar_midp": checkCase(func(_ nothing, in disagreeing, want pValue) float64 {
			return number(want.P)(metrics.McNemarMidP(in.B, in.C))
		}),
		"mcnemar_exact_power": checkCase(checkPower),
		"mcnemar":             checkCase(checkMcNemar),
		"holm": checkCase(func(_ nothing, in struct{ P []float64 }, want adjusted) float64 {
			return farthest(metrics.Holm(in.P), want.Adjusted)
		}),
		"benjamini_hochberg": checkCase(func(_ nothing, in struct{ P []float64 }, want adjusted) float64 {
			return farthest(metrics.BenjaminiHochberg(in.P), want.Adjusted)
		}),
		"paired_t": checkCase(checkPairedT),
		"wilcoxon_exact": checkCase(func(_ nothing, in paired, want pValue) float64 {
			_, p, ok := metrics.SignedRank(in.Differences)
			return number(want.P)(p, ok)
		}),
		"paired_permutation_exact": checkCase(func(_ nothing, in struct{ A, B []float64 }, want struct {
			P float64 `json:"p_two_sided"`
		},
		) float64 {
			_, p, ok := metrics.Permutation{}.Means(in.A, in.B, nil)
			return number(want.P)(p, ok)
		}),
		"brier": checkCase(func(_ nothing, in forecasts, want struct{ Brier float64 }) float64 {
			return number(want.Brier)(metrics.Brier(in.Probability, in.outcomes()))
		}),
		"ece": checkCase(func(c struct{ Bins int }, in forecasts, want struct{ ECE float64 }) float64 {
			if c.Bins > 1e6 { // a bin is memory
				return math.Inf(1)
			}
			return number(want.ECE)(metrics.ECE(in.Probability, in.outcomes(), c.Bins))
		}),
		"spearman": checkCase(func(_ nothing, in lists, want struct{ Rho float64 }) float64 {
			return number(want.Rho)(metrics.Spearman(in.X, in.Y))
		}),
		"kendall_tau_b": checkCase(func(_ nothing, in lists, want struct{ Tau float64 }) float64 {
			return number(want.Tau)(metrics.KendallTauB(in.X, in.Y))
		}),
	}
}

func (f forecasts) outcomes() []bool {
	out := make([]bool, len(f.Label))
	for i, l := range f.Label {
		out[i] = l == 1
	}
	return out
}

func checkBCA(c confidence, in struct {
	Bootstrap, Jackknife []float64
	Estimate             float64
}, want struct {
	Bias         float64 `json:"z0"`
	Acceleration float64
	Low          float64 `json:"low_quantile"`
	High         float64 `json:"high_quantile"`
},
) float64 {
	got, ok := metrics.BCaLevels(in.Bootstrap, in.Jackknife, in.Estimate, c.Confidence)
	if !ok {
		return math.Inf(1)
	}
	return farthest([]float64{got.Bias, got.Acceleration, got.Low, got.High},
		[]float64{want.Bias, want.Acceleration, want.Low, want.High})
}

func checkPower(c struct{ Alpha float64 }, in struct {
	N    int
	Lost float64 `json:"p10"`
	Won  float64 `json:"p01"`
}, want struct{ Power float64 },
) float64 {
	return number(want.Power)(metrics.McNemarDesign{N: in.N, Won: in.Won, Alpha: c.Alpha}.Power(in.Lost - in.Won))
}

// checkMcNemar checks the forms that a case has values of; a p value that is null must not exist here either.
func checkMcNemar(_ nothing, in disagreeing, want struct {
	Exact              float64  `json:"exact_p"`
	MidP               *float64 `json:"midp"`
	ChiSquared         *float64 `json:"chi2"`
	ChiSquaredP        *float64 `json:"chi2_p"`
	CorrectedStatistic *float64 `json:"chi2_cc"`
	CorrectedP         *float64 `json:"chi2_cc_p"`
},
) float64 {
	worst := difference(metrics.McNemarExact(in.B, in.C), want.Exact)
	midP, ok := metrics.FagerlandMidP(in.B, in.C)
	if ok != (want.MidP != nil) {
		return math.Inf(1)
	}
	compare := func(got float64, ok bool, want *float64) {
		if want != nil {
			worst = max(worst, number(*want)(got, ok))
		}
	}
	compare(midP, ok, want.MidP)
	statistic, p, ok := metrics.McNemarChiSquared(in.B, in.C, false)
	compare(statistic, ok, want.ChiSquared)
	compare(p, ok, want.ChiSquaredP)
	statistic, p, ok = metrics.McNemarChiSquared(in.B, in.C, true)
	compare(statistic, ok, want.CorrectedStatistic)
	compare(p, ok, want.CorrectedP)
	return worst
}

func checkPairedT(c confidence, in paired, want struct{ Mean, P, Low, High float64 }) float64 {
	mean, p, ci, ok := metrics.PairedT(in.Differences, c.Confidence)
	if !ok {
		return math.Inf(1)
	}
	return farthest([]float64{mean, p, ci.Low, ci.High}, []float64{want.Mean, want.P, want.Low, want.High})
}

// number compares a value that may not exist with a wanted one.
func number(want float64) func(got float64, ok bool) float64 {
	return func(got float64, ok bool) float64 {
		if !ok {
			return math.Inf(1)
		}
		return difference(got, want)
	}
}

// interval compares an interval that may not exist with a wanted one.
func interval(want metrics.Interval) func(got metrics.Interval, ok bool) float64 {
	return func(got metrics.Interval, ok bool) float64 {
		if !ok {
			return math.Inf(1)
		}
		return max(difference(got.Low, want.Low), difference(got.High, want.High))
	}
}

// clustered are values of which those with the same cluster belong together.
type clustered struct {
	Values   []float64
	Clusters []json.Number
}

func (c clustered) names() []string {
	names := make([]string, len(c.Clusters))
	for i, n := range c.Clusters {
		names[i] = n.String()
	}
	return names
}
