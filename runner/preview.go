package runner

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/llama4-eval/llama4-eval/inference/tokenizer"
)

// preview prints what is going to be asked: prompts with token ids for WriteOut, and for DryRun a line a task.
func preview(o Options, p *plan, m Model) error {
	if o.DryRun {
		for _, t := range p.tasks {
			fmt.Fprintf(o.Print, "%s: %d of %d items, split %s, shots: %d\n", t.task.Name, len(t.samples), t.original, t.source.Split, len(t.shots))
		}
		for _, s := range p.skipped {
			hint := ""
			if s.Hint != "" {
				hint = " (" + s.Hint + ")"
			}
			fmt.Fprintf(o.Print, "%s: skipped: %s%s\n", s.Task, s.Reason, hint)
		}
		for _, w := range p.warnings {
			name := w.Task
			if name != "" {
				name += ": "
			}
			fmt.Fprintf(o.Print, "warning: %s%s\n", name, w.Text)
		}
	}
	for _, t := range p.tasks {
		for i := range t.samples[:min(o.WriteOut, len(t.samples))] {
			if err := writeOut(o.Print, p, t, i, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeOut shows one sample as the model gets it.
func writeOut(w io.Writer, p *plan, t *plannedTask, i int, m Model) error {
	s := &t.samples[i]
	q, err := p.question(t, s)
	if err != nil {
		return SampleError{t.task.Name, s.ID, err.Error()}
	}
	fmt.Fprintf(w, "=== %s %s (prompt hash %s)\n", t.task.Name, s.ID, s.promptHash)
	if q.prompt != nil {
		if err := writePrompt(w, "prompt", q.prompt, m); err != nil {
			return err
		}
	}
	for j, c := range q.choices {
		if err := writeChoice(w, fmt.Sprintf("choice %d", j+1), q.prompt, c, m); err != nil {
			return err
		}
	}
	if q.letterPrompt != nil {
		if err := writePrompt(w, "prompt with letters", q.letterPrompt, m); err != nil {
			return err
		}
		for _, l := range q.letters {
			if err := writeChoice(w, "letter", q.letterPrompt, l, m); err != nil {
				return err
			}
		}
	}
	if q.generate {
		which := ""
		if q.letterPrompt != nil {
			which = " after the prompt with letters"
		}
		fmt.Fprintf(w, "--- generate"+which+" at most %d tokens, stop at %q, temperature %g\n", q.maxTokens, q.stop, q.sampling.Temperature)
	}
	fmt.Fprintf(w, "--- target\n%s\n\n", s.Target)
	return nil
}

func writePrompt(w io.Writer, name string, segs []tokenizer.Segment, m Model) error {
	fmt.Fprintf(w, "--- %s\n", name)
	for _, s := range segs {
		if s.Special {
			fmt.Fprintf(w, "⟦%s⟧", s.Text)
		} else {
			fmt.Fprint(w, s.Text)
		}
	}
	tokens, err := m.Tokens(segs)
	if err != nil {
		return fmt.Errorf("runner: tokens of a prompt: %w", err)
	}
	fmt.Fprintf(w, "\n--- %d tokens\n%s\n", len(tokens), tokenLine(tokens))
	return nil
}

// writeChoice shows a continuation with the tokens that it adds to the prompt.
func writeChoice(w io.Writer, name string, prompt []tokenizer.Segment, text string, m Model) error {
	alone, err := m.Tokens(prompt)
	if err != nil {
		return fmt.Errorf("runner: tokens of a prompt: %w", err)
	}
	whole, err := m.Tokens(append(slices.Clip(prompt), tokenizer.Segment{Text: text}))
	if err != nil {
		return fmt.Errorf("runner: tokens of a choice: %w", err)
	}
	fmt.Fprintf(w, "--- %s: %s\n%s\n", name, text, tokenLine(whole[min(len(alone), len(whole)):]))
	return nil
}

// tokenLine lists ids with their pieces: 1234"苹" 5678"果".
func tokenLine(tokens []Token) string {
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = fmt.Sprintf("%d%q", t.ID, t.Piece)
	}
	return strings.Join(parts, " ")
}
