package tokenizer

// symbol is a stretch of the text being merged, linked to its neighbors. A symbol that was merged into the one before it
// has start == end.
type symbol struct {
	start, end int   // bytes of the text
	prev, next int   // indices, -1 at the ends
	id         int32 // token, -1 if the vocabulary has none of this text
}

// candidate is a pair of adjacent symbols that may be merged.
type candidate struct {
	rank int32 // lower goes first, then the leftmost
	id   int32 // token of the merged pair
	left int   // index of the left symbol
	size int   // bytes of the pair when it was seen; a different size later means that the pair is gone
}

// scratch holds the buffers of one Encode call.
type scratch struct {
	symbols    []symbol
	candidates []candidate
}

// fewSymbols is the length up to which a scan over all pairs is faster than a heap.
const fewSymbols = 20

// pair looks up the merge of the adjacent symbols a and b of text.
func (t *Tokenizer) pair(text string, a, b symbol) (rank, id int32, ok bool) {
	if t.merges != nil {
		if a.id < 0 || b.id < 0 {
			return 0, 0, false
		}
		return t.merges.find(a.id, b.id)
	}
	if b.end-a.start > t.longest {
		return 0, 0, false
	}
	id, ok = t.vocab.find(text[a.start:b.end])
	if !ok {
		return 0, 0, false
	}
	if t.ranks != nil {
		return t.ranks[id], id, true
	}
	return id, id, true
}

// merge joins adjacent symbols, always the pair of lowest rank (the leftmost of equals), until no pair has a rank. It
// takes O(n log n) for n symbols. What is left is found by following next from symbol 0.
func (t *Tokenizer) merge(text string, s *scratch) {
	if len(s.symbols) <= fewSymbols {
		t.mergeFew(text, s)
	} else {
		t.mergeMany(text, s)
	}
}

// mergeFew looks through all pairs before each merge.
func (t *Tokenizer) mergeFew(text string, s *scratch) {
	var pairs [fewSymbols]candidate // pairs[i] is symbol i with the next one; left is -1 if there is no merge
	see := func(i int) {
		pairs[i].left = -1
		if next := s.symbols[i].next; next >= 0 {
			if rank, id, ok := t.pair(text, s.symbols[i], s.symbols[next]); ok {
				pairs[i] = candidate{rank: rank, id: id, left: i}
			}
		}
	}
	for i := range s.symbols {
		see(i)
	}
	for len(s.symbols) > 0 {
		best := -1
		for i := 0; i >= 0; i = s.symbols[i].next {
			if pairs[i].left >= 0 && (best < 0 || pairs[i].rank < pairs[best].rank) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		join(s.symbols, best, pairs[best].id)
		see(best)
		if prev := s.symbols[best].prev; prev >= 0 {
			see(prev)
		}
	}
}

// mergeMany keeps the pairs in a heap; pairs that have gone are skipped when they come up.
func (t *Tokenizer) mergeMany(text string, s *scratch) {
	h := candidateHeap(s.candidates[:0])
	see := func(i int) {
		if i < 0 || s.symbols[i].next < 0 {
			return
		}
		a, b := s.symbols[i], s.symbols[s.symbols[i].next]
		if rank, id, ok := t.pair(text, a, b); ok {
			h.push(candidate{rank, id, i, b.end - a.start})
		}
	}
	for i := range s.symbols {
		see(i)
	}
	for len(h) > 0 {
		c := h.pop()
		a := s.symbols[c.left]
		if a.start == a.end || a.next < 0 || s.symbols[a.next].end-a.start != c.size {
			continue
		}
		join(s.symbols, c.left, c.id)
		see(a.prev)
		see(c.left)
	}
	s.candidates = h
}

// join merges symbol i with the one after it.
func join(symbols []symbol, i int, id int32) {
	a := &symbols[i]
	b := &symbols[a.next]
	a.end, a.id, a.next = b.end, id, b.next
	if b.next >= 0 {
		symbols[b.next].prev = i
	}
	b.start = b.end
}

// candidateHeap is a binary heap, smallest first.
type candidateHeap []candidate

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.left < d.left
}

func (h *candidateHeap) push(c candidate) {
	*h = append(*h, c)
	s := *h
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !c.before(s[up]) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = c
}

func (h *candidateHeap) pop() candidate {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(s) {
			break
		}
		if down+1 < len(s) && s[down+1].before(s[down]) {
			down++
		}
		if !s[down].before(last) {
			break
		}
		s[i] = s[down]
		i = down
	}
	s[i] = last
	return top
}
