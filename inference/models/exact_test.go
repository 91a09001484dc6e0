package models

import (
	"errors"
	"math"

	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// exact is a back end that computes everything in float64, in the plainest way: a reference for the architectures that shares
// no code with the real back ends.
type exact struct {
	failRead error
	kvs      []*exactKV
}

var _ Ops = (*exact)(nil)

type (
	exactBuffer struct {
		width int
		rows  [][]float64
	}
	exactMatrix struct {
		width int
		rows  [][]float64
	}
	exactVector []float64
	exactKV     struct {
		shape KVShape
		keys  [][][]float64 // layer, page*PageSize+offset, value
		vals  [][][]float64
	}
)

func (b *exactBuffer) Rows() int  { return len(b.rows) }
func (b *exactBuffer) Width() int { return b.width }
func (m *exactMatrix) Rows() int  { return len(m.rows) }
func (m *exactMatrix) Width() int { return m.width }
func (v exactVector) Len() int    { return len(v) }
func (k *exactKV) Pages() int     { return k.shape.Pages }
func (k *exactKV) Bytes() int64   { return 0 }

func widen(t tensor.Tensor) ([]float64, error) {
	f, err := t.Floats()
	if err != nil {
		return nil, err
	}
	w := make([]float64, len(f))
	for i, v := range f {
		w[i] = float64(v)
	}
	return w, nil
}

func (e *exact) NewMatrix(_ string, parts ...tensor.Tensor) (Matrix, error) {
	m := &exactMatrix{width: parts[0].Width()}
	for _, p := range parts {
		v, err := widen(p)
		if err != nil {
			return nil, err
		}
		for r := range p.Rows() {
			m.rows = append(m.rows, v[r*m.width:(r+1)*m.width])
		}
	}
	return m, nil
}

func (e *exact) NewVector(_ string, add float32, parts ...tensor.Tensor) (Vector, error) {
	var all exactVector
	for _, p := range parts {
		v, err := widen(p)
		if err != nil {
			return nil, err
		}
		for _, x := range v {
			all = append(all, x+float64(add))
		}
	}
	return all, nil
}

func (e *exact) NewBuffer(_ string, rows, width int) (Buffer, error) {
	b := &exactBuffer{width: width}
	for range rows {
		b.rows = append(b.rows, make([]float64, width))
	}
	return b, nil
}

func (e *exact) NewKV(s KVShape) (KV, error) {
	k := &exactKV{shape: s}
	for range s.Layers {
		k.keys = append(k.keys, make([][]float64, s.Pages*PageSize))
		k.vals = append(k.vals, make([][]float64, s.Pages*PageSize))
	}
	e.kvs = append(e.kvs, k)
	return k, nil
}

func (e *exact) Embed(dst Buffer, table Matrix, tokens []int32, scale float32) {
	for i, t := range tokens {
		for j, v := range table.(*exactMatrix).rows[t] {
			dst.(*exactBuffer).rows[i][j] = v * float64(scale)
		}
	}
}

func exactNorm(x []float64, w exactVector, eps float32) []float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	s := 1 / math.Sqrt(sum/float64(len(x))+float64(eps))
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * s * w[i]
	}
	return y
}

func (e *exact) RMSNorm(dst, src Buffer, n int, w Vector, eps float32) {
	for r := range n {
		copy(dst.(*exactBuffer).rows[r], exactNorm(src.(*exactBuffer).rows[r], w.(exactVector), eps))
	}
}

