package parity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// tinyReal makes a file of values, as there are of real models, for a tiny model whose values are known from its folder of
// expectations, and puts the model where it will be found. change may alter the file's objects before they are written.
func tinyReal(t *testing.T, change func(header map[string]any, pairs []realPair, greedy *realGreedy)) string {
	t.Helper()
	const name = "llama-tiny-f32.gguf"
	folder := golden.Shared(t, "fixtures", "llama-tiny")
	raw, err := os.ReadFile(golden.Shared(t, "fixtures", "gguf", name))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv(inference.ModelsEnv, dir)
	t.Setenv("HOME", dir)
	if err := os.WriteFile(filepath.Join(dir, name), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	sum, err := hashFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.FromFolder(folder)
	if err != nil {
		t.Fatal(err)
	}

	var want modelExpectation
	if err := readJSON(filepath.Join(folder, "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	var pairs []realPair
	for _, p := range want.Pairs {
		r := realPair{ContextIDs: p.Context, ContinuationIDs: p.Continuation, LogProb: p.LogProb, Greedy: p.Greedy}
		pairs = append(pairs, r, r) // twice: the second shares the context of the first
	}
	greedy := realGreedy{PromptIDs: want.Generate.Prompt, IDs: want.Generate.Tokens}
	ref, err := openReference(filepath.Join(folder, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer ref.file.Close()
	logits, err := ref.floats("generate.logits")
	if err != nil {
		t.Fatal(err)
	}
	vocab := len(logits) / len(greedy.IDs)
	for i, id := range greedy.IDs {
		row := logits[i*vocab : (i+1)*vocab]
		greedy.Top5 = append(greedy.Top5, [][2]float64{{float64(id), float64(row[id]) - logSum(row)}, {3, float64(row[3]) - logSum(row)}})
	}
	header := map[string]any{"model": name, "sha256": sum}
	change(header, pairs, &greedy)

	var file bytes.Buffer
	enc := json.NewEncoder(&file)
	write := func(metric string, v any) {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		if metric != "" {
			m["metric"] = metric
		}
		if err := enc.Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	write("", header)
	for _, p := range pairs {
		write("loglikelihood", p)
	}
	write("greedy", map[string]any{"prompt_ids": greedy.PromptIDs, "ids": greedy.IDs, "top5": greedy.Top5})
	path := filepath.Join(dir, "tiny.jsonl")
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var tokens bytes.Buffer
	enc = json.NewEncoder(&tokens)
	write("", header)
	for _, text := range []string{"北京 and 上海", "<|eot|>"} {
		write("tokenize", realText{text, tok.Encode(text)})
	}
	if err := os.WriteFile(filepath.Join(dir, "tiny-tokens.jsonl"), tokens.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// statuses maps the checks of a report, without the name of the file, to how they ended.
func statuses(r Report) map[string]Status {
	m := map[string]Status{}
	for _, c := range r.Checks {
		_, what, _ := strings.Cut(c.Name, ": ")
		m[what] = c.Status
	}
	return m
}

func TestRealModelFiles(t *testing.T) {
	// The pairs of the fixture have ids and no texts, so the check of their ids fails in every case but the skips.
	good := map[string]Status{
		"token ids of pairs": Fail, "log-likelihood": Pass, "greedy continuations": Pass, "greedy tokens": Pass, "top 5 of every step": Pass,
	}
	but := func(names ...string) map[string]Status {
		m := map[string]Status{}
		maps.Copy(m, good)
		for _, n := range names {
			m[n] = Fail
		}
		return m
	}
	for _, c := range []struct {
		name   string
		change func(header map[string]any, pairs []realPair, greedy *realGreedy)
		want   map[string]Status
	}{
		{"as it should be", func(map[string]any, []realPair, *realGreedy) {}, good},
		{"another log-probability", func(_ map[string]any, p []realPair, _ *realGreedy) { p[3].LogProb += 3e-3 }, but("log-likelihood")},
		{"a little other", func(_ map[string]any, p []realPair, _ *realGreedy) { p[3].LogProb += 1e-3 }, good},
		{"greedy or not", func(_ map[string]any, p []realPair, _ *realGreedy) { p[0].Greedy = true }, but("greedy continuations")},
		{"another last token", func(_ map[string]any, _ []realPair, g *realGreedy) { g.IDs[15]++ }, but("greedy tokens")},
		{"another top list", func(_ map[string]any, _ []realPair, g *realGreedy) { g.Top5[7][1][1] -= 3e-3 }, but("top 5 of every step")},
		{"model is absent", func(h map[string]any, _ []realPair, _ *realGreedy) { h["model"] = "absent.gguf" }, map[string]Status{"": Skip}},
		{"model is another", func(h map[string]any, _ []realPair, _ *realGreedy) { h["sha256"] = "00" }, map[string]Status{"": Fail}},
		{"no sha256", func(h map[string]any, _ []realPair, _ *realGreedy) { delete(h, "sha256") }, map[string]Status{"": Fail}},
		{"token of a top list outside", func(_ map[string]any, _ []realPair, g *realGreedy) { g.Top5[0][0][0] = 1e300 }, map[string]Status{
			"": Fail, "token ids of pairs": Fail, "log-likelihood": Pass, "greedy continuations": Pass,
		}},
		{"no context", func(_ map[string]any, p []realPair, _ *realGreedy) { p[1].ContextIDs = nil }, map[string]Status{
			"": Fail, "token ids of pairs": Fail, "greedy tokens": Pass, "top 5 of every step": Pass,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := check(t, Options{Paths: []string{tinyReal(t, c.change)}, CPU: "reference"})
			if diff := cmp.Diff(c.want, statuses(report)); diff != "" {
				t.Error(diff, report.Checks)
			}
		})
	}
	t.Run("token ids", func(t *testing.T) {
		path := tinyReal(t, func(map[string]any, []realPair, *realGreedy) {})
		path = filepath.Join(filepath.Dir(path), "tiny-tokens.jsonl")
		if diff := cmp.Diff(map[string]Status{"token ids": Pass}, statuses(check(t, Options{Paths: []string{path}}))); diff != "" {
			t.Error(diff)
		}
		replace(t, path, `"ids":[`, `"ids":[7,`)
		if diff := cmp.Diff(map[string]Status{"token ids": Fail}, statuses(check(t, Options{Paths: []string{path}}))); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("limit", func(t *testing.T) {
		path := tinyReal(t, func(map[string]any, []realPair, *realGreedy) {})
		for _, c := range check(t, Options{Paths: []string{path}, CPU: "reference", Limit: 3}).Checks {
			if strings.HasSuffix(c.Name, "log-likelihood") && c.Detail != "3 pairs" {
				t.Error(c)
			}
		}
	})
	t.Run("a build that rounds and no figures to judge it by", func(t *testing.T) {
		path := tinyReal(t, func(map[string]any, []realPair, *realGreedy) {})
		want := map[string]Status{"token ids of pairs": Fail, "log-likelihood": Skip, "top 5 of every step": Skip}
		if diff := cmp.Diff(want, statuses(check(t, Options{Paths: []string{path}, KVType: "f16"}))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCloseEnough(t *testing.T) {
	r := &run{options: Options{CPU: "reference", Paths: []string{"x"}}}
	path := golden.Shared(t, "fixtures", "gguf", "llama-tiny-q8_0.gguf")
	s, err := r.open(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	r.kvType = 1 // f16: judged like llama.cpp, whose rms on qwen is 0.091 and maximum 0.300
	c := &realCheck{run: r, session: s, name: "x", file: realFile{Model: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"}}
	for _, v := range []struct {
		d     deviation
		limit int
		want  map[string]Status
	}{
		{deviation{max: 0.44, rms: 0.10}, 0, map[string]Status{"x, max": Pass, "x, rms": Pass}},
		{deviation{max: 0.46, rms: 0.10}, 0, map[string]Status{"x, max": Fail, "x, rms": Pass}},
		{deviation{max: 0.44, rms: 0.11}, 0, map[string]Status{"x, max": Pass, "x, rms": Fail}},
		{deviation{max: 0.44, rms: 0.11}, 10, map[string]Status{"x, max": Pass}},
		{compare([]float64{math.NaN()}, []float64{1}), 0, map[string]Status{"x, max": Fail, "x, rms": Fail}},
	} {
		r.report, r.options.Limit = Report{}, v.limit
		c.closeEnough("x", v.d, "")
		if diff := cmp.Diff(v.want, statuses(r.report)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPerplexity(t *testing.T) {
	model := golden.Shared(t, "fixtures", "gguf", "llama-tiny-f32.gguf")
	text := strings.Repeat("此开卷第一回也。作者自云曾历过一番梦幻之后,故将真事隐去。", 60)
	p, err := Perplexity(t.Context(), PerplexityOptions{Model: model, Text: text, CPU: "reference"})
	if err != nil {
		t.Fatal(err)
	}
	chunks := p.Tokens / 512
	if chunks < 2 || len(p.Losses) != chunks || p.Scored != 255*chunks {
		t.Errorf("%d tokens, %d chunks, %d scored", p.Tokens, len(p.Losses), p.Scored)
	}
	if want := math.Exp(total(p.Losses) / float64(p.Scored)); p.Perplexity != want {
		t.Errorf("perplexity %g, losses give %g", p.Perplexity, want)
	}
	one, err := Perplexity(t.Context(), PerplexityOptions{Model: model, Text: text, CPU: "reference", Chunks: 1, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.Losses[:1], one.Losses); diff != "" {
		t.Error("the first chunk by itself:", diff)
	}

	// The same sum from the logits of the whole chunk.
	r := &run{level: 1, kvType: 0}
	s, err := r.open(model, 512)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	windows, _, err := s.windows(text)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := s.logits(t.Context(), windows[0].Tokens, 100)
	if err != nil {
		t.Fatal(err)
	}
	var want float64
	for i := 257; i < 512; i++ {
		row := logits[(i-1)*s.vocab() : i*s.vocab()]
		want += logSum(row) - float64(row[windows[0].Tokens[i]])
	}
	if math.Abs(want-p.Losses[0]) > 1e-4*want {
		t.Errorf("loss %g, logits give %g", p.Losses[0], want)
	}

	for name, o := range map[string]PerplexityOptions{
		"short text": {Model: model, Text: "短"},
		"no model":   {Model: filepath.Join(t.TempDir(), "absent.gguf"), Text: text},
		"KV type":    {Model: model, Text: text, KVType: "q4"},
	} {
		if _, err := Perplexity(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Perplexity(ctx, PerplexityOptions{Model: model, Text: text}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v after a cancel", err)
	}
}

func TestReadNovel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "novel.txt")
	for text, want := range map[string]string{
		"x第一回 a\n第二回 b\n第四回 c": "第一回 a\n第二回 b\n", "第四回 c第一回 a": "", "": "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := readNovel(path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("readNovel of %q = %q, %v", text, got, err)
		}
	}
}

// The tokens of every real model, and a few pairs of the smallest with the kernels that are picked by default. The whole is done
// by the command.
func TestRealModels(t *testing.T) {
	if testing.Short() {
		t.Skip("needs seconds")
	}
	golden.Model(t, "smollm2-135m-instruct-q4_1.gguf")
	o := Options{Limit: 4}
	files := []string{"smollm2-tokens.jsonl", "gemma3-tokens.jsonl", "qwen-tokens.jsonl"}
	if levels := cpu.Levels(); levels[len(levels)-1] >= cpu.AVX2 { // without kernels it takes most of a minute
		files = append(files, "smollm2.jsonl")
	}
	for _, n := range files {
		o.Paths = append(o.Paths, golden.Shared(t, "fixtures", "real-models", n))
	}
	for _, c := range check(t, o).Checks {
		if c.Status == Fail {
			t.Error(c)
		}
	}
}

func FuzzReadRealFile(f *testing.F) {
	f.Add([]byte("{\"model\":\"m\",\"sha256\":\"s\"}\n{\"metric\":\"loglikelihood\",\"context_ids\":[1],\"continuation_ids\":[2]}\n"))
	f.Add([]byte("{\"model\":\"m\",\"sha256\":\"s\"}\n{\"metric\":\"greedy\",\"ids\":[1],\"top5\":[[[1,2]]]}\n{\"metric\":\"x\"}"))
	f.Add([]byte("[]\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f.jsonl")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kinds() {
			k.is(path, st)
		}
		r, err := readRealFile(path)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "parity: ") {
				t.Errorf("error %v", err)
			}
			return
		}
		n := 0
		for _, g := range r.groups() {
			n += len(g)
		}
		if n != len(r.pairs) || r.positions() < 0 {
			t.Errorf("%d pairs in groups of %d", len(r.pairs), n)
		}
	})
}
