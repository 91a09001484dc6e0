package metrics

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWilsonBounds(t *testing.T) {
	for _, tc := range []struct {
		k, n       int
		confidence float64
		ok         bool
	}{
		{0, 0, 0.95, false},
		{1, 0, 0.95, false},
		{-1, 3, 0.95, false},
		{4, 3, 0.95, false},
		{1, 3, 0, false},
		{1, 3, 1, false},
		{1, 3, math.NaN(), false},
		{0, 3, 0.95, true},
		{3, 3, 0.95, true},
		{1, 3, 0.5, true},
	} {
		ci, ok := Wilson(tc.k, tc.n, tc.confidence)
		if ok != tc.ok {
			t.Errorf("Wilson(%d, %d, %v): ok = %v", tc.k, tc.n, tc.confidence, ok)
		}
		if p := float64(tc.k) / float64(tc.n); ok && !(0 <= ci.Low && ci.Low <= p && p <= ci.High && ci.High <= 1) {
			t.Errorf("Wilson(%d, %d, %v) = %v does not hold the proportion", tc.k, tc.n, tc.confidence, ci)
		}
	}
}

// values of a skewed distribution, the same every time.
func skewed(n int) []float64 {
	rng := splitMix{state: 42}
	out := make([]float64, n)
	for i := range out {
		u := float64(rng.next()>>11) / (1 << 53)
		out[i] = u * u
	}
	return out
}

func TestBootstrapMatchesTheory(t *testing.T) {
	values := skewed(400)
	mean, _ := Mean(values)
	stderr, _ := StdErr(values)
	ci, ok := Bootstrap{Seed: 1}.Mean(values, nil)
	if !ok {
		t.Fatal("no interval")
	}
	// With 400 values the bootstrap is close to the normal interval; 10,000 draws leave about 2 % noise in the half-width.
	if got, want := (ci.High-ci.Low)/2, 1.959964*stderr; math.Abs(got-want) > 0.05*want {
		t.Errorf("half-width %v, normal theory %v", got, want)
	}
	if got := (ci.High + ci.Low) / 2; math.Abs(got-mean) > 0.1*stderr {
		t.Errorf("center %v, mean %v", got, mean)
	}
}

func TestBootstrapClusters(t *testing.T) {
	// Ten copies of each of forty values carry no more information than the forty values.
	few := skewed(40)
	var values []float64
	var clusters []string
	for i, v := range few {
		for range 10 {
			values = append(values, v)
			clusters = append(clusters, fmt.Sprint(i))
		}
	}
	alone, _ := Bootstrap{Seed: 3}.Mean(few, nil)
	together, _ := Bootstrap{Seed: 3}.Mean(values, clusters)
	naive, _ := Bootstrap{Seed: 3}.Mean(values, nil)
	if math.Abs(alone.Low-together.Low) > 1e-9 || math.Abs(alone.High-together.High) > 1e-9 {
		t.Errorf("clusters of copies: %v, values alone: %v", together, alone)
	}
	if w := naive.High - naive.Low; w > 0.5*(together.High-together.Low) {
		t.Errorf("the interval without clusters is not the too short one: %v, with clusters %v", naive, together)
	}
}

func TestBootstrapIsDeterministic(t *testing.T) {
	values := skewed(50)
	a, _ := Bootstrap{Seed: 9, Draws: 500}.Mean(values, nil)
	b, _ := Bootstrap{Seed: 9, Draws: 500}.Mean(values, nil)
	c, _ := Bootstrap{Seed: 10, Draws: 500}.Mean(values, nil)
	if a != b {
		t.Errorf("same seed, %v and %v", a, b)
	}
	if a == c {
		t.Errorf("another seed gives the same interval %v", c)
	}
	wide, _ := Bootstrap{Seed: 9, Draws: 500, Confidence: 0.99}.Mean(values, nil)
	if wide.Low > a.Low || wide.High < a.High {
		t.Errorf("99 %% %v is not wider than 95 %% %v", wide, a)
	}
}

func TestBootstrapRefuses(t *testing.T) {
	if _, ok := (Bootstrap{}).Mean(nil, nil); ok {
		t.Error("an interval of nothing")
	}
	if _, ok := (Bootstrap{}).Mean([]float64{1, 2}, []string{"a"}); ok {
		t.Error("an interval with too few clusters")
	}
	if _, ok := (Bootstrap{}).Sums([][]float64{{1, 2}, {1}}, nil, func(s []float64) float64 { return s[0] }); ok {
		t.Error("an interval of rows of different lengths")
	}
	if _, ok := (Bootstrap{}).Corpus(nil, nil, func(map[string]float64) float64 { return 0 }); ok {
		t.Error("an interval of no statistics")
	}
}

func TestBootstrapCorpus(t *testing.T) {
	// The mean as a corpus metric has the interval of the mean.
	values := skewed(30)
	stats := make([]map[string]float64, len(values))
	for i, v := range values {
		stats[i] = map[string]float64{"sum": v, "n": 1}
	}
	b := Bootstrap{Seed: 5, Draws: 300}
	want, _ := b.Mean(values, nil)
	got, ok := b.Corpus(stats, nil, func(s map[string]float64) float64 { return s["sum"] / s["n"] })
	if !ok || got != want {
		t.Errorf("got %v %v, want %v", got, ok, want)
	}
}

