package compare

import "fmt"

// retokenized counts the samples whose prompts are the same text in both runs and other tokens, and says how the first of them
// differs. Runs that were written before tokens were hashed are told apart by the number of tokens.
func retokenized(a, b *Task) (n int, first string) {
	in := b.byID()
	for i := range a.Samples {
		s := &a.Samples[i]
		t := in[s.DocID]
		if t == nil || !s.Scored() || !t.Scored() || s.PromptHash != t.PromptHash {
			continue
		}
		counts := s.PromptTokens != t.PromptTokens
		if !counts && (s.TokenHash == "" || t.TokenHash == "" || s.TokenHash == t.TokenHash) {
			continue
		}
		if n++; n == 1 {
			first = fmt.Sprintf("that of %q is %d tokens in the reference and %d in the run", s.DocID, s.PromptTokens, t.PromptTokens)
			if !counts {
				first = fmt.Sprintf("that of %q is %d tokens in both, but not the same ones", s.DocID, s.PromptTokens)
			}
		}
	}
	return n, first
}
