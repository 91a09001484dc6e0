//go:build !amd64 || noasm || !gc

package cpu

import "runtime"

// supported says whether this machine and build have kernels for a level.
func supported(l Level) bool { return l == Reference || l == Generic }

// kernelsFor returns the kernels of a supported level.
func kernelsFor(Level) *kernels { return goKernels() }

// pause waits a moment in a loop that watches memory.
func pause() { runtime.Gosched() }
