package tasks

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// chidAnswers are the answers of a file of their own, by tag ("#idiom000378#").
type chidAnswers struct {
	file  string
	index map[string]datasets.Value // a number
	used  map[string]bool
}

// readChIDAnswers reads an object {tag: index, …} or lines tag,index.
func readChIDAnswers(f Content) (*chidAnswers, error) {
	a := &chidAnswers{file: f.Name, index: make(map[string]datasets.Value), used: make(map[string]bool)}
	raw := f.Raw
	if text := bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff"))); len(text) > 0 && text[0] == '#' {
		var err error
		if raw, err = chidCSV(f.Name, string(text)); err != nil {
			return nil, err
		}
	}
	rows, err := datasets.JSON(f.Name, raw)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		tags, values, err := row.Members()
		if err != nil {
			return nil, err
		}
		for i, tag := range tags {
			if chidBlank.FindString(tag) != tag {
				return nil, values[i].Errorf("", "%q is no blank such as #idiom000378#", tag)
			}
			if before, ok := a.index[tag]; ok {
				return nil, values[i].Errorf("", "%s has an answer in line %d already", tag, before.Line)
			}
			a.index[tag] = values[i]
		}
	}
	return a, nil
}

// chidCSV turns lines tag,index into lines of JSON, so that errors name the line.
func chidCSV(name, text string) ([]byte, error) {
	var b bytes.Buffer
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line = strings.TrimSpace(line)
		if line != "" {
			tag, index, ok := strings.Cut(line, ",")
			if index = strings.TrimSpace(index); !ok || chidBlank.FindString(tag) != tag || strings.Trim(index, "0123456789") != "" || index == "" {
				return nil, &datasets.Error{File: name, Line: n, Msg: fmt.Sprintf("want a line such as #idiom000378#,3, found %.60q", line)}
			}
			fmt.Fprintf(&b, "{%q:%q}", tag, index)
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// line reads a row of several passages whose blanks share the candidates. With a nil receiver its blanks have no answers.
func (a *chidAnswers) line(row datasets.Value, set *datasets.Set, ids *idLines, id string) error {
	passages, err := row.Array("content")
	if err != nil {
		return err
	}
	list, err := row.Array("candidates")
	if err != nil {
		return err
	}
	choices, err := chidCandidates(row, list)
	if err != nil {
		return err
	}
	for _, p := range passages {
		content, err := p.Text()
		if err != nil {
			return err
		}
		for i, tag := range chidBlank.FindAllString(content, -1) {
			gold, ok := datasets.Value{}, false
			if a != nil {
				gold, ok = a.index[tag]
			}
			if !ok {
				set.Unlabelled++
				continue
			}
			at, err := chidIndex(gold, len(choices))
			if err != nil {
				return err
			}
			if a.used[tag] {
				return p.Errorf("", "%s stands in the file twice", tag)
			}
			a.used[tag] = true
			ids.add(p, tag)
			set.Records = append(set.Records, datasets.Record{
				ID: strings.Trim(tag, "#"), Cluster: "line-" + id, Choices: choices, Answer: at,
				Fields: map[string]string{"content": content, "blank": fmt.Sprint(i + 1)},
			})
		}
	}
	return nil
}

func (a *chidAnswers) notes() []string {
	if n := len(a.index) - len(a.used); n > 0 {
		return []string{fmt.Sprintf("%s: %d answers belong to no blank", a.file, n)}
	}
	return nil
}
