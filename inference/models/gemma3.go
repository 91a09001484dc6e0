package models

import "math"

// Gemma3 is the text decoder of Gemma 3 (Gemma Team 2025, arXiv:2503.19786): scaled embeddings, norms before and after each
// sub-layer, a norm of every query and key head, and five layers of sliding-window attention for each layer that sees
// everything, with rotary settings of their own. Rotation pairs lie half a head apart in both layouts.
//
// Hugging Face folders store norm weights less one, GGUF files as they are used.
var Gemma3 = Architecture{
	Name:    "gemma3",
	HFTypes: []string{"gemma3_text", "gemma3"},
	Configure: func(c Checkpoint) (Config, error) {
		h := newHyper(c)
		s := h.gemma3()
		return s.config, h.err
	},
	Build: func(c Checkpoint, ops Ops, opt BuildOptions) (Model, error) {
		h := newHyper(c)
		s := h.gemma3()
		if h.err != nil {
			return nil, h.err
		}
		return buildGemma3(c, ops, s, opt)
	},
}

type gemma3Settings struct {
	dims
	config        Config
	names         names
	local, global *Rope
	sliding       []bool  // layers that see only the window
	window        int     // 0 = no layer slides
	scale         float32 // of the dot products
	normAdd       float32 // what a stored norm weight lacks
}

// gemma3Model is a Gemma 3 bound to a back end.
type gemma3Model struct {
	decoder
	layers     []gemma3Layer
	sub        Buffer // output of a sub-layer before its norm [rows][hidden]
	embedScale float32
}

type gemma3Layer struct {
	attnNorm     Vector // [hidden]
	qkv          Matrix // [(heads+2*kvHeads)*headDim][hidden]: queries, keys, values
	attention    Attention
	attnOut      Matrix // [hidden][heads*headDim]
	attnPostNorm Vector // [hidden]
	ffnNorm      Vector // [hidden]
	gate, up     Matrix // [ffn][hidden]
	down         Matrix // [hidden][ffn]
	ffnPostNorm  Vector // [hidden]
}

// gemma3Parts are the names in a Hugging Face folder. post_attention_layernorm is the norm after the attention here, where in a
// Llama it is the one before the feed-forward layer.
var gemma3Parts = map[string]string{
	"attn_norm.weight":           "input_layernorm.weight",
	"attn_q.weight":              "self_attn.q_proj.weight",
	"attn_k.weight":              "self_attn.k_proj.weight",
	"attn_v.weight":              "self_attn.v_proj.weight",
	"attn_q.bias":                "self_attn.q_proj.bias",
	"attn_k.bias":                "self_attn.k_proj.bias",
	"attn_v.bias":                "self_attn.v_proj.bias",
	"attn_output.weight":         "self_attn.o_proj.weight",
	"attn_output.bias":           "self_attn.o_proj.bias",
	"attn_q_norm.weight":         "self_attn.q_norm.weight",
	"attn_k_norm.weight":         "self_attn.k_norm.weight",
	"post_attention_norm.weight": "post_attention_layernorm.weight",
	"ffn_norm.weight":            "pre_feedforward_layernorm.weight",
	"ffn_gate.weight":            "mlp.gate_proj.weight",
	"ffn_up.weight":              "mlp.up_proj.weight",
	"ffn_down.weight":            "mlp.down_proj.weight",
	"post_ffw_norm.weight":       "post_feedforward_layernorm.weight",
}

// gemma3Names finds out how the repository calls its text model: multimodal ones put a prefix before it.
func gemma3Names(c Checkpoint) names {
	if c.Format == GGUF {
		return ggufNames()
	}
	for _, p := range []struct{ prefix, output string }{
		{"language_model.model.", "language_model.lm_head.weight"},
		{"model.language_model.", "lm_head.weight"},
	} {
		n := hfNames(p.prefix, p.output, gemma3Parts)
		if _, ok := c.Tensor(n.embed); ok {
			return n
		}
	}
	return hfNames("model.", "lm_head.weight", gemma3Parts)
}

// gemma3 reads the settings. The defaults are those of the reference class (transformers, Gemma3TextConfig), which
// published config.json files rely on.
func (h *hyper) gemma3() gemma3Settings {
	s := gemma3Settings{names: gemma3Names(h.ckpt)}
	if h.ckpt.Format == HF {
		s.normAdd = 1
		if _, ok := h.ckpt.Meta("text_config.hidden_size"); ok { // a multimodal repository
			h.prefix = "text_config."
		}
	}
	h.oneOf(key{hf: "hidden_activation"}, "gelu_pytorch_tanh")
	h.off(key{hf: "use_bidirectional_attention"}, "two-way attention")
	h.off(key{hf: "attention_bias"}, "a bias in the attention")
	h.off(key{"attn_logit_softcapping", "attn_logit_softcapping"}, "soft-capped attention")
	s.dims = h.dims(s.names, defaults{
		layers: 26, hidden: 2304, heads: 8, kvHeads: 4, headDim: 256, ffn: 9216, context: 131072, eps: 1e-6, tied: true,
	})
	if h.err != nil {
		return s
	}
	h.gemma3Softcap(s.layers)
	s.gemma3Windows(h)
	s.gemma3Ropes(h)
	s.scale = h.gemma3Scale(s.dims)
	if h.err != nil {
		return s
	}
	norms := int64(s.layers)*int64(4*s.hidden+2*s.headDim) + int64(s.hidden)
	s.config = s.dims.config("gemma3", s.parameters()+norms)
	return s
}

