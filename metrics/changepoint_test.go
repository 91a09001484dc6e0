package metrics

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// normal draws from the standard normal distribution.
func (s *splitMix) normal() float64 {
	return math.Sqrt(-2*math.Log(1-s.uniform())) * math.Cos(2*math.Pi*s.uniform())
}

func places(marks []ChangePoint) []int {
	var out []int
	for _, m := range marks {
		out = append(out, m.At)
	}
	return out
}

func TestChangePoints(t *testing.T) {
	levels := func(parts ...[2]float64) (out []float64) { // length, level
		for _, p := range parts {
			for range int(p[0]) {
				out = append(out, p[1])
			}
		}
		return out
	}
	noisy := func(series []float64, sd float64) []float64 {
		rng := splitMix{state: 7}
		for i := range series {
			series[i] += sd * rng.normal()
		}
		return series
	}
	outlier := func(series []float64, at int, v float64) []float64 {
		series[at] = v
		return series
	}
	for _, tc := range []struct {
		name   string
		series []float64
		want   []int
	}{
		{"nothing", nil, nil},
		{"one point", []float64{1}, nil},
		{"two points", []float64{1, 2}, nil},
		{"equal nights", levels([2]float64{60, 0.1}), nil},
		{"a step without noise", levels([2]float64{20, 0.625}, [2]float64{20, 0.6}), []int{20}},
		{"ten points are too few for a mark", levels([2]float64{5, 0}, [2]float64{5, 1}), nil},
		{"eleven points are enough", levels([2]float64{6, 0}, [2]float64{5, 1}), []int{6}},
		{"three new nights among thirty", levels([2]float64{27, 1}, [2]float64{3, 2}), []int{27}},
		{"two new nights among thirty", levels([2]float64{28, 1}, [2]float64{2, 2}), nil},
		{"worse and mended", noisy(levels([2]float64{25, 10}, [2]float64{10, 12}, [2]float64{25, 10}), 0.3), []int{25, 35}},
		{"a staircase", noisy(levels([2]float64{20, 10}, [2]float64{20, 12}, [2]float64{20, 14}), 0.3), []int{20, 40}},
		{"one wild night", outlier(noisy(levels([2]float64{60, 10}), 0.3), 30, 1e6), nil},
		{"a step behind a wild night", outlier(noisy(levels([2]float64{30, 10}, [2]float64{30, 11}), 0.3), 10, 1e6), []int{30}},
		{"a broken night among equal ones", outlier(levels([2]float64{60, 0.5}), 59, 0), nil},
		{"huge numbers", levels([2]float64{10, -1e150}, [2]float64{10, 1e150}), []int{10}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := slices.Clone(tc.series)
			marks, ok := ChangePoints{}.Find(tc.series)
			if !ok || !slices.Equal(places(marks), tc.want) {
				t.Errorf("marks at %v, %v, want %v", places(marks), ok, tc.want)
			}
			if !slices.Equal(before, tc.series) {
				t.Error("the series was changed")
			}
			again, _ := ChangePoints{}.Find(tc.series)
			if !slices.Equal(again, marks) {
				t.Errorf("%v, then %v", marks, again)
			}
			for _, m := range marks {
				if m.P <= 0 || m.P > 0.01 {
					t.Errorf("p = %v", m.P)
				}
			}
		})
	}
}

func TestChangePointLevels(t *testing.T) {
	series := []float64{5, 5, 5, 5, 5, 5, 99, 5, 3, 3, 3, 3, 3, 3, 3, 3}
	marks, _ := ChangePoints{}.Find(series)
	if len(marks) != 1 || marks[0].At != 8 || marks[0].Before != 5 || marks[0].After != 3 {
		t.Errorf("%+v, want one mark at 8 from 5 to 3", marks)
	}
}

func TestChangePointsOfNoNumbers(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if marks, ok := (ChangePoints{}).Find([]float64{1, v, 2}); ok || marks != nil {
			t.Errorf("%v: %v, %v", v, marks, ok)
		}
	}
}

// noises are distributions of the points around their level.
var noises = []struct {
	name string
	draw func(rng *splitMix, n int) []float64
}{
	{"normal", func(rng *splitMix, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = rng.normal()
		}
		return out
	}},
	// One night in twenty is ten standard deviations slower: a machine that was busy.
	{"busy nights", func(rng *splitMix, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = rng.normal()
			if rng.uniform() < 0.05 {
				out[i] += 10
			}
		}
		return out
	}},
	// Right answers out of 200: nights with ties.
	{"accuracy", func(rng *splitMix, n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			right := 0
			for range 200 {
				if rng.uniform() < 0.6 {
					right++
				}
			}
			out[i] = (float64(right) - 120) / math.Sqrt(200*0.6*0.4)
		}
		return out
	}},
	// Half of a night's deviation is still there in the next one: outside of what is promised.
	{"wandering", func(rng *splitMix, n int) []float64 {
		out := make([]float64, n)
		last := rng.normal()
		for i := range out {
			last = 0.5*last + math.Sqrt(0.75)*rng.normal()
			out[i] = last
		}
		return out
	}},
}

