package tasks

import (
	"fmt"
	"hash/fnv"
	"math"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/metrics"
)

// jointMetric assigns candidates to the blanks of a line one to one, so that the sum of log-likelihoods is the largest there is. An idiom
// never fills two blanks of a line in the set; baselines make use of that, mostly by taking the surest blank first. It is
// another protocol than answering blank by blank.
var jointMetric = Metric{Name: "acc_joint", Proportion: true, HigherIsBetter: true, Joint: assignJointly}

// Names of statistics. The log-likelihood of candidate i is logprobStat(i).
const (
	goldStat  = "gold"
	groupStat = "candidates" // equal for blanks that share their candidates
)

func logprobStat(i int) string { return fmt.Sprintf("logprob:%d", i) }

// judgeChID is judgeChoice that keeps what the joint assignment needs.
func judgeChID(r datasets.Record, a Answer) Verdict {
	v := judgeChoice(r, a)
	if v.Outcome == Failed || len(a.Choices) == 0 {
		return v
	}
	h := fnv.New32a()
	for _, c := range r.Choices {
		fmt.Fprintf(h, "%d %s", len(c), c)
	}
	v.Stats = map[string]float64{goldStat: float64(r.Answer), groupStat: float64(h.Sum32())}
	for i, c := range a.Choices {
		// Impossible is very unlikely here: the assignment needs finite numbers, and so does JSON.
		v.Stats[logprobStat(i)] = max(c.LogProb, -1e9)
	}
	return v
}

// assignJointly gives 1 to blanks whose candidate in the best assignment of their line is right. Samples without log-likelihoods, asked by letter alone,
// have no value (NaN).
func assignJointly(cluster []map[string]float64) []float64 {
	out := make([]float64, len(cluster))
	groups := make(map[float64][]int)
	var order []float64
	for i, stats := range cluster {
		out[i] = math.NaN()
		group, ok := stats[groupStat]
		if !ok {
			continue
		}
		if groups[group] == nil {
			order = append(order, group)
		}
		groups[group] = append(groups[group], i)
	}
	for _, group := range order {
		members := groups[group]
		scores := make([][]float64, len(members))
		for k, i := range members {
			for c := 0; ; c++ {
				lp, ok := cluster[i][logprobStat(c)]
				if !ok {
					break
				}
				scores[k] = append(scores[k], lp)
			}
			if len(scores[k]) != len(scores[0]) {
				return out // statistics that no run wrote
			}
		}
		for k, choice := range metrics.Assign(scores) {
			out[members[k]] = 0
			if float64(choice) == cluster[members[k]][goldStat] {
				out[members[k]] = 1
			}
		}
	}
	return out
}
