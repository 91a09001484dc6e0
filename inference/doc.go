// Package inference loads language models and runs them: log-likelihoods of continuations, perplexity of texts, and completions.
//
//   - Load, Engine: a model that answers requests; Options say how it is run, Info describes it
//   - Engine.Score, Rolling, Generate: ScoreRequest, RollingRequest and GenerateRequest in, results with their Usage out
//   - Overlength, ContextError: what happens to a prompt that does not fit
//   - FileError: a weight file was truncated or changed while it was in use
//   - MemoryError: a model does not fit into memory with the options it was given
//   - PerplexityWindows, RollingWindows: cut a text into windows for Rolling
//   - Stats, MemoryReport: counters, latencies, and what takes memory
//   - Checkpoint, OpenCheckpoint, FindModel: weight files of any supported format
//
// Requests may be made by any number of goroutines, and should be: those in flight together are run in common batches,
// which is several times faster. It changes no bit of the results; nor do threads, chunks of a prompt, or the sharing of
// what requests have in common.
//
//	engine, err := inference.Load(ctx, "model.gguf", inference.Options{})
//	if err != nil {
//		return err
//	}
//	defer engine.Close()
//	scores, err := engine.Score(ctx, inference.ScoreRequest{
//		Context:       tokenizer.Text("苹果发布了新手机。这里的“苹果”是"),
//		Continuations: []string{"水果", "公司"},
//	})
//	fmt.Println(scores.Continuations[0].LogProb, scores.Continuations[1].LogProb)
//
// # How it works
//
// A request becomes a work (branches.go for scores and windows, completion.go for generation): sequences of tokens to run, and
// what is asked of which position. The scheduler (scheduler.go) admits works in order of arrival when the pages of KV
// cache that they need at worst are available. Its one goroutine owns the model. In each step (step.go) it takes rows of as many
// sequences as fit a batch, runs them, and hands scores and drawn tokens back to the works, which free their pages
// and end, or ask for more rows.
//
// Nothing is run twice. What the continuations of a context have in common is run once, and what comes after it as one tree of
// tokens in the same batch (tree.go); long continuations go on in forks of the context's pages. Prompts that begin like
// earlier ones, or like one that is running, take over its pages (package kvcache). A greedy completion guesses its next
// tokens from its prompt and runs them along with the one before (lookup.go).
//
// The packages below: models (architectures over an interface of operations), backend/cpu (these operations), gguf,
// safetensors and tensor (weights), tokenizer and chat (text and templates), kvcache (page tables), sample (choice of a
// token).
//
// The package knows nothing of tasks, metrics or runs, and does not decide what a prompt says.
package inference
