package inference

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// totalMemory is the memory of the machine in bytes, or of the control group if that is less. It does not look at what is
// free: the context of a model must not depend on what else runs.
func totalMemory() int64 {
	total := int64(fallbackMemory)
	for _, l := range memoryLimits() {
		if !l.space {
			total = l.bytes
		}
	}
	return total
}

// memoryLimits are what bounds the memory of this process. Of those that bound memory in use, the last is the least.
func memoryLimits() []memoryLimit {
	var limits []memoryLimit
	var info unix.Sysinfo_t
	least := int64(fallbackMemory)
	if unix.Sysinfo(&info) == nil {
		least = int64(info.Totalram) * int64(info.Unit)
		limits = append(limits, memoryLimit{bytes: least, what: "this machine has"})
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// "max" stands for no limit.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil && n > 0 && n < least {
			least = n
			limits = append(limits, memoryLimit{bytes: n, what: "the control group may use"})
		}
	}
	var space unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &space); err == nil && space.Cur < 1<<62 {
		limits = append(limits, memoryLimit{bytes: int64(space.Cur) - addressSpace(), space: true, what: "the limit of addresses (ulimit -v) leaves"})
	}
	return limits
}

// addressSpace is what the process has taken of its address space, in bytes.
func addressSpace() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _, _ := strings.Cut(string(raw), " ")
	n, err := strconv.ParseInt(pages, 10, 64)
	if err != nil {
		return 0
	}
	return n * int64(os.Getpagesize())
}
