package tokenizer

import (
	"fmt"
	"io"

	"github.com/pkoukk/tiktoken-go"
)

// A Counter counts the tokens that a model which is not run here would see, such as one behind an API. It holds tiktoken-go
// with ranks from a file: nothing is ever downloaded. It is safe for concurrent use.
type Counter struct {
	engine *tiktoken.CoreBPE
	ours   *Tokenizer
}

// maxCounterPiece is the length in bytes of a piece up to which tiktoken-go merges it. Its time is quadratic in the length,
// and a run of Chinese characters without punctuation is one piece (16,000 characters take over a second).
const maxCounterPiece = 512

// NewCounter reads a tiktoken rank file. encoding is "o200k_base" (GPT-4o and later, and Llama 4) or "cl100k_base" (GPT-4,
// and Llama 3), which says how text is cut; the file says how it is merged.
func NewCounter(ranks io.Reader, encoding string) (*Counter, error) {
	var pre string
	switch encoding {
	case "o200k_base":
		pre = "o200k"
	case "cl100k_base":
		pre = "cl100k"
	default:
		return nil, fmt.Errorf("tokenizer: counter: encoding %s is not known (known: o200k_base, cl100k_base)", printable(encoding))
	}
	ours, err := FromRanks(ranks, RankOptions{Pre: pre})
	if err != nil {
		return nil, err
	}
	for b, id := range ours.bytes {
		if id < 0 { // tiktoken-go would take rank 0 for it
			return nil, fmt.Errorf("tokenizer: counter: the rank file lacks byte 0x%02X", b)
		}
	}
	table := make(map[string]int, len(ours.tokens))
	for piece, id := range ours.vocab.all() {
		table[piece] = int(id)
	}
	p, _ := preTokenizerByName(pre)
	engine, err := tiktoken.NewCoreBPE(table, nil, p.pattern)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: counter: %w", err)
	}
	return &Counter{engine, ours}, nil
}

// Count returns the number of tokens of text as ordinary text: names of special tokens are text too. Ill-formed UTF-8
// counts as U+FFFD, one for each byte.
func (c *Counter) Count(text string) int {
	n := 0
	from, pos := 0, 0 // text[from:pos] is not counted yet
	count := func() {
		if from < pos {
			n += len(c.tiktoken().EncodeOrdinary(text[from:pos]))
		}
	}
	var s scratch
	text = string([]rune(text))
	c.ours.split(text, func(piece string) {
		if len(piece) > maxCounterPiece {
			count()
			n += len(c.ours.encodePiece(nil, piece, &s))
			from = pos + len(piece)
		}
		pos += len(piece)
	})
	count()
	return n
}

// tiktoken wraps the engine in the type that has EncodeOrdinary. Its other methods hang or panic on some text when there
// are special tokens; here there are none.
func (c *Counter) tiktoken() *tiktoken.Tiktoken {
	return tiktoken.NewTiktoken(c.engine, &tiktoken.Encoding{}, nil)
}
