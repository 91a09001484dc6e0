package runner

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestZeroOptionsNeedATaskOnly(t *testing.T) {
	if err := (Options{Tasks: []string{"tnews"}}).Validate(); err != nil {
		t.Error(err)
	}
	o := Options{Tasks: []string{"tnews"}}.withDefaults()
	if o.Chat != ChatAuto || o.Resume != ResumeAuto || o.Overlength != OverlengthError || o.Out == "" || o.Now == nil || o.Log == nil || o.Observer == nil ||
		o.Print == nil || len(o.Catalog) == 0 || len(o.Suites) == 0 || o.Version == "" {
		t.Errorf("a default is missing: %+v", o)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	bad := func(v float64) *float64 { return &v }
	whole := func(v int) *int { return &v }
	for _, tc := range []struct {
		field  string
		change func(*Options)
	}{
		{"Tasks", func(o *Options) { o.Tasks = nil }},
		{"Chat", func(o *Options) { o.Chat = "maybe" }},
		{"Resume", func(o *Options) { o.Resume = "yes" }},
		{"Overlength", func(o *Options) { o.Overlength = "truncate" }},
		{"ChoiceBy", func(o *Options) { o.ChoiceBy = []string{"likelihood", "dice"} }},
		{"Limit", func(o *Options) { o.Limit = "-3" }},
		{"NumFewshot", func(o *Options) { o.NumFewshot = whole(-1) }},
		{"BatchSize", func(o *Options) { o.BatchSize = -1 }},
		{"BatchSize", func(o *Options) { o.BatchSize = 1 << 30 }},
		{"PricePerHour", func(o *Options) { o.PricePerHour = math.NaN() }},
		{"WriteOut", func(o *Options) { o.WriteOut = -1 }},
		{"FailUnder", func(o *Options) { o.FailUnder = []string{"tnews=0.5"} }},
		{"FailUnder", func(o *Options) { o.FailUnder = []string{"tnews:acc=NaN"} }},
		{"FailUnder", func(o *Options) { o.FailUnder = []string{":acc=1"} }},
		{"Gen.Temperature", func(o *Options) { o.Gen.Temperature = bad(-1) }},
		{"Gen.Temperature", func(o *Options) { o.Gen.Temperature = bad(math.Inf(1)) }},
		{"Gen.TopP", func(o *Options) { o.Gen.TopP = bad(0) }},
		{"Gen.TopP", func(o *Options) { o.Gen.TopP = bad(math.NaN()) }},
		{"Gen.TopK", func(o *Options) { o.Gen.TopK = whole(-1) }},
		{"Gen.MaxTokens", func(o *Options) { o.Gen.MaxTokens = whole(0) }},
	} {
		t.Run(tc.field, func(t *testing.T) {
			o := Options{Tasks: []string{"tnews"}}
			tc.change(&o)
			err := o.Validate()
			oe, ok := errors.AsType[*OptionError](err)
			if !ok || oe.Field != tc.field || !strings.Contains(err.Error(), tc.field) {
				t.Errorf("got %v, want an error about %s", err, tc.field)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	for _, tc := range []struct {
		limit    string
		n        int
		from, to int
	}{
		{"", 40, 0, 40},
		{"50", 40, 0, 40},
		{"5", 40, 0, 5},
		{"50.0", 100, 0, 50},
		{"0.1", 40, 0, 4},
		{"0.1", 41, 0, 5},
		{"0.001", 40, 0, 1},
		{"0.999", 1, 0, 1},
		{"0.5", 0, 0, 0},
		{"11-20", 40, 10, 20},
		{"1-1", 40, 0, 1},
		{"31-60", 40, 30, 40},
		{"50-60", 40, 40, 40},
	} {
		l, err := parseLimit(tc.limit)
		if err != nil {
			t.Errorf("%q: %v", tc.limit, err)
			continue
		}
		if from, to := l.bounds(tc.n); from != tc.from || to != tc.to {
			t.Errorf("%q of %d: [%d,%d), want [%d,%d)", tc.limit, tc.n, from, to, tc.from, tc.to)
		}
	}
	for _, s := range []string{"0", "-1", "x", "1.5", "NaN", "Inf", "1e400", "0-5", "5-4", "1-2-3", "0.0", "-0.5", "1e99", " 5"} {
		if l, err := parseLimit(s); err == nil {
			t.Errorf("%q is taken as %+v", s, l)
		}
	}
}

func FuzzOptions(f *testing.F) {
	f.Add("50", "tnews:acc=0.5", 10)
	f.Add("11-20", "a:b=1e3", 0)
	f.Add("0.1", "=:", 3)
	f.Fuzz(func(t *testing.T, limit, gate string, n int) {
		if l, err := parseLimit(limit); err == nil && n >= 0 {
			if from, to := l.bounds(n); from < 0 || from > to || to > n {
				t.Errorf("limit %q of %d: [%d,%d)", limit, n, from, to)
			}
		}
		if g, err := parseGate(gate); err == nil && (g.task == "" || g.metric == "" || math.IsNaN(g.value)) {
			t.Errorf("gate %q: %+v", gate, g)
		}
	})
}

func TestUnknownNames(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Options)
		says   []string
	}{
		{"task", func(o *Options) { o.Tasks = []string{"poetry"} }, []string{"Tasks", "poetry", "choice", "fake"}},
		{"sample's task", func(o *Options) { o.Samples = map[string][]string{"poetry": {"1"}} }, []string{"Samples", "poetry"}},
		{"sample", func(o *Options) { o.Samples = map[string][]string{"choice": {"1", "999"}} }, []string{"Samples", "choice: 999"}},
		{"gate's task", func(o *Options) { o.FailUnder = []string{"poetry:acc=1"} }, []string{"FailUnder", "poetry"}},
		{"gate's metric", func(o *Options) { o.FailUnder = []string{"choice:f1=1"} }, []string{"FailUnder", "acc, acc_letter"}},
		{"too many shots", func(o *Options) { n := 1000; o.NumFewshot = &n; o.Data = nil; o.Catalog[0].Make = choiceOf(5) }, []string{"choice", "1000"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := fakeOptions(t)
			tc.change(&o)
			m := newFake()
			_, _, err := Run(t.Context(), o, m)
			if err == nil || m.asked.Load() > 0 {
				t.Fatalf("error %v after %d requests", err, m.asked.Load())
			}
			for _, s := range tc.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not name %q", err, s)
				}
			}
		})
	}
}
