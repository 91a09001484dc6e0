package runner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// tagged makes scored samples of "tag=value,tag=value:acc" descriptions; "x" instead of a number is a failed sample.
func tagged(t *testing.T, list ...string) []*reports.Sample {
	t.Helper()
	var out []*reports.Sample
	for _, d := range list {
		tags, acc, _ := strings.Cut(d, ":")
		s := &reports.Sample{Verdict: reports.VerdictWrong, Tags: map[string]string{}, Metrics: map[string]float64{}}
		for pair := range strings.SplitSeq(tags, ",") {
			name, v, _ := strings.Cut(pair, "=")
			s.Tags[name] = v
		}
		var x float64
		if _, err := fmt.Sscan(acc, &x); err != nil {
			s.Verdict = reports.VerdictError
		} else {
			s.Metrics["acc"] = x
		}
		out = append(out, s)
	}
	return out
}

func TestFolds(t *testing.T) {
	samples := tagged(t, "g=a:1", "g=a:1", "g=a:1", "g=a:0", "g=b:1", "g=b:1", "g=c:0", "g=d:1", "g=d:x", "other=a:0")
	for _, tc := range []struct {
		fold tasks.Fold
		want float64
		n    int
	}{
		{tasks.FoldMean, (0.75 + 1 + 0 + 1) / 4, 4},
		{tasks.FoldAll, 1. / 3, 3},    // a no, b yes, c no; d has a failed member
		{tasks.FoldDiffer, 1. / 2, 2}, // a differs, b does not; c has one member
	} {
		t.Run(tc.fold.String(), func(t *testing.T) {
			m := tasks.Metric{Name: "acc_" + tc.fold.String(), From: "acc", By: "g", Fold: tc.fold, HigherIsBetter: true}
			v, ok := value(m, samples, 1)
			if !ok || v.Value != tc.want || v.N != tc.n {
				t.Errorf("%+v, want %v of %d groups", v, tc.want, tc.n)
			}
			wilson, _ := proportionInterval([]float64{1, 0, 0}[3-min(3, tc.n):])
			if tc.fold == tasks.FoldAll && (v.CI95 == nil || v.CI95[0] != wilson.Low) {
				t.Errorf("interval %v, want Wilson's %v", v.CI95, wilson)
			}
		})
	}
	// Of a group that must have two members only whole ones count: b and not a, c, d.
	pair := tasks.Metric{Name: "held", From: "acc", By: "g", Fold: tasks.FoldAll, Members: 2, HigherIsBetter: true}
	if v, ok := value(pair, samples, 1); !ok || v.Value != 1 || v.N != 1 {
		t.Errorf("whole groups: %+v, want 1 of 1", v)
	}
	if v, ok := value(tasks.Metric{Name: "acc", By: "absent"}, samples, 1); ok {
		t.Errorf("a tag that nobody has gives %+v", v)
	}
}