// gemma3Softcap refuses a soft cap on the logits, which no Gemma 3 has. Some early GGUF files of the 26-layer model carry
// the value 30 of Gemma 2 by mistake (ollama's reader ignores it too).
func (h *hyper) gemma3Softcap(layers int) {
	k := key{"final_logit_softcapping", "final_logit_softcapping"}
	if h.ckpt.Format == GGUF && layers == 26 && h.floatIn(k, 0, 0, 1e6) == 30 {
		return
	}
	h.off(k, "a soft cap on the logits")
}

// gemma3Windows reads which layers slide, and how far they see. A GGUF file without a window has none: every layer is global.
func (s *gemma3Settings) gemma3Windows(h *hyper) {
	def := 4096
	if h.ckpt.Format == GGUF {
		def = 0
	}
	s.window = h.intOr(key{"attention.sliding_window", "sliding_window"}, def, 0, maxContext)
	if s.sliding = h.layerTypes(s.layers); s.sliding != nil {
		return
	}
	s.sliding = make([]bool, s.layers)
	pattern := key{"attention.sliding_window_pattern", "sliding_window_pattern"}
	if v, ok := h.lookup(pattern); ok && h.ckpt.Format == GGUF {
		if _, isList := v.([]any); isList { // one bool for each layer
			for i, e := range h.list(pattern, s.layers) {
				b, ok := e.(bool)
				if !ok {
					h.fail("setting %s: layer %d is %s, want true or false", h.name(pattern), i, show(e))
				}
				s.sliding[i] = b
			}
			return
		}
	}
	if !h.has(pattern) {
		pattern.hf = "_sliding_window_pattern" // the newer spelling
	}
	every := h.intOr(pattern, 6, 1, maxLayers)
	for i := range s.sliding {
		s.sliding[i] = every > 0 && (i+1)%every != 0
	}
}

// gemma3Ropes reads the two rotary settings.
func (s *gemma3Settings) gemma3Ropes(h *hyper) {
	global := globalRope(1e6)
	global.scaling = []string{"rope_parameters.full_attention.", "rope_parameters.", "rope_scaling."}
	local := ropeNames{
		theta: key{"rope.freq_base_swa", "rope_local_base_freq"}, defaultTheta: 1e4,
		scaling: []string{"rope_parameters.sliding_attention."},
	}
	if !h.has(local.theta) {
		local.theta.gguf = "rope.local.freq_base" // as ollama's converter calls it
	}
	s.global = h.rope(global, s.headDim, false)
	s.local = h.rope(local, s.headDim, false)
	if h.err != nil {
		return
	}
	// Early GGUF files of the 4B, 12B and 27B models lack the factor 8 they were trained with (ollama's reader assumes it).
	bare := !h.has(key{gguf: "rope.scaling.type"}) && !h.has(key{gguf: "rope.scaling.factor"})
	if h.ckpt.Format == GGUF && bare && (s.layers == 34 || s.layers == 48 || s.layers == 62) {
		for j := range s.global.InvFreq {
			s.global.InvFreq[j] /= 8
		}
	}
}

// gemma3Scale is the factor of the dot products, query_pre_attn_scalar^-0.5. GGUF files have no key for it: it is the head
// width but for the 27B model (62 layers), where it is hidden/heads.
func (h *hyper) gemma3Scale(d dims) float32 {
	if h.ckpt.Format == GGUF {
		if d.layers == 62 {
			return float32(math.Pow(float64(d.hidden)/float64(d.heads), -0.5))
		}
		return inverseRoot(d.headDim)
	}
	return float32(math.Pow(h.floatIn(key{hf: "query_pre_attn_scalar"}, 256, 1e-3, 1e9), -0.5))
}

