package metrics

import "math"

// A Divergence sums up how far a model, such as a quantized one, is from a reference over the same positions. Divergences can be added,
// also for resampling.
type Divergence struct {
	Positions float64
	KL        float64 // sum of KL(reference ‖ model), in nats
	SameTop   float64 // positions where both find the same token the most probable
}

// DivergenceAt compares the logits of one position: KL(P‖Q) = Σ p·(log p − log q) of their softmax, P the reference. A token that both
// exclude with −Inf adds nothing; one that only the model excludes makes it +Inf. ok is false for lists of different lengths, for NaN and
// +Inf, and where everything is excluded.
//
// Source: Kullback and Leibler, On information and sufficiency, 1951; the sums are those of llama-perplexity --kl-divergence.
func DivergenceAt[T float32 | float64](reference, model []T) (d Divergence, ok bool) {
	if len(reference) != len(model) {
		return Divergence{}, false
	}
	top, logP, okP := logSum(reference)
	other, logQ, okQ := logSum(model)
	if !okP || !okQ {
		return Divergence{}, false
	}
	d = Divergence{Positions: 1, SameTop: truth(top == other)}
	for i := range reference {
		p := float64(reference[i]) - logP
		if w := math.Exp(p); w > 0 { // 0·log 0 is 0
			d.KL += w * (p - (float64(model[i]) - logQ))
		}
	}
	d.KL = max(d.KL, 0) // where P = Q rounding may leave it below
	return d, true
}

// logSum returns the place of the largest logit, the lowest of equal ones, and log Σ exp(logit).
func logSum[T float32 | float64](logits []T) (top int, sum float64, ok bool) {
	for i, v := range logits {
		if math.IsNaN(float64(v)) {
			return 0, 0, false
		}
		if v > logits[top] {
			top = i
		}
	}
	if len(logits) == 0 || math.IsInf(float64(logits[top]), 0) {
		return 0, 0, false
	}
	largest := float64(logits[top])
	for _, v := range logits {
		sum += math.Exp(float64(v) - largest)
	}
	return top, largest + math.Log(sum), true
}

// Add adds the sums of other to d.
func (d *Divergence) Add(other Divergence) {
	d.Positions += other.Positions
	d.KL += other.KL
	d.SameTop += other.SameTop
}

// Mean is the mean KL divergence, in nats. ok is false without positions.
func (d Divergence) Mean() (kl float64, ok bool) {
	return ratio(d.KL, d.Positions), d.Positions > 0
}

// TopAgreement is the share of positions where both agree on the most probable token. ok is false without positions.
func (d Divergence) TopAgreement() (share float64, ok bool) {
	return ratio(d.SameTop, d.Positions), d.Positions > 0
}
