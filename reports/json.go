package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxRecord bounds the size of a results.json that is read, in bytes.
const maxRecord = 256 << 20

// JSON writes the record as results.json: indented, keys in a fixed order, ending in a newline. A number that JSON
// cannot hold (NaN, infinity) is an error and nothing is written.
func JSON(w io.Writer, r *Record) error { return writeJSON(w, "results", r) }

// JSONRecords writes one record as [JSON] does, and several as an array of them.
func JSONRecords(w io.Writer, records []*Record) error {
	if len(records) == 1 {
		return JSON(w, records[0])
	}
	var buf bytes.Buffer
	buf.WriteString("[\n")
	for i, r := range records {
		if err := JSON(&buf, r); err != nil {
			return err
		}
		if i < len(records)-1 {
			buf.Truncate(buf.Len() - 1)
			buf.WriteString(",\n")
		}
	}
	buf.WriteString("]\n")
	_, err := w.Write(buf.Bytes())
	return err
}

// Read reads a results.json. Keys that it does not know are an error: the file is damaged, foreign, or of a newer version that has more
// to say than this one can judge.
func Read(r io.Reader) (*Record, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxRecord+1))
	if err != nil {
		return nil, fmt.Errorf("reports: reading results: %w", err)
	}
	if len(b) > maxRecord {
		return nil, fmt.Errorf("reports: results are longer than %d bytes", maxRecord)
	}
	var version struct {
		V *int `json:"schema_version"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return nil, fmt.Errorf("reports: results are not a JSON object: %w", Located(b, err))
	}
	switch {
	case version.V == nil:
		return nil, errors.New(`reports: results have no "schema_version": not written by this program`)
	case *version.V != SchemaVersion:
		return nil, fmt.Errorf("reports: results have schema_version %d, this program reads %d", *version.V, SchemaVersion)
	}
	var rec Record
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return nil, fmt.Errorf("reports: results: %w", Located(b, err))
	}
	return &rec, nil
}
