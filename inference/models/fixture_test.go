package models

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// shared is the folder of reference fixtures; the test is skipped where it is absent.
func shared(t *testing.T) string { return golden.Shared(t, "fixtures") }

// readTensors reads a small safetensors file.
func readTensors(t *testing.T, path string) map[string]tensor.Tensor {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(raw)
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets []int  `json:"data_offsets"`
	}
	if err := json.Unmarshal(raw[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	tensors := map[string]tensor.Tensor{}
	for name, h := range header {
		if name == "__metadata__" {
			continue
		}
		kind, ok := map[string]tensor.Type{"F32": tensor.F32, "F16": tensor.F16, "BF16": tensor.BF16}[h.DType]
		if !ok {
			continue
		}
		data := raw[8+n:][h.Offsets[0]:h.Offsets[1]]
		tensors[name] = tensor.Tensor{Name: name, Type: kind, Shape: h.Shape, Data: data}
	}
	return tensors
}

// readConfig reads a config.json into nested values.
func readConfig(t *testing.T, path string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// folder makes a Checkpoint of settings and tensors held in memory; both may be changed afterwards.
func folder(config map[string]any, tensors map[string]tensor.Tensor) Checkpoint {
	arch, _ := config["model_type"].(string)
	return Checkpoint{
		Format: HF, Arch: arch,
		Meta: func(key string) (any, bool) {
			var v any = config
			for k := range strings.SplitSeq(key, ".") {
				m, ok := v.(map[string]any)
				if !ok {
					return nil, false
				}
				if v, ok = m[k]; !ok || v == nil {
					return nil, false
				}
			}
			_, isObject := v.(map[string]any)
			return v, !isObject
		},
		Tensor: func(name string) (tensor.Tensor, bool) { x, ok := tensors[name]; return x, ok },
	}
}

// expected is what the tests here use of an expected.json.
type expected struct {
	Sequences map[string][]int32
	Generate  struct{ Prompt, Tokens []int32 }
	Moved     map[string]float64 `json:"logits_moved_by_a_mistake"`
	Tolerance struct{ Logits, Hidden, LogProb float64 }
	Likely    []struct {
		Context, Continuation []int32
		Sum                   float64 `json:"sum_logprob"`
		Greedy                bool    `json:"is_greedy"`
	} `json:"loglikelihood"`
}

func readExpected(t *testing.T, path string) expected {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// build makes a model with room for 64 rows on the float64 back end.
func build(t *testing.T, c Checkpoint) Model {
	t.Helper()
	arch, err := Lookup(c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := arch.Build(c, &exact{}, BuildOptions{MaxRows: 64, Pages: 8, KVType: tensor.F32})
	if err != nil {
		t.Fatal(err)
	}
	config, err := arch.Configure(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config, m.Config()); diff != "" {
		t.Error("Configure and Build differ:", diff)
	}
	return m
}

// run runs tokens as one sequence on the pages from the given one on and returns the logits of all rows.
func run(t *testing.T, m Model, tokens []int32) []float32 {
	t.Helper()
	if err := m.Forward(Batch{Tokens: tokens, Spans: []Span{{N: len(tokens), Pages: []int32{3, 1, 0}}}}); err != nil {
		t.Fatal(err)
	}
	rows := make([]int, len(tokens))
	for i := range rows {
		rows[i] = i
	}
	logits := make([]float32, len(rows)*m.Config().Vocab)
	if err := m.Logits(logits, rows); err != nil {
		t.Fatal(err)
	}
	return logits
}

func floats(t *testing.T, x tensor.Tensor) []float32 {
	t.Helper()
	f, err := x.Floats()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// worst is the largest deviation, relative where the wanted value is above 1.
func worst(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var w float64
	for i := range got {
		w = max(w, math.Abs(float64(got[i])-float64(want[i]))/max(1, math.Abs(float64(want[i]))))
	}
	return w
}

var fixtures = []string{"llama-tiny", "llama-tiny-tied", "qwen2-tiny", "gemma3-tiny"}

func TestFixtures(t *testing.T) {
	dir := shared(t)
	for _, name := range fixtures {
		for _, config := range []string{"config.json", "config_alt.json"} {
			t.Run(name+"/"+config, func(t *testing.T) {
				at := func(file string) string { return filepath.Join(dir, name, file) }
				want := readTensors(t, at("expected.safetensors"))
				e := readExpected(t, at("expected.json"))
				m := build(t, folder(readConfig(t, at(config)), readTensors(t, at("model.safetensors"))))
				for seq, tokens := range e.Sequences {
					if w := worst(run(t, m, tokens), floats(t, want[seq+".logits"])); !(w <= e.Tolerance.Logits) {
						t.Errorf("sequence %s: logits off by %.2g, want at most %g", seq, w, e.Tolerance.Logits)
					}
				}
				checkHidden(t, m, e, want)
				checkGenerate(t, m, e)
				checkScores(t, m, e)
			})
		}
	}
}

// checkHidden compares the residual stream and the final norm with the reference through the probe.
func checkHidden(t *testing.T, m Model, e expected, want map[string]tensor.Tensor) {
	t.Helper()
	var hidden, normed []float32
	m.SetProbe(func(name string, layer int, v []float32) {
		switch name {
		case "embed", "hidden":
			hidden = append(hidden, v...)
		case "final_norm":
			normed = append(normed, v...)
		}
	})
	defer m.SetProbe(nil)
	run(t, m, e.Sequences["long"])
	if w := worst(hidden, floats(t, want["long.hidden"])); !(w <= e.Tolerance.Hidden) {
		t.Errorf("hidden states off by %.2g", w)
	}
	if w := worst(normed, floats(t, want["long.normed"])); !(w <= e.Tolerance.Hidden) {
		t.Errorf("final norm off by %.2g", w)
	}
}

// checkGenerate decodes greedily, one token at a time after the prompt.
func checkGenerate(t *testing.T, m Model, e expected) {
	t.Helper()
	var got []int32
	next, pos := e.Generate.Prompt, 0
	for range e.Generate.Tokens {
		if err := m.Forward(Batch{Tokens: next, Spans: []Span{{N: len(next), Pos: pos, Pages: []int32{7, 2, 4}}}}); err != nil {
			t.Fatal(err)
		}
		var s [1]Scored
		if err := m.Score(s[:], []int{len(next) - 1}, []int32{0}); err != nil {
			t.Fatal(err)
		}
		pos += len(next)
		next = []int32{s[0].Top}
		got = append(got, s[0].Top)
	}
	if diff := cmp.Diff(e.Generate.Tokens, got); diff != "" {
		t.Error("greedy tokens:", diff)
	}
}

// checkScores compares log-likelihoods.
func checkScores(t *testing.T, m Model, e expected) {
	t.Helper()
	for i, c := range e.Likely {
		tokens := append(append([]int32(nil), c.Context...), c.Continuation...)
		if err := m.Forward(Batch{Tokens: tokens, Spans: []Span{{N: len(tokens), Pages: []int32{0, 1, 2}}}}); err != nil {
			t.Fatal(err)
		}
		rows := make([]int, len(c.Continuation))
		for j := range rows {
			rows[j] = len(c.Context) - 1 + j
		}
		s := make([]Scored, len(rows))
		if err := m.Score(s, rows, c.Continuation); err != nil {
			t.Fatal(err)
		}
		sum, greedy := 0.0, true
		for j := range s {
			sum += s[j].LogProb
			greedy = greedy && s[j].Top == c.Continuation[j]
		}
		if math.Abs(sum-c.Sum) > e.Tolerance.LogProb*max(1, math.Abs(c.Sum)) || greedy != c.Greedy {
			t.Errorf("pair %d: %.5f greedy %v, want %.5f %v", i, sum, greedy, c.Sum, c.Greedy)
		}
	}
}

// A mistake in a setting has to move the logits as far as the fixture says: the comparison above can fail.
func TestMistakesAreSeen(t *testing.T) {
	dir := shared(t)
	for _, c := range []struct {
		fixture, mistake string
		change           func(config map[string]any)
	}{
		{"llama-tiny", "theta doubled", func(c map[string]any) { c["rope_theta"] = 2e4 }},
		{"llama-tiny", "rope scaling ignored", func(c map[string]any) { c["rope_scaling"] = nil }},
		{"llama-tiny-tied", "theta doubled", func(c map[string]any) { c["rope_parameters"].(map[string]any)["rope_theta"] = 2e5 }},
		{"gemma3-tiny", "window ignored", func(c map[string]any) { c["sliding_window"] = 4096.0 }},
		{"gemma3-tiny", "window one larger", func(c map[string]any) { c["sliding_window"] = 17.0 }},
		{"gemma3-tiny", "scale 1/sqrt(head_dim)", func(c map[string]any) { c["query_pre_attn_scalar"] = 16.0 }},
		{"gemma3-tiny", "global rope unscaled", func(c map[string]any) { c["rope_scaling"] = nil }},
	} {
		t.Run(c.fixture+"/"+c.mistake, func(t *testing.T) {
			at := func(file string) string { return filepath.Join(dir, c.fixture, file) }
			e := readExpected(t, at("expected.json"))
			config := readConfig(t, at("config.json"))
			c.change(config)
			m := build(t, folder(config, readTensors(t, at("model.safetensors"))))
			got := run(t, m, e.Sequences["long"])
			want := floats(t, readTensors(t, at("expected.safetensors"))["long.logits"])
			var moved float64
			for i := range got {
				moved = max(moved, math.Abs(float64(got[i]-want[i])))
			}
			if math.Abs(moved-e.Moved[c.mistake]) > 1e-3 {
				t.Errorf("logits moved by %.4f, the reference by %.4f", moved, e.Moved[c.mistake])
			}
		})
	}
}

// Several sequences in one batch, a sequence in pieces, and copied pages give the same logits as one run.
func TestBatchesPiecesAndPages(t *testing.T) {
	dir := shared(t)
	for _, name := range fixtures {
		t.Run(name, func(t *testing.T) {
			at := func(file string) string { return filepath.Join(dir, name, file) }
			e := readExpected(t, at("expected.json"))
			m := build(t, folder(readConfig(t, at("config.json")), readTensors(t, at("model.safetensors"))))
			long, other := e.Sequences["long"][:36], e.Sequences["batch2"][:17]
			want := run(t, m, long)
			wantOther := run(t, m, other)

			// The first 33 positions beside another sequence, then page 5 copied to 6, then the rest on the copy.
			tokens := append(append([]int32(nil), other...), long[:33]...)
			spans := []Span{{N: 17, Pages: []int32{2}}, {Row: 17, N: 33, Pages: []int32{4, 5}}}
			if err := m.Forward(Batch{Tokens: tokens, Spans: spans}); err != nil {
				t.Fatal(err)
			}
			v := m.Config().Vocab
			got := make([]float32, 2*v)
			if err := m.Logits(got, []int{16, 49}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append(append([]float32(nil), wantOther[16*v:]...), want[32*v:33*v]...), got); diff != "" {
				t.Error("batched logits differ:", diff)
			}
			m.CopyPage(6, 5)
			if err := m.Forward(Batch{Tokens: long[33:], Spans: []Span{{N: 3, Pos: 33, Pages: []int32{4, 6}}}}); err != nil {
				t.Fatal(err)
			}
			got = got[:v]
			if err := m.Logits(got, []int{2}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[35*v:], got); diff != "" {
				t.Error("continued logits differ:", diff)
			}
		})
	}
}

func TestProbeReportsEveryIntermediate(t *testing.T) {
	dir := shared(t)
	llama := []string{"attn_norm", "qkv", "q", "k", "v", "attn", "attn_out", "attn_residual", "ffn_norm", "ffn_hidden", "ffn_out", "hidden"}
	gemma := []string{"attn_norm", "qkv", "q", "k", "v", "attn", "attn_out", "attn_post_norm", "attn_residual", "ffn_norm", "ffn_hidden", "ffn_out", "ffn_post_norm", "hidden"}
	for name, layer := range map[string][]string{"llama-tiny": llama, "qwen2-tiny": llama, "gemma3-tiny": gemma} {
		t.Run(name, func(t *testing.T) {
			at := func(file string) string { return filepath.Join(dir, name, file) }
			ops := &exact{}
			c := folder(readConfig(t, at("config.json")), readTensors(t, at("model.safetensors")))
			arch, err := Lookup(c)
			if err != nil {
				t.Fatal(err)
			}
			m, err := arch.Build(c, ops, BuildOptions{MaxRows: 8, Pages: 4, KVType: tensor.F32})
			if err != nil {
				t.Fatal(err)
			}
			cfg := m.Config()
			heads, kv := cfg.Heads*cfg.HeadDim, cfg.KVHeads*cfg.HeadDim
			width := map[string]int{"q": heads, "k": kv, "v": kv, "qkv": heads + 2*kv, "attn": heads, "ffn_hidden": cfg.FFN}
			want := []string{"embed"}
			for range cfg.Layers {
				want = append(want, layer...)
			}
			want = append(want, "final_norm")
			plain := run(t, m, []int32{5, 6, 7})
			var got []string
			m.SetProbe(func(name string, layer int, v []float32) {
				got = append(got, name)
				w := cfg.Hidden
				if n, ok := width[name]; ok {
					w = n
				}
				if len(v) != 3*w {
					t.Errorf("%s of layer %d has %d values, want 3 rows of %d", name, layer, len(v), w)
				}
			})
			probed := run(t, m, []int32{5, 6, 7})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(plain, probed); diff != "" {
				t.Error("a probe changes the logits:", diff)
			}
			ops.failRead = errors.New("device lost")
			m.SetProbe(func(string, int, []float32) {})
			if err := m.Forward(Batch{Tokens: []int32{1}, Spans: []Span{{N: 1, Pages: []int32{0}}}}); !errors.Is(err, ops.failRead) {
				t.Errorf("error %v, want that of the back end", err)
			}
		})
	}
}
