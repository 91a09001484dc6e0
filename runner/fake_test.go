package runner

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/llama4-eval/llama4-eval/datasets"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/llama4-eval/llama4-eval/reports"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// fakeModel answers by a hash of the request: the same question gets the same answer, whoever asks and whenever. Its
// tokens are code points.
type fakeModel struct {
	info  ModelInfo
	limit int // longest prompt, in code points; 0 = any

	mu       sync.Mutex
	fail     map[string]string // part of a prompt to the error it gives
	panics   string            // part of a prompt that panics
	asked    atomic.Int64
	inFlight atomic.Int64
	most     atomic.Int64
	// gate is called before every answer; nil = none
	gate func(ctx context.Context, prompt string) error
}

func newFake() *fakeModel {
	return &fakeModel{info: ModelInfo{
		Model:  reports.Model{Name: "fake-q4_0.gguf", Arch: "fake", Quant: "Q4_0", Context: 4096, SHA256: "feed", Parameters: 1000},
		Engine: reports.Engine{Device: "cpu", Kernel: "reference", Quant: "Q4_0", KVType: "f32", Threads: 1, Context: 4096},
		Path:   "models/fake-q4_0.gguf", TemplateSHA256: "beef", Instruct: true,
	}}
}

func text(segs []tokenizer.Segment) string {
	var b strings.Builder
	for _, s := range segs {
		b.WriteString(s.Text)
	}
	return b.String()
}

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum64()
}

func (m *fakeModel) Info() ModelInfo { return m.info }

func (m *fakeModel) Render(turns []chat.Message) ([]tokenizer.Segment, error) {
	var out []tokenizer.Segment
	for _, t := range turns {
		out = append(out, tokenizer.Segment{Text: "<" + t.Role + ">", Special: true}, tokenizer.Segment{Text: t.Content})
	}
	return append(out, tokenizer.Segment{Text: "<assistant>", Special: true}), nil
}

func (m *fakeModel) Tokens(prompt []tokenizer.Segment) ([]Token, error) {
	var out []Token
	for _, r := range text(prompt) {
		out = append(out, Token{ID: r, Piece: string(r)})
	}
	return out, nil
}

