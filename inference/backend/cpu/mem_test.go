package cpu

import (
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// Pieces of memory are zero, aligned, and no two share a byte, whether they have a mapping of their own or not.
func TestAlloc(t *testing.T) {
	b, err := New(Options{Level: Reference, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var all [][]byte
	total := int64(0)
	for i, n := range []int{1, 64, 65, 1000, maxCarved, maxCarved + 1, maxCarved, maxCarved, 7, maxCarved, maxCarved, maxCarved, maxCarved, maxCarved, 4096} {
		mem, err := b.alloc(Weights, n)
		if err != nil {
			t.Fatal(err)
		}
		if len(mem) != n || cap(mem) != n || addr(mem)%64 != 0 {
			t.Errorf("%d bytes: length %d, capacity %d, address %x", n, len(mem), cap(mem), addr(mem))
		}
		for k := range mem {
			if mem[k] != 0 {
				t.Fatalf("%d bytes: byte %d is %d", n, k, mem[k])
			}
			mem[k] = byte(i + 1)
		}
		all = append(all, mem)
		total += int64(n)
	}
	for i, mem := range all {
		if mem[0] != byte(i+1) || mem[len(mem)-1] != byte(i+1) {
			t.Errorf("piece %d was overwritten", i)
		}
	}
	if got := b.Memory()[Weights]; got != total {
		t.Errorf("%d bytes in the ledger, want %d", got, total)
	}
	if n := len(b.regions); n != 3 { // two slabs, and what is too large for one
		t.Errorf("%d mappings, want 3", n)
	}
}

// Prepare does the packing that the first product with a table would do, and only once.
func TestPrepare(t *testing.T) {
	for _, level := range Levels() {
		b, err := New(Options{Level: level, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		table, err := b.NewMatrix("table", tensor.Tensor{Name: "t", Type: tensor.F32, Shape: []int{64 * 32, 32}, Data: make([]byte, 4*64*32*32)})
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if level != Reference {
			want = 4 * 64 * 32 * 32
		}
		for range 2 {
			if err := b.Prepare(table); err != nil {
				t.Fatal(err)
			}
			if got := b.Memory()[Weights]; got != want {
				t.Errorf("%v: %d bytes of weights, want %d", level, got, want)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}
