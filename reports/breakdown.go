package reports

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/olekukonko/tablewriter/tw"
)

// A breakTable is the results of a task by the values of one tag, as tables show them.
type breakTable struct {
	task, tag string
	header    []string
	rows      [][]string
}

// breakTables lists the breakdowns by task, then tag. Every value of a tag has a row with the headline metric and its interval; the other
// metrics have a column each.
func breakTables(r *Record) []breakTable {
	var out []breakTable
	for _, task := range slices.Sorted(maps.Keys(r.Breakdowns)) {
		for _, tag := range slices.Sorted(maps.Keys(r.Breakdowns[task])) {
			list := r.Breakdowns[task][tag]
			t := breakTable{task: task, tag: tag, header: []string{tag, "n"}}
			// The metrics that any value has, in the order of the task.
			any := map[string]Value{}
			extracted := false
			for _, b := range list {
				maps.Copy(any, b.Result.Values)
				extracted = extracted || b.Result.Counts != nil && b.Result.Counts.Unparsed > 0
			}
			columns := metricRows(row{}, Result{Values: any}, r.Configs[task].MetricList, r.HigherIsBetter[task], nil)
			if len(any) == 0 {
				columns = nil
			}
			for i, c := range columns {
				t.header = append(t.header, c.metric+" "+c.arrow())
				if i == 0 {
					t.header = append(t.header, "95 % interval")
				}
			}
			if extracted {
				t.header = append(t.header, "extracted")
			}
			for _, b := range list {
				cells := []string{b.Value, strconv.Itoa(b.N)}
				for i, c := range columns {
					c.value, c.has = b.Result.Values[c.metric]
					cells = append(cells, c.valueText())
					if i == 0 {
						cells = append(cells, c.intervalText())
					}
				}
				if extracted {
					cells = append(cells, percent(b.Result.Counts))
				}
				t.rows = append(t.rows, cells)
			}
			out = append(out, t)
		}
	}
	return out
}

// percent is the share of answers that could be extracted.
func percent(c *Counts) string {
	if c == nil || c.Scored == 0 {
		return ""
	}
	return strconv.FormatFloat(100*c.ExtractRate, 'f', 1, 64) + " %"
}

// Breakdowns writes a table for each tag of each task that the record breaks results down by, for a terminal.
func Breakdowns(w io.Writer, r *Record) error {
	var buf bytes.Buffer
	for i, t := range breakTables(r) {
		if i > 0 {
			buf.WriteByte('\n')
		}
		fmt.Fprintf(&buf, "%s by %s\n", oneLine(t.task), oneLine(t.tag))
		align := append(tw.Alignment{tw.AlignLeft}, slices.Repeat(tw.Alignment{tw.AlignRight}, len(t.header)-1)...)
		lines, err := tableLines(t.header, t.rows, align)
		if err != nil {
			return fmt.Errorf("reports: table: %w", err)
		}
		for _, line := range lines {
			buf.WriteString(line + "\n")
		}
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// mdBreakdowns is the same for a page.
func mdBreakdowns(buf *bytes.Buffer, r *Record) {
	for i, t := range breakTables(r) {
		if i == 0 {
			buf.WriteString("## Breakdowns\n\n")
		}
		fmt.Fprintf(buf, "### %s by %s\n\n", mdText(t.task), mdText(t.tag))
		rule := slices.Repeat([]string{"---:"}, len(t.header))
		rule[0] = "---"
		mdRow(buf, mdCells(t.header))
		mdRow(buf, rule)
		for _, cells := range t.rows {
			mdRow(buf, mdCells(cells))
		}
		buf.WriteByte('\n')
	}
}

func mdCells(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = mdText(c)
	}
	return out
}