// enter does what all requests have in common.
func (m *fakeModel) enter(ctx context.Context, prompt string) (leave func(), err error) {
	m.asked.Add(1)
	n := m.inFlight.Add(1)
	for {
		old := m.most.Load()
		if n <= old || m.most.CompareAndSwap(old, n) {
			break
		}
	}
	leave = func() { m.inFlight.Add(-1) }
	if m.gate != nil {
		if err := m.gate(ctx, prompt); err != nil {
			return leave, err
		}
	}
	if m.panics != "" && strings.Contains(prompt, m.panics) {
		leave()
		panic("fake model panics")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for part, msg := range m.fail {
		if strings.Contains(prompt, part) {
			return leave, fmt.Errorf("%s", msg)
		}
	}
	if n := utf8.RuneCountInString(prompt); m.limit > 0 && n > m.limit {
		return leave, &inference.ContextError{Tokens: n, Limit: m.limit}
	}
	return leave, ctx.Err()
}

func (m *fakeModel) Score(ctx context.Context, r inference.ScoreRequest) (inference.ScoreResult, error) {
	prompt := text(r.Context)
	var res inference.ScoreResult
	if r.Overlength != inference.OverlengthError && m.limit > 0 {
		if runes := []rune(prompt); len(runes) > m.limit {
			res.Usage.TruncatedTokens = len(runes) - m.limit
			prompt = string(runes[len(runes)-m.limit:])
		}
	}
	leave, err := m.enter(ctx, prompt)
	defer leave()
	if err != nil {
		return res, err
	}
	for _, c := range r.Continuations {
		n := utf8.RuneCountInString(c)
		lp := -float64(hashOf(prompt, c)%1_000_003) / 10_007
		res.Continuations = append(res.Continuations, inference.Continuation{LogProb: lp, Tokens: n, Chars: n, Bytes: len(c)})
		res.Usage.OutputTokens += n
	}
	res.Usage.PromptTokens = utf8.RuneCountInString(prompt)
	res.Usage.ReusedTokens = int(m.asked.Load()) // differs from run to run, as real ones may
	res.Usage.TTFT = time.Duration(m.asked.Load()) * time.Microsecond
	res.Usage.Total = 2 * res.Usage.TTFT
	return res, nil
}

func (m *fakeModel) Generate(ctx context.Context, r inference.GenerateRequest) (inference.GenerateResult, error) {
	prompt := text(r.Prompt)
	leave, err := m.enter(ctx, prompt)
	defer leave()
	if err != nil {
		return inference.GenerateResult{}, err
	}
	h := hashOf(prompt, fmt.Sprint(r.Sampling))
	res := inference.GenerateResult{Text: "答案：" + strconv.FormatUint(h%4, 10), Finish: inference.FinishStop}
	if h%7 == 0 {
		res.Text, res.Finish = "不知道 \xff|\n", inference.FinishLength
	}
	res.Usage = inference.Usage{PromptTokens: utf8.RuneCountInString(prompt), OutputTokens: 4, TTFT: time.Millisecond, Total: 4 * time.Millisecond}
	return res, nil
}

func (m *fakeModel) Stats() inference.Stats {
	n := m.asked.Load()
	return inference.Stats{PrefillTokens: 10 * n, PrefillTime: time.Duration(n) * time.Millisecond}
}

func (m *fakeModel) Memory() reports.Memory {
	return reports.Memory{Devices: []reports.DeviceMemory{{Device: "cpu", Predicted: reports.Ledger{Weights: 10}, Peak: reports.Ledger{Weights: m.asked.Load()}}}}
}

// choiceTask asks for one of three texts; three records share a text.
func choiceTask() tasks.Task {
	return tasks.Task{
		Name: "choice", Version: 1, Kind: tasks.Choice, Family: "fake", Title: "选择",
		Files: []datasets.Candidate{{Paths: []string{"choice/dev.txt"}, Split: "dev", Train: [][]string{{"choice/train.txt"}}}},
		Read:  readLines,
		Make: func(seed uint64, n int) datasets.Set {
			var set datasets.Set
			for i := range n {
				set.Records = append(set.Records, datasets.Record{
					ID: strconv.Itoa(i), Cluster: strconv.Itoa(i / 3), Choices: []string{"甲", "乙乙", "丙丙丙"}, Answer: int(hashOf("gold", fmt.Sprint(seed, i)) % 3),
					Fields: map[string]string{"q": fmt.Sprintf("问题%d-%d%s", seed, i, strings.Repeat("。", i%5))},
				})
			}
			return set
		},
		Prompt: func(r datasets.Record, shots []datasets.Record) tasks.Request {
			req := tasks.Request{Prompt: tasks.Prompt{Query: r.Fields["q"] + "答："}, Choices: r.Choices}
			for _, s := range shots {
				req.Prompt.Shots = append(req.Prompt.Shots, tasks.Shot{Query: s.Fields["q"] + "答：", Answer: s.Choices[s.Answer]})
			}
			req.Letters = &tasks.Letters{Prompt: tasks.Prompt{Query: "A 甲 B 乙乙 C 丙丙丙 " + r.Fields["q"]}, Names: []string{"A", "B", "C"}}
			return req
		},
		Judge: func(r datasets.Record, a tasks.Answer) tasks.Verdict {
			v := tasks.Verdict{Outcome: tasks.Wrong, Metrics: map[string]float64{}}
			for _, kind := range []struct {
				name   string
				scores []tasks.Score
			}{{"acc", a.Choices}, {"acc_letter", a.Letters}} {
				best := -1
				for i, s := range kind.scores {
					if best < 0 || s.LogProb > kind.scores[best].LogProb {
						best = i
					}
				}
				if best < 0 {
					continue
				}
				v.Metrics[kind.name] = 0
				if best == r.Answer {
					v.Metrics[kind.name] = 1
					if kind.name == "acc" {
						v.Outcome = tasks.Correct
					}
				}
				v.Extracted = r.Choices[best]
			}
			return v
		},
		Metrics: []tasks.Metric{{Name: "acc", Proportion: true, HigherIsBetter: true}, {Name: "acc_letter", Proportion: true, HigherIsBetter: true}},
	}
}

// generateTask asks for a digit; it has a mean that is no proportion and a corpus metric.
func generateTask() tasks.Task {
	return tasks.Task{
		Name: "generate", Version: 2, Kind: tasks.Generate, Family: "fake", Shots: 1,
		Make: func(seed uint64, n int) datasets.Set {
			var set datasets.Set
			for i := range n {
				set.Records = append(set.Records, datasets.Record{
					ID: fmt.Sprintf("g%d", i), Answer: -1, Golds: []string{strconv.Itoa(i % 4), "x"},
					Fields: map[string]string{"q": fmt.Sprintf("第%d题<b>", i)},
				})
			}
			return set
		},
		Prompt: func(r datasets.Record, shots []datasets.Record) tasks.Request {
			req := tasks.Request{Prompt: tasks.Prompt{System: "只回答数字", Query: r.Fields["q"]}, MaxTokens: 8, Stop: []string{"\n"}}
			for _, s := range shots {
				req.Prompt.Shots = append(req.Prompt.Shots, tasks.Shot{Query: s.Fields["q"], Answer: s.Golds[0]})
			}
			return req
		},
		Judge: func(r datasets.Record, a tasks.Answer) tasks.Verdict {
			v := tasks.Verdict{Outcome: tasks.Wrong, Rule: "digit", Metrics: map[string]float64{"em": 0, "f1": 0.25}, Stats: map[string]float64{"hit": 0, "n": 1}}
			d, ok := strings.CutPrefix(a.Text, "答案：")
			if !ok {
				v.Outcome, v.Rule = tasks.Unparsed, ""
				return v
			}
			v.Extracted = d
			if d == r.Golds[0] {
				v.Outcome = tasks.Correct
				v.Metrics = map[string]float64{"em": 1, "f1": 1}
				v.Stats["hit"] = 1
			}
			return v
		},
		Metrics: []tasks.Metric{
			{Name: "em", Proportion: true, HigherIsBetter: true, Scale: 100},
			{Name: "f1", HigherIsBetter: true, Scale: 100},
			{Name: "micro", HigherIsBetter: true, Corpus: func(sum map[string]float64) float64 { return sum["hit"] / sum["n"] }},
		},
	}
}

// readLines reads "id<tab>question<tab>answer index" lines; a line without an answer is unlabelled.
func readLines(name string, raw []byte) (datasets.Set, error) {
	var set datasets.Set
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 2 {
			return set, &datasets.Error{File: name, Line: i + 1, Msg: "want three fields"}
		}
		if len(f) == 2 {
			set.Unlabelled++
			continue
		}
		n, err := strconv.Atoi(f[2])
		if err != nil || n < 0 || n > 2 {
			return set, &datasets.Error{File: name, Line: i + 1, Field: "answer", Msg: "want 0, 1 or 2"}
		}
		set.Records = append(set.Records, datasets.Record{ID: f[0], Fields: map[string]string{"q": f[1]}, Choices: []string{"甲", "乙乙", "丙丙丙"}, Answer: n})
	}
	return set, nil
}

// fakeClock moves on by a second each time it is read.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// fakeOptions run both tasks with few items.
func fakeOptions(t *testing.T) Options {
	t.Helper()
	return Options{
		Tasks: []string{"fake"}, Limit: "12", Out: memoryDir(t), BatchSize: 4, Now: newClock().Now, Version: "test",
		Catalog: []tasks.Task{choiceTask(), generateTask()},
		Suites: []tasks.Suite{{
			Name: "fake", Title: "both", Tasks: []string{"choice", "generate"},
			Groups: []tasks.Group{{Name: "both", Members: []string{"choice", "generate"}}},
		}},
	}
}