func TestBreakdowns(t *testing.T) {
	task := tasks.Task{Name: "t", Breakdowns: []string{"distance", "word", "absent"}, Metrics: []tasks.Metric{
		{Name: "acc", Proportion: true, HigherIsBetter: true},
		{Name: "acc_macro", From: "acc", By: "word", HigherIsBetter: true},
		{Name: "all", From: "acc", By: "pair", Fold: tasks.FoldAll, Proportion: true, HigherIsBetter: true},
	}}
	samples := tagged(t, "distance=16k-64k,word=银行,pair=1:1", "distance=4k-16k,word=银行,pair=1:0", "distance=<4k,word=苹果,pair=2:1",
		"distance=4k-16k,word=苹果,pair=2:1", "distance=64k+,word=苹果,pair=2:x")
	got := breakdowns(task, samples, 1)
	show := map[string][]string{}
	for tag, list := range got {
		for _, b := range list {
			var line strings.Builder
			line.WriteString(fmt.Sprintf("%s n=%d", b.Value, b.N))
			for _, m := range task.Metrics {
				if v, ok := b.Result.Values[m.Name]; ok {
					line.WriteString(fmt.Sprintf(" %s=%.4g/%d", m.Name, v.Value, v.N))
				}
			}
			show[tag] = append(show[tag], line.String())
		}
	}
	want := map[string][]string{
		// Pairs are cut in two by distance, and not by word.
		"distance": {"<4k n=1 acc=1/1", "4k-16k n=2 acc=0.5/2", "16k-64k n=1 acc=1/1", "64k+ n=1"},
		"word":     {"银行 n=2 acc=0.5/2 all=0/1", "苹果 n=3 acc=1/2"},
	}
	if d := cmp.Diff(want, show); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestSortValues(t *testing.T) {
	for _, want := range [][]string{
		{"<1k", "1k-4k", "4k-16k", "16k-64k", "64k+"},
		{"≤ 500", "500", "1000", "1.5k", "2千", "1万", "10万字", "1M"},
		{"0 %", "10 %", "50 %", "100 %"},
		{"b", "a", "10", "9"}, // not all are numbers
		{"0-10", "0-20", "10-20"},
		{"3", "5", ">5"},
	} {
		got := slices.Clone(want)
		if _, number := rangeKey(want[0]); number {
			slices.Reverse(got)
		}
		sortValues(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

// longTask asks three questions on each of some texts.
func longTask(lengths ...int) tasks.Task {
	t := generateTask()
	t.Name, t.Kind, t.Shots, t.Breakdowns = "long", tasks.Long, 0, []string{"length"}
	t.Make = func(uint64, int) (set datasets.Set) {
		for i, n := range lengths {
			text := strings.Repeat(fmt.Sprint(i%10), n)
			for q := range 3 {
				set.Records = append(set.Records, datasets.Record{
					ID: fmt.Sprintf("%d/%d", i, q), Cluster: fmt.Sprint(i), Answer: -1, Golds: []string{"1", "x"}, Choices: []string{"甲", "乙"},
					Fields: map[string]string{"text": text, "q": fmt.Sprintf("问%d", q)}, Tags: map[string]string{"length": fmt.Sprint(n)},
				})
			}
		}
		return set
	}
	t.Prompt = func(r datasets.Record, _ []datasets.Record) tasks.Request {
		return tasks.Request{Prompt: tasks.Prompt{Query: r.Fields["text"] + r.Fields["q"]}, MaxTokens: 8, Choices: r.Choices}
	}
	return t
}

func TestLongTextsBeyondTheContext(t *testing.T) {
	o := fakeOptions(t)
	o.Tasks, o.Limit, o.Suites, o.Chat = []string{"long"}, "", nil, ChatNever
	o.Catalog = []tasks.Task{longTask(10, 500, 5000, 100)}
	m := newFake()
	m.info.Engine.Context, m.limit = 600, 600
	rec, _ := mustRun(t, o, m)
	if n := rec.NSamples["long"]; n.Original != 12 || n.Effective != 9 {
		t.Errorf("%+v, want 9 of 12", n)
	}
	if c := rec.Results["long"].Counts; c.Errors != 0 || c.Scored != 9 {
		t.Errorf("%+v", c)
	}
	said := slices.ContainsFunc(rec.Warnings, func(w reports.Warning) bool { return strings.Contains(w.Text, "3 of 12 items") })
	if !said || len(rec.Skipped) != 0 {
		t.Errorf("warnings %v, skipped %v", rec.Warnings, rec.Skipped)
	}
	if b := rec.Breakdowns["long"]["length"]; len(b) != 3 || b[0].Value != "10" || b[2].Value != "500" || b[2].N != 3 {
		t.Errorf("breakdown %+v", b)
	}
	// Both ways of asking reach the sample.
	if v := rec.Results["long"].Values; v["em"].N != 9 {
		t.Errorf("%+v", v)
	}

	// Nothing fits: the run has nothing to do and says why.
	o.Catalog, o.Out = []tasks.Task{longTask(5000)}, memoryDir(t)
	rec, _ = mustRun(t, o, m)
	want := []reports.Skipped{{Task: "long", Reason: "not measured (context 600)", Hint: "the model has up to 4096, given by --ctx"}}
	if d := cmp.Diff(want, rec.Skipped); d != "" || len(rec.Results) != 0 {
		t.Errorf("%s\n%v", d, rec.Results)
	}

	// Whoever asks for cut prompts gets them.
	o.Overlength, o.Out = OverlengthTruncateLeft, memoryDir(t)
	m.limit = 0
	if rec, _ = mustRun(t, o, m); rec.Results["long"].Counts.Scored != 3 {
		t.Errorf("%+v", rec.Results)
	}
}

// TestMeasure compares the estimates with encoding every prompt.
func TestMeasure(t *testing.T) {
	m := newFake()
	for limit := 380; limit < 700; limit += 7 {
		all := measure{model: m, limit: limit}
		for _, text := range []string{strings.Repeat("长", 480), strings.Repeat("x", 520)} {
			for _, q := range []string{"", "问", strings.Repeat("问", 90), strings.Repeat("q", 60)} {
				q := &question{prompt: tokenizer.Text(text + q), maxTokens: 10}
				got, err := all.fits(text, q)
				if err != nil {
					t.Fatal(err)
				}
				tokens, _ := m.Tokens(q.prompt)
				if want := len(tokens)+10 <= limit; got != want {
					t.Errorf("limit %d, %d tokens: fits is %v", limit, len(tokens), got)
				}
			}
		}
	}
}

func TestPicturesNeedAModelThatSees(t *testing.T) {
	o := fakeOptions(t)
	pictures := choiceTask()
	pictures.Name, pictures.Kind, pictures.Images = "pictures", tasks.Match, true
	prompt := pictures.Prompt
	marks := tasks.ImageMark
	pictures.Prompt = func(r datasets.Record, shots []datasets.Record) tasks.Request {
		req := prompt(r, shots)
		req.Images, req.Letters = []tasks.Image{{Name: "a.png", Data: []byte("\x89PNG")}}, nil
		req.Prompt.Query = marks + req.Prompt.Query
		return req
	}
	o.Tasks, o.Catalog, o.Suites = []string{"choice", "pictures"}, []tasks.Task{choiceTask(), pictures}, nil
	rec, _ := mustRun(t, o, newFake())
	want := []reports.Skipped{{Task: "pictures", Reason: "not applicable: text-only model"}}
	if d := cmp.Diff(want, rec.Skipped); d != "" || len(rec.Results) != 1 {
		t.Errorf("%s\n%v", d, rec.Results)
	}

	m := newFake()
	m.info.Vision = true
	if rec, _ = mustRun(t, o, m); rec.Results["pictures"].Counts.Scored != 12 || len(rec.Skipped) != 0 {
		t.Errorf("%+v, skipped %v", rec.Results["pictures"].Counts, rec.Skipped)
	}
	marks = ""
	if _, _, err := Run(t.Context(), o, m); err == nil || !strings.Contains(err.Error(), "places for 0 of 1 pictures") {
		t.Errorf("a picture without a place: %v", err)
	}
}
