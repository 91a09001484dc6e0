package models

import (
	"fmt"
)

// A decoder is what the architectures have in common: the embedding at the bottom, the output at the top, the
// buffers between them, and the bookkeeping around a Forward. The architectures embed it.
type decoder struct {
	ops    Ops
	config Config
	probe  Probe
	kv     KV

	embed     Matrix // [vocab][hidden]
	finalNorm Vector // [hidden]
	output    Matrix // [vocab][hidden]; embed itself where tied
	eps       float32

	maxRows int
	hidden  Buffer // the residual stream [rows][hidden]
	normed  Buffer // input of the next projection [rows][hidden]; after Forward, of the output matrix
	qkv     Buffer // [rows][(heads+2*kvHeads)*headDim]
	attn    Buffer // [rows][heads*headDim]
	ffn     Buffer // [rows][ffn]

	rows    int // of the last Forward; 0 before the first and after a failed one
	scratch []float32
}

// config makes the public description of the sizes. The architecture adds its parameter count.
func (d dims) config(arch string, parameters int64) Config {
	return Config{
		Arch: arch, Layers: d.layers, Hidden: d.hidden, Heads: d.heads, KVHeads: d.kvHeads, HeadDim: d.headDim,
		FFN: d.ffn, Vocab: d.vocab, Context: d.context, Parameters: parameters,
	}
}

// parameters counts the weights outside norms and biases; the architecture adds those.
func (d dims) parameters() int64 {
	h, q, kv, f := int64(d.hidden), int64(d.heads*d.headDim), int64(d.kvHeads*d.headDim), int64(d.ffn)
	n := int64(d.layers)*(h*(q+2*kv)+q*h+3*h*f) + int64(d.vocab)*h
	if !d.tied {
		n += int64(d.vocab) * h
	}
	return n
}

// newDecoder binds the embedding and the output and makes the buffers and the KV storage. add is added to the norm weight.
func newDecoder(b *binder, d dims, config Config, names names, add float32, opt BuildOptions) decoder {
	if opt.MaxRows < 1 || opt.Pages < 0 {
		b.fail("build options: %d rows and %d pages, want at least one row", opt.MaxRows, opt.Pages)
	}
	m := decoder{ops: b.ops, config: config, eps: float32(d.eps), maxRows: opt.MaxRows}
	m.embed = b.matrix("token_embd", d.hidden, part{names.embed, d.vocab})
	m.output = m.embed
	if !d.tied {
		m.output = b.matrix("output", d.hidden, part{names.output, d.vocab})
	}
	m.finalNorm = b.vector("output_norm", add, part{names.finalNorm, d.hidden})
	m.hidden = b.buffer("hidden", opt.MaxRows, d.hidden)
	m.normed = b.buffer("normed", opt.MaxRows, d.hidden)
	m.qkv = b.buffer("qkv", opt.MaxRows, (d.heads+2*d.kvHeads)*d.headDim)
	m.attn = b.buffer("attn", opt.MaxRows, d.heads*d.headDim)
	m.ffn = b.buffer("ffn", opt.MaxRows, d.ffn)
	return m
}

// newKV makes the KV storage. It comes last, so that a checkpoint with a wrong tensor fails before the largest allocation.
func (m *decoder) newKV(b *binder, opt BuildOptions) {
	if b.err != nil {
		return
	}
	kv, err := b.ops.NewKV(KVShape{
		Pages: opt.Pages, Layers: m.config.Layers, KVHeads: m.config.KVHeads, HeadDim: m.config.HeadDim, Type: opt.KVType,
	})
	if err != nil {
		b.fail("KV cache of %d pages: %w", opt.Pages, err)
		return
	}
	m.kv = kv
	if p, ok := b.ops.(Preparer); ok {
		if err := p.Prepare(m.output); err != nil {
			b.fail("output matrix: %w", err)
		}
	}
}

// Config describes the model.
func (m *decoder) Config() Config { return m.config }

// SetProbe implements Model.
func (m *decoder) SetProbe(p Probe) { m.probe = p }

// CopyPage implements Model.
func (m *decoder) CopyPage(dst, src int32) { m.ops.CopyPage(m.kv, dst, src) }

