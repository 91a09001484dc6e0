package cpu

import (
	"fmt"
	"maps"
	"unsafe"
)

// Kind says what memory is for.
type Kind string

// The kinds in the memory ledger.
const (
	Weights     Kind = "weights"     // repacked weights and vectors
	Mapped      Kind = "mapped"      // weights read in place from the data that NewMatrix was given
	KVCache     Kind = "kv"          // keys and values
	Activations Kind = "activations" // buffers and their quantized copies
	Scratch     Kind = "scratch"     // of workers, and rope tables
)

// region is one mapping and its place in the ledger.
type region struct{ whole []byte }

// alloc returns n zero bytes outside the Go heap, 64-byte aligned, that live until Close.
func (b *Backend) alloc(kind Kind, n int) ([]byte, error) {
	if n < 0 || n > 1<<46 {
		return nil, fmt.Errorf("cpu: %d bytes of %s are more than any machine has", n, kind)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	mem, err := b.carve(n)
	if err != nil {
		return nil, fmt.Errorf("%w (for %s)", err, kind)
	}
	b.ledger[kind] += int64(n)
	return mem, nil
}

const (
	// slabBytes is the size of a mapping that smaller pieces of memory are cut from, so that they too lie in large pages: a
	// model has hundreds of matrices below 2 MiB. What is left of it at the end costs only address space.
	slabBytes = 32 << 20
	// maxCarved is the largest piece that comes from a slab.
	maxCarved = slabBytes / 8
)

// carve maps n bytes, or cuts them from a slab.
func (b *Backend) carve(n int) ([]byte, error) {
	if n > maxCarved {
		mem, whole, err := mapBytes(n)
		if err == nil {
			b.regions = append(b.regions, region{whole})
		}
		return mem, err
	}
	size := (n + 63) / 64 * 64
	if size > len(b.slab) {
		mem, whole, err := mapBytes(slabBytes)
		if err != nil {
			return nil, err
		}
		b.regions = append(b.regions, region{whole})
		b.slab = mem
	}
	mem := b.slab[:n:n]
	b.slab = b.slab[size:]
	return mem, nil
}

// allocFloats is alloc for n float32 values.
func (b *Backend) allocFloats(kind Kind, n int) ([]float32, error) {
	if n > 1<<44 {
		return nil, fmt.Errorf("cpu: %d values of %s are more than any machine has", n, kind)
	}
	mem, err := b.alloc(kind, 4*n)
	if err != nil || n == 0 {
		return nil, err
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[0])), n), nil
}

// count enters memory that came from elsewhere into the ledger.
func (b *Backend) count(kind Kind, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ledger[kind] += bytes
}

// Memory is the ledger: bytes in use by kind. It may be called at any time from any goroutine.
func (b *Backend) Memory() map[Kind]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := make(map[Kind]int64, len(b.ledger))
	maps.Copy(m, b.ledger)
	return m
}

func addr(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }

func alignUp(p, to uintptr) uintptr { return (p + to - 1) / to * to }
