package backendtest

import (
	"slices"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

// treeCases are shapes of attention for trees: every size of a group of heads, every step of StoreKV.
var treeCases = []attentionCase{
	{name: "plain", heads: 1, kvHeads: 1, dim: 32, typ: tensor.F32},
	{name: "rope", heads: 2, kvHeads: 1, dim: 64, rope: true, typ: tensor.F16},
	{name: "interleaved rope", heads: 9, kvHeads: 3, dim: 32, rope: true, interleaved: true, typ: tensor.F16},
	{name: "norms and window", heads: 4, kvHeads: 1, dim: 64, norms: true, rope: true, window: 20, typ: tensor.F16},
	{name: "window of one", heads: 5, kvHeads: 1, dim: 32, window: 1, typ: tensor.F32},
	{name: "window over pages", heads: 6, kvHeads: 1, dim: 32, rope: true, window: 45, typ: tensor.F16},
	{name: "bias", heads: 14, kvHeads: 2, dim: 64, bias: true, rope: true, typ: tensor.F16},
	{name: "small heads", heads: 8, kvHeads: 1, dim: 8, norms: true, rope: true, typ: tensor.F32},
	{name: "q8_0", heads: 7, kvHeads: 1, dim: 64, rope: true, window: 50, typ: tensor.Q8_0},
}

// trees are shapes of trees, as parents.
var trees = []struct {
	name    string
	parents []int32
}{
	{"one row", []int32{-1}},
	{"star", []int32{-1, -1, -1, -1, -1, -1, -1}},
	{"chain", chain(-1, 0, 39)},
	{"labels", slices.Concat(chain(-1, 0, 3), chain(-1, 3, 1), chain(-1, 4, 4), chain(5, 8, 2), chain(4, 10, 3))},
	{"level by level", []int32{-1, -1, 0, 0, 1, 1, 2, 5, 5, 3, 6, 7}},
	{"long branches", slices.Concat(chain(-1, 0, 20), chain(9, 20, 18), chain(19, 38, 5), chain(-1, 43, 2))},
	{"back to a deeper row", []int32{-1, 0, -1, 1}},
	{"in any order", anyOrder(25, 3)},
	{"in any order, deep", anyOrder(70, 12)},
}

// anyOrder is the parents of n rows of random branches, each of which begins near one of the last rows before it.
func anyOrder(n, near int) []int32 {
	r := newRandom(uint64(n))
	parents := make([]int32, n)
	for i := range parents {
		parents[i] = int32(max(-1, i-1-int(r.Uint64()%uint64(near))))
	}
	return parents
}

// chain is the parents of n rows, the first of which is row at and follows parent.
func chain(parent, at, n int) []int32 {
	parents := make([]int32, n)
	for i := range parents {
		parents[i] = int32(at + i - 1)
	}
	parents[0] = int32(parent)
	return parents
}

// ancestors are the rows of a branch, down to row r.
func ancestors(parents []int32, r int) []int {
	var branch []int
	for ; r >= 0; r = int(parents[r]) {
		branch = append(branch, r)
	}
	slices.Reverse(branch)
	return branch
}

// treePos are the positions at which trees begin: nowhere, in the middle of a page, at its ends.
var treePos = []int{0, 5, 31, 32, 33, 61, 64}

// treeBench runs the rows of one attention case.
type treeBench struct {
	bench
	attentionCase
	a     *models.Attention
	kv    models.KV
	trunk []float32 // qkv rows of the positions before a tree
	width int
}

func newTreeBench(b bench, c attentionCase) *treeBench {
	r := newRandom(14)
	t := &treeBench{bench: b, attentionCase: c, width: (c.heads + 2*c.kvHeads) * c.dim}
	t.a, t.kv = c.describe(b, r)
	t.trunk = r.normal(treePos[len(treePos)-1]*t.width, 1)
	return t
}

// run is one batch: the qkv rows and the spans that they belong to. It returns the results and the finished qkv rows.
func (t *treeBench) run(rows []float32, spans ...models.Span) (out, qkv []float32) {
	n := len(rows) / t.width
	f, dst := t.load(rows, t.width), t.buffer(n, t.heads*t.dim)
	t.ops.StoreKV(t.kv, f, spans, t.a)
	t.ops.Attend(dst, f, t.kv, spans, t.a)
	return t.read(dst, n), t.read(f, n)
}

var treePages, branchPages = []int32{3, 0, 6, 1}, []int32{2, 7, 4, 5}

// store writes the first pos positions of the trunk to pages.
func (t *treeBench) store(pos int, pages []int32) {
	if pos > 0 {
		f := t.load(t.trunk[:pos*t.width], t.width)
		t.ops.StoreKV(t.kv, f, []models.Span{{N: pos, Pages: pages}}, t.a)
	}
}

// tree runs a tree at pos, behind its trunk.
func (t *treeBench) tree(parents []int32, rows []float32, pos int) (out, qkv []float32) {
	pages := treePages[:(pos+models.PageSize-1)/models.PageSize]
	return t.run(rows, models.Span{N: len(parents), Pos: pos, Pages: pages, Parents: parents})
}

// branch is row r of a tree when its branch alone is a run behind the trunk.
func (t *treeBench) branch(parents []int32, rows []float32, pos, r int) (out, qkv []float32) {
	var run []float32
	for _, i := range ancestors(parents, r) {
		run = append(run, rows[i*t.width:(i+1)*t.width]...)
	}
	n := len(run) / t.width
	out, qkv = t.run(run, models.Span{N: n, Pos: pos, Pages: branchPages})
	return out[(n-1)*t.heads*t.dim:], qkv[(n-1)*t.width:]
}

// testTrees compares every row of a tree with the run of its branch.
func testTrees(t *testing.T, s Suite) {
	for _, c := range treeCases {
		t.Run(c.name, func(t *testing.T) {
			b := newTreeBench(s.open(t, 2), c)
			out, r := c.heads*c.dim, newRandom(15)
			for _, tree := range trees {
				rows := r.normal(len(tree.parents)*b.width, 1)
				for _, pos := range treePos {
					if testing.Short() && pos != 0 && pos != 61 {
						continue
					}
					b.store(pos, treePages)
					b.store(pos, branchPages)
					got, qkv := b.tree(tree.parents, rows, pos)
					for i := range tree.parents {
						if len(tree.parents) > 20 && i%7 != 4 {
							continue
						}
						want, wantQKV := b.branch(tree.parents, rows, pos, i)
						if different(qkv[i*b.width:(i+1)*b.width], wantQKV) > 0 {
							t.Errorf("%s at %d, row %d: the qkv row differs from that of its branch", tree.name, pos, i)
						}
						if d := different(got[i*out:(i+1)*out], want); d > 0 {
							t.Errorf("%s at %d, row %d: %d of %d values differ from those of its branch", tree.name, pos, i, d, out)
						}
					}
				}
			}
		})
	}
}

// testTreeBatches puts trees in a batch with their trunks and with other sequences, in any number of threads.
func testTreeBatches(t *testing.T, s Suite) {
	c := attentionCase{heads: 6, kvHeads: 2, dim: 32, bias: true, norms: true, rope: true, window: 50, typ: tensor.F16}
	r := newRandom(16)
	labels, long := trees[3].parents, trees[5].parents
	const pos, other = 37, 61
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		b := newTreeBench(s.open(t, threads), c)
		out := c.heads * c.dim
		rows := newRandom(17).normal((len(labels)+len(long))*b.width, 1)
		first, second := rows[:len(labels)*b.width], rows[len(labels)*b.width:]
		b.store(other, treePages)
		alone, _ := b.tree(labels, first, pos)
		more, _ := b.tree(long, second, other)
		alone = append(alone, more...)
		if want == nil {
			want = alone
		} else if different(alone, want) > 0 {
			t.Errorf("%d threads: %d of %d values differ", threads, different(alone, want), len(want))
		}
		// Fresh storage, and all in one batch: each tree comes before the run that writes its trunk; one of the runs goes its own way from
		// where the tree begins.
		b = newTreeBench(s.open(t, threads), c)
		run := r.normal(3*b.width, 1)
		batch := slices.Concat(first, b.trunk[:pos*b.width], run, second, b.trunk[:other*b.width])
		n := len(labels)
		got, _ := b.run(batch,
			models.Span{Row: 0, N: n, Pos: pos, Pages: treePages[:2], Parents: labels},
			models.Span{Row: n, N: pos + 3, Pages: treePages},
			models.Span{Row: n + pos + 3, N: len(long), Pos: other, Pages: branchPages[:2], Parents: long},
			models.Span{Row: n + pos + 3 + len(long), N: other, Pages: branchPages},
		)
		at := n + pos + 3
		got = slices.Concat(got[:n*out], got[at*out:(at+len(long))*out])
		if d := different(got, want); d > 0 {
			t.Errorf("%d threads, one batch: %d of %d values differ", threads, d, len(want))
		}
	}
}

