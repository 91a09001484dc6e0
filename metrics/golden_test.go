package metrics

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
)

type vector struct {
	ID, Metric              string
	Config, Input, Expected json.RawMessage
}

// vectors reads the cases of one metric from a file of reference values.
func vectors(t *testing.T, metric string, elem ...string) []vector {
	t.Helper()
	f, err := os.Open(golden.Shared(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []vector
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if v.Metric == metric {
			out = append(out, v)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("no cases of %s", metric)
	}
	return out
}

func decode(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%s: got %.12g, want %.12g", what, got, want)
	}
}

func TestCMRCGolden(t *testing.T) {
	for _, v := range vectors(t, "cmrc2018", "data", "golden-metrics", "vectors.jsonl") {
		t.Run(v.ID, func(t *testing.T) {
			var in struct {
				Pred    string
				Answers []string
			}
			var want struct {
				F1, EM         float64
				PredSegments   []string   `json:"pred_segments"`
				AnswerSegments [][]string `json:"answer_segments"`
			}
			decode(t, v.Input, &in)
			decode(t, v.Expected, &want)
			em, f1 := CMRC(in.Pred, in.Answers)
			near(t, "em", em, want.EM)
			near(t, "f1", f1, want.F1)
			if diff := cmp.Diff(want.PredSegments, append([]string{}, CMRCSegments(in.Pred)...)); diff != "" {
				t.Errorf("segments of the prediction (-want +got):\n%s", diff)
			}
			for i, a := range in.Answers {
				if diff := cmp.Diff(want.AnswerSegments[i], CMRCSegments(a)); diff != "" {
					t.Errorf("segments of answer %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestCLUENERGolden(t *testing.T) {
	type sentence map[string]map[string][][2]int
	entities := func(s sentence) []Entity {
		var out []Entity
		for typ, surfaces := range s {
			for text, spans := range surfaces {
				for _, p := range spans {
					out = append(out, Entity{typ, text, p[0], p[1] + 1})
				}
			}
		}
		return out
	}
	for _, v := range vectors(t, "cluener", "data", "golden-metrics", "vectors.jsonl") {
		var in struct{ Gold, Pred []sentence }
		var want struct {
			Macro   float64                                     `json:"official_macro_f1_surface"`
			PerName map[string]struct{ TP, FP, FN, F1 float64 } `json:"per_label"`
			Strict  struct{ Precision, Recall, F1 float64 }     `json:"strict_span_micro"`
		}
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		surfaces, spans := make(map[string]Counts), Counts{}
		for i := range in.Gold {
			for typ, c := range SurfaceCounts(entities(in.Gold[i]), entities(in.Pred[i])) {
				sum := surfaces[typ]
				sum.Add(c)
				surfaces[typ] = sum
			}
			for _, c := range SpanCounts(entities(in.Gold[i]), entities(in.Pred[i])) {
				spans.Add(c)
			}
		}
		var types []string
		for typ, w := range want.PerName {
			types = append(types, typ)
			if diff := cmp.Diff(Counts{w.TP, w.FP, w.FN}, surfaces[typ]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", typ, diff)
			}
			near(t, typ, surfaces[typ].F1(), w.F1)
		}
		sort.Strings(types)
		macro, ok := MacroF1(surfaces, types)
		if !ok {
			t.Error("no types")
		}
		near(t, "macro f1", macro, want.Macro)
		near(t, "strict precision", spans.Precision(), want.Strict.Precision)
		near(t, "strict recall", spans.Recall(), want.Strict.Recall)
		near(t, "strict f1", spans.F1(), want.Strict.F1)
	}
}

func TestWilsonGolden(t *testing.T) {
	type interval struct{ Low, High float64 }
	for _, v := range vectors(t, "wilson_95", "data", "golden-metrics", "vectors.jsonl") {
		var in struct{ K, N int }
		var want interval
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		got, ok := Wilson(in.K, in.N, 0.95)
		if !ok {
			t.Errorf("%s: no interval", v.ID)
		}
		near(t, v.ID+" low", got.Low, want.Low)
		near(t, v.ID+" high", got.High, want.High)
	}
	for _, v := range vectors(t, "wilson", "fixtures", "statistics.jsonl") {
		var config struct{ Confidence float64 }
		var in struct{ Successes, N int }
		var want interval
		decode(t, v.Config, &config)
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		got, ok := Wilson(in.Successes, in.N, config.Confidence)
		if !ok {
			t.Errorf("%s: no interval", v.ID)
		}
		near(t, v.ID+" low", got.Low, want.Low)
		near(t, v.ID+" high", got.High, want.High)
	}
}

func TestClusterStdErrGolden(t *testing.T) {
	for _, v := range vectors(t, "cluster_stderr", "fixtures", "statistics.jsonl") {
		var in struct {
			Values   []float64
			Clusters []int
		}
		var want struct{ StdErr float64 }
		decode(t, v.Input, &in)
		decode(t, v.Expected, &want)
		names := make([]string, len(in.Clusters))
		for i, c := range in.Clusters {
			names[i] = fmt.Sprint(c)
		}
		got, ok := ClusterStdErr(in.Values, names)
		if !ok {
			t.Errorf("%s: no value", v.ID)
		}
		near(t, v.ID, got, want.StdErr)
	}
}
