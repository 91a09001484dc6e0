package cpu

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// TestPackExact packs random tensors of every type and wants the very values of tensor.Dequantize back, from the packed bytes and
// from products with one-hot activations, at every level.
func TestPackExact(t *testing.T) {
	for _, typ := range tensor.All() {
		if _, ok := layoutOf(typ); !ok {
			continue
		}
		t.Run(typ.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(typ)))
			x := randomTensor(r, typ, 45, 512)
			want := dequantize(t, x)
			p, err := pack([]tensor.Tensor{x})
			if err != nil {
				t.Fatal(err)
			}
			if p.rows() != 45 || p.paddedRows() != 64 || p.width() != 512 {
				t.Fatalf("packed as %d (%d) x %d", p.rows(), p.paddedRows(), p.width())
			}
			got := make([]float32, 512)
			for i := range 45 {
				p.row(got, i)
				diffFloats(t, got, want[i*512:(i+1)*512])
			}
			eachLevel(t, func(t *testing.T, k *kernels) { checkOneHot(t, k, p, want) })
		})
	}
}

// checkOneHot multiplies p with every unit vector.
func checkOneHot(t *testing.T, k *kernels, p *packed, want []float32) {
	width := p.width()
	a := newActs(width, width)
	a.use(p.forms())
	unit := make([]float32, width)
	for i := range width {
		clear(unit)
		unit[i] = 127 // code 127, scale 1
		a.quantize(k, i, 1, unit)
	}
	// The code becomes 1, so that products are the weights themselves.
	if p.forms() == formInt8 {
		for tile := range a.tiles() {
			n := a.tokens(tile)
			for b := range width / 32 {
				block := a.tile(tile)[b*actsBlockBytes*n:]
				for i := range planes * n {
					v := block[4*i : 4*i+4]
					switch i / n {
					case planeScale:
					case planeSum, planeHalf, planeHalf + 1:
						putFloat(v, floatAt(v)/127)
					case planePair, planePair + 1:
						for h := 0; h < 4; h += 2 {
							binary.LittleEndian.PutUint16(v[h:], uint16(int16(binary.LittleEndian.Uint16(v[h:]))/127))
						}
					case planeSum128, planeSum8, planeHalf128, planeHalf128 + 1:
						binary.LittleEndian.PutUint32(v, uint32(int32(binary.LittleEndian.Uint32(v))/127))
					default:
						for j := range v {
							v[j] /= 127
						}
					}
				}
			}
		}
	} else {
		k.scale(a.floats, 1./127)
		for i, v := range a.floats {
			a.floats[i] = float32(math.Round(float64(v)))
		}
	}
	out := make([]float32, maxTile*p.paddedRows())
	for tile := range a.tiles() {
		k.gemm(p, a, tile, 0, p.groups(), out, p.paddedRows())
		for i := range a.tokens(tile) {
			col := tile*maxTile + i
			for r := range p.paddedRows() {
				var w float32
				if r < p.rows() {
					w = want[r*width+col]
				}
				if got := out[i*p.paddedRows()+r]; got != w {
					t.Fatalf("row %d, column %d: got %v, want %v", r, col, got, w)
				}
			}
		}
	}
}

