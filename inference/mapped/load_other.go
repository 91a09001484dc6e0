//go:build !unix

package mapped

import (
	"io"
	"os"
)

func load(f *os.File, size int) ([]byte, func([]byte) error, error) {
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, err
	}
	return data, nil, nil
}

// drop does nothing: bytes that were read into memory have no file behind them.
func drop([]byte) {}
