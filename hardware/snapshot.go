package hardware

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// A Snapshot is what is known of the machine at one moment. Sizes are in bytes.
type Snapshot struct {
	CPU    CPU    `json:"cpu"`
	Memory Memory `json:"memory"`
	OS     OS     `json:"os"`
	Go     Go     `json:"go"`
}

// CPU describes the processor.
type CPU struct {
	Brand         string `json:"brand,omitempty"`
	Arch          string `json:"arch"`                     // as Go names it: "amd64", "arm64"
	PhysicalCores int    `json:"physical_cores,omitempty"` // of the package, as it reports them; a container may use fewer
	LogicalCores  int    `json:"logical_cores"`            // visible to this process
	Caches        Caches `json:"caches,omitzero"`
	// Features are the instruction sets that matter to the kernels, upper case, sorted: "AVX2", "AVX512VNNI".
	Features []string `json:"features,omitempty"`
	// Load is the one-minute load average: how busy the machine was when the snapshot was taken.
	Load float64 `json:"load_1m,omitempty"`
}

// Caches are the cache sizes in bytes; those of one core for levels 1 and 2.
type Caches struct {
	L1D  int `json:"l1d_bytes,omitempty"`
	L2   int `json:"l2_bytes,omitempty"`
	L3   int `json:"l3_bytes,omitempty"`
	Line int `json:"line_bytes,omitempty"`
}

// Memory describes main memory.
type Memory struct {
	TotalBytes     uint64 `json:"total_bytes,omitempty"`
	AvailableBytes uint64 `json:"available_bytes,omitempty"` // for new allocations, without swapping
	LimitBytes     uint64 `json:"limit_bytes,omitempty"`     // of the control group; 0 = none
}

// OS describes the operating system.
type OS struct {
	Name           string `json:"name"`               // as Go names it: "linux"
	Platform       string `json:"platform,omitempty"` // distribution and version: "debian 13.1"
	Kernel         string `json:"kernel,omitempty"`
	Virtualization string `json:"virtualization,omitempty"` // hypervisor or container system; "" = none known
}

// Go describes the runtime that the program was built with.
type Go struct {
	Version    string `json:"version"`
	GOMAXPROCS int    `json:"gomaxprocs"`
}

// snapshotTime bounds the collection: some facts come from services of the operating system that may hang.
const snapshotTime = 3 * time.Second

// Take collects a Snapshot. It takes milliseconds, at most about three seconds, and never fails.
func Take(ctx context.Context) Snapshot {
	ctx, cancel := context.WithTimeout(ctx, snapshotTime)
	defer cancel()
	s := Snapshot{
		CPU: CPU{Arch: runtime.GOARCH, LogicalCores: runtime.NumCPU()},
		OS:  OS{Name: runtime.GOOS},
		Go:  Go{Version: runtime.Version(), GOMAXPROCS: runtime.GOMAXPROCS(0)},
	}
	fillCPU(&s)
	fillSystem(ctx, &s)
	return s
}

// String is one line for people: "Intel Xeon … · 2 cores · AVX512VNNI · 23.4 GiB · linux 6.12".
func (s Snapshot) String() string {
	parts := []string{firstOf(s.CPU.Brand, s.CPU.Arch), plural(s.CPU.LogicalCores, "core")}
	if isa := s.CPU.best(); isa != "" {
		parts = append(parts, isa)
	}
	if s.Memory.TotalBytes > 0 {
		parts = append(parts, fmt.Sprintf("%.1f GiB", float64(s.Memory.TotalBytes)/(1<<30)))
	}
	parts = append(parts, strings.TrimSpace(s.OS.Name+" "+s.OS.Kernel))
	return strings.Join(parts, " · ")
}

// best names the strongest instruction set for integer dot products.
func (c CPU) best() string {
	for _, want := range []string{"AVX512VNNI", "AVX512F", "AVXVNNI", "AVX2", "SVE2", "ASIMDDP", "ASIMD"} {
		for _, f := range c.Features {
			if f == want {
				return f
			}
		}
	}
	return ""
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func firstOf(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}
