package hardware

import (
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// features are the instruction sets that kernels of this program, or of those it is compared with, make use of.
var features = []cpuid.FeatureID{
	cpuid.SSE42, cpuid.AVX, cpuid.AVX2, cpuid.FMA3, cpuid.F16C, cpuid.BMI2, cpuid.AVXVNNI,
	cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512VL, cpuid.AVX512DQ, cpuid.AVX512VNNI, cpuid.AVX512BF16, cpuid.AVX512FP16, cpuid.AVX512VBMI,
	cpuid.AMXTILE, cpuid.AMXINT8, cpuid.AMXBF16,
	cpuid.ASIMD, cpuid.ASIMDDP, cpuid.FPHP, cpuid.SVE,
}

func fillCPU(s *Snapshot) {
	c := &cpuid.CPU
	s.CPU.Brand = strings.Join(strings.Fields(c.BrandName), " ")
	s.CPU.PhysicalCores = max(0, c.PhysicalCores)
	s.CPU.Caches = Caches{L1D: max(0, c.Cache.L1D), L2: max(0, c.Cache.L2), L3: max(0, c.Cache.L3), Line: max(0, c.CacheLine)}
	for _, f := range features {
		if c.Supports(f) {
			s.CPU.Features = append(s.CPU.Features, f.String())
		}
	}
	slices.Sort(s.CPU.Features)
	if c.Supports(cpuid.HYPERVISOR) {
		s.OS.Virtualization = firstOf(strings.TrimSpace(c.HypervisorVendorString), "hypervisor")
	}
}
