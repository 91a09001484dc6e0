package inference

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// load loads a model for the length of the test.
func load(t *testing.T, path string, o Options) *Engine {
	t.Helper()
	e, err := Load(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// fixture is expected.json of a model folder of the shared fixtures.
type fixture struct {
	Tolerance struct{ Logprob float64 }
	Generate  struct{ Prompt, Tokens []int32 }

	Loglikelihood []struct {
		Context, Continuation []int32
		SumLogprob            float64 `json:"sum_logprob"`
		IsGreedy              bool    `json:"is_greedy"`
		Logprobs              []float64
	}
}

func readFixture(t *testing.T, dir string) fixture {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Loglikelihood) == 0 || len(f.Generate.Tokens) == 0 {
		t.Fatal("expected.json has no log-likelihoods or no generated tokens")
	}
	return f
}

// textless makes completions of tokens only.
func (e *Engine) textless(prompt []int32, n int) *completion {
	s, _ := sample.New(sample.Options{})
	return &completion{
		prompt: prompt, max: n, context: e.context, sampler: s, greedy: true,
		isEnd: func(int32) bool { return false }, piece: func(int32) []byte { return nil }, text: newTextBuilder(nil),
	}
}

func near(got, want, tol float64) bool { return math.Abs(got-want) <= tol*math.Max(1, math.Abs(want)) }

// TestReferenceFixtures runs the recorded log-likelihoods and greedy generations of four small models through the whole
// engine, from folders and from GGUF files, in reference mode. The GGUF file of Gemma cannot say what its folder says
// about the scale of the attention, so it is another model.
func TestReferenceFixtures(t *testing.T) {
	root := golden.Shared(t, "fixtures")
	for _, m := range []struct{ path, expected string }{
		{"llama-tiny", "llama-tiny"},
		{"llama-tiny-tied", "llama-tiny-tied"},
		{"qwen2-tiny", "qwen2-tiny"},
		{"gemma3-tiny", "gemma3-tiny"},
		{"gguf/llama-tiny-f32.gguf", "llama-tiny"},
		{"gguf/llama-tiny-tied-f32.gguf", "llama-tiny-tied"},
		{"gguf/qwen2-tiny-f32.gguf", "qwen2-tiny"},
	} {
		t.Run(m.path, func(t *testing.T) {
			f := readFixture(t, filepath.Join(root, m.expected))
			e := load(t, filepath.Join(root, m.path), Options{CPU: "reference"})
			g, ctx := errgroup.WithContext(t.Context())
			for i, l := range f.Loglikelihood {
				g.Go(func() error { return checkLoglikelihood(ctx, e, f.Tolerance.Logprob, f, i, l.Context, l.Continuation) })
			}
			g.Go(func() error {
				c := e.textless(f.Generate.Prompt, len(f.Generate.Tokens))
				if _, err := e.sched.do(ctx, c); err != nil {
					return err
				}
				if d := cmp.Diff(f.Generate.Tokens, c.tokens); d != "" {
					return fmt.Errorf("greedy tokens (-want +got):\n%s", d)
				}
				return nil
			})
			if err := g.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkLoglikelihood scores a continuation alone and beside two others, which has to give the same bits.
func checkLoglikelihood(ctx context.Context, e *Engine, tol float64, f fixture, i int, prompt, cont []int32) error {
	want := f.Loglikelihood[i]
	whole := append(append([]int32(nil), prompt...), cont...)
	res, err := e.Rolling(ctx, RollingRequest{Windows: []Window{{whole, len(prompt)}}})
	if err != nil {
		return err
	}
	if !near(res.LogProb[0], want.SumLogprob, tol) {
		return fmt.Errorf("log-likelihood %d: %v, want %v", i, res.LogProb[0], want.SumLogprob)
	}
	other := append([]int32(nil), whole...)
	other[len(other)-1]++
	third := append(append([]int32(nil), prompt...), cont[0]+1, 5, 6, 7)
	work := newChoices([][]int32{other, whole, third}, len(prompt))
	if _, err := e.sched.do(ctx, work); err != nil {
		return err
	}
	sum, greedy, err := work.sum(1)
	if err != nil {
		return err
	}
	if sum != res.LogProb[0] || greedy != want.IsGreedy {
		return fmt.Errorf("log-likelihood %d as one of three: %v, greedy %v; alone %v, want greedy %v", i, sum, greedy, res.LogProb[0], want.IsGreedy)
	}
	for k, s := range work.scored[1] {
		if index := len(prompt) + k; index < work.shared {
			s = work.scored[0][k]
		}
		if !near(s.LogProb, want.Logprobs[k], tol) {
			return fmt.Errorf("log-likelihood %d, token %d: %v, want %v", i, k, s.LogProb, want.Logprobs[k])
		}
	}
	return nil
}

// results are the answers to a set of requests.
type results struct {
	Score    []ScoreResult
	Rolling  []RollingResult
	Generate []GenerateResult
}

// answer runs a fixed set of requests, all at once or in the given order, at most parallel at a time.
func answer(t *testing.T, e *Engine, order []int, parallel int) results {
	t.Helper()
	const n = 6
	r := results{make([]ScoreResult, n), make([]RollingResult, n), make([]GenerateResult, n)}
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(parallel)
	for _, i := range order {
		rng := rand.New(rand.NewPCG(uint64(i), 3))
		text := func(n int) string {
			alphabet := []rune("abcde 1\n，。天地玄黄")
			s := make([]rune, n)
			for i := range s {
				s[i] = alphabet[rng.IntN(len(alphabet))]
			}
			return string(s) + "。" // no white space at the end
		}
		k := i / 3
		switch i % 3 {
		case 0:
			req := ScoreRequest{Context: tokenizer.Text(text(5 + 12*k))}
			for range 2 + k {
				req.Continuations = append(req.Continuations, text(1+rng.IntN(12)))
			}
			g.Go(func() (err error) { r.Score[k], err = e.Score(ctx, req); return err })
		case 1:
			var req RollingRequest
			for range 1 + k%3 {
				ids := e.Tokenizer().Encode(text(10 + rng.IntN(20)))
				req.Windows = append(req.Windows, Window{ids, 1 + rng.IntN(len(ids)-1)})
			}
			g.Go(func() (err error) { r.Rolling[k], err = e.Rolling(ctx, req); return err })
		case 2:
			req := GenerateRequest{Prompt: tokenizer.Text(text(1 + 10*k)), MaxTokens: 8 + 3*k, IgnoreEOS: true}
			if k%2 == 1 {
				req.Sampling = sample.Options{Temperature: 1.5, TopP: 0.95, Seed: uint64(k)}
			}
			g.Go(func() (err error) { r.Generate[k], err = e.Generate(ctx, req); return err })
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestResultsDoNotDependOnBatching compares every bit of the answers over batch sizes, threads, order of arrival and
// number of requests in flight, for the kernels of this machine and for the reference ones.
func TestResultsDoNotDependOnBatching(t *testing.T) {
	root := golden.Shared(t, "fixtures")
	timings := cmpopts.IgnoreFields(Usage{}, "TTFT", "Total", "ReusedTokens")
	for i, m := range []struct{ name, level string }{
		{"gguf/llama-wide-q4_k_m.gguf", "auto"},
		{"gguf/llama-tiny-q8_0.gguf", "auto"},
		{"gemma3-tiny", "reference"},
		{"gemma3-tiny", "auto"},
		{"gguf/llama-tiny-q4_0.gguf", "auto"},
		{"qwen2-tiny", "auto"},
		{"gguf/llama-tiny-q8_0.gguf", "reference"},
	} {
		if i > 2 && testing.Short() {
			break // enough for the race detector, under which plain Go kernels take minutes
		}
		t.Run(m.name+"/"+m.level, func(t *testing.T) {
			var order []int
			for i := range 18 {
				order = append(order, i)
			}
			var want results
			for i, v := range []struct{ batch, threads, parallel int }{
				{1, 1, 1}, {16, 2, 18}, {16, 1, 18}, {1, 2, 18}, {3, 2, 5},
			} {
				e := load(t, filepath.Join(root, m.name), Options{CPU: m.level, BatchSize: v.batch, Threads: v.threads, Context: 512})
				rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				got := answer(t, e, order, v.parallel)
				if i == 0 {
					want = got
					continue
				}
				if d := cmp.Diff(want, got, timings); d != "" {
					t.Errorf("batch size %d, %d threads, %d in flight (-alone +got):\n%s", v.batch, v.threads, v.parallel, d)
				}
			}
		})
	}
}

func TestLoadDescribesTheModel(t *testing.T) {
	root := golden.Shared(t, "fixtures")
	e := load(t, filepath.Join(root, "gguf", "llama-tiny-q8_0.gguf"), Options{Threads: 1, Context: 128, BatchSize: 2, KVType: "f16"})
	in, o := e.Info(), e.Options()
	want := Info{
		Path: filepath.Join(root, "gguf", "llama-tiny-q8_0.gguf"), Name: "llama-tiny-q8_0", Arch: "llama", Quant: "Q8_0",
		Parameters: e.Config().Parameters, FileBytes: in.FileBytes, Vocab: 288, TrainedContext: 4096, Kernels: in.Kernels,
		Template: in.Template, Instruct: in.Instruct,
	}
	if d := cmp.Diff(want, in); d != "" || in.Parameters < 1000 || in.FileBytes < 1000 || in.Kernels == "" {
		t.Errorf("info (-want +got):\n%s\n%+v", d, in)
	}
	if o.Device != "cpu" || o.CPU == "" || o.CPU == "auto" || o.KVType != "f16" || o.Context != 128 || o.BatchSize != 2 || o.Threads != 1 {
		t.Errorf("options %+v", o)
	}
	if m := e.Memory(); m.Allocated.KV != 0 || m.Predicted.KV != 10*32*2*2*2*16*2 {
		t.Errorf("memory before the first request: %+v", m)
	}
	if _, err := e.Generate(t.Context(), GenerateRequest{Prompt: tokenizer.Text("a"), MaxTokens: 40, IgnoreEOS: true, Sampling: sample.Options{Temperature: 1}}); err != nil {
		t.Fatal(err)
	}
	m := e.Memory() // 40 positions, and the page of the prompt, which stays as it was
	if a, p := m.Allocated, m.Predicted; a.KV != 3*32*2*2*2*16*2 || a.Weights == 0 || a.Activations == 0 || a.Scratch < 288*4 || p.Total() < a.Total() {
		t.Errorf("memory %+v", m)
	}
	if ref := load(t, in.Path, Options{CPU: "reference"}).Options(); ref.CPU != "reference" || ref.KVType != "f32" || ref.BatchSize != 16 {
		t.Errorf("options in reference mode: %+v", ref)
	}
}

func TestLoadErrors(t *testing.T) {
	root := golden.Shared(t, "fixtures")
	tiny := filepath.Join(root, "llama-tiny")
	_, err := Load(t.Context(), tiny, Options{Context: 5000})
	checkError(t, err, "context of 5000 tokens asked for, the model was made for 4096")
	_, err = Load(t.Context(), tiny, Options{KVType: "q8_0"})
	checkError(t, err, "KV storage of type Q8_0 needs heads of a multiple of 32 values, these have 16: want F16 or F32")
	_, err = Load(t.Context(), filepath.Join(root, "none.gguf"), Options{})
	checkError(t, err, "none.gguf")
	_, err = Load(t.Context(), filepath.Join(root, "gguf", "vision-mmproj-f16.gguf"), Options{})
	if !errors.Is(err, models.ErrUnsupported) {
		t.Errorf("a vision projector: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = Load(ctx, tiny, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
}

func TestModelName(t *testing.T) {
	for path, want := range map[string]string{
		"/m/qwen-q4_k_m.gguf":           "qwen-q4_k_m",
		"/m/scout-00001-of-00003.gguf":  "scout",
		"/m/folder":                     "folder",
		"/m/folder/":                    "folder",
		"/m/-00001-of-00003.gguf":       "-00001-of-00003",
		"/m/part-00001-of-0000a.b.gguf": "part-00001-of-0000a.b",
	} {
		if got := modelName(&Checkpoint{Path: path}); got != want {
			t.Errorf("name of %s is %q, want %q", path, got, want)
		}
	}
}

// realPair is a line of the real-models fixtures.
type realPair struct {
	Metric          string
	Context         string
	Continuation    string
	ContextIDs      []int32 `json:"context_ids"`
	ContinuationIDs []int32 `json:"continuation_ids"`
	LogProb         float64
	IsGreedy        bool `json:"is_greedy"`
}

// TestRealModels compares token ids of all recorded pairs, and log-likelihoods of some, with the reference.
func TestRealModels(t *testing.T) {
	root := golden.Shared(t, "fixtures/real-models")
	for file, pairs := range map[string]int{"smollm2": 3, "gemma3": 1, "qwen": 1} {
		t.Run(file, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(root, file+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			dec := json.NewDecoder(bytes.NewReader(raw))
			var head struct{ Model string }
			if err := dec.Decode(&head); err != nil {
				t.Fatal(err)
			}
			e := load(t, golden.Model(t, head.Model), Options{CPU: "reference", Context: 2048})
			seen := 0
			for dec.More() {
				var p realPair
				if err := dec.Decode(&p); err != nil {
					t.Fatal(err)
				}
				if p.Metric != "loglikelihood" {
					continue
				}
				seen++
				seqs, from, err := e.enc.pairs(tokenizer.Text(p.Context), []string{p.Continuation})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(p.ContextIDs, seqs[0][:from]) + cmp.Diff(p.ContinuationIDs, seqs[0][from:]); d != "" {
					t.Errorf("%q + %q (-want +got):\n%s", p.Context, p.Continuation, d)
				}
				if seen%25 != 1 || seen/25 >= pairs || testing.Short() {
					continue
				}
				res, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text(p.Context), Continuations: []string{p.Continuation}})
				if err != nil {
					t.Fatal(err)
				}
				if c := res.Continuations[0]; math.Abs(c.LogProb-p.LogProb) > 2e-3 || c.Greedy != p.IsGreedy {
					t.Errorf("%q + %q: %v, greedy %v; want %v, %v", p.Context, p.Continuation, c.LogProb, c.Greedy, p.LogProb, p.IsGreedy)
				}
			}
			if seen == 0 {
				t.Error("no pairs in the file")
			}
		})
	}
}
