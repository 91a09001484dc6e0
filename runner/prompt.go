package runner

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"strings"

	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/sample"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/llama4-eval/llama4-eval/tasks"
)

// A question is everything that a sample asks of the model, rendered.
type question struct {
	prompt       []tokenizer.Segment
	choices      []string // continuations of prompt; nil = not asked by likelihood
	letterPrompt []tokenizer.Segment
	letters      []string      // continuations of letterPrompt; nil = not asked by letter
	images       []tasks.Image // of either prompt, at its marks
	generate     bool
	open         []tokenizer.Segment // prompt that is completed: one of the two
	maxTokens    int
	stop         []string
	sampling     sample.Options
	overlength   string
	chat         bool
}

// A renderer turns requests of tasks into questions. It is the same for all samples of a run.
type renderer struct {
	model      Model
	chat       bool
	system     string
	gen        Gen
	overlength string
	// How choices are asked.
	byLetter, likelihood, byAnswer bool
}

// useChat decides whether prompts go through the chat template.
func useChat(mode string, info ModelInfo) (bool, error) {
	switch {
	case mode == ChatNever:
		return false, nil
	case mode == ChatAlways && info.TemplateSHA256 == "":
		return false, &OptionError{"Chat", mode, fmt.Sprintf("%q or %q: model %s has no chat template", ChatAuto, ChatNever, info.Model.Name)}
	case mode == ChatAlways:
		return true, nil
	}
	return info.TemplateSHA256 != "" && info.Instruct, nil
}

// question renders a request. seed is that of the sample.
func (r *renderer) question(kind tasks.Kind, req tasks.Request, seed uint64) (*question, error) {
	q := &question{overlength: r.overlength, chat: r.chat, images: req.Images}
	score, generate := false, false
	switch kind {
	case tasks.Choice:
		score = true
	case tasks.Generate, tasks.Extract:
		generate = true
	case tasks.Match, tasks.Long:
		score, generate = len(req.Choices) > 0, req.MaxTokens > 0
	default:
		return nil, fmt.Errorf("unknown kind of task %q", kind)
	}
	switch {
	case score && len(req.Choices) == 0:
		return nil, fmt.Errorf("the task asks for a choice and names none")
	case !score && !generate:
		return nil, fmt.Errorf("the task asks for neither a choice nor an answer")
	}
	if err := r.images(req); err != nil {
		return nil, err
	}
	var err error
	if score {
		err = r.choices(q, req, kind == tasks.Choice)
	}
	if generate && err == nil {
		q.generate, q.stop, q.maxTokens = true, req.Stop, req.MaxTokens
		if q.prompt == nil {
			q.prompt, err = r.prompt(req.Prompt)
		}
		q.open = q.prompt
	}
	if err != nil {
		return nil, err
	}
	if q.generate {
		if r.gen.MaxTokens != nil {
			q.maxTokens = *r.gen.MaxTokens
		}
		q.sampling = r.sampling(seed)
	}
	return q, nil
}

// choiceTokens is how long a free answer to a choice may be where the task does not say.
const choiceTokens = 64

// choices renders what is scored, and the free answer to a choice.
func (r *renderer) choices(q *question, req tasks.Request, free bool) (err error) {
	byLetter := r.byLetter && req.Letters != nil
	free = free && r.byAnswer
	if r.likelihood || !byLetter && !free {
		q.choices = r.continuations(req.Choices)
		if q.prompt, err = r.prompt(req.Prompt); err != nil {
			return err
		}
	}
	if byLetter {
		q.letters = r.continuations(req.Letters.Names)
	}
	if req.Letters != nil && (byLetter || free) {
		if q.letterPrompt, err = r.prompt(req.Letters.Prompt); err != nil {
			return err
		}
	}
	if !free {
		return nil
	}
	q.generate, q.stop, q.maxTokens, q.open = true, req.Stop, cmp.Or(req.MaxTokens, choiceTokens), q.letterPrompt
	if q.stop == nil && !r.chat {
		q.stop = []string{"\n"} // where a base model goes on with the next question
	}
	if q.open == nil {
		if q.prompt == nil {
			if q.prompt, err = r.prompt(req.Prompt); err != nil {
				return err
			}
		}
		q.open = q.prompt
	}
	return nil
}

