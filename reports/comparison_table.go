package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ComparisonText writes a comparison as tables for a terminal, with at most so many flips of each task.
func ComparisonText(w io.Writer, c *Comparison, flips int) error {
	return textPage(w, comparisonBlocks(c, flips))
}

// ComparisonMarkdown writes the same as a page.
func ComparisonMarkdown(w io.Writer, c *Comparison, flips int) error {
	return mdPage(w, comparisonBlocks(c, flips))
}

func comparisonBlocks(c *Comparison, flips int) []block {
	out := []block{{title: "Comparison", facts: runFacts("reference", c.Reference)}}
	for i := range c.Runs {
		r := &c.Runs[i]
		b := block{facts: runFacts("run", r.Run), after: comparedNotes(r)}
		if len(c.Runs) > 1 {
			b.title = fmt.Sprintf("Run %d of %d: %s", i+1, len(c.Runs), r.Run.Model.Name)
		}
		if text := differsText(r.Differs); text != "" {
			b.facts = append(b.facts, fact{"differs", text})
		}
		if r.EqualOutputs {
			b.facts = append(b.facts, fact{"outputs", "equal to the bit, log-probabilities included: nothing to test"})
		}
		b.head = []string{"task", "n", "metric", "", "reference", "run", "difference", "95 % interval", "p", "p (Holm)", "lost", "won", "detectable"}
		b.right = []bool{false, true, false, false, true, true, true, true, true, true, true, true, true}
		for _, t := range r.Tasks {
			b.rows = append(b.rows, t.cells())
		}
		out = append(out, b)
		for _, t := range r.Tasks {
			if len(t.Flips) > 0 && flips > 0 {
				out = append(out, flipBlock(t.Task, t.Flips, flips))
			}
		}
	}
	return out
}

// runFacts say which run it is and what it cost.
func runFacts(name string, r RunRef) []fact {
	e := r.Engine
	parts := append(modelParts(r.Model), e.Device+" "+e.Kernel, "KV "+e.KVType)
	cost := []string{fmt.Sprintf("prefill %s tok/s", rate(r.Perf.PrefillTokS))}
	if r.Perf.DecodeTokS > 0 {
		cost = append(cost, fmt.Sprintf("decode %s tok/s", rate(r.Perf.DecodeTokS)))
	}
	if r.Memory.PeakBytes > 0 {
		cost = append(cost, "memory "+size(r.Memory.PeakBytes))
	}
	return []fact{{name, r.RunID}, {"", strings.Join(parts, " · ")}, {"", strings.Join(cost, " · ")}}
}

func differsText(list []Difference) string {
	var parts []string
	for _, d := range list {
		parts = append(parts, fmt.Sprintf("%s %s → %s", d.What, d.Reference, d.Run))
	}
	return strings.Join(parts, " · ")
}

// number prints a value of a metric as the table of its run does, unsigned.
func number(v, scale float64) string { return row{scale: scale}.number(v) }

func signedNumber(v, scale float64) string {
	decimals := 4
	if scale >= 100 {
		decimals = 2
	}
	return withSign(v*scale, decimals)
}

func direction(higher bool) string {
	if higher {
		return "↑"
	}
	return "↓"
}

func (t *TaskComparison) cells() []string {
	c := []string{
		t.Task, strconv.Itoa(t.N), t.Metric, direction(t.HigherIsBetter), number(t.Reference, t.Scale), number(t.Run, t.Scale),
		signedNumber(t.Difference, t.Scale), "", "", "", strconv.Itoa(t.Lost), strconv.Itoa(t.Won), "",
	}
	if t.CI95 != nil {
		c[7] = signedNumber(t.CI95[0], t.Scale) + " – " + signedNumber(t.CI95[1], t.Scale)
	}
	if t.Test != TestNone {
		c[8], c[9], c[12] = chance(t.P), chance(t.PAdjusted), "none"
	}
	if t.Detectable != nil {
		c[12] = "± " + number(*t.Detectable, t.Scale)
	}
	return c
}