func buildGemma3(c Checkpoint, ops Ops, s gemma3Settings, opt BuildOptions) (Model, error) {
	b := &binder{ckpt: c, ops: ops}
	b.absent("a table of rotary divisors in this architecture", "rope_freqs.weight")
	m := &gemma3Model{
		decoder:    newDecoder(b, s.dims, s.config, s.names, s.normAdd, opt),
		embedScale: float32(math.Sqrt(float64(s.hidden))),
	}
	m.sub = b.buffer("sub", opt.MaxRows, s.hidden)
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

func (s *gemma3Settings) bindLayer(b *binder, i int) gemma3Layer {
	at := func(part string) string { return s.names.layer(i, part) }
	norm := func(name string, n int) Vector { return b.vector(at(name), s.normAdd, part{at(name), n}) }
	b.absentParts(at, absentParts{
		"attn_q.bias":      "a bias in the attention",
		"attn_k.bias":      "a bias in the attention",
		"attn_v.bias":      "a bias in the attention",
		"attn_output.bias": "a bias in the attention",
	})
	q, kv := s.heads*s.headDim, s.kvHeads*s.headDim
	l := gemma3Layer{
		attnNorm: norm("attn_norm.weight", s.hidden),
		qkv: b.matrix(at("attn_q.weight"), s.hidden,
			part{at("attn_q.weight"), q}, part{at("attn_k.weight"), kv}, part{at("attn_v.weight"), kv}),
		attnOut:      b.matrix(at("attn_output.weight"), q, part{at("attn_output.weight"), s.hidden}),
		attnPostNorm: norm("post_attention_norm.weight", s.hidden),
		ffnNorm:      norm("ffn_norm.weight", s.hidden),
		gate:         b.matrix(at("ffn_gate.weight"), s.hidden, part{at("ffn_gate.weight"), s.ffn}),
		up:           b.matrix(at("ffn_up.weight"), s.hidden, part{at("ffn_up.weight"), s.ffn}),
		down:         b.matrix(at("ffn_down.weight"), s.ffn, part{at("ffn_down.weight"), s.hidden}),
		ffnPostNorm:  norm("post_ffw_norm.weight", s.hidden),
		attention:    s.attention(i),
	}
	l.attention.QNorm = norm("attn_q_norm.weight", s.headDim)
	l.attention.KNorm = norm("attn_k_norm.weight", s.headDim)
	return l
}

// attention describes the attention of layer i, without the weights of its norms.
func (s *gemma3Settings) attention(i int) Attention {
	a := Attention{
		Layer: i, Heads: s.heads, KVHeads: s.kvHeads, HeadDim: s.headDim,
		NormEps: float32(s.eps), Rope: s.global, Scale: s.scale,
	}
	if s.sliding[i] && s.window > 0 {
		a.Rope, a.Window = s.local, s.window
	}
	return a
}

// Forward implements Model.
func (m *gemma3Model) Forward(b Batch) error {
	n, err := m.begin(b)
	if err != nil {
		return err
	}
	m.ops.Embed(m.hidden, m.embed, b.Tokens, m.embedScale)
	m.report("embed", -1, m.hidden, n)
	for i := range m.layers {
		m.layer(i, n, b.Spans)
	}
	return m.finish(n)
}

func (m *gemma3Model) layer(i, n int, spans []Span) {
	l, ops := &m.layers[i], m.ops

	ops.RMSNorm(m.normed, m.hidden, n, l.attnNorm, m.eps)
	m.report("attn_norm", i, m.normed, n)
	ops.MatMul(m.qkv, l.qkv, m.normed, n)
	m.report("qkv", i, m.qkv, n)
	ops.StoreKV(m.kv, m.qkv, spans, &l.attention)
	m.reportQKV(i, n)
	ops.Attend(m.attn, m.qkv, m.kv, spans, &l.attention)
	m.report("attn", i, m.attn, n)
	ops.MatMul(m.sub, l.attnOut, m.attn, n)
	m.report("attn_out", i, m.sub, n)
	m.addNormed("attn_post_norm", i, m.sub, l.attnPostNorm, n)
	m.report("attn_residual", i, m.hidden, n)

	ops.RMSNorm(m.normed, m.hidden, n, l.ffnNorm, m.eps)
	m.report("ffn_norm", i, m.normed, n)
	ops.GateUp(m.ffn, l.gate, l.up, m.normed, n, GELUTanh)
	m.report("ffn_hidden", i, m.ffn, n)
	ops.MatMul(m.sub, l.down, m.ffn, n)
	m.report("ffn_out", i, m.sub, n)
	m.addNormed("ffn_post_norm", i, m.sub, l.ffnPostNorm, n)
	m.report("hidden", i, m.hidden, n)
}

// addNormed adds the normed src to the residual stream; with a probe it also computes the norm by itself.
func (m *gemma3Model) addNormed(name string, layer int, src Buffer, w Vector, n int) {
	if m.probe != nil {
		m.ops.RMSNorm(m.normed, src, n, w, m.eps)
		m.report(name, layer, m.normed, n)
	}
	m.ops.RMSNormAdd(m.hidden, src, n, w, m.eps)
}
