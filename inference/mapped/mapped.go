package mapped

import (
	"fmt"
	"math"
	"os"
)

// A File is the content of an open file. Its methods are safe for concurrent use, except for Close, which must come last
// and makes Data invalid: touching a slice of it afterwards crashes the program.
type File struct {
	path  string
	data  []byte
	unmap func([]byte) error // nil if there is nothing to release
}

// Open maps or reads a regular file. Errors are those of package os, or say that the file isn't a regular one or too
// large for this machine's address space.
func Open(path string) (*File, error) {
	// Looked at before it is opened, because opening a named pipe waits for a writer.
	if st, err := os.Stat(path); err != nil {
		return nil, err
	} else if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	// The mapping stays valid without the descriptor.
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() > math.MaxInt {
		return nil, fmt.Errorf("%s: %d bytes are more than this machine can address", path, st.Size())
	}
	m := &File{path: path}
	if st.Size() == 0 {
		return m, nil // a mapping cannot be empty
	}
	if m.data, m.unmap, err = load(f, int(st.Size())); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Path is the path that the file was opened with.
func (f *File) Path() string { return f.path }

// Data is the whole file. It must not be written to.
func (f *File) Data() []byte { return f.data }

// Drop tells the system that the bytes are not needed for now, so that they do not count as memory of the process. They stay readable.
func (f *File) Drop() {
	if len(f.data) > 0 && f.unmap != nil {
		drop(f.data)
	}
}

// Close releases the bytes. A second call does nothing.
func (f *File) Close() error {
	data, unmap := f.data, f.unmap
	f.data, f.unmap = nil, nil
	if unmap == nil {
		return nil
	}
	if err := unmap(data); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}
