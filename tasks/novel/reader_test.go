package novel

import (
	"regexp"
	"slices"
	"strings"
)

// A reader answers questions from the text alone, by looking for sentences that name what the question names. It knows the values that traits may
// have and the choices, and nothing of how questions are made.
type reader struct{ sentences []string }

var sentenceEnd = regexp.MustCompile(`[。！？]”?|\n`)

func read(text string) reader {
	var r reader
	from := 0
	for _, at := range sentenceEnd.FindAllStringIndex(text, -1) {
		// What is said in quotation marks and who says it are one sentence.
		if strings.HasSuffix(text[:at[1]], "”") && !strings.HasPrefix(text[at[1]:], "\n") {
			continue
		}
		r.sentences = append(r.sentences, text[from:at[1]])
		from = at[1]
	}
	return r
}

// with lists the sentences that hold all of the words.
func (r reader) with(all ...string) []string {
	var out []string
	for _, s := range r.sentences {
		if !slices.ContainsFunc(all, func(w string) bool { return !strings.Contains(s, w) }) {
			out = append(out, s)
		}
	}
	return out
}

// values lists the different values of a list that sentences with all of the words hold.
func (r reader) values(list []string, all ...string) []string {
	var out []string
	for _, s := range r.with(all...) {
		for _, v := range list {
			if strings.Contains(s, v) && !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

var (
	ties     = "师父|舅舅|姑母|义父|邻居|东家|结拜兄长|救命恩人"
	askTie   = regexp.MustCompile(`^(?:书里说|什么东西会让)?(\p{Han}{3})的(` + ties + `)`)
	askWho   = regexp.MustCompile(`^(?:书里说|什么东西会让)?(\p{Han}{3})`)
	askRow   = regexp.MustCompile(`^(\p{Han}{3})、(\p{Han}{3})、(\p{Han}{3})、(\p{Han}{3})都(?:向|在|找|请)(\p{Han}{3})`)
	askVisit = regexp.MustCompile(`，(\p{Han}{3})(?:一共去过|去)(\p{Han}{3})`)
	askPair  = regexp.MustCompile(`(\p{Han}{3})(?:和|同|答应|向)(\p{Han}{3})`)
	askThing = []*regexp.Regexp{
		regexp.MustCompile(`^(\p{Han}{3})把(.+?)(?:藏在了哪里|送给了谁)`), regexp.MustCompile(`^(\p{Han}{3})藏(.+)的地方`), regexp.MustCompile(`^(\p{Han}{3})买(.+)花了多少`),
		regexp.MustCompile(`^(\p{Han}{3})花多少银元买下了(.+)？`), regexp.MustCompile(`^(\p{Han}{3})的(.+)送给了什么人`), regexp.MustCompile(`^(\p{Han}{3})收到的(.+)是从`),
		regexp.MustCompile(`^寄给(\p{Han}{3})的(.+)来自`), regexp.MustCompile(`^(\p{Han}{3})说(.+)里藏着什么`), regexp.MustCompile(`^(\p{Han}{3})对\p{Han}{3}吐露的秘密里，(.+)中藏`),
	}
)

// answer returns what the text says, "" when the question is not understood or the text says more than one thing.
func (r reader) answer(q Question) string {
	one := func(list []string) string {
		switch len(list) {
		case 0:
			return NotSaid
		case 1:
			return list[0]
		}
		return ""
	}
	switch q.Kind {
	case Relation:
		m := askTie.FindStringSubmatch(q.Text)
		if m == nil {
			return ""
		}
		whom := regexp.MustCompile(`(?:就是|正是|名叫|是)(\p{Han}{3})[，。]`)
		for _, s := range r.with(m[1], m[2]) {
			if _, after, ok := strings.Cut(s, m[1]); ok {
				if n := whom.FindStringSubmatch(after); n != nil {
					return one(r.values(words("value."+q.About), n[1]))
				}
			}
		}
	case Detail, None:
		if m := askWho.FindStringSubmatch(q.Text); m != nil {
			return one(r.values(words("value."+q.About), m[1]))
		}
	case Fact:
		if m := askPair.FindStringSubmatch(q.Text); m != nil && (q.About == "meet" || q.About == "promise") {
			return one(r.values(q.Choices, m[1], m[2]))
		}
		for _, ask := range askThing {
			if m := ask.FindStringSubmatch(q.Text); m != nil {
				return one(r.values(q.Choices, m[1], m[2]))
			}
		}
	case Order:
		m := askRow.FindStringSubmatch(q.Text)
		if m == nil {
			return ""
		}
		var order []string
		for _, s := range r.with(m[5]) {
			for _, who := range m[1:5] {
				if strings.Contains(s, who) {
					order = append(order, who)
				}
			}
		}
		if len(order) != 4 {
			return ""
		}
		if strings.Contains(q.Text, "最先") {
			return order[0]
		}
		return order[3]
	case Count:
		if m := askVisit.FindStringSubmatch(q.Text); m != nil {
			return map[int]string{2: "两次", 3: "三次", 4: "四次", 5: "五次"}[len(r.with(m[1], m[2]))]
		}
	case Clash:
		var found []string
		for _, who := range q.Choices {
			if len(r.values(words("value."+q.About), who)) == 2 {
				found = append(found, who)
			}
		}
		return one(found)
	}
	return ""
}
