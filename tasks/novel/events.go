package novel

// couple picks two of the cast, as actor and partner.
func (p *plan) couple() (person, person) {
	order := p.w.perm(len(p.world.cast))
	return p.world.cast[order[0]], p.world.cast[order[1]]
}

// newThing invents a thing that occurs once.
func (p *plan) newThing() string {
	for {
		s := pick(p.w, words("objadj")) + pick(p.w, words("objnoun"))
		if !p.world.goods[s] {
			p.world.goods[s] = true
			return s
		}
	}
}

// newTemple names a temple that occurs in one question.
func (p *plan) newTemple() string {
	for {
		s := pick(p.w, words("templehead")) + pick(p.w, words("templetail"))
		if !p.world.other[s] {
			p.world.other[s] = true
			return s
		}
	}
}

// An act is one event of main characters.
type act struct {
	a, b  person
	thing string
	value string
	whom  person // of value, when it is a person
}

// newAct invents an event that has not been: nobody does the same with the same thing or person twice.
func (p *plan) newAct(name string) act {
	for {
		var c act
		c.a, c.b = p.couple()
		// Two people meet or promise once, whoever of them is named first.
		if key := name + " " + c.a.name + " " + c.b.name; name == "meet" || name == "promise" {
			if p.world.goods[key] {
				continue
			}
			p.world.goods[key], p.world.goods[name+" "+c.b.name+" "+c.a.name] = true, true
		} else {
			c.thing = p.newThing()
		}
		c.value, c.whom = p.actValue(name)
		return c
	}
}

// actValue draws what is asked for in an event.
func (p *plan) actValue(name string) (string, person) {
	w := p.w
	switch name {
	case "meet": // all have four characters
		return months[w.between(1, 8)] + days[pick(w, []int{2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28})], person{}
	case "price":
		return numeral(w.between(3, 9)*10+w.between(2, 9)) + "块", person{}
	case "gift":
		who := p.newMinor()
		return who.name, who
	}
	return p.value(name), person{}
}

func (p *plan) tellAct(name string, c act, at *Span) {
	p.w.with("A", c.a.name, "A他", c.a.pronoun, "B", c.b.name, "B他", c.b.pronoun, "obj", c.thing, "v", c.value, "v他", c.whom.pronoun)
	p.w.mark(p.w.say("event."+name), at)
	p.said[name] = append(p.said[name], statement{c.value, at})
}

// event plants an event and another one of its sort beside it.
func (p *plan) event(at int) {
	w := p.w
	list := words("events")
	name := list[w.deal("events", len(list))]
	c, other := p.newAct(name), p.newAct(name)
	for other.value == c.value {
		other = p.newAct(name)
	}
	q := p.ask(Fact, name, c.value)
	q.near = other.value
	q.text = func() string { return w.with("A", c.a.name, "B", c.b.name, "obj", c.thing).ask("ask." + name) }
	evidence := q.evidence()
	p.add(at, p.size(100), func(inScene bool) {
		first, second, places := c, other, []*Span{evidence, new(Span)}
		if w.draw(2) == 0 {
			first, second, places[0], places[1] = second, first, places[1], places[0]
		}
		if inScene && first.a.name != w.vars["A"] {
			w.put(w.deck("also"))
		}
		p.tellAct(name, first, places[0])
		w.put(w.deck("also"))
		p.tellAct(name, second, places[1])
		w.endParagraph()
	})
}

// visits plants two to five visits of one to a temple, among visits of others to it and of the same to another temple.
func (p *plan) visits() {
	w := p.w
	var who, decoy person
	temple, elsewhere := p.newTemple(), p.newTemple()
	who, decoy = p.couple()
	numbers := []string{"两次", "三次", "四次", "五次"}
	most := len(numbers)
	n := w.deal("visits", most)
	q := p.ask(Count, "visit", numbers[n])
	for i, s := range numbers {
		if i != n {
			q.wrong = append(q.wrong, s)
		}
	}
	digit := numeralDigit(n + 2)
	q.golds = []string{numbers[n], digit + "次", []string{"两回", "三回", "四回", "五回"}[n], digit}
	q.text = func() string { return w.with("A", who.name, "T", temple).ask("ask.count") }
	visit := func(a person, t string, at *Span) func(bool) {
		return func(inScene bool) {
			if inScene && a.name != w.vars["A"] {
				w.with("later", w.deck("also"))
			}
			w.with("A", a.name, "A他", a.pronoun, "T", t)
			w.mark(w.say("visit"), at)
			w.endParagraph()
		}
	}
	for _, at := range p.spread(n+2, 20, 980) {
		p.add(at, p.size(50), visit(who, temple, q.evidence()))
	}
	p.add(p.spread(1, 100, 900)[0], p.size(50), visit(decoy, temple, new(Span)))
	if !p.brief {
		p.add(p.spread(1, 100, 900)[0], p.size(50), visit(who, elsewhere, new(Span)))
	}
}
