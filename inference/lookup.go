package inference

// lookup drafts the next tokens of a sequence from what followed the last time its last few tokens occurred (prompt
// lookup decoding: Saxena 2023; Yang et al. 2023, arXiv:2304.04487). Answers that quote their prompt, as extraction tasks want
// them, are drafted well. The drafts run together with the token before them, and those that the model would have chosen itself
// are kept, so that the text is the same with and without.
type lookup struct {
	misses int // drafts in a row of which nothing was accepted
	pause  int // steps to go without a draft
}

const (
	lookupLongest  = 4 // tokens that are looked up; more do not find better places
	lookupShortest = 2
	lookupPause    = 32 // most steps without a draft, after many misses
)

// draft returns up to most tokens that may follow tokens. The result is part of tokens.
func (l *lookup) draft(tokens []int32, most int) []int32 {
	if l.pause > 0 {
		l.pause--
		return nil
	}
	last := len(tokens) - 1
	best, at := lookupShortest-1, 0
	for i := last - 1; i >= 0 && best < lookupLongest; i-- {
		n := 0
		for n < lookupLongest && n <= i && tokens[i-n] == tokens[last-n] {
			n++
		}
		if n > best {
			best, at = n, i+1
		}
	}
	if best < lookupShortest {
		return nil
	}
	return tokens[at:min(at+most, len(tokens))]
}

// learn takes note of how many of the drafted tokens were accepted.
func (l *lookup) learn(drafted, accepted int) {
	switch {
	case drafted == 0:
	case accepted > 0:
		l.misses = 0
	default:
		l.misses++
		l.pause = min(1<<l.misses-1, lookupPause)
	}
}