// begin checks a batch and returns its number of rows.
func (m *decoder) begin(b Batch) (int, error) {
	m.rows = 0
	n := len(b.Tokens)
	if n == 0 || n > m.maxRows {
		return 0, fmt.Errorf("models: batch of %d rows, want 1 to %d", n, m.maxRows)
	}
	for i, t := range b.Tokens {
		if t < 0 || int(t) >= m.config.Vocab {
			return 0, fmt.Errorf("models: token %d of row %d is outside the vocabulary of %d", t, i, m.config.Vocab)
		}
	}
	row := 0
	for i, s := range b.Spans {
		if s.Row != row || s.N < 1 || s.N > n-row || s.Pos < 0 || s.Pos > maxContext {
			return 0, fmt.Errorf("models: span %d is rows %d to %d at position %d, want it to begin at row %d and end by %d", i, s.Row, s.Row+s.N, s.Pos, row, n)
		}
		row += s.N
		if s.Parents != nil {
			if err := s.checkTree(); err != nil {
				return 0, fmt.Errorf("models: span %d: %w", i, err)
			}
		}
		if need := (s.stored() + PageSize - 1) / PageSize; len(s.Pages) < need {
			return 0, fmt.Errorf("models: span %d ends at position %d and has %d pages, want %d", i, s.stored(), len(s.Pages), need)
		}
		for _, p := range s.Pages {
			if p < 0 || int(p) >= m.kv.Pages() {
				return 0, fmt.Errorf("models: span %d names page %d of %d", i, p, m.kv.Pages())
			}
		}
	}
	if row != n {
		return 0, fmt.Errorf("models: spans cover %d rows of a batch of %d", row, n)
	}
	return n, nil
}

// stored is the number of positions that the pages of a span hold.
func (s *Span) stored() int {
	if s.Parents != nil {
		return s.Pos
	}
	return s.Pos + s.N
}

// checkTree makes sure that the rows of a tree come after their parents.
func (s *Span) checkTree() error {
	if len(s.Parents) != s.N {
		return fmt.Errorf("tree of %d rows with %d parents", s.N, len(s.Parents))
	}
	for i, p := range s.Parents {
		if p < -1 || int(p) >= i {
			return fmt.Errorf("row %d of a tree has parent %d, want -1 to %d", i, p, i-1)
		}
	}
	return nil
}

// finish norms the residual stream for the output matrix and, with a probe, reports what went wrong on the way.
func (m *decoder) finish(n int) error {
	m.ops.RMSNorm(m.normed, m.hidden, n, m.finalNorm, m.eps)
	m.rows = n
	if m.probe == nil {
		return nil
	}
	m.report("final_norm", -1, m.normed, n)
	// A back end that can fail keeps its error for the next read; a read of no rows fetches it.
	return m.ops.Read(nil, m.normed, 0)
}

// Logits implements Model.
func (m *decoder) Logits(dst []float32, rows []int) error {
	if err := m.checkRows(rows); err != nil {
		return err
	}
	if len(dst) != len(rows)*m.config.Vocab {
		return fmt.Errorf("models: room for %d logits, want %d rows of %d", len(dst), len(rows), m.config.Vocab)
	}
	return m.ops.Logits(dst, m.output, m.normed, rows)
}

// Score implements Model.
func (m *decoder) Score(dst []Scored, rows []int, targets []int32) error {
	if err := m.checkRows(rows); err != nil {
		return err
	}
	if len(dst) != len(rows) || len(targets) != len(rows) {
		return fmt.Errorf("models: %d rows with %d targets and room for %d scores", len(rows), len(targets), len(dst))
	}
	for i, t := range targets {
		if t < 0 || int(t) >= m.config.Vocab {
			return fmt.Errorf("models: target %d is %d, outside the vocabulary of %d", i, t, m.config.Vocab)
		}
	}
	return m.ops.Score(dst, m.output, m.normed, rows, targets)
}

func (m *decoder) checkRows(rows []int) error {
	for _, r := range rows {
		if r < 0 || r >= m.rows {
			return fmt.Errorf("models: row %d of a batch of %d", r, m.rows)
		}
	}
	return nil
}

// report shows the first n rows of a buffer to the probe, if there is one.
func (m *decoder) report(name string, layer int, buf Buffer, n int) {
	if m.probe == nil {
		return
	}
	m.probe(name, layer, m.read(buf, n))
}

// read copies rows into memory that the next read overwrites. On an error, which finish reports, it gives zeros.
func (m *decoder) read(buf Buffer, n int) []float32 {
	size := n * buf.Width()
	if cap(m.scratch) < size {
		m.scratch = make([]float32, size)
	}
	values := m.scratch[:size]
	if err := m.ops.Read(values, buf, n); err != nil {
		clear(values)
	}
	return values
}

// reportQKV shows the finished queries, keys and values, each as rows of its own.
func (m *decoder) reportQKV(layer, n int) {
	if m.probe == nil {
		return
	}
	c := m.config
	q, kv := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	all := m.read(m.qkv, n)
	from := 0
	for _, p := range []struct {
		name  string
		width int
	}{{"q", q}, {"k", kv}, {"v", kv}} {
		values := make([]float32, 0, n*p.width)
		for r := range n {
			values = append(values, all[r*(q+2*kv)+from:][:p.width]...)
		}
		m.probe(p.name, layer, values)
		from += p.width
	}
}

// addProjection adds w*src to the residual stream. With a probe it also computes the product by itself, in the buffer of
// the norm, which is free at that point.
func (m *decoder) addProjection(name string, layer int, w Matrix, src Buffer, n int) {
	if m.probe != nil {
		m.ops.MatMul(m.normed, w, src, n)
		m.report(name, layer, m.normed, n)
	}
	m.ops.MatMulAdd(m.hidden, w, src, n)
}
