package safetensors

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	claim := func(n uint64, rest string) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), rest...) }
	one := func(member string, data int) []byte { return file(`{"w":`+member+`}`, data) }
	tests := []struct {
		name string
		data []byte
		want string // after the name of the file
	}{
		{"empty", nil, `0 bytes are too few for a safetensors file`},
		{"7 bytes", make([]byte, 7), `7 bytes are too few for a safetensors file`},
		{"header of 4 GB", claim(4<<30, `{}`), `header claims 4294967296 bytes, more than 100000000: not a safetensors file?`},
		{"header of 2^64-1", claim(1<<64-1, `{}`), `header claims 18446744073709551615 bytes, more than 100000000: not a safetensors file?`},
		{"header past the end", claim(10, `{}`), `header claims 10 bytes, 2 are left in the file`},
		{"another format", []byte("GGUF\x00\x00\x00\x00rest"), `header claims 1179993927 bytes, more than 100000000: not a safetensors file?`},
		{"no header", claim(0, ``), `header does not start with {: not a safetensors file?`},
		{"space first", file(` {}`, 0), `header does not start with {: not a safetensors file?`},
		{"not UTF-8", file("{\"\xff\":1}", 0), `header is not UTF-8`},
		{"not JSON", file(`{"w"]`, 0), `header: expected colon after object key (at byte 4)`},
		{"cut JSON", file(`{"w":`, 0), `header: unexpected EOF (at byte 5)`},
		{"open object", file(`{`, 0), `header: unexpected EOF (at byte 1)`},
		{"comma at the end", file(`{"__metadata__":{},}`, 0), `header: invalid character '}'`},
		{"two objects", file(`{}{}`, 0), `header: more text after the object (at byte 2)`},
		{"nul padding", file("{}\x00\x00", 0), `header: more text after the object (at byte 2)`},
		{"metadata not text", file(`{"__metadata__":{"a":1}}`, 0), `header: json: cannot unmarshal number`},
		{"name twice", file(`{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), `header: "w" occurs twice`},
		{"name twice by escape", file(`{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0077":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), `header: "w" occurs twice`},
		{"member not an object", one(`7`, 0), `header: tensor "w": a JSON object is wanted, found 7`},
		{"no dtype", one(`{"shape":[1],"data_offsets":[0,4]}`, 4), `header: tensor "w": dtype, shape or the two data_offsets are missing`},
		{"dtype in capitals", one(`{"DTYPE":"F32","shape":[1],"data_offsets":[0,4]}`, 4), `header: tensor "w": dtype, shape or the two data_offsets are missing`},
		{"no shape", one(`{"dtype":"F32","data_offsets":[0,4]}`, 4), `header: tensor "w": dtype, shape or the two data_offsets are missing`},
		{"one offset", one(`{"dtype":"F32","shape":[1],"data_offsets":[0]}`, 4), `header: tensor "w": dtype, shape or the two data_offsets are missing`},
		{"three offsets", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}`, 4), `header: tensor "w": dtype, shape or the two data_offsets are missing`},
		{"dtype twice", one(`{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}`, 4), `header: tensor "w": "dtype" occurs twice`},
		{"unknown dtype", one(`{"dtype":"Q4_0","shape":[1],"data_offsets":[0,4]}`, 4), `header: tensor "w": unknown dtype "Q4_0"`},
		{"negative dimension", one(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`, 4), `header: tensor "w": json: cannot unmarshal number -1`},
		{"dimension with a point", one(`{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}`, 4), `header: tensor "w": json: cannot unmarshal number 1.0`},
		{"dimension 2^64", one(`{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}`, 4), `header: tensor "w": json: cannot unmarshal number 18446744073709551616`},
		{"dimension 2^63", one(`{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}`, 4), `header: tensor "w": no tensor has shape [9223372036854775808]`},
		{"product 2^64", one(`{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}`, 0), `header: tensor "w": no tensor has shape [4294967296 4294967296]`},
		{"bytes 2^64", one(`{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}`, 0), `header: tensor "w": data_offsets [0, 0] hold 0 bytes, shape [4611686018427387904] of F32 does not`},
		{"9 dimensions", one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`, 4), `header: tensor "w": 9 dimensions, more than 8`},
		{"shape and size", one(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`, 8), `header: tensor "w": data_offsets [0, 8] hold 8 bytes, shape [3] of F32 does not`},
		{"part of a byte", one(`{"dtype":"F4","shape":[3],"data_offsets":[0,1]}`, 1), `header: tensor "w": data_offsets [0, 1] hold 1 bytes, shape [3] of F4 does not`},
		{"offsets reversed", one(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`, 4), `header: tensor "w": data_offsets [4, 0] are no range`},
		{"offset 2^63", one(`{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775804,9223372036854775808]}`, 4), `header: tensor "w": data_offsets [9223372036854775804, 9223372036854775808] are no range`},
		{"out of the file", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`, 7), `tensor "w": data_offsets [0, 8] go past the end of the data, 7 bytes (incomplete download?)`},
		{"far out of the file", one(`{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}`, 4), `tensor "w": data_offsets [9223372036854775803, 9223372036854775807] go past the end`},
		{"hole at the start", one(`{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`, 8), `tensor "w": data starts at 4, want 0: tensors overlap or leave a hole`},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), `tensor "b": data starts at 4, want 8: tensors overlap or leave a hole`},
		{"same place", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), `tensor "b": data starts at 0, want 4: tensors overlap or leave a hole`},
		{"bytes at the end", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`, 6), `2 bytes after the last tensor`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("m", test.data)
			if want := "safetensors: m: " + test.want; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestOddButValid(t *testing.T) {
	tests := map[string][]byte{
		"no tensors":     file(`{}`, 0),
		"padded":         file("{}   \n", 0),
		"white space":    file("{ \"w\" :\t{\"dtype\":\"U8\",\n\"shape\":[1],\"data_offsets\":[0,1]} }", 1),
		"scalar":         file(`{"w":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4),
		"empty tensors":  file(`{"b":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[4,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"c":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 4),
		"other members":  file(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"extra":[{}]}}`, 1),
		"null metadata":  file(`{"__metadata__":null}`, 0),
		"order reversed": file(`{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 2),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("m", data)
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, f)
		})
	}
}

// readAll takes hold of everything in a file.
func readAll(t *testing.T, f *File) {
	t.Helper()
	for _, in := range f.Tensors() {
		x, ok := f.Tensor(in.Name)
		if !ok {
			t.Fatalf("tensor %q is listed but not found", in.Name)
		}
		if int64(len(x.Data)) != in.Bytes || int64(x.Elements()) != in.Elements() {
			t.Fatalf("tensor %q: %d bytes and %d elements, listed with %d and %d", in.Name, len(x.Data), x.Elements(), in.Bytes, in.Elements())
		}
		if _, err := x.Floats(); (err == nil) != x.Type.Known() {
			t.Fatalf("tensor %q: %v", in.Name, err)
		}
	}
}

// TestTruncated cuts the small file at every byte.
func TestTruncated(t *testing.T) {
	whole := dump(t, "small.hex")
	for n := range whole {
		if _, err := Parse("m", whole[:n:n]); err == nil || !strings.HasPrefix(err.Error(), "safetensors: m: ") {
			t.Errorf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
}

// TestFlippedBytes sets every byte in turn to a few values: no panic, no great allocation.
func TestFlippedBytes(t *testing.T) {
	whole := dump(t, "small.hex")
	for i := range whole {
		for _, v := range []byte{0, '"', '0', '9', '}', 0x7f, 0xff} {
			data := bytes.Clone(whole)
			data[i] = v
			if f, err := Parse("m", data); err == nil {
				readAll(t, f)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(dump(f, "small.hex"))
	f.Add(vector("a", 3))
	f.Add(file(`{"__metadata__":{"a":"b"},"b":{"dtype":"F6_E2M3","shape":[2,2],"data_offsets":[0,3]}}`, 3))
	f.Add(file(`{"b":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("m", data)
		if err != nil {
			return
		}
		var covered int64
		for _, in := range m.Tensors() {
			covered += in.Bytes
		}
		if n := int64(8 + binary.LittleEndian.Uint64(data)); n+covered != int64(len(data)) {
			t.Fatalf("header of %d and tensors of %d bytes do not make up a file of %d", n, covered, len(data))
		}
		readAll(t, m)
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":20},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../x"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		weights, err := parseIndex(data)
		for name, shard := range weights {
			if err == nil && (shard == "" || shard == "." || shard == ".." || strings.ContainsAny(shard, `/\`)) {
				t.Fatalf("tensor %q in %q", name, shard)
			}
		}
	})
}
