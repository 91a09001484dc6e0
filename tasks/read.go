package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// labels are the classes of a set: names in files, and what they are called in prompts.
type labels struct {
	names   []string       // in files, in the order of choices
	choices []string       // in prompts
	other   map[string]int // further spellings in files
}

// index finds the class of a label; v is the row, for errors.
func (l labels) index(v datasets.Value, field, label string) (int, error) {
	for i, name := range l.names {
		if label == name {
			return i, nil
		}
	}
	if i, ok := l.other[label]; ok {
		return i, nil
	}
	names := strings.Join(l.names, ", ")
	if n := len(l.names); n > 20 {
		names = fmt.Sprintf("the %d labels %s, …, %s", n, strings.Join(l.names[:5], ", "), l.names[n-1])
	}
	return 0, v.Errorf(field, "%q is none of %s", label, names)
}

// classification reads rows of texts with a label, which is also a tag. record fills in texts and cluster; rows whose label is absent, empty or -1 (the
// Hub's mark) count as unlabelled, "-" as dropped.
func classification(l labels, record func(datasets.Value, *datasets.Record) error) func(string, []byte) (datasets.Set, error) {
	return func(name string, raw []byte) (datasets.Set, error) {
		rows, err := datasets.JSON(name, raw)
		if err != nil {
			return datasets.Set{}, err
		}
		var set datasets.Set
		var ids idLines
		for i, row := range rows {
			r := datasets.Record{ID: strconv.Itoa(i), Choices: l.choices, Fields: make(map[string]string)}
			if err := record(row, &r); err != nil {
				return datasets.Set{}, err
			}
			if err := rowID(row, &r); err != nil {
				return datasets.Set{}, err
			}
			label, ok, err := row.Label("label")
			switch {
			case err != nil:
				return datasets.Set{}, err
			case !ok || label == "-1":
				set.Unlabelled++
				continue
			case label == "-":
				set.Dropped++
				continue
			}
			if r.Answer, err = l.index(row, "label", label); err != nil {
				return datasets.Set{}, err
			}
			r.Tags = map[string]string{"label": r.Choices[r.Answer]}
			ids.add(row, r.ID)
			set.Records = append(set.Records, r)
		}
		set.Notes = append(set.Notes, ids.notes()...)
		unique(set.Records)
		return set, nil
	}
}

// rowID takes the id of a row: "id" in most files, "idx" in those without one. A row that has neither keeps the id it has.
func rowID(row datasets.Value, r *datasets.Record) error {
	for _, name := range []string{"id", "idx"} {
		id, ok, err := row.Label(name)
		if err != nil {
			return err
		}
		if ok {
			r.ID = id
			return nil
		}
	}
	return nil
}

// idLines remembers where ids stand and says which stand twice: that hints at a file that was put together from others.
type idLines struct {
	line     map[string]int
	repeated int
	first    string // message about the first one that is repeated
}

func (l *idLines) add(row datasets.Value, id string) {
	if l.line == nil {
		l.line = make(map[string]int)
	}
	before, seen := l.line[id]
	if !seen {
		l.line[id] = row.Line
		return
	}
	if l.repeated++; l.repeated == 1 {
		l.first = fmt.Sprintf("%s:%d: id %q stands in line %d already; both rows count", row.File, row.Line, id, before)
	}
}

func (l *idLines) notes() []string {
	switch {
	case l.repeated == 0:
		return nil
	case l.repeated == 1:
		return []string{l.first}
	}
	return []string{fmt.Sprintf("%s, and so for %d more", l.first, l.repeated-1)}
}

// textID names a text that several rows share, for sets that do not number their texts.
func textID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// fields copies string members of a row that must be there.
func fields(row datasets.Value, r *datasets.Record, names ...string) error {
	for _, name := range names {
		s, err := row.String(name)
		if err != nil {
			return err
		}
		r.Fields[name] = s
	}
	return nil
}

// unique makes the ids of records differ: the second "7" becomes "7#2", and so on, in the order of the file.
func unique(records []datasets.Record) {
	seen := make(map[string]bool, len(records))
	for i := range records {
		id := records[i].ID
		for n := 2; seen[id]; n++ {
			id = fmt.Sprintf("%s#%d", records[i].ID, n)
		}
		seen[id] = true
		records[i].ID = id
	}
}
