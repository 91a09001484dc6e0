package reports

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// GateText writes the decision for a terminal, with at most so many flips of each task.
func GateText(w io.Writer, g *GateResult, flips int) error { return textPage(w, gateBlocks(g, flips)) }

// GateMarkdown writes the same as a page, such as the summary of a job.
func GateMarkdown(w io.Writer, g *GateResult, flips int) error {
	return mdPage(w, gateBlocks(g, flips))
}

// GateErrorMarkdown writes that no decision could be made, and why.
func GateErrorMarkdown(w io.Writer, message string) error {
	b := block{title: "Gate: no decision"}
	for line := range strings.Lines(message) {
		b.facts = append(b.facts, fact{text: strings.TrimSpace(line)})
	}
	return mdPage(w, []block{b})
}

func gateBlocks(g *GateResult, flips int) []block {
	outcome := "passed"
	if !g.Passed {
		outcome = "failed"
	}
	first := block{title: fmt.Sprintf("Gate %s: %s", outcome, g.Verdict), facts: append(runFacts("baseline", g.Baseline), runFacts("run", g.Run)...)}
	if text := differsText(g.Differs); text != "" {
		first.facts = append(first.facts, fact{"differs", text})
	}
	if g.EqualOutputs {
		first.facts = append(first.facts, fact{"outputs", "equal to the bit, log-probabilities included: nothing to test"})
	}
	out := []block{first, qualityBlock(g)}
	if len(g.Costs) > 0 {
		out = append(out, costBlock(g))
	}
	var notes []fact
	if len(g.OnlyRun) > 0 {
		notes = append(notes, fact{"only in the run", strings.Join(g.OnlyRun, ", ")})
	}
	if notes = append(notes, warningFacts(g.Warnings)...); len(notes) > 0 {
		out = append(out, block{facts: notes})
	}
	for _, t := range g.Tasks {
		if len(t.Flips) > 0 && flips > 0 {
			out = append(out, flipBlock(t.Task, t.Flips, flips))
		}
	}
	return out
}

func qualityBlock(g *GateResult) block {
	b := block{
		head:  []string{"task", "n", "metric", "", "baseline", "run", "drop", "interval", "p worse", "lost", "won", "detectable"},
		right: []bool{false, true, false, false, true, true, true, true, true, true, true, true},
	}
	// Power stands under the drops that were asked for: those of any task.
	var drops []float64
	for _, t := range g.rows() {
		if len(t.Power) > len(drops) {
			drops = drops[:0]
			for _, p := range t.Power {
				drops = append(drops, p.Drop)
			}
		}
	}
	for _, d := range drops {
		b.head, b.right = append(b.head, fmt.Sprintf("power at %g", d)), append(b.right, true)
	}
	b.head, b.right = append(b.head, "verdict"), append(b.right, false)
	for _, t := range g.rows() {
		c := []string{
			t.Task, strconv.Itoa(t.N), t.Metric, "", number(t.Baseline, t.Scale), number(t.Run, t.Scale), withSign(t.Drop, 2), "", "",
			strconv.Itoa(t.Lost), strconv.Itoa(t.Won), "",
		}
		if t.Metric != "" {
			c[3] = direction(t.HigherIsBetter)
		}
		if t.CI != nil {
			c[7] = withSign(t.CI[0], 2) + " – " + withSign(t.CI[1], 2)
		}
		if t.PWorseAdjusted != nil {
			c[8], c[11] = chance(*t.PWorseAdjusted), "none"
		}
		if t.SmallestDrop != nil {
			c[11] = strconv.FormatFloat(*t.SmallestDrop, 'f', 2, 64)
		}
		for i := range drops {
			power := ""
			if i < len(t.Power) {
				power = strconv.FormatFloat(100*t.Power[i].Power, 'f', 0, 64) + " %"
			}
			c = append(c, power)
		}
		b.rows = append(b.rows, append(c, t.Verdict))
	}
	b.after = []fact{{"", fmt.Sprintf("drops in points; worse at p ≤ %g (Holm), equivalent within %g", g.Alpha, g.MaxDrop)}}
	return b
}

// rows are the tasks, then all of them as one.
func (g *GateResult) rows() []TaskGate {
	if g.Pooled == nil {
		return g.Tasks
	}
	return append(g.Tasks[:len(g.Tasks):len(g.Tasks)], *g.Pooled)
}

func costBlock(g *GateResult) block {
	b := block{
		head:  []string{"cost", "baseline", "run", "change", "interval", "limit", "machine", "verdict"},
		right: []bool{false, true, true, true, true, true, true, false},
	}
	timed := false
	for _, c := range g.Costs {
		cells := []string{c.Cost, c.amount(c.Baseline), c.amount(c.Run), "", "", fmt.Sprintf("%g %%", c.Limit), "", c.verdict()}
		if c.Verdict != GateNotMeasured {
			cells[3] = withSign(c.Change, 1) + " %"
		}
		if c.CI != nil {
			timed = true
			cells[4] = withSign(c.CI[0], 1) + " – " + withSign(c.CI[1], 1)
			cells[6] = withSign(c.Machine, 1) + " %"
		}
		b.rows = append(b.rows, cells)
	}
	if timed {
		b.after = []fact{{"", "change of times after what the machine itself was slower or faster"}}
	}
	return b
}

// verdict in the words of a limit.
func (c *CostGate) verdict() string {
	switch c.Verdict {
	case GateEquivalent:
		return "within"
	case GateWorse:
		return "over the limit"
	}
	return c.Verdict
}

func (c *CostGate) amount(v float64) string {
	switch {
	case v == 0:
		return ""
	case c.Unit == "bytes":
		return size(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + c.Unit
}
