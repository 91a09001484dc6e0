package inference

import (
	"fmt"
	"log/slog"
	"math"
	"sync"
	"testing"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// fakeModel is a models.Model whose logits are a hash of every token of the sequence up to the row, read back through the pages of
// its KV storage. So one wrong page, position or copy changes every result, and the right result is known without a batch.
type fakeModel struct {
	vocab, maxRows int
	store          [][kvcache.PageSize]int32
	rows           []uint64 // hash of each row of the last batch

	habit  bool                     // it likes to go on with the next letter, so that its tokens can be drafted
	before func(models.Batch) error // called by Forward, may be nil
	after  func(logits []float32)   // changes logits, may be nil

	mu      sync.Mutex
	total   int // rows run
	batches [][]models.Span
}

var _ models.Model = (*fakeModel)(nil)

func newFakeModel(vocab, pages, maxRows int) *fakeModel {
	return &fakeModel{vocab: vocab, maxRows: maxRows, store: make([][kvcache.PageSize]int32, pages)}
}

func (m *fakeModel) Config() models.Config {
	return models.Config{Arch: "fake", Layers: 1, Hidden: 1, Heads: 1, KVHeads: 1, HeadDim: 1, FFN: 1, Vocab: m.vocab, Context: 1 << 20}
}

func (m *fakeModel) Forward(b models.Batch) error {
	if m.before != nil {
		if err := m.before(b); err != nil {
			return err
		}
	}
	if len(b.Tokens) == 0 || len(b.Tokens) > m.maxRows {
		return fmt.Errorf("batch of %d rows, room for %d", len(b.Tokens), m.maxRows)
	}
	owner := map[int32]int{}
	m.rows = m.rows[:0]
	for i, s := range b.Spans {
		if s.Row != len(m.rows) {
			return fmt.Errorf("span %d begins at row %d, want %d", i, s.Row, len(m.rows))
		}
		if s.Parents != nil {
			m.tree(s, b.Tokens[s.Row:s.Row+s.N])
			continue
		}
		for k := range s.N {
			pos := s.Pos + k
			page := s.Pages[pos/kvcache.PageSize]
			if o, ok := owner[page]; ok && o != i {
				return fmt.Errorf("spans %d and %d both write page %d", o, i, page)
			}
			owner[page] = i
			m.store[page][pos%kvcache.PageSize] = b.Tokens[s.Row+k]
			h := uint64(0)
			for p := range pos + 1 {
				h = extend(h, m.store[s.Pages[p/kvcache.PageSize]][p%kvcache.PageSize])
			}
			m.rows = append(m.rows, h)
		}
	}
	if len(m.rows) != len(b.Tokens) {
		return fmt.Errorf("spans cover %d rows of %d", len(m.rows), len(b.Tokens))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total += len(m.rows)
	m.batches = append(m.batches, append([]models.Span(nil), b.Spans...))
	return nil
}

// tree adds the rows of a token tree.
func (m *fakeModel) tree(s models.Span, tokens []int32) {
	trunk := uint64(0)
	for p := range s.Pos {
		trunk = extend(trunk, m.store[s.Pages[p/kvcache.PageSize]][p%kvcache.PageSize])
	}
	first := len(m.rows)
	for i, t := range tokens {
		h := trunk
		if p := s.Parents[i]; p >= 0 {
			h = m.rows[first+int(p)]
		}
		m.rows = append(m.rows, extend(h, t))
	}
}

// extend is one step of the hash of a sequence, whose lowest bits are its last token.
func extend(h uint64, token int32) uint64 { return mix(h*31+uint64(token)+1)&^1023 | uint64(token) }

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// logitsOf are the logits after a sequence with hash h, in [-4,4).
func (m *fakeModel) logitsOf(dst []float32, h uint64) {
	for i := range dst {
		dst[i] = float32(mix(h^uint64(i)<<40)>>40)/(1<<21) - 4
	}
	if next := 'a' + (h+1)%16; m.habit && mix(h)%8 > 0 {
		dst[next] += 100
	}
	if m.after != nil {
		m.after(dst)
	}
}

func (m *fakeModel) Logits(dst []float32, rows []int) error {
	for i, r := range rows {
		m.logitsOf(dst[i*m.vocab:(i+1)*m.vocab], m.rows[r])
	}
	return nil
}

func (m *fakeModel) Score(dst []models.Scored, rows []int, targets []int32) error {
	for i, r := range rows {
		dst[i] = m.scoreOf(m.rows[r], targets[i])
	}
	return nil
}

func (m *fakeModel) scoreOf(h uint64, target int32) models.Scored {
	logits := make([]float32, m.vocab)
	m.logitsOf(logits, h)
	top, err := sample.Greedy(logits)
	if err != nil {
		return models.Scored{LogProb: math.NaN()}
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v))
	}
	return models.Scored{LogProb: float64(logits[target]) - math.Log(sum), Top: top}
}

