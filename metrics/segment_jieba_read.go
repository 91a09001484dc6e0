package metrics

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/big"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of what is read. The dictionary of jieba has 5 MB and lines of up to 54 bytes, its largest table 1.3 MB.
const (
	jiebaMaxFile  = 16 << 20
	jiebaMaxLine  = 256
	jiebaMaxCount = 1 << 32
	jiebaMaxTotal = 1 << 60 // of the counts before a file is read; the file cannot make it overflow
)

// NewJieba reads dict.txt, finalseg/prob_start.py, finalseg/prob_trans.py and finalseg/prob_emit.py from the folder of the Python
// package jieba. The tables are parsed as literals; no Python runs. The error is fs.ErrNotExist where one of the files is absent.
//
// It takes about half a second and 50 MB: make one and keep it.
func NewJieba(folder string) (*Jieba, error) {
	j, err := readJieba(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("jieba in %s: %w", folder, err)
	}
	return j, nil
}

func readJieba(folder fs.FS) (*Jieba, error) {
	j := &Jieba{split: make(map[string]bool), hmm: newHMM()}
	for _, part := range []struct {
		name string
		read func(string) error
	}{
		{"dict.txt", j.readWords},
		{"finalseg/prob_start.py", j.hmm.readStart},
		{"finalseg/prob_trans.py", j.hmm.readTrans},
		{"finalseg/prob_emit.py", j.hmm.readEmit},
	} {
		if err := readPart(folder, part.name, part.read); err != nil {
			return nil, err
		}
	}
	return j, nil
}

