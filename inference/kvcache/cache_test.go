package kvcache

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPagesFor(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, PageSize - 1: 1, PageSize: 1, PageSize + 1: 2, math.MaxInt: math.MaxInt/PageSize + 1} {
		if got := PagesFor(n); got != want {
			t.Errorf("PagesFor(%d) = %d, want %d", n, got, want)
		}
	}
}

// extend extends and fails the test on an error.
func extend(t *testing.T, c *Cache, s *Seq, n int) []PageCopy {
	t.Helper()
	copies, err := c.Extend(s, n)
	if err != nil {
		t.Fatal(err)
	}
	return copies
}

func TestForkCopiesThePartlyFilledPageOnWrite(t *testing.T) {
	c := New(8)
	a := c.NewSeq()
	if copies := extend(t, c, a, PageSize+8); copies != nil {
		t.Errorf("first extend asks for copies %v", copies)
	}
	b := c.Fork(a, a.Len())
	if c.Available() != 6 {
		t.Errorf("%d pages free after the fork, want 6: a fork takes none", c.Available())
	}
	if diff := cmp.Diff([]PageCopy{{Dst: 2, Src: 1}}, extend(t, c, b, 3)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{0, 2}, b.Pages()); diff != "" {
		t.Error(diff)
	}
	if copies := extend(t, c, a, 1); copies != nil {
		t.Errorf("the only owner of its last page copies: %v", copies)
	}
	c.Free(a)
	if c.Available() != 6 {
		t.Errorf("%d pages free, want 6: page 0 is still in use", c.Available())
	}
	c.Free(b)
	c.Free(b)
	if c.Available() != c.Total() {
		t.Errorf("%d of %d pages free at the end", c.Available(), c.Total())
	}
}

func TestForkAtAPageBoundaryCopiesNothing(t *testing.T) {
	c := New(4)
	a := c.NewSeq()
	extend(t, c, a, 2*PageSize)
	b := c.Fork(a, PageSize)
	if copies := extend(t, c, b, 1); copies != nil {
		t.Errorf("copies %v, want none", copies)
	}
	if diff := cmp.Diff([]int32{0, 2}, b.Pages()); diff != "" {
		t.Error(diff)
	}
}

