// Package gguftest builds small GGUF files in memory for the tests of packages that read them.
//
// A [Builder] collects metadata and tensors and lays them out as package gguf describes. It writes what it is told, so that
// tests can also make wrong files; it is no writer for real models.
//
//	b := gguftest.New("llama")
//	b.Set("llama.block_count", uint32(2))
//	b.F32("output_norm.weight", []int{4}, 1, 1, 1, 1)
//	path := b.WriteFile(t, "tiny.gguf")
package gguftest

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// A Builder is a GGUF file in the making. The zero value is an empty file of version 3.
type Builder struct {
	Version   uint32 // 0 = 3
	Alignment int    // of tensor data; 0 = 32. It is not written: use Set("general.alignment", ...) as well

	entries [][]byte
	tensors []entry
}

type entry struct {
	name  string
	typ   tensor.Type
	shape []int
	data  []byte
}

// New is a file whose only metadata entry is general.architecture.
func New(arch string) *Builder {
	b := &Builder{}
	b.Set("general.architecture", arch)
	return b
}

// Set appends a metadata entry. The Go type of the value picks the GGUF type: sized integers, float32, float64, bool, string, and
// slices of these. It panics for any other.
func (b *Builder) Set(key string, value any) {
	out := appendString(nil, key)
	v := reflect.ValueOf(value)
	if v.Kind() == reflect.Slice {
		out = binary.LittleEndian.AppendUint32(out, 9)
		out = binary.LittleEndian.AppendUint32(out, typeID(v.Type().Elem()))
		out = binary.LittleEndian.AppendUint64(out, uint64(v.Len()))
		for i := range v.Len() {
			out = appendValue(out, v.Index(i))
		}
	} else {
		out = binary.LittleEndian.AppendUint32(out, typeID(v.Type()))
		out = appendValue(out, v)
	}
	b.entries = append(b.entries, out)
}

// Tensor appends a tensor with data as given. The shape is row-major.
func (b *Builder) Tensor(name string, typ tensor.Type, shape []int, data []byte) {
	b.tensors = append(b.tensors, entry{name, typ, slices.Clone(shape), data})
}

// F32 appends a float32 tensor.
func (b *Builder) F32(name string, shape []int, values ...float32) {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	b.Tensor(name, tensor.F32, shape, data)
}

// Quantized appends values converted to typ, one that [tensor.Quantize] knows. It panics if they don't convert.
func (b *Builder) Quantized(name string, typ tensor.Type, shape []int, values ...float32) {
	data := make([]byte, typ.RowBytes(len(values)))
	if err := tensor.Quantize(typ, data, values); err != nil {
		panic(fmt.Sprintf("gguftest: tensor %q: %v", name, err))
	}
	b.Tensor(name, typ, shape, data)
}

// Bytes is the file.
func (b *Builder) Bytes() []byte {
	version, align := b.Version, b.Alignment
	if version == 0 {
		version = 3
	}
	if align == 0 {
		align = 32
	}
	out := []byte("GGUF")
	out = binary.LittleEndian.AppendUint32(out, version)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(b.tensors)))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(b.entries)))
	for _, e := range b.entries {
		out = append(out, e...)
	}
	var data []byte
	for _, t := range b.tensors {
		out = appendString(out, t.name)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(t.shape)))
		for _, d := range slices.Backward(t.shape) {
			out = binary.LittleEndian.AppendUint64(out, uint64(d))
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(t.typ))
		out = binary.LittleEndian.AppendUint64(out, uint64(len(data)))
		data = pad(append(data, t.data...), align)
	}
	return append(pad(out, align), data...)
}

// WriteFile writes the file to a temporary folder of the test and returns its path.
func (b *Builder) WriteFile(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pad(b []byte, align int) []byte { return append(b, make([]byte, (align-len(b)%align)%align)...) }

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// typeID is the GGUF value type of a Go type.
func typeID(t reflect.Type) uint32 {
	kinds := []reflect.Kind{
		reflect.Uint8, reflect.Int8, reflect.Uint16, reflect.Int16, reflect.Uint32, reflect.Int32, reflect.Float32, reflect.Bool,
		reflect.String, reflect.Slice, reflect.Uint64, reflect.Int64, reflect.Float64,
	}
	if i := slices.Index(kinds, t.Kind()); i >= 0 && t.Kind() != reflect.Slice {
		return uint32(i)
	}
	panic(fmt.Sprintf("gguftest: no value type for %v", t))
}

func appendValue(b []byte, v reflect.Value) []byte {
	if v.Kind() == reflect.String {
		return appendString(b, v.String())
	}
	b, err := binary.Append(b, binary.LittleEndian, v.Interface())
	if err != nil {
		panic(fmt.Sprintf("gguftest: %v: %v", v, err))
	}
	return b
}
