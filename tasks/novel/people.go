package novel

// newMinor invents a minor character and makes them the subject of the next sentences.
func (p *plan) newMinor() person { return p.w.newPerson(p.world, "") }

// about makes a minor character the subject of the next sentence; other is somebody who is there too.
func (p *plan) about(who person, other string) *writer {
	return p.w.with("P", who.name, "P他", who.pronoun, "O", other, "role", p.w.deck("role"))
}

// tell states a trait and notes it.
func (p *plan) tell(who person, key, value string, at *Span) {
	p.w.mark(p.about(who, "").with("v", value).say("trait."+key), at)
	p.said[key] = append(p.said[key], statement{value, at})
}

func (p *plan) value(key string) string { return pick(p.w, words("value."+key)) }

// two values of a sort that differ.
func (p *plan) two(key string) (string, string) {
	list := words("value." + key)
	order := p.w.perm(len(list))
	return list[order[0]], list[order[1]]
}

// A teller states something of two people in one passage, the second of whom distracts from the first.
type teller struct {
	first, second func() // what is said of each
	a, b          person
	known         bool // the first one was in the text before
	short         bool // nothing but what is stated
}

// together writes a passage about two people, in random order.
func (p *plan) together(t teller) {
	w := p.w
	if w.draw(2) == 0 {
		t.a, t.b, t.first, t.second = t.b, t.a, t.second, t.first
	}
	lead, joined := "meet", "joined"
	if t.known {
		lead = "again"
	}
	if p.old {
		lead, joined = "oldmeet", "oldjoined"
	}
	w.put(p.about(t.a, "").say(lead))
	t.first()
	aside := func(who person) {
		if !p.brief && !t.short && w.draw(2) == 0 {
			w.put(p.about(who, "").say("aside"))
		}
	}
	aside(t.a)
	w.put(p.about(t.b, t.a.name).say(joined))
	t.second()
	aside(t.b)
	w.endParagraph()
}

func (p *plan) size(long int) int {
	if p.brief {
		return long * 7 / 10
	}
	return long
}

// detail plants a trait of a minor character, and the same sort of trait of another one beside it.
func (p *plan) detail(at int, early bool) {
	w := p.w
	key := p.keys[w.deal("detail", len(p.keys))]
	a, b := p.newMinor(), p.newMinor()
	v, near := p.two(key)
	q := p.ask(Detail, key, v)
	q.q.Early, q.near = early, near
	q.text = func() string { return w.with("P", a.name).ask("ask." + key) }
	evidence := q.evidence()
	other := new(Span)
	p.add(at, p.size(140), func(bool) {
		p.together(teller{a: a, b: b, short: early, first: func() { p.tell(a, key, v, evidence) }, second: func() { p.tell(b, key, near, other) }})
	})
}

// none plants a trait of one sort of one and of another sort of another, and asks what is not said.
func (p *plan) none(at int) {
	w := p.w
	i := w.deal("none", len(p.keys))
	key, has := p.keys[i], p.keys[(i+1+w.draw(len(p.keys)-1))%len(p.keys)]
	a, b := p.newMinor(), p.newMinor()
	own, near := p.value(has), p.value(key)
	q := p.ask(None, key, NotSaid)
	q.near = near
	q.text = func() string { return w.with("P", a.name).ask("ask." + key) }
	misleading := q.evidence()
	p.add(at, p.size(140), func(bool) {
		p.together(teller{a: a, b: b, first: func() { p.tell(a, has, own, new(Span)) }, second: func() { p.tell(b, key, near, misleading) }})
	})
}

