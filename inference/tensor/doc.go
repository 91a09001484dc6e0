// Package tensor holds the element types of weights: their names, their block layouts, and the exact conversions between
// stored bytes and float32 values.
//
// A [Type] is how elements are stored: plain (F32, F16, BF16) or in blocks of 32 or 256 elements with shared scales. A
// [Tensor] is a named weight as it lies in a file, raw. [Dequantize] turns whole blocks into float32 values for every readable
// type; [Quantize] goes the other way for the types that need no search for scales (F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0).
// [HalfToFloat], [FloatToHalf], [BF16ToFloat] and [FloatToBF16] convert single values.
//
// The block layouts are those of ggml (ggml-common.h) and the arithmetic that of its reference C functions (ggml-quants.c): the same
// products in the same order, each rounded to float32 and never fused, so that results have the same bits on every machine.
//
// The package does not compute with tensors, does not read files and does not convert layouts for kernels; it knows the
// names of types that it cannot read only so that a file that holds them can be listed.
//
// To get the third row of a matrix:
//
//	row := make([]float32, t.Width())
//	if err := tensor.Dequantize(t.Type, row, t.Row(2)); err != nil { ... }
package tensor
