// Package gguf reads GGUF files, the container of ggml models (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md),
// versions 2 and 3, in one file or split into several.
//
// [Open] maps a file, with all its siblings if it is one part of a split model, and checks the whole header; [Parse] does the
// same with bytes in memory. A [File] gives the metadata ([File.Meta], or by type: [Number], [Numbers], [String], [Strings],
// [Bool], [Bools]), the list of
// tensors ([File.Tensors]: name, type, shape, place) and the tensors themselves ([File.Tensor]), whose data is not copied.
//
// # Layout
//
// Everything is little-endian, without padding except where said:
//
//	"GGUF"
//	uint32 version
//	uint64 number of tensors
//	uint64 number of metadata entries
//	entries: string key, uint32 value type, value
//	tensor infos: string name, uint32 n, n x uint64 dimension, uint32 tensor type, uint64 offset
//	padding to the alignment
//	data
//
// A string is a uint64 length and so many bytes. Value types: 0 uint8, 1 int8, 2 uint16, 3 int16, 4 uint32, 5 int32, 6 float32,
// 7 bool (one byte, 0 or 1), 8 string, 9 array, 10 uint64, 11 int64, 12 float64. An array is a uint32 element type, a uint64
// count and the elements; arrays of arrays are refused, as other readers do.
//
// The alignment is the entry general.alignment, a power of two, or 32. Offsets count from the start of the data section and are
// multiples of the alignment. Dimensions stand innermost first; this package turns them round: shapes are row-major. The innermost one
// is a multiple of the block of the tensor type (see package tensor).
//
// Parts of a split model are named NAME-00001-of-00003.gguf and carry the entries split.no (from 0), split.count and
// split.tensors.count (of all parts together); the metadata stands in the first part, tensors may be in any.
//
// # Limits
//
// The header of a file is not trusted: every count and length is compared with the bytes that are left before anything is
// allocated, so memory is bounded by a small multiple of the file's size. Errors name the file, the entry or tensor and the
// byte position. Tensors may overlap and leave gaps.
//
// The package doesn't interpret metadata, doesn't convert weights and doesn't write files. Tensors of types that package tensor
// cannot read are listed; converting their data is what fails.
//
//	f, err := gguf.Open("model.gguf")
//	if err != nil { ... }
//	defer f.Close()
//	layers, ok, err := gguf.Number[int](f, "llama.block_count")
//	embeddings, ok := f.Tensor("token_embd.weight")
package gguf
