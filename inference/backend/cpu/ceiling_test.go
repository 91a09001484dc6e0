package cpu

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestCeilingKernels compares the loops of every level with the twins, whose results depend on all that is read or computed.
func TestCeilingKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, l := range Levels() {
		t.Run(l.String(), func(t *testing.T) {
			k := ceilingKernelsFor(l)
			buf := make([]byte, 8*256+1)
			for i := range buf {
				buf[i] = byte(rng.Uint32())
			}
			for n := 0; n < len(buf); n += 256 {
				for _, ahead := range []int{0, 2048} {
					b := buf[n%2:][:n] // the second one is not aligned
					if got, want := k.read(b, ahead), readGo(b, 0); got != want {
						t.Errorf("read of %d bytes, %d ahead: %x, want %x", n, ahead, got, want)
					}
				}
			}
			var w [64]uint8
			var x [64]int8
			var a, b [16]float32
			for i := range w {
				w[i], x[i] = uint8(rng.IntN(16)), int8(rng.IntN(255)-127)
			}
			for i := range a {
				a[i], b[i] = float32(rng.IntN(19)-9), float32(rng.IntN(19)-9)
			}
			for _, rounds := range []int{0, 1, 2, 7, 100} {
				if got, want := k.dots(&w, &x, rounds), dotsGo(&w, &x, rounds*k.dotsRound); got != want {
					t.Errorf("dots, %d rounds: %d, want %d", rounds, got, want)
				}
				got, want := b, b
				k.products(&a, &b, &got, rounds)
				productsGo(&a, &b, &want, rounds*k.productsRound)
				if got != want {
					t.Errorf("products, %d rounds: %v, want %v", rounds, got, want)
				}
			}
		})
	}
}

func TestMeasureCeilings(t *testing.T) {
	for _, l := range Levels() {
		t.Run(l.String(), func(t *testing.T) {
			got, err := MeasureCeilings(t.Context(), CeilingOptions{
				Level: l, Threads: []int{1, 3}, Time: 60 * time.Millisecond, Buffer: minCeilingBuffer,
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 2 || got[0].Threads != 1 || got[1].Threads != 3 {
				t.Fatalf("measured %+v, want 1 and 3 threads", got)
			}
			for _, c := range got {
				if !(c.Read > 0 && c.Int8 > 0 && c.Float32 > 0) {
					t.Errorf("a rate is not positive: %+v", c)
				}
			}
		})
	}
	t.Run("small buffer", func(t *testing.T) {
		got, err := MeasureCeilings(t.Context(), CeilingOptions{Threads: []int{1}, Time: 30 * time.Millisecond, Buffer: 1 << 20})
		if err != nil || got[0].Read != 0 {
			t.Errorf("%+v, %v: want no rate of reading", got, err)
		}
	})
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := MeasureCeilings(ctx, CeilingOptions{Time: time.Hour}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
	})
	for name, o := range map[string]CeilingOptions{"threads": {Threads: []int{1, 0}}, "instructions": {Level: 99}} {
		t.Run("bad "+name, func(t *testing.T) {
			if _, err := MeasureCeilings(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("error %v, want one about %s", err, name)
			}
		})
	}
}

// TestWorkLog: what was done until a time lies on the line between two calls.
func TestWorkLog(t *testing.T) {
	log := workLog{{10, 0}, {20, 100}, {40, 120}}
	for at, want := range map[time.Duration]float64{0: 0, 10: 0, 15: 50, 20: 100, 30: 110, 40: 120, 50: 120} {
		if got := log.until(at); got != want {
			t.Errorf("done until %d: %g, want %g", at, got, want)
		}
	}
}
