package reports

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/olekukonko/tablewriter/tw"
)

// A block is a part of a page: a title, facts, then a table. Any of them may be absent. Text and Markdown show the same blocks.
type block struct {
	title string
	facts []fact
	head  []string
	right []bool // columns whose cells stand to the right; nil = none
	rows  [][]string
	after []fact // below the table
}

// textPage writes blocks for a terminal.
func textPage(w io.Writer, blocks []block) error {
	var buf bytes.Buffer
	for i, b := range blocks {
		if i > 0 {
			buf.WriteByte('\n')
		}
		if b.title != "" {
			buf.WriteString(oneLine(b.title) + "\n")
		}
		writeFacts(&buf, b.facts)
		if len(b.rows) > 0 {
			if len(b.facts) > 0 {
				buf.WriteByte('\n')
			}
			var align tw.Alignment
			for i := range b.head {
				align = append(align, map[bool]tw.Align{true: tw.AlignRight, false: tw.AlignLeft}[b.right != nil && b.right[i]])
			}
			lines, err := tableLines(b.head, b.rows, align)
			if err != nil {
				return fmt.Errorf("reports: table: %w", err)
			}
			for _, line := range lines {
				buf.WriteString(line + "\n")
			}
		}
		if len(b.after) > 0 {
			if len(b.rows) > 0 {
				buf.WriteByte('\n')
			}
			writeFacts(&buf, b.after)
		}
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// mdPage writes blocks in GitHub's Markdown. The first title is the page's.
func mdPage(w io.Writer, blocks []block) error {
	var buf bytes.Buffer
	for i, b := range blocks {
		if b.title != "" {
			fmt.Fprintf(&buf, "%s %s\n\n", map[bool]string{true: "#", false: "##"}[i == 0], mdText(b.title))
		}
		mdFacts(&buf, b.facts)
		if len(b.rows) > 0 {
			mdTable(&buf, b.head, b.right, b.rows)
			buf.WriteByte('\n')
		}
		mdFacts(&buf, b.after)
	}
	_, err := w.Write(append(bytes.TrimRight(buf.Bytes(), "\n"), '\n'))
	return err
}

// mdTable writes a table; right are the columns whose cells stand to the right, nil = none.
func mdTable(buf *bytes.Buffer, head []string, right []bool, rows [][]string) {
	names, rule := make([]string, len(head)), make([]string, len(head))
	for i, h := range head {
		names[i], rule[i] = mdText(h), "---"
		if right != nil && right[i] {
			rule[i] = "---:"
		}
	}
	mdRow(buf, names)
	mdRow(buf, rule)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = mdText(c)
		}
		mdRow(buf, cells)
	}
}

// withSign prints a number with its sign, as a reader of a difference expects.
func withSign(v float64, decimals int) string {
	if s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64); v < 0 && s != strconv.FormatFloat(0, 'f', decimals, 64) {
		return "−" + s
	} else if v > 0 && s != strconv.FormatFloat(0, 'f', decimals, 64) {
		return "+" + s
	}
	return strconv.FormatFloat(0, 'f', decimals, 64)
}

// chance prints a p value.
func chance(p float64) string {
	switch {
	case p < 0.0001:
		return "< 0.0001"
	case p > 0.9999:
		return "1"
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}
