package cpu

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// layout is how a group of 32 weight rows is stored. Every layout is one ascending stream of blocks; a block holds 32
// values (256 for layoutW4K) of all 32 rows in the order in which a kernel reads them:
//
//   - a word is 4 consecutive values of one row, so a vector register holds 16 rows and needs no horizontal sum;
//   - codes of a byte: 8 steps of 32 words;
//   - codes of a nibble: 8 steps of 16 words, rows 0-15 in the low and rows 16-31 in the high nibbles;
//   - codes of 5 bits: 5 steps of 32 words, whose bytes have 3 bits left, which hold 3 more steps (see fiveSteps);
//   - codes of 6 bits: the same with 3 steps, whose bytes have 2 bits left for the fourth (see sixSteps);
//   - scales and minimums: one for each row, right behind the codes they belong to.
//
// Byte codes without minimum carry an offset of 128 (the multiply instruction wants unsigned weights), narrower ones half of their
// range. A value is scale*(code-offset) or scale*code + min.
type layout uint8

// The layouts.
const (
	layoutW8    layout       = iota // byte codes, float16 scale for every 32 values
	layoutW5                        // 5 bits, float16 scale for every 32
	layoutW4                        // nibbles, float16 scale for every 32
	layoutW4M                       // nibbles, float16 scale and minimum for every 32
	layoutW4K                       // Q4_K at nearly its own width: see w4kHeader
	layoutW6K                       // Q6_K at its own width: see w6kHeader
	layoutW8S16                     // byte codes, float32 scale for every 16
	layoutW8M16                     // byte codes, float32 scale and minimum for every 16
	intLayouts                      // those above multiply int8 activations, those below float32 ones
	layoutF32   = intLayouts        // [width][32] values
	layoutF16   = intLayouts + 1
	layoutBF16  = intLayouts + 2
)

// A block of layoutW4K is 256 values: float16 d and dmin of every row, then 8 times a byte scale and a byte minimum of
// every row and 32 nibble values: value = d*scale*code - dmin*minimum.
const (
	w4kHeader = 2 * 64
	w4kSub    = 32 + 32 + 512
)

// A block of layoutW6K is 256 values: float16 d of every row, then 8 times signed byte scales of every row for two halves of 16 values and
// the codes of these halves: value = d*scale*(code-32).
const (
	w6kHeader = 64
	w6kSub    = 2 * (32 + 384)
)

// layoutTable has the sizes: values and bytes of a block of 32 rows, and what there is of each.
var layoutTable = [...]struct {
	values, bytes int
	halves, mins  bool // scales for every 16 values; minimums
}{
	layoutW8:    {32, 1024 + 64, false, false},
	layoutW5:    {32, 640 + 64, false, false},
	layoutW4:    {32, 512 + 64, false, false},
	layoutW4M:   {32, 512 + 128, false, true},
	layoutW4K:   {256, w4kHeader + 8*w4kSub, false, true},
	layoutW6K:   {256, w6kHeader + 8*w6kSub, true, false},
	layoutW8S16: {32, 2 * (512 + 128), true, false},
	layoutW8M16: {32, 2 * (512 + 256), true, true},
	layoutF32:   {1, 128, false, false},
	layoutF16:   {1, 64, false, false},
	layoutBF16:  {1, 64, false, false},
}

// panelBytes is the size of a group of width values a row.
func (l layout) panelBytes(width int) int {
	return width / layoutTable[l].values * layoutTable[l].bytes
}

// form is what the layout is multiplied with.
func (l layout) form() form {
	if l < intLayouts {
		return formInt8
	}
	return formFloat
}

// layoutOf is the layout that holds a type exactly.
func layoutOf(t tensor.Type) (layout, bool) {
	switch t {
	case tensor.Q8_0, tensor.IQ4_NL:
		return layoutW8, true
	case tensor.Q5_0:
		return layoutW5, true
	case tensor.Q4_0:
		return layoutW4, true
	case tensor.Q4_1:
		return layoutW4M, true
	case tensor.Q4_K:
		return layoutW4K, true
	case tensor.Q6_K:
		return layoutW6K, true
	case tensor.Q3_K, tensor.IQ4_XS, tensor.MXFP4:
		return layoutW8S16, true
	case tensor.Q5_1, tensor.Q5_K, tensor.Q2_K:
		return layoutW8M16, true
	case tensor.F32:
		return layoutF32, true
	case tensor.F16:
		return layoutF16, true
	case tensor.BF16:
		return layoutBF16, true
	}
	return 0, false
}

// packed is a weight matrix: the rows of one or more tensors in groups of 32, the last one padded with zero rows.
// Groups of different layouts lie in different panels.
type packed struct {
	nRows, cols int
	panels      []panel
	size        int64
	parts       []tensor.Tensor // until release
}

