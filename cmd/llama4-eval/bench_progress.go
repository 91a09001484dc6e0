package main

import (
	"fmt"
	"io"
	"time"

	"github.com/llama4-eval/llama4-eval/reports"
)

// benchProgress says on standard error what is being measured: on a terminal in one line that is drawn again and again, elsewhere in a line
// for each finished test.
type benchProgress struct {
	w           io.Writer // nil = silent
	terminal    bool
	width       int
	began       time.Time
	tests, past int
	drawn       bool
}

func newBenchProgress(kind string, w io.Writer) (*benchProgress, error) {
	p := &benchProgress{w: w, began: time.Now()}
	switch kind {
	case "auto":
		p.width, p.terminal = terminalWidth(w)
	case "plain":
	case "off":
		p.w = nil
	default:
		return nil, usagef("--progress %q: want auto, plain or off", kind)
	}
	return p, nil
}

// start begins the tests of a model.
func (p *benchProgress) start(tests int) { p.tests, p.past = tests, 0 }

// say shows what is being done until something else is; on a terminal only.
func (p *benchProgress) say(what string) {
	if p.w == nil || !p.terminal {
		return
	}
	line := []rune(what)
	if len(line) >= p.width {
		line = line[:p.width-1]
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", string(line))
	p.drawn = true
}

func (p *benchProgress) running(t benchTest, repetition, of int) {
	what := fmt.Sprintf("%d/%d  %v", p.past+1, p.tests, t.record())
	if repetition == 0 {
		p.say(what + "  warm-up")
		return
	}
	p.say(fmt.Sprintf("%s  repetition %d of %d  %v", what, repetition, of, time.Since(p.began).Round(time.Second)))
}

func (p *benchProgress) done(r reports.BenchRow) {
	p.past++
	if p.w == nil {
		return
	}
	p.clear()
	ratio := ""
	if r.Peer != nil {
		ratio = fmt.Sprintf(", %.2f times the peer", r.Peer.Ratio)
	}
	decimals := 1
	if r.Median >= 100 {
		decimals = 0
	}
	fmt.Fprintf(p.w, "%d/%d  %v: %.*f tok/s%s  %v\n", p.past, p.tests, r.BenchTest, decimals, r.Median, ratio, time.Since(p.began).Round(time.Second))
}

func (p *benchProgress) skipped() { p.past++ }

// clear removes the line that is drawn.
func (p *benchProgress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
