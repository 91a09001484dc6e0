package inference

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/llama4-eval/llama4-eval/inference/gguf"
	"github.com/llama4-eval/llama4-eval/inference/mapped"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/safetensors"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// A Checkpoint is an open model: what models are built from, and what reports say of it. Its fields must not be changed. Meta
// and Tensor are safe for concurrent use; data of tensors is valid until Close.
type Checkpoint struct {
	models.Checkpoint

	Path   string // as given to OpenCheckpoint
	Folder string // the folder that path is, or that holds it: config.json, tokenizer.json and the like lie here for format HF
	// Files are the files that decide what the model computes, weights first; their bytes can be hashed for reports.
	Files []CheckpointFile
	// Quant names how the weights are stored: that of a GGUF file's general.file_type ("Q4_K_M"), or the type of most
	// elements ("BF16"). Single tensors may have other types.
	Quant       string
	Tensors     []TensorInfo // all tensors, in the order of the files
	TensorBytes int64        // as stored
	Parameters  int64        // elements of all tensors

	GGUF *gguf.File // for the tokenizer; nil for format HF

	parts   int         // how many of Files hold weights
	weights weightFiles // nil once closed
}

// weightFiles is what the readers have in common.
type weightFiles interface {
	Guard(read func() error) error
	Reader(part int) io.Reader
	Drop()
	DropPart(data []byte)
	Close() error
}

// A FileError says that a weight file was truncated or changed while it was in use, or cannot be read any more. Nothing
// that was computed since the last check is to be relied on.
type FileError = mapped.FileError

// A CheckpointFile is one file of a checkpoint.
type CheckpointFile struct {
	Path  string
	Bytes int64
}

// A TensorInfo is one tensor of a checkpoint.
type TensorInfo struct {
	Name   string
	Type   tensor.Type
	Shape  []int // outermost dimension first
	Offset int64 // from the start of the file, in bytes
	Bytes  int64
	File   int // index into Checkpoint.Files
}

// OpenCheckpoint opens a GGUF file (any part of a split one) or a Hugging Face folder: config.json with model.safetensors or
// its shards. Files are mapped, not read; everything in their headers is checked. Errors name the file and the place in it.
func OpenCheckpoint(path string) (*Checkpoint, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	c := &Checkpoint{Path: path, Folder: path}
	if st.IsDir() {
		err = c.openHF()
	} else {
		c.Folder = filepath.Dir(path)
		err = c.openGGUF()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	for _, t := range c.Tensors {
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		c.Parameters += n
		c.TensorBytes += t.Bytes
	}
	if c.Quant == "" {
		c.Quant = dominantType(c.Tensors).String()
	}
	return c, nil
}

// Close releases the files. A second call does nothing.
func (c *Checkpoint) Close() error {
	if c.weights == nil {
		return nil
	}
	err := c.weights.Close()
	c.weights = nil
	return err
}

// Guard runs read, which may read the data of tensors, directly or by way of a back end. It gives a [*FileError] if the system
// cannot deliver the data, which would end the process otherwise, and if a weight file has changed by the end of read: what
// it has seen may then be of the old file or of the new one.
func (c *Checkpoint) Guard(read func() error) error { return c.weights.Guard(read) }

// Reader reads Files[i] from its start. Weight files are read as they were opened, whatever their path leads to now.
func (c *Checkpoint) Reader(i int) (io.ReadCloser, error) {
	if i < c.parts {
		return io.NopCloser(c.weights.Reader(i)), nil
	}
	return os.Open(c.Files[i].Path)
}

func (c *Checkpoint) openGGUF() error {
	f, err := gguf.Open(c.Path)
	if err != nil {
		return err
	}
	c.weights, c.GGUF = f, f
	c.Format, c.Tensor = models.GGUF, f.Tensor
	c.Meta = func(key string) (any, bool) {
		v, ok := f.Meta(key)
		if !ok {
			return nil, false
		}
		return plain(v), true
	}
	arch, ok, err := gguf.String(f, "general.architecture")
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("model: %s: metadata \"general.architecture\" is missing", c.Path)
	}
	c.Arch = arch
	for _, p := range f.Parts() {
		c.Files = append(c.Files, CheckpointFile(p))
	}
	c.parts = len(c.Files)
	for _, in := range f.Tensors() {
		c.Tensors = append(c.Tensors, TensorInfo{in.Name, in.Type, in.Shape, in.Offset, in.Bytes, in.Part})
	}
	// A file type that is absent or odd is no reason to refuse the model: it is only a name.
	if id, ok, err := gguf.Number[int](f, "general.file_type"); ok && err == nil {
		c.Quant = fileTypes[id&^guessedFileType]
	}
	return nil
}

// plain turns typed slices into []any with elements as [models.Checkpoint] promises them.
func plain(v any) any {
	s := reflect.ValueOf(v)
	if s.Kind() != reflect.Slice {
		return v
	}
	out := make([]any, s.Len())
	for i := range out {
		switch e := s.Index(i); {
		case e.CanInt():
			out[i] = e.Int()
		case e.CanUint():
			out[i] = e.Uint()
		case e.CanFloat():
			out[i] = e.Float()
		default:
			out[i] = e.Interface()
		}
	}
	return out
}

// guessedFileType is added to a file type that wasn't written on purpose (llama.h, LLAMA_FTYPE_GUESSED).
const guessedFileType = 1024

// fileTypes are the names of general.file_type (llama.h, enum llama_ftype).
var fileTypes = map[int]string{
	0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L",
	14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
	23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M",
	32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
}

// dominantType is the type of most elements, the lower id on a tie.
func dominantType(tensors []TensorInfo) tensor.Type {
	elems := map[tensor.Type]int64{}
	for _, t := range tensors {
		n := int64(1)
		for _, d := range t.Shape {
			n *= int64(d)
		}
		elems[t.Type] += n
	}
	var best tensor.Type
	for t, n := range elems {
		if n > elems[best] || n == elems[best] && t < best {
			best = t
		}
	}
	return best
}

// configFiles are the small files of a Hugging Face folder that bear on results, in the order they are reported in. All but the first may
// be absent.
var configFiles = []string{
	"config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
	"special_tokens_map.json", "chat_template.jinja", "preprocessor_config.json",
}

func (c *Checkpoint) openHF() error {
	config, err := readConfig(filepath.Join(c.Folder, "config.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("model: %s: a folder without config.json is no model; name a GGUF file or a Hugging Face folder", c.Folder)
	} else if err != nil {
		return err
	}
	f, err := safetensors.Open(c.Folder)
	if err != nil {
		return err
	}
	c.weights = f
	c.Format, c.Tensor, c.Meta = models.HF, f.Tensor, config.lookup
	arch, ok := config.lookup("model_type")
	if c.Arch, _ = arch.(string); !ok || c.Arch == "" {
		return fmt.Errorf("model: %s: model_type is missing or not text", filepath.Join(c.Folder, "config.json"))
	}
	for _, p := range f.Parts() {
		c.Files = append(c.Files, CheckpointFile{p.Path, p.Bytes})
	}
	c.parts = len(c.Files)
	for _, in := range f.Tensors() {
		c.Tensors = append(c.Tensors, TensorInfo{in.Name, in.Type, in.Shape, in.Offset, in.Bytes, in.Part})
	}
	for _, name := range configFiles {
		path := filepath.Join(c.Folder, name)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
			c.Files = append(c.Files, CheckpointFile{path, st.Size()})
		}
	}
	return nil
}
