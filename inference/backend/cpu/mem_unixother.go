//go:build unix && !linux

package cpu

// adviseHuge does nothing: large pages are the system's own choice here.
func adviseHuge([]byte) {}
