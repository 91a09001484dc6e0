package reports

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/tw"
)

// Rescored says that the answers are those of an earlier run, judged again, and what that changed.
type Rescored struct {
	Identity string                  `json:"identity"` // of the earlier run
	Program  ProgramChange           `json:"program"`
	Tasks    map[string]RescoredTask `json:"tasks"`
}

// A ProgramChange are the versions of the program that judged before and now.
type ProgramChange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// A RescoredTask is what became of the samples of a task.
type RescoredTask struct {
	VersionFrom  int                    `json:"version_from"`
	VersionTo    int                    `json:"version_to"`
	Samples      int                    `json:"samples"`
	Changed      int                    `json:"changed"` // samples with another verdict, answer or value
	RightToWrong []string               `json:"right_to_wrong"`
	WrongToRight []string               `json:"wrong_to_right"` // doc ids; unparsed counts as wrong
	Metrics      map[string]ValueChange `json:"metrics"`
}

// A ValueChange is a value before and now; null = there was none.
type ValueChange struct {
	From *float64 `json:"from"`
	To   *float64 `json:"to"`
}

// Moved reports whether judging again changed anything.
func (r *Rescored) Moved() bool {
	for _, t := range r.Tasks {
		if t.Changed > 0 {
			return true
		}
		for _, m := range t.Metrics {
			if !m.same() {
				return true
			}
		}
	}
	return false
}

func (c ValueChange) same() bool {
	if c.From == nil || c.To == nil {
		return c.From == c.To
	}
	return *c.From == *c.To
}

const rescoredTitle = "judged again: what moved"

func rescoredFacts(r *Record) []fact {
	c := r.Rescored
	out := []fact{{"answers", "of run " + r.Host.RescoredFrom + ", judged again without the model"}}
	program := c.Program.To
	if c.Program.From != c.Program.To {
		program = c.Program.From + " -> " + c.Program.To
	}
	out = append(out, fact{"program", program})
	for _, task := range slices.Sorted(maps.Keys(c.Tasks)) {
		if t := c.Tasks[task]; t.VersionFrom != t.VersionTo {
			out = append(out, fact{"version", fmt.Sprintf("%s %d -> %d", task, t.VersionFrom, t.VersionTo)})
		}
	}
	if !c.Moved() {
		out = append(out, fact{"moved", "nothing: every verdict and every value is the same"})
	}
	for _, task := range slices.Sorted(maps.Keys(c.Tasks)) {
		t := c.Tasks[task]
		for _, f := range []struct {
			what string
			ids  []string
		}{{"right before, wrong now", t.RightToWrong}, {"wrong before, right now", t.WrongToRight}} {
			if len(f.ids) == 0 {
				continue
			}
			const most = 10
			ids := strings.Join(f.ids[:min(most, len(f.ids))], ", ")
			if len(f.ids) > most {
				ids += ", …"
			}
			out = append(out, fact{"flips", fmt.Sprintf("%s: %d %s: %s", task, len(f.ids), f.what, ids)})
		}
	}
	return out
}

// rescoredRows are the values that moved.
func rescoredRows(r *Record) (head []string, rows [][]string) {
	head = []string{"task", "metric", "before", "now", "difference", "samples changed"}
	for _, task := range slices.Sorted(maps.Keys(r.Rescored.Tasks)) {
		t := r.Rescored.Tasks[task]
		scale := map[string]float64{}
		for _, m := range r.Configs[task].MetricList {
			scale[m.Metric] = m.Scale
		}
		name, changed := task, fmt.Sprintf("%d of %d", t.Changed, t.Samples)
		for _, metric := range slices.Sorted(maps.Keys(t.Metrics)) {
			m := t.Metrics[metric]
			if m.same() {
				continue
			}
			by := scale[metric]
			if by == 0 {
				by = 1
			}
			row := []string{name, metric, "none", "none", "", changed}
			name, changed = "", ""
			if m.From != nil {
				row[2] = scaled(*m.From, by)
			}
			if m.To != nil {
				row[3] = scaled(*m.To, by)
			}
			if m.From != nil && m.To != nil {
				row[4] = signed((*m.To - *m.From) * by)
			}
			rows = append(rows, row)
		}
		if name != "" && t.Changed > 0 {
			rows = append(rows, []string{name, "no value", "", "", "", changed})
		}
	}
	return head, rows
}

// textRescored writes what judging again changed.
func textRescored(buf *bytes.Buffer, r *Record) error {
	if r.Rescored == nil {
		return nil
	}
	buf.WriteString("\n" + rescoredTitle + "\n")
	writeFacts(buf, rescoredFacts(r))
	head, rows := rescoredRows(r)
	if len(rows) == 0 {
		return nil
	}
	buf.WriteByte('\n')
	lines, err := tableLines(head, rows, tw.Alignment{tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignRight, tw.AlignRight, tw.AlignRight})
	if err != nil {
		return err
	}
	buf.WriteString(strings.Join(lines, "\n") + "\n")
	return nil
}

// mdRescored is textRescored in Markdown.
func mdRescored(buf *bytes.Buffer, r *Record) {
	if r.Rescored == nil {
		return
	}
	buf.WriteString("## " + strings.ToUpper(rescoredTitle[:1]) + rescoredTitle[1:] + "\n\n")
	mdFacts(buf, rescoredFacts(r))
	if head, rows := rescoredRows(r); len(rows) > 0 {
		mdTable(buf, head, nil, rows)
		buf.WriteByte('\n')
	}
}