func TestGeneratorIsFixed(t *testing.T) {
	// The first outputs of SplitMix64 for the seed 1234567, as Vigna's reference program prints them.
	want := []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821}
	rng := splitMix{state: 1234567}
	var got []uint64
	for range want {
		got = append(got, rng.next())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	counts := make([]int, 7)
	for range 70_000 {
		counts[rng.below(7)]++
	}
	for i, c := range counts {
		if c < 9_500 || c > 10_500 { // five standard deviations
			t.Errorf("%d drawn %d times in 70,000", i, c)
		}
	}
}

func TestQuantile(t *testing.T) {
	sorted := []float64{1, 2, 4, 8}
	for _, tc := range []struct{ q, want float64 }{{0, 1}, {1, 8}, {0.5, 3}, {0.25, 1.75}, {0.9, 6.8}} {
		near(t, fmt.Sprint(tc.q), quantile(sorted, tc.q), tc.want)
	}
}

func BenchmarkBootstrap(b *testing.B) {
	values := skewed(1000)
	for b.Loop() {
		Bootstrap{Seed: 1}.Mean(values, nil)
	}
}

func TestExpandedIsAsWideAsStudent(t *testing.T) {
	values := make([]float64, 12)
	for i := range values {
		values[i] = math.Sin(float64(i * i))
	}
	_, _, want, _ := PairedT(values, 0.95)
	ci, ok := Bootstrap{Seed: 2, Draws: 40_000, Method: Expanded}.Mean(values, nil)
	short, _ := Bootstrap{Seed: 2, Draws: 40_000}.Mean(values, nil)
	if !ok {
		t.Fatal("no interval")
	}
	if got, w := ci.High-ci.Low, want.High-want.Low; math.Abs(got-w) > 0.05*w {
		t.Errorf("width %v, Student's %v", got, w)
	}
	if short.High-short.Low > 0.93*(want.High-want.Low) {
		t.Errorf("the percentile interval %v is not the short one: Student's is %v", short, want)
	}
}

// The mean of squares of normal values is skewed: the corrected interval lies further to the right.
func TestBCaLeansAsItShould(t *testing.T) {
	values := skewed(40)
	for i, v := range values {
		values[i] = v * v * v
	}
	mean, _ := Mean(values)
	plain, _ := Bootstrap{Seed: 7}.Mean(values, nil)
	bca, ok := Bootstrap{Seed: 7, Method: BCa}.Mean(values, nil)
	if !ok {
		t.Fatal("no interval")
	}
	if bca.Low <= plain.Low || bca.High <= plain.High || mean <= bca.Low || mean >= bca.High {
		t.Errorf("mean %v, percentile %v, BCa %v", mean, plain, bca)
	}
	if _, ok := (Bootstrap{Method: BCa}).Mean([]float64{1, 1, 1}, nil); !ok {
		t.Error("no interval of equal values")
	}
	if _, ok := (Bootstrap{}).Sums([][]float64{{0}, {1}}, nil, func(s []float64) float64 { return s[0] / s[0] }); ok {
		t.Error("an interval of draws that are NaN")
	}
}

func TestBootstrapDifference(t *testing.T) {
	first, second := skewed(300), skewed(300)
	for i := range second {
		second[i] += 0.02 * math.Sin(float64(i))
	}
	same, ok := Bootstrap{Seed: 1}.Difference(withCount(first), withCount(second), nil, meanOfSums)
	if !ok || same.P < 0.05 || same.CI.Low > 0 || same.CI.High < 0 {
		t.Errorf("runs that are alike: %+v %v", same, ok)
	}
	for i := range second {
		second[i] -= 0.01
	}
	lower, ok := Bootstrap{Seed: 1}.Difference(withCount(first), withCount(second), nil, meanOfSums)
	if !ok || lower.P > 0.001 || lower.CI.High > 0 {
		t.Errorf("a second run that is lower: %+v %v", lower, ok)
	}
	near(t, "difference", lower.Value-same.Value, -0.01)
	if _, ok := (Bootstrap{}).Difference(withCount(first), withCount(second[1:]), nil, meanOfSums); ok {
		t.Error("a difference of lists of different lengths")
	}
}

// BenchmarkBootstrapCorpus draws a corpus metric of ten sums over 3,000 segments, as BLEU has them, 10,000 times.
func BenchmarkBootstrapCorpus(b *testing.B) {
	rng := splitMix{state: 1}
	rows := make([][]float64, 3000)
	for i := range rows {
		for j := range 10 {
			rows[i] = append(rows[i], float64(1+rng.below(10+j)))
		}
	}
	bleu := func(s []float64) float64 {
		var log float64
		for n := range 4 {
			log += math.Log(s[n] / s[4+n])
		}
		return math.Exp(log/4 + min(0, 1-s[9]/s[8]))
	}
	for b.Loop() {
		Bootstrap{Seed: 1}.Sums(rows, nil, bleu)
	}
}
