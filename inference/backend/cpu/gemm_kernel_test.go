package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// TestGEMMTwin compares products in every layout with the Go twin, bit for bit: the order of the float additions is part of
// what a kernel is.
func TestGEMMTwin(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		g := goKernels()
		for _, typ := range tensor.All() {
			if _, ok := layoutOf(typ); !ok {
				continue
			}
			r := rand.New(rand.NewPCG(10, uint64(typ)))
			for _, shape := range [][2]int{{32, 256}, {70, 512}, {96, 768}} {
				p, err := pack([]tensor.Tensor{randomTensor(r, typ, shape[0], shape[1])})
				if err != nil {
					t.Fatal(err)
				}
				for n := 1; n <= maxTile+1; n++ {
					a := newActs(n, shape[1])
					a.use(p.forms())
					a.quantize(g, 0, n, awkward(r, n*shape[1], false))
					for tile := range a.tiles() {
						got, want := product(k, p, a, tile), product(g, p, a, tile)
						checkSame(t, fmt.Sprintf("%v, %d tokens, tile %d", typ, n, tile), got, want)
					}
				}
			}
		}
	})
}

// product is gemm of all rows with one tile; a guard behind the end of every row checks that no kernel writes further.
func product(k *kernels, p *packed, a *acts, tile int) []float32 {
	n, stride := a.tokens(tile), p.paddedRows()+1
	out := make([]float32, n*stride)
	for i := range out {
		out[i] = 12345
	}
	k.gemm(p, a, tile, 0, p.groups(), out, stride)
	for t := range n {
		if out[t*stride+stride-1] != 12345 {
			panic("gemm wrote beyond a row")
		}
	}
	return out
}

// TestGEMMExact compares products with float64 sums over the values that the quantized forms stand for.
func TestGEMMExact(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		for _, typ := range tensor.All() {
			if _, ok := layoutOf(typ); !ok {
				continue
			}
			r := rand.New(rand.NewPCG(11, uint64(typ)))
			const rows, width, n = 40, 512, 8
			x := randomTensor(r, typ, rows, width)
			w := dequantize(t, x)
			p, err := pack([]tensor.Tensor{x})
			if err != nil {
				t.Fatal(err)
			}
			a := newActs(n, width)
			a.use(formInt8 | formFloat)
			a.quantize(k, 0, n, awkward(r, n*width, false))
			for tile := range a.tiles() {
				out := product(k, p, a, tile)
				for i := range a.tokens(tile) {
					for row := range rows {
						var sum, magnitude float64
						for c := range width {
							v := float64(w[row*width+c]) * activation(a, p.forms(), tile, i, c)
							sum += v
							magnitude += math.Abs(v)
						}
						got := float64(out[i*(p.paddedRows()+1)+row])
						// Minimums and codes cancel to a value smaller than either, so their size counts.
						if math.Abs(got-sum) > 2e-6*(magnitude+1) {
							t.Fatalf("%v, tile %d, token %d, row %d: got %v, want %v", typ, tile, i, row, got, sum)
						}
					}
				}
			}
		}
	})
}

// activation is value c of token i of a tile as a form stores it.
func activation(a *acts, f form, tile, i, c int) float64 {
	if f == formFloat {
		return float64(a.floats[(tile*maxTile+i)*a.width+c])
	}
	n := a.tokens(tile)
	block := a.tile(tile)[c/32*actsBlockBytes*n:]
	code := int8(block[4*(c%32/4*n+i)+c%4])
	return float64(code) * float64(floatAt(block[4*(planeScale*n+i):]))
}

// TestGEMMIndependent wants the same bits of a token whatever its place, its company and the split over calls, and different
// ones if one of its values changes a little.
func TestGEMMIndependent(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		for _, typ := range []tensor.Type{tensor.Q8_0, tensor.Q5_0, tensor.Q4_0, tensor.Q4_1, tensor.Q4_K, tensor.Q6_K, tensor.Q2_K, tensor.BF16} {
			r := rand.New(rand.NewPCG(12, uint64(typ)))
			const width = 256
			p, err := pack([]tensor.Tensor{randomTensor(r, typ, 160, width)})
			if err != nil {
				t.Fatal(err)
			}
			token := awkward(r, width, false)
			alone := newActs(1, width)
			alone.use(p.forms())
			alone.quantize(k, 0, 1, token)
			want := product(k, p, alone, 0)[:160]
			a := newActs(14, width)
			a.use(p.forms())
			for n := 1; n <= 14; n++ {
				a.setRows(n)
				a.quantize(k, 0, n, awkward(r, n*width, false))
				at := r.IntN(n)
				a.quantize(k, at, 1, token)
				out := product(k, p, a, at/maxTile)[at%maxTile*161:]
				diffFloats(t, out[:160], want)
				part := make([]float32, maxTile*64)
				k.gemm(p, a, at/maxTile, 2, 2, part, 64)
				diffFloats(t, part[at%maxTile*64:][:64], want[64:128])
			}
			token[17] += 0.5
			alone.quantize(k, 0, 1, token)
			changed := 0
			for i, v := range product(k, p, alone, 0)[:160] {
				if v != want[i] {
					changed++
				}
			}
			if changed < 150 {
				t.Errorf("%v: a change of the input reached %d of 160 outputs", typ, changed)
			}
		}
	})
}

