package tasks

import (
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
	return 0, v.Errorf(field, "%q is none of %s", label, strings.Join(l.names, ", "))
}

// classification reads rows of texts with a label. record fills in texts and cluster; rows whose label is absent, empty or -1 (the
// Hub's mark) count as unlabelled, "-" as dropped.
func classification(l labels, record func(datasets.Value, *datasets.Record) error) func(string, []byte) (datasets.Set, error) {
	return func(name string, raw []byte) (datasets.Set, error) {
		rows, err := datasets.JSON(name, raw)
		if err != nil {
			return datasets.Set{}, err
		}
		var set datasets.Set
		for i, row := range rows {
			r := datasets.Record{ID: strconv.Itoa(i), Choices: l.choices, Fields: make(map[string]string)}
			if err := record(row, &r); err != nil {
				return datasets.Set{}, err
			}
			if id, ok, err := row.Label("id"); err != nil {
				return datasets.Set{}, err
			} else if ok {
				r.ID = id
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
			set.Records = append(set.Records, r)
		}
		unique(set.Records)
		return set, nil
	}
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
