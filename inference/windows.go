package inference

import "fmt"

// NoToken stands for "no such token" where a token id is optional.
const NoToken = int32(-1)

// WindowOptions say how PerplexityWindows cuts a text. The zero value is what llama-perplexity does with -c 512.
type WindowOptions struct {
	Size   int // tokens a window; 0 = 512
	Stride int // from the beginning of one window to that of the next; 0 = Size
	From   int // first scored index in each window; 0 = Size/2+1
}

// PerplexityWindows cuts tokens into full windows; a rest shorter than a window is left out. The first token of every window
// is replaced by bos unless that is NoToken. With the default options 255 of each 512 tokens are scored, given at least 257 tokens
// before them (llama.cpp, tools/perplexity: first = n_ctx/2, and the logits of a position score the next token).
func PerplexityWindows(tokens []int32, bos int32, o WindowOptions) ([]Window, error) {
	if o.Size == 0 {
		o.Size = 512
	}
	if o.Stride == 0 {
		o.Stride = o.Size
	}
	if o.From == 0 {
		o.From = o.Size/2 + 1
	}
	if o.Size < 2 || o.Stride < 1 || o.From < 1 || o.From >= o.Size {
		return nil, fmt.Errorf("inference: windows of %d tokens, every %d, scored from %d: want size >= 2, stride >= 1, 1 <= from < size",
			o.Size, o.Stride, o.From)
	}
	if len(tokens) < o.Size {
		return nil, fmt.Errorf("inference: text of %d tokens is shorter than a window of %d", len(tokens), o.Size)
	}
	var out []Window
	for at := 0; at+o.Size <= len(tokens); at += o.Stride {
		w := Window{Tokens: append([]int32(nil), tokens[at:at+o.Size]...), From: o.From}
		if bos != NoToken {
			w.Tokens[0] = bos
		}
		out = append(out, w)
	}
	return out, nil
}

// RollingWindows cuts tokens so that each is scored exactly once, as lm-evaluation-harness does for loglikelihood_rolling
// (lm_eval/utils.py, get_rolling_token_windows with make_disjoint_window): the first window begins with the prefix token, which every text is
// conditioned on; later ones repeat as many tokens of context as fit. limit is the model's context (positions run),
// context the least number of tokens that a later window's first score is conditioned on (lm-evaluation-harness: 1).
func RollingWindows(tokens []int32, prefix int32, limit, context int) ([]Window, error) {
	if limit < 1 || context < 1 || context > limit {
		return nil, fmt.Errorf("inference: rolling windows of %d with context %d: want 1 <= context <= window", limit, context)
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("inference: rolling windows of an empty text")
	}
	first := min(limit, len(tokens))
	w := Window{Tokens: append([]int32{prefix}, tokens[:first]...), From: 1}
	out := []Window{w}
	for done := first; done < len(tokens); {
		n := min(len(tokens)-done, limit-context+1)
		end := done + n
		// limit positions are run; the last token of the window is only scored.
		part := tokens[end-limit-1 : end]
		out = append(out, Window{Tokens: append([]int32(nil), part...), From: len(part) - n})
		done = end
	}
	return out, nil
}
