package models

// Llama is the plain decoder of Llama 2, 3, 3.1 and 3.2, of SmolLM2, and of Mistral in GGUF files: RMS norm, grouped
// query attention with rotary embeddings, and a gated feed-forward layer with SiLU (Touvron et al. 2023, arXiv:2307.09288;
// Grattafiori et al. 2024, arXiv:2407.21783).
//
// The converter to GGUF re-orders the rows of the query and key projections, so a GGUF file rotates neighboring values and a
// Hugging Face folder values half a head apart. The llama3 scaling of the angles is a setting in config.json and the
// tensor rope_freqs.weight in a GGUF file.
var Llama = Architecture{
	Name:    "llama",
	HFTypes: []string{"llama"},
	Configure: func(c Checkpoint) (Config, error) {
		h := newHyper(c)
		s := h.llama()
		return s.config, h.err
	},
	Build: func(c Checkpoint, ops Ops, opt BuildOptions) (Model, error) {
		h := newHyper(c)
		s := h.llama()
		if h.err != nil {
			return nil, h.err
		}
		return buildLlama(c, ops, s, opt)
	},
}

// llamaSettings are all settings of a Llama, or of a model that differs in few of them (Qwen2).
type llamaSettings struct {
	dims
	config  Config
	names   names
	rope    *Rope
	bias    bool        // the query, key and value projections have a bias
	windows []int       // attention window of each layer; 0 = all
	absent  absentParts // tensors that must not be there
}

// llamaModel is a Llama bound to a back end.
type llamaModel struct {
	decoder
	layers []llamaLayer
}

type llamaLayer struct {
	attnNorm  Vector // [hidden]
	qkv       Matrix // [(heads+2*kvHeads)*headDim][hidden]: queries, keys, values
	attention Attention
	attnOut   Matrix // [hidden][heads*headDim]
	ffnNorm   Vector // [hidden]
	gate, up  Matrix // [ffn][hidden]
	down      Matrix // [hidden][ffn]
}

// llamaParts are the names in a Hugging Face folder of the parts of a layer.
var llamaParts = map[string]string{
	"attn_norm.weight":    "input_layernorm.weight",
	"attn_q.weight":       "self_attn.q_proj.weight",
	"attn_k.weight":       "self_attn.k_proj.weight",
	"attn_v.weight":       "self_attn.v_proj.weight",
	"attn_q.bias":         "self_attn.q_proj.bias",
	"attn_k.bias":         "self_attn.k_proj.bias",
	"attn_v.bias":         "self_attn.v_proj.bias",
	"attn_output.weight":  "self_attn.o_proj.weight",
	"attn_output.bias":    "self_attn.o_proj.bias",
	"attn_q_norm.weight":  "self_attn.q_norm.weight",
	"attn_k_norm.weight":  "self_attn.k_norm.weight",
	"ffn_norm.weight":     "post_attention_layernorm.weight",
	"ffn_gate.weight":     "mlp.gate_proj.weight",
	"ffn_up.weight":       "mlp.up_proj.weight",
	"ffn_down.weight":     "mlp.down_proj.weight",
	"ffn_gate.bias":       "mlp.gate_proj.bias",
	"ffn_up.bias":         "mlp.up_proj.bias",
	"ffn_down.bias":       "mlp.down_proj.bias",
	"ffn_gate_inp.weight": "block_sparse_moe.gate.weight",
}

// absentParts maps parts of a layer that would change the network to what they are.
type absentParts map[string]string

// plainParts are the parts that neither Llama nor Qwen2 has.
func plainParts() absentParts {
	return absentParts{
		"attn_output.bias":    "a bias on the attention output",
		"attn_q_norm.weight":  "a norm of the queries in this architecture",
		"attn_k_norm.weight":  "a norm of the keys in this architecture",
		"ffn_gate.bias":       "a bias in the feed-forward layer",
		"ffn_up.bias":         "a bias in the feed-forward layer",
		"ffn_down.bias":       "a bias in the feed-forward layer",
		"ffn_gate_inp.weight": "a mixture of experts in this architecture",
	}
}

func llamaNames(f Format) names {
	if f == GGUF {
		return ggufNames()
	}
	return hfNames("model.", "lm_head.weight", llamaParts)
}

// llama reads the settings of a Llama.
func (h *hyper) llama() llamaSettings {
	for _, k := range []key{{gguf: "expert_count"}, {gguf: "expert_used_count"}, {hf: "num_local_experts"}} {
		h.off(k, "a mixture of experts (Mixtral) in the llama architecture")
	}
	h.off(key{hf: "mlp_bias"}, "a bias in the feed-forward layer")
	h.oneOf(key{hf: "hidden_act"}, "silu")
	s := llamaSettings{names: llamaNames(h.ckpt.Format), absent: plainParts()}
	s.dims = h.dims(s.names, defaults{eps: 1e-6})
	s.rope = h.rope(globalRope(1e4), s.headDim, h.ckpt.Format == GGUF)
	if h.err != nil {
		return s
	}
	// GGUF files have no key for this bias: the tensor itself tells.
	_, s.bias = h.ckpt.Tensor(s.names.layer(0, "attn_q.bias"))
	if h.boolOr(key{hf: "attention_bias"}, false) {
		s.bias = true
	}
	s.windows = make([]int, s.layers)
	s.config = s.dims.config("llama", s.parameters()+s.vectors())
	return s
}

