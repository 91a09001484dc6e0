package metrics

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// outcomes makes the pairs of a task with some items lost, won, right in both and wrong in both.
func outcomes(name string, lost, won, right, wrong int) Pairs {
	p := Pairs{Name: name}
	add := func(n int, before, after float64) {
		for range n {
			p.Baseline, p.Run = append(p.Baseline, before), append(p.Run, after)
		}
	}
	add(lost, 1, 0)
	add(won, 0, 1)
	add(right, 1, 1)
	add(wrong, 0, 0)
	return p
}

func TestGateVerdicts(t *testing.T) {
	for _, tc := range []struct {
		name      string
		lost, won int
		n         int
		gate      Gate
		want      Verdict
	}{
		{"equal", 0, 0, 1000, Gate{}, Equivalent},
		{"equal but few", 0, 0, 50, Gate{}, Inconclusive},
		{"equal, few, wide margin", 0, 0, 50, Gate{Margin: 0.1}, Equivalent},
		{"a clear drop", 60, 20, 1000, Gate{}, Worse},
		{"a clear gain", 20, 60, 1000, Gate{}, Better},
		{"noise", 30, 28, 300, Gate{}, Inconclusive},
		{"noise over many", 30, 28, 20_000, Gate{}, Equivalent},
		{"a small and certain drop", 100, 40, 50_000, Gate{}, Worse},
		{"borderline", 5, 0, 300, Gate{}, Worse},
		{"borderline, strict", 5, 0, 300, Gate{Alpha: 0.01}, Inconclusive},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := tc.gate.Compare([]Pairs{outcomes("a", tc.lost, tc.won, tc.n/2, tc.n-tc.n/2-tc.lost-tc.won)})
			if err != nil {
				t.Fatal(err)
			}
			got := c.Tasks[0]
			if c.Verdict != tc.want || got.Verdict != tc.want || c.Pooled.Verdict != tc.want {
				t.Errorf("verdict %s, want %s: %+v", c.Verdict, tc.want, got)
			}
			if got.Lost != tc.lost || got.Won != tc.won || got.N != tc.n {
				t.Errorf("counts: %+v", got)
			}
			if !(got.CI.Low <= got.Drop && got.Drop <= got.CI.High && got.CI.Low < got.CI.High) {
				t.Errorf("the interval %v does not hold the drop %v", got.CI, got.Drop)
			}
			if p := got.Power; len(p) != 3 || p[0].Power > p[1].Power+1e-12 || p[1].Power > p[2].Power+1e-12 || p[2].Power <= 0 {
				t.Errorf("power does not grow with the drop: %v", got.Power)
			}
		})
	}
}

// Clusters of copies carry what one item of each does.
func TestGateClusters(t *testing.T) {
	few := outcomes("a", 6, 1, 20, 13)
	var many Pairs
	for i := range few.Run {
		for range 5 {
			many.Baseline = append(many.Baseline, few.Baseline[i])
			many.Run = append(many.Run, few.Run[i])
			many.Clusters = append(many.Clusters, fmt.Sprint(i))
		}
	}
	one, err := Gate{}.Compare([]Pairs{few})
	if err != nil {
		t.Fatal(err)
	}
	five, err := Gate{}.Compare([]Pairs{many})
	if err != nil {
		t.Fatal(err)
	}
	a, b := one.Tasks[0], five.Tasks[0]
	near(t, "p", b.PWorse, a.PWorse)
	if a.Verdict == Worse || b.Verdict == Worse || math.Abs(b.Inflation-5) > 0.2 || b.Clusters != 40 || b.N != 200 {
		t.Errorf("alone %+v, copied %+v", a, b)
	}
	if math.Abs(b.Power[2].Power-a.Power[2].Power) > 0.02 { // the inflation is a little below 5
		t.Errorf("power %v and %v", a.Power[2], b.Power[2])
	}
	many.Clusters = nil
	naive, err := Gate{}.Compare([]Pairs{many})
	if err != nil || naive.Verdict != Worse {
		t.Errorf("copies taken for independent items: %+v %v", naive.Verdict, err)
	}
}

func TestGatePoolsTasks(t *testing.T) {
	// No task alone is enough, all together are.
	var tasks []Pairs
	for i := range 6 {
		tasks = append(tasks, outcomes(fmt.Sprint(i), 12, 5, 200, 83))
	}
	c, err := Gate{}.Compare(tasks)
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict != Worse || c.Pooled.Verdict != Worse || c.Pooled.N != 1800 || c.Pooled.Lost != 72 {
		t.Errorf("pooled %+v", c.Pooled)
	}
	for _, task := range c.Tasks {
		if task.Verdict == Worse || task.PWorseAdjusted <= task.PWorse {
			t.Errorf("task %+v", task)
		}
	}
	near(t, "level", c.Tasks[0].Level, 0.05/7)
}

