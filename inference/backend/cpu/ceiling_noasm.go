//go:build !amd64 || noasm || !gc

package cpu

// ceilingKernelsFor returns the loops in the instructions of a supported level.
func ceilingKernelsFor(Level) ceilingKernels { return goCeilingKernels() }
