package runner

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/reports"
)

// playback tells an observer of a run of 200 samples in two tasks, of which 20 come from an earlier process, half a second
// each, with one failure and a pause of a minute.
func playback(to Observer) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := newProgress(to, func() time.Time { return now }, "runs/x")
	p.plan("tnews", 80, 20, 600)
	p.plan("cmrc2018", 120, 0, 2400)
	p.start()
	for i := range 180 {
		now = now.Add(500 * time.Millisecond)
		s := &reports.Sample{Task: "tnews", DocID: "d", Verdict: reports.VerdictCorrect}
		work := int64(10)
		if i >= 60 {
			s.Task, work = "cmrc2018", 20
		}
		if i == 70 {
			s.Verdict, s.Error = reports.VerdictError, "no"
		}
		p.sample(s, work)
		if i == 100 {
			for range 240 {
				now = now.Add(tickEvery)
				p.send(EventTick)
			}
		}
	}
	p.send(EventFinish)
}

func TestObservers(t *testing.T) {
	for _, tc := range []struct {
		file string
		make func(*bytes.Buffer) Observer
	}{
		{"plain.txt", func(b *bytes.Buffer) Observer { return NewPlain(b) }},
		{"bar.txt", func(b *bytes.Buffer) Observer { return NewBar(b, 100) }},
	} {
		t.Run(tc.file, func(t *testing.T) {
			var b bytes.Buffer
			playback(tc.make(&b))
			golden.Check(t, tc.file, []byte(strings.ReplaceAll(b.String(), eraseLine, "<erase>\n")))
		})
	}
}

func TestPlainIsSparse(t *testing.T) {
	var b bytes.Buffer
	playback(NewPlain(&b))
	// A line for every 5 %, one for every ten seconds of the pause, and a few for beginning and ends.
	if n := strings.Count(b.String(), "\n"); n > 20+6+6 {
		t.Errorf("%d lines", n)
	}
	if strings.ContainsAny(b.String(), "\r\x1b") {
		t.Error("control characters in a log")
	}
}

func TestBarNeverWraps(t *testing.T) {
	for _, width := range []int{0, 1, 10, 20, 40, 60, 80, 200} {
		var b bytes.Buffer
		playback(NewBar(&b, width))
		if width == 0 {
			width = 80
		}
		for line := range strings.SplitSeq(b.String(), eraseLine) {
			line, _, task := strings.Cut(line, "\n") // lines of finished tasks may be longer than a tiny terminal
			if n := utf8.RuneCountInString(line); !task && n >= width && width > 1 {
				t.Errorf("width %d: %d columns: %q", width, n, line)
			}
		}
		if !strings.HasSuffix(b.String(), eraseLine) {
			t.Errorf("width %d: the line is left behind", width)
		}
	}
}

func TestJSONLines(t *testing.T) {
	var b bytes.Buffer
	playback(NewJSONLines(&b))
	var kinds []string
	last := -1
	for line := range strings.Lines(b.String()) {
		var e struct {
			Event string  `json:"event"`
			Done  int     `json:"done"`
			Total int     `json:"total"`
			Left  float64 `json:"left_s"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Done < last || e.Total != 200 {
			t.Errorf("%+v after %d", e, last)
		}
		last = e.Done
		if len(kinds) == 0 || kinds[len(kinds)-1] != e.Event {
			kinds = append(kinds, e.Event)
		}
	}
	if got, want := strings.Join(kinds, " "), "start sample task sample task finish"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 59600 * time.Millisecond: "1m00s", 200 * time.Second: "3m20s", 2*time.Hour + 5*time.Minute: "2h05m",
	} {
		if got := clock(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
