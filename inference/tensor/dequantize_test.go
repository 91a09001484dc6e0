package tensor

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// element is element i of a block, computed alone from the description of the layouts: what the unrolled functions must
// give, written the other way round.
func element(typ Type, b []byte, i int) float32 {
	h := func(at int) float32 { return HalfToFloat(binary.LittleEndian.Uint16(b[at:])) }
	// nibble is the code of element i of a block of 32 whose codes begin at byte at.
	nibble := func(at, i int) int {
		return int(b[at+i%16] >> (4 * (i / 16)) & 15)
	}
	bit := func(at, n int) int { return int(b[at+n/8] >> (n % 8) & 1) }
	switch typ {
	case F32:
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	case F16:
		return h(0)
	case BF16:
		return math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
	case Q4_0:
		return h(0) * float32(nibble(2, i)-8)
	case Q4_1:
		return float32(h(0)*float32(nibble(4, i))) + h(2)
	case Q5_0:
		return h(0) * float32(nibble(6, i)+16*bit(2, i)-16)
	case Q5_1:
		return float32(h(0)*float32(nibble(8, i)+16*bit(4, i))) + h(2)
	case Q8_0:
		return h(0) * float32(int8(b[2+i]))
	case IQ4_NL:
		return h(0) * codesIQ4[nibble(2, i)]
	case MXFP4:
		return float32(math.Ldexp(1, int(b[0])-128)) * codesMXFP4[nibble(1, i)]
	case IQ4_XS:
		k := i / 32
		scale := int(b[4+k/2]>>(4*(k%2))&15) + 16*(2*bit(2, 2*k+1)+bit(2, 2*k))
		return float32(h(0)*float32(scale-32)) * codesIQ4[nibble(8+16*k, i%32)]
	case Q2_K:
		run, scales := i/32, int(b[i/16])
		code := int(b[16+i/128*32+i%32] >> (2 * (run % 4)) & 3)
		return float32(float32(h(80)*float32(scales%16))*float32(code)) - h(82)*float32(scales/16)
	case Q3_K:
		run, k := i/32, i/16
		code := int(b[32+i/128*32+i%32]>>(2*(run%4))&3) + 4*int(b[i%32]>>run&1)
		scale := int(b[96+k%8]>>(4*(k/8))&15) + 16*int(b[104+k%4]>>(2*(k/4))&3)
		return float32(h(108)*float32(scale-32)) * float32(code-4)
	case Q4_K, Q5_K:
		k := i / 32
		at := 16
		high := 0
		if typ == Q5_K {
			at = 48
			high = 16 * int(b[16+i%32]>>k&1)
		}
		code := int(b[at+i/64*32+i%32]>>(4*(k%2))&15) + high
		s := b[4:16]
		scale, minimum := s[k%4]&63, s[4+k%4]&63
		if k >= 4 {
			scale, minimum = s[k+4]%16+s[k-4]/64*16, s[k+4]/16+s[k]/64*16
		}
		return float32(float32(h(0)*float32(scale))*float32(code)) - h(2)*float32(minimum)
	case Q6_K:
		run := i % 128 / 32
		code := int(b[i/128*64+i%64]>>(4*(run/2))&15) + 16*int(b[128+i/128*32+i%32]>>(2*run)&3)
		return float32(h(208)*float32(int8(b[192+i/16]))) * float32(code-32)
	}
	panic("no such type")
}

// checkBlocks dequantises src and compares with element.
func checkBlocks(t *testing.T, typ Type, src []byte) {
	t.Helper()
	n := len(src) / typ.BlockBytes() * typ.BlockElems()
	got := make([]float32, n)
	if err := Dequantize(typ, got, src); err != nil {
		t.Fatal(err)
	}
	for i, g := range got {
		block := i / typ.BlockElems() * typ.BlockBytes()
		want := element(typ, src[block:block+typ.BlockBytes()], i%typ.BlockElems())
		if math.Float32bits(g) != math.Float32bits(want) && !(g != g && want != want) {
			t.Fatalf("%v: element %d is %g, want %g", typ, i, g, want)
		}
	}
}

func readable() []Type {
	var list []Type
	for _, typ := range All() {
		if typ.Known() {
			list = append(list, typ)
		}
	}
	return list
}

func TestDequantize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range readable() {
		t.Run(typ.String(), func(t *testing.T) {
			for _, blocks := range []int{0, 1, 2, 3, 64} {
				src := make([]byte, blocks*typ.BlockBytes())
				for i := range src {
					src[i] = byte(rng.Uint32())
				}
				checkBlocks(t, typ, src)
			}
			checkBlocks(t, typ, make([]byte, 3*typ.BlockBytes()))
			checkBlocks(t, typ, []byte(strings.Repeat("\xff", 3*typ.BlockBytes())))
			// An exponent byte of MXFP4 has no pattern that random blocks would miss, but the lowest are denormal.
			for e := range 256 {
				src := make([]byte, typ.BlockBytes())
				for i := range src {
					src[i] = byte(i * 37)
				}
				src[0] = byte(e)
				checkBlocks(t, typ, src)
			}
		})
	}
}

func FuzzDequantize(f *testing.F) {
	for i, typ := range readable() {
		f.Add(uint8(i), []byte(strings.Repeat("0123456789abcdef", 20))[:typ.BlockBytes()])
	}
	types := readable()
	f.Fuzz(func(t *testing.T, which uint8, src []byte) {
		typ := types[int(which)%len(types)]
		checkBlocks(t, typ, src[:len(src)/typ.BlockBytes()*typ.BlockBytes()])
	})
}

func TestSizes(t *testing.T) {
	tests := []struct {
		name  string
		typ   Type
		elems int
		bytes int
		want  string
	}{
		{"part of a block", Q4_0, 33, 18, "Q4_0: 33 elements are not whole blocks of 32"},
		{"too few bytes", Q6_K, 512, 419, "Q6_K: 512 elements take 420 bytes, not 419"},
		{"too many bytes", F16, 3, 7, "F16: 3 elements take 6 bytes, not 7"},
		{"no arithmetic", IQ2_XXS, 256, 66, "unsupported tensor type IQ2_XXS"},
		{"from safetensors", F8_E4M3, 1, 1, "unsupported tensor type F8_E4M3"},
		{"no such type", 99, 1, 1, "unsupported tensor type type 99"},
		{"largest id", 1<<32 - 1, 1, 1, "unsupported tensor type type 4294967295"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			floats, raw := make([]float32, test.elems), make([]byte, test.bytes)
			for name, err := range map[string]error{"dequantize": Dequantize(test.typ, floats, raw), "quantize": Quantize(test.typ, raw, floats)} {
				if err == nil || err.Error() != test.want {
					t.Errorf("%s: %v, want %s", name, err, test.want)
				}
				if errors.Is(err, ErrUnsupported) != !test.typ.Known() {
					t.Errorf("%s: %v: ErrUnsupported is wrong", name, err)
				}
			}
		})
	}
}

func BenchmarkDequantize(b *testing.B) {
	for _, typ := range readable() {
		b.Run("type="+typ.String(), func(b *testing.B) {
			dst := make([]float32, 4096)
			src := make([]byte, typ.RowBytes(len(dst)))
			for i := range src {
				src[i] = byte(i * 31)
			}
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if err := Dequantize(typ, dst, src); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(dst))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Melem/s")
		})
	}
}
