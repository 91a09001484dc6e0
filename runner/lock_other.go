//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package runner

import (
	"errors"
	"io/fs"
	"os"
)

// errLocked says that another process holds the run folder.
var errLocked = errors.New("another process is working on it (or was killed: then remove the .lock file)")

// lock makes a file that must not exist. Unlike on other systems it outlives a killed process.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	return func() {
		f.Close()
		os.Remove(path)
	}, nil
}

// syncDir does nothing where nothing is known of folders.
func syncDir(string) error { return nil }
