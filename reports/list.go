package reports

import (
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// List writes a plain table, all columns to the left. Cells are folded to one line; Chinese characters count two columns.
func List(w io.Writer, header []string, rows [][]string) error {
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = slices.Clone(r)
		for j, c := range r {
			cells[i][j] = oneLine(c)
		}
	}
	lines, err := tableLines(header, cells, slices.Repeat(tw.Alignment{tw.AlignLeft}, len(header)))
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}
