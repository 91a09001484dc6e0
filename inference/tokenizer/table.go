package tokenizer

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"unsafe"
)

// A stringTable finds the ids of strings that something else holds. Vocabularies have up to some hundred thousand entries, and are
// looked at before the first token can come out: the table is filled several times as fast as a map and takes a quarter of
// its memory, none of which the garbage collector has to follow.
type stringTable struct {
	text  func(id int32) string
	seed  maphash.Seed
	slots []uint64 // upper half of a hash, id+1; 0 = free; their number is a power of two
}

// newStringTable makes room for n strings. text gives the string of an id that was put in.
func newStringTable(n int, text func(id int32) string) *stringTable {
	return &stringTable{text: text, seed: maphash.MakeSeed(), slots: make([]uint64, slotsFor(n))}
}

// slotsFor is the size of a table of n entries: a power of two, at most three quarters full.
func slotsFor(n int) int { return 1 << bits.Len(uint(max(n, 1)*4/3)) }

// at returns the slot of s, or the free one where it belongs.
func (t *stringTable) at(s string) (slot *uint64, hash uint64) {
	hash = maphash.String(t.seed, s)
	for i := hash; ; i++ {
		slot = &t.slots[i&uint64(len(t.slots)-1)]
		if *slot == 0 || (*slot^hash)>>32 == 0 && t.text(int32(*slot)-1) == s {
			return slot, hash
		}
	}
}

// find returns the id of s.
func (t *stringTable) find(s string) (id int32, ok bool) {
	slot, _ := t.at(s)
	return int32(*slot) - 1, *slot != 0
}

// findBytes is find for bytes that the caller may go on to change.
func (t *stringTable) findBytes(s []byte) (id int32, ok bool) {
	return t.find(unsafe.String(unsafe.SliceData(s), len(s)))
}

// put adds s, of which text(id) is to be the string, unless it is there: then it returns the id that it has.
func (t *stringTable) put(s string, id int32) (first int32, dup bool) {
	slot, hash := t.at(s)
	if *slot != 0 {
		return int32(*slot) - 1, true
	}
	*slot = hash>>32<<32 | uint64(uint32(id+1))
	return id, false
}

// all yields every string with its id, in no order.
func (t *stringTable) all() iter.Seq2[string, int32] {
	return func(yield func(string, int32) bool) {
		for _, slot := range t.slots {
			if id := int32(slot) - 1; slot != 0 && !yield(t.text(id), id) {
				return
			}
		}
	}
}

// A mergeTable finds the merge of two tokens.
type mergeTable struct {
	slots []mergeSlot // their number is a power of two
	shift int
}

type mergeSlot struct {
	left, right int32 // left+1; 0 = free
	rank, id    int32
}

func newMergeTable(n int) *mergeTable {
	slots := slotsFor(n)
	return &mergeTable{slots: make([]mergeSlot, slots), shift: 64 - bits.Len(uint(slots-1))}
}

// at returns the slot of a pair, or the free one where it belongs.
func (t *mergeTable) at(left, right int32) *mergeSlot {
	// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
	i := (uint64(left)<<32 | uint64(uint32(right))) * 0x9E3779B97F4A7C15 >> t.shift
	for ; ; i++ {
		s := &t.slots[i&uint64(len(t.slots)-1)]
		if s.left == 0 || s.left == left+1 && s.right == right {
			return s
		}
	}
}

func (t *mergeTable) find(left, right int32) (rank, id int32, ok bool) {
	s := t.at(left, right)
	return s.rank, s.id, s.left != 0
}

// put adds the merge of a pair; the first one of a pair stays.
func (t *mergeTable) put(left, right, rank, id int32) {
	if s := t.at(left, right); s.left == 0 {
		*s = mergeSlot{left + 1, right, rank, id}
	}
}
