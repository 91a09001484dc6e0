package novel

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Insert puts traits of n minor characters, each beside one that distracts from it, behind paragraphs of a text that others wrote, and asks about them.
// The places share the length of the text evenly. Paragraphs of text end with a line feed.
func Insert(draw func(n int) int, text string, n int) *Novel {
	w := newWriter(draw)
	wd := &world{names: map[string]bool{}, goods: map[string]bool{}, other: map[string]bool{}}
	length := utf8.RuneCountInString(text)
	p := &plan{w: w, world: wd, length: length, brief: true, old: true, said: map[string][]statement{}, keys: words("kinds")}
	order := w.perm(n)
	for i := range n {
		p.detail(p.place((1000*order[i]+w.draw(1000))/n), false)
	}
	slices.SortStableFunc(p.pieces, func(a, b piece) int { return cmp.Compare(a.at, b.at) })
	w.with("A", "众人", "A他", "众人", "B", "众人", "town", "本地", "later", "这一日，")
	read := 0 // code points of text
	for line := range strings.Lines(text) {
		w.put(line)
		w.ends = append(w.ends, end{w.runes, w.text.Len()})
		read += utf8.RuneCountInString(line)
		if strings.HasSuffix(line, "\n") && len(p.pieces) > 0 && p.pieces[0].at <= read {
			p.pop().write(false)
		}
	}
	out := &Novel{Text: w.text.String(), Runes: w.runes, ends: w.ends}
	p.asked = slices.DeleteFunc(p.asked, func(q *pending) bool { return q.spans[0].End == 0 }) // text ended too early
	out.Questions = p.questions(out)
	return out
}

// Renamer replaces names by invented ones of the same length, each by the same one everywhere. Where names begin alike the longest counts.
// No new name occurs in text, which is that of the whole story. Names have two characters or more.
func Renamer(draw func(n int) int, text string, names []string) *strings.Replacer {
	w := newWriter(draw)
	var pairs []string
	taken := map[string]bool{}
	chars := slices.Concat(maleOne, maleTwo, womenTwo)
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, name := range sorted {
		for {
			var b strings.Builder
			for range max(2, utf8.RuneCountInString(name)) {
				b.WriteString(pick(w, chars))
			}
			if s := b.String(); !taken[s] && !strings.Contains(text, s) {
				taken[s] = true
				pairs = append(pairs, name, s)
				break
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
