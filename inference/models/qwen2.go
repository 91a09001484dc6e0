package models

// Qwen2 is the decoder of Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv:2407.10671): a Llama whose query, key and value
// projections have a bias. Rotation pairs lie half a head apart in both layouts. A sliding window is used by the upper layers
// only, and only where use_sliding_window says so; GGUF files have no such setting.
var Qwen2 = Architecture{
	Name:    "qwen2",
	HFTypes: []string{"qwen2"},
	Configure: func(c Checkpoint) (Config, error) {
		h := newHyper(c)
		s := h.qwen2()
		return s.config, h.err
	},
	Build: func(c Checkpoint, ops Ops, opt BuildOptions) (Model, error) {
		h := newHyper(c)
		s := h.qwen2()
		if h.err != nil {
			return nil, h.err
		}
		return buildLlama(c, ops, s, opt)
	},
}

// qwen2 reads the settings of a Qwen2.
func (h *hyper) qwen2() llamaSettings {
	h.off(key{gguf: "expert_count"}, "a mixture of experts in the qwen2 architecture")
	h.oneOf(key{hf: "hidden_act"}, "silu")
	s := llamaSettings{names: llamaNames(h.ckpt.Format), bias: true, absent: plainParts()}
	s.dims = h.dims(s.names, defaults{eps: 1e-6})
	s.rope = h.rope(globalRope(1e4), s.headDim, false)
	if h.err != nil {
		return s
	}
	s.windows = h.qwen2Windows(s.layers)
	s.config = s.dims.config("qwen2", s.parameters()+s.vectors())
	return s
}

// qwen2Windows gives the attention window of every layer.
func (h *hyper) qwen2Windows(layers int) []int {
	windows := make([]int, layers)
	if !h.boolOr(key{hf: "use_sliding_window"}, false) {
		return windows
	}
	window := h.intIn(key{hf: "sliding_window"}, 1, maxContext)
	from := h.intOr(key{hf: "max_window_layers"}, 28, 0, maxLayers)
	kinds := h.layerTypes(layers)
	for i := range windows {
		if kinds != nil && kinds[i] || kinds == nil && i >= from {
			windows[i] = window
		}
	}
	return windows
}

// layerTypes reads the kind of every layer from config.json: true where its attention slides. nil where there is no list.
func (h *hyper) layerTypes(layers int) []bool {
	k := key{hf: "layer_types"}
	list := h.list(k, layers)
	if list == nil {
		return nil
	}
	sliding := make([]bool, layers)
	for i, v := range list {
		switch v {
		case "sliding_attention":
			sliding[i] = true
		case "full_attention":
		default:
			h.fail("setting %s: layer %d is %s; supported are full_attention and sliding_attention", h.name(k), i, show(v))
		}
	}
	return sliding
}