func (m *fakeModel) SetProbe(models.Probe) {}

func (m *fakeModel) CopyPage(dst, src int32) { m.store[dst] = m.store[src] }

// logProb is the log-probability of tokens from index from on, without batches and pages.
func (m *fakeModel) logProb(tokens []int32, from int) (sum float64, greedy bool) {
	greedy = true
	h := uint64(0)
	for i, t := range tokens {
		if i >= from {
			s := m.scoreOf(h, t)
			sum += s.LogProb
			greedy = greedy && s.Top == t
		}
		h = extend(h, t)
	}
	return sum, greedy
}

// continues is what generation gives after prompt, without batches and pages.
func (m *fakeModel) continues(t *testing.T, prompt []int32, n int, o sample.Options) []int32 {
	t.Helper()
	s, err := sample.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := uint64(0)
	for _, p := range prompt {
		h = extend(h, p)
	}
	var out []int32
	logits := make([]float32, m.vocab)
	for range n {
		m.logitsOf(logits, h)
		id, err := s.Next(logits)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, id)
		h = extend(h, id)
	}
	return out
}

// The tokens of the fake tokenizer: bytes, then these.
const (
	fakeBOS   = int32(256)
	fakeEnd   = int32(257)
	fakeVocab = 258
)

// fakeEncode makes one token of each byte, and of the special segments "<bos>" and "<end>".
func fakeEncode(segs []tokenizer.Segment) ([]int32, error) {
	var ids []int32
	for _, s := range segs {
		switch {
		case !s.Special:
			for _, b := range []byte(s.Text) {
				ids = append(ids, int32(b))
			}
		case s.Text == "<bos>":
			ids = append(ids, fakeBOS)
		case s.Text == "<end>":
			ids = append(ids, fakeEnd)
		default:
			return nil, fmt.Errorf("no special token %q", s.Text)
		}
	}
	return ids, nil
}

func fakePiece(id int32) []byte {
	if id < 256 {
		return []byte{byte(id)}
	}
	return nil
}

// fakeOptions size an engine around a fakeModel.
type fakeOptions struct {
	pages, rows, jobs, context int
	cold                       bool // no sharing of prefixes
	habit, noDrafts            bool
}

// newFakeEngine returns an engine that is closed, and whose pages are checked to be free, when the test ends.
func newFakeEngine(t *testing.T, o fakeOptions) (*Engine, *fakeModel) {
	t.Helper()
	if o == (fakeOptions{}) {
		o = fakeOptions{pages: 64, rows: 64, jobs: 4, context: 512}
	}
	m := newFakeModel(fakeVocab, o.pages, o.rows)
	m.habit = o.habit
	stats := &recorder{}
	e := &Engine{
		config: m.Config(), context: o.context, enc: encoder{encode: fakeEncode, prefix: fakeBOS},
		isEnd: func(id int32) bool { return id == fakeEnd }, piece: fakePiece, stats: stats,
		options: Options{Speculation: map[bool]string{true: Off}[o.noDrafts]},
		sched:   newScheduler(m, stats, schedulerOptions{pages: o.pages, maxRows: o.rows, maxJobs: o.jobs, share: !o.cold, log: slog.New(slog.DiscardHandler)}),
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if c := e.sched.cache; e.sched.broken == nil && c.Available() != c.Total() {
			t.Errorf("%d of %d pages are free after Close", c.Available(), c.Total())
		}
		if c := e.sched.cache; e.sched.broken == nil {
			if _, err := c.Extend(c.NewSeq(), c.Total()*kvcache.PageSize); err != nil {
				t.Errorf("the prefixes do not give up all pages: %v", err)
			}
		}
	})
	return e, m
}
