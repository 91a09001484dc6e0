package tasks

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// An exam is a set of questions with options A, B, ... in members of these names, in CSV or JSON.
type exam struct {
	question string            // member with the question
	answer   string            // member with the letter; empty = unlabelled
	context  string            // member with a text that the question is about; "" = none
	tags     map[string]string // of all items
	more     func(r *datasets.Record)
}

// csv reads a file with a header; json an array of objects or lines.
func (e exam) csv(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.CSV(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	return e.read(rows)
}

func (e exam) json(name string, raw []byte) (datasets.Set, error) {
	rows, err := datasets.JSON(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	return e.read(rows)
}

func (e exam) read(rows []datasets.Value) (datasets.Set, error) {
	var set datasets.Set
	repeated := 0
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: make(map[string]string), Tags: make(map[string]string)}
		if id, ok, err := row.Label("id"); err != nil {
			return set, err
		} else if ok {
			r.ID = id
		}
		question, err := row.String(e.question)
		if err != nil {
			return set, err
		}
		r.Fields["question"] = strings.TrimSpace(question)
		if e.context != "" {
			if r.Fields["context"], err = row.String(e.context); err != nil {
				return set, err
			}
		}
		labelled, err := e.options(row, &r)
		if err != nil {
			return set, err
		}
		if !labelled {
			set.Unlabelled++
			continue
		}
		if len(slices.Compact(slices.Sorted(slices.Values(r.Choices)))) < len(r.Choices) {
			repeated++
		}
		maps.Copy(r.Tags, e.tags)
		r.Tags["position"] = letter(r.Answer)
		if e.more != nil {
			e.more(&r)
		}
		set.Records = append(set.Records, r)
	}
	if repeated > 0 {
		set.Notes = append(set.Notes, fmt.Sprintf("%d questions repeat an option", repeated))
	}
	unique(set.Records)
	return set, nil
}

// options reads the options up to the first that is missing or empty, and the letter of the answer.
func (e exam) options(row datasets.Value, r *datasets.Record) (labelled bool, err error) {
	for i := range 26 {
		text, ok, err := row.Label(letter(i))
		if err != nil {
			return false, err
		}
		if text = strings.TrimSpace(text); !ok || text == "" {
			break
		}
		r.Choices = append(r.Choices, text)
	}
	if len(r.Choices) < 2 {
		return false, row.Errorf("B", "want at least two options, found %d", len(r.Choices))
	}
	answer, ok, err := row.Label(e.answer)
	if answer = strings.TrimSpace(answer); err != nil || !ok || answer == "" {
		return false, err
	}
	if len(answer) == 1 {
		r.Answer = int(answer[0]) - 'A'
	}
	if r.Answer < 0 || r.Answer >= len(r.Choices) {
		return false, row.Errorf(e.answer, "%q is none of the options A to %s", answer, letter(len(r.Choices)-1))
	}
	return true, nil
}

// examQuestion asks a question with its text, if it has one. what introduces the text.
func examQuestion(system, letterSystem, what string) question {
	text := func(r datasets.Record) string {
		if c := r.Fields["context"]; c != "" {
			return what + "：" + c + "\n问题：" + r.Fields["question"]
		}
		return "问题：" + r.Fields["question"]
	}
	return question{
		system: system, query: func(r datasets.Record) string { return text(r) + "\n答案：" },
		letterSystem: letterSystem, letterQuery: text,
	}
}

// sorted marks candidates whose files are sorted by label.
func sorted(list []datasets.Candidate) []datasets.Candidate {
	for i := range list {
		list[i].Sorted = true
	}
	return list
}

// places lists the files of a set below several folders, one candidate a folder.
func places(split string, folders []string, names ...string) []datasets.Candidate {
	var out []datasets.Candidate
	for _, dir := range folders {
		paths := make([]string, len(names))
		for i, n := range names {
			paths[i] = dir + n
		}
		out = append(out, datasets.Candidate{Paths: paths, Split: split})
	}
	return out
}
