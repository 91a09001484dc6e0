package metrics

import (
	"strings"
	"unicode/utf8"
)

// Jieba splits Chinese text into words as version 0.42.1 of the Python package jieba does in its accurate mode, token by token:
// the most probable path through the words of a dictionary, and a hidden Markov model for the stretches it does not know.
//
// The tokens of a text, joined, are the text. It is safe for concurrent use, except during [Jieba.AddLexicon].
//
// Source: github.com/fxsjy/jieba, which also carries the dictionary and the probabilities; [NewJieba] reads them.
// Logarithms of frequencies are correctly rounded, so that equal sums tie, and ties fall, the same way on every machine.
type Jieba struct {
	words    map[string]word // closed under prefixes: what merely begins a word has the count 0
	total    int64           // sum of all counts ever given; a word given twice counts twice, as in jieba
	logTotal float64
	hmm      *jiebaHMM
	split    map[string]bool // words that a lexicon deletes: the model may not join them either
}

type word struct {
	count int64
	log   float64 // natural logarithm of count; 0 when count is 0
}

// Cut splits text as jieba.lcut(text) does. Bytes that are not UTF-8 become tokens of their own.
func (j *Jieba) Cut(text string) []string {
	return j.cut(text, true)
}

// CutKnown splits text by the dictionary alone, as jieba.lcut(text, HMM=False) does: what it does not know falls apart into
// characters, except runs of ASCII letters and digits.
func (j *Jieba) CutKnown(text string) []string {
	return j.cut(text, false)
}

// jiebaCut is the state of one call; its buffers serve all blocks of the text.
type jiebaCut struct {
	*Jieba
	out   []string
	score []float64 // by byte offset in the block: log probability of the best path from there to the end
	step  []int32   // by byte offset in the block: length in bytes of the first word of that path
	back  []uint8   // see jiebaHMM.states
}

// cut splits text into blocks of the characters that words are made of, and single characters between them.
func (j *Jieba) cut(text string, hmm bool) []string {
	c := jiebaCut{Jieba: j, out: make([]string, 0, len(text)/4+1)}
	for i := 0; i < len(text); {
		if n := blockLen(text[i:]); n > 0 {
			block := text[i : i+n]
			c.route(block)
			if hmm {
				c.emit(block)
			} else {
				c.emitKnown(block)
			}
			i += n
			continue
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		if strings.HasPrefix(text[i:], "\r\n") {
			n = 2
		}
		c.out = append(c.out, text[i:i+n])
		i += n
	}
	return c.out
}

const hanFirst, hanLast = 0x4e00, 0x9fd5 // what jieba takes for Chinese characters; each is 3 bytes long

// hanAt reports whether s begins with a character from hanFirst to hanLast.
func hanAt(s string) bool {
	if len(s) < 3 || s[0] < 0xe4 || s[0] > 0xe9 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return hanFirst <= r && r <= hanLast
}

// blockLen is the number of leading bytes of s that belong to [\u4E00-\u9FD5a-zA-Z0-9+#&._%-].
func blockLen(s string) int {
	i := 0
	for i < len(s) {
		switch b := s[i]; {
		case alnum(b), b == '+', b == '#', b == '&', b == '.', b == '_', b == '%', b == '-':
			i++
		case hanAt(s[i:]):
			i += 3
		default:
			return i
		}
	}
	return i
}

func alnum(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// charLen is the length of a character of a block, by its first or its last byte.
func charLen(b byte) int {
	if b < utf8.RuneSelf {
		return 1
	}
	return 3
}

// route fills score and step for a block. Of equal paths the one with the longer first word wins. A character at which no
// word begins stands for itself, with the count 1.
func (c *jiebaCut) route(block string) {
	if len(c.score) <= len(block) {
		c.score = make([]float64, 2*len(block)+1)
		c.step = make([]int32, 2*len(block)+1)
	}
	c.score[len(block)] = 0
	for i := len(block); i > 0; {
		i -= charLen(block[i-1])
		found := false
		for end := i; end < len(block); {
			end += charLen(block[end])
			w, ok := c.words[block[i:end]]
			if !ok {
				break
			}
			if w.count == 0 {
				continue
			}
			if p := w.log - c.logTotal + c.score[end]; !found || p >= c.score[i] {
				c.score[i], c.step[i] = p, int32(end-i)
				found = true
			}
		}
		if !found {
			n := charLen(block[i])
			c.score[i], c.step[i] = 0-c.logTotal+c.score[i+n], int32(n)
		}
	}
}

// emit appends the words of the best path; neighboring single characters on it are given to the model together.
func (c *jiebaCut) emit(block string) {
	start := 0 // of the single characters before i
	for i := 0; i < len(block); {
		n := int(c.step[i])
		if n != charLen(block[i]) {
			c.emitSingles(block[start:i])
			c.out = append(c.out, block[i:i+n])
			start = i + n
		}
		i += n
	}
	c.emitSingles(block[start:])
}

func (c *jiebaCut) emitSingles(s string) {
	switch {
	case s == "":
	case len(s) == charLen(s[0]):
		c.out = append(c.out, s)
	case c.words[s].count > 0: // a word, but less probable than its characters
		c.emitChars(s)
	default:
		c.emitUnknown(s)
	}
}

func (c *jiebaCut) emitChars(s string) {
	for len(s) > 0 {
		n := charLen(s[0])
		c.out = append(c.out, s[:n])
		s = s[n:]
	}
}

// emitUnknown cuts Chinese stretches by the model; of the others, those that match [a-zA-Z0-9]+(\.[0-9]+)?%? are words and
// what lies between them is one token.
func (c *jiebaCut) emitUnknown(s string) {
	for len(s) > 0 {
		n := 0
		switch {
		case hanAt(s):
			for n < len(s) && hanAt(s[n:]) {
				n += 3
			}
			c.emitHMM(s[:n])
			s = s[n:]
			continue
		case alnum(s[0]):
			n = numberLen(s)
		default:
			for n < len(s) && s[n] < utf8.RuneSelf && !alnum(s[n]) {
				n++
			}
		}
		c.out = append(c.out, s[:n])
		s = s[n:]
	}
}

func numberLen(s string) int {
	n := 0
	for n < len(s) && alnum(s[n]) {
		n++
	}
	if n+1 < len(s) && s[n] == '.' && digit(s[n+1]) {
		n++
		for n < len(s) && digit(s[n]) {
			n++
		}
	}
	if n < len(s) && s[n] == '%' {
		n++
	}
	return n
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// emitKnown appends the words of the best path; neighboring single letters and digits are joined.
func (c *jiebaCut) emitKnown(block string) {
	start := 0 // of the letters and digits before i
	for i := 0; i < len(block); {
		n := int(c.step[i])
		if n != 1 || !alnum(block[i]) {
			if start < i {
				c.out = append(c.out, block[start:i])
			}
			c.out = append(c.out, block[i:i+n])
			start = i + n
		}
		i += n
	}
	if start < len(block) {
		c.out = append(c.out, block[start:])
	}
}
