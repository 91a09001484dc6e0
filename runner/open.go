package runner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/llama4-eval/llama4-eval/reports"
)

// An EngineModel is a model that runs in our own engine.
type EngineModel struct {
	checkpoint *inference.Checkpoint
	engine     *inference.Engine
	template   *chat.Template // nil = none fits
	info       ModelInfo
	resident   *hardware.Sampler
}

// Open loads a model with our own engine: path is a GGUF file, a Hugging Face folder, or the name of one in the model folders.
// Close must be called.
func Open(ctx context.Context, path string, o inference.Options) (*EngineModel, error) {
	path, err := inference.FindModel(path)
	if err != nil {
		return nil, err
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	m := &EngineModel{resident: hardware.StartSampler(0)}
	if m.checkpoint, err = inference.OpenCheckpoint(path); err != nil {
		m.resident.Stop()
		return nil, err
	}
	// The file is read for its checksum while it is loaded, so that neither waits for the other.
	var sum string
	var took time.Duration
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		started := time.Now()
		m.engine, err = inference.LoadCheckpoint(inner, m.checkpoint, o)
		took = time.Since(started)
		return err
	})
	g.Go(func() (err error) {
		sum, err = modelChecksum(inner, m.checkpoint)
		return err
	})
	if err = g.Wait(); err == nil {
		// The engine has looked for changes up to the end of its loading.
		err = m.checkpoint.Guard(func() error { return nil })
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, errors.Join(err, m.Close())
	}
	m.describe(path, sum, took)
	return m, nil
}

func (m *EngineModel) describe(path, sum string, took time.Duration) {
	e := m.engine
	in, opt := e.Info(), e.Options()
	m.info = ModelInfo{
		Model: reports.Model{
			Name: in.Name, Arch: in.Arch, Quant: in.Quant, Parameters: in.Parameters, Bytes: in.FileBytes,
			Context: in.TrainedContext, SHA256: sum,
		},
		Engine: reports.Engine{
			Device: opt.Device, Kernel: opt.CPU, Quant: in.Quant, KVType: opt.KVType,
			Threads: opt.Threads, Context: opt.Context,
		},
		Path: path, Instruct: in.Instruct, BatchSize: opt.BatchSize, LoadTime: took,
	}
	// A model without a template of its own can be asked with one that its tokens are made for; never by itself, though.
	if t, ok := e.Template(); ok {
		m.template = t
		m.info.TemplateSHA256 = checksum(e.Tokenizer().ChatTemplate())
	} else if t, ok := chat.ForVocabulary(e.Tokenizer().HasSpecial); ok {
		m.template, m.info.Instruct = t, false
		m.info.TemplateSHA256 = checksum("built-in " + t.Name)
	}
}

func checksum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// Close releases the model.
func (m *EngineModel) Close() error {
	m.resident.Stop()
	if m.engine == nil { // Open failed
		return m.checkpoint.Close()
	}
	return errors.Join(m.engine.Close(), m.checkpoint.Close())
}

// Info describes the model.
func (m *EngineModel) Info() ModelInfo { return m.info }

// Engine is the engine that runs the model.
func (m *EngineModel) Engine() *inference.Engine { return m.engine }

// Render writes a conversation with the chat template, up to where the assistant's next turn begins.
func (m *EngineModel) Render(turns []chat.Message) ([]tokenizer.Segment, error) {
	if m.template == nil {
		return nil, fmt.Errorf("runner: model %s has no chat template", m.info.Model.Name)
	}
	return m.template.Render(turns, true)
}

// Tokens encodes a prompt as the engine does, a BOS included.
func (m *EngineModel) Tokens(prompt []tokenizer.Segment) ([]Token, error) {
	t := m.engine.Tokenizer()
	ids, err := t.EncodePrompt(prompt)
	if err != nil {
		return nil, err
	}
	out := make([]Token, len(ids))
	for i, id := range ids {
		out[i] = Token{ID: id, Piece: string(t.Piece(id))}
		if t.IsSpecial(id) {
			out[i].Piece = t.TokenText(id)
		}
	}
	return out, nil
}

// Score returns the log-likelihood of continuations.
func (m *EngineModel) Score(ctx context.Context, r inference.ScoreRequest) (inference.ScoreResult, error) {
	return m.engine.Score(ctx, r)
}

// Generate completes a prompt.
func (m *EngineModel) Generate(ctx context.Context, r inference.GenerateRequest) (inference.GenerateResult, error) {
	return m.engine.Generate(ctx, r)
}

// Idle calls f while the engine computes nothing.
func (m *EngineModel) Idle(f func()) error { return m.engine.Idle(f) }

// Stats counts the work done since the model was opened.
func (m *EngineModel) Stats() inference.Stats { return m.engine.Stats() }

// Memory is the engine's ledger and the peak of the process since Open began.
func (m *EngineModel) Memory() reports.Memory {
	r := m.engine.Memory()
	return reports.Memory{
		Devices: []reports.DeviceMemory{{
			Device: m.info.Engine.Device, Predicted: reports.Ledger(r.Predicted), Peak: reports.Ledger(r.Allocated),
		}},
		PeakResidentBytes: int64(m.resident.Peak()),
	}
}

// modelChecksum is the sha256 of a weight file; of several files, the sha256 over their names and checksums in the order of the
// checkpoint.
func modelChecksum(ctx context.Context, c *inference.Checkpoint) (string, error) {
	if len(c.Files) == 1 {
		return fileChecksum(ctx, c, 0)
	}
	h := hasher{sha256.New()}
	for i, f := range c.Files {
		sum, err := fileChecksum(ctx, c, i)
		if err != nil {
			return "", err
		}
		h.string(filepath.Base(f.Path))
		h.string(sum)
	}
	return h.sum(), nil
}

func fileChecksum(ctx context.Context, c *inference.Checkpoint, i int) (string, error) {
	f, err := c.Reader(i)
	if err != nil {
		return "", fmt.Errorf("runner: checksum of the model: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", fmt.Errorf("runner: checksum of the model: %w", err)
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("runner: checksum of the model %s: %w", c.Files[i].Path, err)
		}
	}
}
