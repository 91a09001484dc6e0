package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/llama4-eval/llama4-eval/reports"
)

// A journalError names the place in a journal that is wrong.
type journalError struct {
	file string
	line int // counted from 1
	err  error
}

func (e *journalError) Error() string {
	return fmt.Sprintf("runner: journal %s: line %d: %v", e.file, e.line, e.err)
}

func (e *journalError) Unwrap() error { return e.err }

// maxLine bounds one line of a journal, in bytes.
const maxLine = 64 << 20

// readJournal decodes the lines of a journal. A last line without its newline is torn: it is left out, and whole is the
// length of what comes before it. Anything else that is not a sample line is an error: nothing is guessed.
func readJournal(file string, content []byte) (samples []reports.Sample, whole int, err error) {
	for line := 1; ; line++ {
		end := bytes.IndexByte(content[whole:], '\n')
		if end < 0 {
			return samples, whole, nil
		}
		if end > maxLine {
			return nil, 0, &journalError{file, line, fmt.Errorf("longer than %d bytes", maxLine)}
		}
		s, err := decodeSample(content[whole : whole+end])
		if err != nil {
			return nil, 0, &journalError{file, line, err}
		}
		samples = append(samples, s)
		whole += end + 1
	}
}

func decodeSample(line []byte) (reports.Sample, error) {
	var s reports.Sample
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("not a whole JSON object")
		}
		return s, reports.Located(line, err)
	}
	if dec.InputOffset() != int64(len(line)) && len(bytes.TrimSpace(line[dec.InputOffset():])) > 0 {
		return s, errors.New("more than one JSON object")
	}
	if s.Task == "" || s.DocID == "" || s.PromptHash == "" || s.Verdict == "" {
		return s, errors.New("not a sample line: task, doc_id, prompt_hash or verdict is missing")
	}
	return s, nil
}

// encodeSample is one line, newline included.
func encodeSample(s *reports.Sample) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("runner: task %s: sample %s: %w", s.Task, s.DocID, err)
	}
	return buf.Bytes(), nil
}

// recover reads what an earlier process left of a task's journal and returns the finished samples by index in the plan.
// Failed samples are not among them: they are tried again. The torn end is cut off, so that appending goes on cleanly.
func recoverJournal(path string, t *plannedTask) (map[int]*reports.Sample, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("runner: journal: %w", err)
	}
	lines, whole, err := readJournal(path, content)
	if err != nil {
		return nil, err
	}
	done := map[int]*reports.Sample{}
	for i := range lines {
		s := &lines[i]
		at, err := t.match(s)
		if err == nil && done[at] != nil {
			err = fmt.Errorf("sample %q is there a second time", s.DocID)
		}
		if err != nil {
			return nil, &journalError{path, i + 1, err}
		}
		if s.Verdict != reports.VerdictError {
			done[at] = s
		}
	}
	if whole < len(content) {
		if err := os.Truncate(path, int64(whole)); err != nil {
			return nil, fmt.Errorf("runner: journal: cutting the torn last line: %w", err)
		}
	}
	return done, nil
}

// A journal appends sample lines. It is used by one goroutine.
type journal struct {
	path  func(task string) string
	files map[string]*os.File
	dirty map[string][]byte // lines of this round, by task
}

func newJournal(path func(task string) string) *journal {
	return &journal{path: path, files: map[string]*os.File{}, dirty: map[string][]byte{}}
}

// add takes a line; commit makes it durable.
func (j *journal) add(s *reports.Sample) error {
	line, err := encodeSample(s)
	if err != nil {
		return err
	}
	j.dirty[s.Task] = append(j.dirty[s.Task], line...)
	return nil
}

// commit writes all added lines and returns when they are on disk.
func (j *journal) commit() error {
	for task, lines := range j.dirty {
		f, err := j.open(task)
		if err != nil {
			return err
		}
		if _, err := f.Write(lines); err != nil {
			return fmt.Errorf("runner: journal: %w", err)
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("runner: journal: %w", err)
		}
		delete(j.dirty, task)
	}
	return nil
}

func (j *journal) open(task string) (*os.File, error) {
	if f := j.files[task]; f != nil {
		return f, nil
	}
	f, err := os.OpenFile(j.path(task), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("runner: journal: %w", err)
	}
	j.files[task] = f
	// The file's name must survive a power failure as well as its lines.
	return f, syncDir(filepath.Dir(j.path(task)))
}

// close closes the files; what was added and not committed is dropped.
func (j *journal) close() error {
	var first error
	for _, f := range j.files {
		if err := f.Close(); err != nil && first == nil {
			first = fmt.Errorf("runner: journal: %w", err)
		}
	}
	j.files = map[string]*os.File{}
	return first
}

// writeSamples replaces a task's journal by the same lines in the order of the plan.
func writeSamples(path string, samples []*reports.Sample) error {
	var buf bytes.Buffer
	for _, s := range samples {
		line, err := encodeSample(s)
		if err != nil {
			return err
		}
		buf.Write(line)
	}
	return writeAtomic(path, buf.Bytes())
}
