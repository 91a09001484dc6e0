package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
	Skipped *junitSkipped `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// GateJUnit writes the decision as JUnit's XML: a test case for each task, all tasks as one, and each cost. What is worse has failed, with the
// numbers and the samples that were lost; what could not be measured is skipped.
func GateJUnit(w io.Writer, g *GateResult) error {
	s := junitSuite{Name: "llama4-eval gate"}
	for _, t := range g.rows() {
		c := junitCase{Class: "llama4-eval.gate.quality", Name: strings.TrimSpace(t.Task + " " + t.Metric), Out: t.summary()}
		if t.Verdict == GateWorse || t.Verdict == GateInconclusive && g.RequireEquivalence {
			c.Failure = &junitFailure{Type: t.Verdict, Message: t.summary(), Text: t.lostText()}
		}
		s.Cases = append(s.Cases, c)
	}
	for _, t := range g.Costs {
		c := junitCase{Class: "llama4-eval.gate.cost", Name: t.Cost}
		switch t.Verdict {
		case GateWorse:
			c.Failure = &junitFailure{Type: t.Verdict, Message: t.summary()}
		case GateNotMeasured:
			c.Skipped = &junitSkipped{t.Note}
		default:
			c.Out = t.summary()
		}
		s.Cases = append(s.Cases, c)
	}
	return writeJUnit(w, s)
}

// GateErrorJUnit writes that no decision could be made, and why.
func GateErrorJUnit(w io.Writer, message string) error {
	return writeJUnit(w, junitSuite{Name: "llama4-eval gate", Cases: []junitCase{{
		Class: "llama4-eval.gate", Name: "decision", Error: &junitFailure{Type: "error", Message: message},
	}}})
}

func writeJUnit(w io.Writer, s junitSuite) error {
	for _, c := range s.Cases {
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	b, err := xml.MarshalIndent(struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Suite    junitSuite
	}{Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suite: s}, "", "  ")
	if err != nil {
		return fmt.Errorf("reports: JUnit: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(b)+"\n")
	return err
}

// summary is the decision about a task in a line.
func (t *TaskGate) summary() string {
	parts := []string{fmt.Sprintf("%s: %s in the baseline, %s in the run, n=%d", t.Verdict, strings.TrimSpace(t.Metric+" "+number(t.Baseline, t.Scale)), number(t.Run, t.Scale), t.N)}
	if t.PWorse == nil {
		return parts[0] + "; the outputs are equal"
	}
	drop := "drop of " + withSign(t.Drop, 2) + " points"
	if t.CI != nil {
		drop += fmt.Sprintf(" (%s to %s)", withSign(t.CI[0], 2), withSign(t.CI[1], 2))
	}
	parts = append(parts, drop, fmt.Sprintf("p=%s of worse, p=%s of equivalent", chance(*t.PWorseAdjusted), chance(*t.PEquivalent)), fmt.Sprintf("%d lost, %d won", t.Lost, t.Won))
	if t.SmallestDrop != nil {
		parts = append(parts, fmt.Sprintf("smallest detectable drop %.2f points", *t.SmallestDrop))
	}
	return strings.Join(parts, "; ")
}

// lostText lists samples that were lost.
func (t *TaskGate) lostText() string {
	const most = 20
	var b strings.Builder
	n := 0
	for _, f := range t.Flips {
		if f.Direction != FlipLost {
			continue
		}
		if n++; n <= most {
			fmt.Fprintf(&b, "%s: %q, was %q, is %q\n", oneLine(f.DocID), cut(f.Target), cut(f.Reference), cut(f.Run))
		}
	}
	if n > most {
		fmt.Fprintf(&b, "and %d more\n", n-most)
	}
	return b.String()
}

func (c *CostGate) summary() string {
	text := fmt.Sprintf("%s: %s in the baseline, %s in the run, %s %%, limit %g %%", c.verdict(), c.amount(c.Baseline), c.amount(c.Run), withSign(c.Change, 1), c.Limit)
	if c.CI != nil {
		text += fmt.Sprintf(" (%s to %s after the machine's own %s %%)", withSign(c.CI[0], 1), withSign(c.CI[1], 1), withSign(c.Machine, 1))
	}
	return text
}
