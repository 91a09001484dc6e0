package metrics

// InfiniteBenchF1 is the score of InfiniteBench's Chinese questions (Zh.QA), in [0,1]: the F1 of the multisets of characters of both texts,
// made plain by [LongBenchPlain]; the best over golds. Its README calls the metric ROUGE; the program and the published numbers are this.
//
// Source: qa_f1_score_zh in github.com/OpenBMB/InfiniteBench, src/compute_scores.py.
func InfiniteBenchF1(prediction string, golds []string) (best float64) {
	tokens := Characters(LongBenchPlain(prediction))
	for _, gold := range golds {
		best = max(best, multisetF1(tokens, Characters(LongBenchPlain(gold))))
	}
	return best
}
