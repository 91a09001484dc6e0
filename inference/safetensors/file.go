package safetensors

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/inference/mapped"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Names of the files in a folder.
const (
	SingleName = "model.safetensors"
	IndexName  = "model.safetensors.index.json"
)

// A File is an open model in one or several files. All methods but Close are safe for concurrent use.
type File struct {
	parts []Part
	data  [][]byte // of every part, the whole file
	maps  []*mapped.File
	infos []Info
	index map[string]int // into infos
}

// A Part is one of the files of a model; most small ones have only one.
type Part struct {
	Path     string
	Bytes    int64
	Metadata map[string]string // the member __metadata__; nil if there is none
}

// Info says what and where a tensor is.
type Info struct {
	Name   string
	Type   tensor.Type
	Shape  []int // outermost dimension first
	Offset int64 // from the start of the part's file, in bytes
	Bytes  int64
	Part   int // index into File.Parts
}

// Elements is the number of elements of the tensor.
func (i Info) Elements() int64 {
	n := int64(1)
	for _, d := range i.Shape {
		n *= int64(d)
	}
	return n
}

// Open maps a model: path is a safetensors file, an index (NAME.index.json), or a folder that holds model.safetensors or,
// failing that, model.safetensors.index.json. A folder with neither gives an error that wraps [fs.ErrNotExist].
func Open(path string) (*File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	if st.IsDir() {
		folder := path
		path = ""
		for _, name := range []string{SingleName, IndexName} {
			if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
				path = filepath.Join(folder, name)
				break
			}
		}
		if path == "" {
			return nil, fmt.Errorf("safetensors: %s: neither %s nor %s: %w", folder, SingleName, IndexName, fs.ErrNotExist)
		}
	}
	f := &File{index: map[string]int{}}
	if strings.HasSuffix(path, ".index.json") {
		err = f.openShards(path)
	} else {
		err = f.openPart(path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Parse reads one file that lies in memory. Tensors alias data, which must not change. The name stands for the path in errors
// and in Parts.
func Parse(name string, data []byte) (*File, error) {
	f := &File{index: map[string]int{}}
	if err := f.add(name, data); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) openPart(path string) error {
	m, err := mapped.Open(path)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	f.maps = append(f.maps, m)
	return mapped.Guard(func() error { return f.add(path, m.Data()) }, m)
}

// openShards opens all files that an index names, in the order of their names.
func (f *File) openShards(path string) error {
	weights, err := readIndex(path)
	if err != nil {
		return err
	}
	shards := slices.Compact(slices.Sorted(maps.Values(weights)))
	for _, name := range shards {
		if err := f.openPart(filepath.Join(filepath.Dir(path), name)); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("safetensors: %s: shard %q is missing: %w", path, name, fs.ErrNotExist)
			}
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		i, ok := f.index[name]
		if !ok {
			return fmt.Errorf("safetensors: %s: tensor %q is in none of the shards, the index says %s", path, name, weights[name])
		}
		if got := filepath.Base(f.parts[f.infos[i].Part].Path); got != weights[name] {
			return fmt.Errorf("safetensors: %s: tensor %q is in %s, the index says %s", path, name, got, weights[name])
		}
	}
	return nil
}

// add appends a file with its tensors.
func (f *File) add(name string, data []byte) error {
	h, err := parseHeader(name, data)
	if err != nil {
		return err
	}
	part := len(f.parts)
	f.parts = append(f.parts, Part{Path: name, Bytes: int64(len(data)), Metadata: h.metadata})
	f.data = append(f.data, data)
	for _, in := range h.infos {
		if first, ok := f.index[in.Name]; ok {
			return fmt.Errorf("safetensors: %s: tensor %q is already in %s", name, in.Name, f.parts[f.infos[first].Part].Path)
		}
		in.Part = part
		f.index[in.Name] = len(f.infos)
		f.infos = append(f.infos, in)
	}
	return nil
}

// Parts lists the files of the model, in order of their names.
func (f *File) Parts() []Part { return slices.Clone(f.parts) }

// Tensors lists all tensors in the order of the data. The shapes must not be written to.
func (f *File) Tensors() []Info { return slices.Clone(f.infos) }

// Tensor finds a tensor by name. Its data aliases the file.
func (f *File) Tensor(name string) (tensor.Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return tensor.Tensor{}, false
	}
	in := f.infos[i]
	end := in.Offset + in.Bytes
	return tensor.Tensor{
		Name: in.Name, Type: in.Type, Shape: slices.Clone(in.Shape),
		Data: f.data[in.Part][in.Offset:end:end],
	}, true
}

// Guard runs read, which may read the data of tensors, and gives a [*mapped.FileError] if a file is not what it was when it was
// opened: see [mapped.Guard].
func (f *File) Guard(read func() error) error { return mapped.Guard(read, f.maps...) }

// Reader reads a part as a file, from its start.
func (f *File) Reader(part int) io.Reader { return f.maps[part].Reader() }

// DropPart is Drop for data of a tensor, or a part of it: see [mapped.File.DropPart].
func (f *File) DropPart(data []byte) {
	for _, m := range f.maps {
		m.DropPart(data)
	}
}

// Drop tells the system that the weights are not needed for now. They stay readable, at the cost of reading them from the file again.
func (f *File) Drop() {
	for _, m := range f.maps {
		m.Drop()
	}
}

// Close releases the files. The data of tensors is invalid afterwards.
func (f *File) Close() error {
	var first error
	for _, m := range f.maps {
		if err := m.Close(); err != nil && first == nil {
			first = fmt.Errorf("safetensors: %w", err)
		}
	}
	f.maps, f.data = nil, nil
	return first
}
