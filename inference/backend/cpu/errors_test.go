package cpu

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
)

func open(t testing.TB, o Options) *Backend {
	t.Helper()
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// zeros is a float32 tensor of zeros.
func zeros(shape ...int) tensor.Tensor {
	t := tensor.Tensor{Name: "zeros", Type: tensor.F32, Shape: shape}
	t.Data = make([]byte, 4*t.Elements())
	return t
}

func wants(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want one that says %q", err, text)
	}
}

func TestOptions(t *testing.T) {
	_, err := New(Options{Threads: -1})
	wants(t, err, "-1 threads")
	_, err = New(Options{Threads: 5000})
	wants(t, err, "5000 threads")
	_, err = New(Options{Level: 17})
	wants(t, err, "level 17")
	b := open(t, Options{})
	if b.Level() == Auto || b.Threads() < 1 || !strings.HasPrefix(b.Describe(), b.Level().String()+", ") {
		t.Errorf("%v, %d threads, %q", b.Level(), b.Threads(), b.Describe())
	}
	for _, l := range Levels() {
		if got, err := ParseLevel(l.String()); err != nil || got != l {
			t.Errorf("%v parses as %v, %v", l, got, err)
		}
	}
	_, err = ParseLevel("fast")
	wants(t, err, `"fast"`)
}

func TestNewErrors(t *testing.T) {
	short := zeros(4, 8)
	short.Data = short.Data[:100]
	odd := tensor.Tensor{Name: "odd", Type: tensor.Q8_0, Shape: []int{2, 33}, Data: make([]byte, 70)}
	unknown := tensor.Tensor{Name: "strange", Type: tensor.IQ1_S, Shape: []int{1, 256}, Data: make([]byte, 50)}
	huge := tensor.Tensor{Name: "huge", Type: tensor.F32, Shape: []int{1 << 40, 1 << 40}}
	wide := tensor.Tensor{Name: "wide", Type: tensor.F32, Shape: []int{1, 1 << 62}}
	for _, level := range Levels() {
		b := open(t, Options{Level: level, Threads: 1})
		for _, c := range []struct {
			parts []tensor.Tensor
			want  string
		}{
			{nil, "no parts"},
			{[]tensor.Tensor{short}, "100 bytes"},
			{[]tensor.Tensor{odd}, "does not suit"},
			{[]tensor.Tensor{unknown}, "unsupported"},
			{[]tensor.Tensor{huge}, "huge"},
			{[]tensor.Tensor{wide}, "wide"},
			{[]tensor.Tensor{zeros(0, 8)}, "does not suit"},
			{[]tensor.Tensor{zeros(4, 8), zeros(4, 9)}, "width 9"},
		} {
			_, err := b.NewMatrix("w", c.parts...)
			wants(t, err, c.want)
		}
		_, err := b.NewVector("v", 0)
		wants(t, err, "no values")
		_, err = b.NewVector("v", 0, short)
		wants(t, err, "100 bytes")
		_, err = b.NewBuffer("f", 0, 5)
		wants(t, err, "buffer f")
		_, err = b.NewBuffer("f", 1<<40, 1<<40)
		wants(t, err, "buffer f")
		for _, s := range []models.KVShape{
			{Pages: 0, Layers: 1, KVHeads: 1, HeadDim: 8, Type: tensor.F16},
			{Pages: 1 << 40, Layers: 1 << 20, KVHeads: 8, HeadDim: 64, Type: tensor.F16},
			{Pages: 1, Layers: 1, KVHeads: 1, HeadDim: 8, Type: tensor.Q8_0},
			{Pages: 1, Layers: 1, KVHeads: 1, HeadDim: 32, Type: tensor.Q4_0},
		} {
			_, err = b.NewKV(s)
			wants(t, err, "KV storage")
		}
	}
}

