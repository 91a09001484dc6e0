package runner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/llama4-eval/llama4-eval/metrics"
	"github.com/llama4-eval/llama4-eval/reports"
)

// maxLexicon bounds a lexicon, in bytes.
const maxLexicon = 16 << 20

// Words cuts Chinese text into words, for the metrics that compare words.
type Words struct {
	plain, lexicon *metrics.Jieba // lexicon is nil without one
	facts          *reports.Lexicon
}

// NoDictionary says that the dictionary that words are cut with is not there.
type NoDictionary struct{ Folder string }

func (e *NoDictionary) Error() string {
	return fmt.Sprintf("not available: no dictionary of jieba 0.42.1 in %s; get it with \"python3 -m pip download --no-deps --no-binary jieba jieba==0.42.1\", "+
		"unpack it, and give the folder jieba-0.42.1/jieba as --jieba or LLAMA4_EVAL_JIEBA", e.Folder)
}

// OpenWords reads the dictionary in a folder of the Python package jieba, and a lexicon of a domain in the form of jieba's user
// dictionaries, "word [count] [tag]" a line; "" = none. The error is a *NoDictionary where there is no dictionary; that of a lexicon
// names its line.
func OpenWords(folder, lexicon string) (*Words, error) {
	w := &Words{}
	var content []byte
	if lexicon != "" { // the smaller file first: a mistake in it is told at once
		var err error
		if content, err = readLexicon(lexicon); err != nil {
			return nil, err
		}
		w.facts = &reports.Lexicon{Name: filepath.Base(lexicon)}
		if w.facts.Words, err = metrics.CheckLexicon(bytes.NewReader(content)); err != nil {
			return nil, fmt.Errorf("runner: %s: %w", lexicon, err)
		}
		if w.facts.Words == 0 {
			return nil, fmt.Errorf("runner: %s: no words; want lines \"word [count] [tag]\"", lexicon)
		}
	}
	var err error
	if w.plain, err = openJieba(folder); err != nil || lexicon == "" {
		return w, err
	}
	if w.lexicon, err = openJieba(folder); err != nil {
		return nil, err
	}
	if w.facts.Idle, err = w.lexicon.AddLexicon(bytes.NewReader(content)); err != nil {
		return nil, fmt.Errorf("runner: %s: %w", lexicon, err)
	}
	sum := sha256.Sum256(content)
	w.facts.SHA256 = hex.EncodeToString(sum[:])
	return w, nil
}

func openJieba(folder string) (*metrics.Jieba, error) {
	j, err := metrics.NewJieba(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NoDictionary{folder}
	}
	return j, err
}

func readLexicon(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("runner: lexicon: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxLexicon+1))
	if err != nil {
		return nil, fmt.Errorf("runner: lexicon: %w", err)
	}
	if len(content) > maxLexicon {
		return nil, fmt.Errorf("runner: lexicon %s: longer than %d MiB", path, maxLexicon>>20)
	}
	return content, nil
}

// cutters are the two ways to cut; lexicon is nil without one.
func (w *Words) cutters() (plain, lexicon func(string) []string) {
	if w == nil {
		return nil, nil
	}
	if w.lexicon == nil {
		return w.plain.Cut, nil
	}
	return w.plain.Cut, w.lexicon.Cut
}

// checksum is that of the lexicon; "" without one.
func (w *Words) checksum() string {
	if w == nil || w.facts == nil {
		return ""
	}
	return w.facts.SHA256
}

// Lexicon says what was read; nil without one.
func (w *Words) Lexicon() *reports.Lexicon {
	if w == nil {
		return nil
	}
	return w.facts
}
