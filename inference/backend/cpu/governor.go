package cpu

import "time"

// governor decides how many threads take part in steps. On a machine that others use too, a worker can lose its processor in
// the middle of a chunk and hold everyone up for milliseconds, longer than a step takes, or it spends the time that the
// system gives this process on watching for work: two threads beside one busy foreign thread are slower than one. So when
// the caller loses much of its time by waiting for others or by doing their share, fewer take part for a while. What is
// computed does not depend on it.
type governor struct {
	threads int // there are
	active  int // that take part now

	total, lost time.Duration // of the steps since the last decision: how long they took, and what the caller lost
	probing     bool          // active was just raised, to see whether that is better
	pause       time.Duration // until the next probe after one that fails
	next        time.Duration // when the next probe is due
}

const (
	// On a quiet machine the caller loses about a tenth of the time: workers do not finish their last chunks together.
	lostShare = 4 // a quarter is too much

	governorWindow = 15 * time.Millisecond // of steps that a decision rests on: several time slices of the system
	pauseMin       = 50 * time.Millisecond
	pauseMax       = 800 * time.Millisecond
)

func newGovernor(threads int) governor {
	return governor{threads: threads, active: threads, pause: pauseMin}
}

// allow returns how many threads should take part in a step that begins now, on a clock that starts anywhere.
func (g *governor) allow(now time.Duration) int {
	if g.active < g.threads && now >= g.next {
		g.active++
		g.probing = true
		g.total, g.lost = 0, 0
		g.next = now + pauseMin // unless the probe fails
	}
	return g.active
}

// observe takes note of a step with several threads that ended now.
func (g *governor) observe(now, took, lost time.Duration) {
	g.total += took
	g.lost += lost
	if g.total < governorWindow {
		return
	}
	slow := g.lost > g.total/lostShare
	g.total, g.lost = 0, 0
	switch {
	case slow && g.probing:
		g.active--
		g.next = now + g.pause
		g.pause = min(2*g.pause, pauseMax)
	case slow:
		g.active = max(1, g.active-max(1, g.active/4))
		g.next = now + g.pause
	case g.probing:
		g.pause = pauseMin
	}
	g.probing = false
}
