package mapped

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// A FileError says that a file is not any more what it was when it was opened, or cannot be read any more.
type FileError struct {
	Path    string
	Problem string // goes on from the path: "was truncated or changed while it was in use: ..."
}

func (e *FileError) Error() string { return fmt.Sprintf("model file %q %s", e.Path, e.Problem) }

// Changed returns a [*FileError] if the file that was opened has another size or time of modification now. A file of the same
// name that has taken its place is no change: the one that was opened stays what it was.
func (f *File) Changed() error {
	const changed = "was truncated or changed while it was in use: "
	st, err := f.file.Stat()
	switch {
	case err != nil:
		return &FileError{f.path, fmt.Sprintf("cannot be looked at any more: %v", err)}
	case st.Size() != f.size:
		return &FileError{f.path, fmt.Sprintf(changed+"it had %d bytes and has %d now", f.size, st.Size())}
	case !st.ModTime().Equal(f.time):
		return &FileError{f.path, fmt.Sprintf(changed+"it was written to at %s", st.ModTime().Format(time.DateTime))}
	}
	return nil
}

// Guard runs read, which reads Data of the files on the calling goroutine. Bytes that the system cannot deliver, because a file
// has shrunk or its disk fails, would end the process; here they end read with a [*FileError]. The files are looked at again
// after read: if one has changed, that is the error, whatever read returned, because nothing that read has seen is to be
// relied on. Other panics pass.
//
// A read that uses goroutines has to carry their panics to the calling one, and they have to call [debug.SetPanicOnFault].
func Guard(read func() error, files ...*File) error {
	err := catch(read, files)
	for _, f := range files {
		if changed := f.Changed(); changed != nil {
			return changed
		}
	}
	return err
}

// catch turns a fault in one of the files into an error.
func catch(read func() error, files []*File) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		f := faulted(v, files)
		if f == nil {
			panic(v)
		}
		err = &FileError{f.path, "cannot be read in one place: is its disk failing, or the connection to it lost?"}
	}()
	return read()
}

// faulted is the file in which the fault behind a panic lies, nil if it is no fault or lies elsewhere.
func faulted(panicked any, files []*File) *File {
	err, ok := panicked.(error)
	var fault interface{ Addr() uintptr } // as package runtime/debug says of SetPanicOnFault
	if !ok || !errors.As(err, &fault) {
		return nil
	}
	for _, f := range files {
		if f.holds(fault.Addr()) {
			return f
		}
	}
	return nil
}
