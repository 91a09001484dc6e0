package mapped

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// open writes and opens a file of 64 pages.
func open(t *testing.T) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, bytes.Repeat([]byte("abcdefgh"), 64*4096/8), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// sum touches every byte.
func sum(b []byte) (n int) {
	for _, c := range b {
		n += int(c)
	}
	sink = n
	return n
}

var sink int // keeps the compiler from leaving out the reading

// overwrite writes to a file where it is, at another time than it was opened: file systems may keep time in steps of some milliseconds.
func overwrite(t *testing.T, path string, content []byte) {
	t.Helper()
	time.Sleep(20 * time.Millisecond)
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGuard(t *testing.T) {
	wrong := errors.New("wrong")
	for _, test := range []struct {
		name   string
		change func(t *testing.T, path string)
		err    error  // of read
		want   string // in the error
	}{
		{"nothing", func(*testing.T, string) {}, nil, ""},
		{"an error", func(*testing.T, string) {}, wrong, "wrong"},
		{"truncated", func(t *testing.T, path string) {
			if err := os.Truncate(path, 8192); err != nil {
				t.Fatal(err)
			}
		}, nil, `was truncated or changed while it was in use: it had 262144 bytes and has 8192 now`},
		{"truncated to nothing", func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		}, nil, "it had 262144 bytes and has 0 now"},
		// The rest of the last page reads as zeros: no fault tells of it.
		{"truncated in the last page", func(t *testing.T, path string) {
			if err := os.Truncate(path, 64*4096-1); err != nil {
				t.Fatal(err)
			}
		}, nil, "it had 262144 bytes and has 262143 now"},
		{"overwritten", func(t *testing.T, path string) { overwrite(t, path, []byte("x")) }, nil, "was truncated or changed while it was in use: it was written to at "},
		{"overwritten, so that read fails", func(t *testing.T, path string) { overwrite(t, path, []byte("x")) }, wrong, "it was written to at "},
		{"replaced", func(t *testing.T, path string) {
			other := path + ".new"
			if err := os.WriteFile(other, []byte("other"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		}, nil, ""},
		{"removed", func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := open(t)
			want := sum(f.Data())
			err := Guard(func() error {
				test.change(t, f.Path())
				if got := sum(f.Data()); got != want && test.want == "" {
					t.Errorf("the bytes add up to %d, before to %d", got, want)
				}
				return test.err
			}, f)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %q in it", err, test.want)
			}
			var lost *FileError
			if is := errors.As(err, &lost); is != (test.want != "" && test.want != "wrong") {
				t.Errorf("%v is a FileError: %t", err, is)
			} else if is && lost.Path != f.Path() {
				t.Errorf("path %q, want %q", lost.Path, f.Path())
			}
		})
	}
}

// A fault in a file that is not guarded, and a panic that is no fault, are none of Guard's business.
func TestGuardLetsOtherPanicsPass(t *testing.T) {
	f, other := open(t), open(t)
	if err := os.Truncate(other.Path(), 0); err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() error{
		"a panic":                 func() error { panic("mine") },
		"a fault in another file": func() error { sum(other.Data()); return nil },
		"a nil pointer":           func() error { var f *File; _ = f.path; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("the panic is gone")
				}
			}()
			err := Guard(read, f)
			t.Errorf("returned %v", err)
		})
	}
}

// A mapping that faults though the file looks as before stands for a disk that fails.
func TestGuardUnreadable(t *testing.T) {
	f := open(t)
	err := Guard(func() error {
		if err := os.Truncate(f.Path(), 0); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := errors.Join(os.Truncate(f.Path(), 64*4096), os.Chtimes(f.Path(), f.time, f.time)); err != nil {
				t.Fatal(err)
			}
		}()
		sum(f.Data())
		return nil
	}, f)
	var lost *FileError
	if !errors.As(err, &lost) || !strings.Contains(lost.Problem, "cannot be read in one place") {
		t.Errorf("got %v", err)
	}
}

func TestReader(t *testing.T) {
	f := open(t)
	if err := os.Rename(f.Path(), f.Path()+".old"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // each from the start
		var b bytes.Buffer
		if _, err := b.ReadFrom(f.Reader()); err != nil || !bytes.Equal(b.Bytes(), f.Data()) {
			t.Errorf("read %d bytes (%v)", b.Len(), err)
		}
	}
}