// TestSimulatedChangePointAlarms measures how often a series whose level never changes gets a mark.
func TestSimulatedChangePointAlarms(t *testing.T) {
	for _, noise := range noises {
		for _, n := range []int{10, 30, 90} {
			t.Run(fmt.Sprintf("%s/n=%d", noise.name, n), func(t *testing.T) {
				sums, total := simulated(400, func(rng *splitMix, seed uint64, count []float64) {
					marks, _ := ChangePoints{Seed: seed}.Find(noise.draw(rng, n))
					count[0] += truth(len(marks) > 0)
				}, 1)
				share := sums[0] / total
				t.Logf("%-12s n=%2d: marks in %.2f %% of %.0f series", noise.name, n, 100*share, total)
				// Four standard deviations above what is promised.
				if limit := 0.01 + 4*math.Sqrt(0.01*0.99/total); share > limit && noise.name != "wandering" {
					t.Errorf("marks in %.2f %% of series without a change, want at most %.2f %%", 100*share, 100*limit)
				}
			})
		}
	}
}

// TestSimulatedChangePointYear measures how often a series whose level never changes has a mark on any page of a year, when the page is
// made anew each night.
func TestSimulatedChangePointYear(t *testing.T) {
	if testing.Short() {
		t.Skip("a year of nights, many times")
	}
	for _, noise := range noises[:3] {
		t.Run(noise.name, func(t *testing.T) {
			sums, total := simulated(20, func(rng *splitMix, seed uint64, count []float64) {
				series := noise.draw(rng, 365)
				nights := 0.
				for n := 11; n <= len(series); n++ {
					marks, _ := ChangePoints{Seed: seed}.Find(series[:n])
					nights += truth(len(marks) > 0)
				}
				count[0] += truth(nights > 0)
				count[1] += nights
			}, 2)
			share, nights := sums[0]/total, sums[1]/(total*355)
			t.Logf("%-12s a mark on some page in %.1f %% of %.0f years, on %.2f %% of pages", noise.name, 100*share, total, 100*nights)
			// The pages of a year are nearly the same series again and again: a year counts as one of its pages.
			if limit := 0.01 + 4*math.Sqrt(0.01*0.99/total); nights > limit {
				t.Errorf("marks on %.2f %% of pages, want at most %.2f %%", 100*nights, 100*limit)
			}
		})
	}
}

// TestSimulatedChangePointSteps measures how often a step is found, within two nights of where it is.
func TestSimulatedChangePointSteps(t *testing.T) {
	for _, tc := range []struct {
		n, from, to int
		step        float64 // in standard deviations
		least       float64 // share that has to be found with normal noise
	}{
		{60, 30, 60, 1, 0.28},
		{60, 30, 60, 2, 0.93},
		{60, 30, 60, 3, 0.99},
		{60, 50, 60, 2, 0.85},
		{60, 50, 60, 3, 0.99},
		{60, 55, 60, 3, 0.94},
		{60, 55, 60, 5, 0.99},
		{60, 57, 60, 5, 0.87},
		{60, 25, 35, 3, 0.98},
		{20, 10, 20, 2, 0.54},
		{20, 10, 20, 3, 0.95},
	} {
		for _, noise := range noises[:2] {
			t.Run(fmt.Sprintf("%s/n=%d/%d-%d/step=%v", noise.name, tc.n, tc.from, tc.to, tc.step), func(t *testing.T) {
				sums, total := simulated(200, func(rng *splitMix, seed uint64, count []float64) {
					series := noise.draw(rng, tc.n)
					for i := tc.from; i < tc.to; i++ {
						series[i] += tc.step
					}
					marks, _ := ChangePoints{Seed: seed}.Find(series)
					want := 1
					if tc.to < tc.n {
						want = 2
					}
					near := slices.ContainsFunc(marks, func(m ChangePoint) bool { return m.At >= tc.from-2 && m.At <= tc.from+2 })
					count[0] += truth(near)
					count[1] += truth(near && len(marks) > want)
				}, 2)
				share := sums[0] / total
				t.Logf("%-12s n=%2d, nights %d to %d, step %.0f sd: found %.1f %%, with further marks %.1f %%",
					noise.name, tc.n, tc.from+1, tc.to, tc.step, 100*share, 100*sums[1]/total)
				if least := tc.least - 4*math.Sqrt(tc.least*(1-tc.least)/total); share < least && noise.name == "normal" {
					t.Errorf("found in %.1f %% of series, want %.1f %%", 100*share, 100*least)
				}
			})
		}
	}
}

func FuzzChangePoints(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9}, 0.01, 2)
	f.Add([]byte{1, 200, 3}, 0.5, 1)
	f.Fuzz(func(t *testing.T, raw []byte, alpha float64, least int) {
		if len(raw) > 60 {
			return
		}
		series := make([]float64, len(raw))
		for i, b := range raw {
			series[i] = float64(b)
		}
		marks, ok := ChangePoints{Alpha: alpha, Least: least, Draws: 99}.Find(series)
		if !ok {
			t.Fatal("finite numbers are refused")
		}
		last := 0
		for _, m := range marks {
			if m.At <= last && m.At != 0 || m.At <= 0 || m.At >= len(series) {
				t.Fatalf("marks at %v of %d points", places(marks), len(series))
			}
			last = m.At
		}
	})
}

func BenchmarkChangePoints(b *testing.B) {
	rng := splitMix{state: 1}
	series := make([]float64, 365)
	for i := range series {
		series[i] = rng.normal() + truth(i > 200)*2
	}
	for b.Loop() {
		ChangePoints{}.Find(series)
	}
}
