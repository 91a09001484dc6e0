package finance

import "slices"

// A Term is a financial term.
type Term struct {
	Name       string
	Field      string   // 会计, 银行, 证券, 基金, 保险, 宏观
	Group      string   // of terms that are taken for each other
	Definition string   // does not hold the name
	Points     []string // what an explanation must say; words of which any will do, between "|"
}

// A group lists terms of one kind.
type group struct {
	field, name string
	lines       []termLine
}

type termLine struct {
	name, definition string
	points           []string
}

// Terms lists the terms, those of a group side by side.
func Terms() []Term {
	var out []Term
	for _, g := range slices.Concat(accountingTerms, marketTerms, fundTerms, macroTerms) {
		for _, l := range g.lines {
			out = append(out, Term{Name: l.name, Field: g.field, Group: g.name, Definition: l.definition, Points: l.points})
		}
	}
	return out
}

// Confusable lists the other terms of a group, then those of the same field.
func Confusable(t Term) (group, field []Term) {
	for _, other := range Terms() {
		switch {
		case other.Name == t.Name:
		case other.Group == t.Group:
			group = append(group, other)
		case other.Field == t.Field:
			field = append(field, other)
		}
	}
	return group, field
}
