package models

import (
	"fmt"
	"math"
	"slices"
)

// Bounds of the hyper-parameters. They are far above any published model and keep every product of two or three of them
// within an int, so that a hostile file cannot make sizes overflow before its tensors are checked.
const (
	maxLayers  = 1024
	maxHidden  = 1 << 17
	maxHeads   = 1 << 12
	maxHeadDim = 1 << 12
	maxFFN     = 1 << 20
	maxVocab   = 1 << 22
	maxContext = 1 << 30
)

// A key is one setting in both layouts: the GGUF key without its architecture prefix, and the path in config.json. An
// empty name means that the layout has no such setting.
type key struct{ gguf, hf string }

// hyper reads the hyper-parameters of a checkpoint. It keeps the first error; later reads then return zero values.
type hyper struct {
	ckpt   Checkpoint
	prefix string // before every key: "llama." in a GGUF file, "" or "text_config." in a config.json
	err    error
}

func newHyper(c Checkpoint) *hyper {
	h := &hyper{ckpt: c}
	if c.Format == GGUF {
		h.prefix = c.Arch + "."
	}
	return h
}

// name is the full name of a key in the file; "" where the layout has none.
func (h *hyper) name(k key) string {
	n := k.hf
	if h.ckpt.Format == GGUF {
		n = k.gguf
	}
	if n == "" {
		return ""
	}
	return h.prefix + n
}

func (h *hyper) fail(format string, args ...any) {
	if h.err == nil {
		h.err = fmt.Errorf("models: "+format, args...)
	}
}

// lookup finds the value of k. Absent keys and null are the same.
func (h *hyper) lookup(k key) (any, bool) {
	n := h.name(k)
	if n == "" {
		return nil, false
	}
	v, ok := h.ckpt.Meta(n)
	return v, ok && v != nil
}

func (h *hyper) has(k key) bool { _, ok := h.lookup(k); return ok }

// intIn reads a required integer in [lo, hi].
func (h *hyper) intIn(k key, lo, hi int) int {
	v, ok := h.lookup(k)
	if !ok {
		h.fail("setting %s is missing", h.name(k))
		return 0
	}
	return h.toInt(h.name(k), v, lo, hi)
}

// intOr reads an integer in [lo, hi], or gives def where the key is absent.
func (h *hyper) intOr(k key, def, lo, hi int) int {
	if v, ok := h.lookup(k); ok {
		return h.toInt(h.name(k), v, lo, hi)
	}
	return def
}

// toInt accepts every number type whose value is whole. An array stands for one value per layer (some GGUF files
// write these) and is accepted when all its values are equal.
func (h *hyper) toInt(name string, v any, lo, hi int) int {
	if list, ok := v.([]any); ok {
		if len(list) == 0 {
			h.fail("setting %s is an empty list, want a number", name)
			return 0
		}
		first := h.toInt(name, list[0], lo, hi)
		for i, e := range list[1:] {
			if h.err == nil && h.toInt(name, e, lo, hi) != first {
				h.fail("setting %s differs between layers (layer %d); only equal layers are supported", name, i+1)
			}
		}
		return first
	}
	f, ok := number(v)
	if !ok || f != math.Trunc(f) {
		h.fail("setting %s is %s, want a whole number", name, show(v))
		return 0
	}
	if f < float64(lo) || f > float64(hi) {
		h.fail("setting %s is %s, want %d to %d", name, show(v), lo, hi)
		return 0
	}
	return int(f)
}

// floatIn reads a number in [lo, hi]; def where the key is absent. A NaN as def makes the key required.
func (h *hyper) floatIn(k key, def, lo, hi float64) float64 {
	v, ok := h.lookup(k)
	if !ok {
		if math.IsNaN(def) {
			h.fail("setting %s is missing", h.name(k))
			return 0
		}
		return def
	}
	f, ok := number(v)
	switch {
	case !ok:
		h.fail("setting %s is %s, want a number", h.name(k), show(v))
		return 0
	case !(f >= lo && f <= hi): // written so that NaN fails
		h.fail("setting %s is %s, want %g to %g", h.name(k), show(v), lo, hi)
		return 0
	}
	return f
}

