package mapped

import (
	"fmt"
	"io"
	"math"
	"os"
	"time"
	"unsafe"
)

// A File is the content of an open file. Its methods are safe for concurrent use, except for Close, which must come last
// and makes Data invalid: touching a slice of it afterwards crashes the program.
type File struct {
	path  string
	file  *os.File
	size  int64     // when it was opened, as is
	time  time.Time // of the last modification
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
	m := &File{path: path, file: f}
	if err := m.load(); err != nil {
		f.Close()
		return nil, err
	}
	return m, nil
}

func (f *File) load() error {
	st, err := f.file.Stat()
	if err != nil {
		return err
	}
	f.size, f.time = st.Size(), st.ModTime()
	if f.size > math.MaxInt {
		return fmt.Errorf("%s: %d bytes are more than this machine can address", f.path, f.size)
	}
	if f.size == 0 {
		return nil // a mapping cannot be empty
	}
	if f.data, f.unmap, err = load(f.file, int(f.size)); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// Path is the path that the file was opened with.
func (f *File) Path() string { return f.path }

// Data is the whole file. It must not be written to.
func (f *File) Data() []byte { return f.data }

// Reader reads the file from its start, through the descriptor: whatever path leads to now, and without the pages
// counting as memory of the process.
func (f *File) Reader() io.Reader { return io.NewSectionReader(f.file, 0, f.size) }

// Drop tells the system that the bytes are not needed for now, so that they do not count as memory of the process. They stay readable.
func (f *File) Drop() {
	if len(f.data) > 0 && f.unmap != nil {
		drop(f.data)
	}
}

// DropPart is Drop for a part of Data, which it may be of any size: only pages that lie within it are dropped. It may be called by
// several goroutines at once, and does nothing if the part is of other memory.
func (f *File) DropPart(part []byte) {
	if len(part) == 0 || f.unmap == nil || !f.holds(address(part)) {
		return
	}
	page := os.Getpagesize()
	from := int(address(part) - address(f.data))
	to := min(from+len(part), len(f.data)) / page * page
	if from = (from + page - 1) / page * page; from < to {
		drop(f.data[from:to])
	}
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// holds says whether addr lies in the data.
func (f *File) holds(addr uintptr) bool {
	if len(f.data) == 0 {
		return false
	}
	start := address(f.data)
	return addr >= start && addr-start < uintptr(len(f.data))
}

// Close releases the bytes. A second call does nothing.
func (f *File) Close() error {
	data, unmap := f.data, f.unmap
	f.data, f.unmap = nil, nil
	// A descriptor that was only read from has nothing to lose when it is closed; a second close is refused and does nothing.
	_ = f.file.Close()
	if unmap == nil {
		return nil
	}
	if err := unmap(data); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}
