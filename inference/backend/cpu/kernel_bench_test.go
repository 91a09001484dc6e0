package cpu

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// BenchmarkGEMM multiplies one tile of n tokens with 512 rows that stay in the cache.
func BenchmarkGEMM(b *testing.B) {
	const rows, width = 512, 1024
	types := []tensor.Type{tensor.Q8_0, tensor.Q5_0, tensor.Q4_0, tensor.Q4_1, tensor.Q4_K, tensor.Q6_K, tensor.Q5_K, tensor.Q3_K, tensor.F16, tensor.F32, tensor.BF16}
	for _, typ := range types {
		r := rand.New(rand.NewPCG(20, 0))
		p, err := pack([]tensor.Tensor{randomTensor(r, typ, rows, width)})
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{1, 2, 3, 4, 6} {
			for _, l := range []Level{AVX512, AVX2, Generic} {
				name := fmt.Sprintf("type=%s/n=%d/isa=%s", strings.ToLower(typ.String()), n, l)
				b.Run(name, func(b *testing.B) {
					k := useKernels(b, l)
					a := newActs(n, width)
					a.use(p.forms())
					a.quantize(k, 0, n, awkward(r, n*width, false))
					out := make([]float32, n*rows)
					b.SetBytes(p.bytes())
					for b.Loop() {
						k.gemm(p, a, 0, 0, p.groups(), out, rows)
					}
					macs := float64(rows*width*n) * float64(b.N)
					b.ReportMetric(macs/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}

// BenchmarkStream is the product with one token when the weights come from memory.
func BenchmarkStream(b *testing.B) {
	const rows, width = 64 << 10, 2048
	for _, typ := range []tensor.Type{tensor.Q8_0, tensor.Q4_1, tensor.Q4_K} {
		r := rand.New(rand.NewPCG(21, 0))
		x := randomTensor(r, typ, rows, width)
		p, err := pack([]tensor.Tensor{x})
		if err != nil {
			b.Fatal(err)
		}
		for _, l := range []Level{AVX512, AVX2} {
			b.Run(fmt.Sprintf("type=%s/isa=%s", strings.ToLower(typ.String()), l), func(b *testing.B) {
				k := useKernels(b, l)
				a := newActs(1, width)
				a.quantize(k, 0, 1, awkward(r, width, false))
				out := make([]float32, rows)
				b.SetBytes(p.bytes())
				for b.Loop() {
					k.gemm(p, a, 0, 0, p.groups(), out, rows)
				}
			})
		}
	}
}

// BenchmarkPack reports bytes of the file a second.
func BenchmarkPack(b *testing.B) {
	for _, typ := range tensor.All() {
		if _, ok := layoutOf(typ); !ok {
			continue
		}
		b.Run("type="+strings.ToLower(typ.String()), func(b *testing.B) {
			x := randomTensor(rand.New(rand.NewPCG(22, 0)), typ, 256, 2048)
			p, err := newPacked([]tensor.Tensor{x}, func(n int) ([]byte, error) { return make([]byte, n), nil })
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(x.Data)))
			for b.Loop() {
				for g := range p.groups() {
					p.packGroup(g)
				}
			}
		})
	}
}

// BenchmarkVector reports values a second of the kernels on rows.
func BenchmarkVector(b *testing.B) {
	const n = 2048
	r := rand.New(rand.NewPCG(23, 0))
	x, y, z := awkward(r, n, false), awkward(r, n, false), awkward(r, n, false)
	half := make([]uint16, n)
	lane := make([]byte, n/32*actsBlockBytes)
	m, sums, c := make([]float32, n/32), make([]float32, n/32*lanes), make([]float32, n/32)
	for name, run := range map[string]func(k *kernels){
		"rmsNorm":  func(k *kernels) { k.rmsNorm(z, x, y, 1e-5) },
		"siluMul":  func(k *kernels) { k.siluMul(z, x, y) },
		"gelu":     func(k *kernels) { k.geluTanhMul(z, x, y) },
		"quantize": func(k *kernels) { k.quantize(lane, 1, x) },
		"toHalf":   func(k *kernels) { k.toHalf(half, x) },
		"rope":     func(k *kernels) { k.ropeHalf(x, y[:n/2], z[:n/2]) },
		"logits":   func(k *kernels) { k.logits(x) },
		"softmax":  func(k *kernels) { k.softmax(z, m, sums, c, n/32) },
	} {
		for _, l := range []Level{AVX512, AVX2, Generic} {
			b.Run(fmt.Sprintf("op=%s/isa=%s", name, l), func(b *testing.B) {
				k := useKernels(b, l)
				for b.Loop() {
					run(k)
				}
				b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gvalue/s")
			})
		}
	}
}

// BenchmarkAttention is one block of 32 keys for n query rows.
func BenchmarkAttention(b *testing.B) {
	r := rand.New(rand.NewPCG(24, 0))
	const dim = 64
	q, block := awkward(r, 12*dim, false), make([]uint16, 32*dim)
	goKernels().toHalf(block, awkward(r, 32*dim, false))
	p, c, o := awkward(r, 12*32, false), awkward(r, 12, false), make([]float32, 12*dim)
	for _, n := range []int{1, 3, 7, 12} {
		for _, l := range []Level{AVX512, AVX2} {
			for _, op := range []string{"qk", "pv"} {
				b.Run(fmt.Sprintf("op=%s/n=%d/isa=%s", op, n, l), func(b *testing.B) {
					k := useKernels(b, l)
					for b.Loop() {
						if op == "qk" {
							k.qkF16(p, q, dim, n, block, dim, 0.125)
						} else {
							clear(c)
							k.pvF16(o, dim, p, c, n, block, dim)
						}
					}
					b.ReportMetric(float64(32*dim*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}
