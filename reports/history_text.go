package reports

import (
	"bytes"
	"fmt"
	"io"
)

// HistoryJSON writes a history as JSON: indented, keys in a fixed order, values unscaled.
func HistoryJSON(w io.Writer, h *History) error { return writeJSON(w, "history", h) }

// HistoryMarkdown writes a history as a page in GitHub's Markdown: the latest values and all changes, without those of every run.
func HistoryMarkdown(w io.Writer, h *History) error {
	var buf bytes.Buffer
	buf.WriteString("# Quality, latency and memory over time\n\n")
	if len(h.Groups) == 0 {
		buf.WriteString("There is no run that can be used.\n\n")
	}
	for i := range h.Groups {
		g := &h.Groups[i]
		fmt.Fprintf(&buf, "## %s\n\n", mdText(g.name()))
		for j, s := range g.Settings {
			if j > 0 {
				buf.WriteString(" · ")
			}
			buf.WriteString(mdText(s))
		}
		fmt.Fprintf(&buf, "\n\n%s\n\n", mdText(g.summary().EN))
		mdPageTable(&buf, g.latest(""))
		buf.WriteString("### Changes of level\n\n")
		if t := g.changes(""); len(t.Rows) > 0 {
			mdPageTable(&buf, t)
		} else {
			buf.WriteString("None found.\n\n")
		}
		buf.WriteString("### What differed when\n\n")
		if t := g.differences(""); len(t.Rows) > 0 {
			mdPageTable(&buf, t)
		} else {
			buf.WriteString("Outputs and surroundings are the same in all runs.\n\n")
		}
	}
	if t := h.skippedTable(); len(t.Rows) > 0 {
		buf.WriteString("## Folders left out\n\n")
		mdPageTable(&buf, t)
	}
	buf.WriteString("## How to read this\n\n")
	for _, p := range h.reading() {
		buf.WriteString(mdText(p.EN) + "\n\n")
	}
	_, err := w.Write(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
	return err
}

// mdPageTable writes a table of a page, in English.
func mdPageTable(buf *bytes.Buffer, t pageTable) {
	var head []string
	var right []bool
	for _, c := range t.Head {
		head, right = append(head, c.Name.EN), append(right, c.Number)
	}
	var rows [][]string
	for _, r := range t.Rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = c.EN
		}
		rows = append(rows, cells)
	}
	mdTable(buf, head, right, rows)
	buf.WriteByte('\n')
}
