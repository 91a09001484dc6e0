package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/llama4-eval/llama4-eval/inference/gguf/gguftest"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// raw is bytes of numbers and strings one after another, as a header holds them.
func raw(parts ...any) []byte {
	var out []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string: // with its length
			out = binary.LittleEndian.AppendUint64(out, uint64(len(p)))
			out = append(out, p...)
		default:
			var err error
			if out, err = binary.Append(out, binary.LittleEndian, p); err != nil {
				panic(err)
			}
		}
	}
	return out
}

// head is magic, version and counts.
func head(tensors, entries uint64, rest ...any) []byte {
	return append(append([]byte("GGUF"), raw(uint32(3), tensors, entries)...), raw(rest...)...)
}

// room is filler behind a header, so that a count is not refused for the size of the file.
var room = make([]byte, 1000)

func TestParseErrors(t *testing.T) {
	const huge = uint64(1) << 60
	u32, str, arr, boolean := uint32(4), uint32(8), uint32(9), uint32(7)
	tests := []struct {
		name string
		data []byte
		want string // after the name of the file
	}{
		{"empty", nil, `not a GGUF file: it starts with "" (at byte 0)`},
		{"wrong magic", []byte("PK\x03\x04rest"), `not a GGUF file: it starts with "PK\x03\x04" (at byte 0)`},
		{"version 1", append([]byte("GGUF"), raw(uint32(1))...), `version 1 of the format, replaced in 2023, is not supported: convert the model again (at byte 4)`},
		{"version 4", append([]byte("GGUF"), raw(uint32(4))...), `version 4 of the format is not supported, only 2 and 3 are (at byte 4)`},
		{"big-endian", []byte("GGUF\x00\x00\x00\x03"), `a big-endian file, only little-endian ones are supported (at byte 4)`},
		{"2^60 tensors", head(huge, 0, room), `claims 1152921504606846976 tensors, the 1008 bytes left hold at most 40 (at byte 8)`},
		{"2^64-1 tensors", head(1<<64-1, 0, room), `claims 18446744073709551615 tensors, the 1008 bytes left hold at most 40 (at byte 8)`},
		{"2^60 entries", head(0, huge, room), `claims 1152921504606846976 metadata entries, the 1000 bytes left hold at most 71 (at byte 16)`},
		{"huge key", head(0, 1, huge, room), `metadata entry 0: key claims 1152921504606846976 bytes, 1000 are left (at byte 24)`},
		{"long key", head(0, 1, strings.Repeat("k", 70000), str, "v"), `metadata entry 0: key has 70000 bytes, more than 65535 (at byte 24)`},
		{"empty key", head(0, 1, "", str, "v"), `metadata entry 0: key is empty (at byte 24)`},
		{"key not UTF-8", head(0, 1, "\xff", str, "v"), `metadata entry 0: key "\xff" is not UTF-8 (at byte 24)`},
		{"key twice", head(0, 2, "k", str, "v", "k", str, "w"), `metadata "k": the key occurs twice (at byte 46)`},
		{"huge string", head(0, 1, "k", str, huge), `metadata "k": the value claims 1152921504606846976 bytes, 0 are left (at byte 37)`},
		{"value type", head(0, 1, "k", uint32(13), uint64(0)), `metadata "k": value type 13 does not exist (at byte 33)`},
		{"bool", head(0, 1, "k", boolean, uint8(2)), `metadata "k": bool value 2, want 0 or 1 (at byte 37)`},
		{"array of bools", head(0, 1, "k", arr, boolean, uint64(3), []byte{1, 0, 9}), `metadata "k": bool value 9 in element 2, want 0 or 1 (at byte 51)`},
		{"huge array", head(0, 1, "k", arr, u32, huge, room), `metadata "k": claims 1152921504606846976 elements, the 1000 bytes left hold at most 250 (at byte 41)`},
		{"huge string array", head(0, 1, "k", arr, str, huge, room), `metadata "k": claims 1152921504606846976 elements, the 1000 bytes left hold at most 125 (at byte 41)`},
		{"huge string in array", head(0, 1, "k", arr, str, uint64(2), "a", huge), `metadata "k": element 1 of 2: a string claims 1152921504606846976 bytes, 0 are left (at byte 58)`},
		{"array of arrays", head(0, 1, "k", arr, arr, uint64(1)), `metadata "k": array elements of type 9 are not supported (at byte 37)`},
		{"array of nonsense", head(0, 1, "k", arr, uint32(99), uint64(1)), `metadata "k": array elements of type 99 are not supported (at byte 37)`},
		{"alignment 0", head(0, 1, "general.alignment", u32, uint32(0)), `metadata "general.alignment": 0 is not a power of two up to 1073741824 (at byte 49)`},
		{"alignment 24", head(0, 1, "general.alignment", u32, uint32(24)), `metadata "general.alignment": 24 is not a power of two up to 1073741824 (at byte 49)`},
		{"alignment 2^31", head(0, 1, "general.alignment", u32, uint32(1<<31)), `metadata "general.alignment": 2147483648 is not a power of two up to 1073741824 (at byte 49)`},
		{"alignment text", head(0, 1, "general.alignment", str, "32"), `metadata "general.alignment": 32 is not a power of two up to 1073741824 (at byte 49)`},
		{"alignment negative", head(0, 1, "general.alignment", uint32(5), int32(-32)), `metadata "general.alignment": -32 is not a power of two up to 1073741824 (at byte 49)`},
		{"empty name", head(1, 0, "", room), `tensor 0: name is empty (at byte 24)`},
		{"long name", head(1, 0, strings.Repeat("n", 2000), room), `tensor 0: name has 2000 bytes, more than 1024 (at byte 24)`},
		{"huge name", head(1, 0, huge, room), `tensor 0: name claims 1152921504606846976 bytes, 1000 are left (at byte 24)`},
		{"name twice", head(2, 0, "w", uint32(0), uint32(0), uint64(0), "w", room), `tensor "w": the name occurs twice (at byte 49)`},
		{"5 dimensions", head(1, 0, "w", uint32(5), room), `tensor "w": 5 dimensions, more than 4 (at byte 33)`},
		{"2^32-1 dimensions", head(1, 0, "w", uint32(1<<32-1), room), `tensor "w": 4294967295 dimensions, more than 4 (at byte 33)`},
		{"dimension 0", head(1, 0, "w", uint32(1), uint64(0), room), `tensor "w": dimension 0 of 1 is 0: no tensor has such a size (at byte 37)`},
		{"dimension 2^63", head(1, 0, "w", uint32(1), uint64(1<<63), room), `tensor "w": dimension 0 of 1 is 9223372036854775808: no tensor has such a size (at byte 37)`},
		{"product 2^64", head(1, 0, "w", uint32(2), uint64(1<<32), uint64(1<<32), room), `tensor "w": dimension 1 of 2 is 4294967296: no tensor has such a size (at byte 45)`},
		{"bytes 2^64", head(1, 0, "w", uint32(2), uint64(1<<32), uint64(1<<30), uint32(0), room), `tensor "w": 4611686018427387904 elements of F32: no tensor has such a size (at byte 53)`},
		{"type out of range", head(1, 0, "w", uint32(0), uint32(1<<16), room), `tensor "w": type id 65536 out of range (at byte 37)`},
		{"part of a block", head(1, 0, "w", uint32(2), uint64(48), uint64(2), uint32(2), room), `tensor "w": rows of 48 elements are not whole blocks of 32 (Q4_0) (at byte 53)`},
		{"offset not aligned", head(1, 0, "w", uint32(0), uint32(0), uint64(16), room), `tensor "w": offset 16 is not a multiple of the alignment 32 (at byte 41)`},
		{"offset out of file", head(1, 0, "w", uint32(0), uint32(0), uint64(1024), room), `tensor "w": its 4 bytes at offset 1024 of the data, which starts at byte 64, go past the end of the file at byte 1049 (incomplete download?) (at byte 41)`},
		{"offset 2^64-32", head(1, 0, "w", uint32(0), uint32(0), uint64(1<<64-32), room), `tensor "w": its 4 bytes at offset 18446744073709551584 of the data, which starts at byte 64, go past the end of the file at byte 1049 (incomplete download?) (at byte 41)`},
		{"no data", head(1, 0, "w", uint32(0), uint32(0), uint64(0)), `tensor "w": its 4 bytes at offset 0 of the data, which starts at byte 64, go past the end of the file at byte 49 (incomplete download?) (at byte 41)`},
		{"split.count text", head(0, 1, "split.count", str, "2"), `metadata "split.count": 2 is not a number of parts`},
		{"split.count huge", head(0, 1, "split.count", uint32(10), huge), `metadata "split.count": 1152921504606846976 is not a number of parts`},
		{"split in memory", head(0, 1, "split.count", u32, uint32(2)), `one of 2 parts of a model: open it as a file`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("m.gguf", test.data)
			if want := "gguf: m.gguf: " + test.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// TestOddButValid are files that no converter writes and that are right all the same.
func TestOddButValid(t *testing.T) {
	tests := map[string][]byte{
		"nothing in it":      head(0, 0),
		"no dimensions":      head(1, 0, "w", uint32(0), uint32(0), uint64(0), room),
		"overlap":            head(2, 0, "a", uint32(0), uint32(0), uint64(0), "b", uint32(0), uint32(0), uint64(0), room),
		"gap":                head(1, 0, "w", uint32(0), uint32(0), uint64(512), room),
		"int8 alignment":     head(1, 1, "general.alignment", uint32(1), int8(64), "w", uint32(0), uint32(0), uint64(64), room),
		"split.count 1":      head(0, 1, "split.count", uint32(2), uint16(1)),
		"split.count 0":      head(0, 1, "split.count", uint32(2), uint16(0)),
		"value not UTF-8":    head(0, 1, "k", uint32(8), "\xff\xfe"),
		"bytes after it all": append(small().Bytes(), 1, 2, 3),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("m.gguf", data)
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
	for _, key := range f.Keys() {
		if v, ok := f.Meta(key); !ok || v == nil {
			t.Fatalf("key %q is listed but not found", key)
		}
	}
}

var hasPlace = regexp.MustCompile(`^gguf: m\.gguf: .*\(at byte [0-9]+\)$`)

// TestTruncated cuts the small file at every byte.
func TestTruncated(t *testing.T) {
	whole := dump(t, "small.hex")
	last := len(whole) - 14 // the padding of the last tensor can be missing
	for n := range last {
		_, err := Parse("m.gguf", whole[:n:n])
		if err == nil {
			t.Fatalf("%d bytes of %d: no error", n, len(whole))
		}
		if !hasPlace.MatchString(err.Error()) {
			t.Errorf("%d bytes: no place in %q", n, err)
		}
	}
	for n := last; n <= len(whole); n++ {
		if _, err := Parse("m.gguf", whole[:n:n]); err != nil {
			t.Errorf("%d bytes of %d: %v", n, len(whole), err)
		}
	}
}

// TestFlippedBytes sets every byte of the header in turn to a few values: no panic, no great allocation.
func TestFlippedBytes(t *testing.T) {
	whole := dump(t, "small.hex")
	for i := range whole {
		for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			data := bytes.Clone(whole)
			data[i] = v
			f, err := Parse("m.gguf", data)
			if err == nil {
				readAll(t, f)
			}
		}
	}
}

// writeSplit writes a model of three parts and returns the paths.
func writeSplit(t *testing.T, change func(part int, b *gguftest.Builder)) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i := range 3 {
		b := &gguftest.Builder{}
		if i == 0 {
			b = gguftest.New("llama")
		}
		b.Set("split.no", uint16(i))
		b.Set("split.count", uint16(3))
		b.Set("split.tensors.count", int32(4))
		b.F32(fmt.Sprintf("t%d", i), []int{2}, float32(i), 1)
		if i == 2 {
			b.F32("last", []int{1}, 9)
		}
		if change != nil {
			change(i, b)
		}
		path := filepath.Join(dir, fmt.Sprintf("model-%05d-of-00003.gguf", i+1))
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestSplit(t *testing.T) {
	paths := writeSplit(t, nil)
	for i, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Fatalf("from part %d: %v", i, err)
		}
		var names []string
		for _, in := range f.Tensors() {
			names = append(names, fmt.Sprintf("%s in %d", in.Name, in.Part))
		}
		if diff := cmp.Diff([]string{"t0 in 0", "t1 in 1", "t2 in 2", "last in 2"}, names); diff != "" {
			t.Errorf("tensors (-want +got):\n%s", diff)
		}
		for j, p := range f.Parts() {
			if st, err := os.Stat(paths[j]); p.Path != paths[j] || err != nil || p.Bytes != st.Size() {
				t.Errorf("part %d: %v", j, p)
			}
		}
		if arch, _, err := String(f, "general.architecture"); arch != "llama" || err != nil {
			t.Errorf("metadata is not that of the first part: %q (%v)", arch, err)
		}
		x, _ := f.Tensor("t1")
		if v, err := x.Floats(); err != nil || v[0] != 1 {
			t.Errorf("t1: %v (%v)", v, err)
		}
		readAll(t, f)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSplitErrors(t *testing.T) {
	missing := writeSplit(t, nil)
	if err := os.Remove(missing[1]); err != nil {
		t.Fatal(err)
	}
	renamed := writeSplit(t, nil)
	other := filepath.Join(filepath.Dir(renamed[0]), "model.gguf")
	if err := os.Rename(renamed[0], other); err != nil {
		t.Fatal(err)
	}
	short := writeSplit(t, nil)
	wrongName := filepath.Join(filepath.Dir(short[0]), "model-00001-of-00002.gguf")
	if err := os.Rename(short[0], wrongName); err != nil {
		t.Fatal(err)
	}
	beyond := filepath.Join(filepath.Dir(short[0]), "model-00004-of-00003.gguf")
	if err := os.Rename(short[2], beyond); err != nil {
		t.Fatal(err)
	}
	swapped := writeSplit(t, nil)
	for _, move := range [][2]string{{swapped[0], "x"}, {swapped[1], swapped[0]}, {"x", swapped[1]}} {
		for i, p := range move {
			if p == "x" {
				move[i] = swapped[0] + ".x"
			}
		}
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
	set := func(part int, key string, value any) []string {
		return writeSplit(t, func(i int, b *gguftest.Builder) {
			if i == part {
				b.Set(key, value)
			}
		})
	}
	twice := writeSplit(t, func(i int, b *gguftest.Builder) {
		if i == 1 {
			b.F32("t0", []int{1}, 1)
		}
	})
	more := writeSplit(t, func(i int, b *gguftest.Builder) {
		if i == 1 {
			b.F32("more", []int{1}, 1)
		}
	})
	damaged := set(2, "general.alignment", uint32(3))
	alone := filepath.Join(t.TempDir(), "a-00002-of-00003.gguf")
	b := gguftest.New("llama")
	b.Set("split.count", uint16(2))
	b.Tensor("w", tensor.F32, []int{1}, make([]byte, 4))
	if err := os.WriteFile(alone, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path, want string
	}{
		{"missing", missing[0], missing[0] + ": part 2 of 3 is missing"},
		{"renamed", other, other + ": one of 3 parts of a model, but not named like NAME-00001-of-00003.gguf"},
		{"count in the name", wrongName, wrongName + ": split.count is 3, but the name says 00002 parts"},
		{"beyond the last", beyond, beyond + ": there is no part 00004 of 3"},
		{"swapped", swapped[2], swapped[0] + ": split.no is 1, want 0 from its name"},
		{"tensor twice", twice[0], twice[1] + `: tensor "t0" is already in ` + twice[0]},
		{"tensors too many", more[0], more[0] + ": split.tensors.count is 4, but the 3 parts hold 5 tensors"},
		{"damaged part", damaged[0], damaged[2] + `: metadata "general.alignment": 3 is not a power of two`},
		{"other count", alone, alone + ": split.count is 2, but the name says 00003 parts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := Open(test.path)
			if err == nil {
				f.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), "gguf: "+test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
	if _, err := Open(missing[2]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing part: %v is not %v", err, fs.ErrNotExist)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(dump(f, "small.hex"))
	f.Add(head(0, 0))
	f.Add(head(1, 1, "general.alignment", uint32(1), int8(64), "w", uint32(0), uint32(0), uint64(64), make([]byte, 128)))
	f.Add(head(1<<60, 1<<60))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("m.gguf", data)
		if err != nil {
			return
		}
		readAll(t, m)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
