package metrics

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
)

// The figures of docs/statistics.md come from
//
//	go test ./metrics -run Simulated -v -timeout 10h -runs 10000
var runs = flag.Int("runs", 0, "simulated runs of each case, and all cases; 0 = few runs of the quick cases")

// simulated calls f for as many runs as wanted, each with a generator of its own, on all processors, and returns the sums of what f
// counts.
func simulated(quick int, f func(rng *splitMix, seed uint64, count []float64), width int) (sums []float64, n float64) {
	total := *runs
	if total == 0 {
		total = quick
		if testing.Short() {
			total /= 4
		}
	}
	workers := runtime.GOMAXPROCS(0)
	parts := make([][]float64, workers)
	var wait sync.WaitGroup
	for w := range workers {
		parts[w] = make([]float64, width)
		wait.Go(func() {
			for i := w; i < total; i += workers {
				rng := splitMix{state: uint64(i) * 0x5851f42d4c957f2d}
				rng.next()
				f(&rng, uint64(i), parts[w])
			}
		})
	}
	wait.Wait()
	sums = make([]float64, width)
	for _, p := range parts {
		for j, v := range p {
			sums[j] += v
		}
	}
	return sums, float64(total)
}

func (s *splitMix) uniform() float64 { return float64(s.next()>>11) / (1 << 53) }

// A population makes data whose true value is known.
type population struct {
	name     string
	n        int
	clusters int // 0 = items stand alone
	binary   bool
}

// trueMean is the accuracy of populations of right and wrong answers.
const trueMean = 0.6

// draw makes values with the mean of the population. Items of a cluster share a quarter of their variance or so.
func (p population) draw(rng *splitMix) (values []float64, clusters []string) {
	values = make([]float64, p.n)
	one := func(shift float64) float64 {
		u := rng.uniform()
		if p.binary {
			return truth(u < trueMean+shift)
		}
		switch {
		case u < 0.25-shift:
			return 0
		case u < 0.6:
			return 1 - 0.75*rng.uniform()
		}
		return 1
	}
	if p.clusters == 0 {
		for i := range values {
			values[i] = one(0)
		}
		return values, nil
	}
	clusters = make([]string, p.n)
	// Clusters differ in size: one of them holds up to three times as many items as another.
	i := 0
	for g := range p.clusters {
		shift := (2*rng.uniform() - 1) * 0.35
		if !p.binary {
			shift = (2*rng.uniform() - 1) * 0.2
		}
		end := (g + 1) * p.n / p.clusters
		if g%2 == 0 {
			end += p.n / p.clusters / 2
		}
		for end = min(end, p.n); i < end; i++ {
			values[i], clusters[i] = one(shift), names[g]
		}
	}
	return values, clusters
}

var names = func() (names []string) {
	for i := range 3000 {
		names = append(names, fmt.Sprint(i))
	}
	return names
}()

// scoreMean is that of values that are not binary: 0 below 0.25, uniform in [0.25,1] up to 0.6, else 1.
const scoreMean = 0.35*0.625 + 0.4

func (p population) mean() float64 {
	if p.binary {
		return trueMean
	}
	return scoreMean
}

// intervalKinds are those that [intervals] makes, in its order.
var intervalKinds = []string{"Wilson", "Clopper-Pearson", "percentile", "expanded", "BCa", "Student, CR2", "ratio, delta", "CR0, normal"}

func intervals(p population, values []float64, clusters []string, seed uint64) []Interval {
	out := make([]Interval, len(intervalKinds))
	if p.binary && p.clusters == 0 {
		k := 0
		for _, v := range values {
			k += int(v)
		}
		out[0], _ = Wilson(k, len(values), 0.95)
		out[1], _ = ClopperPearson(k, len(values), 0.95)
	}
	c, _ := newClustered(withCount(values), clusters)
	b := Bootstrap{Draws: 1000, Confidence: 0.95, Seed: seed}
	draws := b.draw(c, meanOfSums)
	for i, m := range []Method{Percentile, Expanded, BCa} {
		b.Method = m
		out[2+i], _ = b.interval(c, draws, meanOfSums)
	}
	mean, _ := ClusterMean(values, clusters)
	out[5] = mean.Interval(0.95)
	// A ratio whose denominators vary with the item and not with the score.
	tops, bottoms := make([]float64, len(values)), make([]float64, len(values))
	for i, v := range values {
		bottoms[i] = float64(1 + i%4)
		tops[i] = v * bottoms[i]
	}
	ratio, _ := Ratio(tops, bottoms, clusters)
	out[6] = ratio.Interval(0.95)
	se, _ := StdErr(values)
	if clusters != nil {
		se, _ = ClusterStdErr(values, clusters)
	}
	out[7] = Interval{mean.Value - 1.959964*se, mean.Value + 1.959964*se}
	return out
}

