package datasets

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func isOpenCompass(row Value) bool {
	if row.kind != kindObject || len(row.items) == 0 {
		return false
	}
	_, ok := row.items[0].Get("prediction")
	return ok
}

// readOpenCompass reads one object whose members are the items. References are gold (a text or a list) or refr.
func readOpenCompass(rows []Value, o PredictionOptions) ([]Prediction, error) {
	names := fieldNames{text: []string{"prediction"}, gold: []string{"gold", "refr", "reference"}}.with(o)
	var out []Prediction
	for _, row := range rows {
		keys, items, err := row.Members()
		if err != nil {
			return nil, err
		}
		for i, item := range items {
			p, err := names.row(item, o)
			if err != nil {
				return nil, err
			}
			if p.ID == "" {
				p.ID = keys[i]
			}
			out = append(out, p)
		}
	}
	return out, nil
}

const cLongEvalAnswer = "response_"

func isCLongEval(row Value) bool {
	return hasAll("answer", "query")(row) && slices.ContainsFunc(row.keys, func(k string) bool { return strings.HasPrefix(k, cLongEvalAnswer) })
}

// readCLongEval reads lines whose answers carry the model in their name.
func readCLongEval(rows []Value, o PredictionOptions) ([]Prediction, error) {
	if o.TextField == "" && !o.References {
		for _, k := range rows[0].keys {
			if !strings.HasPrefix(k, cLongEvalAnswer) {
				continue
			}
			if o.TextField != "" {
				return nil, rows[0].Errorf("", "answers of several models: %s, %s; name the field of one", o.TextField, k)
			}
			o.TextField = k
		}
	}
	return byRow(fieldNames{text: []string{cLongEvalAnswer}, gold: []string{"answer"}, id: []string{"id"}})(rows, o)
}

func isCLUENER(row Value) bool {
	label, ok := row.Get("label")
	return ok && label.kind == kindObject
}

// readCLUENERLabels reads entities. They are references where references are wanted, and answers where not.
func readCLUENERLabels(rows []Value, o PredictionOptions) ([]Prediction, error) {
	names := fieldNames{text: []string{"label"}, id: []string{"id"}}
	if o.References {
		names = fieldNames{gold: []string{"label"}, id: []string{"id"}}
	}
	return byRow(names)(rows, o)
}

// readLMEval reads the samples of lm-evaluation-harness. A sample of a choice has pairs of a log-likelihood and whether it was greedy; its
// text is the number of the likeliest, which is what its target is.
func readLMEval(rows []Value, o PredictionOptions) ([]Prediction, error) {
	var filters []string
	for _, row := range rows {
		if f, ok, err := row.Label("filter"); err != nil {
			return nil, err
		} else if ok && !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	switch {
	case o.Filter != "" && !slices.Contains(filters, o.Filter):
		return nil, rows[0].Errorf("filter", "no filter %q; the file has %s", o.Filter, strings.Join(filters, ", "))
	case o.Filter == "" && len(filters) > 1:
		return nil, rows[0].Errorf("filter", "answers of several filters: %s; name one", strings.Join(filters, ", "))
	}
	var out []Prediction
	for _, row := range rows {
		if f, _, _ := row.Label("filter"); o.Filter != "" && f != o.Filter {
			continue
		}
		p, err := lmEvalRow(row, o)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func lmEvalRow(row Value, o PredictionOptions) (Prediction, error) {
	names := fieldNames{gold: []string{"target"}, id: []string{"doc_id"}}
	reading := o
	reading.References, reading.TextField = true, "" // the answer is read below
	p, err := names.with(reading).row(row, reading)
	if err != nil {
		return p, err
	}
	if len(p.Golds) == 1 && o.GoldField == "" {
		if list, ok := pythonStrings(p.Golds[0]); ok { // the harness writes a list of targets as Python prints it
			p.Golds = list
		}
	}
	if o.References {
		return p, nil
	}
	if o.TextField != "" {
		v, err := row.member(o.TextField)
		if err != nil {
			return p, err
		}
		p.Text, err = v.answer()
		p.HasText = true
		return p, err
	}
	answers, err := row.Array("filtered_resps")
	if err != nil {
		return p, err
	}
	p.Text, err = lmEvalAnswer(row, answers)
	p.HasText = true
	if o.GoldField == "" && len(answers) > 1 && !slices.ContainsFunc(p.Golds, func(g string) bool { return isIndex(g, len(answers)) }) {
		p.Golds = nil // the text of an option, with which no number can agree
	}
	return p, err
}

// isIndex reports whether a text is a number from 0 to n-1.
func isIndex(s string, n int) bool {
	i, err := strconv.Atoi(s)
	return err == nil && i >= 0 && i < n
}

func lmEvalAnswer(row Value, answers []Value) (string, error) {
	if len(answers) == 0 {
		return "", row.Errorf("filtered_resps", "empty")
	}
	if answers[0].kind != kindArray {
		if len(answers) != 1 {
			return "", row.Errorf("filtered_resps", "%d answers, want one; choose a filter that takes one", len(answers))
		}
		return answers[0].Text()
	}
	best, at := 0.0, -1
	for i, pair := range answers {
		list, err := pair.Elements()
		if err != nil {
			return "", err
		}
		if len(list) == 1 && len(answers) == 1 { // a list of one repetition
			return list[0].Text()
		}
		if len(list) != 2 || list[1].text != "True" && list[1].text != "False" && list[1].text != "None" && list[1].kind != kindBool {
			return "", pair.Errorf("", "want a pair of log-likelihood and greedy")
		}
		v, err := strconv.ParseFloat(list[0].text, 64)
		if err != nil || v != v {
			return "", list[0].Errorf("", "%s is no log-likelihood", quoteShort(list[0].text))
		}
		if at < 0 || v > best {
			best, at = v, i
		}
	}
	if len(answers) == 1 {
		return "", row.Errorf("filtered_resps", "one log-likelihood and nothing to choose from")
	}
	return fmt.Sprint(at), nil
}

// pythonStrings reads a list of strings as Python prints it. ok is false for anything else.
func pythonStrings(s string) (list []string, ok bool) {
	s, open := strings.CutPrefix(strings.TrimSpace(s), "[")
	if !open {
		return nil, false
	}
	for {
		s = strings.TrimLeft(s, " ")
		if s == "" || s[0] != '\'' && s[0] != '"' {
			return nil, false
		}
		quote := s[0]
		var b strings.Builder
		i := 1
		for ; i < len(s) && s[i] != quote; i++ {
			if s[i] != '\\' {
				b.WriteByte(s[i])
				continue
			}
			if i++; i == len(s) {
				return nil, false
			}
			plain := strings.IndexByte(`\'"nrt`, s[i])
			if plain < 0 { // other escapes stand for characters that cannot be printed
				return nil, false
			}
			b.WriteByte("\\'\"\n\r\t"[plain])
		}
		if i >= len(s) {
			return nil, false
		}
		list = append(list, b.String())
		s = strings.TrimLeft(s[i+1:], " ")
		switch {
		case s == "]":
			return list, true
		case strings.HasPrefix(s, ","):
			s = s[1:]
		default:
			return nil, false
		}
	}
}
