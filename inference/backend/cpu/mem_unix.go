//go:build unix

package cpu

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// hugePage is the alignment that lets the kernel back a large region with 2 MiB pages: fewer TLB misses while
// weights stream through.
const hugePage = 2 << 20

// mapBytes returns n zero bytes outside the Go heap. Weights there neither raise the collector's heap goal nor get
// scanned. whole is what unmapBytes wants back.
func mapBytes(n int) (mem, whole []byte, err error) {
	size := n
	if n >= hugePage {
		size += hugePage
	}
	whole, err = unix.Mmap(-1, 0, max(size, 1), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, fmt.Errorf("cpu: %d bytes of memory: %w", n, err)
	}
	mem = whole
	if n >= hugePage {
		mem = whole[alignUp(addr(whole), hugePage)-addr(whole):]
		adviseHuge(mem[:n])
	}
	return mem[:n:n], whole, nil
}

// unmapBytes gives a region of mapBytes back; nothing may use it any more.
func unmapBytes(whole []byte) error { return unix.Munmap(whole) }
