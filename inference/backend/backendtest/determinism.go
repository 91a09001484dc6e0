package backendtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// network is a small transformer of random weights.
type network struct {
	b                               bench
	embed                           models.Matrix
	qkv, o, gate, up, down          []models.Matrix
	norm                            models.Vector
	attention                       []*models.Attention
	kv                              models.KV
	x, normed, rows, attended, wide models.Buffer
}

// The sizes of the network.
const (
	netLayers, netHidden, netHeads, netKVHeads, netDim, netFFN = 2, 96, 6, 2, 32, 160

	netRows, netVocab = 128, 1100
)

// newNetwork makes the network, always the same, with weights of type typ and keys and values of type cache.
func newNetwork(b bench, typ, cache tensor.Type) *network {
	r := newRandom(11)
	n := &network{b: b, embed: b.matrix(r.weights("embed", tensor.Q8_0, netVocab, netHidden)), norm: b.vector(r.normal(netHidden, 1))}
	for l := range netLayers {
		n.qkv = append(n.qkv, b.matrix(r.weights("qkv", typ, (netHeads+2*netKVHeads)*netDim, netHidden)))
		n.o = append(n.o, b.matrix(r.weights("o", typ, netHidden, netHeads*netDim)))
		n.gate = append(n.gate, b.matrix(r.weights("gate", typ, netFFN, netHidden)))
		n.up = append(n.up, b.matrix(r.weights("up", typ, netFFN, netHidden)))
		n.down = append(n.down, b.matrix(r.weights("down", typ, netHidden, netFFN)))
		n.attention = append(n.attention, &models.Attention{
			Layer: l, Heads: netHeads, KVHeads: netKVHeads, HeadDim: netDim, Scale: 1 / float32(math.Sqrt(netDim)),
			Bias: b.vector(r.normal((netHeads+2*netKVHeads)*netDim, 0.5)), Rope: &models.Rope{InvFreq: inverseFrequencies(netDim)},
			QNorm: b.vector(r.normal(netDim, 1)), KNorm: b.vector(r.normal(netDim, 1)), NormEps: 1e-6,
			Window: 48 * l, // the second layer has one
		})
	}
	kv, err := b.ops.NewKV(models.KVShape{Pages: 16, Layers: netLayers, KVHeads: netKVHeads, HeadDim: netDim, Type: cache})
	if err != nil {
		b.t.Fatal(err)
	}
	n.kv = kv
	n.x, n.normed = b.buffer(netRows, netHidden), b.buffer(netRows, netHidden)
	n.rows, n.attended = b.buffer(netRows, (netHeads+2*netKVHeads)*netDim), b.buffer(netRows, netHeads*netDim)
	n.wide = b.buffer(netRows, netFFN)
	return n
}

// forward runs a batch and returns the normed rows.
func (n *network) forward(tokens []int32, spans []models.Span) []float32 {
	ops, rows := n.b.ops, len(tokens)
	ops.Embed(n.x, n.embed, tokens, 3)
	for l := range netLayers {
		ops.RMSNorm(n.normed, n.x, rows, n.norm, 1e-5)
		ops.MatMul(n.rows, n.qkv[l], n.normed, rows)
		ops.StoreKV(n.kv, n.rows, spans, n.attention[l])
		ops.Attend(n.attended, n.rows, n.kv, spans, n.attention[l])
		ops.MatMulAdd(n.x, n.o[l], n.attended, rows)
		ops.RMSNorm(n.normed, n.x, rows, n.norm, 1e-5)
		ops.GateUp(n.wide, n.gate[l], n.up[l], n.normed, rows, models.Activation(l%2))
		ops.MatMul(n.normed, n.down[l], n.wide, rows)
		ops.RMSNormAdd(n.x, n.normed, rows, n.norm, 1e-5)
	}
	ops.RMSNorm(n.normed, n.x, rows, n.norm, 1e-5)
	return n.b.read(n.normed, rows)
}

