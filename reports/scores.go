package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// ScoresSchemaVersion is the version of what score prints as JSON.
const ScoresSchemaVersion = 1

// How an interval was made.
const (
	IntervalWilson    = "wilson"
	IntervalBootstrap = "bootstrap"
)

// Scores are the values that metrics give the predictions of a file.
type Scores struct {
	SchemaVersion  int         `json:"schema_version"`
	Version        string      `json:"version"` // of this program
	Predictions    ScoreFile   `json:"predictions"`
	References     []ScoreFile `json:"references"` // empty = beside the predictions
	Items          int         `json:"items"`
	Missing        int         `json:"missing"`           // items without a prediction, counted as wrong
	Seed           uint64      `json:"seed"`              // of the bootstrap intervals
	BootstrapIters int         `json:"bootstrap_iters"`   // draws
	Lexicon        *Lexicon    `json:"lexicon,omitempty"` // domain words, for a second value of the metrics that compare words
	Results        []Score     `json:"results"`           // in the order asked for
	Warnings       []Warning   `json:"warnings"`
}

// A ScoreFile is a file that was read.
type ScoreFile struct {
	Path   string `json:"path"` // as given
	SHA256 string `json:"sha256"`
	Format string `json:"format"`
	Items  int    `json:"items"`
}

// A Score is the value of one metric.
type Score struct {
	Metric         string        `json:"metric"`
	Title          string        `json:"title"`               // definition
	Unit           string        `json:"unit"`                // what is counted
	Convention     string        `json:"convention"`          // whose rules
	Signature      string        `json:"signature,omitempty"` // of BLEU and chrF
	Scale          float64       `json:"scale"`               // factor to print values with; values here are not scaled
	HigherIsBetter bool          `json:"higher_is_better"`
	Words          bool          `json:"words"` // compares words
	Value          *float64      `json:"value"` // null = not available
	CI95           *[2]float64   `json:"ci95,omitempty"`
	Interval       string        `json:"interval,omitempty"` // "wilson", "bootstrap"
	N              int           `json:"n"`
	Abstained      int           `json:"abstained"` // items without an answer in the text, counted as wrong
	Excluded       int           `json:"excluded"`  // items that the metric leaves out by its own rules
	Lexicon        *LexiconScore `json:"with_lexicon,omitempty"`
	NotAvailable   string        `json:"not_available,omitempty"` // why there is no value, and what to do
}

// A Lexicon are words of a domain, given to the segmenter of metrics that compare words.
type Lexicon struct {
	Name   string   `json:"name"` // of the file
	SHA256 string   `json:"sha256"`
	Words  int      `json:"words"`
	Idle   []string `json:"idle,omitempty"` // words that no text can yield
}

// IdleText lists the idle words, not more than fit on a line.
func (l *Lexicon) IdleText() string {
	const most = 8
	if len(l.Idle) <= most {
		return strings.Join(l.Idle, ", ")
	}
	return strings.Join(l.Idle[:most], ", ") + ", …"
}

// A LexiconScore is the value of a metric with the words of a lexicon.
type LexiconScore struct {
	Value          float64     `json:"value"`
	CI95           *[2]float64 `json:"ci95,omitempty"`
	DifferenceCI95 *[2]float64 `json:"difference_ci95,omitempty"` // of the value with the lexicon minus that without, paired
	Moved          int         `json:"moved"`                     // items whose own score is another
}

// ItemScores are the scores of one item by metric.
type ItemScores struct {
	ID      string             `json:"id,omitempty"`
	Line    int                `json:"line,omitempty"` // in the file of predictions; 0 = missing there
	Scores  map[string]float64 `json:"scores"`
	Lexicon map[string]float64 `json:"with_lexicon,omitempty"`
}