func TestExtendFullChangesNothing(t *testing.T) {
	c := New(2)
	a := c.NewSeq()
	extend(t, c, a, PageSize+1)
	b := c.Fork(a, a.Len())
	for _, n := range []int{1, PageSize, math.MaxInt} {
		if _, err := c.Extend(b, n); !errors.Is(err, ErrFull) {
			t.Errorf("extend by %d: error %v, want ErrFull", n, err)
		}
	}
	if b.Len() != PageSize+1 || c.Available() != 0 {
		t.Errorf("after ErrFull: length %d, %d free", b.Len(), c.Available())
	}
	if diff := cmp.Diff(a.Pages(), b.Pages()); diff != "" {
		t.Error(diff)
	}
	c.Free(a)
	if copies := extend(t, c, b, 1); copies != nil {
		t.Errorf("copies %v after the other owner left", copies)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, f := range map[string]func(c *Cache, s *Seq){
		"fork beyond the end": func(c *Cache, s *Seq) { c.Fork(s, s.Len()+1) },
		"fork below zero":     func(c *Cache, s *Seq) { c.Fork(s, -1) },
		"truncate beyond":     func(c *Cache, s *Seq) { c.Truncate(s, s.Len()+1) },
		"extend below zero":   func(c *Cache, s *Seq) { _, _ = c.Extend(s, -1) },
		"foreign sequence":    func(c *Cache, s *Seq) { c.Fork(New(1).NewSeq(), 0) },
		"use after free":      func(c *Cache, s *Seq) { c.Free(s); _, _ = c.Extend(s, 1) },
		"negative size":       func(c *Cache, s *Seq) { New(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			c := New(4)
			s := c.NewSeq()
			extend(t, c, s, 5)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(c, s)
		})
	}
}

// checked drives a Cache beside a plain model of it: every sequence knows the values it wrote, and storage imitates
// the back end's pages.
type checked struct {
	t       *testing.T
	c       *Cache
	storage [][PageSize]int // page -> value at each position
	seqs    []*Seq
	want    [][]int // values of each sequence
	next    int
}

func newChecked(t *testing.T, pages int) *checked {
	return &checked{t: t, c: New(pages), storage: make([][PageSize]int, pages)}
}

// step does one operation picked by op on a sequence picked by i with amount n.
func (k *checked) step(op, i, n int) {
	if len(k.seqs) == 0 || op == 0 && len(k.seqs) < 12 {
		k.seqs, k.want = append(k.seqs, k.c.NewSeq()), append(k.want, nil)
		return
	}
	i %= len(k.seqs)
	s := k.seqs[i]
	switch op {
	case 1, 2, 3: // extend, and write the new positions
		need, free := k.c.Need(s, n), k.c.Available()
		copies, err := k.c.Extend(s, n)
		if (err != nil) != (need > free) {
			k.t.Fatalf("extend by %d: error %v, need %d of %d free", n, err, need, free)
		}
		if err != nil {
			break
		}
		if free-k.c.Available() != need {
			k.t.Fatalf("extend by %d took %d pages, Need said %d", n, free-k.c.Available(), need)
		}
		for _, p := range copies {
			k.storage[p.Dst] = k.storage[p.Src]
		}
		for range n {
			k.next++
			p := len(k.want[i])
			k.storage[s.Pages()[p/PageSize]][p%PageSize] = k.next
			k.want[i] = append(k.want[i], k.next)
		}
	case 4: // fork
		n %= s.Len() + 1
		k.seqs = append(k.seqs, k.c.Fork(s, n))
		k.want = append(k.want, append([]int(nil), k.want[i][:n]...))
	case 5: // truncate
		n %= s.Len() + 1
		k.c.Truncate(s, n)
		k.want[i] = k.want[i][:n]
	default: // free
		k.c.Free(s)
		k.seqs = append(k.seqs[:i], k.seqs[i+1:]...)
		k.want = append(k.want[:i], k.want[i+1:]...)
	}
}

// verify compares every sequence with what it wrote, and the counts with what is reachable.
func (k *checked) verify() {
	k.t.Helper()
	refs := make([]int32, k.c.Total())
	for i, s := range k.seqs {
		if s.Len() != len(k.want[i]) || len(s.Pages()) != PagesFor(s.Len()) {
			k.t.Fatalf("sequence %d: length %d with %d pages, want %d", i, s.Len(), len(s.Pages()), len(k.want[i]))
		}
		for p, v := range k.want[i] {
			if got := k.storage[s.Pages()[p/PageSize]][p%PageSize]; got != v {
				k.t.Fatalf("sequence %d position %d holds %d, want %d", i, p, got, v)
			}
		}
		for _, p := range s.Pages() {
			refs[p]++
		}
	}
	free := 0
	for p, n := range refs {
		if k.c.refs[p] != n {
			k.t.Fatalf("page %d: count %d, held by %d", p, k.c.refs[p], n)
		}
		if n == 0 {
			free++
		}
	}
	if free != k.c.Available() {
		k.t.Fatalf("%d pages available, %d unused", k.c.Available(), free)
	}
}

func TestAgainstPlainModel(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		k := newChecked(t, 1+r.IntN(24))
		for range 300 {
			k.step(r.IntN(7), r.IntN(100), r.IntN(3*PageSize))
			k.verify()
		}
	}
}

func FuzzCache(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 40, 4, 0, 40, 1, 0, 5, 1, 1, 5, 5, 0, 3, 1, 0, 70, 6, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		k := newChecked(t, 10)
		for len(ops) >= 3 && k.next < 5000 {
			k.step(int(ops[0]%7), int(ops[1]), int(ops[2])%100)
			k.verify()
			ops = ops[3:]
		}
	})
}
