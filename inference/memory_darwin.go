package inference

import "golang.org/x/sys/unix"

// totalMemory is the memory of the machine in bytes.
func totalMemory() int64 {
	if n, err := unix.SysctlUint64("hw.memsize"); err == nil && n > 0 && n < 1<<62 {
		return int64(n)
	}
	return fallbackMemory
}

// memoryLimits are what bounds the memory of this process.
func memoryLimits() []memoryLimit {
	return []memoryLimit{{bytes: totalMemory(), what: "this machine has"}}
}