func (e *exact) RMSNormAdd(dst, src Buffer, n int, w Vector, eps float32) {
	for r := range n {
		for i, v := range exactNorm(src.(*exactBuffer).rows[r], w.(exactVector), eps) {
			dst.(*exactBuffer).rows[r][i] += v
		}
	}
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

func exactProduct(w Matrix, x []float64) []float64 {
	m := w.(*exactMatrix)
	y := make([]float64, len(m.rows))
	for i, row := range m.rows {
		y[i] = dot(row, x)
	}
	return y
}

func (e *exact) MatMul(dst Buffer, w Matrix, src Buffer, n int) {
	for r := range n {
		copy(dst.(*exactBuffer).rows[r], exactProduct(w, src.(*exactBuffer).rows[r]))
	}
}

func (e *exact) MatMulAdd(dst Buffer, w Matrix, src Buffer, n int) {
	for r := range n {
		for i, v := range exactProduct(w, src.(*exactBuffer).rows[r]) {
			dst.(*exactBuffer).rows[r][i] += v
		}
	}
}

func (e *exact) GateUp(dst Buffer, gate, up Matrix, src Buffer, n int, act Activation) {
	for r := range n {
		x := src.(*exactBuffer).rows[r]
		g, u := exactProduct(gate, x), exactProduct(up, x)
		for i, v := range g {
			if act == SiLU {
				v /= 1 + math.Exp(-v)
			} else {
				v *= 0.5 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
			}
			dst.(*exactBuffer).rows[r][i] = v * u[i]
		}
	}
}

func rotate(x []float64, pos int, r *Rope) {
	for j, f := range r.InvFreq {
		sin, cos := math.Sincos(float64(float32(pos) * f))
		a, b := j, j+len(r.InvFreq)
		if r.Interleaved {
			a, b = 2*j, 2*j+1
		}
		x[a], x[b] = x[a]*cos-x[b]*sin, x[b]*cos+x[a]*sin
	}
}

func (e *exact) StoreKV(kv KV, qkv Buffer, spans []Span, a *Attention) {
	k, d := kv.(*exactKV), a.HeadDim
	for _, s := range spans {
		for i := range s.N {
			row, pos := qkv.(*exactBuffer).rows[s.Row+i], s.Pos+i
			if a.Bias != nil {
				for j, v := range a.Bias.(exactVector) {
					row[j] += v
				}
			}
			for h := range a.Heads + a.KVHeads {
				head, w := row[h*d:(h+1)*d], a.QNorm
				if h >= a.Heads {
					w = a.KNorm
				}
				if w != nil {
					copy(head, exactNorm(head, w.(exactVector), a.NormEps))
				}
				if a.Rope != nil {
					rotate(head, pos, a.Rope)
				}
			}
			at := int(s.Pages[pos/PageSize])*PageSize + pos%PageSize
			q, n := a.Heads*d, a.KVHeads*d
			k.keys[a.Layer][at] = append([]float64(nil), row[q:q+n]...)
			k.vals[a.Layer][at] = append([]float64(nil), row[q+n:]...)
		}
	}
}

func (e *exact) Attend(dst, qkv Buffer, kv KV, spans []Span, a *Attention) {
	k, d := kv.(*exactKV), a.HeadDim
	for _, s := range spans {
		for i := range s.N {
			p := s.Pos + i
			for h := range a.Heads {
				q := qkv.(*exactBuffer).rows[s.Row+i][h*d : (h+1)*d]
				kvHead := h / (a.Heads / a.KVHeads)
				out := dst.(*exactBuffer).rows[s.Row+i][h*d : (h+1)*d]
				clear(out)
				first := 0
				if a.Window > 0 {
					first = max(0, p-a.Window+1)
				}
				scores := make([]float64, p+1)
				top := math.Inf(-1)
				for t := first; t <= p; t++ {
					at := int(s.Pages[t/PageSize])*PageSize + t%PageSize
					scores[t] = dot(q, k.keys[a.Layer][at][kvHead*d:(kvHead+1)*d]) * float64(a.Scale)
					top = max(top, scores[t])
				}
				var sum float64
				for t := first; t <= p; t++ {
					w := math.Exp(scores[t] - top)
					sum += w
					at := int(s.Pages[t/PageSize])*PageSize + t%PageSize
					for j, v := range k.vals[a.Layer][at][kvHead*d : (kvHead+1)*d] {
						out[j] += w * v
					}
				}
				for j := range out {
					out[j] /= sum
				}
			}
		}
	}
}

func (e *exact) CopyPage(kv KV, dst, src int32) {
	k := kv.(*exactKV)
	for l := range k.keys {
		copy(k.keys[l][int(dst)*PageSize:(int(dst)+1)*PageSize], k.keys[l][int(src)*PageSize:])
		copy(k.vals[l][int(dst)*PageSize:(int(dst)+1)*PageSize], k.vals[l][int(src)*PageSize:])
	}
}

func (e *exact) Logits(dst []float32, w Matrix, src Buffer, rows []int) error {
	for i, r := range rows {
		for j, v := range exactProduct(w, src.(*exactBuffer).rows[r]) {
			dst[i*w.Rows()+j] = float32(v)
		}
	}
	return nil
}

func (e *exact) Score(dst []Scored, w Matrix, src Buffer, rows []int, targets []int32) error {
	for i, r := range rows {
		y := exactProduct(w, src.(*exactBuffer).rows[r])
		top := 0
		for j, v := range y {
			if v > y[top] {
				top = j
			}
		}
		var sum float64
		for _, v := range y {
			sum += math.Exp(v - y[top])
		}
		dst[i] = Scored{LogProb: y[targets[i]] - y[top] - math.Log(sum), Top: int32(top)}
	}
	return nil
}

func (e *exact) Read(dst []float32, src Buffer, n int) error {
	if e.failRead != nil {
		return e.failRead
	}
	b := src.(*exactBuffer)
	if len(dst) != n*b.width {
		return errors.New("exact: wrong size")
	}
	for r := range n {
		for j, v := range b.rows[r] {
			dst[r*b.width+j] = float32(v)
		}
	}
	return nil
}

func (e *exact) Close() error { return nil }