func TestSimulatedCoverage(t *testing.T) {
	for _, p := range []population{
		{"accuracy", 300, 0, true},
		{"accuracy", 300, 100, true},
		{"scores", 300, 0, false},
		{"scores", 300, 100, false},
		{"accuracy", 50, 0, true},
		{"accuracy", 50, 10, true},
		{"scores", 50, 0, false},
		{"scores", 50, 10, false},
		{"scores", 300, 10, false},
		{"scores", 3000, 100, false},
		{"accuracy", 3000, 100, true},
		{"accuracy", 3000, 1000, true},
		{"scores", 3000, 1000, false},
		{"scores", 3000, 0, false},
		{"accuracy", 3000, 0, true},
	} {
		if *runs == 0 && p.n > 300 {
			continue
		}
		t.Run(fmt.Sprintf("%s/n=%d/clusters=%d", p.name, p.n, p.clusters), func(t *testing.T) {
			hits, n := simulated(200, func(rng *splitMix, seed uint64, count []float64) {
				values, clusters := p.draw(rng)
				for i, ci := range intervals(p, values, clusters, seed) {
					count[i] += truth(ci.Low <= p.mean() && p.mean() <= ci.High)
				}
			}, len(intervalKinds))
			noise := 4 * math.Sqrt(0.95*0.05/n)
			for i, kind := range intervalKinds {
				if i < 2 && (!p.binary || p.clusters > 0) {
					continue
				}
				share := hits[i] / n
				t.Logf("%-16s %.2f %%", kind, 100*share)
				small := p.n < 300 || p.clusters > 0 && p.clusters < 100
				if !small && math.Abs(share-0.95) > 0.01+noise {
					t.Errorf("%s covers %.2f %% of %v runs", kind, 100*share, n)
				}
			}
		})
	}
}

// What the gate does when nothing changed and when scores fall, with answers correlated in both runs.
func TestSimulatedGate(t *testing.T) {
	const accuracy = 0.7
	for _, n := range []int{300, 1000, 3000} {
		for _, correlation := range []float64{0.5, 0.8, 0.95} {
			if *runs == 0 && (n > 1000 || correlation > 0.8) {
				continue
			}
			for _, drop := range []float64{0, 0.01, 0.03, 0.05} {
				t.Run(fmt.Sprintf("n=%d/correlation=%v/drop=%v", n, correlation, drop), func(t *testing.T) {
					after := accuracy - drop
					both := accuracy*after + correlation*math.Sqrt(accuracy*(1-accuracy)*after*(1-after))
					both = min(both, after) // the strongest there can be
					simulateGate(t, n, 1, accuracy-both, after-both, drop)
				})
			}
		}
	}
	// Questions on one text change together: five to a text.
	for _, drop := range []float64{0, 0.03, 0.05} {
		t.Run(fmt.Sprintf("n=1000/clusters=200/drop=%v", drop), func(t *testing.T) {
			simulateGate(t, 1000, 5, 0.04+drop, 0.04, drop)
		})
	}
}

