package tasks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/llama4-eval/llama4-eval/datasets"
)

// Forms of the answer of a choice.
const (
	formLetter = "letter" // B
	formNumber = "number" // 2
	formIndex  = "index"  // 1
	formText   = "text"   // the option itself
	formLabel  = "label"  // one of choices.labels
)

func (u *userTask) checkChoice() []error {
	var errs []error
	wrong := func(key, format string, args ...any) { errs = append(errs, u.errorf(key, format, args...)) }
	c := u.Choices
	given := 0
	for _, has := range []bool{len(c.Columns) > 0, c.Column != "", len(c.Labels) > 0} {
		if has {
			given++
		}
	}
	if given != 1 {
		wrong("choices", "want exactly one of columns (a column for each option), column (one with a list) and labels (the same options for all)")
	}
	if n := len(c.Columns); n == 1 || n > maxOptions {
		wrong("choices.columns", "%d columns: want 2 to %d", n, maxOptions)
	}
	if n := len(c.Labels); n == 1 || n > maxOptions {
		wrong("choices.labels", "%d labels: want 2 to %d", n, maxOptions)
	}
	u.labels = labels{}
	for _, item := range c.Labels {
		name, ok := scalar(item.Key)
		text, ok2 := scalar(item.Value)
		if !ok || !ok2 {
			wrong("choices.labels", "want texts or numbers alone")
			continue
		}
		if text == "" || slices.Contains(u.labels.choices, text) {
			wrong("choices.labels", "%q: want a text of its own for each label", text)
		}
		u.labels.names, u.labels.choices = append(u.labels.names, name), append(u.labels.choices, text)
	}
	if u.Answer == "" {
		wrong("answer", "missing: the column with the right answer")
	}
	standard, allowed := formLetter, []string{formLetter, formNumber, formIndex, formText}
	if len(c.Labels) > 0 {
		standard, allowed = formLabel, []string{formLabel, formText}
	}
	if u.AnswerForm = cmp.Or(u.AnswerForm, standard); !slices.Contains(allowed, u.AnswerForm) {
		wrong("answer_form", "%q: want %s", u.AnswerForm, strings.Join(allowed, ", "))
	}
	return append(errs, u.checkMetrics(choiceMetrics)...)
}

func (u *userTask) checkGenerate() []error {
	var errs []error
	if u.Answer == "" {
		errs = append(errs, u.errorf("answer", "missing: the column with the right answer, or a list of right answers"))
	}
	u.Extract = cmp.Or(u.Extract, string(SortSpan))
	if allowed := []string{"span", "whole", "number", "regexp"}; !slices.Contains(allowed, u.Extract) {
		errs = append(errs, u.errorf("extract", "%q: want %s", u.Extract, strings.Join(allowed, ", ")))
	}
	if u.Pattern != "" {
		p, err := regexp.Compile(u.Pattern)
		switch {
		case err != nil:
			errs = append(errs, u.errorf("pattern", "%v", err))
		case p.NumSubexp() != 1:
			errs = append(errs, u.errorf("pattern", "%d groups in brackets: want one, around the answer", p.NumSubexp()))
		}
		u.pattern = p
	}
	switch number := u.Extract == "number"; {
	case len(u.Metrics) == 0 && number:
		u.Metrics = []string{"acc_number"}
	case len(u.Metrics) == 0:
		u.Metrics = []string{"em", "f1"}
	case !number && slices.Contains(u.Metrics, "acc_number"):
		errs = append(errs, u.errorf("metrics", "acc_number goes with extract: number"))
	}
	u.MaxTokens = cmp.Or(u.MaxTokens, 64)
	return append(errs, u.checkMetrics(userMetrics())...)
}

func (u *userTask) checkExtract() []error {
	var errs []error
	if len(u.Fields) == 0 {
		errs = append(errs, u.errorf("fields", "missing: members of the JSON that is asked for, each with the column that has its value"))
	}
	for _, item := range u.Fields {
		key, ok := scalar(item.Key)
		column, ok2 := scalar(item.Value)
		if item.Value == nil {
			column, ok2 = key, true
		}
		if !ok || !ok2 {
			errs = append(errs, u.errorf("fields", "want the name of a column for each"))
			continue
		}
		u.fields = append(u.fields, userField{key, cmp.Or(column, key)})
	}
	u.MaxTokens = cmp.Or(u.MaxTokens, 512)
	return append(errs, u.checkMetrics(extractMetrics)...)
}

