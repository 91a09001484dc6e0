package kvcache

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A prompt is a sequence under test, with the tokens that it stands for.
type prompt struct {
	seq    *Seq
	tokens []int32
	ready  bool // Reuse has let it go
}

// simulation runs sequences in a cache whose pages hold tokens instead of keys and values, so that a page with the wrong contents
// is seen.
type simulation struct {
	t     *testing.T
	cache *Cache
	pages [][PageSize]int32
	ran   int // positions
}

func newSimulation(t *testing.T, pages int) *simulation {
	return &simulation{t: t, cache: New(pages), pages: make([][PageSize]int32, pages)}
}

func (m *simulation) open(tokens []int32) *prompt {
	p := &prompt{seq: m.cache.NewSeq(), tokens: tokens}
	m.cache.Share(p.seq, tokens)
	return p
}

// run computes up to n more positions of p, the last of which is never taken from the cache. It reports whether it had to wait.
func (m *simulation) run(p *prompt, n int) (wait bool) {
	m.t.Helper()
	if !p.ready {
		if m.cache.Reuse(p.seq, len(p.tokens)-1) {
			m.verify(p)
			return true
		}
		p.ready = true
	}
	m.verify(p)
	pos := p.seq.Len()
	n = min(n, len(p.tokens)-pos)
	copies, err := m.cache.Extend(p.seq, n)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, c := range copies {
		m.pages[c.Dst] = m.pages[c.Src]
	}
	for i := pos; i < pos+n; i++ {
		m.pages[p.seq.Pages()[i/PageSize]][i%PageSize] = p.tokens[i]
	}
	m.ran += n
	m.verify(p)
	m.cache.Publish(p.seq)
	return false
}

func (m *simulation) finish(p *prompt) {
	m.t.Helper()
	for p.seq.Len() < len(p.tokens) {
		if m.run(p, len(p.tokens)) {
			m.t.Fatal("waits for a page that nobody computes")
		}
	}
}

// verify compares what the pages of p hold with its tokens.
func (m *simulation) verify(p *prompt) {
	m.t.Helper()
	for i := range p.seq.Len() {
		if got := m.pages[p.seq.Pages()[i/PageSize]][i%PageSize]; got != p.tokens[i] {
			m.t.Fatalf("position %d of %d holds token %d, want %d", i, p.seq.Len(), got, p.tokens[i])
		}
	}
}

// check recounts the references of all pages.
func (m *simulation) check(live []*prompt) {
	m.t.Helper()
	refs := make([]int32, m.cache.Total())
	for _, p := range live {
		for _, page := range p.seq.Pages() {
			refs[page]++
		}
	}
	idle, nodes := 0, 0
	var walk func(p *prefix)
	walk = func(p *prefix) {
		if !slices.IsSortedFunc(p.children, func(a, b *prefix) int { return slices.Compare(a.tokens, b.tokens) }) {
			m.t.Fatal("children out of order")
		}
		for _, c := range p.children {
			if c.parent != p || len(c.tokens) < PageSize && len(c.children) > 0 {
				m.t.Fatalf("node of %d tokens with %d children in the wrong place", len(c.tokens), len(c.children))
			}
			if c.page != claimed {
				if p != &m.cache.root && p.page == claimed {
					m.t.Fatal("computed node below a claim")
				}
				nodes++
				if refs[c.page] == 0 {
					idle++
				}
				refs[c.page]++
			}
			walk(c)
		}
	}
	walk(&m.cache.root)
	if !slices.Equal(refs, m.cache.refs) {
		m.t.Fatalf("references are %v, want %v", m.cache.refs, refs)
	}
	if idle != m.cache.idle || nodes != m.cache.recent.Len() {
		m.t.Fatalf("%d idle pages of %d nodes, counted %d of %d", m.cache.idle, m.cache.recent.Len(), idle, nodes)
	}
}

func sequence(r *rand.Rand, n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = int32(r.IntN(1000))
	}
	return s
}

func TestPrefixIsComputedOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := sequence(r, 10*PageSize+20)
	m := newSimulation(t, 64)
	first := m.open(append(slices.Clip(text), 1, 2, 3))
	m.finish(first)
	if m.ran != len(text)+3 {
		t.Errorf("%d positions run for the first, want all %d", m.ran, len(text)+3)
	}
	m.ran = 0
	second := m.open(append(slices.Clip(text), 7, 8, 9, 10))
	m.finish(second)
	if m.ran != 4 {
		t.Errorf("%d positions run for the second, want 4", m.ran)
	}
	// The same again: one position has to be run for its logits.
	m.ran = 0
	third := m.open(second.tokens)
	m.finish(third)
	if m.ran != 1 {
		t.Errorf("%d positions run for the third, want 1", m.ran)
	}
	m.check([]*prompt{first, second, third})
	for _, p := range []*prompt{first, second, third} {
		m.cache.Free(p.seq)
	}
	if m.cache.Available() != m.cache.Total() || m.cache.Used() == 0 {
		t.Errorf("%d of %d pages available, %d used", m.cache.Available(), m.cache.Total(), m.cache.Used())
	}
	m.cache.evict(m.cache.idle)
	m.check(nil)
	if m.cache.Used() != 0 {
		t.Errorf("%d pages used after all were given up", m.cache.Used())
	}
}

func TestFollowersWaitForWhoComputes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	text := sequence(r, 4*PageSize)
	m := newSimulation(t, 64)
	a, b := m.open(append(slices.Clip(text), 1)), m.open(append(slices.Clip(text), 2))
	m.run(a, PageSize+5)
	if !m.run(b, 1000) || b.seq.Len() != PageSize {
		t.Fatalf("b is at %d, want it to wait at %d", b.seq.Len(), PageSize)
	}
	// Who computes leaves: b takes over.
	m.cache.Free(a.seq)
	m.finish(b)
	if m.ran != PageSize+5+3*PageSize+1 {
		t.Errorf("%d positions run", m.ran)
	}
	m.check([]*prompt{b})
}

func TestLeastRecentlyUsedPrefixesGo(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	m := newSimulation(t, 8)
	var prompts [][]int32
	for i := range 3 {
		prompts = append(prompts, sequence(r, 2*PageSize))
		p := m.open(prompts[i])
		m.finish(p)
		m.cache.Free(p.seq)
	}
	again := m.open(prompts[0])
	m.finish(again)
	m.cache.Free(again.seq)
	p := m.open(sequence(r, 4*PageSize)) // takes the two free pages, and those of prompts[1]
	m.finish(p)
	m.cache.Free(p.seq)
	for i, want := range []int{1, 2 * PageSize} {
		m.ran = 0
		p := m.open(prompts[i])
		if m.finish(p); m.ran != want {
			t.Errorf("prompt %d: %d positions run, want %d", i, m.ran, want)
		}
		m.cache.Free(p.seq)
		m.check(nil)
	}
}

func TestPrefixesAtRandom(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 9))
		m := newSimulation(t, 24)
		stems := [][]int32{sequence(r, 3*PageSize+7), sequence(r, PageSize), sequence(r, 10), sequence(r, 2*PageSize-1)}
		var live []*prompt
		for range 600 {
			switch k := r.IntN(10); {
			case k < 2 && len(live) < 3:
				stem := stems[r.IntN(len(stems))]
				tokens := append(slices.Clone(stem[:1+r.IntN(len(stem))]), sequence(r, r.IntN(2*PageSize))...)
				live = append(live, m.open(tokens))
			case k < 3 && len(live) > 0:
				i := r.IntN(len(live))
				m.cache.Free(live[i].seq)
				live = slices.Delete(live, i, i+1)
			case len(live) > 0:
				p := live[r.IntN(len(live))]
				if p.seq.Len() == len(p.tokens) {
					// Sequences go on after their prefix, and back.
					if r.IntN(2) == 0 {
						p.tokens = append(slices.Clip(p.tokens), 5)
						m.run(p, 1)
					} else {
						n := 1 + r.IntN(p.seq.Len())
						m.cache.Truncate(p.seq, n)
						p.tokens = p.tokens[:n]
					}
				} else {
					m.run(p, 1+r.IntN(40))
				}
			}
			m.check(live)
		}
		waiting := 0
		for _, p := range live {
			for p.seq.Len() < len(p.tokens) && waiting < 10 {
				for _, q := range live {
					if q.seq.Len() < len(q.tokens) {
						m.run(q, 7)
					}
				}
				waiting++
			}
			m.verify(p)
		}
		for _, p := range live {
			m.cache.Free(p.seq)
		}
		m.check(nil)
	}
}