// simulateGate compares alarms with alpha, or with the power that was printed in the same runs.
func simulateGate(t *testing.T, n, size int, lost, won, drop float64) {
	type key struct {
		n   int
		won float64
	}
	var mutex sync.Mutex
	printed := make(map[key]float64)
	const alpha = 0.05
	unpaired := func(before, after float64) bool { // z test of two proportions
		p := (before + after) / 2
		return (before-after)/math.Sqrt(2*p*(1-p)/float64(n)) > 1.6448536
	}
	sums, total := simulated(200, func(rng *splitMix, _ uint64, count []float64) {
		p := Pairs{Baseline: make([]float64, n), Run: make([]float64, n)}
		if size > 1 {
			p.Clusters = make([]string, n)
		}
		for i := 0; i < n; {
			// Half of the items of a text share what becomes of them.
			shared := rng.uniform()
			for range size {
				u := shared
				if rng.uniform() < 0.3 || size == 1 {
					u = rng.uniform()
				}
				switch {
				case u < lost:
					p.Baseline[i] = 1
				case u < lost+won:
					p.Run[i] = 1
				case u < lost+won+0.65:
					p.Baseline[i], p.Run[i] = 1, 1
				}
				if size > 1 {
					p.Clusters[i] = names[i/size]
				}
				i++
			}
		}
		g := Gate{Drops: []float64{}, Alpha: alpha}.withDefaults()
		c := g.quick(p)
		count[0] += truth(c.PWorse <= alpha)
		count[1] += truth(c.PEquivalent <= alpha)
		count[2] += truth(unpaired(c.Baseline, c.Run))
		count[3] += truth(c.Baseline-c.Run >= 0.01)
		count[6] += truth(c.CI.Low <= lost-won && lost-won <= c.CI.High)
		if drop == 0 {
			return
		}
		k := key{max(1, int(math.Round(float64(n)/c.Inflation))), float64(c.Won) / float64(n)}
		mutex.Lock()
		power, ok := printed[k]
		mutex.Unlock()
		if !ok {
			power, _ = McNemarDesign{N: k.n, Won: k.won, Alpha: alpha, OneSided: true}.Power(drop)
			mutex.Lock()
			printed[k] = power
			mutex.Unlock()
		}
		count[4] += power
		count[5] += power * power
	}, 7)
	alarms := sums[0] / total
	power := sums[4] / total
	t.Logf("alarms %.2f %%, printed power %.2f %% (sd %.1f), shown equivalent %.2f %%, interval covers %.2f %%; unpaired test %.2f %%, fixed threshold of 1 point %.2f %%",
		100*alarms, 100*power, 100*math.Sqrt(max(0, sums[5]/total-power*power)), 100*sums[1]/total, 100*sums[6]/total, 100*sums[2]/total, 100*sums[3]/total)
	noise := 4 * math.Sqrt(max(0.05*0.95, alarms*(1-alarms))/total)
	if drop == 0 {
		if alarms > alpha+noise {
			t.Errorf("false alarms in %.2f %% of runs, alpha %v", 100*alarms, alpha)
		}
		return
	}
	if math.Abs(alarms-power) > 0.03+noise {
		t.Errorf("found in %.2f %% of runs, printed power %.2f %%", 100*alarms, 100*power)
	}
	if cover := sums[6] / total; size == 1 && float64(n)*won > 10 && math.Abs(cover-0.95) > 0.01+4*math.Sqrt(0.95*0.05/total) {
		t.Errorf("the interval of the drop covers %.2f %%", 100*cover)
	}
	if drop >= g1.Margin && sums[1]/total > alpha+noise {
		t.Errorf("a drop of %v is called equivalent in %.2f %% of runs", drop, 100*sums[1]/total)
	}
}

// Over several tasks and all of them together there is one alarm too many in at most alpha of the runs.
func TestSimulatedGateTasks(t *testing.T) {
	sums, total := simulated(60, func(rng *splitMix, seed uint64, count []float64) {
		var tasks []Pairs
		for i := range 6 {
			p := Pairs{Name: names[i]}
			for range 200 + 60*i {
				before := rng.uniform() < 0.7
				after := before
				if rng.uniform() < 0.15 {
					after = rng.uniform() < 0.7
				}
				p.Baseline = append(p.Baseline, truth(before))
				p.Run = append(p.Run, truth(after))
			}
			tasks = append(tasks, p)
		}
		// Half of the tasks have scores between.
		for i := range 3 {
			for j := range tasks[i].Run {
				if rng.uniform() < 0.3 {
					u, v := rng.uniform(), rng.uniform()
					tasks[i].Baseline[j], tasks[i].Run[j] = u, 0.9*u+0.1*v
					if rng.next()&1 == 0 {
						tasks[i].Baseline[j], tasks[i].Run[j] = tasks[i].Run[j], tasks[i].Baseline[j]
					}
				}
			}
		}
		c, err := Gate{Drops: []float64{}, Draws: 500, Seed: seed, Power: 0.5}.Compare(tasks)
		if err != nil {
			t.Error(err)
		}
		count[0] += truth(c.Verdict == Worse)
	}, 1)
	share := sums[0] / total
	t.Logf("any alarm in %.2f %% of runs", 100*share)
	if share > 0.05+4*math.Sqrt(0.05*0.95/total) {
		t.Errorf("false alarms in %.2f %% of runs", 100*share)
	}
}

var g1 = Gate{}.withDefaults()

// quick is the comparison of one task without the search for the smallest drop.
func (g Gate) quick(p Pairs) Change {
	g.Power = 0
	return g.compare(p, g.Alpha)
}
