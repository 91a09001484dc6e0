package main

import (
	"slices"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/llama4-eval/llama4-eval/reports"
)

// benchCost is the work that a token cannot do without.
type benchCost struct {
	weights int64 // bytes of all weights that generating a token reads, as they are in the file
	// Multiply-adds of a token, output matrix left out: of a prompt only the last token meets it.
	intMACs, floatMACs       float64
	outputInts, outputFloats float64 // multiply-adds of the output matrix
	kvValues                 int64   // keys and values of a position
	window                   int     // no more positions are counted; 0 = all
	known                    bool    // false: the model is of a kind whose work cannot be told from its tensors
}

// newBenchCost counts the tensors of a checkpoint. Where only some layers have a window, all are counted as if they had: what comes
// out is less than what is read, never more.
func newBenchCost(c *inference.Checkpoint, config models.Config) benchCost {
	cost := benchCost{
		known: true, window: attentionWindow(c), kvValues: 2 * int64(config.Layers) * int64(config.KVHeads) * int64(config.HeadDim),
	}
	untied := slices.ContainsFunc(c.Tensors, func(t inference.TensorInfo) bool { return isOutput(t.Name) })
	for _, t := range c.Tensors {
		elements := 1.0
		for _, d := range t.Shape {
			elements *= float64(d)
		}
		switch {
		case isEmbedding(t.Name) && untied: // one row is read
			continue
		case len(t.Shape) > 2: // experts, of which a token meets some, or a convolution
			cost.known = false
		case len(t.Shape) < 2:
		case isOutput(t.Name) || isEmbedding(t.Name):
			if isFloat(t.Type) {
				cost.outputFloats += elements
			} else {
				cost.outputInts += elements
			}
		case isFloat(t.Type):
			cost.floatMACs += elements
		default:
			cost.intMACs += elements
		}
		cost.weights += t.Bytes
	}
	return cost
}

func isFloat(t tensor.Type) bool { return t == tensor.F32 || t == tensor.F16 || t == tensor.BF16 }

func isOutput(name string) bool {
	return name == "output.weight" || name == "lm_head.weight" || name == "language_model.lm_head.weight"
}

func isEmbedding(name string) bool {
	switch name {
	case "token_embd.weight", "model.embed_tokens.weight", "language_model.model.embed_tokens.weight", "model.language_model.embed_tokens.weight":
		return true
	}
	return false
}

// attentionWindow is the window of sliding attention that the files name, 0 if none is used.
func attentionWindow(c *inference.Checkpoint) int {
	if used, ok := c.Meta("use_sliding_window"); ok && used != true {
		return 0
	}
	for _, key := range []string{c.Arch + ".attention.sliding_window", "sliding_window", "text_config.sliding_window"} {
		switch v, _ := c.Meta(key); v := v.(type) {
		case int64:
			return int(v)
		case uint64:
			return int(v)
		}
	}
	return 0
}

// share says how near a rate of tokens is to the ceiling of a test. Reading memory bounds what one stream generates, arithmetic
// what a prompt takes; for streams side by side it is whichever is nearer. kvBytes is the size of a cached key or value.
func (c benchCost) share(t benchTest, tokS float64, kvBytes float64, top cpu.Ceiling) *reports.BenchShare {
	if !c.known || tokS <= 0 {
		return nil
	}
	intMACs, floatMACs := c.intMACs, c.floatMACs
	if t.prompt == 0 {
		intMACs, floatMACs = intMACs+c.outputInts, floatMACs+c.outputFloats
	}
	compute := reports.BenchShare{Of: reports.OfCompute, Percent: 100 * tokS * (intMACs/top.Int8 + floatMACs/top.Float32)}
	if t.prompt > 0 {
		return &compute
	}
	if top.Read == 0 {
		return nil
	}
	positions := t.depth + t.generate/2 // on the way
	if c.window > 0 {
		positions = min(positions, c.window)
	}
	// A step reads the weights once for all streams, and the keys and values of each.
	perToken := float64(c.weights)/float64(t.streams) + kvBytes*float64(c.kvValues)*float64(positions)
	dram := reports.BenchShare{Of: reports.OfDRAM, Percent: 100 * tokS * perToken / top.Read}
	if t.streams > 1 && compute.Percent > dram.Percent {
		return &compute
	}
	return &dram
}
