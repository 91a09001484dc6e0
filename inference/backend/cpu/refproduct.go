package cpu

// refJob is a product on the float32 path. A chunk is a range of weight rows; each of them is dequantized once and then
// used for all batch rows.
type refJob struct {
	b       *Backend
	w, up   *matrix // up only for gateSiLU and gateGELU
	src     *buffer
	rows    []int // of src; nil means the first n
	n       int
	dst     []float32 // [n][stride], column r is row r of w
	stride  int
	then    epilogue
	perTask int // weight rows a chunk, a multiple of refRows
}

// startRef computes a product: how the rows are split matters for speed only.
func (b *Backend) startRef(j refJob) {
	groups := (j.w.rows + refRows - 1) / refRows
	chunks := min(groups, 8*b.pool.threads)
	if j.n <= fewRows {
		chunks = min(groups, 2*b.pool.threads)
	}
	j.b = b
	j.perTask = (groups + chunks - 1) / chunks * refRows
	b.jobs.ref = j
	b.pool.run((j.w.rows+j.perTask-1)/j.perTask, &b.jobs.ref)
}

func (j *refJob) run(chunk, worker int) {
	w := &j.b.workers[worker]
	for r := chunk * j.perTask; r < min(j.w.rows, (chunk+1)*j.perTask); r += refRows {
		j.group(w, r, j.dst[r:])
	}
}

// group computes weight rows [r, r+refRows) of all batch rows; dst[i*stride+c] is row r+c for batch row i.
func (j *refJob) group(w *worker, r int, dst []float32) {
	n, width := min(refRows, j.w.rows-r), j.w.width
	weights := j.dequantize(&w.a, j.w, r, n)
	var ups []float32
	if j.then >= gateSiLU {
		ups = j.dequantize(&w.b, j.up, r, n)
	}
	var x [refBatch][]float32
	var out, up refTile
	for i := 0; i < j.n; i += refBatch {
		count := min(refBatch, j.n-i)
		for c := range count {
			if j.rows != nil {
				x[c] = j.src.row(j.rows[i+c])
			} else {
				x[c] = j.src.row(i + c)
			}
		}
		refProducts(&out, &x, count, weights, width)
		if ups != nil {
			refProducts(&up, &x, count, ups, width)
		}
		for c := range count {
			j.finish(dst[(i+c)*j.stride:][:n], &out[c], &up[c])
		}
	}
}

func (j *refJob) finish(dst []float32, out, up *[refRows]float32) {
	switch j.then {
	case assign:
		copy(dst, out[:])
	case add:
		for r := range dst {
			dst[r] += out[r]
		}
	case gateSiLU:
		for r := range dst {
			dst[r] = refSiLU(out[r]) * up[r]
		}
	case gateGELU:
		for r := range dst {
			dst[r] = refGELUTanh(out[r]) * up[r]
		}
	}
}

// dequantize returns weight rows [r, r+n) in the scratch memory s, which has refRows rows.
func (j *refJob) dequantize(s *[]float32, m *matrix, r, n int) []float32 {
	dst := j.b.floats(s, refRows*m.width)
	for i := range n {
		// The matrix was checked when it was made: this cannot fail.
		if err := m.row(dst[i*m.width:], r+i); err != nil {
			panic(err)
		}
	}
	clear(dst[n*m.width:])
	return dst
}
