package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnsupported says that no architecture here reads the checkpoint.
var ErrUnsupported = errors.New("architecture is not supported")

// All lists the architectures.
func All() []Architecture {
	return []Architecture{Gemma3, Llama, Qwen2}
}

// Lookup finds the architecture that reads a checkpoint. The error wraps ErrUnsupported.
func Lookup(c Checkpoint) (Architecture, error) {
	var known []string
	for _, a := range All() {
		if c.Format == GGUF && a.Name == c.Arch || c.Format == HF && slices.Contains(a.HFTypes, c.Arch) {
			return a, nil
		}
		known = append(known, a.Name)
	}
	return Architecture{}, fmt.Errorf("models: %w: %s; supported are %s", ErrUnsupported, show(c.Arch), strings.Join(known, ", "))
}
