package novel

import (
	"strings"
	"unicode/utf8"
)

// A script is the order of the paragraphs of a scene, and the hours at which it may be.
type script struct {
	hours string
	parts []string
}

var scripts = []script{
	{"晨午", []string{"open", "work", "talk", "act", "close"}},
	{"晨午昏", []string{"open", "place", "work", "talk", "thought"}},
	{"午昏", []string{"open", "eat", "talk", "eat", "close"}},
	{"晨午", []string{"open", "road", "sky", "road", "close"}},
	{"昏夜", []string{"open", "memory", "sense", "memory", "close"}},
	{"晨午昏", []string{"open", "letter", "talk", "close"}},
	{"午昏", []string{"open", "act", "talk", "act", "talk", "close"}},
	{"夜", []string{"open", "talk", "thought", "close"}},
	{"晨午昏", []string{"open", "sky", "act", "place", "talk", "thought"}},
	{"晨午昏", []string{"open", "work", "sense", "work", "memory", "close"}},
	{"昏夜", []string{"open", "eat", "talk", "memory", "close"}},
	{"晨昏", []string{"open", "place", "sense", "thought"}},
	{"夜", []string{"open", "letter", "thought", "close"}},
	{"午", []string{"open", "work", "talk", "work", "thought"}},
}

var hours = []string{"晨", "午", "昏", "夜"}

// A stage is where the story stands: the day, and who is there.
type stage struct {
	world   *world
	cal     calendar
	weather string
	hour    int // index into hours
	pair    pair
	shown   map[int]bool // of the cast, whose trade was told
	chapter int
	parts   []string // of the scene that are still to come
	fresh   bool     // nothing of the scene was written yet
}

// chapterHead begins a chapter.
func (w *writer) chapterHead(st *stage) {
	st.chapter++
	year := st.cal.year
	if st.chapter > 1 {
		st.cal.pass(w.between(2, 11))
	}
	w.newDay(st)
	w.nextScene(st)
	head := "第" + numeral(st.chapter) + "章　" + w.title()
	w.paragraph(head)
	w.with("date", st.cal.date(), "year", st.cal.name(), "season", st.cal.season())
	line := "dateline"
	if st.chapter == 1 || st.cal.year != year {
		line = "newyear"
	}
	w.paragraph(w.say(line), w.say("sky"))
}

func (w *writer) title() string {
	for range tries {
		if s := w.say("titlea") + w.say("titleb"); !w.used[s] {
			w.used[s] = true
			return s
		}
	}
	return w.say("titlea") + "与" + w.say("titleb")
}

func (w *writer) newDay(st *stage) {
	list := []string{"晴", "晴", "晴", "雨", "雨", "风", "雾"}
	if st.cal.season() == "冬" {
		list = []string{"晴", "晴", "风", "雾", "雪", "雪"}
	}
	st.weather, st.hour = pick(w, list), 0
}

// nextScene picks people and script. When the hour of the scene is past, it is on a later day.
func (w *writer) nextScene(st *stage) {
	s := scripts[w.deal("scripts", len(scripts))]
	st.parts, st.fresh = s.parts, true
	st.pair = st.world.pairs[w.deal("pairs", len(st.world.pairs))]
	allowed := []rune(s.hours)
	want := string(allowed[w.draw(len(allowed))])
	at := 0
	for i, h := range hours {
		if h == want {
			at = i
		}
	}
	if at < st.hour {
		st.cal.pass(w.between(1, 4))
		w.newDay(st)
	}
	st.hour = at
	w.cue(st)
}

// cue sets the variables to the people of the scene.
func (w *writer) cue(st *stage) {
	p := st.pair
	a, b := st.world.cast[p.a], st.world.cast[p.b]
	w.with("A", a.name, "A他", a.pronoun, "B", b.name, "B他", b.pronoun, "kin", p.kin, "callA", p.callA, "callB", p.callB)
	weather, light := st.weather, "昼"
	if hours[st.hour] == "夜" {
		light = ""
		if weather == "晴" {
			weather = "月"
		}
	}
	w.modes = []string{st.cal.season(), weather, hours[st.hour], light, st.world.trades[p.a]}
	delete(w.vars, "later")
}

