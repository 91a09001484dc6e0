package cpu

import (
	"testing"
	"time"
)

// steps feeds a governor with steps of 1 ms for some time, of which the caller loses lost(active), and returns the time
// with the number of threads that took part, and the clock.
func steps(g *governor, now, length time.Duration, lost func(active int) time.Duration) (map[int]time.Duration, time.Duration) {
	share := map[int]time.Duration{}
	for end := now + length; now < end; now += time.Millisecond {
		active := g.allow(now)
		share[active] += time.Millisecond
		if active > 1 {
			g.observe(now+time.Millisecond, time.Millisecond, lost(active))
		}
	}
	return share, now
}

func TestGovernor(t *testing.T) {
	quiet := func(int) time.Duration { return 200 * time.Microsecond }
	busyAbove := func(n int) func(int) time.Duration {
		return func(active int) time.Duration {
			if active > n {
				return 600 * time.Microsecond
			}
			return 100 * time.Microsecond
		}
	}
	for _, c := range []struct{ threads, free int }{{2, 1}, {4, 3}, {16, 15}, {16, 4}} {
		g := newGovernor(c.threads)
		share, now := steps(&g, 0, time.Second, quiet)
		if share[c.threads] != time.Second {
			t.Errorf("%d threads, quiet: %v", c.threads, share)
		}
		_, now = steps(&g, now, 2*time.Second, busyAbove(c.free)) // settles
		share, now = steps(&g, now, 10*time.Second, busyAbove(c.free))
		if share[c.free] < 9*time.Second {
			t.Errorf("%d threads, processors for %d: %v", c.threads, c.free, share)
		}
		_, now = steps(&g, now, 2*time.Second, quiet) // recovers
		share, _ = steps(&g, now, time.Second, quiet)
		if share[c.threads] != time.Second {
			t.Errorf("%d threads, quiet again: %v", c.threads, share)
		}
	}
}

func TestGovernorIgnoresSingleDelays(t *testing.T) {
	g := newGovernor(2)
	n := 0
	share, _ := steps(&g, 0, time.Second, func(int) time.Duration {
		if n++; n%20 == 0 {
			return time.Millisecond
		}
		return 100 * time.Microsecond
	})
	if share[2] != time.Second {
		t.Errorf("%v", share)
	}
}
