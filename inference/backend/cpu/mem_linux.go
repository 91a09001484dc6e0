package cpu

import "golang.org/x/sys/unix"

// adviseHuge asks for 2 MiB pages; a refusal costs only speed.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