func (u *userTask) checkMetrics(known []Metric) []error {
	var errs []error
	names := metricNames(known)
	for i, m := range u.Metrics {
		if !slices.Contains(names, m) || slices.Contains(u.Metrics[:i], m) {
			errs = append(errs, u.errorf(fmt.Sprintf("metrics[%d]", i), "%q: want each of %s at most once", m, strings.Join(names, ", ")))
		}
	}
	return errs
}

// scalar writes a text, number or truth value of YAML. Anything else may stand for more than fits into memory.
func scalar(v any) (text string, ok bool) {
	switch v.(type) {
	case string, bool, int, int64, uint64, float64:
		return fmt.Sprint(v), true
	}
	return "", false
}

// read turns rows into records.
func (u *userTask) read(name string, raw []byte) (datasets.Set, error) {
	return u.readAll([]Content{{name, raw}})
}

// readAll reads files that belong together: an id that was given is no other row's in any of them.
func (u *userTask) readAll(files []Content) (datasets.Set, error) {
	var all datasets.Set
	ids := map[string]datasets.Value{}
	for _, f := range files {
		set, err := u.readFile(f.Name, f.Raw, ids)
		if err != nil {
			return all, err
		}
		all.Records = append(all.Records, set.Records...)
		all.Unlabelled += set.Unlabelled
	}
	unique(all.Records) // rows without ids are numbered in each file
	return all, nil
}

// readFile reads a file; ids are the rows with ids so far.
func (u *userTask) readFile(name string, raw []byte, ids map[string]datasets.Value) (datasets.Set, error) {
	rows, err := datasets.Rows(name, raw)
	if err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	for i, row := range rows {
		r := datasets.Record{ID: strconv.Itoa(i), Answer: -1, Fields: map[string]string{}}
		if err := u.columns(row, &r); err != nil {
			return set, err
		}
		if u.ID != "" {
			if r.ID = r.Fields[u.ID]; r.ID == "" {
				return set, row.Errorf(u.ID, "missing: it is the id of the row")
			}
			if at, twice := ids[r.ID]; twice && at.File == row.File {
				return set, row.Errorf(u.ID, "%q is the id of line %d already", r.ID, at.Line)
			} else if twice {
				return set, row.Errorf(u.ID, "%q is the id of %s:%d already", r.ID, at.File, at.Line)
			}
			ids[r.ID] = datasets.Value{File: row.File, Line: row.Line}
		}
		labelled, err := u.gold(row, &r)
		if err != nil {
			return set, err
		}
		if !labelled {
			set.Unlabelled++
			continue
		}
		for _, key := range u.promptKeys() {
			if _, err := u.execute(key, r); err != nil {
				return set, row.Errorf("", "%v", err)
			}
		}
		set.Records = append(set.Records, r)
	}
	return set, nil
}

// columns copies what prompts can use: every column that holds a text, a number or a truth value.
func (u *userTask) columns(row datasets.Value, r *datasets.Record) error {
	names, values, err := row.Members()
	if err != nil {
		return err
	}
	for i, name := range names {
		if text, err := values[i].Text(); err == nil {
			r.Fields[name] = text
		}
	}
	need := func(key, column string) error {
		if column == "" {
			return nil
		}
		if _, ok := row.Get(column); !ok {
			return row.Errorf(column, "missing; %s of %s names it", key, u.path)
		}
		return nil
	}
	if err := need("cluster", u.Cluster); err != nil {
		return err
	}
	r.Cluster = r.Fields[u.Cluster]
	for _, tag := range u.Breakdowns {
		if err := need("breakdowns", tag); err != nil {
			return err
		}
		if v := r.Fields[tag]; v != "" {
			if r.Tags == nil {
				r.Tags = map[string]string{}
			}
			r.Tags[tag] = v
		}
	}
	return need("id", u.ID)
}

