package cpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// eachLevel runs f for every level with kernels.
func eachLevel(t *testing.T, f func(t *testing.T, k *kernels)) {
	t.Helper()
	for _, l := range Levels() {
		if l == Reference {
			continue
		}
		t.Run(l.String(), func(t *testing.T) { f(t, useKernels(t, l)) })
	}
}

// useKernels returns the kernels of a level, or skips the test on machines without them.
func useKernels(t testing.TB, l Level) *kernels {
	t.Helper()
	k, err := kernelsAt(l)
	if err != nil {
		t.Skip(err)
	}
	return k
}

// randomTensor makes rows of random bytes; float16 scales are tamed so that every value is finite and of order 1.
func randomTensor(r *rand.Rand, t tensor.Type, rows, width int) tensor.Tensor {
	data := make([]byte, rows*t.RowBytes(width))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	size := t.BlockBytes()
	for at := 0; at < len(data); at += size {
		for _, off := range scaleOffsets(t) {
			v := tensor.FloatToHalf(float32(r.NormFloat64()) / 64)
			data[at+off], data[at+off+1] = byte(v), byte(v>>8)
		}
		switch t {
		case tensor.MXFP4:
			data[at] = byte(120 + r.IntN(10))
		case tensor.F32:
			v := math.Float32bits(float32(r.NormFloat64()))
			data[at], data[at+1], data[at+2], data[at+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
		case tensor.BF16:
			v := tensor.FloatToBF16(float32(r.NormFloat64()))
			data[at], data[at+1] = byte(v), byte(v>>8)
		}
	}
	return tensor.Tensor{Name: t.String(), Type: t, Shape: []int{rows, width}, Data: data}
}

// scaleOffsets are the places of the float16 values in a block.
func scaleOffsets(t tensor.Type) []int {
	switch t {
	case tensor.Q4_1, tensor.Q5_1, tensor.Q4_K, tensor.Q5_K:
		return []int{0, 2}
	case tensor.Q2_K:
		return []int{80, 82}
	case tensor.Q3_K:
		return []int{108}
	case tensor.Q6_K:
		return []int{208}
	case tensor.F32, tensor.BF16, tensor.MXFP4:
		return nil
	}
	return []int{0}
}

// dequantize widens a whole tensor.
func dequantize(t *testing.T, x tensor.Tensor) []float32 {
	t.Helper()
	y := make([]float32, x.Rows()*x.Width())
	if err := tensor.Dequantize(x.Type, y, x.Data); err != nil {
		t.Fatal(err)
	}
	return y
}
