package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Bounds on what a header may claim. ggml itself allows 4 dimensions and names of 63 bytes; some builds of it are
// made with longer names.
const (
	maxDims      = 4
	maxName      = 1 << 10
	maxKey       = 1<<16 - 1 // the limit of the specification
	maxAlignment = 1 << 30
	maxTypeID    = 1<<16 - 1

	// Fewest bytes that one of these takes in a file.
	minEntry = 8 + 1 + 4 + 1
	minInfo  = 8 + 1 + 4 + 4 + 8

	defaultAlignment = 32
)

// Value types of metadata.
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

// valueSizes are the bytes of scalars; for strings, and as the element of an array, the smallest size.
var valueSizes = [...]int{
	typeUint8: 1, typeInt8: 1, typeUint16: 2, typeInt16: 2, typeUint32: 4, typeInt32: 4, typeFloat32: 4, typeBool: 1,
	typeString: 8, typeArray: 12, typeUint64: 8, typeInt64: 8, typeFloat64: 8,
}

// A header is all of one file but the tensor data.
type header struct {
	name    string
	version uint32
	keys    []string
	meta    map[string]any
	infos   []Info // Part not set

	alignment int // of offsets
}

// A reader walks through a header. what names the entry or tensor being read, for errors.
type reader struct {
	file string
	data []byte
	pos  int
	what string
}

// errorf makes an error that names the file, what is being read, and the position pos.
func (r *reader) errorf(pos int, format string, args ...any) error {
	what := r.what
	if what != "" {
		what += ": "
	}
	return fmt.Errorf("gguf: %s: %s%w (at byte %d)", r.file, what, fmt.Errorf(format, args...), pos)
}

func (r *reader) left() int { return len(r.data) - r.pos }

// take returns the next n bytes, which are the thing called what.
func (r *reader) take(n int, what string) ([]byte, error) {
	if n > r.left() {
		return nil, r.errorf(r.pos, "file ends inside %s: %d bytes needed, %d left", what, n, r.left())
	}
	b := r.data[r.pos : r.pos+n]
	r.pos += n
	return b, nil
}

