package hardware

import "golang.org/x/sys/unix"

// residentBytes is the highest resident set of this process so far; macOS counts it in bytes.
func residentBytes() uint64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil || u.Maxrss < 0 {
		return 0
	}
	return uint64(u.Maxrss)
}
