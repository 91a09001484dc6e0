package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Text writes the record as a table for a terminal, with the facts of the run above and below it.
func Text(w io.Writer, r *Record) error {
	var buf bytes.Buffer
	writeFacts(&buf, modelFacts(r))
	buf.WriteByte('\n')
	if list := rows(r); len(list) > 0 {
		if err := writeTable(&buf, list); err != nil {
			return fmt.Errorf("reports: table: %w", err)
		}
	}
	if err := textRescored(&buf, r); err != nil {
		return fmt.Errorf("reports: table: %w", err)
	}
	if err := textWords(&buf, r.Words); err != nil {
		return fmt.Errorf("reports: table: %w", err)
	}
	if costs := costFacts(r); len(costs) > 0 {
		buf.WriteByte('\n')
		writeFacts(&buf, costs)
	}
	if notes := footnotes(r); len(notes) > 0 {
		buf.WriteByte('\n')
		writeFacts(&buf, notes)
	}
	if r.Host.Dir != "" {
		fmt.Fprintf(&buf, "\nresults in %s\n", oneLine(r.Host.Dir))
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// writeFacts writes names in a column of their own; a repeated name is written once.
func writeFacts(buf *bytes.Buffer, facts []fact) {
	width := 0
	for _, f := range facts {
		width = max(width, len(f.name))
	}
	last := ""
	for _, f := range facts {
		name := f.name
		if name == last {
			name = ""
		}
		last = f.name
		fmt.Fprintf(buf, "%-*s  %s\n", width, name, oneLine(f.text))
	}
}

// writeTable draws light lines under the header and between tasks and groups.
func writeTable(buf *bytes.Buffer, list []row) error {
	head, cells, number := table(list)
	var align tw.Alignment
	for _, n := range number {
		a := tw.AlignLeft
		if n {
			a = tw.AlignRight
		}
		align = append(align, a)
	}
	lines, err := tableLines(head, cells, align)
	if err != nil {
		return err
	}
	for i, line := range lines {
		// lines are: header, rule, then one for each row
		if i >= 3 && list[i-2].group && !list[i-3].group {
			buf.WriteString(lines[1] + "\n")
		}
		buf.WriteString(line + "\n")
	}
	return nil
}

// tableLines lays a table out: the header, a rule, then one line for each row. A nil align puts everything to the left.
func tableLines(head []string, rows [][]string, align tw.Alignment) ([]string, error) {
	if align == nil {
		for range head {
			align = append(align, tw.AlignLeft)
		}
	}
	var out bytes.Buffer
	t := tablewriter.NewTable(&out,
		// Lines are drawn with characters of ambiguous width: they are one column wide in every terminal in use.
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithAlignment(align),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.Off, Bottom: tw.Off},
			Symbols: tw.NewSymbols(tw.StyleLight),
			Settings: tw.Settings{
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On, ShowFooterLine: tw.Off},
				Separators: tw.Separators{BetweenRows: tw.Off, BetweenColumns: tw.Off, ShowHeader: tw.On},
			},
		})),
	)
	t.Header(safeCells(head))
	for _, cells := range rows {
		if len(cells) != len(head) {
			return nil, fmt.Errorf("a row has %d cells, the header %d", len(cells), len(head))
		}
		if err := t.Append(safeCells(cells)); err != nil {
			return nil, err
		}
	}
	if err := t.Render(); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != len(rows)+2 {
		return nil, fmt.Errorf("%d lines for %d rows", len(lines), len(rows))
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines, nil
}

func safeCells(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = oneLine(c)
	}
	return out
}

// oneLine makes text safe for one line of a terminal: white space is folded, control characters, which could move the cursor or change
// colors, become "?".
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s))
}
