package metrics

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Verdict is what a comparison with a baseline shows.
type Verdict string

// The verdicts.
const (
	Worse        Verdict = "worse"        // a drop that chance does not explain
	Equivalent   Verdict = "equivalent"   // any difference is smaller than the margin
	Better       Verdict = "better"       // a gain that chance does not explain, and maybe larger than the margin
	Inconclusive Verdict = "inconclusive" // too few items to tell
)

// Gate decides whether a run is worse than a baseline. The zero value works.
type Gate struct {
	Alpha  float64   // chance of an alarm, over all tasks, when nothing changed, in (0,1); 0 = 0.05
	Margin float64   // drops and gains below it do not matter, in units of the scores, in (0,1); 0 = 0.01
	Drops  []float64 // drops whose power is wanted; nil = 0.01, 0.03 and 0.05
	Power  float64   // with which the smallest detectable drop is found, in (0,1); 0 = 0.8
	Draws  int       // exchanges for scores that are not all 0 or 1; 0 = 10,000
	Seed   uint64    // of those
}

// Pairs are the scores of a task, of the same items in the same order, higher ones better. Clusters are as in [Bootstrap.Mean].
type Pairs struct {
	Name          string
	Baseline, Run []float64
	Clusters      []string
	Corpus        *CorpusPairs // a metric of the whole set instead of scores, which are nil then
}

// A Change is the comparison of one task, or of all tasks as one.
type Change struct {
	Name          string
	N, Clusters   int     // items; what is independent among them
	Lost, Won     int     // items whose score went down, and up
	Baseline, Run float64 // mean scores
	Drop          float64 // baseline − run
	CI            Interval
	Inflation     float64 // of the variance by clusters; 1 = none

	PWorse         float64 // one-sided: exact for right and wrong answers, else by random exchanges
	PWorseAdjusted float64 // Holm's, over the tasks and all of them as one
	PBetter        float64 // one-sided, by the same test
	PEquivalent    float64 // of a difference as large as the margin
	Verdict        Verdict

	Level        float64   // at which the test alarms for this task alone; power is meant at it
	Power        []PowerAt // at the drops that are possible
	SmallestDrop float64   // that is found with the wanted power
	Detectable   bool      // whether there is one
}

// PowerAt is the chance to find a drop.
type PowerAt struct{ Drop, Power float64 }

// Changes are all comparisons of a run with its baseline.
type Changes struct {
	Tasks   []Change
	Pooled  Change  // all items of all tasks as one; of one task the same
	Verdict Verdict // worse if anything is; equivalent if every task is; better if some are better and the others equivalent
}

func (g Gate) withDefaults() Gate {
	if g.Alpha == 0 {
		g.Alpha = 0.05
	}
	if g.Margin == 0 {
		g.Margin = 0.01
	}
	if g.Power == 0 {
		g.Power = 0.8
	}
	if g.Drops == nil {
		g.Drops = []float64{0.01, 0.03, 0.05}
	}
	return g
}

func (g Gate) validate() error {
	for _, o := range []struct {
		name  string
		value float64
	}{{"alpha", g.Alpha}, {"margin", g.Margin}, {"power", g.Power}} {
		if !(o.value > 0 && o.value < 1) {
			return fmt.Errorf("metrics: gate: %s %v, want a number between 0 and 1", o.name, o.value)
		}
	}
	return nil
}

