package cpu

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// floatsOf reads float32 values.
func floatsOf(data []byte) []float32 {
	x := make([]float32, len(data)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return x
}

// vectorLevels are the kernels to compare with the twins.
func vectorLevels(f *testing.F) []*kernels {
	var all []*kernels
	for _, l := range Levels() {
		if l > Reference {
			all = append(all, useKernels(f, l))
		}
	}
	return all
}

// FuzzVectors compares the kernels on rows of any bits.
func FuzzVectors(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 12*35))
	var specials []byte
	for range 9 {
		for _, v := range special {
			specials = binary.LittleEndian.AppendUint32(specials, math.Float32bits(v))
		}
	}
	f.Add(specials)
	levels := vectorLevels(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		x := floatsOf(data)
		n := len(x) / 3
		for _, k := range levels {
			compareVectors(t, k, goKernels(), x[:n], x[n:2*n], x[2*n:3*n])
			if width := len(x) / 32 * 32; width > 0 {
				compareQuantize(t, k, width, 1, x[:width])
			}
		}
	})
}

// addBit of the number of tokens, counted in tiles, says whether products are added to what is there.
const addBit = 1

// FuzzBlocks compares products of any weight bytes with any codes.
func FuzzBlocks(f *testing.F) {
	for l := range intLayouts {
		f.Add(uint8(l), uint8(l), []byte{1, 2, 3, 255, 128, 127, 0, 60}, []byte{129, 127, 0, 1})
		f.Add(uint8(l), uint8(l)+maxTile*addBit, []byte{1, 2, 3, 255, 128, 127, 0, 60}, []byte{129, 127, 0, 1})
	}
	levels := vectorLevels(f)
	f.Fuzz(func(t *testing.T, l, tokens uint8, weights, codes []byte) {
		lay, n, add := layout(l)%intLayouts, 1+int(tokens)%maxTile, int(tokens)/maxTile&addBit != 0
		if len(weights) == 0 || len(codes) == 0 {
			return
		}
		const width, groups = 256, 2
		w := repeat(weights, groups*lay.panelBytes(width))
		if lay == layoutW8M16 {
			// Bytes without offset are codes of at most 5 bits.
			for b := 0; b < len(w); b += layoutTable[lay].bytes / 2 {
				for i := range 512 {
					w[b+i] &= 31
				}
			}
		}
		// Codes are at least -127; the sums and scales must belong to them.
		x := make([]float32, n*width)
		for i, c := range repeat(codes, len(x)) {
			x[i] = float32(max(int8(c), -127))
		}
		a := newActs(n, width)
		a.quantize(goKernels(), 0, n, x)
		before := make([]float32, n*groups*groupRows)
		for i := range before {
			before[i] = float32(i%37) - 18
		}
		want := slices.Clone(before)
		s := blockShape{n: n, groups: groups, oStride: groups * groupRows, width: width, add: add}
		blocksGo(lay, w, a.tile(0), want, s)
		for _, k := range levels {
			got := slices.Clone(before)
			k.blocks[lay](w, a.tile(0), got, s)
			checkSame(t, k.level.String(), got, want)
		}
	})
}

// repeat fills n bytes with copies of b.
func repeat(b []byte, n int) []byte {
	r := make([]byte, n)
	for i := range r {
		r[i] = b[i%len(b)]
	}
	return r
}
