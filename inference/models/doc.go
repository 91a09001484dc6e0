// Package models holds the network architectures: it reads their hyper-parameters from a checkpoint, binds every weight with its
// expected shape, and runs them as plain steps over a back end (Ops).
//
//   - Checkpoint: hyper-parameters and tensors of a GGUF file or a Hugging Face folder.
//   - Architecture: one of All(); Lookup finds that of a checkpoint. Configure reads Config, Build makes a Model.
//   - Model: Forward runs a Batch of Spans, Logits and Score read the result, SetProbe shows the intermediates.
//   - Ops: what a model needs of a back end, on opaque Buffer, Matrix, Vector and KV values.
//   - Rope, Attention: descriptions of a layer that the model hands to Ops.
//
// One file for each architecture: llama.go, qwen2.go, gemma3.go. What they share: hyper.go (reading settings), weights.go
// (names and shapes), rope.go (angles), decoder.go (embedding, output and buffers).
//
// The package does not read files (package inference does), knows nothing of tokenizers, and does not decide which pages
// a sequence uses (package kvcache does).
//
//	arch, err := models.Lookup(checkpoint)
//	model, err := arch.Build(checkpoint, ops, models.BuildOptions{MaxRows: 512, Pages: 128, KVType: tensor.F16})
//	err = model.Forward(models.Batch{Tokens: ids, Spans: []models.Span{{N: len(ids), Pages: pages}}})
//	err = model.Logits(logits, []int{len(ids) - 1})
//
// # Intermediates
//
// A Probe receives these, in this order, n rows each:
//
//	embed          residual stream after the embedding, layer -1         [n][Hidden]
//	attn_norm      input of the attention, normed                        [n][Hidden]
//	qkv            projections before bias, head norms and rope          [n][(Heads+2*KVHeads)*HeadDim]
//	q, k, v        the same, finished (v with its bias only)             [n][Heads*HeadDim], twice [n][KVHeads*HeadDim]
//	attn           attention of every head                               [n][Heads*HeadDim]
//	attn_out       after the output projection                           [n][Hidden]
//	attn_post_norm Gemma 3 only: attn_out, normed                        [n][Hidden]
//	attn_residual  residual stream after the attention                   [n][Hidden]
//	ffn_norm       input of the feed-forward layer, normed               [n][Hidden]
//	ffn_hidden     act(gate*x) * (up*x)                                  [n][FFN]
//	ffn_out        after the down projection                             [n][Hidden]
//	ffn_post_norm  Gemma 3 only: ffn_out, normed                         [n][Hidden]
//	hidden         residual stream after the layer                       [n][Hidden]
//	final_norm     what the output matrix sees, layer -1                 [n][Hidden]
package models
