package cpu

import "github.com/llama4-eval/llama4-eval/inference/models"

// branch holds the pages that a branch of a token tree would have left in the cache, for one head, from the page on in which the tree
// begins: first the end of the trunk, then the ancestors of a row and the row itself, each in the slot of its position.
// Attention to such a page takes the very steps that it takes to a page of the cache, so a row gets the bits that it has in a run.
type branch struct {
	blocks []byte
	path   []int32 // path[d] is the row of the span whose key and value lie at position Pos+d
}

// start begins a tree: its pages hold the end of the trunk alone. deepest is the last position of the rows to come.
func (t *branch) start(b *Backend, kv *kvStore, s *models.Span, layer, head, deepest int) {
	pages := deepest/models.PageSize - s.Pos/models.PageSize + 1
	if size := pages * 2 * kv.side; cap(t.blocks) < size {
		b.count(Scratch, int64(size-cap(t.blocks)))
		t.blocks = make([]byte, size)
	}
	t.blocks = t.blocks[:pages*2*kv.side]
	from := 0
	if s.Pos%models.PageSize > 0 {
		from = copy(t.blocks, kv.block(s.Pages[s.Pos/models.PageSize], layer, head))
	}
	// What no position has been put to gets weight zero, but must be finite for that.
	clear(t.blocks[from:])
	t.path = t.path[:0]
}

// follow puts row r of the tree and its ancestors in their places. Rows that are there from the row before stay, so a walk along
// a branch writes each row once.
func (t *branch) follow(b *Backend, kv *kvStore, s *models.Span, qkv *buffer, a *models.Attention, head, r int) {
	depth := b.positions[s.Row+r] - s.Pos
	// What lies deeper belongs to a branch that this row may have left.
	t.path = t.path[:min(len(t.path), depth+1)]
	for len(t.path) <= depth {
		t.path = append(t.path, -1)
	}
	for ; r >= 0 && t.path[depth] != int32(r); depth-- {
		t.path[depth] = int32(r)
		pos := s.Pos + depth
		key, value := headOf(qkv.row(s.Row+r), a, head)
		kv.put(b.k, t.block(kv, s, pos/models.PageSize), pos%models.PageSize, key, value)
		r = int(s.Parents[r])
	}
}

// block is one of the pages, by its number in the sequence.
func (t *branch) block(kv *kvStore, s *models.Span, page int) []byte {
	return t.blocks[(page-s.Pos/models.PageSize)*2*kv.side:][:2*kv.side]
}
