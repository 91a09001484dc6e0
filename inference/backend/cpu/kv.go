package cpu

import (
	"fmt"
	"unsafe"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// kvStore holds cached keys and values. A page holds its positions of every layer and head as a block:
// [layer][head]{keys [headDim][PageSize], values [PageSize][headDim]}. Keys are transposed so that one vector register
// holds the same dimension of many keys.
type kvStore struct {
	pages, layers, heads, headDim int

	typ  tensor.Type // F16, F32, or Q8_0: see putQ8
	side int         // bytes of the keys, or of the values, of a block
	data []byte
}

// Pages is the capacity in pages.
func (s *kvStore) Pages() int { return s.pages }

// Bytes is the memory in use.
func (s *kvStore) Bytes() int64 { return int64(len(s.data)) }

// block is the keys and values of one page, layer and head.
func (s *kvStore) block(page int32, layer, head int) []byte {
	return s.data[((int(page)*s.layers+layer)*s.heads+head)*2*s.side:][:2*s.side]
}

// halvesIn and floatsIn are the values of memory that holds nothing else.
func halvesIn(b []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}

func floatsIn(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// NewKV makes storage for keys and values outside the Go heap. Memory that is never written costs only address space.
func (b *Backend) NewKV(shape models.KVShape) (models.KV, error) {
	s := &kvStore{pages: shape.Pages, layers: shape.Layers, heads: shape.KVHeads, headDim: shape.HeadDim, typ: shape.Type}
	elements := 2 * models.PageSize
	for _, d := range []int{s.pages, s.layers, s.heads, s.headDim} {
		if d <= 0 || d > 1<<40/elements {
			return nil, fmt.Errorf("cpu: KV storage of %d pages, %d layers, %d heads of %d", s.pages, s.layers, s.heads, s.headDim)
		}
		elements *= d
	}
	switch {
	case s.typ != tensor.F16 && s.typ != tensor.F32 && s.typ != tensor.Q8_0:
		return nil, fmt.Errorf("cpu: KV storage of type %v: want F16, F32 or Q8_0", s.typ)
	case s.headDim%s.typ.BlockElems() != 0:
		return nil, fmt.Errorf("cpu: KV storage of type %v needs heads of a multiple of %d values, these have %d: want F16 or F32",
			s.typ, s.typ.BlockElems(), s.headDim)
	}
	s.side = models.PageSize * s.typ.RowBytes(s.headDim)
	mem, err := b.alloc(KVCache, s.typ.RowBytes(elements))
	if err != nil {
		return nil, err
	}
	s.data = mem
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
	size := s.layers * s.heads * 2 * s.side
	copy(s.data[int(dst)*size:][:size], s.data[int(src)*size:][:size])
}

// Largest finite float16. Keys and values beyond it are clamped: an infinite value would turn the zero weight of a masked
// key into NaN, and so let a later position change an earlier one.
const maxHalf = 65504

// clamp brings keys or values into the range of the storage.
func (s *kvStore) clamp(x []float32) {
	if s.typ == tensor.F32 {
		return
	}
	for i := range x {
		x[i] = min(max(x[i], -maxHalf), maxHalf)
	}
}

// put stores one position of one head, clamped before, in a block.
func (s *kvStore) put(k *kernels, block []byte, slot int, key, value []float32) {
	switch s.typ {
	case tensor.Q8_0:
		s.putQ8(block, slot, key, value)
		return
	case tensor.F32:
		column := floatsIn(block[:s.side])
		for i, x := range key {
			column[i*models.PageSize+slot] = x
		}
		copy(floatsIn(block[s.side:])[slot*s.headDim:], value)
		return
	}
	// The value row takes the converted key first: it is as long.
	column, row := halvesIn(block[:s.side]), halvesIn(block[s.side:])[slot*s.headDim:][:s.headDim]
	halves(k, row, key)
	for i, x := range row {
		column[i*models.PageSize+slot] = x
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

// clearAfter zeroes the values of a block from slot on. They get weight zero, but must be finite for that.
func (s *kvStore) clearAfter(block []byte, slot int) {
	clear(block[s.side+slot*s.side/models.PageSize:])
}

// swapped copies the keys (which = 0) or values (1) of a block to dst as float32 with rows and columns swapped:
// keys become [PageSize][headDim], values [headDim][PageSize].
func (s *kvStore) swapped(dst []float32, block []byte, which int) {
	if s.typ == tensor.Q8_0 {
		s.swappedQ8(dst, block, which)
		return
	}
	rows, cols := s.headDim, models.PageSize
	if which == 1 {
		rows, cols = cols, rows
	}
	side := block[which*s.side:][:s.side]
	for r := range rows {
		if s.typ == tensor.F32 {
			for c, x := range floatsIn(side)[r*cols:][:cols] {
				dst[c*rows+r] = x
			}
			continue
		}
		for c, x := range halvesIn(side)[r*cols:][:cols] {
			dst[c*rows+r] = tensor.HalfToFloat(x)
		}
	}
}
