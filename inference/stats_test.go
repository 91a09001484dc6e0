package inference

import (
	"math"
	"testing"
	"time"
)

func TestHistogramQuantiles(t *testing.T) {
	var h histogram
	if q := h.quantiles(); q != (Quantiles{}) {
		t.Errorf("quantiles of nothing: %+v", q)
	}
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * time.Millisecond)
	}
	q := h.quantiles()
	if q.N != 1000 {
		t.Errorf("N = %d", q.N)
	}
	for _, c := range []struct{ got, want time.Duration }{
		{q.P50, 500 * time.Millisecond}, {q.P90, 900 * time.Millisecond}, {q.P99, 990 * time.Millisecond},
	} {
		if math.Abs(float64(c.got)/float64(c.want)-1) > 0.0101 {
			t.Errorf("quantile %v, want %v within 1 %%", c.got, c.want)
		}
	}
	var ends histogram
	ends.add(-time.Second)
	ends.add(0)
	ends.add(1000 * time.Hour)
	if q := ends.quantiles(); q.N != 3 || q.P50 > 2*time.Microsecond || q.P99 < 30*time.Minute {
		t.Errorf("out of range: %+v", q)
	}
}

func TestStatsSince(t *testing.T) {
	r := &recorder{}
	r.step(stepCount{prefill: 30, decode: 10}, 4*time.Second)
	r.interToken(time.Second, 1)
	before := r.snapshot()
	r.step(stepCount{decode: 5, drafted: 4, accepted: 2}, time.Second)
	r.step(stepCount{prefill: 100}, 2*time.Second)
	r.interToken(2*time.Millisecond, 2)
	r.request(Usage{TTFT: time.Second, ReusedTokens: 7})
	s := r.snapshot()
	if s.PrefillTokens != 130 || s.DecodeTokens != 15 || s.PrefillTime != 5*time.Second || s.DecodeTime != 2*time.Second || s.Steps != 3 {
		t.Errorf("all: %+v", s)
	}
	d := s.Since(before)
	if d.PrefillTokens != 100 || d.DecodeTokens != 5 || d.SavedTokens != 7 || d.Steps != 2 || d.DraftTokens != 4 || d.AcceptedTokens != 2 || d.PrefillRate() != 50 || d.DecodeRate() != 5 {
		t.Errorf("since: %+v", d)
	}
	if q := d.InterToken(); q.N != 2 || q.P50 > 2*time.Millisecond {
		t.Errorf("since: inter-token %+v", q)
	}
	if before.InterToken().N != 1 || before.TTFT().N != 0 {
		t.Error("a snapshot changed afterwards")
	}
	if (Stats{}).PrefillRate() != 0 || (Stats{}).DecodeRate() != 0 {
		t.Error("rates of nothing are not 0")
	}
}
