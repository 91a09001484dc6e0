package cpu

import (
	"encoding/binary"
	"math"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Keys and values of type Q8_0: 32 values of a head have a common float16 scale. The keys of a block are a group of weights in
// layoutW8, where a row is a key, so that scores are a product of packed weights with quantized queries. The values of a block are
// [PageSize] rows as a file of Q8_0 has them. Memory that was never written is zeros.

// q8Block is the size of 32 values: scale, then codes.
const q8Block = 2 + 32

// putQ8 is put for Q8_0.
func (s *kvStore) putQ8(block []byte, slot int, key, value []float32) {
	per := s.side / models.PageSize
	// The value row takes the converted key first: it is as long.
	row := block[s.side+slot*per:][:per]
	quantizeQ8(row, key)
	le := binary.LittleEndian
	for i := range len(key) / 32 {
		from, to := row[i*q8Block:][:q8Block], block[i*groupRows*q8Block:][:groupRows*q8Block]
		for w := range 8 {
			le.PutUint32(to[4*groupRows*w+4*slot:], le.Uint32(from[2+4*w:])^0x80808080)
		}
		le.PutUint16(to[32*groupRows+2*slot:], le.Uint16(from))
	}
	quantizeQ8(row, value)
}

// quantizeQ8 gives the bytes of tensor.Quantize, without errors: values are in the range of float16, and a block with a NaN
// gets the scale NaN.
func quantizeQ8(dst []byte, x []float32) {
	for i := 0; 32*i < len(x); i++ {
		v, to := (*[32]float32)(x[32*i:]), (*[q8Block]byte)(dst[q8Block*i:])
		var top uint32 // as bits, which order like magnitudes and put NaN on top
		for _, f := range v {
			top = max(top, math.Float32bits(f)&0x7fffffff)
		}
		d := math.Float32frombits(top) / 127
		binary.LittleEndian.PutUint16(to[:], tensor.FloatToHalf(d))
		inverse := 1 / d
		if !(inverse <= math.MaxFloat32) { // all are zero, or nearly so, or one is NaN
			clear(to[2:])
			continue
		}
		for j, f := range v {
			// Half away from zero; the sums are exact.
			code := float64(float32(f * inverse))
			to[2+j] = byte(int32(code + math.Copysign(0.5, code)))
		}
	}
}

// fromQ8Go widens blocks of Q8_0; products of code and scale are exact.
func fromQ8Go(dst []float32, x []byte) {
	for i := range len(dst) / 32 {
		block := (*[q8Block]byte)(x[q8Block*i:])
		scale := halfToFloat(binary.LittleEndian.Uint16(block[:]))
		for j, c := range block[2:] {
			dst[32*i+j] = scale * float32(int8(c))
		}
	}
}

// swappedQ8 is swapped for Q8_0.
func (s *kvStore) swappedQ8(dst []float32, block []byte, which int) {
	if which == 0 {
		var u unpacked
		for i := range s.headDim / 32 {
			u.read(layoutW8, block[:s.side], i)
			for r := range models.PageSize {
				for j, c := range u.code[r] {
					dst[r*s.headDim+32*i+j] = u.scale[0][r] * float32(c)
				}
			}
		}
		return
	}
	per := s.side / models.PageSize
	var row [32]float32
	for r := range models.PageSize {
		for i := range s.headDim / 32 {
			fromQ8Go(row[:], block[s.side+r*per+i*q8Block:])
			for j, v := range row {
				dst[(32*i+j)*models.PageSize+r] = v
			}
		}
	}
}

// scoresQ8 sets the scores of the queries of rows [from, to), which are quantized like the inputs of products; they are kept until
// other rows are asked for.
func (t *attendTile) scoresQ8(scores []float32, keys []byte, from, to int) {
	n, k := (to-from)*t.group, t.b.k
	if t.quantizedFrom != from || t.quantizedTo != to {
		t.quantizedFrom, t.quantizedTo = from, to
		t.quantized.setRows(n)
		t.quantized.quantize(k, 0, n, t.q[from*t.group*t.d:])
	}
	for tile := range t.quantized.tiles() {
		shape := blockShape{n: t.quantized.tokens(tile), groups: 1, oStride: models.PageSize, width: t.d}
		k.blocks[layoutW8](keys, t.quantized.tile(tile), scores[tile*maxTile*models.PageSize:], shape)
	}
}

// queries returns room for the quantized form of n queries.
func (b *Backend) queries(w *worker, n, d int) *acts {
	if w.queries == nil || w.queries.width != d || w.queries.capacity < n {
		w.queries = newActs(n, d)
		b.count(Scratch, w.queries.bytes())
	}
	return w.queries
}
