package models

import (
	"math"
)

// ropeNames says where the rotary settings of one kind of layer are.
type ropeNames struct {
	theta        key
	defaultTheta float64
	scaling      []string // paths in config.json that may hold the scaling: "rope_scaling.", "rope_parameters."
	ggufScaling  bool     // whether GGUF keys rope.scaling.* apply
}

// globalRope is where most models keep their only rotary settings. Newer config.json files hold theta and scaling
// together in rope_parameters, older ones have rope_theta and rope_scaling.
func globalRope(theta float64) ropeNames {
	return ropeNames{
		theta: key{"rope.freq_base", "rope_theta"}, defaultTheta: theta,
		scaling: []string{"rope_parameters.", "rope_scaling."}, ggufScaling: true,
	}
}

// ropeScaling is a change of the angles that lets a model read longer texts than it was first trained on.
type ropeScaling struct {
	kind                string // "default", "linear" or "llama3"
	factor              float64
	low, high, original float64 // llama3 only
}

// rope reads the rotary settings and computes the angles of a head of headDim values.
func (h *hyper) rope(r ropeNames, headDim int, interleaved bool) *Rope {
	theta := h.ropeTheta(r)
	scaling := h.ropeScaling(r)
	if h.err != nil {
		return nil
	}
	return &Rope{InvFreq: inverseFrequencies(theta, headDim, scaling), Interleaved: interleaved}
}

func (h *hyper) ropeTheta(r ropeNames) float64 {
	if h.ckpt.Format == HF {
		for _, path := range r.scaling {
			if k := (key{"", path + "rope_theta"}); h.has(k) {
				return h.floatIn(k, 0, 1, 1e15)
			}
		}
	}
	return h.floatIn(r.theta, r.defaultTheta, 1, 1e15)
}

func (h *hyper) ropeScaling(r ropeNames) ropeScaling {
	none := ropeScaling{kind: "default", factor: 1}
	if h.ckpt.Format == GGUF {
		if !r.ggufScaling {
			return none
		}
		return h.ggufScaling()
	}
	for _, path := range r.scaling {
		at := func(name string) key { return key{"", path + name} }
		kind := at("rope_type")
		if !h.has(kind) {
			kind = at("type") // the older name
		}
		if !h.has(kind) {
			if h.has(at("factor")) {
				h.fail("setting %s is missing beside %s", h.name(at("rope_type")), h.name(at("factor")))
			}
			continue
		}
		if f := h.floatIn(at("partial_rotary_factor"), 1, 0, 1); h.err == nil && f != 1 {
			h.fail("setting %s is %g: rotating part of a head is not supported", h.name(at("partial_rotary_factor")), f)
		}
		return h.configScaling(kind, at)
	}
	return none
}

// configScaling reads the scaling of a config.json, whose kind is set by the key kind.
func (h *hyper) configScaling(kind key, at func(string) key) ropeScaling {
	s := ropeScaling{kind: h.stringOr(kind, ""), factor: 1}
	switch s.kind {
	case "default":
	case "linear":
		s.factor = h.floatIn(at("factor"), math.NaN(), 1e-3, 1e6)
	case "llama3":
		s.factor = h.floatIn(at("factor"), math.NaN(), 1e-3, 1e6)
		s.low = h.floatIn(at("low_freq_factor"), math.NaN(), 1e-6, 1e6)
		s.high = h.floatIn(at("high_freq_factor"), math.NaN(), 1e-6, 1e6)
		s.original = h.floatIn(at("original_max_position_embeddings"), math.NaN(), 1, maxContext)
		if h.err == nil && s.high < s.low {
			h.fail("setting %s is %g, less than %s, which is %g", h.name(at("high_freq_factor")), s.high, h.name(at("low_freq_factor")), s.low)
		}
	default:
		h.fail("setting %s is %s: supported are default, linear and llama3", h.name(kind), show(s.kind))
	}
	return s
}

// ggufScaling reads the scaling keys of a GGUF file. The llama3 kind has none: it is the tensor rope_freqs.weight.
func (h *hyper) ggufScaling() ropeScaling {
	kind, factor, old := key{gguf: "rope.scaling.type"}, key{gguf: "rope.scaling.factor"}, key{gguf: "rope.scale_linear"}
	s := ropeScaling{kind: h.stringOr(kind, ""), factor: 1}
	switch s.kind {
	case "none":
	case "linear":
		s.factor = h.floatIn(factor, math.NaN(), 1e-3, 1e6)
	case "":
		// Files made before rope.scaling.type existed have a factor only.
		s.kind = "linear"
		s.factor = h.floatIn(factor, h.floatIn(old, 1, 1e-3, 1e6), 1e-3, 1e6)
	default:
		h.fail("setting %s is %s: supported are none and linear", h.name(kind), show(s.kind))
	}
	if k := (key{gguf: "rope.scaling.attn_factor"}); h.err == nil && h.floatIn(k, 1, -1e6, 1e6) != 1 {
		h.fail("setting %s: scaled attention is not supported", h.name(k))
	}
	return s
}

// inverseFrequencies gives theta^(-2j/headDim) for every pair j, scaled. It works in float32 in the order of the reference
// implementation (transformers, modeling_rope_utils.py), because at position 10,000 one unit in the last place of a
// frequency moves the angle by a thousandth.
func inverseFrequencies(theta float64, headDim int, s ropeScaling) []float32 {
	inv := make([]float32, headDim/2)
	for j := range inv {
		exponent := float32(2*j) / float32(headDim)
		inv[j] = 1 / float32(math.Pow(theta, float64(exponent)))
		switch s.kind {
		case "linear":
			inv[j] /= float32(s.factor)
		case "llama3":
			inv[j] = llama3Frequency(inv[j], s)
		}
	}
	return inv
}

// llama3Frequency leaves short waves as they are, divides the frequency of long ones by the factor, and blends between. With
// low == high nothing lies between.
func llama3Frequency(inv float32, s ropeScaling) float32 {
	wave := float32(2*math.Pi) / inv // positions per turn
	switch {
	case wave < float32(s.original/s.high):
		return inv
	case wave > float32(s.original/s.low), s.high == s.low:
		return inv / float32(s.factor)
	}
	smooth := (float32(s.original)/wave - float32(s.low)) / float32(s.high-s.low)
	return (1-smooth)*inv/float32(s.factor) + smooth*inv
}

// divideFrequencies applies the tensor rope_freqs.weight of a GGUF file: one divisor for each pair.
func (b *binder) divideFrequencies(r *Rope, name string) {
	if _, ok := b.ckpt.Tensor(name); !ok || b.err != nil {
		return
	}
	divisors := b.floats(name, len(r.InvFreq))
	for j, d := range divisors {
		if !(d > 0) || math.IsInf(float64(d), 0) {
			b.fail("tensor %q: divisor %d is %g, want a positive number", name, j, d)
			return
		}
		r.InvFreq[j] /= d
	}
}
