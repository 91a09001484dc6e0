package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A row is one metric of one task or group as all tables show it.
type row struct {
	task        string // task or group
	group       bool
	members, of int // of a group
	version     int
	shots       int
	split       string
	n           int
	metric      string
	up, has     bool // higher is better; has: there is a value
	value       Value
	scale       float64
	first       bool   // first row of its task
	notes       []int  // numbers of footnotes; on the first row only
	extracted   string // share of answers that could be extracted, where answers are free text
}

// rows lists all values: tasks by name with the headline metric first, then groups by name.
func rows(r *Record) []row {
	var out []row
	for _, task := range slices.Sorted(maps.Keys(r.Results)) {
		res, conf := r.Results[task], r.Configs[task]
		base := row{task: task, version: r.Versions[task], shots: r.NShot[task], split: conf.Split, n: r.NSamples[task].Effective}
		if res.Counts != nil {
			base.n = res.Counts.Scored
			if conf.Generates() {
				base.extracted = percent(res.Counts)
			}
		}
		out = append(out, metricRows(base, res, conf.MetricList, r.HigherIsBetter[task], notesOf(r, task))...)
	}
	for _, group := range slices.Sorted(maps.Keys(r.Groups)) {
		res := r.Groups[group]
		base := row{task: group, group: true, members: res.Members, of: res.Of}
		out = append(out, metricRows(base, res, groupMetrics(r, group), r.HigherIsBetter[group], notesOf(r, group))...)
	}
	return out
}

// metricRows orders the values of a result as its task lists them; others follow by name.
func metricRows(base row, res Result, order []MetricConfig, higher map[string]bool, notes []int) []row {
	rank := map[string]int{}
	scale := map[string]float64{}
	for i, m := range order {
		rank[m.Metric] = i - len(order)
		scale[m.Metric] = m.Scale
	}
	names := slices.SortedFunc(maps.Keys(res.Values), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), strings.Compare(a, b))
	})
	if len(names) == 0 {
		base.first, base.notes = true, notes
		return []row{base}
	}
	var out []row
	for i, name := range names {
		w := base
		w.metric, w.value, w.has = name, res.Values[name], true
		w.up = higher[name]
		if w.scale = scale[name]; w.scale == 0 {
			w.scale = 1
		}
		if i == 0 {
			w.first, w.notes = true, notes
		}
		out = append(out, w)
	}
	return out
}

// groupMetrics gives a group the scales of its members where they agree; a mean over mixed scales is printed unscaled.
func groupMetrics(r *Record, group string) []MetricConfig {
	var out []MetricConfig
	for name := range r.Groups[group].Values {
		scale, seen := 1.0, false
		for _, task := range r.GroupSubtasks[group] {
			for _, m := range r.Configs[task].MetricList {
				if m.Metric != name {
					continue
				}
				if seen && m.Scale != scale {
					m.Scale = 1
				}
				scale, seen = m.Scale, true
			}
		}
		out = append(out, MetricConfig{Metric: name, Scale: scale})
	}
	slices.SortFunc(out, func(a, b MetricConfig) int { return strings.Compare(a.Metric, b.Metric) })
	return out
}

// A footnote is a warning with all tasks that it is about; none = the whole run.
type footnote struct {
	tasks []string
	text  string
}

// footnotesOf merges warnings that say the same about several tasks, in the order of the record.
func footnotesOf(r *Record) []footnote {
	var out []footnote
	for _, w := range r.Warnings {
		i := slices.IndexFunc(out, func(f footnote) bool { return f.text == w.Text && len(f.tasks) > 0 })
		switch {
		case w.Task == "":
			out = append(out, footnote{text: w.Text})
		case i < 0:
			out = append(out, footnote{[]string{w.Task}, w.Text})
		case !slices.Contains(out[i].tasks, w.Task):
			out[i].tasks = append(out[i].tasks, w.Task)
		}
	}
	return out
}

// notesOf gives the numbers, from 1, of the footnotes about a task or group.
func notesOf(r *Record, task string) []int {
	var out []int
	for i, f := range footnotesOf(r) {
		if slices.Contains(f.tasks, task) {
			out = append(out, i+1)
		}
	}
	return out
}

func (w row) name() string {
	switch {
	case w.group && w.of > w.members:
		return fmt.Sprintf("%s (mean of %d of %d)", w.task, w.members, w.of)
	case w.group:
		return fmt.Sprintf("%s (mean of %d)", w.task, w.members)
	}
	return w.task
}

// arrow says which direction is better.
func (w row) arrow() string {
	switch {
	case !w.has:
		return ""
	case w.up:
		return "↑"
	}
	return "↓"
}

// number prints a value of the metric: 4 decimals, or 2 where values are scaled to a hundred.
func (w row) number(v float64) string {
	decimals := 4
	if w.scale >= 100 {
		decimals = 2
	}
	return strconv.FormatFloat(v*w.scale, 'f', decimals, 64)
}

func (w row) valueText() string {
	if !w.has {
		return "no value"
	}
	return w.number(w.value.Value)
}

func (w row) stderrText() string {
	if !w.has || w.value.Stderr == nil {
		return ""
	}
	return w.number(*w.value.Stderr)
}

func (w row) intervalText() string {
	if !w.has || w.value.CI95 == nil {
		return ""
	}
	return w.number(w.value.CI95[0]) + " – " + w.number(w.value.CI95[1])
}

func (w row) notesText() string {
	parts := make([]string, len(w.notes))
	for i, n := range w.notes {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}

// header of the tables, and the cells of a row under it.
var header = []string{"task", "version", "shots", "n", "metric", "", "value", "±", "95 % interval", "extracted", "notes"}

// numeric says which of these columns hold numbers.
var numeric = []bool{false, true, true, true, false, false, true, true, true, true, false}

func (w row) cells() []string {
	c := make([]string, len(header))
	if w.first {
		c[0], c[9], c[10] = w.name(), w.extracted, w.notesText()
		if !w.group {
			c[1], c[2], c[3] = strconv.Itoa(w.version), strconv.Itoa(w.shots), strconv.Itoa(w.n)
		}
	}
	c[4], c[5], c[6], c[7], c[8] = w.metric, w.arrow(), w.valueText(), w.stderrText(), w.intervalText()
	return c
}

// table gives the header and the cells of all rows, without columns that would be empty. number says which columns hold numbers.
func table(list []row) (head []string, cells [][]string, number []bool) {
	all := make([][]string, len(list))
	for i, w := range list {
		all[i] = w.cells()
	}
	cells = make([][]string, len(list))
	for c, h := range header {
		optional := h == "extracted" || h == "notes"
		if optional && !slices.ContainsFunc(all, func(row []string) bool { return row[c] != "" }) {
			continue
		}
		head, number = append(head, h), append(number, numeric[c])
		for i := range all {
			cells[i] = append(cells[i], all[i][c])
		}
	}
	return head, cells, number
}
