package novel

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tries is how often a sentence that was used before is made again.
const tries = 12

// A writer holds the text so far and what its next sentence depends on.
type writer struct {
	draw  func(n int) int
	rules ruleset
	decks map[string]*deck
	vars  map[string]string // names of people, places and things of the sentence
	modes []string          // endings of rules that hold now: season, weather, hour, trade, topic
	used  map[string]bool   // sentences

	text  strings.Builder
	runes int
	ends  []end // of paragraphs
}

// An end is where a paragraph ends, line feed included.
type end struct{ runes, bytes int }

// A deck deals the numbers of a rule's alternatives, so that each comes before any comes again.
type deck struct {
	order []int
	next  int
}

func newWriter(draw func(n int) int) *writer {
	return &writer{draw: draw, rules: rules(), decks: map[string]*deck{}, vars: map[string]string{}, used: map[string]bool{}}
}

func (w *writer) perm(n int) []int {
	out := make([]int, n)
	for i := range out {
		j := w.draw(i + 1)
		out[i], out[j] = out[j], i
	}
	return out
}

// between returns a number in [low,high].
func (w *writer) between(low, high int) int { return low + w.draw(high-low+1) }

func pick[T any](w *writer, list []T) T { return list[w.draw(len(list))] }

// deal gives the next number below n of the deck of that name.
func (w *writer) deal(name string, n int) int {
	d := w.decks[name]
	if d == nil || len(d.order) != n {
		d = &deck{}
		w.decks[name] = d
	}
	if d.next == len(d.order) {
		last := -1
		if n > 1 && d.next > 0 {
			last = d.order[d.next-1]
		}
		d.order, d.next = w.perm(n), 0
		if d.order[0] == last { // not the same one twice in a row
			d.order[0], d.order[n-1] = d.order[n-1], d.order[0]
		}
	}
	d.next++
	return d.order[d.next-1]
}

// rule finds a rule by its name, or by its name with an ending that holds now.
func (w *writer) rule(name string) (string, []sequence) {
	if alts, ok := w.rules[name]; ok {
		return name, alts
	}
	for _, m := range w.modes {
		if alts, ok := w.rules[name+"."+m]; ok {
			return name + "." + m, alts
		}
	}
	panic(fmt.Sprintf("novel: no rule or variable %q with %q", name, w.modes))
}

func (w *writer) expand(b *strings.Builder, seq sequence) {
	for _, p := range seq {
		switch {
		case p.alts != nil:
			w.expand(b, p.alts[w.draw(len(p.alts))])
		case p.ref == "":
			b.WriteString(p.text)
		default:
			if v, ok := w.vars[p.ref]; ok {
				b.WriteString(v)
				continue
			}
			name, alts := w.rule(p.ref)
			w.expand(b, alts[w.deal(name, len(alts))])
		}
	}
}

// say makes a text of a rule, one that was not used before if it can be had.
func (w *writer) say(name string) string {
	name, alts := w.rule(name)
	var s string
	for range tries {
		var b strings.Builder
		w.expand(&b, alts[w.deal(name, len(alts))])
		if s = b.String(); !w.used[s] {
			break
		}
	}
	w.used[s] = true
	return s
}

// ask makes a text of a rule that may be used again.
func (w *writer) ask(name string) string {
	var b strings.Builder
	w.expand(&b, pick(w, w.rules[name]))
	return b.String()
}

// with sets variables in pairs of name and value.
func (w *writer) with(pairs ...string) *writer {
	for i := 0; i < len(pairs); i += 2 {
		w.vars[pairs[i]] = pairs[i+1]
	}
	return w
}

func (w *writer) put(s string) {
	w.text.WriteString(s)
	w.runes += utf8.RuneCountInString(s)
}

// mark puts a sentence and notes its place.
func (w *writer) mark(s string, at *Span) {
	at.Start, at.Text = w.runes, s
	w.put(s)
	at.End = w.runes
}

func (w *writer) endParagraph() {
	w.put("\n")
	w.ends = append(w.ends, end{w.runes, w.text.Len()})
}

func (w *writer) paragraph(sentences ...string) {
	for _, s := range sentences {
		w.put(s)
	}
	w.endParagraph()
}
