package runner

import (
	"errors"
	"fmt"
	"syscall"
)

// errLocked says that another process holds the run folder.
var errLocked = errors.New("another process is working on it")

const sharingViolation = syscall.Errno(32) // ERROR_SHARING_VIOLATION

// lock opens the file without sharing it, which ends with the process at the latest.
func lock(path string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return func() { syscall.CloseHandle(h) }, nil
}

// syncDir does nothing: folders cannot be synced here, and renames are journaled by the file system.
func syncDir(string) error { return nil }
