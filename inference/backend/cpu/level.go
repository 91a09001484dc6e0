package cpu

import "fmt"

// Level is how a Backend computes.
type Level int

// The levels. Auto takes the best one of Levels. Generic, AVX2 and AVX512 give the same bits, which differ from those of
// Reference by rounding activations to 8 bits; results of one level never depend on batching or threads.
const (
	Auto      Level = iota
	Reference       // plain Go, float32 activations, weights dequantized a row at a time
	Generic         // plain Go twins of the vector kernels: slow, for tests and for machines that others cannot serve
	AVX2            // AVX2, FMA and F16C
	AVX512          // AVX-512 F, BW, DQ, VL and VNNI
)

var levelNames = [...]string{Auto: "auto", Reference: "reference", Generic: "generic", AVX2: "avx2", AVX512: "avx512"}

// String is the name used on the command line.
func (l Level) String() string {
	if l < 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("level %d", int(l))
	}
	return levelNames[l]
}

// ParseLevel is the inverse of String.
func ParseLevel(s string) (Level, error) {
	for l, name := range levelNames {
		if s == name {
			return Level(l), nil
		}
	}
	return 0, fmt.Errorf("cpu: unknown level %q (want auto, reference, generic, avx2 or avx512)", s)
}