// Compare tests every task and all of them together. Two things are tested. Is the run worse: under no difference either sign of what
// changed is as likely, [SignFlip] for right and wrong answers and [Permutation] for other scores and corpus metrics, Holm's correction
// over all tests, so that alpha is the chance of any false alarm. Is any difference smaller than the margin: two one-sided tests, which
// need no correction since all tasks have to pass. Among all items as one, those of a corpus metric count with scores of their own. A drop that chance does not explain is worse also when it is shown to be smaller than the margin;
// PEquivalent tells.
//
// The power of a drop assumes that items are won as often as was seen, and lost as often and the drop more; clusters count as
// fewer items, N over Inflation. Errors name a task that is empty, has lists of different lengths, or scores that are no numbers.
func (g Gate) Compare(tasks []Pairs) (c Changes, err error) {
	g = g.withDefaults()
	if err := g.validate(); err != nil {
		return c, err
	}
	all := Pairs{Name: "all tasks"}
	tasks = slices.Clone(tasks)
	for i := range tasks {
		t := &tasks[i]
		if err := t.prepare(); err != nil {
			return Changes{}, err
		}
		all.Baseline = append(all.Baseline, t.Baseline...)
		all.Run = append(all.Run, t.Run...)
		for j := range t.Run {
			name := ""
			if t.Clusters != nil && t.Clusters[j] != "" {
				name = strconv.Itoa(i) + " " + t.Clusters[j]
			}
			all.Clusters = append(all.Clusters, name)
		}
	}
	if len(tasks) == 0 {
		return c, fmt.Errorf("metrics: gate: no tasks to compare")
	}
	tests := len(tasks) + 1
	if len(tasks) == 1 {
		tests = 1
	}
	level := g.Alpha / float64(tests) // what Holm asks of the first
	var p []float64
	for _, t := range tasks {
		c.Tasks = append(c.Tasks, g.compare(t, level))
		p = append(p, c.Tasks[len(c.Tasks)-1].PWorse)
	}
	c.Pooled = c.Tasks[0]
	if len(tasks) > 1 {
		c.Pooled = g.compare(all, level)
		p = append(p, c.Pooled.PWorse)
	}
	adjusted := Holm(p)
	for i := range c.Tasks {
		c.Tasks[i].decide(g, adjusted[i])
	}
	c.Pooled.decide(g, adjusted[len(adjusted)-1])
	c.Verdict = together(c)
	return c, nil
}

// prepare gives the items of a corpus metric scores of their own and checks everything.
func (t *Pairs) prepare() error {
	if c := t.Corpus; c != nil {
		if !c.valid(len(c.Run)) || t.Run != nil || t.Baseline != nil {
			return fmt.Errorf("metrics: gate: task %q: a corpus metric needs statistics of one width in both runs, and no scores", t.Name)
		}
		if len(c.Run) > 0 {
			baseline, run := c.values()
			if math.IsNaN(baseline+run) || math.IsInf(baseline+run, 0) {
				return fmt.Errorf("metrics: gate: task %q has the values %v in the baseline and %v in the run", t.Name, baseline, run)
			}
			t.Baseline, t.Run = c.scores()
		}
	}
	return t.validate()
}

func (t *Pairs) validate() error {
	switch {
	case len(t.Run) == 0 && len(t.Baseline) == 0:
		return fmt.Errorf("metrics: gate: task %q has no items", t.Name)
	case len(t.Run) != len(t.Baseline):
		return fmt.Errorf("metrics: gate: task %q has %d items in the baseline and %d in the run", t.Name, len(t.Baseline), len(t.Run))
	case t.Clusters != nil && len(t.Clusters) != len(t.Run):
		return fmt.Errorf("metrics: gate: task %q has %d items and %d clusters", t.Name, len(t.Run), len(t.Clusters))
	}
	for i := range t.Run {
		for j, v := range []float64{t.Baseline[i], t.Run[i]} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("metrics: gate: task %q: item %d has the score %v in the %s", t.Name, i, v, []string{"baseline", "run"}[j])
			}
		}
	}
	return nil
}

// decide sets the verdict once the p value is adjusted.
func (c *Change) decide(g Gate, adjusted float64) {
	c.PWorseAdjusted = adjusted
	switch {
	case adjusted <= g.Alpha:
		c.Verdict = Worse
	case c.PEquivalent <= g.Alpha:
		c.Verdict = Equivalent
	case c.PBetter <= g.Alpha:
		c.Verdict = Better
	default:
		c.Verdict = Inconclusive
	}
}

func together(c Changes) Verdict {
	if c.Pooled.Verdict == Worse {
		return Worse
	}
	v := Equivalent
	for _, t := range c.Tasks {
		switch {
		case t.Verdict == Worse:
			return Worse
		case t.Verdict == Inconclusive:
			v = Inconclusive
		case t.Verdict == Better && v == Equivalent:
			v = Better
		}
	}
	return v
}

// compare fills all of a change but what depends on the other tasks.
func (g Gate) compare(t Pairs, level float64) Change {
	c := Change{Name: t.Name, N: len(t.Run), Inflation: 1, Level: level, PEquivalent: 1}
	c.Baseline, _ = Mean(t.Baseline)
	c.Run, _ = Mean(t.Run)
	if t.Corpus != nil {
		c.Baseline, c.Run = t.Corpus.values()
	}
	drops := make([]float64, c.N)
	binary := t.Corpus == nil
	for i := range drops {
		before, after := t.Baseline[i], t.Run[i]
		drops[i] = before - after
		binary = binary && (before == 0 || before == 1) && (after == 0 || after == 1)
		switch {
		case after < before:
			c.Lost++
		case after > before:
			c.Won++
		}
	}
	c.Drop, _ = Mean(drops)
	if t.Corpus != nil {
		c.Drop = c.Baseline - c.Run
	}
	groups := group(t.Clusters, c.N)
	c.Clusters = len(groups)
	clustered, ok := ClusterMean(drops, t.Clusters)
	if alone, _ := ClusterMean(drops, nil); ok && alone.StdErr > 0 {
		c.Inflation = max(1, clustered.StdErr*clustered.StdErr/(alone.StdErr*alone.StdErr))
	}
	if binary {
		g.proportions(&c, clustered, groups, drops)
	} else {
		g.means(&c, t, clustered, ok)
	}
	return c
}

