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
	// gopsutil may start a process (lsb_release) for what this file says.
	if s.OS.Platform = releaseName(os.ReadFile); s.OS.Platform == "" {
		if name, _, version, err := host.PlatformInformationWithContext(ctx); err == nil {
			s.OS.Platform = strings.TrimSpace(name + " " + version)
		}
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

// releaseName reads the name of a Linux distribution from os-release(5); "" = there is none.
func releaseName(read func(string) ([]byte, error)) string {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		b, err := read(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				return strings.Trim(v, `"'`)
			}
		}
	}
	return ""
}
