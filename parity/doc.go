// Package parity compares this build with recorded reference values, so that users can check it on their own hardware before
// they trust a number of it.
//
//   - Run looks at what each path is (a folder is walked), does the checks and returns a Report.
//   - Check: one comparison, with its worst deviation beside what is tolerated; it passes, fails, or is skipped for a reason.
//   - Perplexity: the perplexity of a text as llama-perplexity counts it.
//
// Kinds of reference values, one file each and listed in kinds.go: model folders (modelfolder.go), GGUF files (ggufs.go),
// tokenizers (tokenizers.go), block formats (quants.go), real models (realmodel.go), vectors (vectors.go) of metrics of texts
// (metrics.go) and of statistics (statistics.go). Kinds that exist and that this build cannot check are skipped with that reason.
//
// Values computed in float32 from the same weights agree to float rounding, and the tolerances of the reference values
// (2e-4 for logits) apply. Where the build rounds more than the reference does (activations to 8 bits at the fast kernel
// levels, keys and values to 16 bits with an f16 cache) the comparison is with the error that llama.cpp makes on the same input:
// rms at most 1.2 times, maximum at most 1.5 times its own.
//
// It does not run tasks and knows nothing of the engine's scheduler: it drives models by itself.
//
//	report, err := parity.Run(ctx, parity.Options{Paths: []string{"fixtures"}, CPU: "reference"})
//	fmt.Println(report.Summary()) // 41 passed, 0 failed, 12 skipped
package parity