func (h *hyper) boolOr(k key, def bool) bool {
	v, ok := h.lookup(k)
	if !ok {
		return def
	}
	b, ok := v.(bool)
	if !ok {
		h.fail("setting %s is %s, want true or false", h.name(k), show(v))
	}
	return b
}

func (h *hyper) stringOr(k key, def string) string {
	v, ok := h.lookup(k)
	if !ok {
		return def
	}
	s, ok := v.(string)
	if !ok {
		h.fail("setting %s is %s, want text", h.name(k), show(v))
	}
	return s
}

// list reads a list of n values, one for each layer; nil where the key is absent.
func (h *hyper) list(k key, n int) []any {
	v, ok := h.lookup(k)
	if !ok {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		h.fail("setting %s is %s, want a list", h.name(k), show(v))
		return nil
	}
	if len(l) != n {
		h.fail("setting %s has %d values, want one for each of %d layers", h.name(k), len(l), n)
		return nil
	}
	return l
}

// oneOf refuses a text setting that is present and not one of allowed.
func (h *hyper) oneOf(k key, allowed ...string) {
	if !h.has(k) {
		return
	}
	if s := h.stringOr(k, ""); h.err == nil && !slices.Contains(allowed, s) {
		h.fail("setting %s is %q; supported: %q", h.name(k), s, allowed)
	}
}

// off refuses a setting that is present and neither false nor 0: one that changes the network in a way that is not
// implemented. what says which.
func (h *hyper) off(k key, what string) {
	v, ok := h.lookup(k)
	if !ok || h.err != nil {
		return
	}
	if b, isBool := v.(bool); isBool && !b {
		return
	}
	if f, isNumber := number(v); isNumber && f == 0 {
		return
	}
	h.fail("setting %s is %s: %s is not supported", h.name(k), show(v), what)
}

