package inference

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/golden"
	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// A witness stands between a scheduler and its model. It looks at all logits of every row that is scored, and knows which tokens the
// row stands for by what it has seen written to which page.
type witness struct {
	models.Model
	scatter []int32 // the page of the model's storage for each page of the scheduler
	pages   map[int32]*[kvcache.PageSize]int32
	rows    []uint64 // hash of the tokens up to each row of the last batch
	book    *testimony
	logits  []float32
}

// testimony is what witnesses have seen: for each sequence of tokens the hash of the logits after it.
type testimony struct {
	mu       sync.Mutex
	seen     map[uint64]uint64
	compared int
	differ   int
}

func (w *witness) Forward(b models.Batch) error {
	w.rows = w.rows[:0]
	for i := range b.Spans {
		s := &b.Spans[i]
		first, tokens := len(w.rows), b.Tokens[s.Row:s.Row+s.N]
		upTo := func(n int) (h uint64) {
			for p := range n {
				h = extend(h, w.pages[s.Pages[p/kvcache.PageSize]][p%kvcache.PageSize])
			}
			return h
		}
		for k, t := range tokens {
			if s.Parents == nil {
				pos := s.Pos + k
				page := s.Pages[pos/kvcache.PageSize]
				if w.pages[page] == nil {
					w.pages[page] = new([kvcache.PageSize]int32)
				}
				w.pages[page][pos%kvcache.PageSize] = t
				w.rows = append(w.rows, upTo(pos+1))
				continue
			}
			h := upTo(s.Pos)
			if p := s.Parents[k]; p >= 0 {
				h = w.rows[first+int(p)]
			}
			w.rows = append(w.rows, extend(h, t))
		}
		pages := make([]int32, len(s.Pages))
		for k, p := range s.Pages {
			pages[k] = w.scatter[p]
		}
		s.Pages = pages
	}
	return w.Model.Forward(b)
}

func (w *witness) CopyPage(dst, src int32) {
	page := *w.pages[src]
	w.pages[dst] = &page
	w.Model.CopyPage(w.scatter[dst], w.scatter[src])
}

func (w *witness) Score(dst []models.Scored, rows []int, targets []int32) error {
	vocab := w.Config().Vocab
	if n := len(rows) * vocab; cap(w.logits) < n {
		w.logits = make([]float32, n)
	}
	logits := w.logits[:len(rows)*vocab]
	if err := w.Logits(logits, rows); err != nil {
		return err
	}
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	for i, r := range rows {
		h := fnv.New64a()
		var b [4]byte
		for _, v := range logits[i*vocab : (i+1)*vocab] {
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
			h.Write(b[:])
		}
		key, sum := w.rows[r], h.Sum64()
		if old, ok := w.book.seen[key]; ok {
			w.book.compared++
			if old != sum {
				w.book.differ++
			}
		} else {
			w.book.seen[key] = sum
		}
	}
	return w.Model.Score(dst, rows, targets)
}

// A situation is one way of running the same requests.
type situation struct {
	name                string
	batch, threads      int
	chunk               int  // rows of a batch
	inFlight            int  // requests at a time
	oneByOne            bool // every choice is a request of its own
	noPrefixes, noDraft bool
	twice               bool // ask everything again, when the cache is warm
	scattered           bool // pages of the cache lie in any order
}

var situations = []situation{
	{name: "alone", batch: 1, threads: 1, chunk: 512, inFlight: 1, noPrefixes: true, noDraft: true},
	{name: "one choice at a time", batch: 1, threads: 1, chunk: 512, inFlight: 1, oneByOne: true, noPrefixes: true, noDraft: true},
	{name: "batch 3", batch: 3, threads: 1, chunk: 512, inFlight: 3},
	{name: "batch 16, 2 threads", batch: 16, threads: 2, chunk: 512, inFlight: 16, twice: true},
	{name: "batch 16, cold, pages anywhere", batch: 16, threads: 2, chunk: 512, inFlight: 16, noPrefixes: true, scattered: true},
	{name: "chunks of 1", batch: 2, threads: 2, chunk: 1, inFlight: 2, noDraft: true},
	{name: "chunks of 7", batch: 4, threads: 1, chunk: 7, inFlight: 4, twice: true},
	{name: "chunks of 64", batch: 16, threads: 2, chunk: 64, inFlight: 16, scattered: true, twice: true},
	{name: "one choice at a time, warm", batch: 16, threads: 2, chunk: 64, inFlight: 16, oneByOne: true, twice: true},
}

