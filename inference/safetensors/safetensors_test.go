package safetensors

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// file is a header with its length, and so many bytes of data.
func file(header string, data int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	out = append(out, header...)
	for i := range data {
		out = append(out, byte(i))
	}
	return out
}

// vector is a file with one F32 tensor of n elements.
func vector(name string, n int) []byte {
	return file(fmt.Sprintf(`{%q:{"dtype":"F32","shape":[%d],"data_offsets":[0,%d]}}`, name, n, 4*n), 4*n)
}

// write writes files into a new folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestParseSmall(t *testing.T) {
	raw := dump(t, "small.hex")
	f, err := Parse("small", raw)
	if err != nil {
		t.Fatal(err)
	}
	want := []Info{
		{Name: "w", Type: tensor.F16, Shape: []int{2, 3}, Offset: 152, Bytes: 12},
		{Name: "b", Type: tensor.F32, Shape: []int{2}, Offset: 164, Bytes: 8},
	}
	if diff := cmp.Diff(want, f.Tensors()); diff != "" {
		t.Errorf("tensors (-want +got):\n%s", diff)
	}
	values := map[string][]float32{"w": {1, 2, 3, -1, -2, 0.5}, "b": {1, -1}}
	for name, want := range values {
		x, ok := f.Tensor(name)
		got, err := x.Floats()
		if !ok || err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, found %t (%v); want %v", name, got, ok, err, want)
		}
	}
	if _, ok := f.Tensor("absent"); ok {
		t.Error("found an absent tensor")
	}
	wantPart := Part{Path: "small", Bytes: int64(len(raw)), Metadata: map[string]string{"format": "pt"}}
	if diff := cmp.Diff([]Part{wantPart}, f.Parts()); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if f.Tensors()[0].Elements() != 6 {
		t.Errorf("w has %d elements", f.Tensors()[0].Elements())
	}
}

