package metrics

import (
	"fmt"
	"math"
	"math/bits"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMcNemarByEnumeration(t *testing.T) {
	for n := range 13 {
		for lost := range n + 1 {
			won := n - lost
			// Of all 2^n outcomes of n coins those count that are at least as far from the middle.
			var far, same int
			for mask := range 1 << n {
				k := bits.OnesCount(uint(mask))
				if max(k, n-k) >= max(lost, won) {
					far++
				}
				if k == lost || k == won {
					same++
				}
			}
			all := float64(int(1) << n)
			name := fmt.Sprintf("%d lost, %d won", lost, won)
			near(t, name, McNemarExact(lost, won), float64(far)/all)
			got, ok := McNemarMidP(lost, won)
			want := (float64(far) - float64(same)/2) / all
			if lost == won {
				want = 1
			}
			if ok != (n > 0) {
				t.Errorf("%s: mid-p exists: %v", name, ok)
			}
			if ok {
				near(t, name+", mid-p", got, want)
			}
		}
	}
}

// The power is that of trying all outcomes of a few items.
func TestMcNemarPowerByEnumeration(t *testing.T) {
	for _, d := range []McNemarDesign{{N: 9, Won: 0.2}, {N: 9, Won: 0, Alpha: 0.3}, {N: 8, Won: 0.1, Alpha: 0.2, OneSided: true}} {
		for _, drop := range []float64{0, 0.3, 0.6} {
			alpha := d.Alpha
			if alpha == 0 {
				alpha = 0.05
			}
			var want float64
			for lost := range d.N + 1 {
				for won := range d.N + 1 - lost {
					p := McNemarExact(lost, won)
					if d.OneSided {
						_, p = binomialTails(lost-1, lost+won, 0.5, 0.5)
					}
					if p <= alpha && d.Won+drop > 0 {
						differ := float64(lost + won)
						want += binomialMass(differ, float64(d.N), 2*d.Won+drop, 1-2*d.Won-drop) *
							binomialMass(float64(won), differ, d.Won/(2*d.Won+drop), (d.Won+drop)/(2*d.Won+drop))
					}
				}
			}
			got, ok := d.Power(drop)
			if !ok {
				t.Errorf("%+v: no power for a drop of %v", d, drop)
			}
			near(t, fmt.Sprintf("%+v, drop %v", d, drop), got, want)
		}
	}
}

func TestSmallestDrop(t *testing.T) {
	for _, d := range []McNemarDesign{{N: 300, Won: 0.03}, {N: 300, Won: 0, OneSided: true}, {N: 3000, Won: 0.1, Alpha: 0.01, OneSided: true}} {
		drop, ok := d.SmallestDrop(0.8)
		if !ok {
			t.Fatalf("%+v: no drop", d)
		}
		at, _ := d.Power(drop)
		below, _ := d.Power(drop - 2e-5)
		if at < 0.8 || below >= 0.8 {
			t.Errorf("%+v: power %v at the drop %v and %v just below", d, at, drop, below)
		}
	}
	for _, d := range []McNemarDesign{{}, {N: 3}, {N: 10, Won: 1.5}, {N: 10, Won: math.NaN()}, {N: 10, Alpha: 1}} {
		if drop, ok := d.SmallestDrop(0.8); ok {
			t.Errorf("%+v: a drop %v", d, drop)
		}
	}
	if _, ok := (McNemarDesign{N: 10, Won: 0.3}).Power(0.5); ok {
		t.Error("a power where more than all items differ")
	}
}

func TestSignFlip(t *testing.T) {
	for _, tc := range []struct {
		net  []int
		want float64
	}{
		{nil, 1},
		{[]int{0, 0}, 1},
		{[]int{1}, 0.5},
		{[]int{-1}, 1},
		{[]int{1, 1, 1, -1}, 5. / 16},
		{[]int{2, 1}, 0.25},
		{[]int{2, -1}, 0.5},
		{[]int{3, 2, -1, 1}, 3. / 16}, // sums of at least 5: 7, 5 and 5
	} {
		near(t, fmt.Sprint(tc.net), SignFlip(tc.net), tc.want)
	}
	// Clusters of one are McNemar's test; far tails stay exact.
	net := make([]int, 60)
	for i := range net {
		net[i] = 1
	}
	closely(t, "sixty lost", SignFlip(net), math.Pow(2, -60))
	// Many clusters of two are coins too.
	for i := range net {
		net[i] = 2
		if i%3 == 0 {
			net[i] = -2
		}
	}
	_, want := binomialTails(39, 60, 0.5, 0.5)
	near(t, "clusters of two", SignFlip(net), want)
}

func TestAdjustedP(t *testing.T) {
	p := []float64{0.04, 0.01, 0.03, 0.9}
	for _, tc := range []struct {
		name      string
		got, want []float64
	}{
		{"Holm", Holm(p), []float64{0.09, 0.04, 0.09, 0.9}},
		{"Benjamini-Hochberg", BenjaminiHochberg(p), []float64{0.04 * 4 / 3, 0.04, 0.04 * 4 / 3, 0.9}},
		{"none", Holm(nil), []float64{}},
		{"one", BenjaminiHochberg([]float64{0.2}), []float64{0.2}},
	} {
		if diff := cmp.Diff(tc.want, tc.got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// With ties and zeros the p value is that of all signs of the ranks.
func TestSignedRankTies(t *testing.T) {
	d := []float64{0, 1, -1, 2, 2, -3, 4, 4, 0, 5}
	ranks := []float64{1.5, 1.5, 3.5, 3.5, 5, 6.5, 6.5, 8}
	positive, p, ok := SignedRank(d)
	if !ok || positive != 1.5+7+13+8 {
		t.Fatalf("sum of ranks %v %v", positive, ok)
	}
	far := 0
	for mask := range 1 << len(ranks) {
		var sum float64
		for i, r := range ranks {
			if mask>>i&1 == 1 {
				sum += r
			}
		}
		if math.Abs(sum-18) >= math.Abs(positive-18) {
			far++
		}
	}
	near(t, "p", p, float64(far)/float64(int(1)<<len(ranks)))
	for _, d := range [][]float64{nil, {0, 0}, {1, math.NaN()}} {
		if _, _, ok := SignedRank(d); ok {
			t.Errorf("%v: a result", d)
		}
	}
	// Where the approximation takes over, both agree.
	long := make([]float64, exactSigned+1)
	for i := range long {
		long[i] = float64(i + 1)
		if i%5 < 2 {
			long[i] = -long[i]
		}
	}
	positive, normal, _ := SignedRank(long)
	ranks = nil
	for i := range long {
		ranks = append(ranks, float64(i+1))
	}
	if exact := signedTails(ranks, positive, 101*102/2); math.Abs(exact-normal) > 0.001 {
		t.Errorf("101 differences: normal %v, exact %v", normal, exact)
	}
}

func TestPairedTRefuses(t *testing.T) {
	for _, d := range [][]float64{nil, {1}, {2, 2, 2}, {1, math.Inf(1)}} {
		if _, _, _, ok := PairedT(d, 0.95); ok {
			t.Errorf("%v: a result", d)
		}
	}
}

func TestRankCorrelation(t *testing.T) {
	// With ties, against counting all pairs.
	x := []float64{1, 2, 2, 3, 5, 5, 5, 0, 4}
	y := []float64{2, 2, 1, 4, 4, 3, 4, 1, 0}
	var alike, differ, onlyX, onlyY float64
	for i := range x {
		for j := range i {
			switch s := (x[i] - x[j]) * (y[i] - y[j]); {
			case s > 0:
				alike++
			case s < 0:
				differ++
			case x[i] != x[j]:
				onlyX++
			case y[i] != y[j]:
				onlyY++
			}
		}
	}
	tau, ok := KendallTauB(x, y)
	if !ok {
		t.Fatal("no tau")
	}
	near(t, "tau", tau, (alike-differ)/math.Sqrt((alike+differ+onlyX)*(alike+differ+onlyY)))
	cubes := make([]float64, len(x))
	for i, v := range x {
		cubes[i] = v * v * v
	}
	for name, f := range map[string]func(x, y []float64) (float64, bool){"tau": KendallTauB, "rho": Spearman} {
		if got, ok := f(x, cubes); !ok || math.Abs(got-1) > 1e-12 {
			t.Errorf("%s of equal orders: %v %v", name, got, ok)
		}
		for i, bad := range [][2][]float64{{{1}, {1}}, {{1, 2}, {1}}, {{1, 1}, {1, 2}}, {{1, math.NaN()}, {1, 2}}} {
			if _, ok := f(bad[0], bad[1]); ok {
				t.Errorf("%s: a value for case %d", name, i)
			}
		}
	}
}
