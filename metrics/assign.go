package metrics

import "math"

// Assign finds the assignment of rows to different columns with the largest sum of scores, and returns the column of each row. With
// fewer columns than rows, the rows that are left over get -1. Rows have equal lengths and finite scores. Of several best
// assignments always the same one is returned.
//
// It is the Hungarian method with potentials (Kuhn 1955; Munkres 1957), in O(rows² columns).
func Assign(scores [][]float64) []int {
	rows := len(scores)
	if rows == 0 {
		return nil
	}
	columns := len(scores[0])
	if rows > columns {
		turned := make([][]float64, columns)
		for j := range turned {
			turned[j] = make([]float64, rows)
			for i := range scores {
				turned[j][i] = scores[i][j]
			}
		}
		out := make([]int, rows)
		for i := range out {
			out[i] = -1
		}
		for j, i := range Assign(turned) {
			out[i] = j
		}
		return out
	}
	// Row and column 0 do not exist; row[j] is the row that column j has.
	rowPotential, columnPotential := make([]float64, rows+1), make([]float64, columns+1)
	row, way := make([]int, columns+1), make([]int, columns+1)
	for i := 1; i <= rows; i++ {
		row[0] = i
		at := 0
		least := make([]float64, columns+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		used := make([]bool, columns+1)
		for row[at] != 0 {
			used[at] = true
			r, next, delta := row[at], 0, math.Inf(1)
			for j := 1; j <= columns; j++ {
				if used[j] {
					continue
				}
				if cost := -scores[r-1][j-1] - rowPotential[r] - columnPotential[j]; cost < least[j] {
					least[j], way[j] = cost, at
				}
				if least[j] < delta {
					delta, next = least[j], j
				}
			}
			for j := range used {
				if used[j] {
					rowPotential[row[j]] += delta
					columnPotential[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			at = next
		}
		for at != 0 {
			row[at] = row[way[at]]
			at = way[at]
		}
	}
	out := make([]int, rows)
	for j := 1; j <= columns; j++ {
		if row[j] > 0 {
			out[row[j]-1] = j - 1
		}
	}
	return out
}
