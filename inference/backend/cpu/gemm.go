package cpu

// gemmJob is a product of packed weights with quantized activations. A chunk is a range of groups of 32 weight rows, which goes
// through in blocks small enough to stay in the second-level cache while all tiles of tokens pass.
type gemmJob struct {
	b      *Backend
	w, up  *packed // up only for gateSiLU and gateGELU
	a      *acts
	dst    []float32 // [rows of a][stride], column r is row r of w
	stride int
	then   epilogue
	next   *acts // int8 forms of dst that gateSiLU and gateGELU make beside it, while the values are in the cache; nil: none

	chunks int
	block  int // groups that stay in the cache
}

const (
	cacheBlock = 192 << 10 // bytes of weights that stay in the cache while the tokens pass
	streamMin  = 128 << 10 // bytes of a chunk in decoding: shorter streams defeat the prefetcher
	decodeRows = 8         // batch rows up to which memory, not arithmetic, sets the pace
)

// startGemm computes a product: how it is split matters for speed only.
func (b *Backend) startGemm(j gemmJob) {
	groups, bytes := j.w.groups(), int(j.w.bytes())
	panel := j.w.panelBytes()
	if j.up != nil {
		bytes += int(j.up.bytes())
		panel += j.up.panelBytes()
	}
	chunks := 6 * b.pool.threads
	if j.a.n <= decodeRows {
		chunks = min(2*b.pool.threads, bytes/streamMin)
	}
	j.b = b
	j.chunks = max(1, min(chunks, groups))
	j.block = max(1, cacheBlock/panel)
	b.jobs.gemm = j
	b.pool.run(j.chunks, &b.jobs.gemm)
}

func (j *gemmJob) run(chunk, worker int) {
	groups := j.w.groups()
	from, end := chunk*groups/j.chunks, (chunk+1)*groups/j.chunks
	block := j.block
	if j.a.tiles() == 1 && j.then <= add {
		block = end - from
	}
	for g := from; g < end; g += block {
		for t := range j.a.tiles() {
			j.tile(&j.b.workers[worker], t, g, min(block, end-g))
		}
	}
}

// tile computes groups [g, g+n) for the tokens of one tile.
func (j *gemmJob) tile(w *worker, tile, g, n int) {
	k, tokens := j.b.k, j.a.tokens(tile)
	dst := j.dst[tile*maxTile*j.stride+g*groupRows:]
	padded := n * groupRows
	cols := min(padded, j.w.rows()-g*groupRows)
	switch {
	case j.then == assign && cols == padded:
		k.gemm(j.w, j.a, tile, g, n, dst, j.stride)
		return
	case j.then == add && cols == padded && j.w.forms() == formInt8:
		k.gemmAdd(j.w, j.a, tile, g, n, dst, j.stride)
		return
	}
	out := j.b.floats(&w.a, maxTile*padded)
	k.gemm(j.w, j.a, tile, g, n, out, padded)
	var up []float32
	if j.up != nil {
		up = j.b.floats(&w.b, maxTile*padded)
		k.gemm(j.up, j.a, tile, g, n, up, padded)
	}
	for t := range tokens {
		row, x := dst[t*j.stride:][:cols], out[t*padded:][:cols]
		switch j.then {
		case assign:
			copy(row, x)
		case add:
			k.addTo(row, x)
		case gateSiLU:
			k.siluMul(row, x, up[t*padded:][:cols])
		case gateGELU:
			k.geluTanhMul(row, x, up[t*padded:][:cols])
		}
		if j.next != nil {
			k.quantize(j.next.lane(tile*maxTile+t, g*groupRows), tokens, row)
		}
	}
}

// quantJob makes the forms of activations that products read.
type quantJob struct {
	b      *Backend
	src    *buffer
	n, per int
}

func (j *quantJob) run(chunk, _ int) {
	for r := chunk * j.per; r < min(j.n, (chunk+1)*j.per); r++ {
		j.src.acts.quantize(j.b.k, r, 1, j.src.row(r))
	}
}

// quantize returns the first n rows of f in (at least) the given forms. It does nothing if an earlier product on the same
// values has left them.
func (b *Backend) quantize(f *buffer, n int, forms form) *acts {
	if f.acts == nil {
		f.acts = newActs(f.rows, f.width)
		b.count(Activations, f.acts.bytes())
	}
	a := f.acts
	if a.forms&forms != forms {
		before := a.bytes()
		a.use(forms)
		b.count(Activations, a.bytes()-before)
		f.quantized = 0
	}
	if f.quantized == n && n > 0 {
		return a
	}
	// The number of rows decides the layout of the last tile, so rows that were there before are written again.
	a.setRows(n)
	chunks, per := b.rowChunks(n)
	j := &b.jobs.quant
	*j = quantJob{b: b, src: f, n: n, per: per}
	b.pool.run(chunks, j)
	f.quantized = n
	return a
}

// gather returns the given rows of f, at most scoreRows, quantized.
func (b *Backend) gather(f *buffer, rows []int, forms form) *acts {
	g := b.gathered
	if g == nil || g.width != f.width || g.rows < len(rows) {
		size := min(scoreRows, max(len(rows), f.rows))
		g = &buffer{name: "gathered rows", rows: size, width: f.width, data: make([]float32, size*f.width)}
		b.count(Scratch, int64(4*len(g.data)))
		b.gathered = g
	}
	for i, r := range rows {
		copy(g.row(i), f.row(r))
	}
	g.quantized = 0
	return b.quantize(g, len(rows), forms)
}