func comparedNotes(r *ComparedRun) []fact {
	var out []fact
	for _, only := range []struct {
		name  string
		tasks []string
	}{{"only in the reference", r.OnlyReference}, {"only in the run", r.OnlyRun}} {
		if len(only.tasks) > 0 {
			out = append(out, fact{only.name, strings.Join(only.tasks, ", ")})
		}
	}
	return append(out, warningFacts(r.Warnings)...)
}

// warningFacts merges warnings that say the same of several tasks.
func warningFacts(list []Warning) []fact {
	var out []fact
	for _, f := range footnotesOf(&Record{Warnings: list}) {
		text := f.text
		if len(f.tasks) > 0 {
			text = strings.Join(f.tasks, ", ") + ": " + text
		}
		out = append(out, fact{"note", text})
	}
	return out
}

// flipBlock shows some flips of a task: lost ones and won ones alike.
func flipBlock(task string, flips []Flip, most int) block {
	var lost, won []Flip
	for _, f := range flips {
		if f.Direction == FlipLost {
			lost = append(lost, f)
		} else {
			won = append(won, f)
		}
	}
	b := block{
		title: fmt.Sprintf("%s: %d %s, %d %s", task, len(lost), FlipLost, len(won), FlipWon),
		head:  []string{"doc", "", "target", "reference", "run", "margin", ""},
		right: []bool{false, false, false, false, false, true, true},
	}
	// What one kind leaves free, the other may take.
	showLost := min(len(lost), max(most-most/2, most-len(won)))
	showWon := min(len(won), most-showLost)
	for _, f := range append(lost[:showLost:showLost], won[:showWon]...) {
		cells := []string{f.DocID, f.Direction, cut(f.Target), cut(f.Reference), cut(f.Run), "", ""}
		if f.ReferenceMargin != nil && f.RunMargin != nil {
			cells[5], cells[6] = withSign(*f.ReferenceMargin, 2), "→ "+withSign(*f.RunMargin, 2)
		}
		b.rows = append(b.rows, cells)
	}
	if more := len(flips) - showLost - showWon; more > 0 {
		b.after = []fact{{"", fmt.Sprintf("and %d more; --format json has all", more)}}
	}
	return b
}

// cut shortens a text for a cell.
func cut(s string) string {
	const most = 24
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// ComparisonCSV writes one line for each task of each run, unscaled and in full precision, under a header line.
func ComparisonCSV(w io.Writer, c *Comparison) error {
	lines := [][]string{{
		"reference", "run", "task", "version", "metric", "higher_is_better", "n", "clusters", "n_left_out", "reference_value", "run_value",
		"difference", "ci95_low", "ci95_high", "test", "p", "p_adjusted", "n_lost", "n_won", "smallest_detectable",
	}}
	for _, r := range c.Runs {
		for _, t := range r.Tasks {
			line := []string{
				c.Reference.RunID, r.Run.RunID, t.Task, strconv.Itoa(t.Version), t.Metric, strconv.FormatBool(t.HigherIsBetter), strconv.Itoa(t.N),
				strconv.Itoa(t.Clusters), strconv.Itoa(t.LeftOut), full(t.Reference), full(t.Run), full(t.Difference), "", "", t.Test, full(t.P), full(t.PAdjusted),
				strconv.Itoa(t.Lost), strconv.Itoa(t.Won), "",
			}
			if t.CI95 != nil {
				line[12], line[13] = full(t.CI95[0]), full(t.CI95[1])
			}
			if t.Detectable != nil {
				line[19] = full(*t.Detectable)
			}
			lines = append(lines, line)
		}
	}
	if err := csv.NewWriter(w).WriteAll(lines); err != nil {
		return fmt.Errorf("reports: CSV: %w", err)
	}
	return nil
}
