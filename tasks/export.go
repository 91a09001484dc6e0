package tasks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An ExportHeader is the first line of a file of generated items: what made them, and the checksum of the lines that follow.
type ExportHeader struct {
	Task    string `json:"task"`
	Version int    `json:"version"` // of the task
	Seed    uint64 `json:"seed"`
	Items   int    `json:"items"`
	License string `json:"license"`
	SHA256  string `json:"sha256"` // of all bytes after this line
}

// generatedLicense is that of what the generators make.
const generatedLicense = "CC0-1.0"

// An exported item is a line of such a file: the record with the prompt that a base model gets, and the right answer as one text.
type exportedItem struct {
	ID      string            `json:"id"`
	Cluster string            `json:"cluster,omitempty"`
	Fields  map[string]string `json:"fields"`
	Choices []string          `json:"choices,omitempty"`
	Answer  *int              `json:"answer,omitempty"` // index into choices
	Golds   []string          `json:"golds,omitempty"`
	Spans   []exportedSpan    `json:"spans,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
	Prompt  string            `json:"prompt"`
	Target  string            `json:"target"`
	Images  []string          `json:"images,omitempty"` // paths relative to the file
}

// An exportedSpan is a span of a record: code points from start to before end.
type exportedSpan struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// ErrNoGenerator says that a task makes no items itself.
var ErrNoGenerator = errors.New("the task has no generator: its items come from published data alone")

// Export writes n generated items as JSON Lines under a header with their seed and checksum. The same task version, seed and n give the
// same bytes on every platform. image stores a picture and returns the path that the line gets; it is needed by tasks with pictures only.
func (t Task) Export(w io.Writer, seed uint64, n int, image func(name string, data []byte) (string, error)) error {
	if t.Make == nil {
		return fmt.Errorf("tasks: %s: %w", t.Name, ErrNoGenerator)
	}
	set := t.Make(seed, n)
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for _, r := range set.Records {
		req := t.Prompt(r, nil)
		item := exportedItem{
			ID: r.ID, Cluster: r.Cluster, Fields: r.Fields, Choices: r.Choices, Golds: r.Golds, Tags: r.Tags,
			Prompt: req.Prompt.Text(), Target: Target(r),
		}
		for _, s := range r.Spans {
			item.Spans = append(item.Spans, exportedSpan(s))
		}
		if len(r.Choices) > 0 && r.Answer >= 0 {
			item.Answer = &r.Answer
		}
		for i, img := range req.Images {
			path, err := image(fmt.Sprintf("%s-%d", r.ID, i+1), img.Data)
			if err != nil {
				return fmt.Errorf("tasks: %s: %s: %w", t.Name, r.ID, err)
			}
			item.Images = append(item.Images, path)
		}
		if err := enc.Encode(item); err != nil {
			return fmt.Errorf("tasks: %s: %s: %w", t.Name, r.ID, err)
		}
	}
	sum := sha256.Sum256(lines.Bytes())
	head := json.NewEncoder(w)
	head.SetEscapeHTML(false)
	err := head.Encode(ExportHeader{t.Name, t.Version, seed, len(set.Records), generatedLicense, hex.EncodeToString(sum[:])})
	if err == nil {
		_, err = w.Write(lines.Bytes())
	}
	return err
}

// maxExport bounds a file of generated items that is checked, in bytes.
const maxExport = 1 << 30

// VerifyExport reads a file that Export wrote and reports whether its lines have the checksum of its header. again says whether this
// program makes the same items from the seed; it is false where the checksum is wrong, or the task is unknown or has another version.
func VerifyExport(name string, r io.Reader) (h ExportHeader, good, again bool, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxExport+1))
	if err != nil {
		return h, false, false, fmt.Errorf("tasks: %s: %w", name, err)
	}
	if len(raw) > maxExport {
		return h, false, false, fmt.Errorf("tasks: %s: more than %d bytes", name, maxExport)
	}
	first, lines, ok := bytes.Cut(raw, []byte("\n"))
	dec := json.NewDecoder(bytes.NewReader(first))
	dec.DisallowUnknownFields()
	if !ok || dec.Decode(&h) != nil || h.Task == "" || h.SHA256 == "" {
		return h, false, false, fmt.Errorf("tasks: %s:1: not the header of a file of generated items", name)
	}
	sum := sha256.Sum256(lines)
	good = hex.EncodeToString(sum[:]) == h.SHA256
	t, known := ByName(h.Task)
	// What the header asks for is made only if the file has it.
	if !good || h.Items != bytes.Count(lines, []byte("\n")) || h.Items > maxExportItems || !known || t.Make == nil || t.Version != h.Version {
		return h, good, false, nil
	}
	for n := 1; n < h.Items; n *= 4 { // a few items tell whether all would be far longer than the file, before they fill the memory
		if made, err := t.exported(h.Seed, n); err != nil || len(made)/2 > len(raw) {
			return h, good, false, nil
		}
	}
	made, err := t.exported(h.Seed, h.Items)
	return h, good, err == nil && bytes.Equal(made, raw), nil
}

// exported is what Export writes, with the pictures where data generate puts them.
func (t Task) exported(seed uint64, n int) ([]byte, error) {
	var b bytes.Buffer
	err := t.Export(&b, seed, n, func(name string, _ []byte) (string, error) { return ImagePath(t.Name, name), nil })
	return b.Bytes(), err
}

// maxExportItems bounds how many items are made again to check a file.
const maxExportItems = 100_000

// ImagePath is where the picture of a generated item lies, relative to the file with the items.
func ImagePath(task, name string) string {
	return task + "-images/" + strings.ReplaceAll(name, "/", "_") + ".png"
}
