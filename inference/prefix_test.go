package inference

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/inference/kvcache"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// distinct is the number of tokens in the prefix tree of seqs, the last token of each left out.
func distinct(seqs []string) int {
	seen := map[string]bool{}
	for _, s := range seqs {
		for n := 1; n < len(s); n++ {
			seen[s[:n]] = true
		}
	}
	return len(seen)
}

// TestQuestionsOnOneText asks fifty questions, with four choices each, about one long text: all at once, and then again.
func TestQuestionsOnOneText(t *testing.T) {
	for _, o := range []fakeOptions{
		{pages: 2000, rows: 512, jobs: 16, context: 8192},
		{pages: 2000, rows: 64, jobs: 64, context: 8192},
		{pages: 170, rows: 512, jobs: 16, context: 8192}, // room for little more than the text
	} {
		t.Run(fmt.Sprintf("pages=%d,rows=%d", o.pages, o.rows), func(t *testing.T) {
			e, m := newFakeEngine(t, o)
			r := rand.New(rand.NewPCG(1, 2))
			header, text := letters(r, 45), letters(r, 5000)
			var contexts, all []string
			for range 50 {
				contexts = append(contexts, header+text+letters(r, 5+r.IntN(60))+":")
			}
			choices := []string{"first", "second", "third", "fourth"}
			for _, c := range contexts {
				for _, choice := range choices {
					all = append(all, c+choice)
				}
			}
			ask := func() {
				g, ctx := errgroup.WithContext(t.Context())
				for _, c := range contexts {
					g.Go(func() error {
						_, err := e.Score(ctx, ScoreRequest{Context: tokenizer.Text(c), Continuations: choices})
						return err
					})
				}
				if err := g.Wait(); err != nil {
					t.Fatal(err)
				}
			}
			ask()
			least := distinct(all)
			if most := least + len(contexts)*kvcache.PageSize; m.total < least || m.total > most {
				t.Errorf("%d tokens were computed; the tree has %d, and with a page a branch %d", m.total, least, most)
			}
			s := e.Stats()
			if naive := int64(len(all) * (len(all[0]) - 1)); s.PrefillTokens != int64(m.total) || s.SavedTokens < naive*9/10 {
				t.Errorf("stats: %d computed, %d saved; %d were run", s.PrefillTokens, s.SavedTokens, m.total)
			}
			m.total = 0
			if ask(); o.pages > 1000 && m.total > len(all)*6 {
				t.Errorf("%d tokens were computed when asked again, want at most those of the choices", m.total)
			}
		})
	}
}

// TestFollowerTakesOver cancels the request that computes a text while another one waits for it.
func TestFollowerTakesOver(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{pages: 100, rows: 32, jobs: 4, context: 2000})
	gate, started := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m.before = func(b models.Batch) error {
		if b.Spans[0].Pos == 10*32 {
			once.Do(func() { close(started); <-gate })
		}
		return nil
	}
	text := strings.Repeat("x", 1000)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := e.Score(ctx, ScoreRequest{Context: tokenizer.Text(text + "a"), Continuations: []string{"y"}})
		first <- err
	}()
	<-started
	go func() {
		_, err := e.Score(t.Context(), ScoreRequest{Context: tokenizer.Text(text + "b"), Continuations: []string{"y"}})
		second <- err
	}()
	waitQueued(t, e.sched, 1)
	cancel()
	<-first
	close(gate)
	if err := <-second; err != nil {
		t.Fatal(err)
	}
	if m.total != 1001 {
		t.Errorf("%d rows were run, want each position once: %d", m.total, 1001)
	}
}

// TestPromptsAreCopied changes the tokens of a request after it has ended.
func TestPromptsAreCopied(t *testing.T) {
	e, m := newFakeEngine(t, fakeOptions{})
	tokens := count(70)
	for range 3 {
		res, err := e.Generate(t.Context(), GenerateRequest{Tokens: tokens, MaxTokens: 8, IgnoreEOS: true})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m.continues(t, tokens, 8, sample.Options{}), res.Tokens); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
		for i := range tokens {
			tokens[i] ^= 1
		}
	}
}
