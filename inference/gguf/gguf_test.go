package gguf

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/gguf/gguftest"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// dump reads an annotated dump: an offset, bytes and a comment a line.
func dump(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		b, err := hex.DecodeString(strings.Join(fields[1:], ""))
		if err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		out = append(out, b...)
	}
	return out
}

// small is the file of testdata/small.hex, made by the builder.
func small() *gguftest.Builder {
	b := gguftest.New("llama")
	b.Alignment = 16
	b.Set("general.alignment", uint32(16))
	b.Set("llama.rope.freq_base", float32(10000))
	b.Set("tokenizer.ggml.tokens", []string{"a", "是"})
	b.Set("tokenizer.ggml.add_bos_token", true)
	b.F32("norm", []int{2}, 1, 2)
	codes := []byte{0, 0x3c}
	for i := range 32 {
		codes = append(codes, byte(i-16))
	}
	b.Tensor("w", tensor.Q8_0, []int{1, 32}, codes)
	return b
}

func TestParseSmall(t *testing.T) {
	raw := dump(t, "small.hex")
	if !bytes.Equal(raw, small().Bytes()) {
		t.Error("dump and builder disagree")
	}
	for _, version := range []byte{2, 3} {
		raw[4] = version
		f, err := Parse("small", raw)
		if err != nil {
			t.Fatal(err)
		}
		if f.Version() != int(version) {
			t.Errorf("version %d", f.Version())
		}
		wantKeys := []string{"general.architecture", "general.alignment", "llama.rope.freq_base", "tokenizer.ggml.tokens", "tokenizer.ggml.add_bos_token"}
		if diff := cmp.Diff(wantKeys, f.Keys()); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
		wantMeta := map[string]any{
			"general.architecture": "llama", "general.alignment": uint64(16), "llama.rope.freq_base": 10000.0,
			"tokenizer.ggml.tokens": []string{"a", "是"}, "tokenizer.ggml.add_bos_token": true,
		}
		for key, want := range wantMeta {
			if got, ok := f.Meta(key); !ok || !cmp.Equal(got, want) {
				t.Errorf("%s: %#v, found %t; want %#v", key, got, ok, want)
			}
		}
		if v, ok := f.Meta("absent"); ok {
			t.Errorf("absent key: %v", v)
		}
		wantInfos := []Info{
			{Name: "norm", Type: tensor.F32, Shape: []int{2}, Offset: 0x150, Bytes: 8},
			{Name: "w", Type: tensor.Q8_0, Shape: []int{1, 32}, Offset: 0x160, Bytes: 34},
		}
		if diff := cmp.Diff(wantInfos, f.Tensors()); diff != "" {
			t.Errorf("tensors (-want +got):\n%s", diff)
		}
		if n := f.Tensors()[1].Elements(); n != 32 {
			t.Errorf("w has %d elements", n)
		}
		w, ok := f.Tensor("w")
		if !ok {
			t.Fatal("w is absent")
		}
		values, err := w.Floats()
		if err != nil || values[0] != -16 || values[31] != 15 {
			t.Errorf("w: %v (%v)", values, err)
		}
		if _, ok := f.Tensor("absent"); ok {
			t.Error("found an absent tensor")
		}
		if diff := cmp.Diff([]Part{{"small", int64(len(raw))}}, f.Parts()); diff != "" {
			t.Errorf("parts (-want +got):\n%s", diff)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenFile(t *testing.T) {
	path := small().WriteFile(t, "m.gguf")
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	norm, ok := f.Tensor("norm")
	values, err := norm.Floats()
	if !ok || err != nil || !cmp.Equal(values, []float32{1, 2}) {
		t.Errorf("norm: %v (%v)", values, err)
	}
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if tokens, _, err := Strings(f, "tokenizer.ggml.tokens"); err != nil || !cmp.Equal(tokens, []string{"a", "是"}) {
		t.Errorf("metadata after Close: %q (%v)", tokens, err)
	}
	if _, err := Open(path + ".absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
}

// TestMetadataTypes stores every value type and reads it back.
func TestMetadataTypes(t *testing.T) {
	scalars := map[string]struct{ set, want any }{
		"u8": {uint8(200), uint64(200)}, "i8": {int8(-100), int64(-100)}, "u16": {uint16(60000), uint64(60000)},
		"i16": {int16(-30000), int64(-30000)}, "u32": {uint32(4e9), uint64(4e9)}, "i32": {int32(-2e9), int64(-2e9)},
		"u64": {uint64(1<<64 - 1), uint64(1<<64 - 1)}, "i64": {int64(-1 << 63), int64(-1 << 63)}, "f32": {float32(0.1), float64(float32(0.1))},
		"f64": {0.1, 0.1}, "true": {true, true}, "false": {false, false}, "string": {"x", "x"}, "empty": {"", ""},
	}
	arrays := []any{
		[]uint8{0, 255},
		[]int8{-128, 127},
		[]uint16{0, 65535},
		[]int16{-32768},
		[]uint32{1 << 31},
		[]int32{-1 << 31},
		[]uint64{1 << 63},
		[]int64{-1 << 63},
		[]float32{0.1, 2},
		[]float64{0.1},
		[]bool{true, false},
		[]string{"", "a", "\xff"},
		[]string{},
		[]uint32{},
	}
	b := gguftest.New("llama")
	for key, s := range scalars {
		b.Set(key, s.set)
	}
	for i, a := range arrays {
		b.Set(strings.Repeat("a", i+1), a)
	}
	f, err := Parse("m", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for key, s := range scalars {
		if got, ok := f.Meta(key); !ok || !cmp.Equal(got, s.want) {
			t.Errorf("%s: %#v, want %#v", key, got, s.want)
		}
	}
	for i, want := range arrays {
		if got, ok := f.Meta(strings.Repeat("a", i+1)); !ok || !cmp.Equal(got, want) {
			t.Errorf("array %d: %#v, want %#v", i, got, want)
		}
	}
	if len(f.Metadata()) != 1+len(scalars)+len(arrays) {
		t.Errorf("%d entries", len(f.Metadata()))
	}
}

// TestUnreadableTypes lists tensors whose data cannot be converted.
func TestUnreadableTypes(t *testing.T) {
	b := gguftest.New("llama")
	b.Tensor("old", tensor.IQ2_XXS, []int{2, 256}, make([]byte, 2*66))
	b.Tensor("new", tensor.Type(77), []int{3, 5}, make([]byte, 40))
	b.F32("f", []int{1}, 1)
	f, err := Parse("m", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range f.Tensors() {
		got = append(got, in.Type.String())
		x, ok := f.Tensor(in.Name)
		if !ok || int64(len(x.Data)) != in.Bytes {
			t.Errorf("%s: %d bytes, want %d", in.Name, len(x.Data), in.Bytes)
		}
		if _, err := x.Floats(); (err == nil) != (in.Name == "f") || err != nil && !strings.Contains(err.Error(), "unsupported tensor type "+in.Type.String()) {
			t.Errorf("%s: %v", in.Name, err)
		}
	}
	if diff := cmp.Diff([]string{"IQ2_XXS", "type 77", "F32"}, got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	if in := f.Tensors(); in[0].Bytes != 132 || in[1].Bytes != 0 {
		t.Errorf("sizes %d and %d, want 132 and 0 (unknown)", in[0].Bytes, in[1].Bytes)
	}
}

func TestConversions(t *testing.T) {
	b := gguftest.New("llama")
	b.Set("u32", uint32(7))
	b.Set("i8", int8(-7))
	b.Set("big", uint64(1<<63))
	b.Set("f", float32(1.5))
	b.Set("bool", true)
	b.Set("i16s", []int16{1, -2})
	b.Set("i32s", []int32{3, -4})
	b.Set("u64s", []uint64{5, 1 << 40})
	b.Set("f32s", []float32{0.5})
	b.Set("strings", []string{"x"})
	b.Set("bools", []bool{true})
	f, err := Parse("m.gguf", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		value any
		ok    bool
		err   string
	}
	of := func(v any, ok bool, err error) result {
		if err != nil {
			return result{nil, ok, err.Error()}
		}
		return result{v, ok, ""}
	}
	wrong := func(key, what string) string {
		return `gguf: m.gguf: metadata "` + key + `": ` + what + ", or a value out of its range"
	}
	asInt := func(key string) result { v, ok, err := Number[int](f, key); return of(v, ok, err) }
	asU8 := func(key string) result { v, ok, err := Number[uint8](f, key); return of(v, ok, err) }
	asI64 := func(key string) result { v, ok, err := Number[int64](f, key); return of(v, ok, err) }
	asF32 := func(key string) result { v, ok, err := Number[float32](f, key); return of(v, ok, err) }
	asInts := func(key string) result { v, ok, err := Numbers[int32](f, key); return of(v, ok, err) }
	asF64s := func(key string) result { v, ok, err := Numbers[float64](f, key); return of(v, ok, err) }
	asString := func(key string) result { v, ok, err := String(f, key); return of(v, ok, err) }
	asBool := func(key string) result { v, ok, err := Bool(f, key); return of(v, ok, err) }
	asStrings := func(key string) result { v, ok, err := Strings(f, key); return of(v, ok, err) }
	asBools := func(key string) result { v, ok, err := Bools(f, key); return of(v, ok, err) }
	tests := []struct {
		name string
		get  func(string) result
		key  string
		want result
	}{
		{"absent", asInt, "no", result{0, false, ""}},
		{"int of uint32", asInt, "u32", result{7, true, ""}},
		{"int of int8", asInt, "i8", result{-7, true, ""}},
		{"uint8 of uint32", asU8, "u32", result{uint8(7), true, ""}},
		{"uint8 of negative", asU8, "i8", result{nil, true, wrong("i8", "-7 (int64) where uint8 is wanted")}},
		{"int64 too large", asI64, "big", result{nil, true, wrong("big", "9223372036854775808 (uint64) where int64 is wanted")}},
		{"int of float", asInt, "f", result{nil, true, wrong("f", "1.5 (float64) where int is wanted")}},
		{"int of bool", asInt, "bool", result{nil, true, wrong("bool", "true (bool) where int is wanted")}},
		{"int of array", asInt, "i32s", result{nil, true, wrong("i32s", "[]int32 where int is wanted")}},
		{"float of float", asF32, "f", result{float32(1.5), true, ""}},
		{"float of int", asF32, "i8", result{float32(-7), true, ""}},
		{"array absent", asInts, "no", result{[]int32(nil), false, ""}},
		{"array as stored", asInts, "i32s", result{[]int32{3, -4}, true, ""}},
		{"array widened", asInts, "i16s", result{[]int32{1, -2}, true, ""}},
		{"array too large", asInts, "u64s", result{nil, true, wrong("u64s", "[]uint64 where []int32 is wanted")}},
		{"int array of floats", asInts, "f32s", result{nil, true, wrong("f32s", "[]float32 where []int32 is wanted")}},
		{"int array of strings", asInts, "strings", result{nil, true, wrong("strings", "[]string where []int32 is wanted")}},
		{"array of scalar", asInts, "u32", result{nil, true, wrong("u32", "7 (uint64) where []int32 is wanted")}},
		{"float array of ints", asF64s, "i16s", result{[]float64{1, -2}, true, ""}},
		{"float array of floats", asF64s, "f32s", result{[]float64{0.5}, true, ""}},
		{"string", asString, "general.architecture", result{"llama", true, ""}},
		{"string absent", asString, "no", result{"", false, ""}},
		{"string of number", asString, "u32", result{nil, true, wrong("u32", "7 (uint64) where string is wanted")}},
		{"bool", asBool, "bool", result{true, true, ""}},
		{"bool of number", asBool, "u32", result{nil, true, wrong("u32", "7 (uint64) where bool is wanted")}},
		{"strings", asStrings, "strings", result{[]string{"x"}, true, ""}},
		{"bools", asBools, "bools", result{[]bool{true}, true, ""}},
		{"bools of strings", asBools, "strings", result{nil, true, wrong("strings", "[]string where []bool is wanted")}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.get(test.key), cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNumbersShareWhatIsStored(t *testing.T) {
	b := gguftest.New("llama")
	b.Set("a", []float32{1, 2})
	f, err := Parse("m", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := Numbers[float32](f, "a")
	second, _, _ := Numbers[float32](f, "a")
	if &first[0] != &second[0] {
		t.Error("the array was copied")
	}
}

func BenchmarkParseVocabulary(b *testing.B) {
	tokens := make([]string, 150_000)
	for i := range tokens {
		tokens[i] = strings.Repeat("x", i%12+1)
	}
	m := gguftest.New("llama")
	m.Set("tokenizer.ggml.tokens", tokens)
	m.Set("tokenizer.ggml.merges", tokens)
	m.Set("tokenizer.ggml.token_type", make([]int32, len(tokens)))
	raw := m.Bytes()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("m", raw); err != nil {
			b.Fatal(err)
		}
	}
}
