package metrics

import "math/bits"

// lcsLen returns the length of the longest common subsequence of a and b, token numbers as [tokenIDs] gives them.
func lcsLen(a, b []int32) int {
	l := newLCS(b)
	row := l.first()
	for _, token := range a {
		l.next(row, token)
	}
	return zeros(row, len(b))
}

// An lcs computes rows of the table of longest common subsequences with one list, 64 of its tokens at a time. Row i is about the first i
// tokens of another list; its bit j is 0 where the length grows from column j to column j+1, so that a length is a count of zeros.
//
// Source: Hyyrö, Bit-parallel LCS-length computation revisited, 2004.
type lcs struct {
	columns []int32
	places  map[int32][]int32  // columns of each token
	dense   map[int32][]uint64 // the same as bits, of tokens with so many columns that this is smaller
	match   []uint64           // scratch: the columns of one token
}

func newLCS(columns []int32) *lcs {
	l := &lcs{columns, make(map[int32][]int32), make(map[int32][]uint64), make([]uint64, (len(columns)+63)/64)}
	for j, token := range columns {
		l.places[token] = append(l.places[token], int32(j))
	}
	for token, places := range l.places {
		if len(places) > len(l.match) {
			set := make([]uint64, len(l.match))
			for _, j := range places {
				set[j/64] |= 1 << (j % 64)
			}
			l.dense[token] = set
		}
	}
	return l
}

// first is row 0.
func (l *lcs) first() []uint64 {
	row := make([]uint64, (len(l.columns)+63)/64)
	for i := range row {
		row[i] = ^uint64(0)
	}
	return row
}

// next turns a row into the one after it, which adds token.
func (l *lcs) next(row []uint64, token int32) {
	if set, ok := l.dense[token]; ok {
		advance(row, set)
		return
	}
	places := l.places[token]
	if len(places) == 0 {
		return
	}
	for _, j := range places {
		l.match[j/64] |= 1 << (j % 64)
	}
	advance(row, l.match)
	for _, j := range places {
		l.match[j/64] = 0
	}
}

// advance adds to a row the columns where its token is.
func advance(row, match []uint64) {
	var carry uint64
	for i, v := range row {
		m := match[i]
		sum, c := bits.Add64(v, v&m, carry)
		row[i], carry = sum|v&^m, c
	}
}

// zeros counts the zero bits of the first n columns.
func zeros(row []uint64, n int) int {
	count := n
	for i := range n / 64 {
		count -= bits.OnesCount64(row[i])
	}
	if n%64 != 0 {
		count -= bits.OnesCount64(row[n/64] & (1<<(n%64) - 1))
	}
	return count
}

// lcsStep is the number of rows that are kept at a time while a subsequence is traced back.
const lcsStep = 512

// trace returns the places in rows of one longest common subsequence with the columns, from the last to the first. Where both neighbors are as long
// it moves up (to fewer rows) with up, and left otherwise. Only every lcsStep-th row and the rows between two of them are kept, so that
// memory stays far below that of the table.
func (l *lcs) trace(rows []int32, up bool) []int {
	var kept [][]uint64 // every lcsStep-th row
	row := l.first()
	for i, token := range rows {
		if i%lcsStep == 0 {
			kept = append(kept, append([]uint64(nil), row...))
		}
		l.next(row, token)
	}
	var out []int
	var block [][]uint64 // rows from..from+lcsStep
	from := len(rows) + 1
	i, j := len(rows), len(l.columns)
	for i > 0 && j > 0 {
		if i-1 < from {
			from = (i - 1) / lcsStep * lcsStep
			block = append(block[:0], kept[from/lcsStep])
			for k := from; k < i; k++ {
				row := append([]uint64(nil), block[k-from]...)
				l.next(row, rows[k])
				block = append(block, row)
			}
		}
		if rows[i-1] == l.columns[j-1] {
			i--
			j--
			out = append(out, i)
			continue
		}
		above, left := zeros(block[i-1-from], j), zeros(block[i-from], j-1)
		if above > left || above == left && up {
			i--
		} else {
			j--
		}
	}
	return out
}
