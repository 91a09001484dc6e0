package inference

import (
	"errors"

	"github.com/llama4-eval/llama4-eval/inference/models"
)

// A guardedModel is a model that reads weights where they lie in the files of a checkpoint, if only the rows of the embedding.
// Whatever it computes is checked against a change of these files before it is handed out; from the first change on every call
// fails with the same [*FileError].
type guardedModel struct {
	models.Model
	checkpoint *Checkpoint
	lost       *FileError
}

// Guarded is a model that was built from c, with every call that computes in a [Checkpoint.Guard].
func (c *Checkpoint) Guarded(m models.Model) models.Model {
	return &guardedModel{Model: m, checkpoint: c}
}

func (m *guardedModel) guard(compute func() error) error {
	if m.lost != nil {
		return m.lost
	}
	err := m.checkpoint.Guard(compute)
	errors.As(err, &m.lost)
	return err
}

// Forward implements [models.Model].
func (m *guardedModel) Forward(b models.Batch) error {
	return m.guard(func() error { return m.Model.Forward(b) })
}

// Logits implements [models.Model].
func (m *guardedModel) Logits(dst []float32, rows []int) error {
	return m.guard(func() error { return m.Model.Logits(dst, rows) })
}

// Score implements [models.Model].
func (m *guardedModel) Score(dst []models.Scored, rows []int, targets []int32) error {
	return m.guard(func() error { return m.Model.Score(dst, rows, targets) })
}
