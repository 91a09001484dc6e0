package inference

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/inference/backend/cpu"
	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/models"
	"github.com/llama4-eval/llama4-eval/inference/tensor"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// Load opens the model at path, a GGUF file or a Hugging Face folder, and gets it ready to answer requests. FindModel turns a bare
// name into a path. Loading stops between tensors when ctx is done.
func Load(ctx context.Context, path string, o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c, err := OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	e, err := LoadCheckpoint(ctx, c, o)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	e.release = append([]func() error{c.Close}, e.release...)
	return e, nil
}

// LoadCheckpoint is Load for a checkpoint that is open, and has to stay open until the engine is closed.
func LoadCheckpoint(ctx context.Context, c *Checkpoint, o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	started := time.Now()
	o = o.withDefaults()
	l := loading{o: o, c: c}
	var e *Engine
	err := c.Guard(func() (err error) {
		e, err = l.engine(ctx)
		return err
	})
	if err != nil {
		if e != nil { // a file has changed just now
			return nil, errors.Join(err, e.Close())
		}
		for i := len(l.release) - 1; i >= 0; i-- {
			err = errors.Join(err, l.release[i]())
		}
		return nil, err
	}
	o.Log.Info("model loaded", "path", c.Path, "arch", e.info.Arch, "quant", e.info.Quant, "kernels", e.info.Kernels,
		"context", e.options.Context, "kv_pages", e.sched.cache.Total(), "took", time.Since(started).Round(time.Millisecond))
	return e, nil
}

// loading is the state of a Load.
type loading struct {
	o       Options
	c       *Checkpoint
	release []func() error // newest last
}

func (l *loading) engine(ctx context.Context) (*Engine, error) {
	arch, err := models.Lookup(l.c.Checkpoint)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.c.Path, err)
	}
	config, err := arch.Configure(l.c.Checkpoint)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.c.Path, err)
	}
	level, err := cpu.ParseLevel(l.cpu())
	if err != nil {
		return nil, err
	}
	backend, err := cpu.New(cpu.Options{Level: level, Threads: l.o.Threads, Packed: l.c.weights.DropPart})
	if err != nil {
		return nil, err
	}
	l.release = append(l.release, backend.Close)
	l.o.CPU, l.o.Threads = backend.Level().String(), backend.Threads()
	if l.o.KVType == "" {
		l.o.KVType = "f16"
		if backend.Level() == cpu.Reference {
			l.o.KVType = "f32"
		}
	}
	kv, err := kvType(l.o.KVType)
	if err != nil {
		return nil, err
	}
	plan, err := planKV(config, kv, l.o.Context, l.o.BatchSize, totalMemory()/kvShare)
	if err != nil {
		return nil, err
	}
	if plan.context < config.Context && l.o.Context == 0 {
		l.o.Log.Warn("context reduced to what memory can hold", "context", plan.context, "model", config.Context)
	}
	l.o.Context = plan.context
	rows := max(stepRows, l.o.BatchSize)
	budget := newBudget(config, kv, plan, l.o, rows, l.c.TensorBytes, backend.Level() != cpu.Reference)
	if err := budget.check(memoryLimits()); err != nil {
		return nil, fmt.Errorf("%s: %w", l.c.Path, err)
	}
	// A vocabulary takes about as long to read as the weights of a small model.
	var tok *tokenizer.Tokenizer
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		tok, err = l.tokenizer(config.Vocab)
		return err
	})
	defer g.Wait() // also when Build panics; its error is taken below
	model, err := arch.Build(l.cancelable(inner), backend, models.BuildOptions{MaxRows: rows, Pages: plan.pages, KVType: kv})
	if terr := g.Wait(); terr != nil { // why Build has stopped, if it has
		err = terr
	}
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.c.Path, budget.explain(err))
	}
	if backend.Level() != cpu.Reference { // which reads the weights where they lie
		l.c.weights.Drop()
	}
	return l.assemble(model, backend, tok, kv, plan), nil
}

// tokenizer reads the tokenizer of a model with a vocabulary of the given size.
func (l *loading) tokenizer(vocab int) (*tokenizer.Tokenizer, error) {
	tok, err := l.c.Tokenizer()
	if err != nil {
		return nil, err
	}
	if n := tok.VocabSize(); n > vocab {
		return nil, fmt.Errorf("tokenizer has %d tokens, the model only %d", n, vocab)
	}
	return tok, nil
}

