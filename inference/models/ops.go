package models

import "github.com/llama4-eval/llama4-eval/inference/tensor"

// PageSize is the number of positions in one page of the KV cache. Page i of a sequence holds the absolute
// positions [i*PageSize, (i+1)*PageSize); every block boundary inside a back end's attention is a multiple of it,
// which is what makes results independent of batching.
const PageSize = 32

// A Buffer holds activations: rows of float32 values in memory of the back end. Row r belongs to row r of the
// batch. A back end may keep further forms beside the values (such as a quantised copy that MatMul reads).
type Buffer interface {
	Rows() int  // capacity in rows
	Width() int // elements a row
}

// A Matrix is a weight [Rows][Width] in the back end's own layout.
type Matrix interface {
	Rows() int
	Width() int
}

// A Vector is a weight vector (norm weights, biases) of float32 values.
type Vector interface{ Len() int }

// A KV is the back end's storage of cached keys and values: a pool of pages, each holding PageSize positions of
// every layer.
type KV interface {
	Pages() int
	Bytes() int64
}

// KVShape says what a KV must hold.
type KVShape struct {
	Pages, Layers, KVHeads, HeadDim int
	Type                            tensor.Type // F16, F32, or Q8_0 (32 values of one head with a common scale)
}

// A Span is a run of consecutive positions of one sequence inside a batch: batch rows [Row, Row+N) are positions
// [Pos, Pos+N). Pages[i] is the page of the KV that holds positions [i*PageSize, (i+1)*PageSize) and covers at least
// Pos+N positions. Pages that hold positions >= Pos belong to this span alone in this batch.
type Span struct {
	Row, N, Pos int
	Pages       []int32

	// Parents, when set, makes the rows a tree of tokens instead of a run: row i follows row Parents[i] (below i, counted within
	// the span) or, where that is -1, position Pos-1. Its position is Pos plus the number of its ancestors in the span; it sees
	// the positions below Pos and its ancestors, and gets the same bits as if its branch alone had been a run. Keys and
	// values of a tree last as long as the batch and are not written into the KV: Pages covers Pos positions, is only read, and
	// another span of the batch may be writing it.
	Parents []int32
}

// Depth returns the number of ancestors of every row of a tree, into the slice that depth holds.
func (s *Span) Depth(depth []int32) []int32 {
	depth = depth[:0]
	for _, p := range s.Parents {
		d := int32(0)
		if p >= 0 {
			d = depth[p] + 1
		}
		depth = append(depth, d)
	}
	return depth
}

// Rope is a rotary embedding of a whole head (Su et al. 2021, arXiv:2104.09864).
type Rope struct {
	// InvFreq[j] is the angle per position, in radians, of pair j; len = HeadDim/2. Angles are float32 products
	// position*InvFreq[j], as the reference implementations compute them.
	InvFreq []float32
	// Interleaved pairs are (2j, 2j+1); otherwise pairs are (j, j+HeadDim/2).
	Interleaved bool
}

// Attention describes the attention of one layer.
//
// A qkv row is [Heads*HeadDim query | KVHeads*HeadDim key | KVHeads*HeadDim value]; query head h reads key head
// h/(Heads/KVHeads).
type Attention struct {
	Layer                   int
	Heads, KVHeads, HeadDim int
	Bias                    Vector  // added to the whole qkv row; nil = none
	QNorm, KNorm            Vector  // RMS norm of every head before rope [HeadDim]; nil = none
	NormEps                 float32 // for QNorm and KNorm
	Rope                    *Rope   // nil = none
	Scale                   float32 // of the dot products, usually HeadDim^-0.5
	Window                  int     // a query at p sees keys t with p-t < Window; 0 = all t <= p
}

// Activation is the non-linearity of a gated feed-forward layer.
type Activation int

// The activations in use.
const (
	SiLU     Activation = iota // x*sigmoid(x)
	GELUTanh                   // 0.5x(1+tanh(sqrt(2/pi)(x+0.044715x^3)))
)

// Scored is what Ops.Score reports of one row.
type Scored struct {
	LogProb float64 // natural log of the probability of the target token
	Top     int32   // the most probable token; lowest id on ties
}

// Ops is what a model needs of a back end: about twenty fused steps on buffers that belong to the back end, so that a
// GPU can keep them on its side.
//
// Steps run in call order and take the first n rows of their buffers. They do not return errors: a back end that
// can fail keeps the first error and returns it from Logits, Score and Read. All values are bit-identical whatever n, the
// position of a row in the batch, the split of a sequence into batches and the number of threads.
// An Ops is used by one goroutine at a time.
type Ops interface {
	// NewMatrix makes one matrix of the rows of parts, stacked in order; all parts have the same width. The
	// tensors' data may be dropped afterwards unless the back end says that it reads them in place.
	NewMatrix(name string, parts ...tensor.Tensor) (Matrix, error)
	// NewVector makes a vector of the values of parts, concatenated, each with add added (Gemma stores norm
	// weights as w-1 in safetensors files).
	NewVector(name string, add float32, parts ...tensor.Tensor) (Vector, error)
	NewBuffer(name string, rows, width int) (Buffer, error)
	NewKV(KVShape) (KV, error)

	// Embed sets row i of dst to row tokens[i] of table times scale.
	Embed(dst Buffer, table Matrix, tokens []int32, scale float32)
	// RMSNorm sets dst = src/sqrt(mean(src^2)+eps) * w, row by row.
	RMSNorm(dst, src Buffer, n int, w Vector, eps float32)
	// RMSNormAdd sets dst += src/sqrt(mean(src^2)+eps) * w, row by row.
	RMSNormAdd(dst, src Buffer, n int, w Vector, eps float32)
	// MatMul sets dst = w*src, row by row.
	MatMul(dst Buffer, w Matrix, src Buffer, n int)
	// MatMulAdd sets dst += w*src, row by row.
	MatMulAdd(dst Buffer, w Matrix, src Buffer, n int)
	// GateUp sets dst = act(gate*src) * (up*src), row by row.
	GateUp(dst Buffer, gate, up Matrix, src Buffer, n int, act Activation)
	// StoreKV finishes the qkv rows in place (bias, head norms, rope, in this order) and writes keys and values of
	// all spans into kv.
	StoreKV(kv KV, qkv Buffer, spans []Span, a *Attention)
	// Attend sets dst [Heads*HeadDim] to the attention of the finished queries over the cached keys and values of
	// their sequence, causally, limited by a.Window.
	Attend(dst, qkv Buffer, kv KV, spans []Span, a *Attention)
	// CopyPage copies page src to page dst, all layers.
	CopyPage(kv KV, dst, src int32)

	// Logits writes w*src[rows[i]] to dst[i*w.Rows() : (i+1)*w.Rows()].
	Logits(dst []float32, w Matrix, src Buffer, rows []int) error
	// Score computes, for each i, the log-softmax of w*src[rows[i]] at targets[i] and its arg max. It works through the
	// vocabulary in tiles: memory does not grow with len(rows)*w.Rows(). Neighboring equal rows are computed once.
	Score(dst []Scored, w Matrix, src Buffer, rows []int, targets []int32) error
	// Read copies the first n rows of src to dst.
	Read(dst []float32, src Buffer, n int) error
	// Close releases everything made by this Ops.
	Close() error
}

// A Preparer is an Ops that leaves work for the first product with a matrix. Prepare does it before.
type Preparer interface {
	Prepare(m Matrix) error
}