// Scores that are not right or wrong are tested by exchanges; the same data as 0 and 1 and as 0 and 2 give about the same.
func TestGateScores(t *testing.T) {
	a := outcomes("a", 40, 18, 300, 142)
	b := outcomes("b", 40, 18, 300, 142)
	for i := range b.Run {
		b.Baseline[i] /= 2
		b.Run[i] /= 2
	}
	exact, err := Gate{}.Compare([]Pairs{a})
	if err != nil {
		t.Fatal(err)
	}
	scored, err := Gate{Margin: 0.005, Drops: []float64{0.005, 0.015, 0.025}, Draws: 40_000}.Compare([]Pairs{b})
	if err != nil {
		t.Fatal(err)
	}
	x, y := exact.Tasks[0], scored.Tasks[0]
	if math.Abs(x.PWorse-y.PWorse) > 5*math.Sqrt(x.PWorse/40_000) || x.Verdict != y.Verdict {
		t.Errorf("p %v and %v", x.PWorse, y.PWorse)
	}
	for i := range x.Power {
		if math.Abs(x.Power[i].Power-y.Power[i].Power) > 0.15 {
			t.Errorf("power %v and %v", x.Power[i], y.Power[i])
		}
	}
	if math.Abs(x.CI.High-2*y.CI.High) > 0.01 || math.Abs(x.CI.Low-2*y.CI.Low) > 0.01 {
		t.Errorf("intervals %v and %v", x.CI, y.CI)
	}
}

func TestGateRefuses(t *testing.T) {
	good := outcomes("good", 1, 1, 5, 5)
	short := outcomes("short", 1, 1, 5, 5)
	short.Run = short.Run[:6]
	nan := outcomes("nan", 1, 1, 5, 5)
	nan.Run[3] = math.NaN()
	clusters := outcomes("clusters", 1, 1, 5, 5)
	clusters.Clusters = []string{"a"}
	for _, tc := range []struct {
		gate  Gate
		tasks []Pairs
		want  string
	}{
		{Gate{}, nil, "no tasks"},
		{Gate{}, []Pairs{good, {Name: "empty"}}, `"empty" has no items`},
		{Gate{}, []Pairs{short}, `"short" has 12 items in the baseline and 6 in the run`},
		{Gate{}, []Pairs{nan}, `"nan": item 3 has the score NaN in the run`},
		{Gate{}, []Pairs{clusters}, "12 items and 1 clusters"},
		{Gate{Alpha: 1.5}, []Pairs{good}, "alpha 1.5"},
		{Gate{Margin: -1}, []Pairs{good}, "margin -1"},
		{Gate{Power: math.NaN()}, []Pairs{good}, "power NaN"},
	} {
		if _, err := tc.gate.Compare(tc.tasks); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
}

func TestEquivalentPaired(t *testing.T) {
	// Nothing lost or won: the score under the margin is that of no loss among n, near (1−margin)^n.
	p, ok := EquivalentPaired(0, 0, 300, 0.01)
	if want := math.Pow(0.99, 300); !ok || math.Abs(p-want) > 0.01 {
		t.Errorf("nothing changed: p %v, want about %v", p, want)
	}
	a, _ := EquivalentPaired(20, 8, 2000, 0.01)
	b, _ := EquivalentPaired(8, 20, 2000, 0.01)
	if a != b {
		t.Errorf("not symmetric: %v and %v", a, b)
	}
	// With many changes it is the usual test.
	e := Estimate{Value: 0.01, StdErr: math.Sqrt(0.3-0.0001) / 100, Freedom: 9999}
	want, _ := e.Equivalent(0.02)
	if got, _ := EquivalentPaired(1550, 1450, 10_000, 0.02); math.Abs(got-want) > 0.002 {
		t.Errorf("many changes: %v, by the standard error %v", got, want)
	}
	for _, margin := range []float64{0, 1, math.NaN()} {
		if _, ok := EquivalentPaired(1, 1, 10, margin); ok {
			t.Errorf("a result with the margin %v", margin)
		}
	}
	if p, ok := (Estimate{Value: 0.3, Freedom: 5}).Equivalent(0.1); !ok || p != 1 {
		t.Errorf("a certain difference: %v %v", p, ok)
	}
}

// Scores that are all the same show that nothing dropped by the margin once there are enough of them.
func TestGateSameScores(t *testing.T) {
	for n, want := range map[int]Verdict{100: Inconclusive, 400: Equivalent} {
		var p Pairs
		for i := range n {
			p.Run = append(p.Run, float64(i%4)/3)
		}
		p.Baseline = p.Run
		c, err := Gate{}.Compare([]Pairs{p})
		if err != nil || c.Verdict != want || c.Tasks[0].PEquivalent != math.Pow(0.99, float64(n)) {
			t.Errorf("%d equal scores: %+v, %v, want %s", n, c.Tasks, err, want)
		}
	}
}
