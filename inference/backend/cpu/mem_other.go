//go:build !unix

package cpu

// mapBytes returns n zero bytes, on systems without anonymous mappings from the Go heap. whole is what unmapBytes
// wants back.
func mapBytes(n int) (mem, whole []byte, err error) {
	mem = make([]byte, n)
	return mem, mem, nil
}

// unmapBytes drops a region of mapBytes.
func unmapBytes([]byte) error { return nil }
