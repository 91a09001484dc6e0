package inference

import (
	"cmp"
	"slices"
)

// treeDepth is the most tokens of a branch that run as part of a tree. Longer ones run by themselves, with pages of their own, where
// attention reads keys by whole pages instead of one by one.
const treeDepth = 32

// A tree is what several branches of a sequence have behind their common beginning, each token that branches share in it
// only once. It is run in one batch, right behind the sequence, and leaves nothing in the cache.
type tree struct {
	tokens  []int32
	parents []int32  // models.Span.Parents
	outs    []output // in order of pos, the index of a token
}

// A planter grows trees of at most limit tokens each.
type planter struct {
	limit int
	trees []*tree
	nodes map[edge]int32 // of the last tree
}

// edge is a token behind a parent.
type edge struct{ parent, token int32 }

// add grows a branch, whose token k asks for the outputs that outs(k) returns.
func (p *planter) add(branch []int32, outs func(k int) []output) {
	if missing := len(branch) - p.known(branch); p.trees == nil || len(p.trees[len(p.trees)-1].tokens)+missing > p.limit {
		p.trees = append(p.trees, &tree{})
		p.nodes = make(map[edge]int32)
	}
	t := p.trees[len(p.trees)-1]
	at := int32(-1)
	for k, token := range branch {
		e := edge{at, token}
		node, ok := p.nodes[e]
		if !ok {
			node = int32(len(t.tokens))
			p.nodes[e] = node
			t.tokens = append(t.tokens, token)
			t.parents = append(t.parents, at)
		}
		at = node
		for _, o := range outs(k) {
			o.pos = int(node)
			t.outs = append(t.outs, o)
		}
	}
}

// known is the number of tokens of a branch that the last tree has already.
func (p *planter) known(branch []int32) int {
	at := int32(-1)
	for k, token := range branch {
		node, ok := p.nodes[edge{at, token}]
		if !ok {
			return k
		}
		at = node
	}
	return len(branch)
}

// finish returns the trees.
func (p *planter) finish() []*tree {
	for _, t := range p.trees {
		slices.SortStableFunc(t.outs, func(a, b output) int { return cmp.Compare(a.pos, b.pos) })
	}
	return p.trees
}
