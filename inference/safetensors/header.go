package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

const (
	maxHeader = 100_000_000 // bytes of a header or index
	maxDims   = 8
)

// dtypes are the names of the element types.
var dtypes = map[string]tensor.Type{
	"F64": tensor.F64, "F32": tensor.F32, "F16": tensor.F16, "BF16": tensor.BF16, "I64": tensor.I64, "I32": tensor.I32, "I16": tensor.I16,
	"I8": tensor.I8, "U64": tensor.U64, "U32": tensor.U32, "U16": tensor.U16, "U8": tensor.U8, "BOOL": tensor.Bool, "C64": tensor.C64,
	"F8_E4M3": tensor.F8_E4M3, "F8_E5M2": tensor.F8_E5M2, "F8_E8M0": tensor.F8_E8M0, "F4": tensor.F4, "F6_E2M3": tensor.F6_E2M3,
	"F6_E3M2": tensor.F6_E3M2,
}

type header struct {
	infos    []Info // ordered by place; Part not set
	metadata map[string]string
}

// parseHeader reads and checks everything but the data of tensors.
func parseHeader(name string, data []byte) (*header, error) {
	fail := func(format string, args ...any) (*header, error) {
		return nil, fmt.Errorf("safetensors: %s: %w", name, fmt.Errorf(format, args...))
	}
	if len(data) < 8 {
		return fail("%d bytes are too few for a safetensors file", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	switch {
	case n > maxHeader:
		return fail("header claims %d bytes, more than %d: not a safetensors file?", n, maxHeader)
	case n > uint64(len(data)-8):
		return fail("header claims %d bytes, %d are left in the file", n, len(data)-8)
	}
	text, body := data[8:8+n], data[8+n:]
	if len(text) == 0 || text[0] != '{' {
		return fail("header does not start with {: not a safetensors file?")
	}
	if !utf8.Valid(text) {
		return fail("header is not UTF-8")
	}
	h := &header{}
	err := object(text, func(key string, value json.RawMessage) error {
		if key == "__metadata__" {
			return json.Unmarshal(value, &h.metadata)
		}
		in, err := parseInfo(key, value)
		h.infos = append(h.infos, in)
		return err
	})
	if err != nil {
		return fail("header: %w", err)
	}
	slices.SortStableFunc(h.infos, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Bytes, b.Bytes))
	})
	// Each begins where the one before ends, and the last ends with the file: nothing overlaps, nothing is left over.
	var end int64
	for i := range h.infos {
		in := &h.infos[i]
		switch size := int64(len(body)); {
		case in.Offset > size || in.Bytes > size-in.Offset:
			return fail("tensor %q: data_offsets [%d, %d] go past the end of the data, %d bytes (incomplete download?)",
				in.Name, in.Offset, in.Offset+in.Bytes, size)
		case in.Offset != end:
			return fail("tensor %q: data starts at %d, want %d: tensors overlap or leave a hole", in.Name, in.Offset, end)
		}
		end += in.Bytes
		in.Offset += int64(8 + n)
	}
	if end != int64(len(body)) {
		return fail("%d bytes after the last tensor", int64(len(body))-end)
	}
	return h, nil
}

