package mapped

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	for _, size := range []int{0, 1, 4095, 4096, 4097, 100_000} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i * 7)
		}
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, want, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if !bytes.Equal(f.Data(), want) {
			t.Errorf("size %d: content differs", size)
		}
		if f.Path() != path {
			t.Errorf("size %d: path %q, want %q", size, f.Path(), path)
		}
		for range 2 {
			if err := f.Close(); err != nil {
				t.Errorf("size %d: close: %v", size, err)
			}
		}
		if f.Data() != nil {
			t.Errorf("size %d: data after close", size)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "absent")); !os.IsNotExist(err) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: %v", err)
	}
}

func TestDropKeepsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	want := bytes.Repeat([]byte("abcdefgh"), 1<<13)
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Drop()
	if !bytes.Equal(f.Data(), want) {
		t.Error("the bytes changed")
	}
	for _, part := range [][2]int{{0, len(want)}, {0, 1}, {4095, 8193}, {100, 60_000}, {len(want), len(want)}} {
		f.DropPart(f.Data()[part[0]:part[1]])
		if !bytes.Equal(f.Data(), want) {
			t.Errorf("the bytes changed when %v were dropped", part)
		}
	}
	other := bytes.Clone(want)
	if f.DropPart(other); !bytes.Equal(other, want) {
		t.Error("memory that is not the file's changed")
	}
	f.Close()
	f.Drop() // after Close there is nothing to drop
	f.DropPart(want)
}
