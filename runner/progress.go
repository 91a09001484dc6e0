package runner

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on how often something is written.
const (
	barEvery   = 200 * time.Millisecond
	plainEvery = 10 * time.Second
	plainShare = 20 // one line for every 1/20 of the samples
)

// NewBar returns an Observer that redraws one line on a terminal of the given width in columns (0 = 80) and leaves
// nothing behind but one line for each finished task.
func NewBar(w io.Writer, width int) Observer {
	if width <= 0 {
		width = 80
	}
	return &bar{w: w, width: width}
}

type bar struct {
	w     io.Writer
	width int
	last  time.Time
	drawn bool
}

// eraseLine returns to the first column and clears the line (ECMA-48 EL).
const eraseLine = "\r\x1b[K"

func (b *bar) Observe(e Event) {
	switch e.Kind {
	case EventTask:
		b.erase()
		fmt.Fprintf(b.w, "%s  %s  %s\n", e.Task, plural(e.TaskTotal, "sample"), clock(e.Elapsed))
		b.last = time.Time{} // the line below is drawn at once
	case EventFinish:
		b.erase()
		return
	}
	if e.Time.Sub(b.last) < barEvery {
		return
	}
	b.last, b.drawn = e.Time, true
	fmt.Fprint(b.w, eraseLine+b.line(e))
}

func (b *bar) erase() {
	if b.drawn {
		fmt.Fprint(b.w, eraseLine)
		b.drawn = false
	}
}

// line is what the terminal shows; it never wraps.
func (b *bar) line(e Event) string {
	head := ""
	if e.Task != "" {
		head = fmt.Sprintf("%s %d/%d  ", e.Task, e.TaskDone, e.TaskTotal)
	}
	var tail strings.Builder
	tail.WriteString(fmt.Sprintf(" %3d%%  %d/%d", percent(e.Done, e.Total), e.Done, e.Total))
	for _, part := range details(e) {
		tail.WriteString("  " + part)
	}
	// One column stays free: a character in the last one makes some terminals wrap.
	room := b.width - 1 - utf8.RuneCountInString(head) - utf8.RuneCountInString(tail.String())
	if room < 4 {
		return cut(head+strings.TrimSpace(tail.String()), b.width-1)
	}
	cells := min(room, 30)
	full := 0
	if e.Total > 0 {
		full = cells * e.Done / e.Total
	}
	return head + strings.Repeat("█", full) + strings.Repeat("░", cells-full) + tail.String()
}

func cut(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:max(width, 0)])
	}
	return s
}

// details are rate, time left and failures, as far as known.
func details(e Event) []string {
	var parts []string
	if e.Rate > 0 {
		parts = append(parts, rate(e.Rate))
	}
	if e.Left > 0 {
		parts = append(parts, "left "+clock(e.Left))
	}
	if e.Errors > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", e.Errors))
	}
	return parts
}

// NewPlain returns an Observer for logs: a line at most every ten seconds, or for every 5 % of the samples, and one for each
// finished task.
func NewPlain(w io.Writer) Observer { return &plain{w: w} }

type plain struct {
	w     io.Writer
	last  time.Time
	share int
}

func (p *plain) Observe(e Event) {
	switch e.Kind {
	case EventStart:
		p.last = e.Time
		resumed := ""
		if e.Resumed > 0 {
			resumed = fmt.Sprintf(", %d of them from an interrupted run", e.Resumed)
			p.share = plainShare * e.Done / max(e.Total, 1)
		}
		fmt.Fprintf(p.w, "%s%s\n", plural(e.Total, "sample"), resumed)
	case EventTask:
		fmt.Fprintf(p.w, "%s: done, %s, %s\n", e.Task, plural(e.TaskTotal, "sample"), clock(e.Elapsed))
	case EventFinish:
		fmt.Fprintf(p.w, "%d of %s in %s\n", e.Done, plural(e.Total, "sample"), clock(e.Elapsed))
	case EventSample, EventTick:
		share := plainShare * e.Done / max(e.Total, 1)
		// The end of a task says the rest, so the last sample needs no line of its own.
		if e.TaskDone == e.TaskTotal || (share == p.share && e.Time.Sub(p.last) < plainEvery) {
			return
		}
		p.share, p.last = share, e.Time
		var line strings.Builder
		line.WriteString(fmt.Sprintf("%s %d/%d  all %d/%d (%d%%)", e.Task, e.TaskDone, e.TaskTotal, e.Done, e.Total, percent(e.Done, e.Total)))
		for _, part := range details(e) {
			line.WriteString("  " + part)
		}
		fmt.Fprintln(p.w, line.String())
	}
}

// NewJSONLines returns an Observer that writes one JSON object for every event but ticks.
func NewJSONLines(w io.Writer) Observer { return &jsonLines{enc: json.NewEncoder(w)} }

type jsonLines struct{ enc *json.Encoder }

func (j *jsonLines) Observe(e Event) {
	if e.Kind == EventTick {
		return
	}
	line := struct {
		Event     EventKind `json:"event"`
		Time      string    `json:"time"`
		Dir       string    `json:"dir,omitempty"`
		Task      string    `json:"task,omitempty"`
		TaskDone  int       `json:"task_done"`
		TaskTotal int       `json:"task_total"`
		Done      int       `json:"done"`
		Total     int       `json:"total"`
		Resumed   int       `json:"resumed"`
		Errors    int       `json:"errors"`
		Unparsed  int       `json:"unparsed"`
		Elapsed   float64   `json:"elapsed_s"`
		Rate      float64   `json:"samples_per_s"`
		Left      float64   `json:"left_s"`
		DocID     string    `json:"doc_id,omitempty"`
		Verdict   string    `json:"verdict,omitempty"`
		Error     string    `json:"error,omitempty"`
	}{
		Event: e.Kind, Time: e.Time.UTC().Format(time.RFC3339Nano), Dir: e.Dir,
		Task: e.Task, TaskDone: e.TaskDone, TaskTotal: e.TaskTotal, Done: e.Done, Total: e.Total, Resumed: e.Resumed,
		Errors: e.Errors, Unparsed: e.Unparsed, Elapsed: e.Elapsed.Seconds(), Rate: e.Rate, Left: e.Left.Seconds(),
	}
	if e.Sample != nil {
		line.DocID, line.Verdict, line.Error = e.Sample.DocID, e.Sample.Verdict, e.Sample.Error
	}
	// Progress that cannot be written is no reason to stop a run.
	_ = j.enc.Encode(line)
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func percent(done, total int) int {
	if total == 0 {
		return 100
	}
	return 100 * done / total
}

func rate(perSecond float64) string {
	if perSecond < 1 {
		return fmt.Sprintf("%.1f/min", perSecond*60)
	}
	return fmt.Sprintf("%.1f/s", perSecond)
}

// clock prints a duration the way people read it: 8s, 3m20s, 2h05m.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
}