// testTreeLeaves checks that a tree leaves the cache as it was, and that another ancestor changes its descendants and no
// other row.
func testTreeLeaves(t *testing.T, s Suite) {
	c := attentionCase{heads: 4, kvHeads: 2, dim: 32, rope: true, typ: tensor.F16}
	b, r := newTreeBench(s.open(t, 2), c), newRandom(18)
	parents, out := trees[5].parents, c.heads*c.dim
	const pos, changed = 37, 9
	rows, next := r.normal(len(parents)*b.width, 1), r.normal(b.width, 1)
	b.store(pos, treePages)
	b.store(pos, branchPages)
	before, _ := b.branch([]int32{-1}, next, pos, 0)
	want, _ := b.tree(parents, rows, pos)
	after, _ := b.run(next, models.Span{N: 1, Pos: pos, Pages: treePages})
	if different(before, after) > 0 {
		t.Error("a tree changes what follows its trunk")
	}
	copy(rows[changed*b.width:], r.normal(b.width, 1))
	got, _ := b.tree(parents, rows, pos)
	for i := range parents {
		d := different(got[i*out:(i+1)*out], want[i*out:(i+1)*out])
		switch descends := slices.Contains(ancestors(parents, i), changed); {
		case descends && d < out/2:
			t.Errorf("negative control: another row %d changes only %d of %d values of row %d", changed, d, out, i)
		case !descends && d > 0:
			t.Errorf("another row %d changes %d values of row %d, which does not follow it", changed, d, i)
		}
	}
}

