//go:build amd64 && !noasm && gc

package cpu

import "golang.org/x/sys/cpu"

//go:generate go run -C _gen . -out ../kernel_amd64.s -stubs ../kernel_amd64.go -pkg cpu

// supported says whether this machine and build have kernels for a level.
func supported(l Level) bool {
	x := &cpu.X86
	switch l {
	case Reference, Generic:
		return true
	case AVX2:
		return x.HasAVX2 && x.HasFMA && x.HasF16C
	case AVX512:
		return supported(AVX2) && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VNNI
	}
	return false
}

// kernelsFor returns the kernels of a supported level.
func kernelsFor(l Level) *kernels {
	switch l {
	case AVX2:
		return vectorKernels(l, codeAVX2())
	case AVX512:
		return vectorKernels(l, codeAVX512())
	}
	return goKernels()
}

// pause waits a moment in a loop that watches memory.
func pause() { pauseAsm() }