// logits are those of the last row, followed by its log-probability of token 0.
func (n *network) logits(row int) []float32 {
	dst, scored := make([]float32, netVocab), make([]models.Scored, 1)
	if err := n.b.ops.Logits(dst, n.embed, n.normed, []int{row}); err != nil {
		n.b.t.Fatal(err)
	}
	if err := n.b.ops.Score(scored, n.embed, n.normed, []int{row}, []int32{0}); err != nil {
		n.b.t.Fatal(err)
	}
	return append(dst, float32(scored[0].LogProb), float32(scored[0].Top))
}

var netPages = []int32{2, 9, 4, 11}

// sequence runs tokens in batches of the given sizes and returns all rows, then the logits of the last one. Around every batch lie
// before rows of other sequences, and as many after it.
func (n *network) sequence(tokens []int32, split []int, around int) []float32 {
	var out []float32
	pos, row := 0, 0
	for _, size := range split {
		var batch []int32
		var spans []models.Span
		for i := range around {
			batch = append(batch, int32(100+i))
			spans = append(spans, models.Span{Row: i, N: 1, Pages: []int32{int32(12 + i)}})
		}
		row = len(batch)
		batch = append(batch, tokens[pos:pos+size]...)
		spans = append(spans, models.Span{Row: row, N: size, Pos: pos, Pages: netPages})
		rows := n.forward(batch, spans)
		out = append(out, rows[row*netHidden:(row+size)*netHidden]...)
		row += size - 1
		pos += size
	}
	return append(out, n.logits(row)...)
}

func testDeterminism(t *testing.T, s Suite) {
	r := newRandom(12)
	tokens := make([]int32, 101)
	for i := range tokens {
		tokens[i] = r.Int32N(netVocab)
	}
	ones := func(first int) []int {
		split := []int{first}
		for range len(tokens) - first {
			split = append(split, 1)
		}
		return split
	}
	types := []struct{ weights, cache tensor.Type }{
		{tensor.Q8_0, tensor.F16}, {tensor.Q8_0, tensor.Q8_0}, {tensor.Q4_1, tensor.F16}, {tensor.Q5_0, tensor.F16}, {tensor.F16, tensor.F32},
	}
	if testing.Short() {
		types = types[:2] // the others take the same steps with another inner loop
	}
	for _, types := range types {
		t.Run(fmt.Sprintf("%v, cache %v", types.weights, types.cache), func(t *testing.T) {
			want := newNetwork(s.open(t, 2), types.weights, types.cache).sequence(tokens, []int{101}, 0)
			check := func(name string, threads int, split []int, around int) {
				t.Helper()
				got := newNetwork(s.open(t, threads), types.weights, types.cache).sequence(tokens, split, around)
				if d := different(got, want); d > 0 {
					t.Errorf("%s: %d of %d values differ", name, d, len(want))
				}
			}
			check("again", 2, []int{101}, 0)
			for _, threads := range []int{1, 3} {
				check(fmt.Sprintf("%d threads", threads), threads, []int{101}, 0)
			}
			check("40+61", 2, []int{40, 61}, 0)
			check("33+7+61", 2, []int{33, 7, 61}, 0)
			check("100+1", 2, []int{100, 1}, 0)
			check("32+32+32+5", 1, []int{32, 32, 32, 5}, 0)
			check("singles after 50", 2, ones(50), 0)
			check("beside 1 other", 2, []int{64, 37}, 1)
			check("beside 4 others, singles after 90", 2, ones(90), 4)

			changed := append([]int32(nil), tokens...)
			changed[7] = (changed[7] + 1) % netVocab
			got := newNetwork(s.open(t, 2), types.weights, types.cache).sequence(changed, []int{101}, 0)
			if different(got[:7*netHidden], want[:7*netHidden]) > 0 {
				t.Error("a later token changes earlier rows")
			}
			if rest := len(want) - 7*netHidden; different(got, want) < rest/2 {
				t.Errorf("negative control: another token changes only %d of %d values", different(got, want), rest)
			}
		})
	}
}
