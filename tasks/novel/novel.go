package novel

import (
	"cmp"
	"slices"
)

// Lengths that Write takes, in code points.
const (
	MinLength = 500
	MaxLength = 1_000_000
)

// Options say what is written. Lengths and places are code points.
type Options struct {
	Length int // of the text, from MinLength to MaxLength; the text is up to a few percent shorter, and longer only below 2,000
	// Early asks for that many more details of minor characters between EarlyFrom and EarlyTo; their questions have Early set.
	Early, EarlyFrom, EarlyTo int
}

// A Novel is a text with its questions. Their order says nothing about where the evidence stands.
type Novel struct {
	Text      string
	Runes     int // length of Text
	Questions []Question

	ends []end
}

// Kinds of questions.
const (
	Detail   = "detail"   // a trait of a minor character who is mentioned once
	Fact     = "fact"     // a single event of main characters
	Relation = "relation" // two facts of different chapters: who is tied to whom, and what that one is like
	Order    = "order"    // which of four did something first or last
	Count    = "count"    // how often something was done
	Clash    = "clash"    // of which of four the text says two things that cannot both be
	None     = "none"     // what the text does not say
)

// Kinds lists the kinds of questions.
func Kinds() []string { return []string{Detail, Fact, Relation, Order, Count, Clash, None} }

// NotSaid is the choice that is right when the text does not say what is asked for.
const NotSaid = "书中没有提到"

// A Question has four choices. It can be answered from Evidence alone, and not from its own words.
type Question struct {
	Kind     string
	About    string // what is asked for: the name of the trait or event
	Text     string
	Choices  []string
	Answer   int      // index into Choices
	Golds    []string // short answers that are right
	Evidence []Span   // sentences that the answer follows from, in the order of the text; of None the nearest sentence that misleads
	// Mentions are, for each of Choices, the place in the text nearest to the first evidence where it stands; -1 when it does not.
	Mentions []int
	Early    bool // one of Options.Early
}

// A Span is a run of code points [Start,End) of the text.
type Span struct {
	Start, End int
	Text       string
}

// Write makes a novel. draw returns a random number in [0,n); the same numbers give the same novel.
func Write(draw func(n int) int, o Options) *Novel {
	o.Length = min(max(o.Length, MinLength), MaxLength)
	w := newWriter(draw)
	wd := w.newWorld()
	p := newPlan(w, wd, o)
	st := &stage{world: wd, shown: map[int]bool{}, cal: calendar{w.draw(60), w.draw(12), w.draw(len(days))}}

	chapter := min(max(o.Length/4, 450), 3200)
	next := 0 // where a chapter begins
	for misses := 0; misses < 6 && w.runes < o.Length; {
		if room := o.Length - w.runes; w.runes >= next && (room > 300 || st.chapter == 0) {
			w.chapterHead(st)
			next = w.runes + chapter
		}
		// Planted passages come when their place is reached, or when they need all the room that is left.
		if due := p.due(w.runes, o.Length-w.runes); due != nil {
			p.emit(due, st)
			continue
		}
		if !w.nextPart(st, o.Length-w.runes-p.reserve()) {
			if len(p.pieces) > 0 {
				p.emit(p.pop(), st)
				continue
			}
			misses++
		}
	}
	for len(p.pieces) > 0 {
		p.emit(p.pop(), st)
	}
	n := &Novel{Text: w.text.String(), Runes: w.runes, ends: w.ends}
	n.Questions = p.questions(n)
	return n
}

// Cut returns the paragraphs that end within the first length code points, and how many code points they have.
func (n *Novel) Cut(length int) (text string, runes int) {
	i, found := slices.BinarySearchFunc(n.ends, length, func(e end, want int) int { return cmp.Compare(e.runes, want) })
	if !found {
		i--
	}
	if i < 0 {
		return "", 0
	}
	return n.Text[:n.ends[i].bytes], n.ends[i].runes
}