// ScoresJSON writes scores as JSON, as reports/scores.schema.json has it.
func ScoresJSON(w io.Writer, s *Scores) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("reports: scores as JSON: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// ItemScoresJSONL writes a line an item.
func ItemScoresJSONL(w io.Writer, items []ItemScores) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for _, item := range items {
		if err := enc.Encode(item); err != nil {
			return fmt.Errorf("reports: item %q: %w", item.ID, err)
		}
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// ScoresText writes scores as a table for a terminal.
func ScoresText(w io.Writer, s *Scores) error {
	var buf bytes.Buffer
	writeFacts(&buf, scoreFacts(s))
	buf.WriteByte('\n')
	head, rows := scoreRows(s)
	align := tw.Alignment{tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignLeft, tw.AlignLeft}
	if s.Lexicon != nil {
		align = tw.Alignment{tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignLeft, tw.AlignLeft}
	}
	lines, err := tableLines(head, rows, align)
	if err != nil {
		return fmt.Errorf("reports: table: %w", err)
	}
	buf.WriteString(strings.Join(lines, "\n") + "\n")
	if notes := scoreNotes(s); len(notes) > 0 {
		buf.WriteByte('\n')
		writeFacts(&buf, notes)
	}
	_, err = w.Write(buf.Bytes())
	return err
}

// ScoresMarkdown writes scores as a table in GitHub's Markdown.
func ScoresMarkdown(w io.Writer, s *Scores) error {
	var buf bytes.Buffer
	mdFacts(&buf, scoreFacts(s))
	head, rows := scoreRows(s)
	mdTable(&buf, head, nil, rows)
	if notes := scoreNotes(s); len(notes) > 0 {
		buf.WriteByte('\n')
		mdFacts(&buf, notes)
	}
	_, err := w.Write(bytes.TrimRight(buf.Bytes(), "\n"))
	if err == nil {
		_, err = w.Write([]byte("\n"))
	}
	return err
}

// ScoresCSV writes a line a metric, values unscaled and in full precision.
func ScoresCSV(w io.Writer, s *Scores) error {
	lines := [][]string{{
		"metric", "unit", "convention", "signature", "scale", "higher_is_better", "value", "ci95_low", "ci95_high", "interval", "n", "abstained", "excluded",
		"with_lexicon", "with_lexicon_ci95_low", "with_lexicon_ci95_high", "moved", "not_available",
	}}
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return full(*v)
	}
	ends := func(ci *[2]float64) (low, high string) {
		if ci == nil {
			return "", ""
		}
		return full(ci[0]), full(ci[1])
	}
	for _, r := range s.Results {
		low, high := ends(r.CI95)
		line := []string{
			r.Metric, r.Unit, r.Convention, r.Signature, full(r.Scale), strconv.FormatBool(r.HigherIsBetter), number(r.Value), low, high, r.Interval,
			strconv.Itoa(r.N), strconv.Itoa(r.Abstained), strconv.Itoa(r.Excluded), "", "", "", "", r.NotAvailable,
		}
		if l := r.Lexicon; l != nil {
			line[13], line[16] = full(l.Value), strconv.Itoa(l.Moved)
			line[14], line[15] = ends(l.CI95)
		}
		lines = append(lines, line)
	}
	if err := csv.NewWriter(w).WriteAll(lines); err != nil {
		return fmt.Errorf("reports: CSV: %w", err)
	}
	return nil
}

func scoreFacts(s *Scores) []fact {
	file := func(f ScoreFile) string {
		return fmt.Sprintf("%s · %s · %s", f.Path, f.Format, plural(int64(f.Items), "item"))
	}
	out := []fact{{"predictions", file(s.Predictions)}}
	for _, r := range s.References {
		out = append(out, fact{"references", file(r)})
	}
	if len(s.References) == 0 {
		out = append(out, fact{"references", "beside the predictions"})
	}
	if l := s.Lexicon; l != nil {
		out = append(out, fact{"lexicon", l.Name + " · " + plural(int64(l.Words), "word")})
	}
	return out
}

const notAvailable = "not available"

func scoreRows(s *Scores) (head []string, rows [][]string) {
	head = []string{"metric", "value", "95 % interval", "n", "no answer", "unit", "convention"}
	if s.Lexicon != nil {
		head = []string{"metric", "without", "95 % interval", "with lexicon", "difference, 95 %", "moved", "n", "no answer", "unit", "convention"}
	}
	for _, r := range s.Results {
		value, ci := notAvailable, ""
		if r.Value != nil {
			value, ci = scaled(*r.Value, r.Scale), scaledPair(r.CI95, r.Scale)
		}
		tail := []string{strconv.Itoa(r.N), strconv.Itoa(r.Abstained), r.Unit, r.Convention}
		if s.Lexicon == nil {
			rows = append(rows, append([]string{r.Metric, value, ci}, tail...))
			continue
		}
		with, difference, moved := "no words", "", "0"
		switch l := r.Lexicon; {
		case l != nil:
			with, moved = scaled(l.Value, r.Scale), strconv.Itoa(l.Moved)
			difference = signed((l.Value-*r.Value)*r.Scale) + "  " + scaledPair(l.DifferenceCI95, r.Scale)
		case r.Value == nil:
			with, moved = notAvailable, ""
		}
		rows = append(rows, append([]string{r.Metric, value, ci, with, difference, moved}, tail...))
	}
	return head, rows
}

func scaled(v, scale float64) string { return strconv.FormatFloat(v*scale, 'f', 4, 64) }

func signed(v float64) string {
	s := strconv.FormatFloat(v, 'f', 4, 64)
	if v >= 0 {
		return "+" + strings.TrimPrefix(s, "-")
	}
	return s
}

func scaledPair(ci *[2]float64, scale float64) string {
	if ci == nil {
		return ""
	}
	return fmt.Sprintf("%.2f – %.2f", ci[0]*scale, ci[1]*scale)
}

func scoreNotes(s *Scores) []fact {
	var out []fact
	for _, r := range s.Results {
		if r.Signature != "" {
			out = append(out, fact{"signature", r.Metric + ": " + r.Signature})
		}
	}
	seen := map[string]bool{}
	for _, r := range s.Results {
		if r.NotAvailable != "" && !seen[r.NotAvailable] {
			seen[r.NotAvailable] = true
			out = append(out, fact{"words", r.NotAvailable})
		}
	}
	for _, w := range s.Warnings {
		out = append(out, fact{"note", w.Text})
	}
	return out
}
