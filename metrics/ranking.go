package metrics

import (
	"cmp"
	"math"
	"slices"
)

// Ranking returns the indexes of scores from the highest to the lowest; of equal scores the lower index comes first, as in [Argmax].
// NaN comes last.
func Ranking(scores []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) }) // NaN is less than all
	return order
}

// ReciprocalRank returns one over the place, from 1 on, of the first relevant result; 0 when none is. Its mean over queries is MRR.
// relevant says of each result, the best first, whether it is.
//
// Source: Voorhees, The TREC-8 question answering track report, 1999.
func ReciprocalRank(relevant []bool) float64 {
	for i, r := range relevant {
		if r {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// HitAt returns 1 when one of the first k results is relevant and else 0: recall@k as image retrieval counts it, where any of an
// image's captions will do.
func HitAt(relevant []bool, k int) float64 {
	return truth(slices.Contains(relevant[:min(max(k, 0), len(relevant))], true))
}

// RecallAt returns the share of all relevant documents that are among the first k results. total counts those that exist, found or not. ok is false
// when there are none, or fewer than results claim.
func RecallAt(relevant []bool, k, total int) (recall float64, ok bool) {
	var found, all float64
	for i, r := range relevant {
		all += truth(r)
		if i < k {
			found += truth(r)
		}
	}
	if total <= 0 || all > float64(total) {
		return 0, false
	}
	return found / float64(total), true
}

// NDCGAt returns the discounted cumulative gain of the first k results, Σ (2^gain − 1)/log2(place + 1), over that of the best order of
// ideal, the gains of all documents that exist. ok is false where the best order has none, and for a gain that is negative or no number.
//
// Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002, with the gains of Burges et al. 2005.
func NDCGAt(gains, ideal []float64, k int) (ndcg float64, ok bool) {
	sum := func(gains []float64) (sum float64) {
		for i, g := range gains[:min(max(k, 0), len(gains))] {
			sum += (math.Exp2(g) - 1) / math.Log2(float64(i+2))
		}
		return sum
	}
	for _, list := range [][]float64{gains, ideal} {
		for _, g := range list {
			if !(g >= 0 && g <= 1000) {
				return 0, false
			}
		}
	}
	best := slices.Clone(ideal)
	slices.Sort(best)
	slices.Reverse(best)
	whole := sum(best)
	if whole == 0 {
		return 0, false
	}
	return sum(gains) / whole, true
}