func (r *reader) uint32(what string) (uint32, error) {
	b, err := r.take(4, what)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64(what string) (uint64, error) {
	b, err := r.take(8, what)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads a number of things that take at least size bytes each.
func (r *reader) count(what string, size int) (int, error) {
	pos := r.pos
	n, err := r.uint64(what)
	if err != nil {
		return 0, err
	}
	if most := r.left() / size; n > uint64(most) {
		return 0, r.errorf(pos, "claims %d %s, the %d bytes left hold at most %d", n, what, r.left(), most)
	}
	return int(n), nil
}

// bytes reads the length and content of a string without copying it.
func (r *reader) bytes(what string) ([]byte, error) {
	pos := r.pos
	n, err := r.uint64(what)
	if err != nil {
		return nil, err
	}
	if n > uint64(r.left()) {
		return nil, r.errorf(pos, "%s claims %d bytes, %d are left", what, n, r.left())
	}
	return r.take(int(n), what)
}

// identifier reads a key or a tensor name.
func (r *reader) identifier(what string, limit int) (string, error) {
	pos := r.pos
	b, err := r.bytes(what)
	switch {
	case err != nil:
		return "", err
	case len(b) == 0:
		return "", r.errorf(pos, "%s is empty", what)
	case len(b) > limit:
		return "", r.errorf(pos, "%s has %d bytes, more than %d", what, len(b), limit)
	case !utf8.Valid(b):
		return "", r.errorf(pos, "%s %q is not UTF-8", what, b)
	}
	return string(b), nil
}

// parseHeader reads and checks everything but the data of tensors.
func parseHeader(name string, data []byte) (*header, error) {
	r := &reader{file: name, data: data}
	h := &header{name: name, alignment: defaultAlignment}
	if len(data) < 4 || string(data[:4]) != "GGUF" {
		return nil, r.errorf(0, "not a GGUF file: it starts with %q", data[:min(4, len(data))])
	}
	r.pos = 4
	var err error
	if h.version, err = r.uint32("the version"); err != nil {
		return nil, err
	}
	switch {
	case h.version == 2 || h.version == 3:
	case h.version == 1:
		return nil, r.errorf(4, "version 1 of the format, replaced in 2023, is not supported: convert the model again")
	case bits.ReverseBytes32(h.version) <= 3:
		return nil, r.errorf(4, "a big-endian file, only little-endian ones are supported")
	default:
		return nil, r.errorf(4, "version %d of the format is not supported, only 2 and 3 are", h.version)
	}
	tensors, err := r.count("tensors", minInfo)
	if err != nil {
		return nil, err
	}
	entries, err := r.count("metadata entries", minEntry)
	if err != nil {
		return nil, err
	}
	if err := h.readEntries(r, entries); err != nil {
		return nil, err
	}
	return h, h.readInfos(r, tensors)
}

func (h *header) readEntries(r *reader, n int) error {
	h.meta = make(map[string]any)
	for i := range n {
		r.what = fmt.Sprintf("metadata entry %d", i)
		pos := r.pos
		key, err := r.identifier("key", maxKey)
		if err != nil {
			return err
		}
		r.what = fmt.Sprintf("metadata %q", key)
		if _, ok := h.meta[key]; ok {
			return r.errorf(pos, "the key occurs twice")
		}
		pos = r.pos
		v, err := r.value()
		if err != nil {
			return err
		}
		if key == "general.alignment" {
			n, ok := number[int](v)
			if !ok || n <= 0 || n > maxAlignment || n&(n-1) != 0 {
				return r.errorf(pos, "%v is not a power of two up to %d", v, maxAlignment)
			}
			h.alignment = n
		}
		h.meta[key] = v
		h.keys = append(h.keys, key)
	}
	return nil
}

func (h *header) readInfos(r *reader, n int) error {
	type place struct {
		offset uint64
		pos    int
	}
	var places []place
	seen := make(map[string]bool)
	for i := range n {
		r.what = fmt.Sprintf("tensor %d", i)
		pos := r.pos
		name, err := r.identifier("name", maxName)
		if err != nil {
			return err
		}
		r.what = fmt.Sprintf("tensor %q", name)
		if seen[name] {
			return r.errorf(pos, "the name occurs twice")
		}
		seen[name] = true
		in := Info{Name: name}
		if err := in.read(r); err != nil {
			return err
		}
		pos = r.pos
		offset, err := r.uint64("the offset")
		if err != nil {
			return err
		}
		h.infos = append(h.infos, in)
		places = append(places, place{offset, pos})
	}
	if n == 0 {
		return nil
	}
	// Where the data starts is known only now.
	start := uint64(r.pos+h.alignment-1) / uint64(h.alignment) * uint64(h.alignment)
	size := uint64(len(r.data))
	for i := range h.infos {
		in, p := &h.infos[i], places[i]
		r.what = fmt.Sprintf("tensor %q", in.Name)
		if p.offset%uint64(h.alignment) != 0 {
			return r.errorf(p.pos, "offset %d is not a multiple of the alignment %d", p.offset, h.alignment)
		}
		if start > size || p.offset > size-start || uint64(in.Bytes) > size-start-p.offset {
			return r.errorf(p.pos, "its %d bytes at offset %d of the data, which starts at byte %d, go past the end of the file at byte %d (incomplete download?)",
				in.Bytes, p.offset, start, size)
		}
		in.Offset = int64(start + p.offset)
	}
	return nil
}

// splitCount is the number of parts the model is split into, 1 if the header says nothing of it.
func (h *header) splitCount() (int, error) {
	v, ok := h.meta["split.count"]
	if !ok {
		return 1, nil
	}
	n, ok := number[int](v)
	if !ok || n < 0 || n > 99999 {
		return 0, fmt.Errorf("gguf: %s: metadata \"split.count\": %v is not a number of parts", h.name, v)
	}
	return n, nil
}

// read reads dimensions and type, and sets Shape, Type and Bytes.
func (in *Info) read(r *reader) error {
	pos := r.pos
	n, err := r.uint32("the number of dimensions")
	if err != nil {
		return err
	}
	if n > maxDims {
		return r.errorf(pos, "%d dimensions, more than %d", n, maxDims)
	}
	elems := uint64(1)
	for i := range int(n) {
		pos := r.pos
		d, err := r.uint64("a dimension")
		if err != nil {
			return err
		}
		hi, lo := bits.Mul64(elems, d)
		if d == 0 || hi != 0 || lo > math.MaxInt {
			return r.errorf(pos, "dimension %d of %d is %d: no tensor has such a size", i, n, d)
		}
		elems = lo
		in.Shape = append(in.Shape, int(d))
	}
	slices.Reverse(in.Shape)
	pos = r.pos
	id, err := r.uint32("the type")
	if err != nil {
		return err
	}
	if id > maxTypeID {
		return r.errorf(pos, "type id %d out of range", id)
	}
	in.Type = tensor.Type(id)
	block := uint64(in.Type.BlockElems())
	if block == 0 {
		return nil // an id without a meaning has no size
	}
	width := uint64(tensor.Tensor{Shape: in.Shape}.Width())
	if width%block != 0 {
		return r.errorf(pos, "rows of %d elements are not whole blocks of %d (%v)", width, block, in.Type)
	}
	hi, lo := bits.Mul64(elems/block, uint64(in.Type.BlockBytes()))
	if hi != 0 || lo > math.MaxInt {
		return r.errorf(pos, "%d elements of %v: no tensor has such a size", elems, in.Type)
	}
	in.Bytes = int64(lo)
	return nil
}