// TestStepErrors makes one mistake at a time: Read reports it, and steps after it do nothing.
func TestStepErrors(t *testing.T) {
	const heads, dim = 2, 8
	type parts struct {
		b         *Backend
		w         models.Matrix
		f, g, qkv models.Buffer
		kv        models.KV
		a         *models.Attention
	}
	span := func(row, n, pos int, pages ...int32) []models.Span {
		return []models.Span{{Row: row, N: n, Pos: pos, Pages: pages}}
	}
	tree := func(pos, n int, parents ...int32) []models.Span {
		return []models.Span{{N: n, Pos: pos, Pages: []int32{0}, Parents: parents}}
	}
	for name, c := range map[string]struct {
		step func(p parts)
		want string
	}{
		"token":          {func(p parts) { p.b.Embed(p.f, p.w, []int32{0, 6}, 1) }, "token 6"},
		"negative token": {func(p parts) { p.b.Embed(p.f, p.w, []int32{-1}, 1) }, "token -1"},
		"rows":           {func(p parts) { p.b.Embed(p.f, p.w, make([]int32, 5), 1) }, "5 rows of buffer f"},
		"negative rows":  {func(p parts) { p.b.MatMul(p.g, p.w, p.f, -1) }, "-1 rows"},
		"width":          {func(p parts) { p.b.MatMul(p.f, p.w, p.g, 1) }, "width"},
		"target width":   {func(p parts) { p.b.MatMulAdd(p.qkv, p.w, p.f, 1) }, "buffer qkv"},
		"norm":           {func(p parts) { p.b.RMSNorm(p.g, p.g, 1, vector8(p.b), 1e-5) }, "a norm needs 8"},
		"page":           {func(p parts) { p.b.StoreKV(p.kv, p.qkv, span(0, 1, 0, 3), p.a) }, "page 3 of 3"},
		"negative page":  {func(p parts) { p.b.Attend(p.f, p.qkv, p.kv, span(0, 1, 0, -1), p.a) }, "page -1"},
		"too few pages":  {func(p parts) { p.b.StoreKV(p.kv, p.qkv, span(0, 2, 31, 0), p.a) }, "span 0"},
		"row":            {func(p parts) { p.b.StoreKV(p.kv, p.qkv, span(3, 2, 0, 0), p.a) }, "span 0"},
		"huge row":       {func(p parts) { p.b.StoreKV(p.kv, p.qkv, span(math.MaxInt, 1, 0, 0), p.a) }, "span 0"},
		"huge position":  {func(p parts) { p.b.StoreKV(p.kv, p.qkv, span(0, 1, math.MaxInt, 0), p.a) }, "span 0"},
		"parents":        {func(p parts) { p.b.Attend(p.f, p.qkv, p.kv, tree(0, 2, -1), p.a) }, "2 rows has 1 parents"},
		"parent":         {func(p parts) { p.b.StoreKV(p.kv, p.qkv, tree(0, 2, -1, 1), p.a) }, "row 1 of a tree has parent 1"},
		"no parent":      {func(p parts) { p.b.StoreKV(p.kv, p.qkv, tree(0, 1, -2), p.a) }, "row 0 of a tree has parent -2"},
		"trunk":          {func(p parts) { p.b.Attend(p.f, p.qkv, p.kv, tree(33, 1, -1), p.a) }, "span 0"},
		"tree row":       {func(p parts) { p.b.Attend(p.f, p.qkv, p.kv, tree(0, 5, 0, 0, 0, 0, 0), p.a) }, "span 0"},
		"copy":           {func(p parts) { p.b.CopyPage(p.kv, 0, 3) }, "page 3 to 0 of 3"},
		"layer":          {func(p parts) { a := *p.a; a.Layer = 1; p.b.StoreKV(p.kv, p.qkv, span(0, 1, 0, 0), &a) }, "layer 1"},
		"heads":          {func(p parts) { a := *p.a; a.KVHeads = 0; p.b.StoreKV(p.kv, p.qkv, span(0, 1, 0, 0), &a) }, "heads"},
		"rope": {func(p parts) {
			a := *p.a
			a.Rope = &models.Rope{InvFreq: make([]float32, 3)}
			p.b.StoreKV(p.kv, p.qkv, span(0, 1, 0, 0), &a)
		}, "3 rope frequencies"},
		"logits":    {func(p parts) { _ = p.b.Logits(make([]float32, 5), p.w, p.f, []int{0}) }, "5 logits"},
		"logit row": {func(p parts) { _ = p.b.Logits(make([]float32, 99), p.w, p.f, []int{4}) }, "row 4"},
		"target":    {func(p parts) { _ = p.b.Score(make([]models.Scored, 1), p.w, p.f, []int{0}, []int32{6}) }, "target 6"},
		"targets":   {func(p parts) { _ = p.b.Score(make([]models.Scored, 2), p.w, p.f, []int{0, 1}, []int32{0}) }, "1 targets"},
		"read":      {func(p parts) { p.b.RMSNorm(p.f, p.f, 9, vector8(p.b), 1) }, "9 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, level := range Levels() {
				b := open(t, Options{Level: level, Threads: 1})
				p := parts{b: b, a: &models.Attention{Heads: heads, KVHeads: 1, HeadDim: dim, Scale: 1}}
				var err error
				if p.w, err = b.NewMatrix("w", zeros(6, heads*dim)); err != nil {
					t.Fatal(err)
				}
				for _, f := range []struct {
					dst   *models.Buffer
					name  string
					width int
				}{{&p.f, "f", heads * dim}, {&p.g, "g", 6}, {&p.qkv, "qkv", (heads + 2) * dim}} {
					if *f.dst, err = b.NewBuffer(f.name, 4, f.width); err != nil {
						t.Fatal(err)
					}
				}
				if p.kv, err = b.NewKV(models.KVShape{Pages: 3, Layers: 1, KVHeads: 1, HeadDim: dim, Type: tensor.F16}); err != nil {
					t.Fatal(err)
				}
				c.step(p)
				dst := []float32{7, 7, 7, 7, 7, 7}
				wants(t, b.Read(dst, p.g, 1), c.want)
				p.b.MatMul(p.g, p.w, p.f, 4) // must not run
				wants(t, b.Logits(make([]float32, 6), p.w, p.f, []int{0}), c.want)
				if dst[0] != 7 {
					t.Error("Read wrote after an error")
				}
			}
		})
	}
}