// images makes sure that every picture has its place in the prompt.
func (r *renderer) images(req tasks.Request) error {
	if len(req.Images) == 0 {
		return nil
	}
	prompts := []tasks.Prompt{req.Prompt}
	if req.Letters != nil {
		prompts = append(prompts, req.Letters.Prompt)
	}
	for _, p := range prompts {
		if n := strings.Count(p.Text(), tasks.ImageMark); n != len(req.Images) {
			return fmt.Errorf("the prompt has places for %d of %d pictures", n, len(req.Images))
		}
	}
	if !r.model.Info().Vision {
		return fmt.Errorf("the question has pictures, and the model takes text only")
	}
	return nil
}

func (r *renderer) prompt(p tasks.Prompt) ([]tokenizer.Segment, error) {
	switch {
	case r.system != "" && p.System != "":
		// The task's instruction says what an answer looks like; it stays, after the system text, as in lm-evaluation-harness.
		p.System = r.system + "\n\n" + p.System
	case r.system != "":
		p.System = r.system
	}
	if !r.chat {
		return tokenizer.Text(p.Text()), nil
	}
	var turns []chat.Message
	if p.System != "" {
		turns = append(turns, chat.Message{Role: "system", Content: p.System})
	}
	for _, s := range p.Shots {
		turns = append(turns, chat.Message{Role: "user", Content: s.Query}, chat.Message{Role: "assistant", Content: s.Answer})
	}
	return r.model.Render(append(turns, chat.Message{Role: "user", Content: p.Query}))
}

// continuations are the choices as the model continues with them. In a conversation the answer begins a turn, so a space that
// would part it from the query in running text goes away.
func (r *renderer) continuations(choices []string) []string {
	if !r.chat {
		return choices
	}
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = strings.TrimLeft(c, " ")
	}
	return out
}

// sampling gives the effective options; greedy decoding needs no seed, so that it does not enter the prompt hash.
func (r *renderer) sampling(seed uint64) sample.Options {
	var o sample.Options
	if t := r.gen.Temperature; t != nil {
		o.Temperature = *t
	}
	if o.Temperature == 0 {
		return o
	}
	o.Seed = seed
	if p := r.gen.TopP; p != nil {
		o.TopP = *p
	}
	if k := r.gen.TopK; k != nil {
		o.TopK = *k
	}
	return o
}

// weight is a measure of the work in a question: bytes of text that the model has to read.
func (q *question) weight() int64 {
	var n int64
	for _, seg := range q.prompt {
		n += int64(len(seg.Text))
	}
	for _, seg := range q.letterPrompt {
		n += int64(len(seg.Text))
	}
	for _, c := range q.choices {
		n += int64(len(c))
	}
	return n
}

// hash identifies the question: prompts with all template text, choices, and settings of generation.
func (q *question) hash() string {
	h := hasher{sha256.New()}
	h.segments(q.prompt)
	h.strings(q.choices)
	h.segments(q.letterPrompt)
	h.strings(q.letters)
	if q.generate {
		h.int(q.maxTokens)
		h.strings(q.stop)
		h.float(q.sampling.Temperature)
		h.float(q.sampling.TopP)
		h.int(q.sampling.TopK)
		h.int(int(q.sampling.Seed))
	}
	if len(q.images) > 0 {
		h.int(len(q.images))
		for _, i := range q.images {
			h.string(string(i.Data))
		}
	}
	h.string(q.overlength)
	return h.sum()
}

// A hasher hashes values with their lengths, so that no two different sequences of values hash the same bytes.
type hasher struct{ h hash.Hash }

func (h hasher) int(n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	h.h.Write(b[:])
}

func (h hasher) float(f float64) { h.int(int(math.Float64bits(f))) }

func (h hasher) string(s string) {
	h.int(len(s))
	h.h.Write([]byte(s))
}

func (h hasher) strings(list []string) {
	h.int(len(list))
	for _, s := range list {
		h.string(s)
	}
}

func (h hasher) segments(list []tokenizer.Segment) {
	h.int(len(list))
	for _, s := range list {
		h.string(s.Text)
		special := 0
		if s.Special {
			special = 1
		}
		h.int(special)
	}
}

func (h hasher) sum() string { return hex.EncodeToString(h.h.Sum(nil)) }
