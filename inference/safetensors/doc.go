// Package safetensors reads weights in the safetensors format (https://github.com/huggingface/safetensors), in one file or sharded
// with an index.
//
// [Open] takes a file, an index or a folder, maps the files and checks their headers; [Parse] does the same with one file in
// memory. A [File] lists the tensors ([File.Tensors]: name, type, shape, place) and gives them without copying ([File.Tensor]).
//
// # Layout
//
//	uint64 n, little-endian
//	n bytes of JSON, padded with spaces
//	data
//
// The JSON is an object, one member a tensor:
//
//	{"lm_head.weight": {"dtype": "BF16", "shape": [202048, 5120], "data_offsets": [0, 2068971520]},
//	 "__metadata__": {"format": "pt"}}
//
// Shapes are row-major, offsets count from the start of the data, elements are little-endian. As the format demands, the
// tensors cover the data without overlap, hole or rest: a file that breaks this is refused, because it is damaged or hides something.
//
// A sharded model has an index, model.safetensors.index.json, beside its files:
//
//	{"metadata": {"total_size": 1}, "weight_map": {"lm_head.weight": "model-00001-of-00002.safetensors"}}
//
// # Limits
//
// Headers and indexes of more than 100 MB (the limit of the reference implementation), names that occur twice, shapes that
// disagree with the offsets, and shards named outside the folder of the index are refused. Errors name file and tensor.
//
// F32, F16 and BF16 can be read; tensors of all other types are listed, and converting their data (package tensor) is what fails. The
// package does not write files and does not know which tensors a model needs.
//
//	f, err := safetensors.Open("model/")
//	if err != nil { ... }
//	defer f.Close()
//	embeddings, ok := f.Tensor("model.embed_tokens.weight")
package safetensors