func readPart(folder fs.FS, name string, read func(string) error) error {
	f, err := folder.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := readBounded(f)
	if err == nil {
		err = read(text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// readBounded reads at most jiebaMaxFile bytes.
func readBounded(r io.Reader) (string, error) {
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(r, jiebaMaxFile+1))
	if err != nil {
		return "", err
	}
	if n > jiebaMaxFile {
		return "", fmt.Errorf("larger than %d MiB", jiebaMaxFile>>20)
	}
	return b.String(), nil
}

// jiebaLines calls f with every line, without the white space around it; lines end at "\n" alone.
func jiebaLines(text string, f func(line string) error) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.Trim(line, " \t\n\r\v\f")
		var err error
		switch {
		case len(line) > jiebaMaxLine:
			err = fmt.Errorf("%d bytes long, at most %d are allowed", len(line), jiebaMaxLine)
		case !utf8.ValidString(line):
			err = errors.New("not UTF-8")
		default:
			err = f(line)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return nil
}

// readWords reads lines "word count [tag]". A later line of a word replaces an earlier one.
func (j *Jieba) readWords(text string) error {
	j.words = make(map[string]word, strings.Count(text, "\n")*3/2) // for two words, one beginning that is none itself
	logs := make(map[int64]float64)                                // there are few different counts
	err := jiebaLines(text, func(line string) error {
		w, rest, ok := strings.Cut(line, " ")
		number, _, _ := strings.Cut(rest, " ")
		if !ok || number == "" {
			return fmt.Errorf("want \"word count tag\", found %q", line)
		}
		count, err := jiebaCount(number)
		if err != nil {
			return err
		}
		if _, ok := logs[count]; !ok {
			logs[count] = jiebaLog(count)
		}
		j.set(w, word{count, logs[count]})
		return nil
	})
	if err != nil {
		return err
	}
	if j.total == 0 {
		return errors.New("no words")
	}
	j.logTotal = jiebaLog(j.total)
	return nil
}

func jiebaCount(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > jiebaMaxCount {
		return 0, fmt.Errorf("the count must be an integer from 0 to %d, found %q", jiebaMaxCount, s)
	}
	return int64(n), nil
}

func (j *Jieba) set(w string, e word) {
	j.total += e.count
	j.words[w] = e
	for i := range w {
		if _, ok := j.words[w[:i]]; !ok && i > 0 {
			j.words[w[:i]] = word{}
		}
	}
}

// jiebaLexiconLine is a line of jieba's user dictionaries: the word may hold spaces, the count and the tag may be absent.
var jiebaLexiconLine = regexp.MustCompile(`^(.+?)( [0-9]+)?( [a-z]+)?$`)

// AddLexicon adds the words of a domain, as jieba.load_userdict does: lines "word [count] [tag]", UTF-8, empty ones ignored.
// A word without a count gets one with which it is the best path through its own characters, given the words before it (jieba's
// suggest_freq). A word with the count 0 is deleted, and the model for unknown words does not join it either. Tags are ignored.
//
// It returns the words that no text can yield, since they hold a character at which jieba always cuts, such as a tab or "·":
// jieba accepts them, but a user wants to know. After an error nothing has been added.
func (j *Jieba) AddLexicon(r io.Reader) (idle []string, err error) {
	if j.total > jiebaMaxTotal {
		return nil, errors.New("lexicon: the counts of all words together are too large")
	}
	entries, idle, err := readLexicon(r)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		switch {
		case e.count < 0:
			j.logTotal = jiebaLog(j.total)
			e.count = j.suggest(e.word)
		case e.count == 0:
			j.split[e.word] = true
		}
		j.set(e.word, word{e.count, jiebaLog(e.count)})
	}
	j.logTotal = jiebaLog(j.total)
	return idle, nil
}

// CheckLexicon reads what [Jieba.AddLexicon] reads, needs no dictionary, and returns the number of entries and the same errors.
func CheckLexicon(r io.Reader) (n int, err error) {
	entries, _, err := readLexicon(r)
	return len(entries), err
}

// A lexiconEntry is a line of a lexicon.
type lexiconEntry struct {
	word  string
	count int64 // -1: to be computed
}

func readLexicon(r io.Reader) (entries []lexiconEntry, idle []string, err error) {
	text, err := readBounded(r)
	if err == nil {
		err = jiebaLines(text, func(line string) error {
			line = strings.TrimLeft(line, "\ufeff")
			if line == "" {
				return nil
			}
			m := jiebaLexiconLine.FindStringSubmatch(line)
			e := lexiconEntry{m[1], -1}
			if m[2] != "" {
				var err error
				if e.count, err = jiebaCount(m[2][1:]); err != nil {
					return err
				}
			}
			entries = append(entries, e)
			if blockLen(e.word) < len(e.word) {
				idle = append(idle, e.word)
			}
			return nil
		})
	}
	if err != nil {
		return nil, nil, fmt.Errorf("lexicon: %w", err)
	}
	return entries, idle, nil
}

// suggest returns a count with which w is more probable than the words that it is cut into now.
func (j *Jieba) suggest(w string) int64 {
	total, p := float64(j.total), 1.0
	for _, part := range j.CutKnown(w) {
		p *= j.count(part) / total
	}
	return max(int64(p*total)+1, int64(j.count(w)))
}

// count of a word; 1 if it is neither a word nor the beginning of one.
func (j *Jieba) count(w string) float64 {
	if e, ok := j.words[w]; ok {
		return float64(e.count)
	}
	return 1
}

// jiebaLog is the natural logarithm, correctly rounded; 0 for n = 0, which jieba takes for 1.
func jiebaLog(n int64) float64 {
	if n <= 1 {
		return 0
	}
	const ln2, bits = 0x1.62e42fefa39efp-1, 160
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(x) }
	frac, exp := math.Frexp(float64(n))
	// ln n = exp·ln 2 + 2·(s + s³/3 + s⁵/5 + ...), s = (frac-1)/(frac+1)
	power := number(frac - 1)
	power.Quo(power, number(frac).Add(number(frac), number(1)))
	square := number(0).Mul(power, power)
	sum := number(0)
	for k := 1; power.MantExp(nil) > -bits; k += 2 {
		sum.Add(sum, number(0).Quo(power, number(float64(k))))
		power.Mul(power, square)
	}
	sum.Add(sum, sum)
	log2 := number(ln2)
	log2.Add(log2, number(math.Ln2-ln2)) // math.Ln2 is exact to 200 bits, so this is the next 53 bits
	sum.Add(sum, log2.Mul(log2, number(float64(exp))))
	out, _ := sum.Float64()
	return out
}
