package models

import (
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Format is the layout of a checkpoint. Some weights differ between the two: rows permuted for rope, norm weights
// stored as w or w-1, tensor names.
type Format int

// The two checkpoint layouts.
const (
	GGUF Format = iota
	HF          // Hugging Face folder: config.json + safetensors
)

// A Checkpoint is what a model is built from. Both readers (GGUF file, Hugging Face folder) are adapted to it by
// the inference package.
type Checkpoint struct {
	Format Format
	Arch   string // GGUF general.architecture, or model_type of config.json
	// Meta looks a hyper-parameter up. Keys are those of the file: "llama.block_count" (GGUF) or
	// "num_hidden_layers", nested with dots "rope_scaling.factor" (config.json). Values are int64, uint64, float64,
	// bool, string or []any of these; null counts as absent.
	Meta func(key string) (any, bool)
	// Tensor finds a weight by the name it has in the file.
	Tensor func(name string) (tensor.Tensor, bool)
}

// Config is what the engine needs to know of a loaded model.
type Config struct {
	Arch       string
	Layers     int
	Hidden     int // width of the residual stream
	Heads      int
	KVHeads    int
	HeadDim    int
	FFN        int // width of the gated layer
	Vocab      int // rows of the output matrix
	Context    int // longest sequence the model was made for, in tokens
	Parameters int64
}

// A Batch is a set of rows to run through the model at once. Spans cover Tokens exactly, in order.
type Batch struct {
	Tokens []int32
	Spans  []Span
}

// Probe receives every intermediate while it is set; see Model.SetProbe and, for the names, the package documentation.
// layer counts from 0 and is -1 outside the layers. values is [rows][width] and only valid during the call.
type Probe func(name string, layer int, values []float32)

// Model is a network bound to a back end.
type Model interface {
	Config() Config
	// Forward runs the batch, extends the KV storage, and leaves the rows after the final norm for Logits and Score.
	// len(b.Tokens) is at most the row capacity the model was built with.
	Forward(b Batch) error
	// Logits writes the logits [len(rows)][Vocab] of the given batch rows of the last Forward.
	Logits(dst []float32, rows []int) error
	// Score gives the log-probability of targets[i] after batch row rows[i] of the last Forward, and the arg max.
	Score(dst []Scored, rows []int, targets []int32) error
	// SetProbe makes Forward report every named intermediate (nil turns it off). Slow; for tests and parity.
	SetProbe(Probe)
	// CopyPage copies a page of this model's KV storage.
	CopyPage(dst, src int32)
}

// BuildOptions sizes a model's buffers.
type BuildOptions struct {
	MaxRows int         // most rows in a batch
	Pages   int         // pages of the KV storage
	KVType  tensor.Type // F16, F32 or Q8_0
}

// An Architecture builds models from checkpoints.
type Architecture struct {
	Name string // as in GGUF general.architecture
	// HFTypes are the model_type values of config.json that it reads.
	HFTypes []string
	// Configure reads and checks the hyper-parameters only.
	Configure func(Checkpoint) (Config, error)
	// Build binds every tensor, with its expected shape, to ops. The checkpoint has to stay open as long as the model
	// is used: a back end may read weights in place.
	Build func(Checkpoint, Ops, BuildOptions) (Model, error)
}
