//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package datasets

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockPull locks the data folder itself, which leaves no file behind, until unlock is called or the process ends.
func lockPull(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		d.Close()
		return nil, errPulling
	case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.EBADF), errors.Is(err, syscall.ENOLCK):
		return func() { d.Close() }, nil // a network file system that cannot lock a folder
	case err != nil:
		d.Close()
		return nil, fmt.Errorf("locking: %w", err)
	}
	return func() { d.Close() }, nil
}
