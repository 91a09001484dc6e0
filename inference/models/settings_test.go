package models

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// A synthetic is a checkpoint in memory whose settings and tensors a test may change before use.
type synthetic struct {
	format  Format
	arch    string
	meta    map[string]any
	tensors map[string]tensor.Tensor
}

func (s synthetic) checkpoint() Checkpoint {
	return Checkpoint{
		Format: s.format, Arch: s.arch,
		Meta:   func(k string) (any, bool) { v, ok := s.meta[k]; return v, ok && v != nil },
		Tensor: func(n string) (tensor.Tensor, bool) { t, ok := s.tensors[n]; return t, ok },
	}
}

// add makes a tensor of small random values.
func (s synthetic) add(name string, shape ...int) {
	t := tensor.Tensor{Name: name, Type: tensor.F32, Shape: shape}
	r := rand.New(rand.NewPCG(uint64(len(s.tensors)), 7))
	for range t.Rows() * t.Width() {
		t.Data = binary.LittleEndian.AppendUint32(t.Data, math.Float32bits(float32(r.NormFloat64())))
	}
	s.tensors[name] = t
}

// small makes a checkpoint with two layers, width 8, 4 heads of 2 values over 2 key heads, 12 wide feed-forward layers and 10
// tokens. Settings are stored in the types that real files use.
func small(format Format, arch string) synthetic {
	s := synthetic{format: format, arch: arch, tensors: map[string]tensor.Tensor{}}
	n := ggufNames()
	if format == GGUF {
		s.meta = map[string]any{
			"block_count": uint64(2), "embedding_length": uint64(8), "feed_forward_length": uint64(12), "attention.head_count": uint64(4),
			"attention.head_count_kv": int64(2), "attention.key_length": uint64(2), "attention.value_length": uint64(2),
			"attention.layer_norm_rms_epsilon": 1e-5, "context_length": uint64(64), "rope.dimension_count": uint64(2),
		}
		full := map[string]any{}
		for k, v := range s.meta {
			full[arch+"."+k] = v
		}
		s.meta = full
	} else {
		s.meta = map[string]any{
			"num_hidden_layers": int64(2), "hidden_size": 8.0, "intermediate_size": int64(12), "num_attention_heads": int64(4),
			"num_key_value_heads": int64(2), "head_dim": int64(2), "rms_norm_eps": 1e-5, "max_position_embeddings": int64(64),
			"vocab_size": int64(10), "query_pre_attn_scalar": int64(2), "sliding_window": int64(4),
		}
		n = llamaNames(HF)
		if arch != "llama" && arch != "qwen2" {
			n = hfNames("model.", "lm_head.weight", gemma3Parts)
		}
	}
	s.add(n.embed, 10, 8)
	s.add(n.finalNorm, 8)
	for i := range 2 {
		for part, shape := range map[string][]int{
			"attn_norm.weight": {8}, "attn_q.weight": {8, 8}, "attn_k.weight": {4, 8}, "attn_v.weight": {4, 8}, "attn_output.weight": {8, 8},
			"ffn_norm.weight": {8}, "ffn_gate.weight": {12, 8}, "ffn_up.weight": {12, 8}, "ffn_down.weight": {8, 12},
		} {
			s.add(n.layer(i, part), shape...)
		}
		switch arch {
		case "qwen2":
			s.add(n.layer(i, "attn_q.bias"), 8)
			s.add(n.layer(i, "attn_k.bias"), 4)
			s.add(n.layer(i, "attn_v.bias"), 4)
		case "gemma3", "gemma3_text":
			s.add(n.layer(i, "attn_q_norm.weight"), 2)
			s.add(n.layer(i, "attn_k_norm.weight"), 2)
			s.add(n.layer(i, "post_attention_norm.weight"), 8)
			s.add(n.layer(i, "post_ffw_norm.weight"), 8)
		}
	}
	return s
}

func buildSmall(c Checkpoint) (Model, error) {
	arch, err := Lookup(c)
	if err != nil {
		return nil, err
	}
	return arch.Build(c, &exact{}, BuildOptions{MaxRows: 4, Pages: 2, KVType: tensor.F32})
}

func TestAllAreNamedAndDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range All() {
		for _, n := range append([]string{"gguf " + a.Name}, a.HFTypes...) {
			if seen[n] || n == "" {
				t.Errorf("architecture name %q is empty or used twice", n)
			}
			seen[n] = true
		}
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		format Format
		arch   string
		want   string
	}{
		{GGUF, "llama", "llama"},
		{HF, "llama", "llama"},
		{GGUF, "qwen2", "qwen2"},
		{HF, "qwen2", "qwen2"},
		{GGUF, "gemma3", "gemma3"},
		{HF, "gemma3_text", "gemma3"},
		{HF, "gemma3", "gemma3"},
		{GGUF, "gemma3_text", ""},
		{GGUF, "llama4", ""},
		{HF, "mixtral", ""},
		{HF, "", ""},
	} {
		a, err := Lookup(Checkpoint{Format: c.format, Arch: c.arch})
		if a.Name != c.want || (err == nil) != (c.want != "") || err != nil && !errors.Is(err, ErrUnsupported) {
			t.Errorf("Lookup(%v %q) = %q, %v", c.format, c.arch, a.Name, err)
		}
	}
}

// Every kind of small checkpoint builds and gives finite logits and a parameter count equal to that of its tensors.
func TestSmallCheckpoints(t *testing.T) {
	for _, c := range []struct {
		format Format
		arch   string
	}{{GGUF, "llama"}, {HF, "llama"}, {GGUF, "qwen2"}, {HF, "qwen2"}, {GGUF, "gemma3"}, {HF, "gemma3_text"}} {
		t.Run(fmt.Sprint(c.format, " ", c.arch), func(t *testing.T) {
			s := small(c.format, c.arch)
			m, err := buildSmall(s.checkpoint())
			if err != nil {
				t.Fatal(err)
			}
			var parameters int64
			for _, x := range s.tensors {
				parameters += int64(x.Rows() * x.Width())
			}
			want := Config{Layers: 2, Hidden: 8, Heads: 4, KVHeads: 2, HeadDim: 2, FFN: 12, Vocab: 10, Context: 64, Parameters: parameters}
			want.Arch = strings.TrimSuffix(c.arch, "_text")
			if diff := cmp.Diff(want, m.Config()); diff != "" {
				t.Error(diff)
			}
			if err := m.Forward(Batch{Tokens: []int32{1, 2, 9}, Spans: []Span{{N: 3, Pages: []int32{1}}}}); err != nil {
				t.Fatal(err)
			}
			logits := make([]float32, 10)
			if err := m.Logits(logits, []int{2}); err != nil {
				t.Fatal(err)
			}
			for _, v := range logits {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					t.Errorf("logits %v", logits)
				}
			}
		})
	}
}

