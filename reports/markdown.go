package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Markdown writes the record as a page in GitHub's Markdown.
func Markdown(w io.Writer, r *Record) error {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "# %s\n\n", mdText(r.ModelName))
	mdFacts(&buf, modelFacts(r))
	if list := rows(r); len(list) > 0 {
		head, cells, number := table(list)
		rule := make([]string, len(head))
		for i, n := range number {
			if rule[i] = "---"; n {
				rule[i] = "---:"
			}
		}
		mdRow(&buf, head)
		mdRow(&buf, rule)
		for _, c := range cells {
			mdRow(&buf, mdCells(c))
		}
		buf.WriteByte('\n')
	}
	mdBreakdowns(&buf, r)
	mdRescored(&buf, r)
	mdWords(&buf, r.Words)
	mdFacts(&buf, costFacts(r))
	if notes := footnotes(r); len(notes) > 0 {
		buf.WriteString("## Notes\n\n")
		mdFacts(&buf, notes)
	}
	fmt.Fprintf(&buf, "Digest `%s`, run `%s`.\n", mdCode(r.Digest), mdCode(r.Host.RunID))
	_, err := w.Write(buf.Bytes())
	return err
}

func mdRow(buf *bytes.Buffer, cells []string) {
	buf.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func mdFacts(buf *bytes.Buffer, facts []fact) {
	if len(facts) == 0 {
		return
	}
	for i, f := range facts {
		item := "  - "
		switch {
		case f.name != "":
			item = "- **" + mdText(f.name) + "** "
		case i == 0 || facts[0].name == "": // nothing that it could stand under
			item = "- "
		}
		buf.WriteString(item + mdText(f.text) + "\n")
	}
	buf.WriteByte('\n')
}

// mdText escapes what Markdown or the HTML in it would take for markup, and folds lines.
var mdEscaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "#", `\#`,
	"&", "&amp;", "<", "&lt;", ">", "&gt;")

func mdText(s string) string { return mdEscaper.Replace(oneLine(s)) }

// mdCode is text between backquotes, where nothing can be escaped.
func mdCode(s string) string { return strings.ReplaceAll(oneLine(s), "`", "'") }