// relation plants who is tied to whom in one place and what that one is like in another, each beside another such pair.
func (p *plan) relation() {
	w := p.w
	tie := pick(w, words("tie"))
	key := p.keys[w.deal("relation", len(p.keys))]
	pronoun := map[string]string{"舅舅": "他", "义父": "他", "结拜兄长": "他", "姑母": "她"}[tie]
	a, b := p.newMinor(), p.newMinor()
	mine, yours := w.newPerson(p.world, pronoun), w.newPerson(p.world, pronoun)
	v, near := p.two(key)
	q := p.ask(Relation, key, v)
	q.near = near
	q.text = func() string { return w.with("P", a.name+"的"+tie).ask("ask." + key) }
	tied, told := q.evidence(), q.evidence()
	at := append(p.spread(1, 30, 420), p.spread(1, 580, 970)...)
	if w.draw(2) == 0 { // what somebody is like may come first
		at[0], at[1] = at[1], at[0]
	}
	tell := func(who, whom person, place *Span) func() {
		return func() { w.mark(p.about(who, "").with("M", whom.name, "tie", tie).say("tied"), place) }
	}
	p.add(at[0], p.size(140), func(bool) {
		p.together(teller{a: a, b: b, first: tell(a, mine, tied), second: tell(b, yours, new(Span))})
	})
	p.add(at[1], p.size(140), func(bool) {
		p.together(teller{a: mine, b: yours, first: func() { p.tell(mine, key, v, told) }, second: func() { p.tell(yours, key, near, new(Span)) }})
	})
}

// row plants four who do the same, one after the other, and asks who was first or last.
func (p *plan) row() {
	w := p.w
	name := pick(w, words("rows"))
	host := p.newMinor()
	var four []person
	for range 4 {
		four = append(four, p.newMinor())
	}
	which, right := "是最先的一个", 0
	if w.draw(2) == 0 {
		which, right = "是最后的一个", 3
	}
	q := p.ask(Order, name, four[right].name)
	for i, who := range four {
		if i != right {
			q.wrong = append(q.wrong, who.name)
		}
	}
	listed := w.perm(4)
	q.text = func() string {
		w.with("K", host.name, "which", which)
		for i, at := range listed {
			w.with("P"+numeralDigit(i+1), four[at].name)
		}
		return w.ask("ask." + name)
	}
	for i, at := range p.spread(4, 20, 980) {
		evidence := q.evidence()
		p.add(at, p.size(90), func(bool) {
			if i == 0 {
				w.put(p.about(host, "").say("meet"))
				w.with("later", w.deck("later"))
			} else {
				w.put(w.say("sense"))
			}
			w.with("K", host.name, "K他", host.pronoun)
			w.mark(p.about(four[i], "").say("row."+name), evidence)
			w.endParagraph()
		})
	}
}

// clashing are the traits of which nobody has two.
var clashing = []string{"home", "belt", "food", "fear"}

// clash plants two mentions of a trait of each of four; of one they differ.
func (p *plan) clash() {
	w := p.w
	key := clashing[w.deal("clash", len(clashing))]
	var four []person
	var first [4]string
	list := words("value." + key)
	order := w.perm(len(list))
	for i := range 4 {
		four = append(four, p.newMinor())
		first[i] = list[order[i]]
	}
	second := first
	wrong := w.draw(4)
	second[wrong] = list[order[4]]
	q := p.ask(Clash, key, four[wrong].name)
	for i, who := range four {
		if i != wrong {
			q.wrong = append(q.wrong, who.name)
		}
	}
	listed := w.perm(4)
	label := words("label." + key)[0]
	q.text = func() string {
		w.with("label", label)
		for i, at := range listed {
			w.with("P"+numeralDigit(i+1), four[at].name)
		}
		return w.ask("ask.clash")
	}
	spans := [2][4]*Span{}
	for round := range spans {
		for i := range four {
			spans[round][i] = new(Span)
		}
	}
	q.spans = []*Span{spans[0][wrong], spans[1][wrong]}
	for round, values := range [][4]string{first, second} {
		pairs := w.perm(4)
		places := p.spread(2, []int{20, 550}[round], []int{450, 970}[round])
		for half, at := range places {
			i, j := pairs[2*half], pairs[2*half+1]
			p.add(at, p.size(140), func(bool) {
				p.together(teller{
					a: four[i], b: four[j], known: round == 1,
					first:  func() { p.tell(four[i], key, values[i], spans[round][i]) },
					second: func() { p.tell(four[j], key, values[j], spans[round][j]) },
				})
			})
		}
	}
}

func numeralDigit(n int) string { return string(rune('0' + n)) }
