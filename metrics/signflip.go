package metrics

import (
	"math"
	"slices"
)

// negligible is a probability that no result shows.
const negligible = 1e-40

// SignFlip is McNemar's exact test for items that come in clusters: of each cluster, net is how many items were lost minus how many
// were won, and under no difference between the runs either sign is as likely. It returns the one-sided p value of as many net losses
// as were seen. With clusters of one item it is the exact one-sided McNemar test.
func SignFlip(net []int) (p float64) {
	// Of the sum of all sizes the part with a positive sign is counted; it was seen to be positive.
	ones, seen := 0, 0
	var sizes []int
	for _, d := range net {
		seen += max(0, d)
		switch size := max(d, -d); size {
		case 0:
		case 1:
			ones++
		default:
			sizes = append(sizes, size)
		}
	}
	slices.Sort(sizes)
	// chance[i] is the probability of a positive part of from+i.
	from, chance := 0, make([]float64, ones+1)
	for k := range chance {
		chance[k] = binomialMass(float64(k), float64(ones), 0.5, 0.5)
	}
	for _, size := range sizes {
		from, chance = trim(from, chance)
		next := make([]float64, len(chance)+size)
		for i, c := range chance {
			next[i] += c / 2
			next[i+size] += c / 2
		}
		chance = next
	}
	for i, c := range slices.Backward(chance) {
		if from+i < seen {
			break
		}
		p += c
	}
	return min(1, p)
}

// trim drops both ends of a distribution where they are negligible, which keeps it as short as its spread.
func trim(from int, chance []float64) (int, []float64) {
	for len(chance) > 1 && chance[0] < negligible {
		from, chance = from+1, chance[1:]
	}
	for len(chance) > 1 && chance[len(chance)-1] < negligible {
		chance = chance[:len(chance)-1]
	}
	return from, chance
}

// pairedScore is Tango's statistic for the difference of two proportions on the same items: how far lost − won is from drop·n, in
// standard deviations computed under that drop. It stays finite where nothing was lost or won, unlike the usual standard error.
//
// Source: Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design, 1998.
func pairedScore(lost, won, n, drop float64) float64 {
	// The probability to be won, most likely under the drop.
	a := 2 * n
	b := -lost - won + (2*n-lost+won)*drop
	c := -won * drop * (1 - drop)
	q := (math.Sqrt(max(0, b*b-4*a*c)) - b) / (2 * a)
	variance := n * (2*q + drop*(1-drop))
	apart := lost - won - n*drop
	if !(variance > 0) {
		if apart == 0 {
			return 0
		}
		return math.Copysign(math.Inf(1), apart)
	}
	return apart / math.Sqrt(variance)
}