// TestGEMMLong has so many groups that gemm divides them into calls.
func TestGEMMLong(t *testing.T) {
	const rows, width = 96 * groupRows, 512
	if groupRows*width*maxTile*96 <= maxCallMACs {
		t.Fatal("one call does it")
	}
	r := rand.New(rand.NewPCG(13, 0))
	p, err := pack([]tensor.Tensor{randomTensor(r, tensor.Q8_0, rows, width)})
	if err != nil {
		t.Fatal(err)
	}
	k, err := kernelsAt(Levels()[len(Levels())-1])
	if err != nil {
		t.Fatal(err)
	}
	a := newActs(maxTile, width)
	a.quantize(k, 0, maxTile, awkward(r, maxTile*width, false))
	got := product(k, p, a, 0)
	part := make([]float32, maxTile*groupRows)
	for g := range p.groups() {
		k.gemm(p, a, 0, g, 1, part, groupRows)
		for i := range maxTile {
			diffFloats(t, got[i*(rows+1)+g*groupRows:][:groupRows], part[i*groupRows:][:groupRows])
		}
	}
}

// TestGEMMMixed multiplies a stack of panels with both forms of activations.
func TestGEMMMixed(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		r := rand.New(rand.NewPCG(14, 0))
		parts := []tensor.Tensor{
			randomTensor(r, tensor.Q5_0, 64, 256), randomTensor(r, tensor.F16, 32, 256), randomTensor(r, tensor.Q6_K, 50, 256),
		}
		p, err := pack(parts)
		if err != nil {
			t.Fatal(err)
		}
		a := newActs(5, 256)
		a.use(p.forms())
		a.quantize(k, 0, 5, awkward(r, 5*256, false))
		got := product(k, p, a, 0)
		at := 0
		for _, part := range parts {
			q, err := pack([]tensor.Tensor{part})
			if err != nil {
				t.Fatal(err)
			}
			want := product(k, q, a, 0)
			for i := range 5 {
				diffFloats(t, got[i*(p.paddedRows()+1)+at:][:part.Rows()], want[i*(q.paddedRows()+1):][:part.Rows()])
			}
			at += part.Rows()
		}
		two := make([]float32, 5*64) // the groups on both sides of a border
		k.gemm(p, a, 0, 1, 2, two, 64)
		for i := range 5 {
			diffFloats(t, two[i*64:][:64], got[i*(p.paddedRows()+1)+32:][:64])
		}
	})
}

// TestDenseTwin compares the float products with the Go twin, bit for bit.
func TestDenseTwin(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		g, r := goKernels(), rand.New(rand.NewPCG(15, 0))
		for n := 1; n <= 14; n++ {
			for _, dim := range []int{16, 32, 64, 80, 96, 128, 7} {
				q, keys := awkward(r, n*(dim+3), false), awkward(r, dim*32, false)
				half := make([]uint16, len(keys))
				g.toHalf(half, keys)
				compare := func(name string, f func(k *kernels, out []float32)) {
					t.Helper()
					got := awkward(rand.New(rand.NewPCG(16, 0)), n*max(32, dim)+1, false)
					want := clone(got)
					f(k, got)
					f(g, want)
					checkSame(t, fmt.Sprintf("%s, %d rows, head of %d", name, n, dim), got, want)
				}
				compare("qkF16", func(k *kernels, out []float32) { k.qkF16(out, q, dim+3, n, half, dim, 0.125) })
				compare("qkF32", func(k *kernels, out []float32) { k.qkF32(out, q, dim+3, n, keys, dim, 0.3) })
				p, c := awkward(r, n*32, false), awkward(r, n, false)
				compare("pvF16", func(k *kernels, out []float32) { k.pvF16(out, dim, p, c, n, half, dim) })
				compare("pvF32", func(k *kernels, out []float32) { k.pvF32(out, dim, p, c, n, keys, dim) })
			}
		}
	})
}