// TestNoBitChanges compares all logits, bit by bit, over every way of running the same requests: batch size, threads, chunks of
// prompts, cold and warm prefixes, alone and amid others, choices as a tree and one by one, pages in order and scattered, with
// and without drafted tokens.
func TestNoBitChanges(t *testing.T) {
	root := golden.Shared(t, "fixtures")
	for i, m := range []struct{ name, level, kv string }{
		{"gguf/llama-tiny-q8_0.gguf", "auto", "f16"},
		{"gguf/llama-wide-q4_k_m.gguf", "auto", "f16"},
		{"gemma3-tiny", "auto", "f16"},
		{"qwen2-tiny", "auto", "f32"},
		{"gguf/llama-wide-q4_k_m.gguf", "auto", "q8_0"},
		{"gguf/llama-tiny-q8_0.gguf", "reference", "f32"},
		{"gemma3-tiny", "reference", "f16"},
	} {
		if i > 0 && testing.Short() {
			break
		}
		t.Run(strings.Join([]string{m.name, m.level, m.kv}, ","), func(t *testing.T) {
			book := &testimony{seen: map[uint64]uint64{}}
			for _, s := range situations {
				if m.level == "reference" && s.chunk < 64 {
					continue // minutes in plain Go
				}
				before := book.compared
				drafted := book.run(t, filepath.Join(root, m.name), Options{CPU: m.level, KVType: m.kv}, s)
				if book.differ > 0 {
					t.Fatalf("%s: the logits of %d of %d rows differ", s.name, book.differ, book.compared-before)
				}
				if book.compared == before && s.name != "alone" {
					t.Errorf("%s: nothing was compared", s.name)
				}
				if !s.noDraft && s.inFlight < 16 && drafted == 0 {
					t.Errorf("%s: no token was drafted", s.name)
				}
			}
			if book.compared < 1000 {
				t.Errorf("only %d rows were compared", book.compared)
			}
			// The control: another precision of keys and values has to be noticed.
			control := map[string]string{"f16": "f32", "f32": "f16", "q8_0": "f16"}[m.kv]
			compared := book.compared
			book.run(t, filepath.Join(root, m.name), Options{CPU: m.level, KVType: control}, situations[0])
			if compared = book.compared - compared; book.differ < compared*9/10 {
				t.Errorf("with KV type %s %d of %d rows differ: the comparison sees little", control, book.differ, compared)
			}
		})
	}
}

// run answers the requests in the situation and returns how many tokens were drafted.
func (book *testimony) run(t *testing.T, path string, o Options, s situation) int64 {
	t.Helper()
	o.BatchSize, o.Threads, o.Context = s.batch, s.threads, 400
	if s.noPrefixes {
		o.PrefixCache = Off
	}
	if s.noDraft {
		o.Speculation = Off
	}
	e := load(t, path, o)
	w := &witness{Model: e.sched.model, pages: map[int32]*[kvcache.PageSize]int32{}, book: book}
	for i := range e.sched.cache.Total() {
		w.scatter = append(w.scatter, int32(i))
	}
	if s.scattered {
		rand.New(rand.NewPCG(4, 4)).Shuffle(len(w.scatter), func(i, j int) {
			w.scatter[i], w.scatter[j] = w.scatter[j], w.scatter[i]
		})
	}
	e.sched.model, e.sched.maxRows = w, s.chunk
	for range map[bool]int{false: 1, true: 2}[s.twice] {
		g, ctx := errgroup.WithContext(t.Context())
		g.SetLimit(s.inFlight)
		for i := range 12 {
			g.Go(func() error { return ask(ctx, e, uint64(i), s.oneByOne) })
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	return e.Stats().DraftTokens
}

// ask makes request i: choices with labels of one and of several tokens, after prompts that begin alike; a rolling
// log-likelihood; or a completion of something that repeats itself.
func ask(ctx context.Context, e *Engine, i uint64, oneByOne bool) error {
	r := rand.New(rand.NewPCG(i, 5))
	header := "Choose what the text is about: sport, culture, finance. Text: "
	text := strings.Repeat("one two three, ", int(i)) + fmt.Sprint(r.IntN(100000)) + " Answer: "
	switch i % 4 {
	case 0:
		_, err := e.Generate(ctx, GenerateRequest{Prompt: tokenizer.Text(header + text), MaxTokens: 30, IgnoreEOS: true})
		return err
	case 1:
		ids := e.Tokenizer().Encode(header + text)
		_, err := e.Rolling(ctx, RollingRequest{Windows: []Window{{ids, 1}, {slices.Clone(ids[5:]), 3}}})
		return err
	}
	choices := []string{"sport", "sports", "culture", "cultural history of things", "finance", "cultural history and art", "f", "financial"}
	if !oneByOne {
		_, err := e.Score(ctx, ScoreRequest{Context: tokenizer.Text(header + text), Continuations: choices})
		return err
	}
	for _, c := range choices {
		if _, err := e.Score(ctx, ScoreRequest{Context: tokenizer.Text(header + text), Continuations: []string{c}}); err != nil {
			return err
		}
	}
	return nil
}
