package kvcache

import (
	"container/list"
	"slices"
)

// A prefix is a node of the radix tree over token ids: a page whose keys and values belong to the tokens on the way to it from
// the root. Only a node whose page is full has children, so every edge is one page long.
//
// The tree holds a reference to the page of every computed node. A node without a page is a claim: a sequence is
// computing it, and others that begin with the same tokens wait rather than compute it too.
type prefix struct {
	parent   *prefix
	tokens   []int32       // of this page; PageSize of them, fewer only at a leaf
	children []*prefix     // in lexicographic order of tokens
	page     int32         // claimed while it is a claim
	used     *list.Element // place in Cache.recent; nil for a claim
}

const claimed = int32(-1)

// sharing is what a sequence has to do with the tree.
type sharing struct {
	tokens  []int32   // of the prefix
	at      *prefix   // node of the last full page that the sequence has in common with the tree; nil = does not take part
	depth   int       // full pages up to at
	claims  []*prefix // pages from depth on that this sequence promised to compute
	settled bool      // Reuse has said what there is
}

// Share makes s, an empty sequence, take part in the sharing of prefixes: Reuse may give it positions that others have computed, and
// Publish gives them its own. tokens are those of its first positions. The slice is kept and must not change.
func (c *Cache) Share(s *Seq, tokens []int32) {
	c.check(s)
	if s.n != 0 {
		panic("kvcache: only an empty sequence can begin to share its prefix")
	}
	s.sharing = sharing{tokens: tokens, at: &c.root}
}

// Reuse extends s by positions that have been computed already, up to most positions in all. It takes no free page. It
// reports wait while another sequence is computing the next page of the prefix of s: then nothing of s should be run until
// a later call says otherwise. When it does, the rest of the prefix is promised to others by s, which has to be run, and
// published, or freed; further calls do nothing.
func (c *Cache) Reuse(s *Seq, most int) (wait bool) {
	c.check(s)
	if s.at == nil || s.settled {
		return false
	}
	most = min(most, len(s.tokens))
	for most-s.n >= PageSize {
		next := s.at.find(s.tokens[s.n : s.n+PageSize])
		if next == nil {
			break
		}
		if next.page == claimed {
			return true
		}
		c.adopt(s, next, PageSize)
		s.at = next
		s.depth++
	}
	next, n := s.at.longest(s.tokens[s.n:min(len(s.tokens), s.n+PageSize)])
	if n = min(n, most-s.n); n > 0 {
		c.adopt(s, next, n)
		c.touch(next)
	}
	c.touch(s.at)
	s.settled = true
	at := s.at
	for end := (s.depth + 1) * PageSize; end <= len(s.tokens); end += PageSize {
		p := &prefix{parent: at, tokens: s.tokens[end-PageSize : end], page: claimed}
		if !at.insert(p) {
			// The tree has it, or will: s was not to take all of it. What s computes from here on stays its own.
			break
		}
		s.claims = append(s.claims, p)
		at = p
	}
	return false
}

// adopt appends the first n positions of a node's page to s.
func (c *Cache) adopt(s *Seq, p *prefix, n int) {
	c.hold(p.page)
	s.pages = append(s.pages, p.page)
	s.n += n
}

// Publish makes the positions of s that have been run, all up to Len, available to Reuse. Once that is the whole prefix, its last
// page is shared even if it is only partly filled; s gets a copy of it when it is extended.
func (c *Cache) Publish(s *Seq) {
	c.check(s)
	if s.at == nil || !s.settled {
		return
	}
	before := s.at
	for len(s.claims) > 0 && s.n >= (s.depth+1)*PageSize {
		c.keep(s.claims[0], s.pages[s.depth])
		s.at = s.claims[0]
		s.claims = s.claims[1:]
		s.depth++
	}
	if full := len(s.tokens) / PageSize; s.n >= len(s.tokens) && s.depth == full {
		if rest := s.tokens[full*PageSize:]; len(rest) > 0 {
			if _, n := s.at.longest(rest); n < len(rest) {
				p := &prefix{parent: s.at, tokens: rest, page: claimed}
				s.at.insert(p)
				c.keep(p, s.pages[full])
			}
		}
		c.touch(s.at)
		s.sharing = sharing{}
		return
	}
	if s.at != before {
		c.touch(s.at)
	}
}

// renounce takes back what s has promised.
func (c *Cache) renounce(s *Seq) {
	if len(s.claims) > 0 {
		s.claims[0].remove() // the others are below it
	}
	s.sharing = sharing{}
}

// keep makes page that of a claim. It is in use by the sequence that computed it.
func (c *Cache) keep(p *prefix, page int32) {
	p.page = page
	p.used = c.recent.PushFront(p)
	c.cached[page] = true
	c.refs[page]++
}

// touch marks a node as used just now, and before it those that lead to it: a node is never older than its children.
func (c *Cache) touch(p *prefix) {
	for ; p.parent != nil; p = p.parent {
		c.recent.MoveToFront(p.used)
	}
}

// evict frees n cached pages that no sequence uses, those that have not been used for longest. There must be as many.
func (c *Cache) evict(n int) {
	for e := c.recent.Back(); n > 0; {
		p, newer := e.Value.(*prefix), e.Prev()
		if len(p.children) == 0 && c.refs[p.page] == 1 {
			c.recent.Remove(e)
			p.remove()
			c.cached[p.page] = false
			c.idle--
			c.drop(p.page)
			n--
		}
		e = newer
	}
}

// search finds the place of tokens among the children.
func (p *prefix) search(tokens []int32) (int, bool) {
	return slices.BinarySearchFunc(p.children, tokens, func(c *prefix, t []int32) int { return slices.Compare(c.tokens, t) })
}

// find is the child with exactly these tokens, nil if there is none.
func (p *prefix) find(tokens []int32) *prefix {
	if i, ok := p.search(tokens); ok {
		return p.children[i]
	}
	return nil
}

// longest is the computed child with the longest common beginning with tokens, and how long that is.
func (p *prefix) longest(tokens []int32) (best *prefix, n int) {
	// What a child has in common with tokens gets less with its distance from the place of tokens.
	i, _ := p.search(tokens)
	for _, step := range []int{1, -1} {
		for k := i + (step-1)/2; k >= 0 && k < len(p.children); k += step {
			child := p.children[k]
			m := common(child.tokens, tokens)
			if m <= n {
				break
			}
			if child.page != claimed {
				best, n = child, m
				break
			}
		}
	}
	return best, n
}

func common(a, b []int32) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// insert adds a child, unless there is one with the same tokens.
func (p *prefix) insert(child *prefix) bool {
	i, ok := p.search(child.tokens)
	if !ok {
		p.children = slices.Insert(p.children, i, child)
	}
	return !ok
}

// remove takes a node out of its parent.
func (p *prefix) remove() {
	if i, ok := p.parent.search(p.tokens); ok {
		p.parent.children = slices.Delete(p.parent.children, i, i+1)
	}
}
