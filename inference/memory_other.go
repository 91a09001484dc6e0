//go:build !linux && !darwin

package inference

// totalMemory is a guess of the machine's memory in bytes that any machine for this job has.
func totalMemory() int64 { return fallbackMemory }

// memoryLimits are not known here.
func memoryLimits() []memoryLimit { return nil }