// The same weights in both layouts of the llama architecture give the same logits: query and key rows are re-ordered in
// the GGUF file as its converter does.
func TestLlamaLayoutsAgree(t *testing.T) {
	hf, gguf := small(HF, "llama"), small(GGUF, "llama")
	for _, s := range []synthetic{hf, gguf} { // wider heads: with two values a head both orders are the same
		for _, k := range []string{"head_dim", "llama.attention.key_length", "llama.attention.value_length", "llama.rope.dimension_count"} {
			if _, ok := s.meta[k]; ok {
				s.meta[k] = int64(6)
			}
		}
	}
	hfN, ggufN := llamaNames(HF), llamaNames(GGUF)
	for i := range 2 {
		hf.add(hfN.layer(i, "attn_q.weight"), 24, 8)
		hf.add(hfN.layer(i, "attn_k.weight"), 12, 8)
		hf.add(hfN.layer(i, "attn_v.weight"), 12, 8)
		hf.add(hfN.layer(i, "attn_output.weight"), 8, 24)
	}
	copyTo := func(from, to string) { gguf.tensors[to] = hf.tensors[from] }
	copyTo(hfN.embed, ggufN.embed)
	copyTo(hfN.finalNorm, ggufN.finalNorm)
	for part := range llamaParts {
		for i := range 2 {
			x, ok := hf.tensors[hfN.layer(i, part)]
			if !ok {
				continue
			}
			if part == "attn_q.weight" || part == "attn_k.weight" {
				y := x
				y.Data = nil
				for r := range x.Rows() { // row 2b+a of a head was row a*3+b
					head, b, a := r/6, r%6/2, r%2
					y.Data = append(y.Data, x.Row(head*6+a*3+b)...)
				}
				x = y
			}
			gguf.tensors[ggufN.layer(i, part)] = x
		}
	}
	var logits [2][]float32
	for i, s := range []synthetic{hf, gguf} {
		m, err := buildSmall(s.checkpoint())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Forward(Batch{Tokens: []int32{1, 2, 3, 4}, Spans: []Span{{N: 4, Pages: []int32{1}}}}); err != nil {
			t.Fatal(err)
		}
		logits[i] = make([]float32, 40)
		if err := m.Logits(logits[i], []int{0, 1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	if w := worst(logits[1], logits[0]); w > 1e-5 {
		t.Errorf("layouts differ by %g", w)
	}
}

// Settings and tensors that are wrong, hostile or beyond this package get one message that names them.
func TestRefused(t *testing.T) {
	type change = func(s synthetic)
	set := func(k string, v any) change { return func(s synthetic) { s.meta[k] = v } }
	drop := func(name string) change { return func(s synthetic) { delete(s.tensors, name) } }
	shape := func(name string, dims ...int) change { return func(s synthetic) { s.add(name, dims...) } }
	const g, q, gm, hf = "gguf llama", "gguf qwen2", "gguf gemma3", "hf "
	for _, c := range []struct {
		kind   string
		change change
		want   string
	}{
		{g, set("llama.block_count", uint64(0)), "setting llama.block_count is 0, want 1 to"},
		{g, set("llama.block_count", uint64(1_000_000_000)), "setting llama.block_count is 1000000000"},
		{g, set("llama.block_count", uint64(math.MaxUint64)), "setting llama.block_count is 18446744073709551615"},
		{g, set("llama.block_count", int64(-1)), "setting llama.block_count is -1"},
		{g, set("llama.block_count", nil), "setting llama.block_count is missing"},
		{g, set("llama.block_count", "two"), `setting llama.block_count is "two", want a whole number`},
		{g, set("llama.block_count", 2.5), "setting llama.block_count is 2.5, want a whole number"},
		{g, set("llama.block_count", math.NaN()), "setting llama.block_count is NaN"},
		{g, set("llama.block_count", true), "setting llama.block_count is true"},
		{g, set("llama.block_count", uint64(3)), `tensor "blk.2.attn_norm.weight" is missing`},
		{g, set("llama.embedding_length", uint64(1<<40)), "llama.embedding_length"},
		{g, set("llama.embedding_length", uint64(16)), `tensor "token_embd.weight" has shape [10 8], want [10 16]`},
		{g, set("llama.feed_forward_length", []any{uint64(12), uint64(14)}), "llama.feed_forward_length differs between layers"},
		{g, set("llama.feed_forward_length", []any{}), "llama.feed_forward_length is an empty list"},
		{g, set("llama.attention.head_count", uint64(3)), "llama.attention.head_count is 3, not a multiple of llama.attention.head_count_kv, which is 2"},
		{g, set("llama.attention.head_count_kv", uint64(0)), "llama.attention.head_count_kv is 0"},
		{g, set("llama.attention.key_length", uint64(3)), "even width"},
		{g, set("llama.attention.key_length", uint64(4)), "llama.attention.value_length is 2"},
		{g, set("llama.rope.dimension_count", uint64(1)), "rotating part of a head"},
		{g, set("llama.attention.layer_norm_rms_epsilon", 0.0), "llama.attention.layer_norm_rms_epsilon is 0"},
		{g, set("llama.attention.layer_norm_rms_epsilon", math.Inf(1)), "llama.attention.layer_norm_rms_epsilon is +Inf"},
		{g, set("llama.context_length", nil), "llama.context_length is missing"},
		{g, set("llama.rope.freq_base", -1.0), "llama.rope.freq_base is -1"},
		{g, set("llama.rope.scaling.type", "yarn"), `llama.rope.scaling.type is "yarn"`},
		{g, set("llama.rope.scaling.type", "linear"), "llama.rope.scaling.factor is missing"},
		{g, set("llama.rope.scaling.factor", 0.0), "llama.rope.scaling.factor is 0"},
		{g, set("llama.rope.scaling.attn_factor", 0.7), "llama.rope.scaling.attn_factor"},
		{g, set("llama.expert_count", uint64(8)), "setting llama.expert_count is 8: a mixture of experts (Mixtral)"},
		{g, set("llama.attention.causal", false), "two-way attention"},
		{g, shape("blk.1.ffn_gate_inp.weight", 4, 8), `tensor "blk.1.ffn_gate_inp.weight": a mixture of experts`},
		{g, shape("blk.0.attn_output.bias", 8), `tensor "blk.0.attn_output.bias": a bias on the attention output`},
		{g, shape("blk.1.attn_k.bias", 4), `tensor "blk.1.attn_k.bias": a bias on some`},
		{g, shape("output.bias", 10), `tensor "output.bias"`},
		{g, drop("token_embd.weight"), `tensor "token_embd.weight" is missing`},
		{g, drop("output_norm.weight"), `tensor "output_norm.weight" is missing`},
		{g, shape("token_embd.weight", 10), `tensor "token_embd.weight" has shape [10]`},
		{g, shape("output.weight", 11, 8), `tensor "output.weight" has shape [11 8], want [10 8]`},
		{g, shape("blk.1.attn_k.weight", 8, 8), `tensor "blk.1.attn_k.weight" has shape [8 8], want [4 8]`},
		{g, shape("blk.0.attn_norm.weight", 1, 8), `tensor "blk.0.attn_norm.weight" has shape [1 8], want [8]`},
		{g, shape("rope_freqs.weight", 2), `tensor "rope_freqs.weight" has shape [2], want [1]`},
		{g, func(s synthetic) {
			s.tensors["rope_freqs.weight"] = tensor.Tensor{Type: tensor.F32, Shape: []int{1}, Data: make([]byte, 4)}
		}, `tensor "rope_freqs.weight": divisor 0 is 0`},
		{g, func(s synthetic) {
			x := s.tensors["blk.1.ffn_up.weight"]
			x.Data = x.Data[:len(x.Data)-1]
			s.tensors["blk.1.ffn_up.weight"] = x
		}, `tensor "blk.1.ffn_up.weight" has 383 bytes, want 384`},
		{g, func(s synthetic) {
			s.tensors["output_norm.weight"] = tensor.Tensor{Type: 27, Shape: []int{8}, Data: make([]byte, 64)}
		}, `tensor "output_norm.weight" is of`},
		{g, func(s synthetic) {
			s.tensors["output_norm.weight"] = tensor.Tensor{Type: tensor.Q8_0, Shape: []int{8}}
		}, `tensor "output_norm.weight" has rows of 8 elements, not whole blocks of Q8_0 (32)`},
		{q, drop("blk.1.attn_v.bias"), `tensor "blk.1.attn_v.bias" is missing`},
		{gm, set("gemma3.final_logit_softcapping", 30.0), "setting gemma3.final_logit_softcapping is 30: a soft cap"},
		{gm, set("gemma3.attn_logit_softcapping", 50.0), "gemma3.attn_logit_softcapping"},
		{gm, set("gemma3.attention.sliding_window", int64(-4)), "gemma3.attention.sliding_window is -4"},
		{gm, set("gemma3.attention.sliding_window_pattern", uint64(0)), "gemma3.attention.sliding_window_pattern is 0"},
		{gm, set("gemma3.attention.sliding_window_pattern", []any{true}), "gemma3.attention.sliding_window_pattern has 1 values"},
		{gm, set("gemma3.attention.sliding_window_pattern", []any{true, "no"}), "layer 1 is \"no\""},
		{gm, shape("rope_freqs.weight", 1), `tensor "rope_freqs.weight"`},
		{gm, shape("blk.0.attn_q_norm.weight", 8), `tensor "blk.0.attn_q_norm.weight" has shape [8], want [2]`},
		{gm, shape("blk.1.attn_q.bias", 8), `tensor "blk.1.attn_q.bias"`},
		{hf + "llama", set("rope_scaling.rope_type", "yarn"), `rope_scaling.rope_type is "yarn": supported are`},
		{hf + "llama", set("rope_scaling.type", "dynamic"), `rope_scaling.type is "dynamic"`},
		{hf + "llama", set("rope_scaling.factor", 2.0), "rope_scaling.rope_type is missing"},
		{hf + "llama", set("rope_scaling.type", "linear"), "rope_scaling.factor is missing"},
		{hf + "llama", set("rope_parameters.rope_type", "longrope"), "rope_parameters.rope_type"},
		{hf + "llama", set("partial_rotary_factor", 0.5), "partial_rotary_factor"},
		{hf + "llama", set("vocab_size", int64(12)), `setting vocab_size is 12, but tensor "model.embed_tokens.weight" has 10 rows`},
		{hf + "llama", set("hidden_act", "gelu"), `setting hidden_act is "gelu"`},
		{hf + "llama", set("hidden_act", int64(3)), "setting hidden_act is 3, want text"},
		{hf + "llama", set("mlp_bias", true), "setting mlp_bias is true"},
		{hf + "llama", set("attention_bias", true), `tensor "model.layers.0.self_attn.q_proj.bias" is missing`},
		{hf + "llama", set("tie_word_embeddings", "yes"), "setting tie_word_embeddings"},
		{hf + "llama", set("quantization_config.quant_method", "gptq"), "quantized Hugging Face folders"},
		{hf + "llama", set("hidden_size", int64(-8)), "setting hidden_size is -8"},
		{hf + "qwen2", set("layer_types", []any{"full_attention"}), ""}, // not read without use_sliding_window
		{hf + "qwen2", func(s synthetic) {
			s.meta["use_sliding_window"] = true
			s.meta["layer_types"] = []any{"full_attention", "linear_attention"}
		}, `layer_types: layer 1 is "linear_attention"`},
		{hf + "gemma3_text", set("layer_types", []any{"full_attention"}), "layer_types has 1 values"},
		{hf + "gemma3_text", set("layer_types", "full"), "layer_types is \"full\", want a list"},
		{hf + "gemma3_text", set("use_bidirectional_attention", true), "two-way attention"},
		{hf + "gemma3_text", set("query_pre_attn_scalar", 0.0), "query_pre_attn_scalar is 0"},
		{hf + "gemma3_text", set("rope_parameters.full_attention.rope_type", "yarn"), "rope_parameters.full_attention.rope_type"},
		{hf + "gemma3_text", set("rope_parameters.sliding_attention.rope_type", "yarn"), "rope_parameters.sliding_attention.rope_type"},
	} {
		t.Run(c.kind+"/"+c.want, func(t *testing.T) {
			layout, arch, _ := strings.Cut(c.kind, " ")
			format := GGUF
			if layout == "hf" {
				format = HF
			}
			s := small(format, arch)
			c.change(s)
			_, err := buildSmall(s.checkpoint())
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "models: ") {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestForwardRefusesBadBatches(t *testing.T) {
	m, err := buildSmall(small(GGUF, "llama").checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	page := []int32{0}
	for name, b := range map[string]Batch{
		"empty":             {},
		"too many rows":     {Tokens: make([]int32, 5), Spans: []Span{{N: 5, Pages: page}}},
		"unknown token":     {Tokens: []int32{10}, Spans: []Span{{N: 1, Pages: page}}},
		"negative token":    {Tokens: []int32{-1}, Spans: []Span{{N: 1, Pages: page}}},
		"no span":           {Tokens: []int32{1}},
		"gap":               {Tokens: []int32{1, 1}, Spans: []Span{{Row: 1, N: 1, Pages: page}}},
		"span too long":     {Tokens: []int32{1}, Spans: []Span{{N: 2, Pages: page}}},
		"huge span":         {Tokens: []int32{1}, Spans: []Span{{N: math.MaxInt, Pages: page}}},
		"rest not covered":  {Tokens: []int32{1, 1}, Spans: []Span{{N: 1, Pages: page}}},
		"too few pages":     {Tokens: []int32{1}, Spans: []Span{{N: 1, Pos: PageSize, Pages: page}}},
		"no such page":      {Tokens: []int32{1}, Spans: []Span{{N: 1, Pages: []int32{2}}}},
		"negative page":     {Tokens: []int32{1}, Spans: []Span{{N: 1, Pages: []int32{-1}}}},
		"negative position": {Tokens: []int32{1}, Spans: []Span{{N: 1, Pos: -1, Pages: page}}},
		"huge position":     {Tokens: []int32{1}, Spans: []Span{{N: 1, Pos: math.MaxInt, Pages: page}}},
	} {
		if err := m.Forward(b); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := m.Logits(make([]float32, 10), []int{0}); err == nil {
			t.Errorf("%s: logits of a failed batch", name)
		}
	}
	if err := m.Forward(Batch{Tokens: []int32{1}, Spans: []Span{{N: 1, Pages: page}}}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"row":         m.Logits(make([]float32, 10), []int{1}),
		"logits room": m.Logits(make([]float32, 9), []int{0}),
		"target":      m.Score(make([]Scored, 1), []int{0}, []int32{10}),
		"score room":  m.Score(make([]Scored, 2), []int{0}, []int32{1}),
		"targets":     m.Score(make([]Scored, 1), []int{0}, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Numbers of the specification: llama3 divisors for theta 5e5 and heads of 128, factor 32 (Llama 3.2 3B) and 8 (Llama 3.1).
func TestLlama3Frequencies(t *testing.T) {
	for _, c := range []struct {
		factor, high float64
		plain        int // the last pair that is left alone
		blend        []float64
	}{
		{32, 4, 28, []float64{1.2349, 1.6513, 2.2767, 3.2923, 5.1716, 9.6667}},
		{8, 4, 28, []float64{1.2075, 1.5534, 2.0263, 2.6945, 3.6843, 5.2573}},
		{16, 1, 34, nil},
	} {
		s := ropeScaling{kind: "llama3", factor: c.factor, low: 1, high: c.high, original: 8192}
		got := inverseFrequencies(5e5, 128, s)
		base := inverseFrequencies(5e5, 128, ropeScaling{kind: "default"})
		for j := range got {
			want := c.factor
			if j <= c.plain {
				want = 1
			} else if i := j - c.plain - 1; i < len(c.blend) {
				want = c.blend[i]
			}
			if d := float64(base[j]) / float64(got[j]); math.Abs(d-want) > 6e-5*want {
				t.Errorf("factor %g pair %d: divisor %.5f, want %.4f", c.factor, j, d, want)
			}
		}
	}
}

func TestRopeSettings(t *testing.T) {
	base := func(theta float64, divisor float32) []float32 {
		f := inverseFrequencies(theta, 2, ropeScaling{kind: "default"})
		return []float32{f[0] / divisor}
	}
	for _, c := range []struct {
		name string
		hf   bool
		meta map[string]any
		want []float32
	}{
		{"gguf default", false, nil, base(1e4, 1)},
		{"gguf linear", false, map[string]any{"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0}, base(1e4, 4)},
		{"gguf none with a factor", false, map[string]any{"llama.rope.scaling.type": "none", "llama.rope.scaling.factor": 4.0}, base(1e4, 1)},
		{"gguf old key", false, map[string]any{"llama.rope.scale_linear": 2.0}, base(1e4, 2)},
		{"hf old linear", true, map[string]any{"rope_scaling.type": "linear", "rope_scaling.factor": int64(4), "rope_theta": int64(500)}, base(500, 4)},
		{"hf parameters", true, map[string]any{"rope_parameters.rope_type": "default", "rope_parameters.rope_theta": 700.0}, base(700, 1)},
		{"hf parameters win", true, map[string]any{"rope_parameters.rope_theta": 700.0, "rope_theta": 800.0}, base(700, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			format := GGUF
			if c.hf {
				format = HF
			}
			s := small(format, "llama")
			maps.Copy(s.meta, c.meta)
			h := newHyper(s.checkpoint())
			got := h.llama().rope
			if h.err != nil {
				t.Fatal(h.err)
			}
			if diff := cmp.Diff(&Rope{InvFreq: c.want, Interleaved: !c.hf}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQwen2Windows(t *testing.T) {
	for _, c := range []struct {
		name string
		meta map[string]any
		want []int
	}{
		{"off", map[string]any{"sliding_window": int64(64)}, []int{0, 0}},
		{"upper layers", map[string]any{"use_sliding_window": true, "sliding_window": int64(64), "max_window_layers": int64(1)}, []int{0, 64}},
		{"default lower layers", map[string]any{"use_sliding_window": true, "sliding_window": int64(64)}, []int{0, 0}},
		{"list", map[string]any{"use_sliding_window": true, "sliding_window": int64(64), "layer_types": []any{"sliding_attention", "full_attention"}}, []int{64, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := small(HF, "qwen2")
			maps.Copy(s.meta, c.meta)
			h := newHyper(s.checkpoint())
			if diff := cmp.Diff(c.want, h.qwen2().windows); diff != "" || h.err != nil {
				t.Error(diff, h.err)
			}
		})
	}
}

// gemma3File is the settings of a GGUF file with the given number of layers; only settings are read from it.
func gemma3File(layers int, meta map[string]any) Checkpoint {
	s := small(GGUF, "gemma3")
	s.meta["gemma3.block_count"] = int64(layers)
	maps.Copy(s.meta, meta)
	return s.checkpoint()
}

func TestGemma3Quirks(t *testing.T) {
	read := func(t *testing.T, c Checkpoint) gemma3Settings {
		t.Helper()
		h := newHyper(c)
		s := h.gemma3()
		if h.err != nil {
			t.Fatal(h.err)
		}
		return s
	}
	window := map[string]any{"gemma3.attention.sliding_window": uint64(16)}
	t.Run("no window makes every layer global", func(t *testing.T) {
		for _, meta := range []map[string]any{nil, {"gemma3.attention.sliding_window": uint64(0)}} {
			s := read(t, gemma3File(7, meta))
			if a := s.attention(0); a.Window != 0 || a.Rope != s.global {
				t.Errorf("layer 0 has window %d", a.Window)
			}
		}
	})
	t.Run("five local layers to a global one", func(t *testing.T) {
		s := read(t, gemma3File(7, window))
		if diff := cmp.Diff([]bool{true, true, true, true, true, false, true}, s.sliding); diff != "" {
			t.Error(diff)
		}
		if a := s.attention(6); a.Window != 16 || a.Rope != s.local {
			t.Errorf("layer 6 has window %d", a.Window)
		}
		if a := s.attention(5); a.Window != 0 || a.Rope != s.global {
			t.Errorf("layer 5 has window %d", a.Window)
		}
	})
	t.Run("patterns", func(t *testing.T) {
		k := "gemma3.attention.sliding_window_pattern"
		for _, c := range []struct {
			v    any
			want []bool
		}{
			{uint64(2), []bool{true, false, true}},
			{uint64(1), []bool{false, false, false}},
			{[]any{false, true, true}, []bool{false, true, true}},
		} {
			if diff := cmp.Diff(c.want, read(t, gemma3File(3, map[string]any{k: c.v})).sliding); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("scale of the largest model", func(t *testing.T) {
		if s := read(t, gemma3File(7, nil)).scale; s != float32(1/math.Sqrt(2)) {
			t.Errorf("scale %g", s)
		}
		big := map[string]any{"gemma3.attention.key_length": int64(4), "gemma3.attention.value_length": int64(4), "gemma3.rope.dimension_count": int64(4)}
		if s := read(t, gemma3File(62, big)).scale; s != float32(1/math.Sqrt(2)) { // hidden/heads = 2, not the head width 4
			t.Errorf("scale of 62 layers %g", s)
		}
	})
	t.Run("missing rope factor", func(t *testing.T) {
		plain := inverseFrequencies(1e6, 2, ropeScaling{kind: "default"})[0]
		for layers, want := range map[int]float32{18: plain, 26: plain, 34: plain / 8, 48: plain / 8, 62: plain / 8} {
			s := read(t, gemma3File(layers, nil))
			if s.global.InvFreq[0] != want || s.local.InvFreq[0] != inverseFrequencies(1e4, 2, ropeScaling{kind: "default"})[0] {
				t.Errorf("%d layers: frequencies %v and %v", layers, s.global.InvFreq, s.local.InvFreq)
			}
		}
		s := read(t, gemma3File(34, map[string]any{"gemma3.rope.scaling.type": "linear", "gemma3.rope.scaling.factor": 8.0}))
		if s.global.InvFreq[0] != plain/8 {
			t.Errorf("with a factor of its own: %g", s.global.InvFreq[0])
		}
	})
	t.Run("local theta has two names", func(t *testing.T) {
		for _, k := range []string{"gemma3.rope.freq_base_swa", "gemma3.rope.local.freq_base"} {
			s := small(GGUF, "gemma3")
			for _, d := range []string{"key_length", "value_length"} {
				s.meta["gemma3.attention."+d] = int64(4)
			}
			s.meta["gemma3.rope.dimension_count"], s.meta[k] = int64(4), 500.0
			got := read(t, s.checkpoint()).local.InvFreq
			if diff := cmp.Diff(inverseFrequencies(500, 4, ropeScaling{kind: "default"}), got); diff != "" {
				t.Error(k, diff)
			}
		}
	})
	t.Run("soft cap of the 26-layer files is an error of theirs", func(t *testing.T) {
		read(t, gemma3File(26, map[string]any{"gemma3.final_logit_softcapping": 30.0}))
		h := newHyper(gemma3File(26, map[string]any{"gemma3.final_logit_softcapping": 20.0}))
		if h.gemma3(); h.err == nil {
			t.Error("another soft cap is accepted")
		}
	})
	t.Run("defaults and prefixes of a multimodal folder", func(t *testing.T) {
		plain := small(HF, "gemma3")
		for _, prefix := range []string{"language_model.model.", "model.language_model."} {
			s := synthetic{format: HF, arch: "gemma3", meta: map[string]any{}, tensors: map[string]tensor.Tensor{}}
			for k, v := range plain.meta {
				s.meta["text_config."+k] = v
			}
			for k, x := range plain.tensors {
				s.tensors[prefix+strings.TrimPrefix(k, "model.")] = x
			}
			if _, err := buildSmall(s.checkpoint()); err != nil {
				t.Error(err)
			}
			// The 4B config.json leaves these to the reference class; the tensors here do not fit them.
			for _, k := range []string{"num_attention_heads", "num_key_value_heads", "head_dim", "rms_norm_eps", "max_position_embeddings", "query_pre_attn_scalar"} {
				delete(s.meta, "text_config."+k)
			}
			got := read(t, s.checkpoint())
			if got.heads != 8 || got.kvHeads != 4 || got.headDim != 256 || got.eps != 1e-6 || got.scale != 1.0/16 || !got.tied {
				t.Errorf("defaults %+v", got.dims)
			}
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add("llama.block_count", uint8(0), int64(1<<40), "", true)
	f.Add("rope_scaling.rope_type", uint8(3), int64(0), "llama3", true)
	f.Add("gemma3.attention.sliding_window_pattern", uint8(4), int64(5), "x", false)
	f.Fuzz(func(t *testing.T, key string, kind uint8, n int64, s string, b bool) {
		v := []any{n, uint64(n), math.Float64frombits(uint64(n)), s, []any{n, s, b}, b}[kind%6]
		for _, c := range []synthetic{small(GGUF, "llama"), small(HF, "llama"), small(HF, "qwen2"), small(GGUF, "gemma3"), small(HF, "gemma3_text")} {
			c.meta[key] = v
			m, err := buildSmall(c.checkpoint())
			if err != nil {
				if !strings.HasPrefix(err.Error(), "models: ") {
					t.Errorf("error %v does not say where it is from", err)
				}
				continue
			}
			if err := m.Forward(Batch{Tokens: []int32{1, 2}, Spans: []Span{{N: 2, Pages: []int32{0}}}}); err != nil {
				t.Error(err)
			}
		}
	})
}
