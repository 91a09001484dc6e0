package cpu

// form is a set of forms of activations.
type form uint8

// The forms.
const (
	formInt8  form = 1 << iota // int8 codes with one float32 scale for every 32 values
	formFloat                  // float32 values
)

// acts are the activations that gemm reads: rows of a batch in tiles of maxTile tokens. The forms that matrices need must be
// switched on with use before the rows are written.
type acts struct {
	capacity, width int
	n               int // rows in use
	forms           form
	codes           []byte    // tiles of blocks; see planeCodes
	floats          []float32 // [capacity][width]
}

// newActs makes room for rows of width values, a multiple of 32, in int8 form. All of its rows are in use.
func newActs(rows, width int) *acts {
	if width%32 != 0 {
		panic("cpu: width of activations is not a multiple of 32")
	}
	a := &acts{capacity: rows, width: width, n: rows}
	a.use(formInt8)
	return a
}

// use switches forms on, for good. It must not run beside quantize, and rows that were written before lack the new form.
func (a *acts) use(f form) {
	if f&formInt8 != 0 && a.codes == nil {
		a.codes = make([]byte, a.capacity*a.width/32*actsBlockBytes)
	}
	if f&formFloat != 0 && a.floats == nil {
		a.floats = make([]float32, a.capacity*a.width)
	}
	a.forms |= f
}

// bytes is the memory in use.
func (a *acts) bytes() int64 { return int64(len(a.codes)) + 4*int64(len(a.floats)) }

// setRows says how many rows the batch has, which decides the layout of its last tile: all rows must be written anew.
func (a *acts) setRows(n int) {
	if n < 0 || n > a.capacity {
		panic("cpu: more rows than the activations have room for")
	}
	a.n = n
}

// tiles is the number of tiles in use, tokens the number of rows in one.
func (a *acts) tiles() int          { return (a.n + maxTile - 1) / maxTile }
func (a *acts) tokens(tile int) int { return min(maxTile, a.n-tile*maxTile) }

// tile is the int8 form of a tile.
func (a *acts) tile(i int) []byte {
	per := a.width / 32 * actsBlockBytes
	return a.codes[i*maxTile*per:][:a.tokens(i)*per]
}

// lane is where the int8 form of a row goes on from column from, a multiple of 32.
func (a *acts) lane(row, from int) []byte {
	tile := row / maxTile
	return a.tile(tile)[from/32*actsBlockBytes*a.tokens(tile)+row%maxTile*4:]
}

// quantize writes rows [row0, row0+n) from src, [n][width], in all forms in use. Different rows may be written at the same time.
func (a *acts) quantize(k *kernels, row0, n int, src []float32) {
	if row0 < 0 || row0+n > a.n {
		panic("cpu: rows beyond the batch")
	}
	for i := range n {
		row, x := row0+i, src[i*a.width:(i+1)*a.width]
		if a.forms&formInt8 != 0 {
			k.quantize(a.lane(row, 0), a.tokens(row/maxTile), x)
		}
		if a.forms&formFloat != 0 {
			copy(a.floats[row*a.width:], x)
		}
	}
}