// vectors counts the weights of norms and biases.
func (s *llamaSettings) vectors() int64 {
	layer := 2 * s.hidden
	if s.bias {
		layer += (s.heads + 2*s.kvHeads) * s.headDim
	}
	return int64(s.layers)*int64(layer) + int64(s.hidden)
}

// buildLlama binds the weights.
func buildLlama(c Checkpoint, ops Ops, s llamaSettings, opt BuildOptions) (Model, error) {
	b := &binder{ckpt: c, ops: ops}
	if c.Format == GGUF {
		b.divideFrequencies(s.rope, "rope_freqs.weight")
	}
	b.absent("a bias on the output", "output.bias", "lm_head.bias")
	m := &llamaModel{decoder: newDecoder(b, s.dims, s.config, s.names, 0, opt)}
	for i := range s.layers {
		if b.err != nil {
			break
		}
		m.layers = append(m.layers, s.bindLayer(b, i))
	}
	m.newKV(b, opt)
	if b.err != nil {
		return nil, b.err
	}
	return m, nil
}

func (s *llamaSettings) bindLayer(b *binder, i int) llamaLayer {
	at := func(part string) string { return s.names.layer(i, part) }
	b.absentParts(at, s.absent)
	q, kv := s.heads*s.headDim, s.kvHeads*s.headDim
	l := llamaLayer{
		attnNorm: b.vector(at("attn_norm.weight"), 0, part{at("attn_norm.weight"), s.hidden}),
		qkv: b.matrix(at("attn_q.weight"), s.hidden,
			part{at("attn_q.weight"), q}, part{at("attn_k.weight"), kv}, part{at("attn_v.weight"), kv}),
		attnOut: b.matrix(at("attn_output.weight"), q, part{at("attn_output.weight"), s.hidden}),
		ffnNorm: b.vector(at("ffn_norm.weight"), 0, part{at("ffn_norm.weight"), s.hidden}),
		gate:    b.matrix(at("ffn_gate.weight"), s.hidden, part{at("ffn_gate.weight"), s.ffn}),
		up:      b.matrix(at("ffn_up.weight"), s.hidden, part{at("ffn_up.weight"), s.ffn}),
		down:    b.matrix(at("ffn_down.weight"), s.ffn, part{at("ffn_down.weight"), s.hidden}),
		attention: Attention{
			Layer: i, Heads: s.heads, KVHeads: s.kvHeads, HeadDim: s.headDim,
			Rope: s.rope, Scale: inverseRoot(s.headDim), Window: s.windows[i],
		},
	}
	if s.bias {
		l.attention.Bias = b.vector(at("attn_q.bias"), 0,
			part{at("attn_q.bias"), q}, part{at("attn_k.bias"), kv}, part{at("attn_v.bias"), kv})
	} else {
		b.absent("a bias on some of the projections only", at("attn_q.bias"), at("attn_k.bias"), at("attn_v.bias"))
	}
	return l
}

// Forward implements Model.
func (m *llamaModel) Forward(b Batch) error {
	n, err := m.begin(b)
	if err != nil {
		return err
	}
	m.ops.Embed(m.hidden, m.embed, b.Tokens, 1)
	m.report("embed", -1, m.hidden, n)
	for i := range m.layers {
		m.layer(i, n, b.Spans)
	}
	return m.finish(n)
}

func (m *llamaModel) layer(i, n int, spans []Span) {
	l, ops := &m.layers[i], m.ops

	ops.RMSNorm(m.normed, m.hidden, n, l.attnNorm, m.eps)
	m.report("attn_norm", i, m.normed, n)
	ops.MatMul(m.qkv, l.qkv, m.normed, n)
	m.report("qkv", i, m.qkv, n)
	ops.StoreKV(m.kv, m.qkv, spans, &l.attention)
	m.reportQKV(i, n)
	ops.Attend(m.attn, m.qkv, m.kv, spans, &l.attention)
	m.report("attn", i, m.attn, n)
	m.addProjection("attn_out", i, l.attnOut, m.attn, n)
	m.report("attn_residual", i, m.hidden, n)

	ops.RMSNorm(m.normed, m.hidden, n, l.ffnNorm, m.eps)
	m.report("ffn_norm", i, m.normed, n)
	ops.GateUp(m.ffn, l.gate, l.up, m.normed, n, SiLU)
	m.report("ffn_hidden", i, m.ffn, n)
	m.addProjection("ffn_out", i, l.down, m.ffn, n)
	m.report("hidden", i, m.hidden, n)
}
