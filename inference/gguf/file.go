package gguf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/llama4-eval/llama4-eval/inference/mapped"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// A File is an open GGUF model. All methods but Close are safe for concurrent use.
type File struct {
	version uint32
	keys    []string // in file order
	meta    map[string]any
	parts   []Part
	data    [][]byte // of every part, the whole file
	maps    []*mapped.File
	infos   []Info
	index   map[string]int // into infos
}

// A Part is one of the files of a model; most have only one.
type Part struct {
	Path  string
	Bytes int64
}

// Info says what and where a tensor is.
type Info struct {
	Name   string
	Type   tensor.Type
	Shape  []int // row-major: outermost dimension first
	Offset int64 // from the start of the part's file, in bytes
	Bytes  int64 // size of the data; 0 if the type id is not known, as then the size isn't either
	Part   int   // index into File.Parts
}

// Elements is the number of elements of the tensor.
func (i Info) Elements() int64 {
	n := int64(1)
	for _, d := range i.Shape {
		n *= int64(d)
	}
	return n
}

// Open maps the model of which path is the file, or any part of a split one, and checks headers and the places of all
// tensors. Errors name the file and the place in it.
func Open(path string) (*File, error) {
	f := &File{}
	if err := f.open(path); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Parse reads a model that lies in memory and is not split. Strings are copied, tensors are not: they alias data, which must
// not change. The name stands for the path in errors and in Parts.
func Parse(name string, data []byte) (*File, error) {
	f := &File{}
	h, err := parseHeader(name, data)
	if err != nil {
		return nil, err
	}
	if n, err := h.splitCount(); err != nil {
		return nil, err
	} else if n > 1 {
		return nil, fmt.Errorf("gguf: %s: one of %d parts of a model: open it as a file", name, n)
	}
	f.adopt(h)
	return f, f.add(h, data)
}

func (f *File) open(path string) error {
	h, err := f.openPart(path)
	if err != nil {
		return err
	}
	count, err := h.splitCount()
	if err != nil {
		return err
	}
	if count <= 1 {
		f.adopt(h)
		return f.add(h, f.maps[0].Data())
	}
	paths, err := siblings(path, count)
	if err != nil {
		return err
	}
	// The given part is opened again in its turn, which keeps the parts in order whichever was given.
	if err := f.Close(); err != nil {
		return err
	}
	for i, p := range paths {
		h, err := f.openPart(p)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("gguf: %s: part %d of %d is missing: %w", path, i+1, count, err)
			}
			return err
		}
		if n, err := h.splitCount(); err != nil {
			return err
		} else if n != count {
			return fmt.Errorf("gguf: %s: split.count is %d, but %d in %s", p, n, count, path)
		}
		if no, ok := number[int](h.meta["split.no"]); !ok || no != i {
			return fmt.Errorf("gguf: %s: split.no is %v, want %d from its name", p, h.meta["split.no"], i)
		}
		if i == 0 {
			f.adopt(h)
		}
		if err := f.add(h, f.maps[i].Data()); err != nil {
			return err
		}
	}
	if v, ok := f.meta["split.tensors.count"]; ok {
		if n, ok := number[int](v); !ok || n != len(f.infos) {
			return fmt.Errorf("gguf: %s: split.tensors.count is %v, but the %d parts hold %d tensors", paths[0], v, count, len(f.infos))
		}
	}
	return nil
}

func (f *File) openPart(path string) (h *header, err error) {
	m, err := mapped.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	f.maps = append(f.maps, m)
	err = mapped.Guard(func() (err error) {
		h, err = parseHeader(path, m.Data())
		return err
	}, m)
	return h, err
}

// adopt takes the metadata of the (first) part.
func (f *File) adopt(h *header) {
	f.version, f.keys, f.meta = h.version, h.keys, h.meta
	f.index = make(map[string]int, len(h.infos))
}

// add appends a part with its tensors.
func (f *File) add(h *header, data []byte) error {
	part := len(f.parts)
	f.parts = append(f.parts, Part{Path: h.name, Bytes: int64(len(data))})
	f.data = append(f.data, data)
	for _, in := range h.infos {
		if first, ok := f.index[in.Name]; ok {
			return fmt.Errorf("gguf: %s: tensor %q is already in %s", h.name, in.Name, f.parts[f.infos[first].Part].Path)
		}
		in.Part = part
		f.index[in.Name] = len(f.infos)
		f.infos = append(f.infos, in)
	}
	return nil
}

var partName = regexp.MustCompile(`^(.*)-([0-9]{5})-of-([0-9]{5})\.gguf$`)

// siblings gives the paths of all parts of a split model.
func siblings(path string, count int) ([]string, error) {
	dir, base := filepath.Split(path)
	m := partName.FindStringSubmatch(base)
	if m == nil {
		return nil, fmt.Errorf("gguf: %s: one of %d parts of a model, but not named like NAME-00001-of-%05d.gguf", path, count, count)
	}
	if n, err := strconv.Atoi(m[3]); err != nil || n != count {
		return nil, fmt.Errorf("gguf: %s: split.count is %d, but the name says %s parts", path, count, m[3])
	}
	paths := make([]string, count)
	for i := range paths {
		paths[i] = dir + fmt.Sprintf("%s-%05d-of-%s.gguf", m[1], i+1, m[3])
	}
	if no, err := strconv.Atoi(m[2]); err != nil || no < 1 || no > count {
		return nil, fmt.Errorf("gguf: %s: there is no part %s of %d", path, m[2], count)
	}
	return paths, nil
}

// Version is the version of the format, 2 or 3.
func (f *File) Version() int { return int(f.version) }

// Parts lists the files of the model, in order.
func (f *File) Parts() []Part { return slices.Clone(f.parts) }

// Tensors lists all tensors in the order of the files. The shapes must not be written to.
func (f *File) Tensors() []Info { return slices.Clone(f.infos) }

// Tensor finds a tensor by name. Its data aliases the file and is empty if the type id has no meaning to package tensor.
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

// Keys lists the keys of the metadata in file order.
func (f *File) Keys() []string { return slices.Clone(f.keys) }

// Meta is the metadata value of a key. Scalars are widened: uint64, int64, float64, bool or string. Arrays are slices of their
// element type as stored ([]string, []float32, []int32, []bool, ...), shared, not to be written to.
func (f *File) Meta(key string) (any, bool) {
	v, ok := f.meta[key]
	return v, ok
}

// Metadata is a copy of the whole table; arrays are shared.
func (f *File) Metadata() map[string]any { return maps.Clone(f.meta) }

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

// Close releases the files. The data of tensors is invalid afterwards; metadata stays valid.
func (f *File) Close() error {
	var first error
	for _, m := range f.maps {
		if err := m.Close(); err != nil && first == nil {
			first = fmt.Errorf("gguf: %w", err)
		}
	}
	f.maps, f.data = nil, nil
	return first
}
