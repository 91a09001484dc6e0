package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/reports"
)

func TestFailedSamples(t *testing.T) {
	t.Run("too many stop the run, which can be resumed", func(t *testing.T) {
		o := fakeOptions(t)
		m := newFake()
		m.fail = map[string]string{"第5题": "out of order"}
		_, dir, err := Run(t.Context(), o, m)
		many, ok := errors.AsType[*TooManyErrors](err)
		if !ok || many.First.Task != "generate" || many.First.DocID != "g5" || !strings.Contains(err.Error(), "out of order") {
			t.Fatalf("got %v", err)
		}
		if errors.Is(err, context.Canceled) {
			t.Error("the error looks like an interruption")
		}
		o.MaxErrors = 1
		rec, again := mustRun(t, o, m)
		if again != dir {
			t.Errorf("went on in %s instead of %s", again, dir)
		}
		if c := rec.Results["generate"].Counts; c.Errors != 1 || c.Scored != 11 || rec.Results["generate"].Values["em"].N != 11 {
			t.Errorf("counts %+v", c)
		}
		if !slices.ContainsFunc(rec.Warnings, func(w reports.Warning) bool { return w.Code == "errors" && w.Task == "generate" }) {
			t.Error("no warning about the failed sample")
		}
	})
	t.Run("a failed sample is tried again", func(t *testing.T) {
		o := fakeOptions(t)
		m := newFake()
		m.fail = map[string]string{"第5题": "out of order"}
		if _, _, err := Run(t.Context(), o, m); err == nil {
			t.Fatal("no error")
		}
		got, _ := mustRun(t, o, newFake())
		o.Out = memoryDir(t)
		want, _ := mustRun(t, o, newFake())
		if got.Digest != want.Digest {
			t.Error("the second try is not what a run without failures gives")
		}
	})
	t.Run("a panic fails one sample", func(t *testing.T) {
		o := fakeOptions(t)
		o.MaxErrors = -1
		m := newFake()
		m.panics = "第7题"
		rec, dir := mustRun(t, o, m)
		if c := rec.Results["generate"].Counts; c.Errors != 1 || c.Scored != 11 {
			t.Errorf("counts %+v", c)
		}
		b, err := os.ReadFile(filepath.Join(dir, samplesName, "generate.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), `"error":"panic: fake model panics"`) {
			t.Errorf("the sample line does not tell of the panic:\n%s", b)
		}
	})
	t.Run("all fail", func(t *testing.T) {
		o := fakeOptions(t)
		o.MaxErrors = -1
		m := newFake()
		m.fail = map[string]string{"": "no"}
		rec, _ := mustRun(t, o, m)
		if len(rec.Results["choice"].Values) != 0 || len(rec.Groups) != 0 {
			t.Errorf("values of nothing: %+v %+v", rec.Results["choice"].Values, rec.Groups)
		}
	})
}

func TestOverlength(t *testing.T) {
	for _, tc := range []struct {
		policy                     string
		errors, skipped, shortened int
	}{
		{OverlengthError, 4, 0, 0}, {OverlengthSkip, 0, 4, 0}, {OverlengthTruncateLeft, 0, 0, 4}, {OverlengthTruncateMiddle, 0, 0, 4},
	} {
		t.Run(tc.policy, func(t *testing.T) {
			o := fakeOptions(t)
			o.Tasks, o.Overlength, o.MaxErrors, o.ChoiceBy, o.Chat = []string{"choice"}, tc.policy, -1, []string{ByLikelihood}, ChatNever
			m := newFake()
			m.limit = 9 // "问题0-N" and "答：" take 7, each "。" one more; two-digit numbers too
			rec, _ := mustRun(t, o, m)
			c := rec.Results["choice"].Counts
			if c.Errors != tc.errors || c.Skipped != tc.skipped || c.PromptTruncated != tc.shortened || c.Scored != 12-tc.errors-tc.skipped {
				t.Errorf("counts %+v, want %d errors, %d skipped, %d shortened", c, tc.errors, tc.skipped, tc.shortened)
			}
		})
	}
	t.Run("the message names task, sample and both lengths", func(t *testing.T) {
		o := fakeOptions(t)
		m := newFake()
		m.limit = 1
		_, _, err := Run(t.Context(), o, m)
		if err == nil || !strings.Contains(err.Error(), "task choice: sample") || !strings.Contains(err.Error(), "the context has 1") {
			t.Errorf("got %v", err)
		}
	})
}

func TestFailUnder(t *testing.T) {
	o := fakeOptions(t)
	for _, tc := range []struct {
		gate string
		miss bool
	}{
		{"choice:acc=0", false}, {"choice:acc=1.01", true}, {"generate:f1,none=0.1", false}, {"both:mean=0.99", true}, {"both:other=0", true},
	} {
		t.Run(tc.gate, func(t *testing.T) {
			o.FailUnder = []string{tc.gate}
			rec, _, err := Run(t.Context(), o, newFake())
			_, missed := errors.AsType[*Missed](err)
			if missed != tc.miss || (err != nil) != tc.miss || rec == nil {
				t.Errorf("record %v, error %v", rec != nil, err)
			}
		})
	}
}