// number converts the numeric types that a checkpoint may hold.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// show prints a value of a file, cut to a length that fits a message.
func show(v any) string {
	switch v := v.(type) {
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case string:
		if len(v) > 60 {
			v = v[:60] + "…"
		}
		return fmt.Sprintf("%q", v)
	case int64, uint64, float64, bool:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("of another kind (%T)", v)
}

// The settings that every decoder has.
var (
	keyLayers   = key{"block_count", "num_hidden_layers"}
	keyHidden   = key{"embedding_length", "hidden_size"}
	keyFFN      = key{"feed_forward_length", "intermediate_size"}
	keyHeads    = key{"attention.head_count", "num_attention_heads"}
	keyKVHeads  = key{"attention.head_count_kv", "num_key_value_heads"}
	keyHeadDim  = key{"attention.key_length", "head_dim"}
	keyValueDim = key{"attention.value_length", ""}
	keyEps      = key{"attention.layer_norm_rms_epsilon", "rms_norm_eps"}
	keyContext  = key{"context_length", "max_position_embeddings"}
	keyVocab    = key{"", "vocab_size"}
	keyTied     = key{"", "tie_word_embeddings"}
	keyCausal   = key{"attention.causal", ""}
	keyPartial  = key{"", "partial_rotary_factor"}
	keyRopeDims = key{"rope.dimension_count", ""}
)

// dims are the sizes that every decoder has, read and checked against each other.
type dims struct {
	layers, hidden, heads, kvHeads, headDim, ffn, vocab, context int
	eps                                                          float64
	tied                                                         bool
}

// defaults are the values of settings that config.json files leave out because the reference class has them; 0 means that
// the setting is required. GGUF files always hold theirs.
type defaults struct {
	layers, hidden, heads, kvHeads, headDim, ffn, context int
	eps                                                   float64
	tied                                                  bool
}

// dims reads the sizes. The number of vocabulary rows is that of the embedding tensor: GGUF files need not have a key for it.
func (h *hyper) dims(names names, def defaults) dims {
	if h.ckpt.Format == GGUF {
		def = defaults{}
	}
	read := func(k key, def, hi int) int {
		if def > 0 {
			return h.intOr(k, def, 1, hi)
		}
		return h.intIn(k, 1, hi)
	}
	d := dims{
		layers: read(keyLayers, def.layers, maxLayers),
		hidden: read(keyHidden, def.hidden, maxHidden),
		heads:  read(keyHeads, def.heads, maxHeads),
		ffn:    read(keyFFN, def.ffn, maxFFN),
	}
	d.context = read(keyContext, def.context, maxContext)
	eps := math.NaN()
	if def.eps > 0 {
		eps = def.eps
	}
	d.eps = h.floatIn(keyEps, eps, 1e-12, 1e-1)
	d.kvHeads = h.intOr(keyKVHeads, max(def.kvHeads, 0), 1, maxHeads)
	if d.kvHeads == 0 {
		d.kvHeads = d.heads
	}
	if h.err != nil {
		return dims{}
	}
	if d.heads%d.kvHeads != 0 {
		h.fail("%s is %d, not a multiple of %s, which is %d", h.name(keyHeads), d.heads, h.name(keyKVHeads), d.kvHeads)
	}
	d.headDim = h.headDim(d.hidden, d.heads, def.headDim)
	d.vocab = h.vocab(names)
	d.tied = names.tied(h, def.tied)
	h.refuse()
	if h.err != nil {
		return dims{}
	}
	return d
}

// headDim is the width of a head: its own setting, else def, else hidden/heads.
func (h *hyper) headDim(hidden, heads, def int) int {
	n := h.intOr(keyHeadDim, def, 1, maxHeadDim)
	if h.err != nil {
		return 0
	}
	if n == 0 {
		if hidden%heads != 0 || hidden/heads > maxHeadDim {
			h.fail("%s is %d, not a multiple of %s, which is %d", h.name(keyHidden), hidden, h.name(keyHeads), heads)
			return 0
		}
		n = hidden / heads
	}
	if n%2 != 0 {
		h.fail("heads are %d wide; rotary embeddings need an even width (%s, %s)", n, h.name(keyHeadDim), h.name(keyHidden))
	}
	if v := h.intOr(keyValueDim, n, 1, maxHeadDim); h.err == nil && v != n {
		h.fail("%s is %d and keys are %d wide: values of another width are not supported", h.name(keyValueDim), v, n)
	}
	if r := h.intOr(keyRopeDims, n, 1, maxHeadDim); h.err == nil && r != n {
		h.fail("%s is %d of %d: rotating part of a head is not supported", h.name(keyRopeDims), r, n)
	}
	return n
}

// vocab is the number of rows of the embedding.
func (h *hyper) vocab(names names) int {
	if h.err != nil {
		return 0
	}
	t, ok := h.ckpt.Tensor(names.embed)
	if !ok {
		h.fail("tensor %q is missing", names.embed)
		return 0
	}
	if len(t.Shape) != 2 || t.Shape[0] < 1 || t.Shape[0] > maxVocab {
		h.fail("tensor %q has shape %v, want [vocabulary][%s] with at most %d rows", names.embed, t.Shape, h.name(keyHidden), maxVocab)
		return 0
	}
	if v := h.intOr(keyVocab, t.Shape[0], 1, maxVocab); h.err == nil && v != t.Shape[0] {
		h.fail("setting %s is %d, but tensor %q has %d rows", h.name(keyVocab), v, names.embed, t.Shape[0])
	}
	return t.Shape[0]
}

// refuse reports settings that change any decoder in a way that this package does not compute.
func (h *hyper) refuse() {
	if v, ok := h.lookup(keyCausal); ok && v == false {
		h.fail("setting %s is false: models with two-way attention are not supported", h.name(keyCausal))
	}
	if v, ok := h.ckpt.Meta("quantization_config.quant_method"); ok && h.ckpt.Format == HF {
		h.fail("setting quantization_config.quant_method is %s: quantized Hugging Face folders are not supported; use a GGUF file", show(v))
	}
	if f := h.floatIn(keyPartial, 1, 0, 1); h.err == nil && f != 1 {
		h.fail("setting %s is %g: rotating part of a head is not supported", h.name(keyPartial), f)
	}
}
