package datasets

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with a data file and where.
type Error struct {
	File  string // as given by the reader's caller
	Line  int    // 1-based line where the row or value begins, 0 = the file as a whole
	Field string // name of the field, with the way to it inside the row ("qas[2].answers"); "" = the whole row
	Msg   string
}

// Error gives file, line, field and message on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("datasets: ")
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Field != "" {
		fmt.Fprintf(&b, "field %q: ", e.Field)
	}
	b.WriteString(e.Msg)
	return b.String()
}

// quoteShort quotes a text of a file for a message, cut to a length that fits on a line.
func quoteShort(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