// panel is a run of groups with one layout.
type panel struct {
	layout         layout
	group0, groups int // in the whole matrix
	stride         int // bytes of a group
	typ            tensor.Type
	data           []byte
}

func (s *panel) floats() []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s.data))), len(s.data)/4)
}

func (s *panel) halves() []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(s.data))), len(s.data)/2)
}

// pack stacks the rows of parts, in order, in memory of the Go heap.
func pack(parts []tensor.Tensor) (*packed, error) {
	p, err := newPacked(parts, func(n int) ([]byte, error) { return make([]byte, n), nil })
	if err != nil {
		return nil, err
	}
	for g := range p.groups() {
		p.packGroup(g)
	}
	p.release()
	return p, nil
}

// newPacked makes room for the rows of parts, stacked in order, with allocate, which must return zero bytes aligned for
// float32. The caller then runs packGroup for every group, in any order or at once, and release. Parts whose width differs or is no
// multiple of 32, or whose type or size is wrong, are errors.
func newPacked(parts []tensor.Tensor, allocate func(n int) ([]byte, error)) (*packed, error) {
	if len(parts) == 0 {
		return nil, errors.New("cpu: a matrix needs at least one tensor")
	}
	p := &packed{cols: parts[0].Width(), parts: parts}
	for _, t := range parts {
		if err := p.add(t); err != nil {
			return nil, err
		}
	}
	if p.nRows == 0 {
		return nil, fmt.Errorf("cpu: tensor %q has no rows", parts[0].Name)
	}
	p.plan()
	for i := range p.panels {
		s := &p.panels[i]
		s.stride = s.layout.panelBytes(p.cols)
		data, err := allocate(s.stride * s.groups)
		if err != nil {
			return nil, err
		}
		s.data = data[: s.stride*s.groups : s.stride*s.groups]
		p.size += int64(len(s.data))
	}
	return p, nil
}

// maxPackedBytes bounds the size of one matrix, so that sizes cannot overflow.
const maxPackedBytes = 1 << 46

// add checks a part and counts its rows.
func (p *packed) add(t tensor.Tensor) error {
	if _, ok := layoutOf(t.Type); !ok {
		return fmt.Errorf("cpu: tensor %q: no kernel for %v", t.Name, t.Type)
	}
	width := t.Width()
	switch {
	case width <= 0 || width%32 != 0 || width%t.Type.BlockElems() != 0:
		return fmt.Errorf("cpu: tensor %q: width %d of %v is not a multiple of %d", t.Name, width, t.Type, max(32, t.Type.BlockElems()))
	case width != p.cols:
		return fmt.Errorf("cpu: tensor %q: width %d, but %q has %d", t.Name, width, p.parts[0].Name, p.cols)
	}
	for _, d := range t.Shape {
		if d <= 0 {
			return fmt.Errorf("cpu: tensor %q: bad shape %v", t.Name, t.Shape)
		}
	}
	rows := t.Rows()
	if rows <= 0 || rows > maxPackedBytes/(4*width)-p.nRows || len(t.Data) != rows*t.Type.RowBytes(width) {
		return fmt.Errorf("cpu: tensor %q: shape %v of %v does not fit its %d bytes", t.Name, t.Shape, t.Type, len(t.Data))
	}
	p.nRows += rows
	return nil
}

// plan divides the rows into panels. If a group would hold rows of several types, all become float32, which every type
// widens to exactly.
func (p *packed) plan() {
	row := 0
	for _, t := range p.parts {
		l, _ := layoutOf(t.Type)
		last := len(p.panels) - 1
		switch {
		case last >= 0 && p.panels[last].typ == t.Type:
		case row%groupRows != 0:
			p.panels = []panel{{layout: layoutF32, typ: tensor.F32, groups: p.groups()}}
			return
		default:
			p.panels = append(p.panels, panel{layout: l, typ: t.Type, group0: row / groupRows})
			last++
		}
		row += t.Rows()
		p.panels[last].groups = (row+groupRows-1)/groupRows - p.panels[last].group0
	}
}

// rows is the number of rows without padding, paddedRows with it; width is the number of values of a row.
func (p *packed) rows() int       { return p.nRows }
func (p *packed) paddedRows() int { return p.groups() * groupRows }
func (p *packed) width() int      { return p.cols }

// groups is the number of groups of 32 rows.
func (p *packed) groups() int { return (p.nRows + groupRows - 1) / groupRows }

// bytes is the memory in use.
func (p *packed) bytes() int64 { return p.size }

// panelBytes is the size of a group of 32 rows: the largest if they differ.
func (p *packed) panelBytes() int {
	n := 0
	for i := range p.panels {
		n = max(n, p.panels[i].stride)
	}
	return n
}