// TestDTypes lists every element type; only three can be read.
func TestDTypes(t *testing.T) {
	bits := map[string]int{
		"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64, "U32": 32, "U16": 16, "U8": 8,
		"BOOL": 8, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	}
	if len(bits) != len(dtypes) {
		t.Errorf("%d types, want %d", len(dtypes), len(bits))
	}
	for name, n := range bits {
		t.Run(name, func(t *testing.T) {
			size := 8 * n / 8 // 8 elements
			f, err := Parse("m", file(fmt.Sprintf(`{"w":{"dtype":%q,"shape":[2,4],"data_offsets":[0,%d]}}`, name, size), size))
			if err != nil {
				t.Fatal(err)
			}
			x, _ := f.Tensor("w")
			if x.Type.String() != name || len(x.Data) != size {
				t.Errorf("type %v with %d bytes, want %s with %d", x.Type, len(x.Data), name, size)
			}
			_, err = x.Floats()
			if readable := name == "F32" || name == "F16" || name == "BF16"; (err == nil) != readable {
				t.Errorf("reading: %v", err)
			}
			if err != nil && (!errors.Is(err, tensor.ErrUnsupported) || !strings.Contains(err.Error(), `tensor "w"`)) {
				t.Errorf("error names no tensor or is not %v: %v", tensor.ErrUnsupported, err)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	index := `{"metadata":{"total_size":20},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}`
	shards := map[string]string{
		"m-1.safetensors": string(vector("a", 2)), "m-2.safetensors": string(vector("b", 3)), IndexName: index,
	}
	both := map[string]string{SingleName: string(vector("single", 1))}
	maps.Copy(both, shards)
	tests := []struct {
		name  string
		files map[string]string
		open  string
		want  []string
	}{
		{"single file", map[string]string{"x.safetensors": string(vector("a", 1))}, "x.safetensors", []string{"x.safetensors a"}},
		{"folder", map[string]string{SingleName: string(vector("a", 1))}, "", []string{SingleName + " a"}},
		{"sharded folder", shards, "", []string{"m-1.safetensors a", "m-2.safetensors b"}},
		{"index", shards, IndexName, []string{"m-1.safetensors a", "m-2.safetensors b"}},
		{"one shard of it", shards, "m-2.safetensors", []string{"m-2.safetensors b"}},
		{"single file wins", both, "", []string{SingleName + " single"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := Open(filepath.Join(write(t, test.files), test.open))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, in := range f.Tensors() {
				got = append(got, filepath.Base(f.Parts()[in.Part].Path)+" "+in.Name)
				x, ok := f.Tensor(in.Name)
				if v, err := x.Floats(); !ok || err != nil || len(v) != x.Elements() {
					t.Errorf("%s: %v (%v)", in.Name, v, err)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for range 2 {
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	a, b := string(vector("a", 2)), string(vector("b", 2))
	index := func(weights string) string { return `{"weight_map":` + weights + `}` }
	tests := []struct {
		name  string
		files map[string]string
		want  string // after the path of the index or folder
	}{
		{"empty folder", nil, ": neither model.safetensors nor model.safetensors.index.json"},
		{"missing shard", map[string]string{IndexName: index(`{"a":"1","b":"2"}`), "1": a}, `: shard "2" is missing`},
		{"tensor in another shard", map[string]string{IndexName: index(`{"a":"1","b":"1","c":"2"}`), "1": a, "2": b}, `: tensor "b" is in 2, the index says 1`},
		{"tensor in none", map[string]string{IndexName: index(`{"a":"1","z":"1"}`), "1": a}, `: tensor "z" is in none of the shards, the index says 1`},
		{"tensor in two", map[string]string{IndexName: index(`{"a":"1","b":"2"}`), "1": a, "2": a}, `tensor "a" is already in `},
		{"damaged shard", map[string]string{IndexName: index(`{"a":"1"}`), "1": a[:20]}, `1: header claims`},
		{"path upwards", map[string]string{IndexName: index(`{"a":"../1"}`)}, `: index: tensor "a": shard "../1" is not the plain name of a file`},
		{"absolute path", map[string]string{IndexName: index(`{"a":"/etc/passwd"}`)}, `shard "/etc/passwd" is not the plain name of a file`},
		{"folder in path", map[string]string{IndexName: index(`{"a":"x/1"}`)}, `shard "x/1" is not the plain name of a file`},
		{"Windows path", map[string]string{IndexName: index(`{"a":"x\\1"}`)}, `shard "x\\1" is not the plain name of a file`},
		{"Windows drive", map[string]string{IndexName: index(`{"a":"c:1"}`)}, `shard "c:1" is not the plain name of a file`},
		{"dots", map[string]string{IndexName: index(`{"a":".."}`)}, `shard ".." is not the plain name of a file`},
		{"the folder", map[string]string{IndexName: index(`{"a":"."}`)}, `shard "." is not the plain name of a file`},
		{"empty name", map[string]string{IndexName: index(`{"a":""}`)}, `shard "" is not the plain name of a file`},
		{"shard a number", map[string]string{IndexName: index(`{"a":1}`)}, `: index: tensor "a": json: cannot unmarshal number`},
		{"tensor twice", map[string]string{IndexName: index(`{"a":"1","a":"2"}`)}, `: index: "a" occurs twice`},
		{"weight_map twice", map[string]string{IndexName: `{"weight_map":{"a":"1"},"weight_map":{}}`}, `: index: "weight_map" occurs twice`},
		{"no weight_map", map[string]string{IndexName: `{}`}, `: index: no weight_map, or an empty one`},
		{"empty weight_map", map[string]string{IndexName: index(`{}`)}, `: index: no weight_map, or an empty one`},
		{"weight_map a list", map[string]string{IndexName: index(`[]`)}, `: index: a JSON object is wanted, found [`},
		{"not JSON", map[string]string{IndexName: `{"weight_map":`}, `: index: unexpected EOF (at byte 14)`},
		{"not UTF-8", map[string]string{IndexName: index("{\"\xff\":\"1\"}")}, `: index is not UTF-8`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := write(t, test.files)
			f, err := Open(dir)
			if err == nil {
				f.Close()
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), "safetensors: "+dir) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: %v", err)
	}
}

// TestLinkedShards opens shards that are symbolic links out of the folder, as the cache of Hugging Face has them.
func TestLinkedShards(t *testing.T) {
	blobs := write(t, map[string]string{"blob": string(vector("a", 2))})
	dir := write(t, map[string]string{IndexName: `{"weight_map":{"a":"1"}}`})
	if err := os.Symlink(filepath.Join(blobs, "blob"), filepath.Join(dir, "1")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, ok := f.Tensor("a"); !ok {
		t.Error("a is absent")
	}
}

func TestIndexTooLong(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, IndexName))
	if err != nil {
		t.Fatal(err)
	}
	// Sparse: it takes no room on the disk.
	if err := errors.Join(f.Truncate(1<<40), f.Close()); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "index of 1099511627776 bytes, more than 100000000") {
		t.Errorf("%v", err)
	}
}
