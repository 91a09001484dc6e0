package cpu

import (
	"fmt"
	"unsafe"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// kvStore holds cached keys and values. A page holds its positions of every layer and head:
// [layer][head]{keys [headDim][PageSize], values [PageSize][headDim]}. Keys are transposed so that one vector register
// holds the same dimension of many keys.
type kvStore struct {
	pages, layers, heads, headDim int

	half  []uint16  // the elements of F16 storage, else nil
	float []float32 // the elements of F32 storage, else nil
}

// Pages is the capacity in pages.
func (s *kvStore) Pages() int { return s.pages }

// Bytes is the memory in use.
func (s *kvStore) Bytes() int64 { return int64(2*len(s.half) + 4*len(s.float)) }

// keys is the index of the first key element of one page, layer and head; the values follow after block elements.
func (s *kvStore) keys(page int32, layer, head int) int {
	return ((int(page)*s.layers+layer)*s.heads + head) * 2 * s.block()
}

// block is the number of elements of the keys, or the values, of one page, layer and head.
func (s *kvStore) block() int { return models.PageSize * s.headDim }

// NewKV makes storage for keys and values outside the Go heap. Memory that is never written costs only address space.
func (b *Backend) NewKV(shape models.KVShape) (models.KV, error) {
	s := &kvStore{pages: shape.Pages, layers: shape.Layers, heads: shape.KVHeads, headDim: shape.HeadDim}
	elements := 2 * models.PageSize
	for _, d := range []int{s.pages, s.layers, s.heads, s.headDim} {
		if d <= 0 || d > 1<<40/elements {
			return nil, fmt.Errorf("cpu: KV storage of %d pages, %d layers, %d heads of %d", s.pages, s.layers, s.heads, s.headDim)
		}
		elements *= d
	}
	switch shape.Type {
	case tensor.F16:
		mem, err := b.alloc(KVCache, 2*elements)
		if err != nil {
			return nil, err
		}
		s.half = unsafe.Slice((*uint16)(unsafe.Pointer(&mem[0])), elements)
	case tensor.F32:
		mem, err := b.allocFloats(KVCache, elements)
		if err != nil {
			return nil, err
		}
		s.float = mem
	default:
		return nil, fmt.Errorf("cpu: KV storage of type %v: want F16 or F32", shape.Type)
	}
	return s, nil
}

// CopyPage copies page src to page dst, all layers.
func (b *Backend) CopyPage(kv models.KV, dst, src int32) {
	s := kv.(*kvStore)
	if b.err != nil {
		return
	}
	if min(dst, src) < 0 || int(max(dst, src)) >= s.pages {
		b.fail("copying page %d to %d of %d", src, dst, s.pages)
		return
	}
	size := s.keys(1, 0, 0)
	from, to := int(src)*size, int(dst)*size
	if s.half != nil {
		copy(s.half[to:to+size], s.half[from:from+size])
	} else {
		copy(s.float[to:to+size], s.float[from:from+size])
	}
}

// Largest finite float16. Keys and values beyond it are clamped: an infinite value would turn the zero weight of a masked
// key into NaN, and so let a later position change an earlier one.
const maxHalf = 65504

// put stores one position of one head.
func (s *kvStore) put(k *kernels, page int32, slot, layer, head int, key, value []float32) {
	at := s.keys(page, layer, head)
	v := at + s.block() + slot*s.headDim
	if s.half == nil {
		for i, x := range key {
			s.float[at+i*models.PageSize+slot] = x
		}
		copy(s.float[v:v+s.headDim], value)
		return
	}
	for i := range key {
		key[i] = min(max(key[i], -maxHalf), maxHalf)
		value[i] = min(max(value[i], -maxHalf), maxHalf)
	}
	// The value row takes the converted key first: it is as long.
	row, column := s.half[v:v+s.headDim], s.half[at+slot:at+s.block()]
	halves(k, row, key)
	for i, x := range row {
		column[i*models.PageSize] = x
	}
	halves(k, row, value)
}

// halves rounds to float16.
func halves(k *kernels, dst []uint16, x []float32) {
	if k != nil {
		k.toHalf(dst, x)
		return
	}
	for i, v := range x {
		dst[i] = tensor.FloatToHalf(v)
	}
}

// clearAfter zeroes the values of a page from slot on. They get weight zero, but must be finite for that.
func (s *kvStore) clearAfter(page int32, slot, layer, head int) {
	v := s.keys(page, layer, head) + s.block()
	if s.half != nil {
		clear(s.half[v+slot*s.headDim : v+s.block()])
	} else {
		clear(s.float[v+slot*s.headDim : v+s.block()])
	}
}

// swapped copies the keys (which = 0) or values (1) of a page to dst as float32 with rows and columns swapped:
// keys become [PageSize][headDim], values [headDim][PageSize].
func (s *kvStore) swapped(dst []float32, page int32, layer, head, which int) {
	rows, cols := s.headDim, models.PageSize
	if which == 1 {
		rows, cols = cols, rows
	}
	at := s.keys(page, layer, head) + which*s.block()
	for r := range rows {
		if s.half != nil {
			for c, x := range s.half[at+r*cols:][:cols] {
				dst[c*rows+r] = tensor.HalfToFloat(x)
			}
		} else {
			for c, x := range s.float[at+r*cols:][:cols] {
				dst[c*rows+r] = x
			}
		}
	}
}
