//go:build !linux

package cpu

// pin does nothing: threads go where the system puts them.
func pin(int, int) {}
