package hardware

import (
	"context"
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
)

// fillSystem asks the operating system. Every answer may be missing.
func fillSystem(ctx context.Context, s *Snapshot) {
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		s.Memory.TotalBytes, s.Memory.AvailableBytes = m.Total, m.Available
	}
	s.Memory.LimitBytes = groupLimit(os.ReadFile)
	if s.Memory.TotalBytes > 0 && s.Memory.LimitBytes >= s.Memory.TotalBytes {
		s.Memory.LimitBytes = 0 // no limit at all
	}
	if l, err := load.AvgWithContext(ctx); err == nil {
		s.CPU.Load = l.Load1
	}
	if name, _, version, err := host.PlatformInformationWithContext(ctx); err == nil {
		s.OS.Platform = strings.TrimSpace(name + " " + version)
	}
	if k, err := host.KernelVersionWithContext(ctx); err == nil {
		s.OS.Kernel = k
	}
	if system, role, err := host.VirtualizationWithContext(ctx); err == nil && role == "guest" && system != "" {
		s.OS.Virtualization = system
	}
}

// groupLimit reads the memory limit of this process's control group on Linux, version 2 then version 1; 0 = none.
func groupLimit(read func(string) ([]byte, error)) uint64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		b, err := read(path)
		if err != nil {
			continue
		}
		// "max" does not parse and means no limit; version 1 writes a number close to 2^63 instead.
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil && n < 1<<62 {
			return n
		}
	}
	return 0
}
