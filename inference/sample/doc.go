// Package sample draws the next token from the logits of a language model.
//
//   - Options: temperature, top-k, top-p and the seed; the zero value is greedy decoding
//   - Sampler: the state of one generated sequence (its random numbers); Next draws a token
//   - Greedy: the most probable token, the lowest id on ties
//
// Draws are reproducible: they depend on the logits and on the seed of the sequence only, never on what else is running.
// The random numbers are those of math/rand/v2's PCG, seeded with (Seed, a constant); exactly one number is taken for each token,
// whatever the options, so the n-th token of a sequence always uses the n-th number.
//
// The order of the filters is that of Hugging Face transformers and vLLM: the temperature divides the logits, then the TopK most
// probable tokens are kept (lower ids first on ties), then the smallest set of those whose probabilities, renormalised, reach TopP.
//
// The package does not know token texts, end tokens or stop strings: that is the engine's business. It has no
// repetition penalties and no grammar.
//
//	s, err := sample.New(sample.Options{Temperature: 0.7, TopP: 0.9, Seed: 1})
//	if err != nil {
//		return err
//	}
//	token, err := s.Next(logits)
package sample
