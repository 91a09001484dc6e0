// Package metrics computes scores and their uncertainty. All functions are pure: same arguments, same bits.
//
//   - [Argmax], [Mean], [StdErr], [ClusterStdErr]: choices, means and their standard errors.
//   - [CMRC], [CMRCSegments], [Treebank]: exact match and F1 of the CMRC 2018 script.
//   - [Counts], [SurfaceCounts], [SpanCounts], [MacroF1]: the CLUENER score and strict span F1.
//   - [BLEU], [ChrF]: translation scores, of corpora and sentences, with their signatures and the sums that resampling needs
//     ([BLEUStats], [ChrFStats]).
//   - [Tokenizer], [Tokenizers], [Words]: what a text is split into: Chinese characters, words, or by sacreBLEU's rules.
//   - [Jieba]: words of Chinese text, as jieba 0.42.1 cuts them, with lexicons of a domain.
//   - [Rouge], [RougeChinese], [RougePltrdy]: overlap with a summary in our convention and the three that others use.
//   - [CharF1], [LongBenchF1], [LongBenchRouge], [LongBenchRetrieval], [LongBenchClass]: answers as LawBench and LongBench score them.
//   - [LawBenchChoice], [LawBenchSet], [LawBenchEntities] and others, [InfiniteBenchF1]: answers as those benchmarks score them.
//   - [Scorers], [Measure]: the metrics that compare texts with references, by name.
//   - [EntityWordCounts]: how many words of the entities are there.
//   - [TagEntities]: entities from B-PER and the like, as seqeval reads them, for [SpanCounts].
//   - [Ranking], [ReciprocalRank], [HitAt], [RecallAt], [NDCGAt]: search results.
//   - [Likelihood]: perplexity per token, character and byte. [DivergenceAt], [Divergence]: KL and top-1 agreement of two models.
//   - [Brier], [ECE], [Calibration]: whether confidence is deserved.
//   - [Wilson], [ClopperPearson], [Bootstrap], [Interval]: intervals; the bootstrap resamples clusters where items share a text, and
//     recomputes corpus metrics from sums ([Percentile], [Expanded], [BCa]).
//   - [ClusterMean], [Ratio], [Estimate]: means and ratios with standard errors that are right for clusters, few ones too.
//   - [McNemarExact], [McNemarMidP], [SignFlip], [Permutation], [PairedT], [SignedRank]: do two runs on the same items differ?
//   - [HodgesLehmann]: the middle of paired differences of any symmetric distribution, with its exact interval.
//   - [McNemarDesign]: which drop a test would have seen, and how often.
//   - [Gate], [Change]: is a run worse than its baseline, equivalent to it, or is it too little to tell; over one task or many, corpus metrics
//     ([CorpusPairs]) among them.
//   - [EquivalentPaired], [Estimate.Equivalent]: is a difference smaller than a margin?
//   - [ChangePoints]: where the level of a series changes, such as that of a latency by night.
//   - [Holm], [BenjaminiHochberg]: p values of several tests.
//   - [Pearson], [Spearman], [KendallTauB]: correlations.
//
// docs/statistics.md says which of them a report uses, and what each was measured to cover.
//
// It knows nothing of tasks, records or models, and nothing of files, but for the dictionary that [NewJieba] reads. A metric of an empty
// set is no number: functions return ok = false rather than 0 or NaN.
//
//	em, f1 := metrics.CMRC("1999年", []string{"1999年", "在1999年"})
//	ci, ok := metrics.Wilson(41, 50, 0.95)
//	ci, ok = metrics.Bootstrap{Seed: 1}.Mean(f1s, clusters)
package metrics
