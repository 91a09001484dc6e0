package metrics

import (
	"strings"
	"unicode/utf8"
)

// TagEntities reads the entities of one sentence from its tags, such as B-PER, I-PER, O, the way seqeval does by default and conlleval did:
// with prefixes B, I, E and S, where an I- or E- after O or after another type begins an entity too. Start and End are places of tags, End the one
// after the last. What other prefixes give is what seqeval makes of them, after a warning. Ill-formed tags are never dropped; that is what the strict modes of seqeval do, which need the scheme by name.
//
// Counted with [SpanCounts] and summed over sentences and types they give the micro F1; [MacroF1] averages over types.
//
// Source: get_entities in seqeval 1.2.2.
func TagEntities(tags []string) []Entity {
	var out []Entity
	var begin int
	var prefix, typ string
	prefix = "O"
	for i := range len(tags) + 1 {
		p, t := "O", "_"
		if i < len(tags) {
			p, t = splitTag(tags[i])
		}
		if tagEnds(prefix, p, typ != t) {
			out = append(out, Entity{Type: typ, Start: begin, End: i})
		}
		if tagBegins(prefix, p, typ != t) {
			begin = i
		}
		prefix, typ = p, t
	}
	return out
}

// splitTag splits B-PER into B and PER. What lies before a first hyphen further on is not part of the type, and a tag without a type
// has the type _.
func splitTag(tag string) (prefix, typ string) {
	if tag == "" {
		return "O", "_"
	}
	_, n := utf8.DecodeRuneInString(tag)
	prefix, typ = tag[:n], tag[n:]
	if _, after, ok := strings.Cut(typ, "-"); ok {
		typ = after
	}
	if typ == "" {
		typ = "_"
	}
	return prefix, typ
}

// tagEnds reports whether the entity of the tag before ends in front of a tag.
func tagEnds(before, tag string, newType bool) bool {
	switch before {
	case "E", "S":
		return true
	case "B", "I":
		if tag == "B" || tag == "S" || tag == "O" {
			return true
		}
	}
	return before != "O" && before != "." && newType
}

// tagBegins reports whether an entity begins at a tag.
func tagBegins(before, tag string, newType bool) bool {
	switch {
	case tag == "B" || tag == "S":
		return true
	case (tag == "E" || tag == "I") && (before == "E" || before == "S" || before == "O"):
		return true
	}
	return tag != "O" && tag != "." && newType
}
