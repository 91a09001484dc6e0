package parity

import (
	"encoding/json"
	"math"

	"github.com/llama4-eval/llama4-eval/metrics"
)

// statisticChecks are the intervals, tests and measures of association and calibration that vectors can name.
func statisticChecks() map[string]vectorCheck {
	type confidence struct{ Confidence float64 }
	return map[string]vectorCheck{
		"wilson": checkCase(func(c confidence, in struct{ Successes, N int }, want metrics.Interval) float64 {
			return interval(want)(metrics.Wilson(in.Successes, in.N, c.Confidence))
		}),
		"wilson_95": checkCase(func(_ struct{}, in struct{ K, N int }, want metrics.Interval) float64 {
			return interval(want)(metrics.Wilson(in.K, in.N, 0.95))
		}),
		"cluster_stderr": checkCase(func(_ struct{}, in clustered, want struct{ Stderr float64 }) float64 {
			return number(want.Stderr)(metrics.ClusterStdErr(in.Values, in.names()))
		}),
	}
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
