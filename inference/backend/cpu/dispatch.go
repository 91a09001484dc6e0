package cpu

import "fmt"

// Levels are the levels that this machine and build can run, slowest first.
func Levels() []Level {
	var have []Level
	for l := Reference; l <= AVX512; l++ {
		if supported(l) {
			have = append(have, l)
		}
	}
	return have
}

// kernelsAt returns the kernels of a level other than Reference, or an error if this machine or build lacks them.
func kernelsAt(l Level) (*kernels, error) {
	if l <= Reference || l > AVX512 || !supported(l) {
		return nil, fmt.Errorf("cpu: no %v kernels on this machine (have %v)", l, Levels())
	}
	return kernelsFor(l), nil
}