// cpu is the option's value with its default.
func (l *loading) cpu() string {
	if l.o.CPU == "" {
		return cpu.Auto.String()
	}
	return l.o.CPU
}

// cancelable is the checkpoint with no tensors in it once the Load is canceled, which makes Build stop.
func (l *loading) cancelable(ctx context.Context) models.Checkpoint {
	c := l.c.Checkpoint
	c.Tensor = func(name string) (tensor.Tensor, bool) {
		if ctx.Err() != nil {
			return tensor.Tensor{}, false
		}
		return l.c.Tensor(name)
	}
	return c
}

func (l *loading) assemble(model models.Model, backend *cpu.Backend, tok *tokenizer.Tokenizer, kv tensor.Type, plan memoryPlan) *Engine {
	config := model.Config()
	rows := max(stepRows, l.o.BatchSize)
	e := &Engine{
		config: config, context: plan.context, options: l.o, tok: tok, backend: backend, stats: &recorder{},
		enc:   encoder{encode: tok.EncodePrompt, prefix: prefixToken(tok)},
		isEnd: tok.IsEnd, piece: tok.Piece,
		predicted: predict(config, kv, plan.pages, rows, l.o.BatchSize, l.c.TensorBytes, backend.Level() != cpu.Reference),
		pageBytes: pageBytes(config, kv),
		release:   l.release,
	}
	e.template = l.template(tok)
	e.info = Info{
		Path: l.c.Path, Name: modelName(l.c), Arch: config.Arch, Quant: l.c.Quant, Parameters: config.Parameters,
		FileBytes: fileBytes(l.c), Vocab: config.Vocab, TrainedContext: config.Context, Kernels: backend.Describe(),
	}
	if e.template != nil {
		e.info.Template = e.template.Name
		e.info.Instruct = chat.Instruct(e.template, chat.ModelInfo{
			EOS: tok.TokenText(tok.EOS()), Finetune: l.text("general.finetune"), Name: l.name(),
		})
	}
	e.sched = newScheduler(l.c.Guarded(model), e.stats, schedulerOptions{
		pages: plan.pages, maxRows: rows, maxJobs: l.o.BatchSize, share: l.o.PrefixCache != Off, log: l.o.Log,
	})
	return e
}

// template is the chat template that the files bring, nil if there is none or it is not known.
func (l *loading) template(tok *tokenizer.Tokenizer) *chat.Template {
	jinja := tok.ChatTemplate()
	if jinja == "" {
		return nil
	}
	t, ok := chat.Detect(jinja, l.c.Arch, tok.HasSpecial)
	if !ok {
		l.o.Log.Warn("chat template of the model is not known", "path", l.c.Path)
		return nil
	}
	return t
}

// name is what the files call the model: general.name of a GGUF file, else the name of the folder.
func (l *loading) name() string {
	if s := l.text("general.name"); s != "" {
		return s
	}
	return modelName(l.c)
}

// text looks a string up in the metadata, "" if there is none.
func (l *loading) text(key string) string {
	v, _ := l.c.Meta(key)
	s, _ := v.(string)
	return s
}

// prefixToken stands for an empty context: BOS, else EOS (lm_eval/models/huggingface.py, prefix_token_id).
func prefixToken(tok *tokenizer.Tokenizer) int32 {
	if bos, _ := tok.BOS(); bos >= 0 {
		return bos
	}
	if eos := tok.EOS(); eos >= 0 {
		return eos
	}
	return NoToken
}

// modelName is what a report calls the model: its file or folder without the ending of a split or of the format.
func modelName(c *Checkpoint) string {
	path, err := filepath.Abs(c.Path)
	if err != nil {
		path = c.Path
	}
	name := strings.TrimSuffix(filepath.Base(path), ".gguf")
	// "-00001-of-00003"
	if n := len(name); n > 15 && name[n-9:n-5] == "-of-" && name[n-15] == '-' {
		name = name[:n-15]
	}
	return name
}

func fileBytes(c *Checkpoint) int64 {
	var n int64
	for _, f := range c.Files {
		n += f.Bytes
	}
	return n
}

// Tokenizer reads the tokenizer that comes with the weights.
func (c *Checkpoint) Tokenizer() (*tokenizer.Tokenizer, error) {
	if c.GGUF != nil {
		return tokenizer.FromGGUF(c.GGUF.Meta)
	}
	return tokenizer.FromFolder(c.Folder)
}
