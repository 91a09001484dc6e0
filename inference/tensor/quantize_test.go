package tensor

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// writable are the types that Quantize knows.
var writable = []Type{F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0}

// halfStep bounds the rounding error of a value, as a part of the largest magnitude (Q4_0, Q5_0, Q8_0) or of the range
// (Q4_1, Q5_1) of its block: half a step of the codes, or a whole one at the end that a signed code doesn't reach.
func halfStep(typ Type, low, high float64) float64 {
	amax := math.Max(math.Abs(low), math.Abs(high))
	switch typ {
	case Q4_0:
		return amax / 8
	case Q5_0:
		return amax / 16
	case Q8_0:
		return amax / 127 / 2
	case Q4_1:
		return (high - low) / 15 / 2
	case Q5_1:
		return (high - low) / 31 / 2
	case F16:
		return amax * 0x1p-11
	case BF16:
		return amax * 0x1p-8
	}
	return 0
}

// TestQuantizeRoundTrip checks that values come back as near as the type can make them.
func TestQuantizeRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, typ := range writable {
		t.Run(typ.String(), func(t *testing.T) {
			for _, scale := range []float64{1e-3, 1, 300} {
				for range 50 {
					x := make([]float32, 32)
					low, high := math.Inf(1), math.Inf(-1)
					for i := range x {
						x[i] = float32(rng.NormFloat64() * scale)
						low, high = min(low, float64(x[i])), max(high, float64(x[i]))
					}
					raw, got := make([]byte, typ.RowBytes(32)), make([]float32, 32)
					if err := Quantize(typ, raw, x); err != nil {
						t.Fatal(err)
					}
					if err := Dequantize(typ, got, raw); err != nil {
						t.Fatal(err)
					}
					amax := math.Max(math.Abs(low), math.Abs(high))
					// Rounding of the scale to half, times up to 31 codes, comes on top of it.
					bound := halfStep(typ, low, high) + amax*0x1p-9
					if typ == F32 {
						bound = 0
					}
					for i := range x {
						if d := math.Abs(float64(got[i] - x[i])); d > bound {
							t.Fatalf("element %d: %g came back as %g, more than %g away", i, x[i], got[i], bound)
						}
					}
				}
			}
		})
	}
}

func TestQuantizeSpecialBlocks(t *testing.T) {
	fill := func(v float32) []float32 {
		x := make([]float32, 32)
		for i := range x {
			x[i] = v
		}
		return x
	}
	for _, typ := range writable {
		t.Run(typ.String(), func(t *testing.T) {
			// Zeros stay zeros, and values too small for a float16 scale become some, without any undefined conversion.
			for _, v := range []float32{0, math.SmallestNonzeroFloat32, -1e-40, 1e-38} {
				raw, got := make([]byte, typ.RowBytes(32)), make([]float32, 32)
				if err := Quantize(typ, raw, fill(v)); err != nil {
					t.Fatal(err)
				}
				if err := Dequantize(typ, got, raw); err != nil {
					t.Fatal(err)
				}
				for i, g := range got {
					if !(math.Abs(float64(g)) <= math.Abs(float64(v))*1.01) {
						t.Fatalf("%g came back as %g in element %d", v, g, i)
					}
				}
			}
			if typ.BlockElems() == 1 {
				return
			}
			for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
				x := append(fill(1), fill(1)...)
				x[40] = v
				err := Quantize(typ, make([]byte, typ.RowBytes(64)), x)
				if err == nil || !strings.Contains(err.Error(), "element 40 is") {
					t.Errorf("%v: %v", v, err)
				}
			}
			x := append(fill(1), fill(1)...)
			x[63], x[62] = 3e38, -3e38
			err := Quantize(typ, make([]byte, typ.RowBytes(64)), x)
			if err == nil || !strings.Contains(err.Error(), "elements 32 to 63: values too large") {
				t.Errorf("too large: %v", err)
			}
		})
	}
	if err := Quantize(Q6_K, make([]byte, 210), make([]float32, 256)); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Q6_K: %v, want %v", err, ErrUnsupported)
	}
}

func FuzzQuantize(f *testing.F) {
	f.Add(uint8(3), []byte(strings.Repeat("\x00\x00\x80\x3f\x00\x00\x20\xc1", 16)))
	f.Add(uint8(4), []byte(strings.Repeat("\x01\x00\x00\x00", 32)))
	f.Add(uint8(7), []byte(strings.Repeat("\xff\xff\x7f\x7f", 32)))
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		typ := writable[int(which)%len(writable)]
		n := len(raw) / 4 / 32 * 32
		x, y := make([]float32, n), make([]float32, n)
		if err := Dequantize(F32, x, raw[:4*n]); err != nil {
			t.Fatal(err)
		}
		blocks := make([]byte, typ.RowBytes(n))
		if Quantize(typ, blocks, x) != nil || typ.BlockElems() == 1 {
			return
		}
		if err := Dequantize(typ, y, blocks); err != nil {
			t.Fatal(err)
		}
		for i := range y {
			if y[i]-y[i] != 0 {
				t.Fatalf("%v: %g came back as %g", typ, x[i], y[i])
			}
		}
	})
}
