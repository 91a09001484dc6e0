package tensor

import (
	"math"
	"math/rand/v2"
	"testing"
)

// halfValue is the value of a half by the definition of binary16, with infinite for the exponent of all ones.
func halfValue(h uint16) float64 {
	exponent, mantissa := int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(mantissa, -24)
	case 31:
		v = math.Inf(1)
	default:
		v = math.Ldexp(1024+mantissa, exponent-25)
	}
	if h>>15 == 1 {
		return -v
	}
	return v
}

// isNaNHalf says whether h is a NaN.
func isNaNHalf(h uint16) bool { return h&0x7fff > 0x7c00 }

func TestHalfToFloat(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		got := HalfToFloat(h)
		if isNaNHalf(h) {
			if b := math.Float32bits(got); b != uint32(h&0x8000)<<16|0x7f800000|uint32(h&0x3ff)<<13 {
				t.Fatalf("NaN %#04x became %#08x", h, b)
			}
			continue
		}
		if want := float32(halfValue(h)); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("%#04x is %g, want %g", h, got, want)
		}
	}
}

func TestFloatToHalf(t *testing.T) {
	// All halves come back, the points between two neighbours go to the even one, and those just beside them to the nearer one.
	for i := range 0x7c00 {
		h := uint16(i)
		low, high := halfValue(h), halfValue(h+1)
		if h == 0x7bff {
			high = 65536 // where the next half would be if there were one
		}
		middle := float32((low + high) / 2)
		even := h + h&1
		for _, test := range []struct {
			x    float32
			want uint16
		}{
			{float32(low), h},
			{middle, even},
			{math.Nextafter32(middle, 0), h},
			{math.Nextafter32(middle, 1e9), h + 1},
		} {
			if got := FloatToHalf(test.x); got != test.want {
				t.Fatalf("%g is %#04x, want %#04x", test.x, got, test.want)
			}
			if got := FloatToHalf(-test.x); got != test.want|0x8000 {
				t.Fatalf("%g is %#04x, want %#04x", -test.x, got, test.want|0x8000)
			}
		}
	}
	for _, test := range []struct {
		bits uint32
		want uint16
	}{
		{0x7f800000, 0x7c00}, {0xff800000, 0xfc00}, // infinities
		{0x7f7fffff, 0x7c00}, {0x00000001, 0}, {0x80000001, 0x8000}, // extremes of float32
		{0x7fc00000, 0x7e00}, {0xffc00000, 0xfe00}, // NaN
		{0x7f800001, 0x7e00}, {0x7fffffff, 0x7fff}, {0x7fa02000, 0x7f01}, // NaN: made quiet, payload cut off
	} {
		if got := FloatToHalf(math.Float32frombits(test.bits)); got != test.want {
			t.Errorf("%#08x is %#04x, want %#04x", test.bits, got, test.want)
		}
	}
}

func TestBF16(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := BF16ToFloat(h)
		if math.Float32bits(f) != uint32(i)<<16 {
			t.Fatalf("%#04x is %#08x", h, math.Float32bits(f))
		}
		want := h
		if f != f {
			want |= 0x40 // quiet
		}
		if got := FloatToBF16(f); got != want {
			t.Fatalf("%#04x comes back as %#04x, want %#04x", h, got, want)
		}
	}
	for _, test := range []struct {
		bits uint32
		want uint16
	}{
		{0x3f808000, 0x3f80}, {0x3f818000, 0x3f82}, {0x3f808001, 0x3f81}, {0x3f807fff, 0x3f80}, // ties to even, and beside them
		{0x7f7fffff, 0x7f80}, {0xff7fffff, 0xff80}, // to infinity
		{0x00008000, 0x0000}, {0x00018000, 0x0002}, {0x00000001, 0x0000}, // denormals
		{0x7f800001, 0x7fc0}, {0xff80ffff, 0xffc0}, // NaN must not become infinite
	} {
		if got := FloatToBF16(math.Float32frombits(test.bits)); got != test.want {
			t.Errorf("%#08x is %#04x, want %#04x", test.bits, got, test.want)
		}
	}
}

func FuzzFloatToHalf(f *testing.F) {
	for _, b := range []uint32{0, 0x80000000, 0x38800000, 0x387fffff, 0x33000000, 0x33000001, 0x477fefff, 0x477ff000, 0x7fc00000} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, bits uint32) {
		x := math.Float32frombits(bits)
		h := FloatToHalf(x)
		switch {
		case x != x:
			if !isNaNHalf(h) {
				t.Fatalf("NaN %#08x is %#04x", bits, h)
			}
		case math.Abs(float64(x)) >= 65520:
			if h&0x7fff != 0x7c00 {
				t.Fatalf("%g is %#04x, want infinity", x, h)
			}
		default:
			// No neighbour is nearer.
			d := math.Abs(halfValue(h) - float64(x))
			for _, n := range []uint16{h - 1, h + 1} {
				if !isNaNHalf(n) && math.Abs(halfValue(n)-float64(x)) < d {
					t.Fatalf("%g is %g, but %g is nearer", x, halfValue(h), halfValue(n))
				}
			}
			if h>>15 != uint16(bits>>31) {
				t.Fatalf("%g lost its sign: %#04x", x, h)
			}
		}
	})
}

func BenchmarkHalfToFloat(b *testing.B) {
	src := make([]uint16, 4096)
	for i := range src {
		src[i] = FloatToHalf(rand.Float32() - 0.5)
	}
	dst := make([]float32, len(src))
	b.SetBytes(int64(2 * len(src)))
	for b.Loop() {
		for i, h := range src {
			dst[i] = HalfToFloat(h)
		}
	}
}
