//go:build unix

package mapped

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func load(f *os.File, size int) ([]byte, func([]byte) error, error) {
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		if errors.Is(err, unix.ENOMEM) {
			err = fmt.Errorf("%w (is the address space limited? see ulimit -v)", err)
		}
		return nil, nil, fmt.Errorf("mapping %d bytes: %w", size, err)
	}
	return data, unix.Munmap, nil
}

// drop is advice only: a system that refuses it keeps the pages, which is no error.
func drop(data []byte) { _ = unix.Madvise(data, unix.MADV_DONTNEED) }