func vector8(b *Backend) models.Vector {
	v, err := b.NewVector("v", 0, zeros(8))
	if err != nil {
		panic(err)
	}
	return v
}

func TestMemoryAndClose(t *testing.T) {
	for _, level := range Levels() {
		b, err := New(Options{Level: level, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		w, err := b.NewMatrix("w", zeros(64, 32))
		if err != nil {
			t.Fatal(err)
		}
		table, err := b.NewMatrix("table", zeros(64*32, 32))
		if err != nil {
			t.Fatal(err)
		}
		f, _ := b.NewBuffer("f", 3, 32)
		g, _ := b.NewBuffer("g", 3, 64)
		kv, _ := b.NewKV(models.KVShape{Pages: 2, Layers: 1, KVHeads: 1, HeadDim: 32, Type: tensor.F16})
		m := b.Memory()
		inPlace := int64(4 * 32 * 64 * 33)
		if level != Reference {
			inPlace = 4 * 32 * 64 * 32 // the table alone: w is read from its copy
		}
		if m[Mapped] != inPlace {
			t.Errorf("%v: %d bytes in place, want %d", level, m[Mapped], inPlace)
		}
		if want := int64(2 * 2 * 2 * 32 * 32); m[KVCache] != want || kv.Bytes() != want {
			t.Errorf("%v: %d and %d bytes of keys and values, want %d", level, m[KVCache], kv.Bytes(), want)
		}
		weights := int64(0)
		if level != Reference {
			weights = 4 * 32 * 64 // w alone: the table has no product yet
		}
		if m[Weights] != weights || m[Activations] != 4*3*96 {
			t.Errorf("%v: %d bytes of weights, want %d, %d of activations", level, m[Weights], weights, m[Activations])
		}
		b.Embed(f, table, []int32{1, 2, 3}, 1)
		b.MatMul(g, w, f, 3)
		if b.Memory()[Weights] != weights {
			t.Errorf("%v: embedding made a copy of the table", level)
		}
		scored := make([]models.Scored, 1)
		if err := b.Score(scored, table, f, []int{0}, []int32{0}); err != nil {
			t.Fatal(err)
		}
		if want := 33 * weights; b.Memory()[Weights] != want {
			t.Errorf("%v: %d bytes of weights after a score, want %d", level, b.Memory()[Weights], want)
		}
		for range 2 {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		if len(b.Memory()) != 0 {
			t.Errorf("%v: memory after Close: %v", level, b.Memory())
		}
		b.MatMul(g, w, f, 3) // does nothing
		wants(t, b.Read(make([]float32, 64), g, 1), "closed")
	}
}

// TestInfiniteValues checks that values beyond float16 do not spoil those of other positions.
func TestInfiniteValues(t *testing.T) {
	const dim, width = 32, 3 * 32
	for _, level := range Levels() {
		b := open(t, Options{Level: level, Threads: 1})
		rows := zeros(40, width)
		for i := range rows.Elements() {
			v := float32(1)
			if i/width == 35 {
				v = 1e9
			}
			binary.LittleEndian.PutUint32(rows.Data[4*i:], math.Float32bits(v))
		}
		table, err := b.NewMatrix("rows", rows)
		if err != nil {
			t.Fatal(err)
		}
		tokens := make([]int32, 40)
		for i := range tokens {
			tokens[i] = int32(i)
		}
		qkv, _ := b.NewBuffer("qkv", 40, width)
		dst, _ := b.NewBuffer("dst", 40, dim)
		kv, _ := b.NewKV(models.KVShape{Pages: 2, Layers: 1, KVHeads: 1, HeadDim: dim, Type: tensor.F16})
		a := &models.Attention{Heads: 1, KVHeads: 1, HeadDim: dim, Scale: 0.1}
		spans := []models.Span{{N: 40, Pages: []int32{1, 0}}}
		b.Embed(qkv, table, tokens, 1)
		b.StoreKV(kv, qkv, spans, a)
		b.Attend(dst, qkv, kv, spans, a)
		out := make([]float32, 40*dim)
		if err := b.Read(out, dst, 40); err != nil {
			t.Fatal(err)
		}
		for i, v := range out {
			if v != v || i/dim < 35 && math.Abs(float64(v)-1) > 1e-5 {
				t.Fatalf("%v: position %d: %v", level, i/dim, v)
			}
		}
	}
}
