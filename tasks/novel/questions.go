package novel

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A pending question waits for the text to be written.
type pending struct {
	q     Question
	right string
	near  string   // wrong answer that stands beside the evidence
	wrong []string // all wrong answers, when they are given
	golds []string // short answers, when not only right
	spans []*Span
	text  func() string
}

func (p *plan) ask(kind, about, right string) *pending {
	q := &pending{q: Question{Kind: kind, About: about}, right: right}
	p.asked = append(p.asked, q)
	return q
}

// evidence adds a sentence that the answer follows from; its place is noted when it is written.
func (q *pending) evidence() *Span {
	s := new(Span)
	q.spans = append(q.spans, s)
	return s
}

// questions finishes the questions. Early ones keep their order, the others come in random order. NotSaid is a choice of three times as many
// questions of details as of None, which are about details too, so that it is right one time in four where it is offered.
func (p *plan) questions(n *Novel) []Question {
	w := p.w
	offer := map[*pending]bool{}
	var single []*pending
	none := 0
	for _, q := range p.asked {
		switch {
		case q.q.Kind == None:
			none++
		case q.q.Kind == Detail && !q.q.Early:
			single = append(single, q)
		}
	}
	for _, i := range w.perm(len(single))[:min(3*none, len(single))] {
		offer[single[i]] = true
	}
	x := newIndex(n.Text)
	var early, rest []Question
	for _, i := range w.perm(len(p.asked)) {
		q := p.finish(p.asked[i], offer[p.asked[i]], x)
		if q.Early {
			early = append(early, q)
		} else {
			rest = append(rest, q)
		}
	}
	slices.SortFunc(early, func(a, b Question) int { return cmp.Compare(a.Evidence[0].Start, b.Evidence[0].Start) })
	return append(early, rest...)
}

func (p *plan) finish(q *pending, offer bool, x *index) Question {
	w := p.w
	out := q.q
	out.Text = q.text()
	for _, s := range q.spans {
		out.Evidence = append(out.Evidence, *s)
	}
	slices.SortFunc(out.Evidence, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	out.Golds = q.golds
	if out.Golds == nil {
		out.Golds = []string{q.right}
		if bare := Bare(q.right); bare != q.right {
			out.Golds = append(out.Golds, bare)
		}
	}
	wrong := q.wrong
	if wrong == nil {
		wrong = p.distractors(q, out.Evidence[0].Start)
		if offer {
			wrong[2] = NotSaid
		}
	}
	out.Answer = w.deal("answer", 4)
	out.Choices = make([]string, 4)
	for i, at := range w.perm(3) {
		out.Choices[(out.Answer+1+i)%4] = wrong[at]
	}
	out.Choices[out.Answer] = q.right
	for _, c := range out.Choices {
		out.Mentions = append(out.Mentions, x.nearest(c, out.Evidence[0].Start))
	}
	return out
}

// distractors gives three wrong values: the one beside the evidence, then others that the text gives to somebody, the nearest to the
// evidence first, then any of their sort.
func (p *plan) distractors(q *pending, at int) []string {
	out := []string{q.near}
	add := func(v string) {
		if len(out) < 3 && v != q.right && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	said := slices.Clone(p.said[q.q.About])
	slices.SortStableFunc(said, func(a, b statement) int { return cmp.Compare(distance(a.at.Start, at), distance(b.at.Start, at)) })
	for _, s := range said {
		add(s.value)
	}
	for len(out) < 3 {
		v, _ := p.actValue(q.q.About)
		add(v)
	}
	return out
}

// Bare is a value without number and measure word (八哥 for 一只八哥) or without its unit (三十二 for 三十二块), as short answers may have it.
func Bare(value string) string {
	if sum, ok := strings.CutSuffix(value, "块"); ok {
		return sum
	}
	r := []rune(value)
	if len(r) == 4 && strings.ContainsRune("一两半", r[0]) {
		return string(r[2:])
	}
	return value
}

func distance(a, b int) int { return max(a-b, b-a) }

// An index finds texts by code points.
type index struct {
	text  string
	marks []int // bytes at every 1,024th code point
}

const markEvery = 1024

func newIndex(text string) *index {
	p := &index{text: text}
	n := 0
	for i := range text {
		if n%markEvery == 0 {
			p.marks = append(p.marks, i)
		}
		n++
	}
	return p
}

// nearest returns the code point nearest to near at which s stands, -1 when it does not.
func (p *index) nearest(s string, near int) int {
	best := -1
	for from := 0; ; {
		i := strings.Index(p.text[from:], s)
		if i < 0 {
			return best
		}
		at := p.point(from + i)
		if best < 0 || distance(at, near) < distance(best, near) {
			best = at
		} else if at > near {
			return best
		}
		from += i + len(s)
	}
}

// point turns a byte into a code point.
func (p *index) point(at int) int {
	i, found := slices.BinarySearch(p.marks, at)
	if !found {
		i--
	}
	return i*markEvery + utf8.RuneCountInString(p.text[p.marks[i]:at])
}
