package cpu

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/llama4-eval/llama4-eval/inference/mapped"
)

// readJob hands every chunk one page of a mapping. Chunks wait until a worker has one, so that it is not the caller that does them all.
type readJob struct {
	data   []byte
	read   func(page []byte)
	helped atomic.Bool
}

func (j *readJob) run(chunk, worker int) {
	if worker > 0 {
		j.helped.Store(true)
	} else {
		for since := time.Now(); !j.helped.Load() && time.Since(since) < time.Second; {
			time.Sleep(idleTime)
		}
	}
	j.read(j.data[chunk*4096:][:4096])
}

// TestPoolCarriesFaults truncates a mapped file under plain Go code and under a kernel of each level. The process lives, the error names
// the file, and the pool goes on working.
func TestPoolCarriesFaults(t *testing.T) {
	readers := map[string]func([]byte){
		"Go": func(page []byte) {
			for _, b := range page {
				if b != 1 {
					panic("another byte")
				}
			}
		},
	}
	for _, l := range Levels() {
		if k, err := kernelsAt(l); err == nil {
			readers[l.String()] = func(page []byte) {
				k.sumSquares(unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(page))), len(page)/4))
			}
		}
	}
	for name, read := range readers {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, threads), func(t *testing.T) {
				f := mapPages(t, 64)
				p := newPool(threads)
				defer p.close()
				j := &readJob{data: f.Data(), read: read}
				j.helped.Store(threads == 1)
				if err := mapped.Guard(func() error { p.run(64, j); return nil }, f); err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(f.Path(), 3*4096); err != nil {
					t.Fatal(err)
				}
				j.helped.Store(threads == 1)
				err := mapped.Guard(func() error { p.run(64, j); t.Error("no chunk noticed"); return nil }, f)
				if lost := new(mapped.FileError); !errors.As(err, &lost) {
					t.Errorf("got %v", err)
				}
				c := newCountJob(64)
				p.run(64, c)
				c.check(t)
			})
		}
	}
}

// mapPages maps a file of n pages full of ones.
func mapPages(t *testing.T, n int) *mapped.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := os.WriteFile(path, bytes.Repeat([]byte{1}, n*4096), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := mapped.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// panicJob panics in one chunk.
type panicJob struct{ readJob }

func (j *panicJob) run(chunk, worker int) {
	j.readJob.run(chunk, worker)
	if chunk == 7 {
		panic("chunk seven")
	}
}

func TestPoolCarriesPanics(t *testing.T) {
	p := newPool(3)
	defer p.close()
	for range 50 {
		func() {
			defer func() {
				carried, ok := recover().(*chunkPanic)
				if !ok {
					t.Fatal("no panic")
				}
				if value, stack := carried.Origin(); value != "chunk seven" || !strings.Contains(string(stack), "panicJob") {
					t.Errorf("got %v\n%s", value, stack)
				}
			}()
			p.run(64, &panicJob{readJob{data: make([]byte, 64*4096), read: func([]byte) {}}})
		}()
		c := newCountJob(64)
		p.run(64, c)
		c.check(t)
	}
}
