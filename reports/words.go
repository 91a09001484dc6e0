package reports

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// WordScores are metrics of the answers of a run, without and with the words of a lexicon.
type WordScores struct {
	Lexicon Lexicon     `json:"lexicon"`
	Results []WordScore `json:"results"`
}

// A WordScore is the value of one metric of a task. A metric that does not compare words has no value with the lexicon: it cannot move.
type WordScore struct {
	Task string `json:"task"`
	Score
}

const wordsTitle = "word by word, without and with the lexicon"

// wordFacts stand above the table of word scores.
func wordFacts(w *WordScores) []fact {
	out := []fact{{"lexicon", w.Lexicon.Name + " · " + plural(int64(w.Lexicon.Words), "word")}}
	if n := len(w.Lexicon.Idle); n > 0 {
		out = append(out, fact{"", plural(int64(n), "word") + " can never be found, since jieba cuts inside: " + w.Lexicon.IdleText()})
	}
	if len(w.Results) == 0 {
		out = append(out, fact{"", "no task of this run has answers that are compared as text: the lexicon changes nothing"})
	}
	return out
}

func wordRows(w *WordScores) (head []string, rows [][]string) {
	head = []string{"task", "metric", "without", "95 % interval", "with lexicon", "difference, 95 %", "moved", "n", "unit"}
	task := ""
	for _, r := range w.Results {
		name := r.Task
		if name == task {
			name = ""
		}
		task = r.Task
		row := []string{name, r.Metric, scaled(*r.Value, r.Scale), scaledPair(r.CI95, r.Scale), "no words", "", "", strconv.Itoa(r.N), r.Unit}
		if l := r.Lexicon; l != nil {
			row[4], row[6] = scaled(l.Value, r.Scale), strconv.Itoa(l.Moved)
			row[5] = signed((l.Value-*r.Value)*r.Scale) + "  " + scaledPair(l.DifferenceCI95, r.Scale)
		}
		rows = append(rows, row)
	}
	return head, rows
}

// textWords writes the word scores of a record, if it has any.
func textWords(buf *bytes.Buffer, w *WordScores) error {
	if w == nil {
		return nil
	}
	buf.WriteString("\n" + wordsTitle + "\n")
	writeFacts(buf, wordFacts(w))
	if len(w.Results) == 0 {
		return nil
	}
	buf.WriteByte('\n')
	head, rows := wordRows(w)
	lines, err := tableLines(head, rows, tw.Alignment{
		tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignLeft,
	})
	if err != nil {
		return err
	}
	buf.WriteString(strings.Join(lines, "\n") + "\n")
	return nil
}

// mdWords is textWords in Markdown.
func mdWords(buf *bytes.Buffer, w *WordScores) {
	if w == nil {
		return
	}
	buf.WriteString("## " + strings.ToUpper(wordsTitle[:1]) + wordsTitle[1:] + "\n\n")
	mdFacts(buf, wordFacts(w))
	if len(w.Results) == 0 {
		return
	}
	head, rows := wordRows(w)
	mdTable(buf, head, nil, rows)
	buf.WriteByte('\n')
}
