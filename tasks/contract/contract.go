package contract

import "slices"

// Status is how a contract settles a field.
type Status string

// The ways. In the last three there is nothing to be found.
const (
	Stated   Status = "stated"     // in an article, or at the head or foot
	Attached Status = "attachment" // the article refers to an attachment, which has the value
	Amended  Status = "amended"    // an article has a value, and an amendment at the end another one, which counts
	Deleted  Status = "deleted"    // an amendment takes the clause away
	Missing  Status = "missing"    // the contract says nothing, or has a blank to be filled in
	Foreign  Status = "foreign"    // such contracts do not settle it
)

// A Span is a run of code points [Start,End) of the text.
type Span struct{ Start, End int }

// A Clause is the truth about one field.
type Clause struct {
	Field  string
	Title  string // of the field in contracts of this type
	Status Status
	// Spans are the sentences that settle it, the best first; any of them is a right answer. None = the contract does not settle it. A
	// sentence ends before 。 or ； or at the end of the line.
	Spans   []Span
	Value   Value
	Surface Span    // the value within the first span
	Former  []Value // values that do not count: of an earlier contract, or before an amendment
}

// Present reports whether the contract settles the field.
func (c Clause) Present() bool { return len(c.Spans) > 0 }

// A Contract is a text and the truth about it.
type Contract struct {
	Type    string // ID of the type
	Text    string
	Clauses []Clause // in the order of [Fields], then of fields that the type never has
	Values  []Value  // all values of the text, whatever they are about, in the order in which they were written
}

// Clause finds a clause by its field.
func (c Contract) Clause(field string) (Clause, bool) {
	i := slices.IndexFunc(c.Clauses, func(x Clause) bool { return x.Field == field })
	if i < 0 {
		return Clause{}, false
	}
	return c.Clauses[i], true
}
