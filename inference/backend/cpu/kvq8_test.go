package cpu

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// TestQuantizeQ8 compares with the quantizer of files, ties and denormals among the values.
func TestQuantizeQ8(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 0))
	for i := range 2000 {
		x := make([]float32, 64)
		for j := range x {
			x[j] = float32(r.NormFloat64() * math.Pow(10, float64(i%40-36)))
			switch i % 5 {
			case 1:
				x[j] = float32(r.IntN(255)-127) / 2 // ties
			case 2:
				x[j] = 0
			case 3:
				x[j] = min(max(x[j]*1e6, -maxHalf), maxHalf)
			}
		}
		if i%5 == 1 {
			x[0], x[32] = 127, -127
		}
		got, want := make([]byte, 2*q8Block), make([]byte, 2*q8Block)
		quantizeQ8(got, x)
		if err := tensor.Quantize(tensor.Q8_0, want, x); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("values %v:\ngot  %v\nwant %v", x, got, want)
		}
	}
	got, x := make([]byte, q8Block), make([]float32, 32)
	x[3] = float32(math.NaN())
	quantizeQ8(got, x)
	wide := make([]float32, 32)
	if fromQ8Go(wide, got); wide[0] == wide[0] {
		t.Errorf("a block with a NaN widens to %v", wide)
	}
}

// TestFromQ8 compares the kernels with their twin on any bytes.
func TestFromQ8(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		r := rand.New(rand.NewPCG(27, 0))
		for n := range 9 {
			x := make([]byte, n*q8Block+1)
			for i := range x {
				x[i] = byte(r.Uint32())
			}
			got, want := make([]float32, 32*n), make([]float32, 32*n)
			k.fromQ8(got, x[1:])
			fromQ8Go(want, x[1:])
			checkSame(t, "fromQ8", got, want)
		}
	})
}

// TestPutQ8 checks that keys and values come back as a file of Q8_0 would give them.
func TestPutQ8(t *testing.T) {
	const dim = 96
	b := open(t, Options{Level: Reference, Threads: 1})
	kv, err := b.NewKV(models.KVShape{Pages: 1, Layers: 1, KVHeads: 1, HeadDim: dim, Type: tensor.Q8_0})
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(2 * 32 * dim / 32 * 34); kv.Bytes() != want {
		t.Errorf("%d bytes, want %d", kv.Bytes(), want)
	}
	s, r := kv.(*kvStore), rand.New(rand.NewPCG(28, 0))
	var want [2][32 * dim]float32
	block := s.block(0, 0, 0)
	for slot := range 31 { // the last one stays as it is
		key, value := awkward(r, dim, false), awkward(r, dim, false)
		s.put(nil, block, slot, key, value)
		for side, x := range [][]float32{key, value} {
			row := make([]byte, tensor.Q8_0.RowBytes(dim))
			if err := tensor.Quantize(tensor.Q8_0, row, x); err != nil {
				t.Fatal(err)
			}
			if err := tensor.Dequantize(tensor.Q8_0, want[side][slot*dim:][:dim], row); err != nil {
				t.Fatal(err)
			}
		}
	}
	keys, values, turned := make([]float32, 32*dim), make([]float32, 32*dim), make([]float32, 32*dim)
	s.swapped(keys, block, 0)
	s.swapped(turned, block, 1)
	for i := range values {
		values[i] = turned[i%dim*32+i/dim]
	}
	checkSame(t, "keys", keys[:31*dim], want[0][:31*dim])
	checkSame(t, "values", values, want[1][:])
}
