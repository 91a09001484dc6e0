// Package kvcache keeps the page tables of a KV cache: which page of a back end's storage holds which positions of
// which sequence. It stores no keys and no values; that is models.KV, whose pages it numbers.
//
//   - Cache: the pool of pages, with a reference count for each. New(pages) matches models.KVShape.Pages.
//   - Seq: one sequence, an ordered list of pages; page i holds the positions [i*PageSize, (i+1)*PageSize).
//   - PageCopy: a copy that the owner of the storage has to carry out, with models.Model.CopyPage.
//   - ErrFull: too few pages are available; the caller frees a sequence or waits.
//
// Sequences share pages. Fork makes a sequence that begins with the same positions and takes no page; the last page, if it is
// only partly filled, is copied when one of its users is extended (copy on write). So the continuations of one context cost
// one page each, whatever the length of the context:
//
//	cache := kvcache.New(1024)
//	context := cache.NewSeq()
//	if _, err := cache.Extend(context, 700); err != nil { ... }
//	// model.Forward with Span{Pos: 0, N: 700, Pages: context.Pages()}
//	answer := cache.Fork(context, context.Len())
//	copies, err := cache.Extend(answer, 3)
//	for _, c := range copies {
//		model.CopyPage(c.Dst, c.Src)
//	}
//	// model.Forward with Span{Pos: 700, N: 3, Pages: answer.Pages()}
//	cache.Free(answer)
//
// Sequences that do not know of each other share what they begin with through a radix tree over token ids (prefix.go). A sequence
// takes part with Share; Reuse gives it the positions that others have computed, or says that it should wait for one that is
// computing them; Publish offers its own. Pages that only the tree holds are given up, least recently used first, when
// an Extend finds no free page:
//
//	cache.Share(seq, tokens)
//	if !cache.Reuse(seq, len(tokens)-1) { // the last token has to be run for its logits
//		copies, err := cache.Extend(seq, len(tokens)-seq.Len())
//		// copy pages and run the model
//		cache.Publish(seq)
//	}
//
// It does not decide which sequence runs when (the scheduler of package inference does), and it is not safe for use
// by several goroutines at once.
package kvcache
