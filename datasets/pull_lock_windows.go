package datasets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockPull opens a file of the data folder without sharing it, until unlock is called or the process ends.
func lockPull(dir string) (unlock func(), err error) {
	const sharingViolation = syscall.Errno(32) // ERROR_SHARING_VIOLATION
	path := filepath.Join(dir, ".pull.lock")
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errPulling
	}
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	return func() {
		syscall.CloseHandle(h)
		os.Remove(path)
	}, nil
}
