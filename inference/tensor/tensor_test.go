package tensor

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShape(t *testing.T) {
	tests := []struct {
		shape                 []int
		rows, width, elements int
	}{
		{nil, 1, 1, 1},
		{[]int{5}, 1, 5, 5},
		{[]int{2, 3}, 2, 3, 6},
		{[]int{4, 2, 3}, 8, 3, 24},
		{[]int{0, 3}, 0, 3, 0},
	}
	for _, test := range tests {
		x := Tensor{Shape: test.shape}
		if x.Rows() != test.rows || x.Width() != test.width || x.Elements() != test.elements {
			t.Errorf("%v: %d rows of %d, %d elements; want %d, %d, %d",
				test.shape, x.Rows(), x.Width(), x.Elements(), test.rows, test.width, test.elements)
		}
	}
}

func TestRowsAndFloats(t *testing.T) {
	raw := make([]byte, 2*Q8_0.RowBytes(32))
	var want []float32
	for i := range 64 {
		want = append(want, float32(i-32))
	}
	for row := range 2 { // scale 1, codes -32..31
		raw[34*row+1] = 0x3c
		for i := range 32 {
			raw[34*row+2+i] = byte(32*row + i - 32)
		}
	}
	x := Tensor{Name: "x", Type: Q8_0, Shape: []int{2, 32}, Data: raw}
	got, err := x.Floats()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	row := make([]float32, 32)
	if err := Dequantize(x.Type, row, x.Row(1)); err != nil || !slices.Equal(row, want[32:]) {
		t.Errorf("row 1: %v (%v)", row, err)
	}
	x.Data = raw[1:]
	if _, err := x.Floats(); err == nil || !strings.Contains(err.Error(), `tensor "x": 67 bytes of data`) {
		t.Errorf("short data: %v", err)
	}
	x.Type = IQ1_S
	if _, err := x.Floats(); err == nil || !strings.Contains(err.Error(), `tensor "x": unsupported tensor type IQ1_S`) {
		t.Errorf("unsupported: %v", err)
	}
}

func TestTypes(t *testing.T) {
	names := map[string]bool{}
	for _, typ := range All() {
		name := typ.String()
		if name == "" || names[name] {
			t.Errorf("type %d has the name %q, which is empty or taken", uint32(typ), name)
		}
		names[name] = true
		if typ.BlockElems() <= 0 || typ.BlockBytes() <= 0 || typ.RowBytes(3*typ.BlockElems()) != 3*typ.BlockBytes() {
			t.Errorf("%v: blocks of %d elements in %d bytes", typ, typ.BlockElems(), typ.BlockBytes())
		}
	}
	if len(readable()) != 16 {
		t.Errorf("%d readable types, want 16", len(readable()))
	}
	for _, typ := range []Type{4, 5, 31, 33, 36, 38, 42, 1<<16 - 1, Bool - 1, F6_E3M2 + 1, 1<<32 - 1} {
		if typ.Known() || typ.BlockElems() != 0 || typ.BlockBytes() != 0 || !strings.HasPrefix(typ.String(), "type ") {
			t.Errorf("id %d has a meaning: %v", uint32(typ), typ)
		}
	}
}
