//go:build !linux && !darwin && !windows

package hardware

// residentBytes is not known on this system.
func residentBytes() uint64 { return 0 }