// gold reads the right answer and reports whether there is one.
func (u *userTask) gold(row datasets.Value, r *datasets.Record) (labelled bool, err error) {
	switch u.Kind {
	case Choice:
		return u.goldChoice(row, r)
	case Extract:
		return u.goldFields(row, r)
	}
	v, ok := row.Get(u.Answer)
	if !ok {
		return false, row.Errorf(u.Answer, "missing; answer of %s names it", u.path)
	}
	values := []datasets.Value{v}
	if v.IsArray() {
		if values, err = v.Elements(); err != nil {
			return false, err
		}
	}
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		text, err := v.Text()
		if err != nil {
			return false, err
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		if u.Extract == "number" {
			if _, ok := u.goldNumber(text); !ok {
				return false, v.Errorf("", "%q is no number", text)
			}
		}
		r.Golds = append(r.Golds, text)
	}
	return len(r.Golds) > 0, nil
}

func (u *userTask) goldChoice(row datasets.Value, r *datasets.Record) (labelled bool, err error) {
	c := u.Choices
	switch {
	case len(c.Labels) > 0:
		r.Choices = u.labels.choices
	case c.Column != "":
		list, err := row.Array(c.Column)
		if err != nil {
			return false, err
		}
		for _, v := range list {
			text, err := v.Text()
			if err != nil {
				return false, err
			}
			r.Choices = append(r.Choices, text)
		}
	default:
		for _, column := range c.Columns {
			text, ok, err := row.Label(column)
			if err != nil {
				return false, err
			}
			if !ok { // fewer options than columns
				break
			}
			r.Choices = append(r.Choices, text)
		}
	}
	if n := len(r.Choices); n < 2 || n > maxOptions || slices.Contains(r.Choices, "") {
		return false, row.Errorf("", "%d options: want 2 to %d, none empty", n, maxOptions)
	}
	if _, ok := row.Get(u.Answer); !ok {
		return false, row.Errorf(u.Answer, "missing; answer of %s names it", u.path)
	}
	answer, ok, err := row.Label(u.Answer)
	if answer = strings.TrimSpace(answer); err != nil || !ok || answer == "" {
		return false, err
	}
	r.Answer, err = u.option(row, answer, r.Choices)
	return err == nil, err
}

// option finds the option that an answer names.
func (u *userTask) option(row datasets.Value, answer string, choices []string) (int, error) {
	i := -1
	switch u.AnswerForm {
	case formLabel:
		return u.labels.index(row, u.Answer, answer)
	case formText:
		i = slices.Index(choices, answer)
	case formLetter:
		if len(answer) == 1 {
			i = int(strings.ToUpper(answer)[0]) - 'A'
		}
	case formNumber, formIndex:
		n, err := strconv.Atoi(answer)
		if err == nil && u.AnswerForm == formNumber {
			n--
		}
		if err == nil {
			i = n
		}
	}
	if i < 0 || i >= len(choices) {
		return 0, row.Errorf(u.Answer, "%q is none of the %d options (answer_form is %s)", answer, len(choices), u.AnswerForm)
	}
	return i, nil
}

func (u *userTask) promptKeys() []string {
	if u.Letters == nil {
		return []string{"prompt"}
	}
	return []string{"prompt", "letters.prompt"}
}

// execute fills a template with the columns of a row. Trailing white space goes: a model's answer begins right after the prompt.
func (u *userTask) execute(key string, r datasets.Record) (string, error) {
	var b boundedText
	if err := u.templates[key].Execute(&b, r.Fields); err != nil {
		names := make([]string, 0, len(r.Fields))
		for n := range r.Fields {
			names = append(names, n)
		}
		slices.Sort(names)
		return "", u.templateError(key, err, "; columns are "+strings.Join(names, ", "))
	}
	return strings.TrimRight(b.String(), " \t\r\n"), nil
}

// prompt renders a record. Templates were executed once when the record was read.
func (u *userTask) prompt(r datasets.Record, shots []datasets.Record) Request {
	text := func(key string) func(datasets.Record) string {
		return func(r datasets.Record) string {
			s, err := u.execute(key, r)
			if err != nil {
				panic(err)
			}
			return s
		}
	}
	if u.Kind == Choice {
		q := question{system: u.System, query: text("prompt")}
		if u.Letters != nil {
			q.letterSystem, q.letterQuery = u.Letters.System, text("letters.prompt")
		}
		req := q.request(r, shots)
		req.MaxTokens, req.Stop = u.MaxTokens, u.Stop
		return req
	}
	p := Prompt{System: u.System, Query: text("prompt")(r)}
	for _, s := range shots {
		p.Shots = append(p.Shots, Shot{text("prompt")(s), s.Golds[0]})
	}
	return Request{Prompt: p, MaxTokens: u.MaxTokens, Stop: u.Stop}
}