// testLong looks at rows far into a sequence, where a back end may treat keys in parts: alone in a batch, in runs, as a tree, with any
// number of threads.
func testLong(t *testing.T, s Suite) {
	const pages, end, run = 34, 1070, 70 // run is the number of rows that are looked at, from each of begins on
	begins := []int{490, 1000}
	order := make([]int32, pages)
	for i := range order {
		order[i] = int32(i * 7 % pages)
	}
	for _, c := range []attentionCase{
		{name: "grouped", heads: 6, kvHeads: 2, dim: 32, rope: true, typ: tensor.F16, pages: pages},
		{name: "window", heads: 2, kvHeads: 1, dim: 40, window: 600, norms: true, typ: tensor.F32, pages: pages},
		{name: "q8_0", heads: 4, kvHeads: 2, dim: 32, rope: true, typ: tensor.Q8_0, pages: pages},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := c.heads * c.dim
			width := (c.heads + 2*c.kvHeads) * c.dim
			rows := newRandom(21).normal(end*width, 1)
			want := map[int][]float32{}
			attend := func(b *treeBench, at, n int, parents []int32) []float32 {
				got, _ := b.run(rows[at*width:(at+n)*width], models.Span{N: n, Pos: at, Pages: order, Parents: parents})
				return got
			}
			store := func(b *treeBench) {
				b.ops.StoreKV(b.kv, b.load(rows, width), []models.Span{{N: end, Pages: order}}, b.a)
			}
			for _, threads := range []int{1, 2, 3} {
				b := newTreeBench(s.open(t, threads), c)
				for _, begin := range begins {
					// Running a row may drop those after it, so they go forward.
					store(b)
					check := func(what string, at int, got []float32) {
						t.Helper()
						if want[begin] == nil {
							want[begin] = got
						}
						if d := different(got, want[begin][(at-begin)*out:][:len(got)]); d > 0 {
							t.Errorf("%d threads, %s at %d: %d of %d values differ", threads, what, at, d, len(got))
						}
					}
					check("a run", begin, attend(b, begin, run, nil))
					for at := begin; at < begin+run-25; at += 25 {
						check("a tree", at, attend(b, at, 25, chain(-1, 0, 25)))
					}
					for at := begin; at < begin+run; at++ {
						check("one row", at, attend(b, at, 1, nil))
					}
					check("two rows", begin+22, attend(b, begin+22, 2, nil))
				}
			}
			b := newTreeBench(reference(t), c)
			for _, begin := range begins {
				store(b)
				near(t, "attention", want[begin], attend(b, begin, run, nil), s.cached(c.typ))
			}
		})
	}
}

// testTreeNetwork compares trees with their branches through all steps of a network.
func testTreeNetwork(t *testing.T, s Suite) {
	r := newRandom(19)
	tokens := make([]int32, 120)
	for i := range tokens {
		tokens[i] = r.Int32N(netVocab)
	}
	const pos = 45
	trunk, rest := tokens[:pos], tokens[pos:]
	for _, tree := range trees {
		n := newNetwork(s.open(t, 2), tensor.Q8_0, tensor.F16)
		n.forward(trunk, []models.Span{{N: pos, Pages: netPages}})
		got := n.forward(rest[:len(tree.parents)], []models.Span{{N: len(tree.parents), Pos: pos, Pages: netPages[:2], Parents: tree.parents}})
		last := len(tree.parents) - 1
		logits := n.logits(last)
		for i := range tree.parents {
			if i%7 != 0 && i != last {
				continue
			}
			run := slices.Clone(trunk)
			for _, a := range ancestors(tree.parents, i) {
				run = append(run, rest[a])
			}
			rows := newNetwork(s.open(t, 1), tensor.Q8_0, tensor.F16).sequence(run, []int{len(run)}, 0)
			want := rows[(len(run)-1)*netHidden : len(run)*netHidden]
			if d := different(got[i*netHidden:(i+1)*netHidden], want); d > 0 {
				t.Errorf("%s, row %d: %d of %d values differ from those of its branch", tree.name, i, d, netHidden)
			}
			if i == last && different(logits, rows[len(run)*netHidden:]) > 0 {
				t.Errorf("%s: the logits of the last row differ from those of its branch", tree.name)
			}
		}
	}
}
