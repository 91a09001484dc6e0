package runner

import (
	"time"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/reports"
)

const (
	calibrationLoops = 8                       // repetitions in a round
	calibrationGap   = 1500 * time.Millisecond // from one round to the next at least, so that rounds take little of the time
)

// An idler is a model that can be made to rest: f is called while it computes nothing.
type idler interface{ Idle(f func()) error }

// A calibrator times the calibration loop before, during and after a run. A nil one does nothing. It is used by one goroutine.
type calibrator struct {
	loop  func() time.Duration
	model Model
	now   func() time.Time

	work, done int64 // of all samples that this process runs; of those that are finished
	last       inference.Stats
	at         time.Time
	rounds     []reports.CalibrationRound

	waited func() (time.Duration, bool)
	before time.Duration // waited at the start
	since  *float64      // seconds waited since then; nil = unknown
}

func newCalibrator(o Options, m Model, work int64) *calibrator {
	if o.Calibrate == nil || work <= 0 {
		return nil
	}
	return &calibrator{loop: o.Calibrate, model: m, now: o.Now, work: work, last: m.Stats(), waited: o.Waited}
}

func (c *calibrator) start() {
	if c == nil {
		return
	}
	c.round(0)
	if c.waited != nil {
		var ok bool
		if c.before, ok = c.waited(); !ok {
			c.waited = nil
		}
	}
}

func (c *calibrator) finish() {
	if c == nil {
		return
	}
	if c.waited != nil {
		if total, ok := c.waited(); ok && total >= c.before {
			seconds := (total - c.before).Seconds()
			c.since = &seconds
		}
	}
	c.round(reports.CalibrationMarks)
}

// sample counts a finished sample, and calibrates when another mark is passed.
func (c *calibrator) sample(work int64) {
	if c == nil {
		return
	}
	c.done += work
	mark := int(reports.CalibrationMarks * c.done / c.work)
	if mark > c.rounds[len(c.rounds)-1].Mark && mark < reports.CalibrationMarks && c.now().Sub(c.at) >= calibrationGap {
		c.round(mark)
	}
}

func (c *calibrator) round(mark int) {
	r := reports.CalibrationRound{Mark: mark}
	loops := func() {
		s := c.model.Stats()
		d := s.Since(c.last)
		c.last = s
		r.PromptTokens, r.PrefillSeconds = d.PrefillTokens+d.SavedTokens, d.PrefillTime.Seconds()
		r.DecodeTokens, r.DecodeSeconds = d.DecodeTokens, d.DecodeTime.Seconds()
		for range calibrationLoops {
			r.Loop = append(r.Loop, millis(c.loop()))
		}
	}
	if m, ok := c.model.(idler); !ok || m.Idle(loops) != nil {
		loops()
	}
	c.rounds = append(c.rounds, r)
	c.at = c.now()
}

// record is nil when nothing was calibrated.
func (c *calibrator) record() *reports.Calibration {
	if c == nil {
		return nil
	}
	return &reports.Calibration{Rounds: c.rounds, Waited: c.since}
}