// TestAttentionExact runs blocks of keys through qk, softmax and pv and compares with attention in float64.
func TestAttentionExact(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		for _, c := range []struct{ n, dim, keys int }{{1, 64, 5}, {3, 64, 100}, {7, 80, 33}, {12, 128, 64}, {4, 256, 70}} {
			r := rand.New(rand.NewPCG(17, uint64(c.dim)))
			q, keys, values := awkward(r, c.n*c.dim, false), awkward(r, c.keys*c.dim, false), awkward(r, c.keys*c.dim, false)
			scale := float32(0.1 / math.Sqrt(float64(c.dim)))
			got := attend(k, q, keys, values, c.n, c.dim, c.keys, scale)
			for t0 := range c.n {
				weights := make([]float64, c.keys)
				var total float64
				for i := range weights {
					var dot float64
					for d := range c.dim {
						dot += float64(q[t0*c.dim+d]) * float64(keys[i*c.dim+d])
					}
					weights[i] = math.Exp(dot * float64(scale))
					total += weights[i]
				}
				for d := range c.dim {
					var want float64
					for i, w := range weights {
						want += w / total * float64(values[i*c.dim+d])
					}
					if math.Abs(float64(got[t0*c.dim+d])-want) > 2e-5 {
						t.Fatalf("%+v, row %d, dimension %d: got %v, want %v", c, t0, d, got[t0*c.dim+d], want)
					}
				}
			}
		}
	})
}

// attend is attention over float32 keys and values, [keys][dim], with the kernels, the way the back end uses them.
func attend(k *kernels, q, keys, values []float32, n, dim, count int, scale float32) []float32 {
	out := make([]float32, n*dim)
	p, m, l, c := make([]float32, n*32), make([]float32, n), make([]float32, n*lanes), make([]float32, n)
	for t := range m {
		m[t] = float32(math.Inf(-1))
	}
	for first := 0; first < count; first += 32 {
		kb, vb := make([]float32, 32*dim), make([]float32, 32*dim)
		for i := range min(32, count-first) {
			for d := range dim {
				kb[d*32+i] = keys[(first+i)*dim+d]
				vb[i*dim+d] = values[(first+i)*dim+d]
			}
		}
		k.qkF32(p, q, dim, n, kb, dim, scale)
		for t := range n {
			for i := count - first; i < 32; i++ {
				p[32*t+i] = float32(math.Inf(-1))
			}
		}
		k.softmax(p, m, l, c, n)
		k.pvF32(out, dim, p, c, n, vb, dim)
	}
	for t := range n {
		k.scale(out[t*dim:(t+1)*dim], 1/sumLanes((*[lanes]float32)(l[t*lanes:])))
	}
	return out
}

// TestSoftmaxTwin compares one block of online softmax with the Go twin, bit for bit, masks and odd scores included.
func TestSoftmaxTwin(t *testing.T) {
	eachLevel(t, func(t *testing.T, k *kernels) {
		g, r := goKernels(), rand.New(rand.NewPCG(18, 0))
		inf := float32(math.Inf(1))
		for round := range 300 {
			n := 1 + round%13
			p, m, l, c := awkward(r, 32*n, round%3 == 0), awkward(r, n, false), awkward(r, lanes*n, false), awkward(r, n, false)
			for i := range p {
				if round%2 == 0 && i%32 > round%32 {
					p[i] = -inf
				}
			}
			if round%5 == 0 {
				m[0] = -inf
				clear(l[:lanes])
				for i := range 32 {
					p[i] = -inf
				}
			}
			p2, m2, l2, c2 := clone(p), clone(m), clone(l), clone(c)
			k.softmax(p, m, l, c, n)
			g.softmax(p2, m2, l2, c2, n)
			checkSame(t, "weights", p, p2)
			checkSame(t, "sums", l, l2)
			checkSame(t, "factors", c, c2)
			for i := range m {
				if m[i] != m2[i] {
					t.Fatalf("maximum %d: got %v, the Go twin has %v", i, m[i], m2[i])
				}
			}
			if round%5 == 0 && (m[0] != -inf || c[0] != 1 || p[0] != 0) {
				t.Fatalf("all masked: maximum %v, factor %v, weight %v", m[0], c[0], p[0])
			}
		}
	})
}

// TestGEMMPanics gives gemm what it must not take.
func TestGEMMPanics(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 0))
	p, err := pack([]tensor.Tensor{randomTensor(r, tensor.Q8_0, 64, 64)})
	if err != nil {
		t.Fatal(err)
	}
	f, err := pack([]tensor.Tensor{randomTensor(r, tensor.F32, 64, 64)})
	if err != nil {
		t.Fatal(err)
	}
	eachLevel(t, func(t *testing.T, k *kernels) {
		for name, run := range map[string]func(){
			"other width":   func() { k.gemm(p, newActs(1, 96), 0, 0, 2, make([]float32, 64), 64) },
			"missing form":  func() { k.gemm(f, newActs(1, 64), 0, 0, 2, make([]float32, 64), 64) },
			"short output":  func() { k.gemm(p, newActs(2, 64), 0, 0, 2, make([]float32, 127), 64) },
			"narrow":        func() { newActs(1, 40) },
			"too many rows": func() { newActs(1, 32).setRows(2) },
			"row not there": func() { newActs(1, 32).quantize(k, 1, 1, make([]float32, 32)) },
		} {
			t.Run(name, func(t *testing.T) {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				run()
			})
		}
	})
}
