package kvcache

import (
	"container/list"
	"errors"
	"fmt"
	"math"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// PageSize is the number of positions in a page.
const PageSize = models.PageSize

// ErrFull says that the cache has too few free pages. Nothing was changed.
var ErrFull = errors.New("kvcache: no free page")

// A PageCopy asks for page Src to be copied to page Dst, all layers (models.Model.CopyPage).
type PageCopy struct{ Dst, Src int32 }

// A Cache is a pool of pages shared by sequences. It belongs to one goroutine.
type Cache struct {
	refs []int32 // how many sequences hold each page, and the tree of prefixes; 0 = free
	free []int32 // free pages, taken from the end

	// The tree of prefixes.
	root   prefix
	cached []bool    // pages that belong to a node
	idle   int       // of these, the ones that no sequence holds
	recent list.List // computed nodes; those that were used last are in front
}

// A Seq is a sequence of positions [0, Len) in the pages of a Cache. Only the Cache that made it changes it.
type Seq struct {
	cache *Cache // nil after Free
	pages []int32
	n     int
	sharing
}

// New returns a cache of pages pages, all free. It panics when the count is negative or does not fit a page number.
func New(pages int) *Cache {
	if pages < 0 || pages > math.MaxInt32 {
		panic(fmt.Sprintf("kvcache: %d pages", pages))
	}
	c := &Cache{refs: make([]int32, pages), free: make([]int32, pages), cached: make([]bool, pages)}
	for i := range c.free {
		c.free[i] = int32(pages - 1 - i) // page 0 is taken first
	}
	return c
}

// PagesFor is the number of pages that positions [0, n) take.
func PagesFor(n int) int {
	return n/PageSize + min(n%PageSize, 1)
}

// Total is the number of pages.
func (c *Cache) Total() int { return len(c.refs) }

// Available is the number of pages that Extend can take: those that are free, and those that only the tree of prefixes holds.
func (c *Cache) Available() int { return len(c.free) + c.idle }

// Used is the number of pages that hold something, for sequences or in the tree of prefixes.
func (c *Cache) Used() int { return len(c.refs) - len(c.free) }

// Len is the number of positions of the sequence.
func (s *Seq) Len() int { return s.n }

// Pages are the pages of the sequence in order, PagesFor(Len) of them, as models.Span wants them. The slice is the sequence's
// own: it is valid until the sequence changes and must not be written.
func (s *Seq) Pages() []int32 { return s.pages }

// NewSeq returns an empty sequence, which holds no page.
func (c *Cache) NewSeq() *Seq { return &Seq{cache: c} }

// Fork returns a new sequence that begins with the first n positions of s and shares their pages. It takes no free page;
// a last page that is only partly used is copied by the Extend that first needs it for itself. It panics unless
// 0 <= n <= s.Len().
func (c *Cache) Fork(s *Seq, n int) *Seq {
	c.check(s)
	if n < 0 || n > s.n {
		panic(fmt.Sprintf("kvcache: fork at %d of a sequence of %d positions", n, s.n))
	}
	f := &Seq{cache: c, pages: append([]int32(nil), s.pages[:PagesFor(n)]...), n: n}
	for _, p := range f.pages {
		c.hold(p)
	}
	return f
}

// Need is the number of available pages that Extend(s, n) would take.
func (c *Cache) Need(s *Seq, n int) int {
	c.check(s)
	if n <= 0 {
		return 0
	}
	if n > math.MaxInt-s.n {
		return math.MaxInt
	}
	need := PagesFor(s.n+n) - len(s.pages)
	if c.lastIsShared(s) {
		need++
	}
	return need
}

// Extend makes room for n more positions, so that every page at or after the old Len belongs to s alone. The copies it
// returns (at most one) must be carried out at once, before another call to the cache and before the next Forward. With
// too few free pages it returns an error that wraps ErrFull and changes nothing. It panics if n is negative.
func (c *Cache) Extend(s *Seq, n int) ([]PageCopy, error) {
	c.check(s)
	if n < 0 {
		panic(fmt.Sprintf("kvcache: extend by %d", n))
	}
	if n == 0 {
		return nil, nil
	}
	switch need := c.Need(s, n); {
	case need > c.Available():
		return nil, fmt.Errorf("%w: %d more positions of a sequence of %d need %d pages of %d, %d of %d are free",
			ErrFull, n, s.n, need, PageSize, c.Available(), len(c.refs))
	case need > len(c.free):
		c.evict(need - len(c.free))
	}
	var copies []PageCopy
	if c.lastIsShared(s) {
		last := len(s.pages) - 1
		src := s.pages[last]
		dst := c.take()
		c.drop(src) // another holder keeps it
		s.pages[last] = dst
		copies = []PageCopy{{Dst: dst, Src: src}}
	}
	s.n += n
	for len(s.pages) < PagesFor(s.n) {
		s.pages = append(s.pages, c.take())
	}
	return copies, nil
}

// Truncate drops the positions from n on and gives back the pages that no sequence holds any more. It panics unless
// 0 <= n <= s.Len().
func (c *Cache) Truncate(s *Seq, n int) {
	c.check(s)
	if n < 0 || n > s.n {
		panic(fmt.Sprintf("kvcache: truncate a sequence of %d positions to %d", s.n, n))
	}
	keep := PagesFor(n)
	for i := len(s.pages) - 1; i >= keep; i-- {
		c.drop(s.pages[i])
	}
	s.pages = s.pages[:keep]
	s.n = n
}

// Free ends the sequence and gives back its pages. A second Free of the same sequence does nothing; any other use of it
// panics.
func (c *Cache) Free(s *Seq) {
	if s.cache == nil {
		return
	}
	c.renounce(s)
	c.Truncate(s, 0)
	s.cache, s.pages = nil, nil
}

// lastIsShared says whether the last page of s is partly filled and held by another sequence too, so that writing the
// next position needs a copy.
func (c *Cache) lastIsShared(s *Seq) bool {
	return s.n%PageSize != 0 && c.refs[s.pages[len(s.pages)-1]] > 1
}

func (c *Cache) take() int32 {
	p := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	c.refs[p] = 1
	return p
}

func (c *Cache) hold(p int32) {
	if c.cached[p] && c.refs[p] == 1 {
		c.idle--
	}
	c.refs[p]++
}

func (c *Cache) drop(p int32) {
	c.refs[p]--
	switch {
	case c.refs[p] == 0:
		c.free = append(c.free, p)
	case c.refs[p] == 1 && c.cached[p]:
		c.idle++
	}
}

func (c *Cache) check(s *Seq) {
	if s.cache != c {
		panic("kvcache: sequence is freed, or of another cache")
	}
}