// nextPart writes the next paragraphs of the scene, at most room code points; it reports whether they fit.
func (w *writer) nextPart(st *stage, room int) bool {
	if len(st.parts) == 0 {
		w.nextScene(st)
	}
	w.cue(st)
	var paragraphs []string
	add := func(names ...string) {
		var b strings.Builder
		for _, n := range names {
			b.WriteString(w.shorter(b.String(), w.say(n)))
		}
		paragraphs = append(paragraphs, b.String())
	}
	kind := st.parts[0]
	switch kind {
	case "open":
		add("hour", "sky", pick(w, []string{"act", "sense", "sense"}))
		if !st.shown[st.pair.a] {
			st.shown[st.pair.a] = true
			w.with("tradename", tradeNames[st.world.trades[st.pair.a]])
			add("who")
		}
	case "work":
		add("work", pick(w, []string{"sense", "work", "act"}), pick(w, []string{"thought", "work", "sense"}))
	case "act":
		add("act", "act", pick(w, []string{"sense", "thought"}))
	case "place":
		add("place", "sense", pick(w, []string{"sky", "place"}))
	case "sky":
		add("sky", "sense")
	case "sense":
		add("sense", "act", "sense")
	case "thought":
		add("thought", pick(w, []string{"sense", "thought"}))
	case "memory":
		add("memory", "memory", "thought")
	case "eat":
		add("eat", "eat", "sense", "eat")
	case "road":
		add("road", "road", pick(w, []string{"sky", "sense", "thought"}), "road")
	case "close":
		add("close", pick(w, []string{"sense", "close"}))
	case "letter":
		add("letterlead")
		add("letter")
		add("letterend")
	case "talk":
		add("kinline", pick(w, []string{"act", "sense"}))
		paragraphs = append(paragraphs, w.talk()...)
	}
	size := 0
	for _, p := range paragraphs {
		size += utf8.RuneCountInString(p) + 1
	}
	if size > room {
		return false
	}
	for _, p := range paragraphs {
		w.paragraph(p)
	}
	st.parts, st.fresh = st.parts[1:], false
	return true
}

// shorter puts the pronoun for the name that a sentence begins with, half of the time, where it is clear who is meant: the paragraph has
// named that person and nobody else.
func (w *writer) shorter(before, sentence string) string {
	rest, ok := strings.CutPrefix(sentence, w.vars["A"])
	if !ok || !strings.Contains(before, w.vars["A"]) || strings.Contains(before, w.vars["B"]) || w.draw(2) == 0 {
		return sentence
	}
	return w.vars["A他"] + rest
}

// talk makes a conversation on one topic, a paragraph a line.
func (w *writer) talk() []string {
	list := w.rules["topic"]
	topic := list[w.deal("topic", len(list))][0].text
	w.modes = append(w.modes, topic)
	turns := []string{"q", "r", "f", "r", "e"}
	switch w.draw(4) {
	case 0:
		turns = []string{"q", "r", "e"}
	case 1:
		turns = []string{"q", "r", "f", "e"}
	case 2:
		turns = []string{"q", "r", "f", "r", "f", "e"}
	}
	var out []string
	for i, t := range turns {
		speaker := w.vars["A"]
		if i%2 == 1 {
			speaker = w.vars["B"]
		}
		out = append(out, w.spoken(speaker, w.say(t)))
	}
	w.modes = w.modes[:len(w.modes)-1]
	return out
}

func (w *writer) spoken(speaker, speech string) string {
	tag := "tag"
	if strings.HasSuffix(speech, "？") {
		tag = "asktag"
	}
	switch w.draw(6) {
	case 0, 1:
		return "“" + speech + "”" + speaker + w.deck(tag) + "。"
	case 2:
		return speaker + w.deck(tag) + "：“" + speech + "”"
	case 3:
		return speaker + w.deck("beat") + "，" + w.deck(tag) + "：“" + speech + "”"
	case 4:
		return speaker + w.deck("beat") + "。“" + speech + "”"
	}
	return "“" + speech + "”"
}

// deck deals a text of a rule that may be used again and again.
func (w *writer) deck(name string) string {
	alts := w.rules[name]
	var b strings.Builder
	w.expand(&b, alts[w.deal(name, len(alts))])
	return b.String()
}