// proportions tests right and wrong answers.
func (g Gate) proportions(c *Change, clustered Estimate, groups [][]int, drops []float64) {
	net, back := make([]int, len(groups)), make([]int, len(groups))
	for i, members := range groups {
		for _, m := range members {
			net[i] += int(drops[m])
		}
		back[i] = -net[i]
	}
	c.PWorse, c.PBetter = SignFlip(net), SignFlip(back)
	lost, won, n := float64(c.Lost), float64(c.Won), float64(c.N)
	scale := math.Sqrt(c.Inflation)
	tail := normalCDF
	critical := -normalQuantile(g.Alpha / 2)
	if c.Clusters < c.N && c.Clusters > 1 {
		tail = func(z float64) float64 { return studentCDF(z, clustered.Freedom) }
		critical = -studentQuantile(g.Alpha/2, clustered.Freedom)
	}
	if c.Clusters > 1 || c.N == 1 {
		c.PEquivalent = max(tail(pairedScore(lost, won, n, g.Margin)/scale), tail(pairedScore(won, lost, n, g.Margin)/scale))
	}
	c.CI = Interval{
		-scoreBound(won, lost, n, critical*scale),
		scoreBound(lost, won, n, critical*scale),
	}
	design := McNemarDesign{N: max(1, int(math.Round(n/c.Inflation))), Won: won / n, Alpha: c.Level, OneSided: true}
	for _, drop := range g.Drops {
		if power, ok := design.Power(drop); ok {
			c.Power = append(c.Power, PowerAt{drop, power})
		}
	}
	c.SmallestDrop, c.Detectable = design.SmallestDrop(g.Power)
}

// scoreBound is the largest drop that is less than critical away by Tango's score.
func scoreBound(lost, won, n, critical float64) float64 {
	low, high := (lost-won)/n, 1.
	for range 50 {
		mid := (low + high) / 2
		if pairedScore(lost, won, n, mid) > -critical {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// means tests scores of any kind, and corpus metrics, which every exchange computes again. The standard error of those is that of their
// items' scores.
func (g Gate) means(c *Change, t Pairs, drop Estimate, ok bool) {
	test := Permutation{Draws: g.Draws, Seed: g.Seed, Less: true}
	p := func(_, p float64, ok bool) float64 {
		if !ok { // no test, and so no evidence
			return 1
		}
		return p
	}
	if s := t.Corpus; s != nil {
		c.PWorse = p(test.Sums(s.Baseline, s.Run, t.Clusters, s.Metric))
		c.PBetter = p(test.Sums(s.Run, s.Baseline, t.Clusters, s.Metric))
		drop.Value = c.Drop
	} else {
		c.PWorse = p(test.Means(t.Baseline, t.Run, t.Clusters))
		c.PBetter = p(test.Means(t.Run, t.Baseline, t.Clusters))
	}
	if !ok {
		c.CI = Interval{math.Inf(-1), math.Inf(1)}
		return
	}
	c.CI = drop.Interval(1 - g.Alpha)
	if !(drop.StdErr > 0) {
		// A score of 0 to 1 that drops by the margin on the average differs in at least that share of items.
		if c.Lost+c.Won == 0 && t.Corpus == nil && slices.Min(t.Run) >= 0 && slices.Max(t.Run) <= 1 {
			c.PEquivalent = math.Pow(1-g.Margin, float64(c.Clusters))
		}
		return
	}
	c.PEquivalent, _ = drop.Equivalent(g.Margin)
	critical := -studentQuantile(c.Level, drop.Freedom)
	for _, d := range g.Drops {
		c.Power = append(c.Power, PowerAt{d, studentCDF(d/drop.StdErr-critical, drop.Freedom)})
	}
	c.SmallestDrop, c.Detectable = (critical+studentQuantile(g.Power, drop.Freedom))*drop.StdErr, true
}
