package novel

import (
	"cmp"
	"slices"
	"strings"
)

// A piece is a passage that states facts. at is the code point that it is meant for, size about how many it has.
type piece struct {
	at, size int
	write    func(inScene bool)
}

// A plan is what the text must say and what is asked about it.
type plan struct {
	w      *writer
	world  *world
	length int
	brief  bool // a short text, without what is not needed
	old    bool // the passages are for a story of old
	keys   []string
	pieces []piece // those that are still to come, in the order of places
	asked  []*pending
	said   map[string][]statement // by what they are about
}

// A statement is a value that the text gives to somebody.
type statement struct {
	value string
	at    *Span
}

// counts say how many questions of each kind a text of some length has: enough to use a long text well, and few enough that
// a short one remains a story. Of None there are at most a third as many as of Detail, see plan.questions.
func (p *plan) counts() map[string]int {
	for _, row := range []struct {
		from                                              int
		detail, fact, relation, order, count, clash, none int
	}{
		{100_000, 20, 10, 5, 4, 4, 3, 4},
		{64_000, 16, 8, 4, 3, 3, 3, 3},
		{32_000, 13, 7, 3, 2, 2, 2, 3},
		{16_000, 10, 5, 2, 2, 2, 1, 2},
		{8_000, 6, 3, 2, 1, 1, 1, 2},
		{4_000, 4, 3, 1, 1, 1, 1, 1},
		{2_000, 3, 2, 1, 1, 0, 0, 1},
	} {
		if p.length >= row.from {
			return map[string]int{
				Detail: row.detail, Fact: row.fact, Relation: row.relation, Order: row.order, Count: row.count, Clash: row.clash, None: row.none,
			}
		}
	}
	n := map[string]int{Detail: 3, Fact: 1, None: 1}
	n[pick(p.w, []string{Relation, Order, Count})]++ // there is room for one of them
	return n
}

func newPlan(w *writer, wd *world, o Options) *plan {
	p := &plan{w: w, world: wd, length: o.Length, brief: o.Length < 4_000, said: map[string][]statement{}}
	n := p.counts()
	// Few sorts of traits in a short text, so that the same sort is told of several people.
	traits := words("kinds")
	use := min(max((2*n[Detail]+4*n[Clash]+2*n[Relation])/5, 3), len(traits))
	for _, i := range w.perm(len(traits))[:use] {
		p.keys = append(p.keys, traits[i])
	}
	// The facts that stand alone share the length of the text evenly, in random order of their kinds.
	single := n[Detail] + n[Fact] + n[None]
	order := w.perm(single)
	at := func(i int) int { return p.place((1000*order[i] + w.draw(1000)) / single) }
	for i := range n[Detail] {
		p.detail(at(i), false)
	}
	for i := range n[Fact] {
		p.event(at(n[Detail] + i))
	}
	for i := range n[None] {
		p.none(at(n[Detail] + n[Fact] + i))
	}
	for i := range o.Early {
		p.detail(o.EarlyFrom+(o.EarlyTo-o.EarlyFrom)*i/o.Early, true)
	}
	for range n[Relation] {
		p.relation()
	}
	for range n[Order] {
		p.row()
	}
	for range n[Count] {
		p.visits()
	}
	for range n[Clash] {
		p.clash()
	}
	p.threads()
	slices.SortStableFunc(p.pieces, func(a, b piece) int { return cmp.Compare(a.at, b.at) })
	return p
}

// threads plants what goes on among the main characters from chapter to chapter, one thread in about 12,000 code points, each over a part of
// the text. Nothing is asked about them.
func (p *plan) threads() {
	w := p.w
	names := words("threads")
	n := min(p.length/12_000, 2*len(names)) // twice as many at most: a thread comes again with other people
	for i := range n {
		name := "thread." + names[w.deal("threads", len(names))]
		c := p.world.pairs[w.deal("thread pairs", len(p.world.pairs))]
		a, b := p.world.cast[c.a], p.world.cast[c.b]
		stages := w.rules[name]
		from := 1000 * i / (n + 1)
		for k, at := range p.spread(len(stages), from, from+2000/(n+1)) {
			p.add(at, 90, func(bool) {
				w.with("A", a.name, "A他", a.pronoun, "B", b.name, "B他", b.pronoun)
				var text strings.Builder
				w.expand(&text, stages[k])
				w.paragraph(text.String())
			})
		}
	}
}

// place turns a share of the text, in thousandths, into a code point. The first and the last words of a text are left to the story.
func (p *plan) place(share int) int {
	first, last := min(200, p.length/8), p.length-max(p.length/50, 150)
	return first + share*(last-first)/1000
}

// spread gives n places, one in each n-th of the part of the text between two shares, in thousandths.
func (p *plan) spread(n, from, to int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = p.place(from + ((to-from)*i+p.w.draw(to-from))/n)
	}
	return out
}

func (p *plan) add(at, size int, write func(inScene bool)) {
	p.pieces = append(p.pieces, piece{at, size, write})
}

// reserve is about how many code points the coming pieces need.
func (p *plan) reserve() int {
	n := 0
	for _, c := range p.pieces {
		n += c.size
	}
	return n
}

// due returns the next piece when it is time for it: its place is reached, or only the pieces still have room.
func (p *plan) due(at, room int) *piece {
	if len(p.pieces) > 0 && (p.pieces[0].at <= at || p.reserve() >= room) {
		return p.pop()
	}
	return nil
}

func (p *plan) pop() *piece {
	first := p.pieces[0]
	p.pieces = p.pieces[1:]
	return &first
}

// emit writes a piece between two paragraphs of the scene, or between two scenes.
func (p *plan) emit(c *piece, st *stage) {
	p.w.cue(st)
	inScene := len(st.parts) > 0 && !st.fresh
	lead := "later"
	if inScene {
		lead = "meanwhile"
	}
	p.w.with("later", p.w.deck(lead))
	c.write(inScene)
	p.w.cue(st)
}