// forms is what gemm wants of the activations.
func (p *packed) forms() form {
	var f form
	for i := range p.panels {
		f |= p.panels[i].layout.form()
	}
	return f
}

// sources calls f with the stored bytes of groups [from, to), part by part.
func (p *packed) sources(from, to int, f func(data []byte)) {
	first, last := from*groupRows, min(to*groupRows, p.nRows)
	for i := range p.parts {
		t := &p.parts[i]
		n, size := t.Rows(), t.Type.RowBytes(p.cols)
		if a, b := max(first, 0), min(last, n); a < b {
			f(t.Data[a*size : b*size])
		}
		first, last = first-n, last-n
	}
}

// release lets go of the tensors that were packed.
func (p *packed) release() { p.parts = nil }

// panelOf is the panel that holds a group.
func (p *packed) panelOf(g int) *panel {
	for i := range p.panels {
		if s := &p.panels[i]; g < s.group0+s.groups {
			return s
		}
	}
	panic(fmt.Sprintf("cpu: group %d of %d", g, p.groups()))
}

// source is the stored row r of the stacked parts and its type; nil for padding.
func (p *packed) source(r int) ([]byte, tensor.Type) {
	for i := range p.parts {
		t := &p.parts[i]
		n := t.Rows()
		if r < n {
			size := t.Type.RowBytes(p.cols)
			return t.Data[r*size : (r+1)*size], t.Type
		}
		r -= n
	}
	return nil, 0
}

// packGroup fills group g. Different groups may be filled at the same time.
func (p *packed) packGroup(g int) {
	s := p.panelOf(g)
	at := s.data[(g-s.group0)*s.stride:][:s.stride]
	var rows [groupRows][]byte
	var types [groupRows]tensor.Type
	for r := range rows {
		rows[r], types[r] = p.source(g*groupRows + r)
	}
	if s.layout >= intLayouts {
		s.packFloats(g-s.group0, p.cols, &rows, &types)
		return
	}
	d := &layoutTable[s.layout]
	if pack := packers[s.typ]; pack != nil {
		for r := range rows {
			if rows[r] == nil {
				rows[r] = make([]byte, s.typ.RowBytes(p.cols))
			}
		}
		for i := range p.cols / d.values {
			pack(at[i*d.bytes:(i+1)*d.bytes], &rows, i)
		}
		return
	}
	decode := decoders[s.typ]
	var c coded
	for i := range p.cols / 32 {
		for r, row := range rows {
			if row != nil {
				decode(&c, row, i)
				putBytes(s.layout, at[i*d.bytes:(i+1)*d.bytes], r, &c)
			}
		}
	}
}

// putBytes writes row r of a block with byte codes.
func putBytes(l layout, block []byte, r int, c *coded) {
	if l == layoutW8 {
		to := (*byteSteps)(block[4*r:])
		for s, w := range c.codes {
			to.put(s, w)
		}
		binary.LittleEndian.PutUint16(block[1024+2*r:], c.d)
		return
	}
	part := layoutTable[l].bytes / 2
	for h := range 2 {
		b := block[h*part : (h+1)*part]
		for s, w := range c.codes[4*h : 4*h+4] {
			binary.LittleEndian.PutUint32(b[128*s+4*r:], w)
		}
		putFloat(b[512+4*r:], c.scale[h])
		if layoutTable[l].mins {
			putFloat(b[640+4*r:], c.min[h])
		}
	}
}

// packFloats fills a group of a layout without codes.
func (s *panel) packFloats(group, cols int, rows *[groupRows][]byte, types *[groupRows]tensor.Type) {
	if s.layout != layoutF32 {
		for i := 0; i < cols; i += 32 {
			dst := (*[groupRows * 32]uint16)(s.halves()[groupRows*(group*cols+i):])
			for r, row := range rows {
				if row == nil {
					continue
				}
				for j, src := 0, (*[64]byte)(row[2*i:]); j < 32; j++ {
					dst[groupRows*j+r] = binary.LittleEndian.Uint16(src[2*j:])
				}
			}
		}
		return
	}
	dst := s.floats()[group*groupRows*cols:]
	const chunk = 256 // a multiple of every block size
	var buffer [chunk]float32
	for i := 0; i < cols; i += chunk {
		for r, row := range rows {
			if row == nil {
				continue
			}
			t, n := types[r], min(chunk, cols-i)
			if err := tensor.Dequantize(t, buffer[:n], row[t.RowBytes(i):t.RowBytes(i+n)]); err != nil {
				panic(err) // sizes and type were checked by newPacked
			}
			for j, v := range buffer[:n] {
				dst[groupRows*(i+j)+r] = v
			}
		}
	}
}
