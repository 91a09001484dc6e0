package runner

import (
	"context"
	"time"

	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/inference/chat"
	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
	"github.com/llama4-eval/llama4-eval/reports"
)

// Model is what the runner needs of a model. All methods are safe for concurrent use; answers must depend on the
// request alone, not on what else is in flight.
type Model interface {
	// Info does not change while the model is open.
	Info() ModelInfo
	// Render writes a conversation with the model's chat template, up to where the assistant's next turn begins.
	Render(turns []chat.Message) ([]tokenizer.Segment, error)
	// Tokens shows how a prompt is encoded, for people to look at.
	Tokens(prompt []tokenizer.Segment) ([]Token, error)
	// Score and Generate return when the answer is complete or ctx ends. A request that does not fit the context
	// gives a *inference.ContextError.
	Score(ctx context.Context, r inference.ScoreRequest) (inference.ScoreResult, error)
	Generate(ctx context.Context, r inference.GenerateRequest) (inference.GenerateResult, error)
	// Stats counts the work done since the model was opened.
	Stats() inference.Stats
	// Memory is the ledger as it stands, peaks included.
	Memory() reports.Memory
}

// ModelInfo says what a model is.
type ModelInfo struct {
	Model  reports.Model  // what is evaluated
	Engine reports.Engine // what computes the answers
	Path   string         // file or folder
	// TemplateSHA256 is the checksum of the chat template that Render uses; "" = there is none that fits the model.
	TemplateSHA256 string
	// Instruct says that the model was trained to follow that template.
	Instruct bool
	// Vision says that it can be asked about pictures. No model of our engine can yet.
	Vision bool
	// BatchSize is the number of samples in flight that suits the model; 0 = no advice.
	BatchSize int
	LoadTime  time.Duration
}

// A Token is an id and the text it stands for, as a person reads it.
type Token struct {
	ID    int32
	Piece string
}
