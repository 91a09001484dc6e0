package cpu

import "github.com/llama4-eval/llama4-eval/inference/models"

// epilogue is what becomes of a product.
type epilogue int

const (
	assign   epilogue = iota
	add               // to what is there
	gateSiLU          // product with the first matrix goes through SiLU and is multiplied by that with the second
	gateGELU          // likewise through GELU
)

// MatMul sets dst = w*src, row by row.
func (b *Backend) MatMul(dst models.Buffer, w models.Matrix, src models.Buffer, n int) {
	b.matmul(dst.(*buffer), w.(*matrix), src.(*buffer), n, assign)
}

// MatMulAdd sets dst += w*src, row by row.
func (b *Backend) MatMulAdd(dst models.Buffer, w models.Matrix, src models.Buffer, n int) {
	b.matmul(dst.(*buffer), w.(*matrix), src.(*buffer), n, add)
}

func (b *Backend) matmul(d *buffer, m *matrix, s *buffer, n int, then epilogue) {
	if !b.ready(s, n) || !b.written(d, n) || !b.wide(s, m.width, m.name) || !b.wide(d, m.rows, m.name) {
		return
	}
	if b.packed(m); m.packed != nil {
		b.startGemm(gemmJob{w: m.packed, a: b.quantize(s, n, m.packed.forms()), dst: d.data, stride: d.width, then: then})
		return
	}
	b.startRef(refJob{w: m, src: s, n: n, dst: d.data, stride: d.width, then: then})
}

// GateUp sets dst = act(gate*src) * (up*src), row by row.
func (b *Backend) GateUp(dst models.Buffer, gate, up models.Matrix, src models.Buffer, n int, act models.Activation) {
	d, g, u, s := dst.(*buffer), gate.(*matrix), up.(*matrix), src.(*buffer)
	if !b.ready(s, n) || !b.written(d, n) || !b.wide(s, g.width, g.name) || !b.wide(d, g.rows, g.name) {
		return
	}
	if u.rows != g.rows || u.width != g.width {
		b.fail("%s is [%d][%d], %s is [%d][%d]", g.name, g.rows, g.width, u.name, u.rows, u.width)
		return
	}
	then := gateSiLU
	if act == models.GELUTanh {
		then = gateGELU
	}
	b.packed(g)
	b.packed(u)
	if g.packed != nil && u.packed != nil {
		a := b.quantize(s, n, g.packed.forms()|u.packed.forms())
		j := gemmJob{w: g.packed, up: u.packed, a: a, dst: d.data, stride: d.width, then: then}
		if d.acts != nil && d.acts.forms == formInt8 { // as the product that reads dst has wanted them before
			d.acts.setRows(n)
			j.next = d.acts
		}
		b.startGemm(j)
		if j.next != nil {
			d.quantized = n
		}
		return
	}
	b.startRef(refJob{w: g, up: u, src: s, n: n, dst: d.data, stride: d.width, then: then})
}

// checkRows makes sure that a step may use the given rows of src with m.
func (b *Backend) checkRows(m *matrix, src *buffer, rows []int) bool {
	for _, r := range rows {
		if r < 0 || r >= src.rows {
			b.fail("row %d of buffer %s, which holds %d", r, src.name, src.rows)
			return false
		}
	}
	return b.wide(src, m.width, m.name)
}

// Logits writes w*src[rows[i]] to dst[i*w.Rows():(i+1)*w.Rows()].
func (b *Backend) Logits(dst []float32, w models.Matrix, src models.Buffer, rows []int) error {
	m, s := w.(*matrix), src.(*buffer)
	if !b.checkRows(m, s, rows) || len(rows) == 0 {
		return b.err
	}
	if len(dst) < len(rows)*m.rows {
		b.fail("%d logits for %d rows of %d", len(dst), len(rows), m.rows)
		return b.err
	}
	if b.packed(m); m.packed == nil {
		b.startRef(refJob{w: m, src: s, rows: rows, n: len(rows), dst: dst, stride: m.rows})
		return b.err
	}
	for at := 0; at < len(rows); at += scoreRows {
		part := rows[at:min(at+scoreRows, len(rows))]
		b.startGemm(gemmJob{w: m.packed, a: b.gather(s, part, m.packed.forms()), dst: dst[at*m.rows:], stride: m.rows})
	}
	return b.err
}