// parseInfo reads one member of the header. Offset counts from the start of the data.
func parseInfo(name string, value json.RawMessage) (Info, error) {
	in := Info{Name: name}
	var dtype string
	var shape, offsets []uint64
	// By exact names: package json would take "DType" as well.
	err := object(value, func(key string, value json.RawMessage) error {
		switch key {
		case "dtype":
			return json.Unmarshal(value, &dtype)
		case "shape":
			return json.Unmarshal(value, &shape)
		case "data_offsets":
			return json.Unmarshal(value, &offsets)
		}
		return nil
	})
	if err != nil {
		return in, fmt.Errorf("tensor %q: %w", name, err)
	}
	if dtype == "" || shape == nil || len(offsets) != 2 {
		return in, fmt.Errorf("tensor %q: dtype, shape or the two data_offsets are missing", name)
	}
	var ok bool
	if in.Type, ok = dtypes[dtype]; !ok {
		return in, fmt.Errorf("tensor %q: unknown dtype %q", name, dtype)
	}
	if len(shape) > maxDims {
		return in, fmt.Errorf("tensor %q: %d dimensions, more than %d", name, len(shape), maxDims)
	}
	begin, end := offsets[0], offsets[1]
	if begin > end || end > math.MaxInt {
		return in, fmt.Errorf("tensor %q: data_offsets [%d, %d] are no range", name, begin, end)
	}
	in.Offset, in.Bytes = int64(begin), int64(end-begin)
	in.Shape = make([]int, len(shape))
	elems := uint64(1)
	for i, d := range shape {
		hi, lo := bits.Mul64(elems, d)
		if d > math.MaxInt || hi != 0 || lo > math.MaxInt {
			return in, fmt.Errorf("tensor %q: no tensor has shape %v", name, shape)
		}
		in.Shape[i], elems = int(d), lo
	}
	block := uint64(in.Type.BlockElems())
	hi, size := bits.Mul64(elems/block, uint64(in.Type.BlockBytes()))
	if elems%block != 0 || hi != 0 || size != end-begin {
		return in, fmt.Errorf("tensor %q: data_offsets [%d, %d] hold %d bytes, shape %v of %s does not", name, begin, end, end-begin, shape, dtype)
	}
	return in, nil
}

// readIndex reads the map from tensors to shards. Shards are plain names of files beside the index: a path could lead
// to any file of the machine.
func readIndex(path string) (map[string]string, error) {
	fail := func(format string, args ...any) (map[string]string, error) {
		return nil, fmt.Errorf("safetensors: %s: %w", path, fmt.Errorf(format, args...))
	}
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("safetensors: %w", err)
	case !st.Mode().IsRegular():
		return fail("not a regular file")
	case st.Size() > maxHeader:
		return fail("index of %d bytes, more than %d", st.Size(), maxHeader)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	weights, err := parseIndex(text)
	if err != nil {
		return fail("%w", err)
	}
	return weights, nil
}

func parseIndex(text []byte) (map[string]string, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("index is not UTF-8")
	}
	var weights map[string]string
	err := object(text, func(key string, value json.RawMessage) error {
		if key != "weight_map" {
			return nil
		}
		weights = map[string]string{}
		return object(value, func(name string, value json.RawMessage) error {
			var shard string
			if err := json.Unmarshal(value, &shard); err != nil {
				return fmt.Errorf("tensor %q: %w", name, err)
			}
			// Backslashes and colons mean something on Windows only, but a model that needs them is not portable.
			if !filepath.IsLocal(shard) || shard == "." || strings.ContainsAny(shard, `/\:`) {
				return fmt.Errorf("tensor %q: shard %q is not the plain name of a file", name, shard)
			}
			weights[name] = shard
			return nil
		})
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("index: %w", err)
	case len(weights) == 0:
		return nil, fmt.Errorf("index: no weight_map, or an empty one")
	}
	return weights, nil
}

// object walks over the members of a JSON object and refuses names that occur twice, which package json lets pass.
func object(text []byte, member func(key string, value json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	if tok, err := dec.Token(); err != nil {
		return syntax(dec, err)
	} else if tok != json.Delim('{') {
		return fmt.Errorf("a JSON object is wanted, found %v", tok)
	}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return syntax(dec, err)
		}
		key, ok := tok.(string)
		if !ok {
			return fmt.Errorf("the name of a member is wanted, found %v (at byte %d)", tok, dec.InputOffset())
		}
		if seen[key] {
			return fmt.Errorf("%q occurs twice", key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return syntax(dec, err)
		}
		if err := member(key, value); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return syntax(dec, err)
	}
	if rest := bytes.TrimRight(text[dec.InputOffset():], " \n"); len(rest) != 0 {
		return fmt.Errorf("more text after the object (at byte %d)", dec.InputOffset())
	}
	return nil
}

// syntax adds the place to an error of the decoder.
func syntax(dec *json.Decoder, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w (at byte %d)", err, dec.InputOffset())
}