// TestPackStacks stacks parts of several types, with and without groups that mix them.
func TestPackStacks(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	mk := func(typ tensor.Type, rows int) tensor.Tensor { return randomTensor(r, typ, rows, 256) }
	for _, c := range []struct {
		name   string
		parts  []tensor.Tensor
		panels int
		forms  form
	}{
		{"one type", []tensor.Tensor{mk(tensor.Q8_0, 9), mk(tensor.Q8_0, 40), mk(tensor.Q8_0, 1)}, 1, formInt8},
		{"whole groups", []tensor.Tensor{mk(tensor.Q5_0, 64), mk(tensor.Q8_0, 32), mk(tensor.Q6_K, 33)}, 3, formInt8},
		{"floats beside codes", []tensor.Tensor{mk(tensor.F16, 32), mk(tensor.Q4_K, 32)}, 2, formInt8 | formFloat},
		{"mixed group", []tensor.Tensor{mk(tensor.Q5_0, 40), mk(tensor.Q4_K, 24)}, 1, formFloat},
		{"mixed group late", []tensor.Tensor{mk(tensor.Q5_0, 32), mk(tensor.Q4_K, 24), mk(tensor.BF16, 8)}, 1, formFloat},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := pack(c.parts)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.panels) != c.panels || p.forms() != c.forms {
				t.Errorf("%d panels with forms %b, want %d with %b", len(p.panels), p.forms(), c.panels, c.forms)
			}
			var total int64
			for i := range p.panels {
				total += int64(len(p.panels[i].data))
			}
			if p.bytes() != total {
				t.Errorf("%d bytes, panels have %d", p.bytes(), total)
			}
			got := make([]float32, 256)
			row := 0
			for _, part := range c.parts {
				want := dequantize(t, part)
				for i := range part.Rows() {
					p.row(got, row)
					diffFloats(t, got, want[256*i:256*(i+1)])
					row++
				}
			}
			if p.rows() != row {
				t.Errorf("%d rows, want %d", p.rows(), row)
			}
		})
	}
}

// TestPackRejects gives impossible tensors.
func TestPackRejects(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	good := randomTensor(r, tensor.Q8_0, 4, 64)
	short := good
	short.Data = short.Data[:len(short.Data)-1]
	negative := good
	negative.Shape = []int{-2, -2, 64}
	empty := tensor.Tensor{Name: "empty", Type: tensor.Q8_0, Shape: []int{0, 64}}
	unknown := good
	unknown.Type = 99
	for _, c := range []struct {
		name, want string
		parts      []tensor.Tensor
	}{
		{"none", "at least one", nil},
		{"short data", "does not fit", []tensor.Tensor{good, short}},
		{"negative dimensions", "bad shape", []tensor.Tensor{negative}},
		{"empty", "bad shape", []tensor.Tensor{empty}},
		{"unknown type", "no kernel for", []tensor.Tensor{unknown}},
		{"narrow", "multiple of 32", []tensor.Tensor{randomTensor(r, tensor.F32, 4, 40)}},
		{"widths differ", "width 96", []tensor.Tensor{good, randomTensor(r, tensor.Q8_0, 4, 96)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := pack(c.parts)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

// diffFloats compares bit for bit.
func diffFloats(t *testing.T, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("element %d of %d: got %v (%#x), want %v (%#x)", i, len(want),
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// TestPackedSources wants every stored byte reported once when a matrix of several parts is packed, and unchanged values.
func TestPackedSources(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	parts := []tensor.Tensor{
		randomTensor(r, tensor.Q8_0, 50, 64), randomTensor(r, tensor.Q8_0, 14, 64), randomTensor(r, tensor.Q5_0, 3000, 64),
	}
	seen := make([]map[int]int, len(parts)) // length by offset
	for i := range seen {
		seen[i] = map[int]int{}
	}
	var mu sync.Mutex
	b, err := New(Options{Level: Generic, Threads: 3, Packed: func(data []byte) {
		mu.Lock()
		defer mu.Unlock()
		for i, p := range parts {
			if off := int(addr(data) - addr(p.Data)); addr(data) >= addr(p.Data) && off < len(p.Data) {
				seen[i][off] = len(data)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	m, err := b.NewMatrix("m", parts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Prepare(m); err != nil {
		t.Fatal(err)
	}
	for i, p := range parts {
		at := 0
		for at < len(p.Data) && seen[i][at] > 0 {
			at += seen[i][at]
		}
		if at != len(p.Data) {
			t.Errorf("part %d: %d of %d bytes reported in a row: %v", i, at, len(p.Data), seen[i])
		}
	}
}
