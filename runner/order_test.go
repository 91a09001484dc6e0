package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// sizedTask is a generation task whose prompts are the given texts; "text/question" is a question on a text, a prompt without a slash
// stands alone.
func sizedTask(name string, prompts ...string) tasks.Task {
	t := generateTask()
	t.Name, t.Shots = name, 0
	t.Make = func(uint64, int) (set datasets.Set) {
		for i, p := range prompts {
			text, _, shared := strings.Cut(p, "/")
			r := datasets.Record{ID: fmt.Sprint(i), Answer: -1, Golds: []string{"1", "x"}, Fields: map[string]string{"q": p}}
			if shared {
				r.Cluster = text
			}
			set.Records = append(set.Records, r)
		}
		return set
	}
	t.Prompt = func(r datasets.Record, _ []datasets.Record) tasks.Request {
		return tasks.Request{Prompt: tasks.Prompt{Query: r.Fields["q"]}, MaxTokens: 8}
	}
	return t
}

// TestOrder records in which order a model is asked: long before short, and what shares a text or the beginning of its task side by side,
// whatever is left of a run that was resumed.
func TestOrder(t *testing.T) {
	o := fakeOptions(t)
	o.Tasks, o.Limit, o.BatchSize, o.Suites, o.Chat = []string{"short", "long"}, "", 1, nil, ChatNever
	o.Catalog = []tasks.Task{
		sizedTask("short", "a", "bb/1", "ccc", "bb/22"),
		sizedTask("long", "ddd", "eee/1", "fff/1", "eee/333", "ggggggg", "fff/4444444", "eee/2", "hhh", "fff/22"),
	}
	want := []string{
		"fff/1", "fff/4444444", "fff/22", "eee/1", "eee/333", "eee/2", "ggggggg", "ddd", "hhh",
		"bb/1", "bb/22", "ccc", "a",
	}
	record := func(m *fakeModel, stop string) *[]string {
		var mu sync.Mutex
		var asked []string
		m.gate = func(_ context.Context, prompt string) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, prompt)
			if prompt == stop {
				return &inference.FileError{Path: "m.gguf", Problem: "was truncated"}
			}
			return nil
		}
		return &asked
	}
	m := newFake()
	asked := record(m, "")
	_, whole := mustRun(t, o, m)
	if d := cmp.Diff(want, *asked); d != "" {
		t.Fatalf("order of requests (-want +got):\n%s", d)
	}

	// The model is lost at every sample: what was finished stays, nothing is said of the rest, and the run goes on from there.
	for i, stop := range want {
		o.Out = memoryDir(t)
		m := newFake()
		record(m, stop)
		_, dir, err := Run(t.Context(), o, m)
		lost, ok := errors.AsType[*ModelLost](err)
		if !ok || lost.Done != i || lost.Total != len(want) || lost.Dir != dir {
			t.Fatalf("stopped at %s: %v", stop, err)
		}
		asked := record(m, "")
		_, again := mustRun(t, o, m)
		if d := cmp.Diff(want[i:], *asked); d != "" || again != dir {
			t.Errorf("stopped at %s, resumed in %s (first %s), order (-want +got):\n%s", stop, again, dir, d)
		}
		if d := cmp.Diff(finals(t, whole), finals(t, again)); d != "" {
			t.Errorf("stopped at %s:\n%s", stop, d)
		}
	}
}

// Samples in flight when the model is lost leave no trace either.
func TestModelLostSideBySide(t *testing.T) {
	o := fakeOptions(t)
	o.BatchSize, o.MaxErrors = 8, -1
	m := newFake()
	m.gate = func(context.Context, string) error {
		if m.asked.Load() > 9 {
			return fmt.Errorf("scoring: %w", &inference.FileError{Path: "m.gguf", Problem: "was truncated"})
		}
		return nil
	}
	_, dir, err := Run(t.Context(), o, m)
	lost, ok := errors.AsType[*ModelLost](err)
	if !ok {
		t.Fatal(err)
	}
	if n := strings.Count(err.Error(), "m.gguf"); n != 1 {
		t.Errorf("the file is named %d times in %v", n, err)
	}
	m.gate = nil
	rec, again := mustRun(t, o, m)
	if again != dir || rec.Perf.SamplesResumed != lost.Done {
		t.Errorf("went on in %s (%s) with %d samples of %d", again, dir, rec.Perf.SamplesResumed, lost.Done)
	}
	o.Out = memoryDir(t)
	_, whole := mustRun(t, o, newFake())
	if d := cmp.Diff(finals(t, whole), finals(t, again)); d != "" {
		t.Error(d)
	}
}
